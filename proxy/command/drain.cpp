// opslb drain: the request itself, and the wait for what is still in flight, told as it shrinks.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "proxy/command/call.hpp"
#include "proxy/command/commands.hpp"
#include "proxy/command/status_table.hpp"
#include "proxy/command/terminal.hpp"

namespace opslb::command {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr auto look_interval = 500ms;
/// A process that is just being replaced, or restarted, does not answer for a moment.
constexpr auto silence_time = 15s;

/// One line about what is in flight: how many, and the oldest of them.
std::string progress(const std::string& name, const json& backend) {
  std::string out = fmt::format("{}: {} in flight", name, backend.value("in_flight", 0U));
  const json drain = backend.value("drain", json());
  const json list = drain.is_object() ? drain.value("in_flight", json()) : json();
  if (!list.is_array() || list.empty()) return out;
  const json& oldest = list.front();
  return out + fmt::format(", the oldest {} {}: {}, {} in, {} out", printable(oldest.value("method", "")),
                           printable(oldest.value("path_class", "")), span_in_words(oldest.value("age_seconds", 0.0)),
                           size_in_words(oldest.value("bytes_in", std::uint64_t{0})),
                           size_in_words(oldest.value("bytes_out", std::uint64_t{0})));
}

/// On a terminal one line that changes, elsewhere a line for every change.
class progress_line {
 public:
  ~progress_line() { end(); }
  void show(const std::string& line) {
    if (line == shown_) return;
    shown_ = line;
    if (stdout_is_terminal()) {
      fmt::print(stdout, "\r\x1b[K{}", line);
    } else {
      fmt::print(stdout, "{}\n", line);
    }
    std::fflush(stdout);
  }
  void end() {
    if (!shown_.empty() && stdout_is_terminal()) fmt::print(stdout, "\r\x1b[K");
    shown_.clear();
  }

 private:
  std::string shown_;
};

/// The backend as the process tells of it now; null if it does not say.
json look(const place& where, const std::string& name, std::string& wrong) {
  const auto said = call(where, "GET", "/api/v1/status");
  wrong = !said.value ? said.wrong : said.value->is_good() ? std::string() : said.value->detail();
  if (!wrong.empty()) return {};
  const json status = json::parse(said.value->body, nullptr, false);
  const json backends = status.is_object() ? status.value("backends", json::array()) : json::array();
  for (const json& each : backends) {
    if (each.is_object() && each.value("name", "") == name) return each;
  }
  wrong = fmt::format("{} is not configured any more", name);
  return {};
}

int wait_until_drained(const place& where, const drain_options& what, json backend) {
  const auto began = clock::now();
  auto heard = began;
  progress_line line;
  std::string wrong;
  for (;;) {
    if (backend.is_object()) {
      heard = clock::now();
      const std::string state = backend.value("state", "");
      line.show(progress(what.name, backend));
      if (state == "drained") break;
      if (state != "draining") {
        line.end();
        return say_no("drain", fmt::format("{} was put back meanwhile, and is {}", what.name, state));
      }
    } else if (clock::now() - heard > silence_time) {
      line.end();
      return say_no("drain", wrong);
    }
    if (what.timeout && clock::now() - began > *what.timeout) {
      line.end();
      return say_no("drain",
                    fmt::format("{} is out of rotation, but not everything there has ended in time; see opslb status",
                                what.name));
    }
    std::this_thread::sleep_for(look_interval);
    backend = look(where, what.name, wrong);
  }
  line.end();
  fmt::print(stdout, "{} is drained: nothing is in flight there\n", what.name);
  return done;
}

}  // namespace

int drain(const place_options& options, const drain_options& what) {
  const auto where = find_place(options);
  if (!where.value) return say_no("drain", where.wrong);
  const auto target = fmt::format("/api/v1/backends/{}/drain", percent_encode(what.name));
  const auto said = call(*where.value, "POST", target, what.force ? R"({"force": true})" : "");
  if (!said.value) return say_no("drain", said.wrong);
  if (!said.value->is_good()) return say_no("drain", said.value->detail());
  const json answer = json::parse(said.value->body, nullptr, false);
  if (!answer.is_object() || !answer.contains("backend")) return say_no("drain", "the answer was none of opslb's");
  if (answer.value("note", json()).is_string()) {
    fmt::print(stdout, "{}\n", printable(answer["note"].get<std::string>()));
  }
  if (what.wait) return wait_until_drained(*where.value, what, answer["backend"]);
  fmt::print(stdout, "{} is out of rotation; {}\n", what.name, progress(what.name, answer["backend"]));
  return done;
}

}  // namespace opslb::command
