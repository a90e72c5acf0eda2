// The command line. Everything it does is done elsewhere: the configuration is read by config.cpp, and run serves in
// server.cpp. Exit codes: 0 done, 1 the answer is no, 2 wrong usage.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/crypto.h>
#include <spdlog/version.h>

#include <CLI/CLI.hpp>
#include <array>
#include <boost/version.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/command/subcommands.hpp"
#include "proxy/config.hpp"
#include "proxy/server.hpp"

namespace {

namespace fs = std::filesystem;

constexpr int done = 0;
constexpr int answer_is_no = 1;
constexpr int wrong_usage = 2;

void say(std::FILE* where, std::string_view line) { fmt::print(where, "{}\n", line); }

std::string counted(std::size_t n, std::string_view what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

// Warnings and errors to stderr, the first error also to `first_problem`; the configuration if there are only warnings.
std::optional<opslb::config> load(const fs::path& file, std::string* first_problem = nullptr) {
  auto result = opslb::load_config(file);
  for (const auto& warning : result.warnings) say(stderr, fmt::format("warning: {}", describe(warning, file)));
  for (const auto& problem : result.problems) say(stderr, describe(problem, file));
  if (first_problem != nullptr && !result.problems.empty()) *first_problem = describe(result.problems.front(), file);
  return std::move(result.value);
}

std::string_view name_of(opslb::balance_rule rule) {
  switch (rule) {
    case opslb::balance_rule::round_robin: return "round_robin";
    case opslb::balance_rule::source_ip: return "source_ip";
    case opslb::balance_rule::least_requests: break;
  }
  return "least_requests";
}

// "3 listeners, 1 of them raw TCP to port 25999"
std::string listeners_of(const opslb::config& settings) {
  std::vector<std::string> raw;
  for (const auto& each : settings.listeners) {
    if (each.tcp_port != 0) raw.push_back(std::to_string(each.tcp_port));
  }
  const auto all = counted(settings.listeners.size(), "listener");
  if (raw.empty()) return all;
  return fmt::format("{}, {} of them raw TCP to port {}", all, raw.size(), fmt::join(raw, ", "));
}

int check(const fs::path& file) {
  const auto loaded = load(file);
  if (!loaded) return answer_is_no;
  say(stdout, fmt::format("configuration ok: {}, {}, balance {}, health check GET {}", listeners_of(*loaded),
                          counted(loaded->backends.size(), "backend"), name_of(loaded->balance), loaded->health.path));
  return done;
}

int run(const fs::path& file, int argc, char** argv) {
  opslb::start how = opslb::find_start(argc, argv);
  std::string first_problem;
  auto loaded = load(file, &first_problem);
  if (!loaded) {
    if (how.before) how.before->tell_failed(first_problem);
    return answer_is_no;
  }
  return opslb::serve(file, std::move(*loaded), std::move(how));
}

std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

std::string first_line() { return "opslb " OPSLB_VERSION; }

int version() {
  say(stdout, first_line());
  say(stdout, fmt::format("compiler       {}", compiler()));
  say(stdout,
      fmt::format("Boost          {}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100));
  say(stdout, fmt::format("OpenSSL        {}", OpenSSL_version(OPENSSL_VERSION_STRING)));
  say(stdout, fmt::format("nlohmann/json  {}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                          NLOHMANN_JSON_VERSION_PATCH));
  say(stdout, fmt::format("spdlog         {}.{}.{}", SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH));
  say(stdout, fmt::format("fmt            {}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100));
  return done;
}

// Commands that are known, so that nobody takes them for misspelt, and still to come.
constexpr std::array<std::pair<const char*, const char*>, 1> later_commands = {{
    {"doctor", "Check an Ops Manager deployment behind opslb"},
}};

CLI::App* add_command_with_file(CLI::App& app, const char* name, const char* about, fs::path& file) {
  auto* command = app.add_subcommand(name, about);
  command->add_option("-c,--config", file, "The configuration file")->required()->type_name("FILE");
  return command;
}

// What CLI11 found wrong with the arguments, as one sentence.
int refuse(const CLI::App& app, const CLI::ParseError& error, std::string_view first_argument) {
  const auto chosen = app.get_subcommands();
  const auto name = chosen.empty() ? std::string("opslb") : "opslb " + chosen.front()->get_name();
  std::string what = error.what();
  while (!what.empty() && (what.back() == '\n' || what.back() == '.')) what.pop_back();
  if (chosen.empty() && error.get_name() == "RequiredError") {
    const bool is_misspelt = !first_argument.empty() && !first_argument.starts_with('-');
    what = is_misspelt ? fmt::format("there is no command \"{}\"", first_argument)
                       : "a command is needed, such as run or check";
  }
  say(stderr, fmt::format("{}: {}; see \"{} --help\"", name, what, name));
  return wrong_usage;
}

int command_line(int argc, char** argv) {
  CLI::App app("opslb, a Layer-7 load balancer for MongoDB Ops Manager", "opslb");
  app.set_version_flag("--version", first_line());
  app.require_subcommand(1);
  app.set_help_flag("-h,--help", "Print this help and exit");

  fs::path file;
  const auto* run_command = add_command_with_file(app, "run", "Serve until SIGTERM or SIGINT", file);
  const auto* check_command =
      add_command_with_file(app, "check", "Check a configuration file and print every error in it", file);
  const auto* version_command = app.add_subcommand("version", "Print version, compiler and library versions");
  const opslb::command::subcommands to_a_process(app);
  for (const auto& [name, about] : later_commands) {
    app.add_subcommand(name, fmt::format("{} (not built in yet)", about))->prefix_command();
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& stop) {
    if (stop.get_exit_code() == 0) return app.exit(stop);  // --help, --version
    return refuse(app, stop, argc > 1 ? argv[1] : "");
  }
  if (run_command->parsed()) return run(file, argc, argv);
  if (check_command->parsed()) return check(file);
  if (version_command->parsed()) return version();
  if (const auto code = to_a_process.run()) return *code;
  say(stderr, fmt::format("opslb {}: not built in yet", app.get_subcommands().front()->get_name()));
  return wrong_usage;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int code = command_line(argc, argv);
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
    // What nobody could read is no success.
    fmt::print(stderr, "opslb: not all of the output could be written\n");
    return code == done ? answer_is_no : code;
  } catch (const std::exception& error) {
    fmt::print(stderr, "opslb: {}\n", error.what());
    return answer_is_no;
  }
}
