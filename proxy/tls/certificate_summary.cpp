#include "proxy/tls/certificate_summary.hpp"

#include <openssl/x509.h>

#include <ctime>
#include <utility>

#include "proxy/tls/certificate.hpp"
#include "proxy/tls/certificate_text.hpp"

namespace opslb::tls {
namespace {

/// The epoch, should it be no time at all.
std::chrono::system_clock::time_point to_time(const ASN1_TIME* from) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(from, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

}  // namespace

certificate_summary summarize(const X509& certificate, std::string file) {
  return {std::move(file),
          subject_of(&certificate),
          issuer_of(&certificate),
          host_names_of(certificate),
          to_time(X509_get0_notBefore(&certificate)),
          to_time(X509_get0_notAfter(&certificate))};
}

}  // namespace opslb::tls
