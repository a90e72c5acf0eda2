// The keys that session tickets are encrypted with (RFC 5077 4). A new one is made every hour, and the old ones decrypt
// until the tickets made with them have ended; then they are wiped, so that what was said cannot be read by whoever gets
// hold of this process later. Owned by the server, so that they outlive reloads. One thread makes keys; all workers read
// them, without a lock.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace opslb::tls {

struct ticket_key {
  std::array<unsigned char, 16> name{};     ///< stands in the ticket
  std::array<unsigned char, 32> cipher{};   ///< AES-256
  std::array<unsigned char, 32> signing{};  ///< HMAC-SHA256
};

/// A key on its way to another process, whose clock may count from elsewhere.
struct aged_ticket_key {
  ticket_key key;
  std::chrono::milliseconds age{};
};

/// They are secrets: whoever has sent them or gone on with them keeps none.
void wipe(std::vector<aged_ticket_key>& keys);

class ticket_keys {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds rotation = std::chrono::hours(1);
  /// How long a session can be resumed.
  static constexpr std::chrono::seconds ticket_lifetime = std::chrono::hours(12);
  static constexpr std::size_t most_keys = ticket_lifetime / rotation + 2;

  /// Goes on with the keys of the process before, the oldest first and at most most_keys; makes the first key where there
  /// are none. Throws std::runtime_error where the system has no random bytes.
  explicit ticket_keys(clock::time_point now, std::span<const aged_ticket_key> before = {});
  ~ticket_keys();
  ticket_keys(const ticket_keys&) = delete;
  ticket_keys& operator=(const ticket_keys&) = delete;

  /// Makes a new key if the newest is old enough, and wipes what has ended. By one thread only.
  void advance(clock::time_point now);
  /// What a process that takes over goes on with. By the same thread.
  std::vector<aged_ticket_key> hand_over(clock::time_point now) const;

  // Any thread.

  /// For a new ticket.
  ticket_key newest() const;
  /// For a ticket that came back; `is_newest`: it need not be replaced. nullopt: unknown, or too old.
  std::optional<ticket_key> find(std::span<const unsigned char, 16> name, bool& is_newest) const;

 private:
  static constexpr std::size_t words = sizeof(ticket_key) / sizeof(std::uint64_t);
  static_assert(sizeof(ticket_key) == words * sizeof(std::uint64_t));

  /// A key that one thread writes while others read it: what they read is whole if the version is even and the same
  /// before and after (a sequence lock).
  struct slot {
    std::atomic<std::uint64_t> version{0};
    std::array<std::atomic<std::uint64_t>, words> content{};
    clock::time_point made{};  ///< of the writing thread
    bool used = false;         ///< of the writing thread
  };
  static void write(slot& into, const ticket_key& key);
  static ticket_key read(const slot& from);
  void make_key(clock::time_point now);
  void add(const ticket_key& key, clock::time_point made);

  std::array<slot, most_keys> slots_;
  std::atomic<std::size_t> newest_{
      0};  ///< how many were made: never the same again, unlike the slot that it stands for
};

}  // namespace opslb::tls
