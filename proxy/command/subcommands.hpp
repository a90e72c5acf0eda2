// The commands that speak to a running process, as the command line knows them.
#pragma once

#include <CLI/CLI.hpp>

#include <optional>

#include "proxy/command/commands.hpp"
#include "proxy/command/upgrade.hpp"

namespace opslb::command {

class subcommands {
 public:
  /// Adds them to `app`; lives as long as that is used.
  explicit subcommands(CLI::App& app);
  subcommands(const subcommands&) = delete;
  subcommands& operator=(const subcommands&) = delete;

  /// After parsing: does the one that was chosen, and gives its exit code; nothing if it is none of these.
  std::optional<int> run() const;

 private:
  CLI::App* add(CLI::App& app, const char* name, const char* about);
  void add_upgrade(CLI::App& app);

  place_options where_;
  bool live_ = false;
  status_options status_;
  drain_options drain_;
  upgrade_options upgrade_;
  std::string timeout_;
  const CLI::App* ping_command_ = nullptr;
  const CLI::App* status_command_ = nullptr;
  const CLI::App* drain_command_ = nullptr;
  const CLI::App* ready_command_ = nullptr;
  std::string request_id_;
  bool explain_json_ = false;
  const CLI::App* explain_command_ = nullptr;
  const CLI::App* upgrade_command_ = nullptr;
};

}  // namespace opslb::command
