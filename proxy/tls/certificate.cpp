#include "proxy/tls/certificate.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "headers/characters.hpp"
#include "proxy/parse.hpp"
#include "proxy/tls/certificate_text.hpp"

namespace opslb::tls {
namespace {

using severity = certificate_finding::severity;
using file = certificate_finding::file;

constexpr std::time_t day = 24 * 60 * 60;
/// How long before its end a certificate is warned of.
constexpr std::time_t notice = 30 * day;

std::string write_day(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable day";
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", parts);
}

bool is_before(const ASN1_TIME* time, std::time_t when) { return ASN1_TIME_cmp_time_t(time, when) < 0; }

std::string quoted_subject(const X509& of) { return json::quoted(subject_of(&of)); }

bool is_issuer(const X509& issuer, const X509& of) {
  return X509_check_issued(const_cast<X509*>(&issuer), const_cast<X509*>(&of)) == X509_V_OK;
}

// --- a certificate and its key --------------------------------------------------------------------------------------

class judge {
 public:
  judge(const pem_file& chain_file, const pem_file& key_file, std::vector<certificate_finding>& found)
      : chain_file_(chain_file),
        key_file_(key_file),
        found_(found) {}

  void check_time(const X509& leaf, std::time_t now) {
    const ASN1_TIME* begin = X509_get0_notBefore(&leaf);
    const ASN1_TIME* end = X509_get0_notAfter(&leaf);
    if (is_before(end, now)) {
      error("{} expired on {}; renew it", quoted_subject(leaf), write_day(end));
    } else if (!is_before(begin, now + 1)) {
      error("{} is not valid before {}; check this machine's clock", quoted_subject(leaf), write_day(begin));
    } else if (is_before(end, now + notice)) {
      warning("{} expires on {}; renew it", quoted_subject(leaf), write_day(end));
    }
  }

  /// The certificate of the key comes first, and behind it the one that signed it (RFC 8446 4.4.2).
  void check_key(const std::vector<x509_ptr>& all, const EVP_PKEY& key) {
    const auto fits = [&](const x509_ptr& each) { return X509_check_private_key(each.get(), &key) == 1; };
    const auto found = std::find_if(all.begin(), all.end(), fits);
    ERR_clear_error();
    if (found == all.begin()) return;
    if (found == all.end()) {
      return note(severity::error, file::key, "{} does not fit the certificate in {}", json::quoted(key_file_.path),
                  json::quoted(chain_file_.path));
    }
    error("{} has the certificate of the key, {}, as number {}; put it first, and its issuer behind it",
          json::quoted(chain_file_.path), quoted_subject(**found), found - all.begin() + 1);
  }

  void check_order(const std::vector<x509_ptr>& all) {
    for (auto each = all.begin() + 1; each < all.end(); ++each) {
      const auto signed_by_it = [&](const x509_ptr& other) { return other != *each && is_issuer(**each, *other); };
      if (std::any_of(all.begin(), each, signed_by_it)) continue;
      if (std::any_of(each, all.end(), signed_by_it)) {
        error(
            "{} has its chain in the wrong order: number {}, {}, signed none of those before it; each certificate is "
            "followed by its issuer",
            json::quoted(chain_file_.path), each - all.begin() + 1, quoted_subject(**each));
        return;
      }
      warning("{} has a certificate that signed none of the others, {}; remove it", json::quoted(chain_file_.path),
              quoted_subject(**each));
    }
  }

  void check_use(const X509& leaf, certificate_use use) {
    const bool is_server = use == certificate_use::server;
    const int purpose = is_server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT;
    if (X509_check_purpose(const_cast<X509*>(&leaf), purpose, 0) != 1) {
      warning("{} was not made for a {} (extendedKeyUsage), and the other side will refuse it", quoted_subject(leaf),
              is_server ? "server" : "client");
    }
    if (is_server && X509_get_ext_by_NID(&leaf, NID_subject_alt_name, -1) < 0)
      warning("{} has no subjectAltName, and clients will refuse it", quoted_subject(leaf));
  }

