// Any bytes as what a host says of its version, in a header or as a version manifest of which perhaps not all has come: three
// numbers or nothing, the same as a JSON parser finds, and never another one because the end is missing.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "health/release.hpp"

using namespace opslb::health;
using json = nlohmann::json;

namespace {

constexpr std::string_view key = "\"version\"";

void demand(bool holds) {
  if (!holds) std::abort();
}

bool is_release(std::string_view text) {
  return text.size() >= 5 && std::count(text.begin(), text.end(), '.') == 2 &&
         text.find_first_not_of("0123456789.") == std::string_view::npos && text.find("..") == std::string_view::npos &&
         text.front() != '.' && text.back() != '.';
}

/// Whether the scanner and a parser have to agree: the scanner reads no escapes, and of two versions takes the first.
bool is_plain(std::string_view text) {
  return text.find('\\') == std::string_view::npos && text.find(key) == text.rfind(key) &&
         text.find("versionString=") == std::string_view::npos;
}

std::string parsed(const json& manifest) {
  const auto found = manifest.find("version");
  return found != manifest.end() && found->is_string() ? release_in(found->get<std::string>()) : std::string();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string told = release_in(text);
  demand(told.empty() || is_release(told));

  const std::string whole = release_in_manifest(text);
  demand(whole.empty() || (is_release(whole) && text.find('"' + whole) != std::string_view::npos));
  for (const std::size_t part : {size / 2, size - size / 16, size - std::min<std::size_t>(size, 3)}) {
    const std::string some = release_in_manifest(text.substr(0, part));
    demand(some.empty() || some == whole);
  }
  const json manifest = json::parse(text, nullptr, false);
  if (manifest.is_object() && is_plain(text)) demand(whole == parsed(manifest));
  return 0;
}
