// The process whose place this one is to take (contract 1: SIGUSR2): what it hands over, and the connection to it for as
// long as it lives. Main thread.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "proxy/inherited_sockets.hpp"
#include "proxy/takeover/handover.hpp"
#include "proxy/takeover/link.hpp"

namespace opslb::takeover {

class predecessor {
 public:
  /// The one that started this process, with all that it hands over; nullptr if it was nobody of the kind. Throws
  /// std::runtime_error with a sentence for the operator.
  static std::unique_ptr<predecessor> find();

  // To be called once each.

  handover take_all() { return std::move(all_); }
  inherited_sockets take_sockets() { return std::move(sockets_); }
  const link& connection() const { return link_; }

  /// This process has read its configuration, and serves before so much time has passed, or not at all.
  void tell_start(std::chrono::milliseconds within) const;
  /// This process serves: the other one ends in order.
  void tell_ready(std::string_view version) const;
  /// This process ends: the other one goes on.
  void tell_failed(std::string_view why) const;
  /// What was asked of this process is asked of the other one, too.
  void tell(word what, std::string_view rest = {}) const;

 private:
  explicit predecessor(link of) : link_(std::move(of)) {}
  void receive();
  void receive_sockets();

  link link_;
  handover all_;
  inherited_sockets sockets_;
};

}  // namespace opslb::takeover
