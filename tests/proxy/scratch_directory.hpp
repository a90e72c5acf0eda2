// A directory of its own for one test, removed behind it.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace opslb::test {

class scratch_directory {
 public:
  scratch_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "opslb-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    path_ = name;
  }
  ~scratch_directory() { std::filesystem::remove_all(path_); }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;

  /// The path of `name` in it.
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string content(const std::string& name) const {
    std::ostringstream all;
    all << std::ifstream(path_ / name).rdbuf();
    return all.str();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace opslb::test
