#include "proxy/lasting_name.hpp"

#include <mutex>
#include <set>
#include <string>

namespace opslb {

std::string_view lasting_name(std::string_view name) {
  static std::mutex mutex;
  static std::set<std::string, std::less<>> names;
  const std::lock_guard lock(mutex);
  const auto found = names.find(name);
  if (found != names.end()) return *found;
  const bool is_room = names.size() < most_lasting_names;
  return *names.emplace(is_room ? name : name.substr(0, name.find('@'))).first;
}

}  // namespace opslb