  template <typename... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) {
    note(severity::error, file::certificate, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) {
    note(severity::warning, file::certificate, format, std::forward<Args>(args)...);
  }
  void error_in_key(std::string message) { found_.push_back({severity::error, file::key, std::move(message)}); }

 private:
  template <typename... Args>
  void note(severity how_bad, file where, fmt::format_string<Args...> format, Args&&... args) {
    found_.push_back({how_bad, where, fmt::format(format, std::forward<Args>(args)...)});
  }

  const pem_file& chain_file_;
  const pem_file& key_file_;
  std::vector<certificate_finding>& found_;
};

// --- names ----------------------------------------------------------------------------------------------------------

std::string common_name_of(const X509& certificate) {
  const X509_NAME* subject = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, text);
  if (size < 0) return {};
  std::string out(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return out;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), headers::to_lower);
  return text;
}

}  // namespace

certificate load_certificate(const pem_file& chain, const pem_file& key, certificate_use use, std::time_t now,
                             std::vector<certificate_finding>& found) {
  judge judged(chain, key, found);
  certificate out;
  auto all = to_certificates(chain);
  auto secret = to_private_key(key);
  if (!all.value) judged.error("{}", all.wrong);
  if (!secret.value) judged.error_in_key(std::move(secret.wrong));
  if (all.value) {
    judged.check_time(*all.value->front(), now);
    judged.check_use(*all.value->front(), use);
    judged.check_order(*all.value);
    if (secret.value) judged.check_key(*all.value, **secret.value);
    out.leaf = std::move(all.value->front());
    std::move(all.value->begin() + 1, all.value->end(), std::back_inserter(out.chain));
  }
  if (secret.value) out.key = std::move(*secret.value);
  ERR_clear_error();
  return out;
}

std::vector<std::string> host_names_of(const X509& certificate) {
  std::vector<std::string> names;
  const auto free_all = [](GENERAL_NAMES* all) { GENERAL_NAMES_free(all); };
  const std::unique_ptr<GENERAL_NAMES, decltype(free_all)> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)), free_all);
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* each = sk_GENERAL_NAME_value(all.get(), i);
    if (each->type != GEN_DNS) continue;
    const ASN1_STRING* text = each->d.dNSName;
    names.push_back(lower({reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                           static_cast<std::size_t>(ASN1_STRING_length(text))}));
  }
  if (!all) {
    if (auto name = lower(common_name_of(certificate)); !name.empty()) names.push_back(std::move(name));
  }
  return names;
}

std::vector<certificate_finding> judge_authorities(const std::vector<x509_ptr>& authorities, std::time_t now) {
  std::vector<certificate_finding> found;
  for (const auto& each : authorities) {
    const auto warn = [&](std::string message) {
      found.push_back({severity::warning, file::certificate, quoted_subject(*each) + std::move(message)});
    };
    if (X509_check_ca(each.get()) == 0)
      warn(" is not a CA's certificate: only it itself is accepted, and what it signed is not");
    if (is_before(X509_get0_notAfter(each.get()), now))
      warn(fmt::format(" expired on {}: what it signed is not accepted", write_day(X509_get0_notAfter(each.get()))));
  }
  return found;
}

std::vector<certificate_finding> judge_revocation_lists(const std::vector<x509_crl_ptr>& lists,
                                                        const std::vector<x509_ptr>& authorities, std::time_t now) {
  std::vector<certificate_finding> found;
  const auto warn = [&](std::string message) {
    found.push_back({severity::warning, file::certificate, std::move(message)});
  };
  for (const auto& authority : authorities) {
    const auto is_its = [&](const x509_crl_ptr& list) {
      return X509_NAME_cmp(X509_CRL_get_issuer(list.get()), X509_get_subject_name(authority.get())) == 0;
    };
    const auto list = std::find_if(lists.begin(), lists.end(), is_its);
    if (list == lists.end()) {
      warn(fmt::format("has no list of {}: certificates that it signed are not accepted", quoted_subject(*authority)));
    } else if (const auto* end = X509_CRL_get0_nextUpdate(list->get()); end != nullptr && is_before(end, now)) {
      warn(fmt::format(
          "the list of {} was to be renewed on {}: until it is, certificates that it signed are not accepted",
          quoted_subject(*authority), write_day(end)));
    }
  }
  return found;
}

}  // namespace opslb::tls
