// HTTP Digest (RFC 7616) as Ops Manager asks for it: MD5, qop=auth, and a nonce that every host of a deployment accepts,
// because any host may answer any request. Pure: the time is passed in.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "tests/support/simulator/request.hpp"

namespace opslb::simulator {

enum class digest_verdict : std::uint8_t { right, wrong, stale };

/// The value of WWW-Authenticate.
std::string digest_challenge(std::int64_t now, bool stale);

/// The `uri` must equal the request target byte for byte: a proxy that normalises a target breaks the signature.
digest_verdict check_digest(const request& head, const std::map<std::string, std::string>& keys, std::int64_t now);

}  // namespace opslb::simulator
