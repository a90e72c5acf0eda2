// The process that is to take this one's place, from its start to its end, as seen from here (contract 1: SIGUSR2). Until it
// says that it serves nothing has changed: it may fail, hang or be told to end, and this process goes on. Main thread.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "proxy/takeover/handover.hpp"
#include "proxy/takeover/launch.hpp"
#include "proxy/takeover/link_reader.hpp"

namespace opslb::takeover {

class successor {
 public:
  struct callbacks {
    std::function<void(const readiness&)> serves;
    std::function<void(const std::string& why)> failed;  ///< instead; it is on its way out
    std::function<void(const std::string& how)> gone;  ///< it has ended, in whichever state; the last call, may destroy
    std::function<void(bool at_once)> end_comes;       ///< it was told to end, and so is this one
    std::function<void()> reopen;                      ///< log files are to be opened again
    std::function<void(const message&)> steers;        ///< it drains a backend, or puts one back
  };

  /// Starts it and sends it everything. How long it may take it says itself, and that soon. Throws std::runtime_error with
  /// a sentence for the operator if it cannot be started.
  successor(boost::asio::io_context& loop, const program& what, const handover& all, std::span<const int> sockets,
            callbacks tell);
  ~successor();
  successor(const successor&) = delete;
  successor& operator=(const successor&) = delete;

  pid_t process() const { return process_; }
  bool serves() const { return state_ == state::serves; }
  /// False: it is gone, or takes no more at the moment.
  bool tell(word what, std::string_view rest = {}) const;
  /// It is not wanted any more: it ends by itself, or is killed if it does not soon.
  void give_up();

 private:
  enum class state {
    starts,
    serves,
    given_up,
    leaves,  ///< it had come to serve when it was given up, and ends in its own time: it may have accepted something
  };
  struct timer;

  void send(const handover& all, std::span<const int> sockets);
  void hear(const message& said);
  void hear_ready(const message& said);
  void run_out();
  void fail(const std::string& why);
  void end();

  callbacks tell_;
  state state_ = state::starts;
  link link_;
  pid_t process_ = -1;
  std::shared_ptr<timer> timer_;
  std::unique_ptr<link_reader> reader_;
};

}  // namespace opslb::takeover
