#include "proxy/takeover/lineage.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "proxy/news.hpp"

namespace opslb::takeover {

lineage::lineage(boost::asio::io_context& loop, program self, std::shared_ptr<predecessor> before, callbacks tell)
    : loop_(loop),
      self_(std::move(self)),
      leads_(before == nullptr),
      tell_(std::move(tell)),
      before_(std::move(before)) {
  if (!before_) return;
  reader_ = std::make_unique<link_reader>(
      loop, before_->connection(),
      link_reader::callbacks{[this](const message& said) { hear(said); }, [this] { predecessor_gone(); }});
}

// The one before.

void lineage::hear(const message& said) {
  if (said.what == word::end || said.what == word::cut) tell_.end_comes(said.what == word::cut);
  if (said.what == word::busy) {
    if (const auto read = parse_remaining(said.rest); read.value) tell_.busy(*read.value);
  }
  if (said.what != word::lead || leads_) return;
  leads_ = true;
  if (ends_) before_->tell(word::end);
  tell_.leads();
}

/// Without having said that this is the main process: it crashed, and all the more somebody has to serve.
void lineage::predecessor_gone() {
  reader_.reset();
  before_.reset();
  tell_.busy({});
  if (std::exchange(leads_, true)) return;
  news::warning("takeover: the process before is gone without a word; this one goes on without it");
  tell_.leads();
}

void lineage::tell_start(std::chrono::milliseconds within) const {
  if (before_) before_->tell_start(within);
}

void lineage::tell_ready(std::string_view version) const {
  if (before_) before_->tell_ready(version);
}

void lineage::tell_reopen() const {
  if (before_) before_->tell(word::reopen);
}

bool lineage::tell_busy(const remaining& here) const {
  return !next_ || next_->tell(word::busy, fmt::format("{} {} {}", here.count, here.drain, here.backend));
}

void lineage::tell_drain(const drain_order& what) const {
  if (before_) before_->tell(word::drain, fmt::format("{} {}", what.drain, what.backend));
}

void lineage::tell_back(std::string_view backend) const {
  if (before_) before_->tell(word::back, backend);
}

/// One that does not lead is not asked: what it is told is for itself.
void lineage::end(bool at_once) {
  ends_ = true;
  if (before_ && leads_) before_->tell(at_once ? word::cut : word::end);
  if (is_under_way()) next_->give_up();
}

// The one after.

void lineage::be_steered(const message& said) const {
  if (said.what == word::back) return tell_.put_back(said.rest);
  if (const auto read = parse_drain_order(said.rest); read.value) tell_.drain(*read.value);
}

void lineage::begin() {
  if (next_) {
    news::warning("SIGUSR2: process {} is already about to take over; nothing was done", next_->process());
    return;
  }
  successor::callbacks tell;
  tell.serves = [this](const readiness& by) {
    tell_.replaced(by);
    next_->tell(word::lead);
  };
  tell.failed = [this](const std::string& why) {
    news::error("takeover failed, this process goes on: {}", why);
    tell_.goes_on();
  };
  tell.gone = [this](const std::string& how) {
    const bool served = next_->serves();
    next_.reset();
    served ? tell_.bereft(how) : tell_.goes_on();
  };
  tell.end_comes = [this](bool at_once) { tell_.end_comes(at_once); };
  tell.reopen = [this] { tell_.reopen(); };
  tell.steers = [this](const message& said) { be_steered(said); };
  try {
    auto [all, sockets] = tell_.collect();
    all.program = self_.path;
    next_ = std::make_unique<successor>(loop_, self_, all, sockets, std::move(tell));
    tls::wipe(all.tickets);
    news::info("takeover: started {} process={}", self_.path, next_->process());
  } catch (const std::runtime_error& problem) {
    news::error("takeover failed, this process goes on: {}", problem.what());
    tell_.goes_on();
  }
}

}  // namespace opslb::takeover
