// Connections to backends that rest between two exchanges, the last one used first. Each worker has one; a client's
// connection has one of its own where backends are told the client by the PROXY protocol. One thread.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "proxy/upstream/connection.hpp"

namespace opslb::upstream {

class pool {
 public:
  pool() = default;
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;

  /// A resting connection to the backend's present address, or null. `surely_open`: ask the kernel whether the backend
  /// closed it meanwhile; for requests that cannot be sent twice.
  std::unique_ptr<connection> take(const backend& to, bool surely_open);
  /// For connections whose exchange ended in order.
  void give_back(std::unique_ptr<connection> unused, std::chrono::milliseconds keep);
  /// Closes those to this backend.
  void drop_all(const backend& to);
  std::size_t size() const { return resting_.size(); }
  /// Of them, those to this backend.
  std::size_t count_to(const backend& which) const;

 private:
  void drop(const connection& closed);

  std::vector<std::unique_ptr<connection>> resting_;
};

}  // namespace opslb::upstream
