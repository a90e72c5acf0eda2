// An endpoint as the kernel wants it, and back.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "headers/address.hpp"

namespace opslb {

class socket_address {
 public:
  socket_address() = default;
  explicit socket_address(const headers::endpoint& from);

  sockaddr* get() { return &storage_.any; }
  const sockaddr* get() const { return &storage_.any; }
  socklen_t size() const { return family() == AF_INET ? sizeof storage_.v4 : sizeof storage_.v6; }
  int family() const { return storage_.any.sa_family; }
  static constexpr socklen_t capacity() { return sizeof(sockaddr_in6); }
  headers::endpoint to_endpoint() const;

 private:
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  } storage_{};
};

}  // namespace opslb
