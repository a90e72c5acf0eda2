// The last requests of one worker, for `opslb explain`: a ring of records in memory that was allocated once. A record is written
// at the end of a request by copying what is at hand; what it means is said when somebody asks. What it holds of a target may
// be a credential: reading masks it. Plain memory of the worker's thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/backend_try.hpp"
#include "proxy/exchange_facts.hpp"
#include "proxy/request_text.hpp"

namespace opslb {

/// A record as it is read, with all that it says.
struct recent_request {
  struct try_text {
    std::string_view backend, why;
    std::string outcome;
    std::int64_t began = 0;
  };

  exchange_facts facts;
  std::string id;
  std::string method, target, host, user_agent, trace;  ///< `target` without credentials
  std::vector<std::string> dropped;                     ///< names of identity fields that the client had sent
  std::string certificate;                              ///< the client's, where it has shown one
  std::vector<try_text> tries;
};

class recent_requests {
 public:
  /// What a ring remembers: so many requests, and no more than so many bytes of them.
  static constexpr std::size_t most = 4096;
  static constexpr std::size_t capacity = 2 * 1024 * 1024;
  /// What is longer than this, mostly the target, is cut.
  static constexpr std::size_t most_text = 1024;
  static constexpr std::size_t most_tries = 8;

  recent_requests();

  /// Overwrites the oldest.
  void add(const exchange_facts& facts, const std::string& id, const request_text& text, const std::string& certificate,
           const std::vector<backend_try>& tries);

  /// Appends all of that id, the newest first.
  void find(std::string_view id, std::vector<recent_request>& out) const;
  /// When the oldest that is still there began.
  std::optional<std::chrono::system_clock::time_point> reaches_back() const;

 private:
  struct record;
  struct extra_try;
  void* make_room(std::size_t texts);
  void add_unusual(const exchange_facts& facts, std::string_view id, const request_text& text,
                   std::string_view certificate, std::span<const backend_try> tries);
  const record* find_record(std::uint64_t number) const;
  static recent_request read(const record& from);

  std::unique_ptr<std::byte[]> memory_;
  /// Of record number n at n % most. Positions only grow, and are taken % capacity.
  std::unique_ptr<std::uint64_t[]> positions_;
  std::uint64_t written_ = 0;  ///< records
  std::uint64_t end_ = 0;      ///< position behind the newest
};

}  // namespace opslb
