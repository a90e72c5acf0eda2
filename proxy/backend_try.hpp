// One attempt at a backend, as the access log and the ring of recent requests tell of it.
#pragma once

#include <cstdint>
#include <string_view>

namespace opslb {

struct backend_try {
  std::string_view backend;  ///< a lasting name
  std::string_view why;      ///< it was picked; constant text
  std::string_view outcome;  ///< "done", "connection refused", …
  std::int64_t began = 0;    ///< microseconds after the request's head
  bool is_constant = true;   ///< `outcome` is constant text
};

}  // namespace opslb
