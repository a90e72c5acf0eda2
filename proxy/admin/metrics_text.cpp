#include "proxy/admin/metrics_text.hpp"

#include <fmt/format.h>

#include <iterator>

namespace opslb::admin {
namespace {

void begin(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

void one(std::string& out, std::string_view name, std::string_view type, std::string_view help, std::uint64_t value) {
  begin(out, name, type, help);
  fmt::format_to(std::back_inserter(out), "{} {}\n", name, value);
}

}  // namespace

std::string metrics_text(const report& all) {
  std::string out;
  const totals& t = all.totals;
  one(out, "opslb_requests_total", "counter", "Requests.", t.requests);
  one(out, "opslb_connections_total", "counter", "Client connections.", t.connections);
  one(out, "opslb_connections_open", "gauge", "Client connections that are open.", t.connections_open);
  one(out, "opslb_requests_in_flight", "gauge", "Requests in flight.", t.in_flight);
  begin(out, "opslb_backend_up", "gauge", "1 if the backend passes its checks.");
  for (const backend& each : all.backends) {
    fmt::format_to(std::back_inserter(out), "opslb_backend_up{{backend=\"{}\"}} {:d}\n", each.name,
                   each.state == backend_state::up);
  }
  return out;
}

}  // namespace opslb::admin
