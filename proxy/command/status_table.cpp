#include "proxy/command/status_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "proxy/command/call.hpp"

namespace opslb::command {
namespace {

using nlohmann::json;

const json& at(const json& of, const char* key) {
  static const json nothing;
  const auto found = of.is_object() ? of.find(key) : of.end();
  return of.is_object() && found != of.end() ? *found : nothing;
}

std::string text(const json& of, const char* key, std::string_view fallback = "") {
  const json& found = at(of, key);
  return found.is_string() ? printable(found.get<std::string>()) : std::string(fallback);
}

std::uint64_t number(const json& of, const char* key) {
  const json& found = at(of, key);
  return found.is_number_unsigned() ? found.get<std::uint64_t>() : 0;
}

double real(const json& of, const char* key) {
  const json& found = at(of, key);
  return found.is_number() ? found.get<double>() : 0;
}

struct cell {
  std::string text;
  const char* colour = "";  ///< an SGR sequence
  bool right = false;       ///< numbers
};

constexpr const char* red = "\x1b[31m";
constexpr const char* green = "\x1b[32m";
constexpr const char* yellow = "\x1b[33m";
constexpr const char* bold = "\x1b[1m";
constexpr const char* plain = "\x1b[0m";

const char* colour_of(std::string_view state) {
  if (state == "up") return green;
  return state == "down" ? red : yellow;
}

using row = std::vector<cell>;

std::string laid_out(const std::vector<row>& rows, bool colours) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const row& each : rows) {
    for (std::size_t i = 0; i < each.size(); ++i) widths[i] = std::max(widths[i], each[i].text.size());
  }
  std::string out;
  for (const row& each : rows) {
    std::string line;
    for (std::size_t i = 0; i < each.size(); ++i) {
      const std::string gap(widths[i] - each[i].text.size(), ' ');
      const bool coloured = colours && *each[i].colour != '\0';
      const auto shown = coloured ? each[i].colour + each[i].text + plain : each[i].text;
      line += each[i].right ? gap + shown : shown + gap;
      line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

row row_of(const json& backend) {
  const auto state = text(backend, "state");
  const auto& responses = at(backend, "responses");
  return {{text(backend, "name")},
          {state, colour_of(state)},
          {text(backend, "version", "-")},
          {std::to_string(number(backend, "in_flight")), "", true},
          {std::to_string(number(backend, "requests")), "", true},
          {responses.is_object() ? std::to_string(number(responses, "5xx")) : "-", "", true},
          {text(backend, "why")}};
}

std::string first_line(const json& status, bool colours) {
  const bool ready = at(status, "ready") == json(true);
  const auto state = fmt::format("{}, {}", text(status, "state"), text(status, "ready_reason"));
  const auto shown = colours ? (ready ? green : red) + state + plain : state;
  return fmt::format("opslb {}: {}; running for {}, process {}\n", text(status, "version"), shown,
                     span_in_words(real(status, "uptime_seconds")), number(status, "pid"));
}

}  // namespace

std::string status_table(const json& status, bool colours) {
  std::string out = first_line(status, colours);
  const json& upgrade = at(status, "upgrade_mode");
  if (at(upgrade, "active") == json(true)) out += text(upgrade, "text") + "\n";
  out += "\n";

  std::vector<row> rows = {{{"BACKEND", bold},
                            {"STATE", bold},
                            {"VERSION", bold},
                            {"IN FLIGHT", bold, true},
                            {"REQUESTS", bold, true},
                            {"5xx", bold, true},
                            {"WHY", bold}}};
  for (const json& each : at(status, "backends")) rows.push_back(row_of(each));
  out += laid_out(rows, colours);

  const json& totals = at(status, "totals");
  out += fmt::format("\n{} requests, {} in flight, {} waiting; {} connections open\n", number(totals, "requests"),
                     number(totals, "in_flight"), number(totals, "waiting"), number(totals, "connections_open"));
  return out;
}

std::string span_in_words(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::max(seconds, 0.0));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
  return fmt::format("{} d {} h", whole / 86400, whole / 3600 % 24);
}

std::string size_in_words(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> units = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  return value < 10 ? fmt::format("{:.1f} {}", value, units[unit]) : fmt::format("{:.0f} {}", value, units[unit]);
}

}  // namespace opslb::command
