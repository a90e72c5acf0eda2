#include "proxy/client_counts.hpp"

#include <cassert>
#include <random>
#include <utility>

#include "proxy/hash64.hpp"

namespace opslb {
namespace {

std::uint64_t random_seed() {
  std::random_device random;
  return std::uint64_t{random()} << 32U | random();
}

template <typename Table, typename Hash, std::size_t... I>
std::array<Table, sizeof...(I)> tables_by(Hash hash, std::index_sequence<I...>) {
  return {((void)I, Table(hash))...};
}

}  // namespace

std::size_t client_counts::hash::operator()(const headers::ip_address& client) const {
  const auto bytes = client.bytes();
  return hash64(bytes.data(), bytes.size(), seed);
}

client_counts::client_counts()
    : hash_{random_seed()},
      tables_(tables_by<table>(hash_, std::make_index_sequence<tables>())) {}

// The table by the upper bits, the bucket in it by the lower ones.
const client_counts::table& client_counts::of_client(const headers::ip_address& client) const {
  return tables_[hash_(client) >> 60U];
}
client_counts::table& client_counts::of_client(const headers::ip_address& client) {
  return tables_[hash_(client) >> 60U];
}

bool client_counts::enter(const headers::ip_address& client, std::uint64_t limit) {
  auto& in = of_client(client);
  const std::lock_guard lock(in.mutex);
  auto& count = in.counts[client];
  if (limit != 0 && count >= limit) return false;  // never a new entry: that would count 0
  ++count;
  return true;
}

void client_counts::leave(const headers::ip_address& client) {
  auto& in = of_client(client);
  const std::lock_guard lock(in.mutex);
  const auto found = in.counts.find(client);
  assert(found != in.counts.end());
  if (found != in.counts.end() && --found->second == 0) in.counts.erase(found);
}

std::uint64_t client_counts::of(const headers::ip_address& client) const {
  const auto& in = of_client(client);
  const std::lock_guard lock(in.mutex);
  const auto found = in.counts.find(client);
  return found == in.counts.end() ? 0 : found->second;
}

std::size_t client_counts::size() const {
  std::size_t all = 0;
  for (const auto& each : tables_) {
    const std::lock_guard lock(each.mutex);
    all += each.counts.size();
  }
  return all;
}

}  // namespace opslb
