// One loaded configuration in the form in which requests use it. Immutable but for the balancer's cursor; shared by all
// workers. A request keeps the generation that it began with.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "headers/forwarded.hpp"
#include "headers/head_parser.hpp"
#include "proxy/config.hpp"
#include "proxy/tls/client_context.hpp"
#include "proxy/upstream/backend.hpp"
#include "proxy/upstream/balancer.hpp"

namespace opslb {

struct generation {
  /// `backends` in the order of `settings.backends`. Throws std::runtime_error if a file of backend_tls cannot be used.
  generation(config from, std::vector<std::shared_ptr<upstream::backend>> backends, std::size_t workers);
  /// Another set of backends that the same file stands for. No file is read: contexts are those of `before`.
  generation(config from, std::vector<std::shared_ptr<upstream::backend>> backends, const generation& before);

  config settings;
  std::vector<upstream::backend_slot> backends;
  headers::forwarding_rules forwarding;
  headers::head_limits request_limits;
  headers::head_limits response_limits;
  bool bounded = false;  ///< some backend has max_requests
  mutable upstream::balancer chooser;
  mutable upstream::balancer by_source;  ///< for raw TCP: one client, one host
  /// For backends with https:// URLs: one per worker, then one for the health checks. Empty if the file has none.
  std::vector<std::shared_ptr<tls::client_context>> backend_tls;

  /// timeouts.idle or the idle_for of the longest prefix that fits.
  milliseconds idle_for(std::string_view origin_target) const;
  bool has(const upstream::backend& which) const;

 private:
  generation(config from, std::vector<std::shared_ptr<upstream::backend>> backends);
};

/// A worker's handle to a generation: a plain count, since only its thread uses it. The shared reference count is
/// touched once per worker and reload, not by every request.
class local_generation {
 public:
  explicit local_generation(std::shared_ptr<const generation> of) : of_(std::move(of)) {}

 private:
  friend class generation_ref;
  std::shared_ptr<const generation> of_;
  std::size_t users_ = 0;
};

class generation_ref {
 public:
  generation_ref() = default;
  explicit generation_ref(local_generation* to) : to_(to) {
    if (to_ != nullptr) ++to_->users_;
  }
  generation_ref(const generation_ref& other) : generation_ref(other.to_) {}
  generation_ref(generation_ref&& other) noexcept : to_(std::exchange(other.to_, nullptr)) {}
  generation_ref& operator=(generation_ref other) noexcept {
    std::swap(to_, other.to_);
    return *this;
  }
  ~generation_ref() {
    if (to_ != nullptr && --to_->users_ == 0) delete to_;
  }

  const generation& operator*() const { return *to_->of_; }
  const generation* operator->() const { return to_->of_.get(); }
  friend bool operator==(const generation_ref& a, const generation_ref& b) { return a.to_ == b.to_; }

 private:
  local_generation* to_ = nullptr;
};

}  // namespace opslb
