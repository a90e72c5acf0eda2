#include "proxy/inherited_sockets.hpp"

#include <fmt/format.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "proxy/socket_address.hpp"

namespace opslb {
namespace {

/// An address on port 0 is one of several.
bool has_fixed_port(std::string_view where) { return !where.ends_with(":0"); }

std::string unix_path(int fd) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::getsockname(fd, any, &size) != 0 || size <= offsetof(sockaddr_un, sun_path)) return {};
  std::string_view path(address.sun_path,
                        std::min<std::size_t>(size - offsetof(sockaddr_un, sun_path), sizeof address.sun_path));
  if (path.front() == '\0') return {};  // abstract: no address that could be configured
  return fmt::format("unix:{}", path.substr(0, path.find('\0')));
}

}  // namespace

inherited_sockets& inherited_sockets::operator=(inherited_sockets&& other) noexcept {
  std::swap(sockets_, other.sockets_);
  return *this;
}

void inherited_sockets::add(int fd, std::string where, std::string name, bool lasting) {
  sockets_.push_back({fd, std::move(where), std::move(name), lasting});
}

bool inherited_sockets::is_lasting(std::string_view where) const {
  return std::any_of(sockets_.begin(), sockets_.end(),
                     [&](const inherited& each) { return each.where == where && each.lasting; });
}

std::vector<int> inherited_sockets::take(std::string_view where, std::string_view name) {
  std::vector<int> found;
  std::erase_if(sockets_, [&](const inherited& each) {
    const bool is_it = each.where == where && (has_fixed_port(where) || each.name == name);
    if (is_it) found.push_back(each.fd);
    return is_it;
  });
  return found;
}

std::string inherited_sockets::describe() const {
  std::string out;
  for (const inherited& each : sockets_)
    out += fmt::format("{}{} (\"{}\")", out.empty() ? "" : ", ", each.where, each.name);
  return out;
}

void inherited_sockets::close_rest() {
  for (const inherited& each : sockets_) ::close(each.fd);
  sockets_.clear();
}

std::string where_listens(int fd) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) return {};
  int kind[2] = {};
  size = sizeof kind[0];
  ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind[0], &size);
  size = sizeof kind[1];
  ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &kind[1], &size);
  if (kind[0] != SOCK_STREAM) return {};
  if (kind[1] == AF_UNIX) return unix_path(fd);
  if (kind[1] != AF_INET && kind[1] != AF_INET6) return {};
  socket_address address;
  size = socket_address::capacity();
  if (::getsockname(fd, address.get(), &size) != 0) return {};
  return address.to_endpoint().to_string();
}

}  // namespace opslb
