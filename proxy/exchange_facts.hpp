// What is known of an exchange when it is over, but for texts of its own: the access log and the ring of recent requests tell of
// it. One piece of plain memory that is filled in as the exchange goes on, so that to remember it is to copy it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "headers/address.hpp"
#include "headers/message.hpp"

namespace opslb {

struct exchange_facts {
  std::chrono::system_clock::time_point began{};
  std::string_view listener{};                   ///< a lasting name
  std::string_view backend{};                    ///< the one that answered or was last tried; a lasting name
  std::string_view end{};                        ///< constant text: "done", "client closed", "idle timeout", …
  std::string_view tls_version{}, tls_cipher{};  ///< "TLSv1.3"; of OpenSSL, which stays; empty over plain TCP
  std::uint64_t bytes_in = 0;                    ///< from the client, heads included
  std::uint64_t bytes_out = 0;                   ///< to the client, heads included
  std::uint64_t body_out = 0;                    ///< to the client, body only (the combined format's size)
  // Phases in microseconds; -1: not reached. `queued` from the head's last byte to a backend being picked, `connect`
  // to the connection standing (0 if reused), `first_byte` to the response head, `total` to the end.
  std::int64_t queued = -1, connect = -1, first_byte = -1, total = -1;
  headers::ip_address peer{};    ///< the client of the connection
  headers::ip_address client{};  ///< as the application was told
  std::uint16_t status = 0;      ///< as sent to the client; 0: nothing was sent
  std::uint16_t port = 0;        ///< as the application was told; 0: it was told nothing
  bool https = false;            ///< as the application was told
  headers::http_version version{};
};

}  // namespace opslb
