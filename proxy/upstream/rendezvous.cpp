#include "proxy/upstream/rendezvous.hpp"

#include <cmath>

#include "proxy/hash64.hpp"

namespace opslb::upstream {

double rendezvous_score(std::string_view backend_name, std::span<const std::uint8_t> client_address, unsigned weight) {
  const auto of_name = hash64(backend_name.data(), backend_name.size(), 0);
  const auto hash = hash64(client_address.data(), client_address.size(), of_name);
  // Strictly between 0 and 1. -ln(u) is exponentially distributed, and of exponential variables divided by their weights
  // each is the smallest in proportion to its weight (Schindelhauer and Schomaker, "Weighted distributed hash tables").
  const double u = (static_cast<double>(hash >> 11U) + 0.5) * 0x1.0p-53;
  return -static_cast<double>(weight) / std::log(u);
}

}  // namespace opslb::upstream
