// What all sessions of the admin endpoint share, on the endpoint's thread.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

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
};

/// How long the main thread may take to answer.
inline constexpr std::chrono::seconds patience{2};

/// Has `question` begun on the main thread, and waits for what it gives to the function that it is given, on any thread;
/// nothing if it takes too long.
template <typename Answer>
boost::asio::awaitable<std::optional<Answer>> ask_for(site& at,
                                                      std::function<void(std::function<void(Answer)>)> question) {
  struct waiting {
    explicit waiting(boost::asio::io_context& io) : bell(io, patience) {}
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
  at.server.post([bring, question = std::move(question)] { question(bring); });
  [[maybe_unused]] const auto [why] = co_await here->bell.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  co_return std::move(here->answer);
}

/// The same for what the main thread can answer at once.
template <typename Answer>
boost::asio::awaitable<std::optional<Answer>> ask(site& at, const std::function<Answer()>& question) {
  return ask_for<Answer>(at, [question](const std::function<void(Answer)>& bring) { bring(question()); });
}

}  // namespace opslb::admin
