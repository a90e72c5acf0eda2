// What all sessions of the admin endpoint share, on the endpoint's thread.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "proxy/admin/history.hpp"
#include "proxy/admin/operations.hpp"
#include "proxy/admin/rules.hpp"

namespace opslb::admin {

struct site {
  boost::asio::io_context& io;
  const operations& server;
  std::shared_ptr<const gate> entrance;  ///< that of the socket that is accepted from
  history past{};
  std::chrono::milliseconds patience{2000};  ///< how long the main thread may take
};

/// Has `question` begun on the main thread, and waits for what it gives to the function that it is given, on any thread;
/// nothing if it takes too long. A question that has not begun by then never begins: what was told to have failed is not done.
template <typename Answer>
boost::asio::awaitable<std::optional<Answer>> ask_for(site& at,
                                                      std::function<void(std::function<void(Answer)>)> question) {
  struct waiting {
    explicit waiting(boost::asio::io_context& io) : bell(io) {}
    /// Once for whoever comes first: the main thread, or the one that gives up.
    bool take() { return !taken.exchange(true); }
    std::atomic<bool> taken{false};
    boost::asio::steady_timer bell;
    std::optional<Answer> answer;
  };
  const auto here = std::make_shared<waiting>(at.io);
  const std::function<void(Answer)> bring = [here, &io = at.io](Answer answer) {
    boost::asio::post(io, [here, answer = std::move(answer)]() mutable {
      here->answer = std::move(answer);
      here->bell.cancel();
    });
  };
  at.server.post([here, bring, question = std::move(question)] {
    if (here->take()) question(bring);
  });
  constexpr auto whatever_comes = boost::asio::as_tuple(boost::asio::use_awaitable);
  here->bell.expires_after(at.patience);
  [[maybe_unused]] const auto [rang] = co_await here->bell.async_wait(whatever_comes);
  if (!here->answer && !here->take()) {  // it has begun
    here->bell.expires_after(at.patience);
    [[maybe_unused]] const auto [rang_again] = co_await here->bell.async_wait(whatever_comes);
  }
  co_return std::move(here->answer);
}

/// The same for what the main thread can answer at once.
template <typename Answer>
boost::asio::awaitable<std::optional<Answer>> ask(site& at, const std::function<Answer()>& question) {
  return ask_for<Answer>(at, [question](const std::function<void(Answer)>& bring) { bring(question()); });
}

}  // namespace opslb::admin
