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

std::string take_last_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  return error_text(code);
}

}  // namespace opslb::tls
