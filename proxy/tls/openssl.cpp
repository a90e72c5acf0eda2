#include "proxy/tls/openssl.hpp"

#include <openssl/err.h>

#include <cstring>

namespace opslb::tls {

std::string error_text(unsigned long code) {
  if (code == 0) return "unknown error";
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
  const char* reason = ERR_reason_error_string(code);
  return reason == nullptr ? "unknown error" : reason;
}

unsigned long take_last_code() {
  unsigned long last = 0;
  while (const unsigned long code = ERR_get_error()) {
#ifdef SSL_R_RECORD_LAYER_FAILURE
    // OpenSSL 3.2 and later put it behind the error of the record.
    if (last != 0 && ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_RECORD_LAYER_FAILURE) continue;
#endif
    last = code;
  }
  return last;
}

std::string take_last_error() { return error_text(take_last_code()); }

}  // namespace opslb::tls
