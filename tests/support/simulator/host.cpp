#include "tests/support/simulator/host.hpp"

#include "tests/support/simulator/digest.hpp"

namespace opslb::simulator {

host::host(settings wanted) : settings_(std::move(wanted)), version_(settings_.version) {}

std::string host::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

void host::set_version(std::string version) {
  const std::lock_guard lock(mutex_);
  version_ = std::move(version);
  generation_.fetch_add(1, std::memory_order_release);
}

std::string host::header_lines() const {
  // Ops Manager's own form: the release, a build number and a build date.
  const auto release = version();
  return "X-MongoDB-Service-Version: gitHash=" + sha256_hex(release).substr(0, 40) + "; versionString=" + release +
         ".500.20240904T1609Z\r\nX-Ops-Host: " + settings_.name + "\r\n";
}

void host::remember(const proxy_header& header) {
  constexpr std::size_t most = 100;
  const std::lock_guard lock(mutex_);
  proxy_headers_.push_back(header);
  if (proxy_headers_.size() > most) proxy_headers_.pop_front();
}

std::vector<proxy_header> host::remembered_proxy_headers() const {
  const std::lock_guard lock(mutex_);
  return {proxy_headers_.begin(), proxy_headers_.end()};
}

}  // namespace opslb::simulator
