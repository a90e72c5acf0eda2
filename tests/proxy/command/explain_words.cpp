#include "proxy/command/explain_words.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

using nlohmann::json;
using opslb::command::explained;

namespace {

json a_retried_request() {
  return json::parse(R"({
    "id": "r-1", "at": "2026-11-22T08:00:00.123Z", "listener": "https", "peer": "192.0.2.7", "tls": "TLSv1.3",
    "client_certificate": null, "protocol": "HTTP/2", "method": "GET", "target": "/agents/api?mmsApiKey=***",
    "user_agent": "mongodb-agent", "trace_id": null, "dropped": ["X-Real-IP", "Forwarded"],
    "told": {"client": "198.51.100.1", "host": "ops.example.com", "port": 443, "proto": "https"},
    "tries": [{"backend": "ops1", "why": "least requests", "after_seconds": 0.00002, "outcome": "connection refused"},
              {"backend": "ops2", "why": "only one left", "after_seconds": 0.0011, "outcome": "done"}],
    "queued_seconds": 0.00002, "connect_seconds": 0.0004, "first_byte_seconds": 0.25, "total_seconds": 75.4,
    "bytes_in": 345, "bytes_out": 1024, "status": 200, "end": "done"})");
}

}  // namespace

TEST_CASE("a request is explained from the client to its end") {
  CHECK(explained(a_retried_request()) ==
        "request r-1 at 2026-11-22T08:00:00.123Z\n"
        "  asked      GET /agents/api?mmsApiKey=*** HTTP/2\n"
        "  client     192.0.2.7 over listener https, TLSv1.3\n"
        "  agent      mongodb-agent\n"
        "  removed    X-Real-IP, Forwarded: who a client is, opslb says, not the client\n"
        "  told       client 198.51.100.1, whom a trusted proxy named, https://ops.example.com, port 443\n"
        "  host       ops1 (least requests), after 0.02 ms: connection refused\n"
        "  host       ops2 (only one left), after 1.10 ms: done\n"
        "  time       host picked after 0.02 ms, connecting took 0.40 ms, answer began after 250 ms, over after 1 min "
        "15 s\n"
        "  bytes      345 from the client, 1024 to it\n"
        "  end        answered 200, all in order\n");
}

TEST_CASE("what did not happen is not told") {
  const std::string out = explained(json::parse(
      R"({"id": "r-2", "at": "now", "listener": "http", "peer": "192.0.2.7", "dropped": [], "told": null, "tries": [],
          "queued_seconds": null, "total_seconds": 0.5, "bytes_in": 10, "bytes_out": 0, "status": null, "end": "client closed"})"));
  CHECK(out.find("removed") == std::string::npos);
  CHECK(out.find("  host ") == std::string::npos);
  CHECK(out.find("not encrypted") != std::string::npos);
  CHECK(out.find("nothing: no host was asked") != std::string::npos);
  CHECK(out.find("asked      what was no request that can be read\n") != std::string::npos);
  CHECK(out.find("no answer was sent: client closed") != std::string::npos);
}
