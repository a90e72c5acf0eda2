// docs/configuration.md names every key that the loader reads, with its default.
#include <catch2/catch_all.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "proxy/config_keys.hpp"
#include "proxy/config_units.hpp"
#include "tests/proxy/conf_directory.hpp"

using namespace opslb;

namespace {

std::string document() {
  std::ifstream in(tests::conf_directory().parent_path() / "docs" / "configuration.md");
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The part under the heading of the object that the key is in.
std::string section_of(const std::string& text, const std::string& object) {
  const auto heading = object.empty() ? std::string("## The top level\n") : "## `" + object + "`\n";
  const auto begin = text.find(heading);
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find("\n## ", begin + 1) - begin);
}

// The second column of the row that begins with `key`.
std::string default_in(const std::string& section, const std::string& key) {
  const auto row = "\n| `" + key + "` | ";
  const auto begin = section.find(row);
  if (begin == std::string::npos) return "(no such row)";
  const auto from = begin + row.size();
  auto cell = section.substr(from, section.find(" |", from) - from);
  if (cell.starts_with('`')) cell = cell.substr(1, cell.size() - 2);
  return cell;
}

std::string normal_duration(const std::string& json) {
  return write_duration(to_duration(json.substr(1, json.size() - 2)).value.value());
}

}  // namespace

TEST_CASE("the document names every key with its default") {
  const auto text = document();
  for (const auto& key : list_keys()) {
    if (key.type == "object" || key.type == "objects" || key.type == "ignored") continue;
    CAPTURE(key.path);
    const auto dot = key.path.rfind('.');
    auto object = dot == std::string::npos ? std::string() : key.path.substr(0, dot);
    if (object.ends_with("[]")) object.resize(object.size() - 2);
    const auto written = default_in(section_of(text, object), key.path.substr(dot + 1));
    if (key.type == "duration" || key.type == "seconds") {
      CHECK(normal_duration(written) == normal_duration(key.fallback));
    } else if (key.required) {
      CHECK(written == "required");
    } else if (key.fallback.empty()) {
      CHECK(written != "(no such row)");
    } else {
      CHECK(written == key.fallback);
    }
  }
}
