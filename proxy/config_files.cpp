#include "proxy/config_files.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/config_findings.hpp"
#include "proxy/config_token.hpp"
#include "proxy/parse.hpp"
#include "proxy/tls/certificate.hpp"

namespace opslb {
namespace {

using severity = tls::certificate_finding::severity;

void report(const std::string& path, const tls::certificate_finding& what, findings& found) {
  if (what.how_bad == severity::error) {
    found.error(path, what.message);
  } else {
    found.warning(path, what.message);
  }
}

/// nullopt: there is no path, or an error is reported.
std::optional<tls::pem_file> read(const std::string& file, const std::string& path, findings& found) {
  if (file.empty()) return std::nullopt;
  auto content = tls::read_pem_file(file);
  if (!content.value) found.error(path, std::move(content.wrong));
  return std::move(content.value);
}

void check_secrecy(const std::string& file, std::string_view secret, const std::string& path, findings& found) {
  struct stat about{};
  if (::stat(file.c_str(), &about) != 0 || (about.st_mode & S_IROTH) == 0) return;
  found.warning(path, fmt::format("every user of this machine can read the {} in {}; run chmod o= on it", secret,
                                  json::quoted(file)));
}

/// `object` has the keys "certificate" and "key".
void check_certificate(const certificate_files& files, tls::certificate_use use, const std::string& object,
                       std::time_t now, findings& found) {
  const auto at_certificate = json::path_to(object, "certificate");
  const auto at_key = json::path_to(object, "key");
  const auto chain = read(files.certificate, at_certificate, found);
  const auto key = read(files.key, at_key, found);
  if (key) check_secrecy(files.key, "private key", at_key, found);
  if (!chain || !key) return;
  std::vector<tls::certificate_finding> judged;
  tls::load_certificate(*chain, *key, use, now, judged);
  for (const auto& each : judged) {
    report(each.where == tls::certificate_finding::file::key ? at_key : at_certificate, each, found);
  }
}

/// CA certificates; empty if there are none, or an error is reported.
std::vector<tls::x509_ptr> check_authorities(const std::string& file, const std::string& path, std::time_t now,
                                             findings& found) {
  const auto content = read(file, path, found);
  if (!content) return {};
  auto authorities = tls::to_certificates(*content);
  if (!authorities.value) {
    found.error(path, std::move(authorities.wrong));
    return {};
  }
  for (const auto& each : tls::judge_authorities(*authorities.value, now)) report(path, each, found);
  return std::move(*authorities.value);
}

void check_lists(const std::string& file, const std::string& path, const std::vector<tls::x509_ptr>& authorities,
                 std::time_t now, findings& found) {
  const auto content = read(file, path, found);
  if (!content) return;
  const auto lists = tls::to_revocation_lists(*content);
  if (!lists.value) return found.error(path, lists.wrong);
  for (const auto& each : tls::judge_revocation_lists(*lists.value, authorities, now)) report(path, each, found);
}

void check_listener(const tls_config& tls, const std::string& object, std::time_t now, findings& found) {
  for (std::size_t i = 0; i < tls.certificates.size(); ++i) {
    const auto at = i == 0 ? object : json::path_to(json::path_to(object, "certificates"), i - 1);
    check_certificate(tls.certificates[i], tls::certificate_use::server, at, now, found);
  }
  const auto authorities = check_authorities(tls.client_ca, json::path_to(object, "client_ca"), now, found);
  check_lists(tls.crl, json::path_to(object, "crl"), authorities, now, found);
}

void check_token(const std::string& file, findings& found) {
  constexpr std::size_t hard_to_guess = 16;
  const std::string path = "admin.token_file";
  if (file.empty()) return;
  const auto token = read_token(file);
  if (!token.value) return found.error(path, token.wrong);
  check_secrecy(file, "token", path, found);
  if (token.value->size() < hard_to_guess) {
    found.warning(path,
                  fmt::format("the token in {} is short enough to be guessed; make one with: openssl rand -hex 32",
                              json::quoted(file)));
  }
}

void add(std::vector<std::string>& files, std::initializer_list<std::string> more) {
  std::copy_if(more.begin(), more.end(), std::back_inserter(files), [](const auto& file) { return !file.empty(); });
}

}  // namespace

std::vector<std::string> files_of_listeners(const config& of) {
  std::vector<std::string> files;
  for (const auto& listener : of.listeners) {
    if (!listener.tls) continue;
    for (const auto& each : listener.tls->certificates) add(files, {each.certificate, each.key});
    add(files, {listener.tls->client_ca, listener.tls->crl});
  }
  return files;
}

std::vector<std::string> files_of_backends(const config& of) {
  std::vector<std::string> files;
  if (of.backend_tls.used) add(files, {of.backend_tls.ca, of.backend_tls.certificate, of.backend_tls.key});
  return files;
}

void check_files(const config& read, std::time_t now, findings& found) {
  for (std::size_t i = 0; i < read.listeners.size(); ++i) {
    const auto& tls = read.listeners[i].tls;
    if (tls) check_listener(*tls, json::path_to(json::path_to("listeners", i), "tls"), now, found);
  }
  const auto& backends = read.backend_tls;
  check_authorities(backends.ca, "backend_tls.ca", now, found);
  check_certificate({backends.certificate, backends.key}, tls::certificate_use::client, "backend_tls", now, found);
  check_token(read.admin.token_file, found);
}

std::vector<config_problem> review_files(const config& used, std::time_t now) {
  findings found;
  check_files(used, now, found);
  auto all = found.take_errors();
  for (auto& warning : found.take_warnings()) all.push_back(std::move(warning));
  return all;
}

}  // namespace opslb
