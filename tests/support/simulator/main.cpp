// ops-manager-simulator: a small program that behaves, on the wire, like one host of Ops Manager.
#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "tests/support/simulator/duration.hpp"
#include "tests/support/simulator/service.hpp"

namespace opslb::simulator {
namespace {

/// "NAME:SECRET", several times.
std::map<std::string, std::string> parse_keys(const std::vector<std::string>& texts) {
  std::map<std::string, std::string> keys;
  for (const auto& text : texts) {
    const auto colon = text.find(':');
    if (colon == 0 || colon == std::string::npos) throw std::invalid_argument("'" + text + "' is not NAME:SECRET");
    keys[text.substr(0, colon)] = text.substr(colon + 1);
  }
  return keys;
}

milliseconds parse_idle_timeout(const std::string& text) {
  const auto time = parse_duration(text, std::chrono::seconds{1});
  if (!time) throw std::invalid_argument("'" + text + "' is no duration like 30s or 500ms");
  return *time;
}

int serve(settings wanted) {
  service whole(std::move(wanted));
  boost::asio::io_context signals_context{1};
  boost::asio::signal_set signals(signals_context, SIGTERM, SIGINT);
  signals.async_wait([&](error_code ec, int) {
    if (!ec) whole.stop();
  });
  const std::jthread watcher([&] { signals_context.run(); });

  const auto& at = whole.ops().wanted();
  const bool v6 = at.bind.find(':') != std::string::npos;
  const auto origin = "http://" + (v6 ? "[" + at.bind + "]" : at.bind) + ":";
  std::cout << "ops-manager-simulator " << at.name << " listening on " << origin << whole.port() << " control "
            << origin << whole.control_port() << std::endl;
  whole.run();
  signals_context.stop();
  return 0;
}

}  // namespace
}  // namespace opslb::simulator

int main(int argc, char** argv) {
  using namespace opslb::simulator;
  settings wanted;
  std::string idle_timeout = "30s";
  std::vector<std::string> access_list;
  std::vector<std::string> api_keys = {"apiuser:apikey"};
  std::vector<std::string> agent_keys;

  CLI::App app{"Behaves on the wire like one host of MongoDB Ops Manager.", "ops-manager-simulator"};
  app.add_option("--bind", wanted.bind, "address to listen on")->capture_default_str();
  app.add_option("--port", wanted.port, "0: any free one")->capture_default_str();
  app.add_option("--control-port", wanted.control_port, "for /_sim while the service is shut; 0: any free one");
  app.add_option("--name", wanted.name, "sent as X-Ops-Host")->capture_default_str();
  app.add_option("--version", wanted.version, "sent as X-MongoDB-Service-Version")->capture_default_str();
  app.add_option("--threads", wanted.threads)->check(CLI::Range(1, 64))->capture_default_str();
  app.add_option("--idle-timeout", idle_timeout, "closes connections on which nothing moves; 0: never")
      ->capture_default_str();
  app.add_option("--access-list", access_list, "networks that may use the API; none: all");
  app.add_option("--user,--api-key", api_keys, "PUBLIC:PRIVATE for the API (Digest)")->capture_default_str();
  app.add_option("--agent-key", agent_keys, "GROUP:KEY for agents (Basic); none: any key");
  app.add_flag("--proxy-protocol", wanted.proxy_protocol, "connections begin with a PROXY header, v1 or v2");
  CLI11_PARSE(app, argc, argv);

  try {
    wanted.idle_timeout = parse_idle_timeout(idle_timeout);
    for (const auto& text : access_list) wanted.access_list.push_back(parse_network(text));
    wanted.api_keys = parse_keys(api_keys);
    wanted.agent_keys = parse_keys(agent_keys);
    return serve(std::move(wanted));
  } catch (const std::exception& problem) {
    std::cerr << "ops-manager-simulator: " << problem.what() << "\n";
    return 1;
  }
}
