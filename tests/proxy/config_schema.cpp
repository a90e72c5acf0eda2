// conf/opslb.schema.json is written by hand; here it is held against the table of keys that the loader reads by.
#include <algorithm>
#include <catch2/catch_all.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>

#include "proxy/config_keys.hpp"
#include "proxy/config_units.hpp"
#include "tests/proxy/conf_directory.hpp"

using namespace opslb;
using opslb::tests::read_json;
using schema_node = nlohmann::json;

namespace {

// A schema node with what its $ref points to; what stands beside the $ref comes first.
schema_node resolved(const schema_node& root, const schema_node& node) {
  if (!node.contains("$ref")) return node;
  const auto pointer = node.at("$ref").get<std::string>().substr(1);
  auto out = root.at(nlohmann::json::json_pointer(pointer));
  for (const auto& [key, beside] : node.items()) out[key] = beside;
  return out;
}

// Every property with its path as the loader writes it.
void collect(const schema_node& root, const schema_node& object, const std::string& path,
             std::map<std::string, schema_node>& out) {
  if (!object.contains("properties")) return;
  for (const auto& [key, raw] : object.at("properties").items()) {
    const auto property = resolved(root, raw);
    auto here = path.empty() ? key : std::string(path).append(".").append(key);
    out[here] = property;
    if (property.contains("items")) {
      collect(root, resolved(root, property.at("items")), here + "[]", out);
    } else {
      collect(root, property, here, out);
    }
  }
}

std::map<std::string, schema_node> schema_properties() {
  const auto schema = read_json("opslb.schema.json");
  std::map<std::string, schema_node> out;
  collect(schema, schema, "", out);
  return out;
}

bool takes(const schema_node& property, std::string_view type) {
  if (!property.contains("type")) return false;
  const auto& types = property.at("type");
  return types.is_array() ? std::find(types.begin(), types.end(), type) != types.end() : types == type;
}

void check_default(const known_key& key, const schema_node& property) {
  const bool has_default = property.contains("default");
  CHECK(has_default == !key.fallback.empty());
  if (!has_default || key.fallback.empty()) return;
  const auto in_loader = nlohmann::json::parse(key.fallback);
  const auto& in_schema = property.at("default");
  if (key.type == "duration") {
    CHECK(to_duration(in_schema.get<std::string>()).value == to_duration(in_loader.get<std::string>()).value);
  } else {
    CHECK(in_schema == in_loader);
  }
}

void check_form(const known_key& key, const schema_node& property) {
  const auto reference = property.value("$ref", "");
  if (key.type == "boolean") CHECK(takes(property, "boolean"));
  if (key.type == "string") CHECK(takes(property, "string"));
  if (key.type == "strings" || key.type == "objects") CHECK(takes(property, "array"));
  if (key.type == "object" || key.type == "idle rules") CHECK(takes(property, "object"));
  if (key.type == "size") CHECK(reference == "#/$defs/size");
  if (key.type == "duration") CHECK(reference == (key.least == 0 ? "#/$defs/duration_or_zero" : "#/$defs/duration"));
  if (key.type == "seconds") CHECK(reference == "#/$defs/seconds");
  if (key.type == "choice")
    CHECK(property.at("enum").get<std::vector<std::string>>() ==
          std::vector<std::string>(key.choices.begin(), key.choices.end()));
  if (key.type == "count") {
    CHECK(takes(property, "integer"));
    CHECK(property.at("minimum") == key.least);
    CHECK(property.at("maximum") == key.most);
  }
}

}  // namespace

TEST_CASE("schema and loader know the same keys") {
  std::set<std::string> in_schema, in_loader;
  for (const auto& [path, property] : schema_properties()) in_schema.insert(path);
  for (const auto& key : list_keys()) in_loader.insert(key.path);
  CHECK(in_schema == in_loader);
}

TEST_CASE("the loader lists no key twice") {
  const auto keys = list_keys();
  std::set<std::string> paths;
  for (const auto& key : keys) paths.insert(key.path);
  CHECK(paths.size() == keys.size());
  CHECK(paths.contains("listeners[].bind"));
  CHECK(paths.contains("timeouts.idle_for"));
}

TEST_CASE("schema and loader agree on the form, the default and the bounds of each key") {
  const auto properties = schema_properties();
  for (const auto& key : list_keys()) {
    CAPTURE(key.path, key.type);
    const auto found = properties.find(key.path);
    REQUIRE(found != properties.end());
    check_default(key, found->second);
    check_form(key, found->second);
  }
}

TEST_CASE("schema and loader require the same keys") {
  const auto schema = read_json("opslb.schema.json");
  std::set<std::string> in_schema, in_loader;
  for (const auto& [name, path] :
       std::map<std::string, std::string>{{"listener", "listeners[]."},
                                          {"tls", "listeners[].tls."},
                                          {"certificate_files", "listeners[].tls.certificates[]."},
                                          {"backend", "backends[]."}}) {
    for (const auto& key : schema.at("$defs").at(name).at("required")) in_schema.insert(path + key.get<std::string>());
  }
  for (const auto& key : list_keys()) {
    if (key.required) in_loader.insert(key.path);
  }
  CHECK(in_schema == in_loader);
}

TEST_CASE("every key of the schema is described, and no object takes unknown ones") {
  for (const auto& [path, property] : schema_properties()) {
    CAPTURE(path);
    CHECK_FALSE(property.value("description", "").empty());
    if (property.value("type", nlohmann::json()) == "object") {
      CHECK(property.at("additionalProperties") != true);
    }
  }
}
