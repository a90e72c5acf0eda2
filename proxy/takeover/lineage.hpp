// This process between the one whose place it took and the one that takes its place: what SIGUSR2 begins, how it ends, and
// what both others are told of this one's signals. Several may be ending at a time, each knows its neighbours. Main thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proxy/takeover/predecessor.hpp"
#include "proxy/takeover/successor.hpp"

namespace opslb::takeover {

class lineage {
 public:
  struct callbacks {
    /// What a successor is given, its program aside. The sockets stay here, too.
    std::function<std::pair<handover, std::vector<int>>()> collect;
    /// A successor serves. It is told to lead when this returns.
    std::function<void(const readiness& by)> replaced;
    /// A takeover came to nothing, and all is as before.
    std::function<void()> goes_on;
    /// This is the main process now.
    std::function<void()> leads;
    /// The main process was told to end, and so is this one; `at_once`: for the second time.
    std::function<void(bool at_once)> end_comes;
    std::function<void()> reopen;
    /// So much is still in flight at a backend in the process before. Also when it is gone: nothing, at every one ("").
    std::function<void(const remaining& before)> busy;
    /// The main process has drained a backend.
    std::function<void(const drain_order& what)> drain;
    /// It has put one back.
    std::function<void(const std::string& backend)> put_back;
    /// The successor that served has ended without being told to, as far as is known here.
    std::function<void(const std::string& how)> bereft;
  };

  /// `before` may be null: then this process leads from the beginning.
  lineage(boost::asio::io_context& loop, program self, std::shared_ptr<predecessor> before, callbacks tell);

  /// Starts a successor.
  void begin();
  /// There is a successor that does not serve yet.
  bool is_under_way() const { return next_ && !next_->serves(); }
  bool leads() const { return leads_; }
  /// The process before is still there.
  bool follows() const { return before_ != nullptr; }
  /// Somebody is left whose end this process's end has to wait for.
  bool has_others() const { return (before_ != nullptr && leads_) || is_under_way(); }

  // What the others are told.

  void tell_start(std::chrono::milliseconds within) const;
  void tell_ready(std::string_view version) const;
  /// SIGTERM; `at_once`: for the second time.
  void end(bool at_once);
  void tell_reopen() const;
  /// False: the other one takes no more at the moment; it is to be told again.
  bool tell_busy(const remaining& here) const;
  void tell_drain(const drain_order& what) const;
  void tell_back(std::string_view backend) const;

 private:
  void hear(const message& said);
  void predecessor_gone();
  void be_steered(const message& said) const;

  boost::asio::io_context& loop_;
  program self_;
  bool leads_;
  bool ends_ = false;
  callbacks tell_;
  std::shared_ptr<predecessor> before_;
  std::unique_ptr<link_reader> reader_;
  std::unique_ptr<successor> next_;
};

}  // namespace opslb::takeover
