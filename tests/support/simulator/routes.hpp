// Which path is answered by what. Each function answers one exchange from beginning to end; the files are named after the
// part of Ops Manager, or of the simulator's own /_sim, that they play.
#pragma once

#include "tests/support/simulator/exchange.hpp"

namespace opslb::simulator {

awaitable<void> route(exchange& e);

// monitor.cpp
awaitable<void> answer_health(exchange& e);
// agents.cpp
awaitable<void> answer_agent(exchange& e);
// public_api.cpp
awaitable<void> answer_version_manifest(exchange& e);
awaitable<void> answer_public_api(exchange& e);
// pages.cpp
awaitable<void> answer_front_page(exchange& e);
awaitable<void> answer_login_page(exchange& e);
awaitable<void> answer_style_sheet(exchange& e);
// streams.cpp
awaitable<void> answer_diagnostics(exchange& e);
awaitable<void> answer_download(exchange& e);
awaitable<void> answer_broken(exchange& e);
// inspect.cpp
awaitable<void> answer_echo(exchange& e);
awaitable<void> answer_upload(exchange& e);
awaitable<void> answer_plain(exchange& e);
awaitable<void> answer_status(exchange& e);
awaitable<void> answer_slowly(exchange& e);
// websocket.cpp
awaitable<void> answer_websocket(exchange& e);
// control.cpp
awaitable<void> answer_stats(exchange& e);
awaitable<void> switch_health(exchange& e);
awaitable<void> switch_version(exchange& e);
awaitable<void> start_upgrade(exchange& e);

}  // namespace opslb::simulator
