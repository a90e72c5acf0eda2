#include "proxy/takeover/predecessor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "proxy/takeover/launch.hpp"

namespace opslb::takeover {
namespace {

/// It has all been sent when this process is started.
constexpr auto patience = std::chrono::seconds(10);

link::parcel receive_next(const link& from) {
  link::parcel parcel;
  if (!from.wait(patience) || from.receive(parcel) != link::state::received)
    throw std::runtime_error("the process before did not hand over what it has");
  return parcel;
}

}  // namespace

std::unique_ptr<predecessor> predecessor::find() {
  const char* const variable = std::getenv(link_variable);
  if (variable == nullptr) return nullptr;
  const std::string value = variable;
  ::unsetenv(link_variable);
  if (value != std::to_string(link_descriptor) || !link::is_one(link_descriptor)) {
    throw std::runtime_error(
        fmt::format("{} is set, but there is no process whose place could be taken; unset it", link_variable));
  }
  ::fcntl(link_descriptor, F_SETFD, FD_CLOEXEC);
  std::unique_ptr<predecessor> found(new predecessor(link(link_descriptor)));
  try {
    found->receive();
  } catch (const std::runtime_error& problem) {
    found->tell_failed(problem.what());
    throw;
  }
  return found;
}

void predecessor::receive() {
  link::parcel first = receive_next(link_);
  for (const int each : first.sockets) ::close(each);
  auto read = parse_handover(first.text);
  OPENSSL_cleanse(first.text.data(), first.text.size());
  if (!read.value) throw std::runtime_error(read.wrong);
  all_ = std::move(*read.value);
  receive_sockets();
}

void predecessor::receive_sockets() {
  std::vector<int> sockets;
  const std::size_t due = all_.sockets();
  try {
    while (sockets.size() < due) {
      const link::parcel some = receive_next(link_);
      sockets.insert(sockets.end(), some.sockets.begin(), some.sockets.end());
      if (some.sockets.empty()) throw std::runtime_error("the process before hands over fewer sockets than it says");
    }
    if (sockets.size() > due) throw std::runtime_error("the process before hands over more sockets than it says");
    for (const int each : sockets) {
      if (where_listens(each).empty()) throw std::runtime_error("the process before hands over what does not listen");
    }
  } catch (...) {
    for (const int each : sockets) ::close(each);
    throw;
  }
  auto next = sockets.begin();
  for (const handed_listener& each : all_.listeners) {
    for (std::size_t i = 0; i < each.sockets; ++i) sockets_.add(*next++, each.where, each.name, each.lasting);
  }
}

void predecessor::tell_start(std::chrono::milliseconds within) const {
  link_.send(to_text(word::starts, std::to_string(std::min(within, longest_start).count())));
}

void predecessor::tell_ready(std::string_view version) const {
  link_.send(to_text(word::ready, fmt::format("{} {}", ::getpid(), version)));
}

void predecessor::tell_failed(std::string_view why) const { link_.send(to_text(word::failed, why)); }

void predecessor::tell(word what, std::string_view rest) const { link_.send(to_text(what, rest)); }

}  // namespace opslb::takeover
