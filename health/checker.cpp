#include "health/checker.hpp"

#include <utility>

#include "health/check_loop.hpp"

namespace opslb::health {

checker::checker(callbacks tell) : loop_(std::make_unique<check_loop>(std::move(tell))) {}

checker::~checker() = default;

void checker::use(std::vector<target> targets, check_settings settings, std::function<void()> first_round_done) {
  loop_->use(std::move(targets), std::move(settings), std::move(first_round_done));
}

void checker::told_version(const entry* who, std::string_view service_version) {
  loop_->told_version(who, service_version);
}

void checker::drain(entry& who) { loop_->drain(who); }

void checker::put_back(std::shared_ptr<entry> who) { loop_->put_back(std::move(who)); }

void checker::suspect(const entry* who) { loop_->suspect(who); }

}  // namespace opslb::health
