// MD5 (HTTP Digest asks for it), SHA-256 and base64, by OpenSSL.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace opslb::simulator {

std::string md5_hex(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);

/// SHA-256 of bytes that arrive in pieces.
class sha256_sum {
 public:
  sha256_sum();
  void add(std::string_view bytes);
  /// The sum as hexadecimal digits; nothing may be added after it.
  std::string hex();

 private:
  struct free_context {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, free_context> context_;
};

std::string base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

}  // namespace opslb::simulator
