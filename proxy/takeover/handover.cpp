#include "proxy/takeover/handover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <span>
#include <utility>

namespace opslb::takeover {
namespace {

/// As many as there can be backends, and as many again of those that are away: see drains.hpp.
constexpr std::size_t most_drains = 2 * 64;

constexpr std::string_view first_line = "opslb-handover 1";

template <typename Number>
std::optional<Number> to_number(std::string_view text, Number least, Number most) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) return std::nullopt;
  return value;
}

/// What stands before the first space, which is taken off `text` with it.
std::string_view take_word(std::string_view& text) {
  const auto space = std::min(text.find(' '), text.size());
  const std::string_view found = text.substr(0, space);
  text.remove_prefix(std::min(space + 1, text.size()));
  return found;
}

bool is_printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// Ticket keys, as hexadecimal digits: name, cipher and signing key one behind the other.

constexpr std::size_t key_size = sizeof(tls::ticket_key);
using key_bytes = std::array<unsigned char, key_size>;

void append_key(const tls::ticket_key& key, std::string& out) {
  for (const unsigned char byte : std::bit_cast<key_bytes>(key))
    fmt::format_to(std::back_inserter(out), "{:02x}", byte);
}

std::optional<tls::ticket_key> to_key(std::string_view text) {
  if (text.size() != 2 * key_size) return std::nullopt;
  key_bytes bytes{};
  for (std::size_t i = 0; i < key_size; ++i) {
    const char* const at = text.data() + 2 * i;
    const auto [end, error] = std::from_chars(at, at + 2, bytes[i], 16);
    if (error != std::errc() || end != at + 2) return std::nullopt;
  }
  return std::bit_cast<tls::ticket_key>(bytes);
}

// Lines, one function each: what is wrong with its rest, or an empty text.

std::string read_program(std::string_view rest, handover& into) {
  if (!rest.starts_with('/')) return "is no absolute path";
  if (!into.program.empty()) return "stands twice";
  into.program = rest;
  return {};
}

std::string read_init(std::string_view rest, handover& into) {
  if (!rest.empty() || into.under_init) return "takes no value and stands once";
  into.under_init = true;
  return {};
}

std::string read_ticket(std::string_view rest, handover& into) {
  constexpr auto oldest = std::chrono::milliseconds(tls::ticket_keys::rotation + tls::ticket_keys::ticket_lifetime);
  const auto age = to_number<std::int64_t>(take_word(rest), 0, oldest.count());
  const auto key = to_key(rest);
  if (!age || !key) return "is no age and key";
  if (into.tickets.size() == tls::ticket_keys::most_keys) return "stands too often";
  if (!into.tickets.empty() && into.tickets.back().age < std::chrono::milliseconds(*age)) return "is not in order";
  into.tickets.push_back({*key, std::chrono::milliseconds(*age)});
  return {};
}

std::string read_listener(std::string_view rest, handover& into) {
  const auto sockets = to_number<std::size_t>(take_word(rest), 1, most_sockets);
  const std::string_view name = take_word(rest);
  if (!sockets || name.empty() || rest.empty()) return "is no number of sockets, name and address";
  into.listeners.push_back({std::string(name), std::string(rest), *sockets});
  if (into.sockets() > most_sockets) return "has more sockets than can be handed over";
  return {};
}

std::string read_drain(std::string_view rest, handover& into) {
  constexpr auto latest = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::time_point::max());
  const auto since = to_number<std::int64_t>(take_word(rest), 0, latest.time_since_epoch().count());
  const std::string_view backend = take_word(rest);
  if (!since || backend.empty() || rest.empty()) return "is no time, backend and URL";
  if (into.drains.size() == most_drains) return "stands too often";
  const std::chrono::sys_time time{std::chrono::milliseconds(*since)};
  into.drains.push_back({std::string(backend), std::string(rest), time});
  return {};
}

std::string read_lasting(std::string_view rest, handover& into) {
  std::string wrong = read_listener(rest, into);
  if (wrong.empty()) into.listeners.back().lasting = true;
  return wrong;
}

constexpr std::array<std::pair<std::string_view, std::string (*)(std::string_view, handover&)>, 6> lines = {{
    {"program", read_program},
    {"init", read_init},
    {"ticket", read_ticket},
    {"listener", read_listener},
    {"lasting", read_lasting},
    {"drain", read_drain},
}};

