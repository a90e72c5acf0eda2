// Finds out which release of Ops Manager each host runs, and tells when hosts differ and when that is over (contract 9). A host's
// answers tell its version, or it is asked at the version manifest, beside its checks and never in their way. Lives on the check
// loop's thread. Internal to health/: includes Asio.
#pragma once

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "health/checker.hpp"
#include "health/release.hpp"
#include "health/standing.hpp"

namespace opslb::health {

class release_watch {
 public:
  release_watch(boost::asio::io_context& io, std::function<void(const event&)> tell);
  ~release_watch();
  release_watch(const release_watch&) = delete;
  release_watch& operator=(const release_watch&) = delete;

  /// Replaces the hosts.
  void use(const std::vector<target>& hosts, const check_settings& settings);
  /// Ends all questions that are under way, without an answer.
  void end();

  /// A check has ended; `service_version` as its answer told it, or nothing.
  void note_check(entry& who, verdict said, change what, std::string_view service_version);
  /// An answer to a client told this.
  void note_traffic(const entry* who, std::string_view service_version);

 private:
  struct subject;
  void ask(const std::shared_ptr<subject>& whom);
  void compare();

  boost::asio::io_context& io_;
  std::function<void(const event&)> tell_;
  std::vector<std::shared_ptr<subject>> subjects_;
  bool asks_ = false;   ///< there is a place to ask
  upgrade_mode found_;  ///< as last compared
};

}  // namespace opslb::health
