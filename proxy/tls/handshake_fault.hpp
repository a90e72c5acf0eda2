// Why a handshake with a client came to nothing, in the terms of an operator: a cause to count, and words. Pure.
#pragma once

#include <string>

#include "proxy/counters.hpp"
#include "proxy/tls/engine.hpp"

namespace opslb::tls {

struct handshake_fault {
  refused_connection cause = refused_connection::tls_other;
  std::string detail;  ///< without control bytes
};

handshake_fault explain_handshake(const failure& why);

}  // namespace opslb::tls
