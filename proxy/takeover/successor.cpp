#include "proxy/takeover/successor.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <stdexcept>

namespace opslb::takeover {
namespace {

/// To load the program and to read its configuration.
constexpr auto first_word_time = std::chrono::seconds(10);
/// For a process that was told to end before it served.
constexpr auto end_time = std::chrono::seconds(3);

}  // namespace

/// Outlives its owner where it has run out, but that has not been told yet.
struct successor::timer : std::enable_shared_from_this<successor::timer> {
  timer(boost::asio::io_context& loop, successor& of) : clock(loop), owner(&of) {}

  void begin(std::chrono::milliseconds time) {
    clock.expires_after(time);
    clock.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error && self->owner != nullptr) self->owner->run_out();
    });
  }

  boost::asio::steady_timer clock;
  successor* owner;
};

successor::successor(boost::asio::io_context& loop, const program& what, const handover& all,
                     std::span<const int> sockets, callbacks tell)
    : tell_(std::move(tell)),
      link_(-1),
      timer_(std::make_shared<timer>(loop, *this)) {
  auto [mine, its] = link::make();
  link_ = std::move(mine);
  reader_ = std::make_unique<link_reader>(
      loop, link_, link_reader::callbacks{[this](const message& said) { hear(said); }, [this] { end(); }});
  process_ = start(what, its.descriptor());
  send(all, sockets);
  timer_->begin(first_word_time);
}

successor::~successor() {
  timer_->owner = nullptr;
  timer_->clock.cancel();
}

/// First the text, then the sockets in its order, as many as fit into a message.
void successor::send(const handover& all, std::span<const int> sockets) {
  std::string text = to_text(all);
  // It finds out by itself if something is missing, and that is told with its end.
  bool sent = text.size() <= most_text && link_.send(text);
  OPENSSL_cleanse(text.data(), text.size());
  while (sent && !sockets.empty()) {
    const auto some = sockets.first(std::min(sockets.size(), link::most_at_once));
    sent = link_.send("sockets", some);
    sockets = sockets.subspan(some.size());
  }
}

void successor::hear(const message& said) {
  switch (said.what) {
    case word::starts: {
      const auto read = parse_start_time(said.rest);
      if (state_ == state::starts && read.value) timer_->begin(*read.value);
      return;
    }
    case word::ready: return hear_ready(said);
    case word::failed: return fail(said.rest);
    case word::end:
    case word::cut:
      if (state_ == state::serves) tell_.end_comes(said.what == word::cut);
      return;
    case word::reopen: return tell_.reopen();
    case word::drain:
    case word::back:
      if (state_ == state::serves) tell_.steers(said);
      return;
    case word::lead:
    case word::busy: return;
  }
}

void successor::hear_ready(const message& said) {
  const auto read = parse_readiness(said.rest);
  if (state_ == state::serves || state_ == state::leaves || !read.value) return;
  timer_->clock.cancel();
  const bool is_wanted = state_ == state::starts;
  state_ = is_wanted ? state::serves : state::leaves;
  if (is_wanted) tell_.serves(*read.value);
}

bool successor::tell(word what, std::string_view rest) const { return link_.send(to_text(what, rest)); }

void successor::give_up() {
  if (state_ != state::starts) return;
  state_ = state::given_up;
  tell(word::end);
  timer_->begin(end_time);
}

void successor::fail(const std::string& why) {
  if (state_ != state::starts) return;
  give_up();
  tell_.failed(why);
}

void successor::run_out() {
  if (state_ == state::given_up) return end();
  fail("it does not come to serve in time");
}

/// Nothing more is to be heard. Who has not served has no connections that could be lost.
void successor::end() {
  timer_->clock.cancel();
  if (state_ == state::starts || state_ == state::given_up) ::kill(process_, SIGKILL);
  const std::string how = ending_of(process_);
  if (state_ == state::starts) {
    state_ = state::given_up;
    tell_.failed(fmt::format("it ended before it served ({})", how));
  }
  const auto gone = std::move(tell_.gone);
  gone(how);
}

}  // namespace opslb::takeover
