// Any bytes as a request to the admin endpoint: whatever they say, no rule lets a stranger's page change anything, and nobody
// in without the token.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "headers/head_parser.hpp"
#include "proxy/admin/path_pattern.hpp"
#include "proxy/admin/rules.hpp"

namespace {

using namespace opslb;
using namespace opslb::admin;

void must(bool holds) {
  if (!holds) std::abort();
}

/// Hosts are the same in any case.
bool is_end_of(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && headers::equals_ignoring_case(text.substr(text.size() - end.size()), end);
}

bool passes(const gate& at, const request& asked, secrecy what) { return !objection(at, asked, what); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  request asked;
  const auto parsed = headers::parse_request_head(text, 0, {}, asked.head);
  if (parsed.state != headers::parse_state::complete) return 0;
  if (headers::check_request(asked.head, {}, asked.facts).status != 0) return 0;
  asked.body = text.substr(parsed.head_size);

  const gate loopback{{admin_bind::kind::tcp, {headers::ip_address::v4({127, 0, 0, 1}), 9080}, {}}, ""};
  const gate open{{admin_bind::kind::tcp, {}, {}}, "secret"};
  const bool is_local = passes(loopback, asked, secrecy::guarded);
  const bool changes = passes(loopback, asked, secrecy::changing);
  must(is_local || !changes);
  must(!changes || !asked.has("Origin") || is_end_of(asked.field("Origin"), asked.facts.host.text));
  must(!passes(open, asked, secrecy::guarded) || asked.field("Authorization").ends_with("secret"));
  if (is_local && !asked.facts.host.text.empty()) must(asked.facts.host.port == 9080);

  std::string named;
  if (matches("/api/v1/backends/*/drain", asked.path(), named)) must(!named.empty());
  return 0;
}
