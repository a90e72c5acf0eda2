#include "health/lookup.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace opslb::health {

namespace asio = boost::asio;

namespace {

std::optional<headers::ip_address> to_address(const sockaddr* from) {
  if (from->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, from, sizeof v4);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    return headers::ip_address::v4(bytes);
  }
  if (from->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, from, sizeof v6);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return headers::ip_address::v6(bytes);
  }
  return std::nullopt;
}

lookup_result look_up_addresses(const std::string& host) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &wanted, &list);
  if (error == EAI_SYSTEM) return {{}, std::generic_category().message(errno), {}};
  if (error != 0) return {{}, ::gai_strerror(error), {}};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(list, ::freeaddrinfo);
  lookup_result found;
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    if (const auto address = to_address(each->ai_addr)) found.addresses.push_back(*address);
  }
  if (found.addresses.empty()) found.error = "no address";
  return found;
}

lookup_result look_up(const std::string& name, question what) {
  if (what == question::addresses) return look_up_addresses(name);
  service_answer found = look_up_services(name);
  return {{}, std::move(found.error), std::move(found.services)};
}

}  // namespace

/// Shared with the thread, which may outlive everything else here.
struct name_lookup::search {
  std::mutex mutex;
  std::optional<lookup_result> found;
  asio::io_context* io = nullptr;  ///< to ring the bell; null once nobody waits any more
  std::weak_ptr<asio::steady_timer> bell;

  void finish(lookup_result result) {
    const std::lock_guard lock(mutex);
    found = std::move(result);
    if (io == nullptr) return;
    asio::post(*io, [where = bell] {
      if (const auto waiting = where.lock()) waiting->cancel();
    });
  }
};

name_lookup::name_lookup(asio::io_context& io, std::string host, question what)
    : io_(io),
      host_(std::move(host)),
      what_(what) {}

name_lookup::~name_lookup() { abandon(); }

void name_lookup::abandon() {
  if (!search_) return;
  const std::lock_guard lock(search_->mutex);
  search_->io = nullptr;
}

void name_lookup::start() {
  // A bell of its own, so that a late ring for the last search cannot be taken for this one's.
  bell_ = std::make_shared<asio::steady_timer>(io_, asio::steady_timer::time_point::max());
  search_ = std::make_shared<search>();
  search_->io = &io_;
  search_->bell = bell_;
  try {
    std::thread([shared = search_, host = host_, what = what_] { shared->finish(look_up(host, what)); }).detach();
  } catch (const std::system_error& error) {
    search_->found = lookup_result{{}, error.code().message(), {}};
  }
}

std::optional<lookup_result> name_lookup::take() {
  std::optional<lookup_result> found;
  {
    const std::lock_guard lock(search_->mutex);
    found = std::move(search_->found);
  }
  if (found) search_.reset();
  return found;
}

asio::awaitable<lookup_result> name_lookup::find() {
  if (const auto numeric = headers::ip_address::parse(host_)) co_return lookup_result{{*numeric}, {}, {}};
  if (!search_) start();
  std::optional<lookup_result> found = take();
  if (!found) {
    // Ends by the bell, or because find() itself is cancelled: then nothing was found, and nobody looks at the answer.
    [[maybe_unused]] const auto [why] = co_await bell_->async_wait(asio::as_tuple(asio::use_awaitable));
    found = take();
  }
  co_return found ? std::move(*found) : lookup_result{{}, "no answer in time", {}};
}

}  // namespace opslb::health
