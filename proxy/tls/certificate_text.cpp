#include "proxy/tls/certificate_text.hpp"

#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>
#include <string_view>

#include "headers/address.hpp"
#include "proxy/tls/openssl.hpp"

namespace opslb::tls {
namespace {

constexpr int most_names = 4;

std::string_view text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

/// As a SAN holds an address: 4 or 16 bytes.
std::string address_of(std::string_view bytes) {
  std::string text;
  if (bytes.size() == 4) {
    for (const char byte : bytes)
      text += fmt::format("{}{}", text.empty() ? "" : ".", static_cast<unsigned char>(byte));
  } else {
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
      text += fmt::format("{}{:x}", i == 0 ? "" : ":",
                          (static_cast<unsigned char>(bytes[i]) << 8U) | static_cast<unsigned char>(bytes[i + 1]));
    }
  }
  return text;
}

std::string printable(std::string text) {
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

std::string name_text(const X509_NAME* name) {
  const bio_ptr out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out.get(), &bytes);
  return size > 0 ? printable(std::string(bytes, static_cast<std::size_t>(size))) : "nobody";
}

}  // namespace

std::string names_of(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, freed_by<&GENERAL_NAMES_free>> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string text;
  int count = 0;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* each = sk_GENERAL_NAME_value(names.get(), i);
    if (each->type != GEN_DNS && each->type != GEN_IPADD) continue;
    if (++count > most_names) return text + ", …";
    if (!text.empty()) text += ", ";
    text += each->type == GEN_DNS ? printable(std::string(text_of(each->d.dNSName)))
                                  : address_of(text_of(each->d.iPAddress));
  }
  return text.empty() ? subject_of(certificate) : text;
}

std::string subject_of(const X509* certificate) { return name_text(X509_get_subject_name(certificate)); }
std::string issuer_of(const X509* certificate) { return name_text(X509_get_issuer_name(certificate)); }

std::string expiry_of(const X509* certificate) {
  std::tm when{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &when) != 1) return "an unreadable date";
  return fmt::format("{:04}-{:02}-{:02}", when.tm_year + 1900, when.tm_mon + 1, when.tm_mday);
}

}  // namespace opslb::tls
