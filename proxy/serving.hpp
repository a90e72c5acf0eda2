// The server itself: what the main thread owns, and every step that it takes. Its functions stand in server.cpp (start and
// signals), server_reload.cpp, server_takeover.cpp, server_report.cpp (the admin endpoint), server_found.cpp (hosts
// that come and go) and server_end.cpp.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "health/checker.hpp"
#include "proxy/admin/service.hpp"
#include "proxy/drains.hpp"
#include "proxy/file_watch.hpp"
#include "proxy/listener_set.hpp"
#include "proxy/named_backends.hpp"
#include "proxy/start.hpp"
#include "proxy/systemd/supervision.hpp"
#include "proxy/take_report.hpp"
#include "proxy/takeover/busy_before.hpp"
#include "proxy/takeover/lineage.hpp"
#include "proxy/worker.hpp"

namespace opslb {

class server {
 public:
  server(std::filesystem::path file, config loaded, start how);
  int run();

 private:
  /// How often the certificates in use are judged anew: their time passes without a reload.
  static constexpr auto review_interval = 24h;

  void prepare();
  void begin_checks(config found, const std::shared_ptr<listener_plan>& plan);
  void wait_for_signal();
  void on_signal(int number);
  void restore_drains();
  void settle_inherited();
  void begin_serving();
  void lead();
  std::string state_in_words() const;
  void reload();
  void begin_with(config settings, std::string_view what);
  void refuse_reload(std::string why);
  void wait_for_second();
  void hear_of_agents();
  void look_at_files();
  void renew_certificates();
  void review_certificates();
  void adopt(std::shared_ptr<const generation> next, listener_plan& plan, std::string_view what);
  void put_in_force(std::shared_ptr<const generation> next, const std::function<void(const generation&)>& heard);
  void use_found();
  void settle();
  void reload_if_due();
  takeover::lineage::callbacks lineage_callbacks();
  void take_over_if_due();
  std::pair<takeover::handover, std::vector<int>> hand_over();
  void note_busy_before(const takeover::remaining& before);
  void show_busy_before();
  void tell_busy();
  void tell_before(std::string_view backend, bool is_drained);
  void drain_as_told(const takeover::drain_order& what);
  void be_replaced(const takeover::readiness& by);
  void be_bereft(const std::string& how);
  void end(bool at_once);
  void note_reload(bool ok, std::string text);
  void begin_drain();
  void stop_accepting();
  void look_again(std::chrono::steady_clock::time_point began);
  void watch_drain(std::chrono::steady_clock::time_point began);
  void finish();
  void summarize();

  // For the admin endpoint.
  admin::operations admin_operations();
  process_view view();
  admin::report report();

  std::filesystem::path file_;
  start how_;
  std::unique_ptr<admin::service> admin_;  ///< outlives what it has posted to the loop
  admin::service::plan first_admin_plan_;
  boost::asio::io_context loop_{1};
  boost::asio::signal_set signals_{loop_};
  boost::asio::steady_timer timer_{loop_};
  boost::asio::steady_timer second_{loop_};
  tls::ticket_keys tickets_;
  shared_parts shared_;
  std::shared_ptr<const generation> current_;
  listener_set listeners_;
  agent_register agents_;
  std::string agent_notes_;  ///< memory
  std::vector<std::unique_ptr<worker>> workers_;
  std::unique_ptr<health::checker> checker_;
  named_backends names_{loop_, [this] { use_found(); }};
  drains drains_{
      {workers_, checker_, shared_.room, [this](auto name, bool is_drained) { tell_before(name, is_drained); }}};
  file_watch listener_files_;
  file_watch backend_files_;
  std::chrono::steady_clock::time_point next_review_ = std::chrono::steady_clock::now() + review_interval;
  systemd::supervision supervision_;
  takeover::lineage lineage_;
  const admin::wall_time started_ = std::chrono::system_clock::now();
  const std::chrono::steady_clock::time_point started_ticking_ = std::chrono::steady_clock::now();
  admin::wall_time loaded_ = started_;
  std::optional<admin::reload> last_reload_;
  takeover::busy_before busy_before_;
  std::vector<takeover::remaining> told_busy_;  ///< to the process that took over, of each backend
  bool serving_ = false;
  /// From the start, a reload or hosts that were found until all of it is in force, or is not to be. Whatever else wants to
  /// change what is in force, or to hand it over, waits until then: see settle().
  bool changing_ = true;
  bool takeover_due_ = false;   ///< SIGUSR2 came
  bool reload_due_ = false;     ///< SIGHUP came during a change, or a takeover: it is for whoever serves then
  bool replaced_ = false;       ///< another process has taken over
  bool draining_ = false;       ///< replaced, or ending
  bool ending_ = false;         ///< SIGTERM or SIGINT came, here or to the process that took over
  bool was_signalled_ = false;  ///< it came here: the next one ends at once
  int exit_code_ = 0;
};

}  // namespace opslb
