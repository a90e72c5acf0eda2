// The body of one request, pulled piece by piece in constant memory: Content-Length and chunked, with trailers.
// Answers `Expect: 100-continue` when the first piece is asked for, so that a handler that never reads never invites it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/simulator/request.hpp"
#include "tests/support/simulator/wire.hpp"

namespace opslb::simulator {

class body_reader {
 public:
  body_reader(wire& client, const request& head);

  /// False if Content-Length and Transfer-Encoding leave room for doubt.
  bool well_framed() const { return state_ != state::broken; }
  /// The next bytes, valid until the next call; empty at the end, and when the body is broken.
  awaitable<std::string_view> next();
  /// Everything was read, and it was whole.
  bool complete() const { return state_ == state::done; }
  /// Nothing was asked of a client that waits for `100 Continue`.
  bool uninvited() const { return invite_ && state_ != state::done; }

  /// Raw trailer lines in the order of their arrival, once complete.
  const std::vector<std::string>& trailers() const { return trailers_; }

 private:
  enum class state : std::uint8_t { length, chunk_size, chunk_data, trailer, done, broken };

  awaitable<std::string_view> take_data(state after);
  awaitable<bool> read_chunk_size();
  awaitable<void> read_trailers();
  awaitable<bool> read_line();

  wire& client_;
  state state_ = state::done;
  bool invite_ = false;
  bool first_chunk_ = true;
  std::uint64_t left_ = 0;
  std::size_t given_ = 0;  ///< bytes handed out and not yet consumed
  std::string line_;
  std::vector<std::string> trailers_;
};

}  // namespace opslb::simulator
