// May a backend be drained now? Ops Manager is upgraded one host at a time, so at most one may be out, and somebody has to be
// left to answer (contract 9). Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace opslb {

/// A backend as the guard sees it.
struct guarded_backend {
  std::string name;
  bool up = false;       ///< in rotation
  bool drained = false;  ///< or being drained
  std::string check{};   ///< what its last check came to: "answered 500", "connection refused", …
};

/// Why all[which] may not be drained now, and what to do, as one sentence; empty: it may.
std::string why_not_drain(std::span<const guarded_backend> all, std::size_t which);

}  // namespace opslb
