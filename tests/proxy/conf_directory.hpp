// The examples and the schema that are shipped in conf/. Tests run in the project's directory; by hand they may be started
// from any directory below it.
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace opslb::tests {

inline std::filesystem::path conf_directory() {
  for (auto directory = std::filesystem::current_path();; directory = directory.parent_path()) {
    if (exists(directory / "conf" / "opslb.schema.json")) return directory / "conf";
    if (directory == directory.root_path()) throw std::runtime_error("run the tests inside the project's directory");
  }
}

/// Comments are allowed.
inline nlohmann::json read_json(const std::string& name) {
  std::ifstream in(conf_directory() / name);
  if (!in) throw std::runtime_error("cannot open conf/" + name);
  return nlohmann::json::parse(in, nullptr, true, true);
}

}  // namespace opslb::tests