std::string read_line(std::string_view line, handover& into) {
  std::string_view rest = line;
  const std::string_view key = take_word(rest);
  const auto known = std::find_if(lines.begin(), lines.end(), [&](const auto& each) { return each.first == key; });
  if (known == lines.end() || !is_printable(rest)) return "a line is not known";
  const std::string wrong = known->second(rest, into);
  return wrong.empty() ? wrong : fmt::format("\"{}\" {}", key, wrong);
}

constexpr std::array<std::string_view, 10> words = {"starts", "ready",  "failed", "lead",  "end",
                                                    "cut",    "reopen", "busy",   "drain", "back"};

}  // namespace

std::size_t handover::sockets() const {
  std::size_t sum = 0;
  for (const handed_listener& each : listeners) sum += each.sockets;
  return sum;
}

std::string to_text(const handover& what) {
  std::string out = fmt::format("{}\nprogram {}\n", first_line, what.program);
  if (what.under_init) out += "init\n";
  for (const auto& each : what.tickets) {
    out += fmt::format("ticket {} ", each.age.count());
    append_key(each.key, out);
    out += '\n';
  }
  for (const auto& each : what.listeners) {
    out += fmt::format("{} {} {} {}\n", each.lasting ? "lasting" : "listener", each.sockets, each.name, each.where);
  }
  for (const auto& each : what.drains) {
    const auto since = std::chrono::floor<std::chrono::milliseconds>(each.since.time_since_epoch());
    out += fmt::format("drain {} {} {}\n", since.count(), each.backend, each.url);
  }
  return out;
}

outcome<handover> parse_handover(std::string_view text) {
  const auto refuse = [](std::string why) {
    return outcome<handover>::bad("what the process before hands over is not understood: " + std::move(why));
  };
  if (text.size() > most_text) return refuse("it is too long");
  if (!text.ends_with('\n')) return refuse("it is not complete");
  handover read;
  bool is_first = true;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    if (std::exchange(is_first, false)) {
      if (line != first_line) return refuse("it is of another kind; the two versions are too far apart");
    } else if (const std::string wrong = read_line(line, read); !wrong.empty()) {
      return refuse(wrong);
    }
  }
  if (read.program.empty()) return refuse("it names no program");
  return outcome<handover>::good(std::move(read));
}

std::string to_text(word what, std::string_view rest) {
  std::string out(words[static_cast<std::size_t>(what)]);
  if (!rest.empty()) out.append(" ").append(rest.substr(0, most_text / 2));
  return out;
}

outcome<message> parse_message(std::string_view text) {
  const std::string_view first = take_word(text);
  const auto known = std::find(words.begin(), words.end(), first);
  if (known == words.end()) return outcome<message>::bad("is no known message");
  return outcome<message>::good({static_cast<word>(known - words.begin()), std::string(text)});
}

outcome<std::chrono::milliseconds> parse_start_time(std::string_view rest) {
  using result = outcome<std::chrono::milliseconds>;
  const auto time = to_number<std::int64_t>(rest, 0, longest_start.count());
  return time ? result::good(std::chrono::milliseconds(*time)) : result::bad("is no time");
}

outcome<remaining> parse_remaining(std::string_view rest) {
  const auto count = to_number<std::uint32_t>(take_word(rest), 0, std::numeric_limits<std::uint32_t>::max() - 1);
  const auto of = parse_drain_order(rest);
  if (!count || !of.value) return outcome<remaining>::bad("is no number, drain and backend");
  return outcome<remaining>::good({*count, of.value->drain, of.value->backend});
}

outcome<drain_order> parse_drain_order(std::string_view rest) {
  const auto drain = to_number<std::uint32_t>(take_word(rest), 0, std::numeric_limits<std::uint32_t>::max());
  if (!drain || rest.empty()) return outcome<drain_order>::bad("is no drain and backend");
  return outcome<drain_order>::good({*drain, std::string(rest)});
}

outcome<readiness> parse_readiness(std::string_view rest) {
  const auto pid = to_number<int>(take_word(rest), 1, std::numeric_limits<int>::max());
  if (!pid || rest.empty() || rest.size() > 64 || !is_printable(rest))
    return outcome<readiness>::bad("is no process and version");
  return outcome<readiness>::good({*pid, std::string(rest)});
}

}  // namespace opslb::takeover
