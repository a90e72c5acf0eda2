#include "proxy/descriptor_limit.hpp"

#include <sys/resource.h>

#include <algorithm>

#include "proxy/log.hpp"

namespace opslb {
namespace {

/// Listening sockets, event loops, logs, health checks.
constexpr rlim_t reserve = 128;

}  // namespace

std::uint64_t fit_descriptor_limit(std::uint64_t connections) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return connections;
  if (files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    ::getrlimit(RLIMIT_NOFILE, &files);
  }
  if (files.rlim_cur == RLIM_INFINITY) return connections;
  const std::uint64_t most = std::max<rlim_t>(files.rlim_cur, reserve + 2) - reserve;
  if (connections <= most / 2) return connections;
  log::warning("limits.connections is lowered from {} to {}: the limit of open files is {} (raise LimitNOFILE)", connections,
               most / 2, files.rlim_cur);
  return most / 2;
}

}  // namespace opslb
