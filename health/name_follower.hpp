// Follows the names that stand for several hosts: looks each up again and again, and tells when what they lead to has
// changed. A look-up that fails or finds nothing changes nothing: what was found last is kept, and health checks decide
// whether it is of use. Runs on its owner's event loop, which no look-up holds up. Includes Asio.
#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "headers/address.hpp"
#include "health/checker.hpp"
#include "health/lookup.hpp"

namespace opslb::health {

struct followed_name {
  std::string name;
  question what = question::addresses;

  auto operator<=>(const followed_name&) const = default;
};

/// Where a name leads, each once. What stays keeps its order from one answer to the next, what is new comes behind it.
struct found_hosts {
  std::vector<headers::ip_address> addresses;
  std::vector<service> services;

  bool operator==(const found_hosts&) const = default;
};
using found_names = std::map<followed_name, found_hosts>;

class name_follower {
 public:
  struct callbacks {
    std::function<void()> changed;             ///< found() is another one; not called before the first answers are in
    std::function<void(const event&)> report;  ///< what came and went; that look-ups fail, and that they work again
  };
  struct pace {
    std::chrono::milliseconds interval{};
    std::chrono::milliseconds timeout{};  ///< of one look-up
  };

  name_follower(boost::asio::io_context& io, callbacks tell);
  ~name_follower();
  name_follower(const name_follower&) = delete;
  name_follower& operator=(const name_follower&) = delete;

  /// From now on these names. Those that were followed before keep what was found. `first_answers` is called once every name
  /// has been looked up, with or without success; at once if all have been. A later call replaces this one altogether.
  void follow(const std::vector<followed_name>& names, pace how, std::function<void()> first_answers);

  /// Every followed name.
  found_names found() const;

 private:
  struct followed;
  static boost::asio::awaitable<void> keep_up(name_follower& owner, std::shared_ptr<followed> one);
  void take_in(followed& one, const lookup_result& result);
  void first_answer();

  boost::asio::io_context& io_;
  callbacks tell_;
  std::map<followed_name, std::shared_ptr<followed>> followed_;
  std::function<void()> first_answers_;
};

}  // namespace opslb::health
