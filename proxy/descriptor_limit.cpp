#include "proxy/descriptor_limit.hpp"

#include <sys/resource.h>

#include <algorithm>

#include "proxy/log.hpp"

namespace opslb {

std::uint64_t fit_descriptor_limit(std::uint64_t connections) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return connections;
  if (files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    ::getrlimit(RLIMIT_NOFILE, &files);
  }
  if (files.rlim_cur == RLIM_INFINITY) return connections;
  // The few that listening sockets and logs take are not counted: not every client has a backend's connection at once.
  const std::uint64_t most = std::max<rlim_t>(files.rlim_cur / 2, 1);
  if (connections <= most) return connections;
  log::warning("limits.connections is lowered from {} to {}: the limit of open files is {} (raise LimitNOFILE)",
               connections, most, files.rlim_cur);
  return most;
}

}  // namespace opslb
