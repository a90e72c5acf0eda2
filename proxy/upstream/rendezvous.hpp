// Weighted rendezvous hashing for `balance: source_ip`: each backend gets a score for a client, and the highest wins. Without
// any shared table every opslb sends a client to the same backend, and when one goes only its own clients move. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace opslb::upstream {

/// Above 0 for every weight above 0. Over many clients a backend wins in proportion to its weight.
double rendezvous_score(std::string_view backend_name, std::span<const std::uint8_t> client_address, unsigned weight);

}  // namespace opslb::upstream
