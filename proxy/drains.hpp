// Which backends are drained: the operator's word, held against the guard, told to checks and workers, and kept in the state file
// (contract 9). Main thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "health/checker.hpp"
#include "proxy/drain_guard.hpp"
#include "proxy/generation.hpp"
#include "proxy/state_file.hpp"
#include "proxy/worker.hpp"

namespace opslb {

enum class drain_answer : std::uint8_t { done, unknown_backend, refused };

struct drain_outcome {
  drain_answer answer = drain_answer::done;
  std::string text;  ///< why not, and what to do; or what the operator should know although it is done; may be empty
};

class drains {
 public:
  /// Whom a drain concerns. All of them live longer.
  struct concerned {
    const std::vector<std::unique_ptr<worker>>& workers;
    std::unique_ptr<health::checker>& checker;
    upstream::waiting_room& room;
    /// Told of each drain as it begins, and of its end: there may be a process before this one that has to do the same.
    std::function<void(std::string_view backend, bool is_drained)> others;
  };
  explicit drains(concerned whom) : whom_(std::move(whom)) {}

  /// At start, before the first checks and before the workers run: what `file` says of these backends.
  void restore(std::filesystem::path file, const generation& of);
  /// The same in a takeover: what the process before has drained, whatever the file says.
  void go_on(std::filesystem::path file, const generation& of, const std::vector<kept_drain>& before);
  /// Before anybody checks or picks these backends: those of them whose drain outlived their absence are drained.
  void keep_out(const generation& coming) const;
  /// They have come into force. Backends that are not configured any more take their drains with them; those that only their
  /// name does not lead to at the moment are drained when it does again.
  void adopt(std::filesystem::path file, const generation& now);

  /// Takes a backend out of rotation, unless the guard says no; `force` overrides it.
  drain_outcome drain(const generation& of, std::string_view name, bool force);
  /// Puts it back: it serves after `rise` good checks.
  drain_outcome put_back(const generation& of, std::string_view name);
  /// The same in the process that was replaced, where the one that serves has asked its guard and has said so.
  void follow_drain(const generation& of, std::string_view name);
  void follow_back(const generation& of, std::string_view name);
  /// Since when it is drained; the epoch: it is not.
  std::chrono::system_clock::time_point since(const upstream::backend& which) const;
  /// What is still in flight there, the oldest first, as of a moment ago; nothing if it is not drained.
  std::vector<exchange_there> in_flight_at(const upstream::backend& which);
  /// Now and then: has the workers asked what is still in flight where there is a drain.
  void look();
  /// All that is drained.
  std::vector<kept_drain> kept() const;
  /// For the time of a takeover nothing is drained or put back: the other process would not know.
  void hold(bool is_held) { held_ = is_held; }
  /// The file is another process's from now on.
  void stop_saving() { saves_ = false; }
  /// The file is this process's from now on.
  void take_file();

 private:
  struct record {
    std::shared_ptr<upstream::backend> of;
    std::string url;
    std::chrono::system_clock::time_point since;
    still_there left{};
  };
  const record* find(const upstream::backend& which) const;
  /// False: some of them concern nobody here, and are forgotten.
  bool take(const std::vector<kept_drain>& kept, const generation& of);
  void take_back(const generation& now);
  void await(kept_drain absent);
  drain_outcome forget(std::vector<kept_drain>::iterator away);
  std::vector<guarded_backend> guarded(const generation& of) const;
  void begin(const upstream::backend_slot& slot, std::chrono::system_clock::time_point since);
  void take_out(const upstream::backend_slot& slot);
  /// False: it was not drained.
  bool let_back(const upstream::backend_slot& slot);
  void tell_workers(const std::shared_ptr<upstream::backend>& which) const;
  /// What went wrong, or nothing.
  std::string save();
  /// The same where the last time something went wrong: an order that is given again may be because of that.
  std::string save_again();

  concerned whom_;
  std::filesystem::path file_;
  std::vector<record> records_;
  std::vector<kept_drain> awaited_;  ///< of hosts that a followed name does not lead to at the moment
  bool saves_ = true;
  bool is_behind_ = false;  ///< the file could not be written the last time
  bool held_ = false;
};

/// `state_file`, or where that is by default.
std::filesystem::path state_file_of(const config& settings);

/// The URL by which a drain finds its backend again.
std::string url_of(const backend_config& backend);

}  // namespace opslb
