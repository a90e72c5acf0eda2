#include "proxy/command/subcommands.hpp"

#include "proxy/config_units.hpp"
#include "proxy/config_values.hpp"

namespace opslb::command {
namespace {

std::string fault_in_duration(const std::string& text) { return to_duration(text).wrong; }
std::string fault_in_name(const std::string& text) { return to_backend_name(text).wrong; }
std::string fault_in_place(const std::string& text) { return parse_place(text).wrong; }

}  // namespace

CLI::App* subcommands::add(CLI::App& app, const char* name, const char* about) {
  auto* command = app.add_subcommand(name, about);
  auto* config =
      command->add_option("-c,--config", where_.config, "The configuration file of the process")->type_name("FILE");
  command->add_option("--admin", where_.admin, "Its admin endpoint: HOST:PORT, http://HOST:PORT or unix:PATH")
      ->type_name("ADDRESS")
      ->check(CLI::Validator(fault_in_place, ""))
      ->excludes(config);
  command
      ->add_option("--token-file", where_.token_file, "File with the token for it, if not the one of the configuration")
      ->type_name("FILE");
  return command;
}

subcommands::subcommands(CLI::App& app) {
  auto* ping = add(app, "ping", "Exit 0 if the running process would serve");
  ping->add_flag("--live", live_, "Exit 0 if it lives");
  ping_command_ = ping;

  auto* status = add(app, "status", "Print a table of the backends of the running process");
  status->add_flag("--watch", status_.watch, "Draw it again each second, until q or Ctrl-C");
  status->add_flag("--json", status_.json, "Print all that there is to know, for machines");
  status_command_ = status;

  auto* drain = add(app, "drain", "Take a backend out of rotation");
  drain->add_option("NAME", drain_.name, "The backend")->required()->check(CLI::Validator(fault_in_name, ""));
  auto* wait = drain->add_flag("--wait", drain_.wait, "Return when nothing is in flight there any more");
  drain->add_option("--timeout", timeout_, "Wait no longer, and exit 1")
      ->type_name("DURATION")
      ->check(CLI::Validator(fault_in_duration, ""))
      ->needs(wait);
  drain->add_flag("--force", drain_.force, "Also while another one is out, or if nobody is left");
  drain_command_ = drain;

  auto* ready = add(app, "ready", "Put a backend back into rotation");
  ready->add_option("NAME", drain_.name, "The backend")->required()->check(CLI::Validator(fault_in_name, ""));
  ready_command_ = ready;

  auto* explain = add(app, "explain", "Tell what happened to a recent request");
  explain->add_option("REQUEST-ID", request_id_, "As in the access log, and in X-Request-Id of the answer")->required();
  explain->add_flag("--json", explain_json_, "Print it for machines");
  explain_command_ = explain;

  add_upgrade(app);
}

void subcommands::add_upgrade(CLI::App& app) {
  auto* upgrade = add(app, "upgrade", "Lead a rolling upgrade of Ops Manager, host by host");
  upgrade->add_option("--only", upgrade_.only, "This host alone")
      ->type_name("NAME")
      ->check(CLI::Validator(fault_in_name, ""));
  upgrade
      ->add_option("--timeout", timeout_, "Give up where a host takes longer from its drain to its return, such as 30m")
      ->type_name("DURATION")
      ->check(CLI::Validator(fault_in_duration, ""));
  upgrade->add_flag("--dry-run", upgrade_.dry_run, "Only tell what would be done");
  upgrade->add_flag("-y,--yes", upgrade_.yes, "Ask nothing");
  upgrade_command_ = upgrade;
}

std::optional<int> subcommands::run() const {
  if (ping_command_->parsed()) return ping(where_, live_);
  if (status_command_->parsed()) return status(where_, status_);
  if (ready_command_->parsed()) return ready(where_, drain_.name);
  if (explain_command_->parsed()) return explain(where_, request_id_, explain_json_);
  if (upgrade_command_->parsed()) {
    upgrade_options what = upgrade_;
    if (!timeout_.empty()) what.timeout = to_duration(timeout_).value.value_or(what.timeout);
    return upgrade(where_, what);
  }
  if (!drain_command_->parsed()) return std::nullopt;
  drain_options what = drain_;
  if (!timeout_.empty()) what.timeout = to_duration(timeout_).value;
  return drain(where_, what);
}

}  // namespace opslb::command
