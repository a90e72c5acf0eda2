// What a certificate says of itself, kept for whoever reports on it after its objects have gone to one thread's context. Pure.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "proxy/tls/openssl.hpp"

namespace opslb::tls {

struct certificate_summary {
  std::string file;  ///< where it was read from
  std::string subject, issuer;
  std::vector<std::string> names;  ///< the hosts that it is for
  std::chrono::system_clock::time_point not_before{}, not_after{};
};

certificate_summary summarize(const X509& certificate, std::string file);

}  // namespace opslb::tls
