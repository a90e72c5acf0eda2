// What is still in flight at a backend that is drained: each worker is asked, answers on its own thread into a place of its own,
// and the main thread reads all places once the last one has answered. Nobody waits for anybody.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/upstream/backend.hpp"

namespace opslb {

class worker;

/// One exchange as an operator may see it: without its path, which can hold what is nobody's business.
struct exchange_there {
  std::string_view path_class;  ///< see headers/path_class.hpp; "tcp" for what is no HTTP
  std::string method;
  std::chrono::steady_clock::time_point began;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

/// How many of them anybody wants to read.
inline constexpr std::size_t most_listed = 20;

/// Main thread. Asked again and again; what it tells is as old as the last answer.
class still_there {
 public:
  /// Asks all workers, unless they have still to answer the last time.
  void ask(const std::vector<std::unique_ptr<worker>>& workers, const std::shared_ptr<const upstream::backend>& which);
  /// The oldest ones as of the last answer, the oldest first.
  const std::vector<exchange_there>& oldest();

 private:
  struct round {
    explicit round(std::size_t workers) : found(workers), missing(workers) {}
    std::vector<std::vector<exchange_there>> found;  ///< by worker
    std::atomic<std::size_t> missing;
  };
  void take_in();

  std::shared_ptr<round> asked_;
  std::vector<exchange_there> oldest_;
};

}  // namespace opslb
