#include "tests/support/simulator/routes.hpp"

#include <array>

namespace opslb::simulator {
namespace {

struct rule {
  std::string_view path;
  bool prefix;
  awaitable<void> (*answer)(exchange&);
};

// The first that fits.
constexpr std::array rules = {
    rule{"/monitor/health", false, answer_health},
    rule{"/agents/", true, answer_agent},
    rule{"/api/public/v1.0/unauth/versionManifest", false, answer_version_manifest},
    rule{"/api/public/v1.0", true, answer_public_api},
    rule{"/admin/diagnostics", false, answer_diagnostics},
    rule{"/", false, answer_front_page},
    rule{"/user/login", false, answer_login_page},
    rule{"/static/login.css", false, answer_style_sheet},
    rule{"/_sim/plain", false, answer_plain},
    rule{"/_sim/echo", true, answer_echo},
    rule{"/_sim/upload", false, answer_upload},
    rule{"/_sim/download", false, answer_download},
    rule{"/_sim/break", false, answer_broken},
    rule{"/_sim/status", false, answer_status},
    rule{"/_sim/slow", false, answer_slowly},
    rule{"/_sim/ws", false, answer_websocket},
    rule{"/_sim/stats", false, answer_stats},
    rule{"/_sim/health", false, switch_health},
    rule{"/_sim/version", false, switch_version},
    rule{"/_sim/upgrade", false, start_upgrade},
};

}  // namespace

awaitable<void> route(exchange& e) {
  const bool health_check = e.head.path == "/monitor/health";
  auto& count = health_check ? e.ops.counted.health_checks : e.ops.counted.requests;
  if (!e.control) count.fetch_add(1, std::memory_order_relaxed);

  for (const auto& each : rules) {
    const bool fits = each.prefix ? e.head.path.starts_with(each.path) : e.head.path == each.path;
    if (!fits) continue;
    co_await each.answer(e);
    co_return;
  }
  co_await send(
      e, api_error(404, "RESOURCE_NOT_FOUND", "Cannot find resource " + std::string{e.head.path} + ".", e.head.path));
}

}  // namespace opslb::simulator
