#include "proxy/takeover/link.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "proxy/takeover/handover.hpp"

namespace opslb::takeover {
namespace {

/// Room for the descriptors of one message, laid out as the kernel wants it.
struct descriptor_space {
  alignas(cmsghdr) char bytes[CMSG_SPACE(link::most_at_once * sizeof(int))] = {};
};

msghdr header_for(iovec& content, descriptor_space& space, std::size_t descriptors) {
  msghdr header{};
  header.msg_iov = &content;
  header.msg_iovlen = 1;
  if (descriptors != 0) {
    header.msg_control = space.bytes;
    header.msg_controllen = CMSG_SPACE(descriptors * sizeof(int));
  }
  return header;
}

}  // namespace

link::~link() {
  if (fd_ >= 0) ::close(fd_);
}

std::pair<link, link> link::make() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  // The longest handover is one message.
  const int room = 4 * static_cast<int>(most_text);
  for (const int each : ends) ::setsockopt(each, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  return {link(ends[0]), link(ends[1])};
}

bool link::is_one(int fd) {
  int domain = 0;
  int type = 0;
  socklen_t size = sizeof domain;
  if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_UNIX) return false;
  size = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

bool link::send(std::string_view text, std::span<const int> sockets) const {
  iovec content{const_cast<char*>(text.data()), text.size()};
  descriptor_space space;
  msghdr header = header_for(content, space, sockets.size());
  if (cmsghdr* const rights = CMSG_FIRSTHDR(&header)) {
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sockets.size_bytes());
    std::memcpy(CMSG_DATA(rights), sockets.data(), sockets.size_bytes());
  }
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(fd_, &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

link::state link::receive(parcel& into) const {
  into.text.resize(most_text);
  into.sockets.clear();
  iovec content{into.text.data(), into.text.size()};
  descriptor_space space;
  msghdr header = header_for(content, space, most_at_once);
  ssize_t size = -1;
  do {
    size = ::recvmsg(fd_, &header, MSG_CMSG_CLOEXEC);
    // A reset is told once and comes before what was sent: the other end closed without reading all.
  } while (size < 0 && (errno == EINTR || errno == ECONNRESET));
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return state::nothing_yet;
  if (size <= 0) return state::closed;
  into.text.resize(static_cast<std::size_t>(size));
  for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t bytes = each->cmsg_len - CMSG_LEN(0);
    into.sockets.resize(bytes / sizeof(int));
    std::memcpy(into.sockets.data(), CMSG_DATA(each), bytes);
  }
  return state::received;
}

bool link::wait(std::chrono::milliseconds most) const {
  pollfd asked{fd_, POLLIN, 0};
  return ::poll(&asked, 1, static_cast<int>(most.count())) > 0;
}

}  // namespace opslb::takeover
