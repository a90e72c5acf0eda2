// What is wrong with a configuration file, collected while it is read and judged, and where in it each value stands.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/config.hpp"
#include "proxy/parse.hpp"

namespace opslb {

class findings {
 public:
  /// Remembers where the value at `path` stands.
  void saw(const std::string& path, json::position at) { seen_[path] = at; }
  /// Does the file have a value at `path`?
  bool has(const std::string& path) const { return seen_.contains(path); }

  bool has_error(std::string_view path) const;

  void error(json::position at, std::string path, std::string message);
  /// At the value with this path or, where the file has none, at the innermost object or list around it.
  void error(std::string path, std::string message);
  void warning(std::string path, std::string message);

  /// In the order of the file; they can be taken once.
  std::vector<config_problem> take_errors();
  std::vector<config_problem> take_warnings();

 private:
  json::position place_of(std::string_view path) const;

  std::map<std::string, json::position, std::less<>> seen_;
  std::vector<config_problem> errors_;
  std::vector<config_problem> warnings_;
};

}  // namespace opslb
