// One request being answered: everything that a route may look at, and the two ways to answer, at once or as a stream.
// Lives in the connection's coroutine.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/simulator/body.hpp"
#include "tests/support/simulator/host.hpp"
#include "tests/support/simulator/jetty.hpp"
#include "tests/support/simulator/request.hpp"
#include "tests/support/simulator/wire.hpp"

namespace opslb::simulator {

class service;

struct exchange {
  wire& client;
  const request& head;
  body_reader& body;
  host& ops;
  service& whole;  ///< to shut and open the doors
  const connection_ends& ends;
  const std::optional<proxy_header>& announced;
  const belief& believed;
  bool control;     ///< came in by the control port, which no mode touches
  bool keep_alive;  ///< routes may clear it
};

struct answer {
  unsigned status = 200;
  std::string type = "application/json";
  std::string body;
  std::string headers;  ///< further lines, each with its line end
};

// Coroutines take these ready-made, from functions that are none: g++ 12 fails on braced lists inside a coroutine.
answer json_answer(const nlohmann::json& value, unsigned status = 200);
/// An error in the shape of Ops Manager's own: {"detail","error","errorCode","parameters","reason"}.
answer api_error(unsigned status, std::string_view code, std::string_view detail, std::string_view parameter = {});
std::string_view reason_phrase(unsigned status);

awaitable<void> send(exchange& e, answer what);

/// Reads and forgets what is left of the request's body.
awaitable<void> skip_body(exchange& e);

/// An answer whose body is sent piece by piece. HTTP/1.0 clients get one that ends with the connection.
class answer_stream {
 public:
  enum class framing : std::uint8_t { length, chunked, close };

  answer_stream(exchange& e, framing how) : exchange_(e), framing_(how) {}

  /// `length` counts for framing::length only.
  awaitable<bool> begin(answer head, std::uint64_t length);
  awaitable<bool> write(std::string_view piece);
  /// `trailers`: lines with their line ends; sent with framing::chunked only.
  awaitable<void> finish(std::string trailers);
  /// Ends the connection here, with the body unfinished.
  void break_off();

 private:
  exchange& exchange_;
  framing framing_;
};

}  // namespace opslb::simulator
