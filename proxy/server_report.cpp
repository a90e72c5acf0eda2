// What the admin endpoint asks of the server.

#include "proxy/news.hpp"
#include "proxy/recent_search.hpp"
#include "proxy/serving.hpp"

namespace opslb {
namespace {

admin::change_result to_result(drain_outcome from) {
  using kind = admin::change_result::kind;
  switch (from.answer) {
    case drain_answer::unknown_backend: return {kind::unknown, std::move(from.text)};
    case drain_answer::refused: return {kind::refused, std::move(from.text)};
    case drain_answer::done: break;
  }
  return {kind::done, std::move(from.text)};
}

}  // namespace

admin::operations server::admin_operations() {
  admin::operations out;
  out.post = [this](std::function<void()> what) { boost::asio::post(loop_, std::move(what)); };
  out.take_report = [this] { return report(); };
  // Whoever asks wants to know of opslb at this address, and had connected before the other process answered there.
  out.is_ready = [this] {
    return replaced_ ? admin::readiness{true, "another process has taken over"} : readiness_of(view());
  };
  // What comes to the process that was replaced would reach nobody who serves.
  const admin::change_result too_late{admin::change_result::kind::refused, "another process has taken over; ask again"};
  out.drain = [this, too_late](std::string_view name, bool force) {
    return replaced_ ? too_late : to_result(drains_.drain(*current_, name, force));
  };
  out.ready = [this, too_late](std::string_view name) {
    return replaced_ ? too_late : to_result(drains_.put_back(*current_, name));
  };
  out.agents = [this] {
    hear_of_agents();
    return admin::found_agents{std::chrono::system_clock::now(), agents_.list(), agents_.forgotten()};
  };
  out.find_requests = [this](const std::string& id, std::function<void(admin::found_requests)> done) {
    search_recent(workers_, id, std::move(done));
  };
  return out;
}

process_view server::view() {
  const auto state = draining_  ? admin::process_state::draining
                     : serving_ ? admin::process_state::serving
                                : admin::process_state::starting;
  return {*current_, workers_, shared_, listeners_, drains_, agents_, state};
}

admin::report server::report() {
  hear_of_agents();
  admin::report out = take_report(view());
  out.file = file_.string();
  out.started = started_;
  out.uptime = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_ticking_).count();
  out.loaded = loaded_;
  out.last_reload = last_reload_;
  return out;
}

}  // namespace opslb
