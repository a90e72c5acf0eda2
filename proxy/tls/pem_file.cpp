#include "proxy/tls/pem_file.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "proxy/parse.hpp"

namespace opslb::tls {
namespace {

constexpr std::size_t largest = 8 * 1024 * 1024;

bio_ptr open(const pem_file& file) {
  return bio_ptr(BIO_new_mem_buf(file.text.data(), static_cast<int>(file.text.size())));
}

/// The one error that ends every file: there is nothing more to read.
bool is_end_of_file() {
  const auto code = ERR_peek_last_error();
  return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

/// Where the file is binary, how to make PEM of it. DER begins with an ASN.1 SEQUENCE of some length.
std::string hint(const pem_file& file, std::string_view command) {
  const bool is_der = file.text.starts_with("\x30\x82") || file.text.starts_with("\x30\x81");
  return is_der ? fmt::format("; it is binary, convert it with: openssl {} -inform der", command) : std::string();
}

template <typename Pointer, typename Read>
outcome<std::vector<Pointer>> read_all(const pem_file& file, std::string_view what, std::string_view der_hint,
                                       Read read) {
  using result = outcome<std::vector<Pointer>>;
  ERR_clear_error();
  const auto bio = open(file);
  std::vector<Pointer> all;
  while (auto one = Pointer(read(bio.get(), nullptr, nullptr, nullptr))) all.push_back(std::move(one));
  const bool is_whole = is_end_of_file();
  auto why = take_last_error();
  if (!is_whole) {
    return result::bad(
        fmt::format("{} number {} in {} cannot be read: {}", what, all.size() + 1, json::quoted(file.path), why));
  }
  if (all.empty())
    return result::bad(fmt::format("{} has no {} in PEM form{}", json::quoted(file.path), what, der_hint));
  return result::good(std::move(all));
}

/// Called for a key with a passphrase only; `asked` is set, and there is none.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

}  // namespace

outcome<pem_file> read_pem_file(const std::string& path) {
  using result = outcome<pem_file>;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!in) return result::bad(fmt::format("{} cannot be opened: {}", json::quoted(path), std::strerror(errno)));
  pem_file file{path, {}};
  char block[16 * 1024];
  while (const auto size = std::fread(block, 1, sizeof block, in.get())) {
    file.text.append(block, size);
    if (file.text.size() > largest) return result::bad(fmt::format("{} is too large", json::quoted(path)));
  }
  if (std::ferror(in.get()) != 0)
    return result::bad(fmt::format("{} cannot be read: {}", json::quoted(path), std::strerror(errno)));
  return result::good(std::move(file));
}

outcome<std::vector<x509_ptr>> to_certificates(const pem_file& file) {
  // What `openssl` itself writes as TRUSTED CERTIFICATE has no place in a chain, but does no harm.
  return read_all<x509_ptr>(file, "certificate", hint(file, "x509"), PEM_read_bio_X509_AUX);
}

outcome<std::vector<x509_crl_ptr>> to_revocation_lists(const pem_file& file) {
  return read_all<x509_crl_ptr>(file, "certificate revocation list", hint(file, "crl"), PEM_read_bio_X509_CRL);
}

outcome<evp_pkey_ptr> to_private_key(const pem_file& file) {
  using result = outcome<evp_pkey_ptr>;
  ERR_clear_error();
  const auto bio = open(file);
  bool is_encrypted = false;
  evp_pkey_ptr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, &is_encrypted));
  const bool has_none = is_end_of_file();
  const auto why = take_last_error();
  if (key) return result::good(std::move(key));
  const auto name = json::quoted(file.path);
  if (is_encrypted) {
    return result::bad(
        fmt::format("{} has a passphrase, which nobody can type for opslb; remove it with: openssl pkey -in {} "
                    "-out {}.plain",
                    name, file.path, file.path));
  }
  if (file.text.find("PRIVATE KEY-----") == std::string::npos || has_none) {
    return result::bad(fmt::format("{} has no private key in PEM form{}", name, hint(file, "pkey")));
  }
  return result::bad(fmt::format("the private key in {} cannot be read: {}", name, why));
}

}  // namespace opslb::tls
