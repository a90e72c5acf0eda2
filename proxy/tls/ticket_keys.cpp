#include "proxy/tls/ticket_keys.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <bit>
#include <stdexcept>

#include "proxy/tls/openssl.hpp"

namespace opslb::tls {

void wipe(std::vector<aged_ticket_key>& keys) {
  OPENSSL_cleanse(keys.data(), keys.size() * sizeof(aged_ticket_key));
  keys.clear();
}

ticket_keys::ticket_keys(clock::time_point now, std::span<const aged_ticket_key> before) {
  for (const aged_ticket_key& each : before) add(each.key, now - each.age);
  if (before.empty()) make_key(now);
}

ticket_keys::~ticket_keys() {
  for (slot& each : slots_) write(each, {});
}

void ticket_keys::make_key(clock::time_point now) {
  ticket_key key;
  const auto fill = [](std::span<unsigned char> bytes) {
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
      throw std::runtime_error("no random bytes for session tickets: " + take_last_error());
  };
  fill(key.name);
  fill(key.cipher);
  fill(key.signing);
  add(key, now);
  OPENSSL_cleanse(&key, sizeof key);
}

void ticket_keys::add(const ticket_key& key, clock::time_point made) {
  const std::size_t next = newest_.load(std::memory_order_relaxed) + 1;
  slot& into = slots_[next % slots_.size()];
  write(into, key);
  into.made = made;
  into.used = true;
  newest_.store(next, std::memory_order_release);
}

std::vector<aged_ticket_key> ticket_keys::hand_over(clock::time_point now) const {
  std::vector<aged_ticket_key> keys;
  const std::size_t newest = newest_.load(std::memory_order_relaxed);
  for (std::size_t i = 1; i <= slots_.size(); ++i) {
    const slot& each = slots_[(newest + i) % slots_.size()];
    const auto age = std::chrono::floor<std::chrono::milliseconds>(now - each.made);
    if (each.used && age < rotation + ticket_lifetime) keys.push_back({read(each), age});
  }
  return keys;
}

void ticket_keys::advance(clock::time_point now) {
  if (now - slots_[newest_.load(std::memory_order_relaxed) % slots_.size()].made >= rotation) make_key(now);
  for (slot& each : slots_) {
    // The last ticket of a key was made when the next key came, one rotation after the key itself.
    if (!each.used || now - each.made < rotation + ticket_lifetime) continue;
    write(each, {});
    each.used = false;
  }
}

ticket_key ticket_keys::newest() const {
  for (std::size_t at = newest_.load(std::memory_order_acquire);;) {
    const ticket_key key = read(slots_[at % slots_.size()]);
    // Whoever was kept from running for hours may have read a key that was wiped meanwhile.
    const std::size_t still = newest_.load(std::memory_order_acquire);
    if (still == at) return key;
    at = still;
  }
}

std::optional<ticket_key> ticket_keys::find(std::span<const unsigned char, 16> name, bool& is_newest) const {
  const std::size_t newest = newest_.load(std::memory_order_acquire);
  const auto is_wiped = [](const ticket_key& key) { return key.name == ticket_key{}.name; };
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const ticket_key key = read(slots_[(newest + slots_.size() - i) % slots_.size()]);
    if (is_wiped(key) || !std::equal(name.begin(), name.end(), key.name.begin())) continue;
    is_newest = i == 0;
    return key;
  }
  return std::nullopt;
}

// Content is atomic, too, so that reading it while it is written is no data race, only of no use. The release stores and
// acquire loads of the content keep it between the two looks at the version (no fences: ThreadSanitizer cannot see them).

void ticket_keys::write(slot& into, const ticket_key& key) {
  auto content = std::bit_cast<std::array<std::uint64_t, words>>(key);
  const std::uint64_t version = into.version.load(std::memory_order_relaxed);
  into.version.store(version + 1, std::memory_order_relaxed);
  for (std::size_t i = 0; i < words; ++i) into.content[i].store(content[i], std::memory_order_release);
  into.version.store(version + 2, std::memory_order_release);
  OPENSSL_cleanse(content.data(), sizeof content);
}

ticket_key ticket_keys::read(const slot& from) {
  for (;;) {
    const std::uint64_t before = from.version.load(std::memory_order_acquire);
    std::array<std::uint64_t, words> content{};
    for (std::size_t i = 0; i < words; ++i) content[i] = from.content[i].load(std::memory_order_acquire);
    if (before % 2 != 0 || from.version.load(std::memory_order_relaxed) != before) continue;
    return std::bit_cast<ticket_key>(content);
  }
}

}  // namespace opslb::tls
