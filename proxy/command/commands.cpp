#include "proxy/command/commands.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "proxy/command/call.hpp"
#include "proxy/command/status_table.hpp"
#include "proxy/command/terminal.hpp"

namespace opslb::command {
namespace {

using namespace std::chrono_literals;

void say(std::string_view line) {
  fmt::print(stdout, "{}\n", line);
  std::fflush(stdout);
}

/// What a process says when it is asked for its status; `wrong` is a whole sentence.
outcome<reply> ask_status(const place& where) {
  auto said = call(where, "GET", "/api/v1/status");
  if (said.value && !said.value->is_good()) return outcome<reply>::bad(said.value->detail());
  return said;
}

std::string table_of(const reply& said, bool colours) {
  const auto status = nlohmann::json::parse(said.body, nullptr, false);
  return status.is_object() ? status_table(status, colours) : "the answer was no status of opslb\n";
}

int watch(const place& where) {
  const screen whole;
  do {
    const auto said = ask_status(where);
    const auto shown = said.value ? table_of(*said.value, stdout_has_colours()) : said.wrong + "\n";
    whole.draw(shown + "\nq ends\n");
  } while (!whole.is_left_within(1s));
  return done;
}

/// Where stdout is no terminal: one status after the other.
int print_again_and_again(const place& where, bool json) {
  for (;;) {
    const auto said = ask_status(where);
    if (!said.value) return say_no("status", said.wrong);
    say(json ? said.value->body.substr(0, said.value->body.find('\n')) : table_of(*said.value, false));
    if (std::ferror(stdout) != 0) return answer_is_no;  // nobody reads it any more
    std::this_thread::sleep_for(1s);
  }
}

}  // namespace

int say_no(std::string_view command, std::string_view sentence) {
  fmt::print(stderr, "opslb {}: {}\n", command, sentence);
  return answer_is_no;
}

int ping(const place_options& options, bool live) {
  const auto where = find_place(options);
  if (!where.value) return say_no("ping", where.wrong);
  const auto said = call(*where.value, "GET", live ? "/healthz" : "/readyz");
  if (!said.value) return say_no("ping", said.wrong);
  if (!said.value->is_good()) return say_no("ping", said.value->detail());
  say(said.value->detail());
  return done;
}

int status(const place_options& options, status_options how) {
  const auto where = find_place(options);
  if (!where.value) return say_no("status", where.wrong);
  const auto said = ask_status(*where.value);
  if (!said.value) return say_no("status", said.wrong);
  if (how.watch) {
    const bool draws = stdout_is_terminal() && !how.json;
    return draws ? watch(*where.value) : print_again_and_again(*where.value, how.json);
  }
  fmt::print(stdout, "{}", how.json ? said.value->body : table_of(*said.value, stdout_has_colours()));
  return done;
}

int ready(const place_options& options, const std::string& name) {
  const auto where = find_place(options);
  if (!where.value) return say_no("ready", where.wrong);
  const auto said = call(*where.value, "POST", fmt::format("/api/v1/backends/{}/ready", percent_encode(name)));
  if (!said.value) return say_no("ready", said.wrong);
  if (!said.value->is_good()) return say_no("ready", said.value->detail());
  const auto answer = nlohmann::json::parse(said.value->body, nullptr, false);
  const bool has_note = answer.is_object() && answer.value("note", nlohmann::json()).is_string();
  say(has_note ? printable(answer["note"].get<std::string>())
               : fmt::format("{} is put back; it serves once it has passed its checks", name));
  return done;
}

}  // namespace opslb::command
