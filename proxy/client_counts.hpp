// How many connections each client address has open, for limits.connections_per_client. Any thread; the addresses are
// spread over some tables with a lock each. Memory is bounded by the connections that are open.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "headers/address.hpp"

namespace opslb {

class client_counts {
 public:
  client_counts();

  /// One more connection of this client; false, and nothing counted, if it has `limit` already. 0: no limit, but counted,
  /// since a reload may bring one.
  bool enter(const headers::ip_address& client, std::uint64_t limit);
  /// Once for each enter() that was true.
  void leave(const headers::ip_address& client);

  std::uint64_t of(const headers::ip_address& client) const;
  /// Addresses with any connection.
  std::size_t size() const;

 private:
  /// Seeded at random: a client with an IPv6 network of its own must not be able to choose addresses that collide.
  struct hash {
    std::uint64_t seed;
    std::size_t operator()(const headers::ip_address& client) const;
  };
  struct table {
    mutable std::mutex mutex;
    std::unordered_map<headers::ip_address, std::uint64_t, hash> counts;
    explicit table(hash by) : counts(0, by) {}
  };
  static constexpr std::size_t tables = 16;

  const table& of_client(const headers::ip_address& client) const;
  table& of_client(const headers::ip_address& client);

  hash hash_;
  std::array<table, tables> tables_;
};

}  // namespace opslb
