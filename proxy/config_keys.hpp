// Every key that a configuration file may have, as one table in config_keys.cpp: read from a document, or listed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/config.hpp"
#include "proxy/parse.hpp"

namespace opslb {

class findings;

/// One key that the loader knows.
struct known_key {
  std::string path{};  ///< "listeners[].bind"
  /// boolean, count, duration, seconds, size, choice, string, strings, object, objects, idle rules, ignored
  std::string_view type{};
  std::string fallback{};  ///< the default as JSON; empty where there is none or it depends on other keys
  std::vector<std::string_view> choices{};
  std::uint64_t least = 0;  ///< of a count; of a duration in milliseconds
  std::uint64_t most = 0;
  bool required = false;
};
using key_catalog = std::vector<known_key>;

/// Reads each value of `root` into a configuration. What is wrong with single values goes into `found`, and their
/// defaults stay; how values go together is for validate() to judge.
config read_keys(const json::value& root, findings& found);

/// All keys with their defaults, for the test that compares the schema with the loader.
key_catalog list_keys();

/// Ops Manager's load balancer must not have a cache (contract 2). Such keys are known by any of the ways
/// that people write it: `cache`, `Caching`, `proxy_cache`, `cache-size`. A path in `idle_for` is no such key.
bool asks_for_caching(std::string_view key);

}  // namespace opslb
