#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "proxy/command/call.hpp"
#include "proxy/command/commands.hpp"
#include "proxy/command/explain_words.hpp"

namespace opslb::command {
namespace {

/// One story for each time the id was used, the newest first; empty if the answer is no such thing.
std::string stories(const nlohmann::json& answer) {
  std::string out;
  const auto all = answer.find("requests");
  if (all == answer.end()) return out;
  for (const auto& each : *all) {
    if (!out.empty()) out += '\n';
    out += explained(each);
  }
  return out;
}

}  // namespace

int explain(const place_options& options, const std::string& id, bool json) {
  const auto where = find_place(options);
  if (!where.value) return say_no("explain", where.wrong);
  const auto said = call(*where.value, "GET", "/api/v1/requests/" + percent_encode(id));
  if (!said.value) return say_no("explain", said.wrong);
  if (!said.value->is_good()) return say_no("explain", said.value->detail());
  if (json) {
    fmt::print(stdout, "{}", said.value->body);
    return done;
  }
  const auto answer = nlohmann::json::parse(said.value->body, nullptr, false);
  const std::string told = answer.is_object() ? stories(answer) : std::string();
  if (told.empty()) return say_no("explain", "the answer was nothing that opslb says");
  fmt::print(stdout, "{}", told);
  return done;
}

}  // namespace opslb::command
