#include "proxy/admin/history.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

namespace opslb::admin {
namespace {

using namespace std::chrono_literals;

const wall_time began = wall_time(1'700'000'000s);

/// All hosts together had so many requests, and the one host ops1 too.
report after(unsigned step, std::uint64_t requests, std::vector<std::uint64_t> latency = {}) {
  report out;
  out.now = began + step * history::interval;
  out.totals.requests = requests;
  out.totals.responses[5] = 2;
  out.totals.responses[0] = 1;
  if (!latency.empty()) out.latency = {{0.1, 1.0}, {}, {}, {latency, 0}};
  backend host;
  host.name = "ops1";
  host.requests = requests;
  host.latency = out.latency;
  out.backends.push_back(host);
  return out;
}

nlohmann::json written(const history& all) { return nlohmann::json::parse(to_json(all)); }

TEST_CASE("history: without a sample it is a document with empty lists") {
  const auto said = written(history());
  CHECK(said["interval_seconds"] == 2);
  CHECK(said["at"].empty());
  CHECK(said["totals"]["requests"].empty());
  CHECK(said["backends"].is_object());
}

TEST_CASE("history: each number is a list with one value for each moment") {
  history all;
  all.add(after(0, 10));
  all.add(after(1, 30));
  const auto said = written(all);
  CHECK(said["at"] == nlohmann::json{1'700'000'000.0, 1'700'000'002.0});
  CHECK(said["totals"]["requests"] == nlohmann::json{10, 30});
  CHECK(said["totals"]["errors"] == nlohmann::json{3, 3});
  CHECK(said["totals"]["bytes_in"] == nlohmann::json{nullptr, nullptr});
  CHECK(said["backends"]["ops1"]["requests"] == nlohmann::json{10, 30});
  CHECK(said["backends"]["ops1"]["errors"] == nlohmann::json{nullptr, nullptr});
}

TEST_CASE("history: five minutes are kept, however long it runs") {
  history all;
  for (unsigned step = 0; step < 1000; ++step) all.add(after(step, step));
  REQUIRE(all.samples().size() == history::most_samples);
  CHECK(all.samples().back().at - all.samples().front().at == 5min);
  CHECK(all.samples().back().totals.requests == 999);
}

TEST_CASE("history: a histogram is told once in full, then by what grew") {
  history all;
  all.add(after(0, 0));  // before there was one
  all.add(after(1, 0, {5, 1, 0}));
  all.add(after(2, 0, {5, 1, 0}));
  all.add(after(3, 0, {7, 1, 4}));
  const auto said = written(all);
  CHECK(said["bounds"] == nlohmann::json{0.1, 1.0});
  CHECK(said["totals"]["latency_first"] == nlohmann::json{5, 1, 0});
  CHECK(said["totals"]["latency"] == nlohmann::json::parse("[null, [], [], [[0, 2], [2, 4]]]"));
  CHECK(said["backends"]["ops1"]["latency"] == said["totals"]["latency"]);
}

TEST_CASE("history: a host that begins anew is told to have less") {
  history all;
  all.add(after(0, 9, {7, 0, 0}));
  all.add(after(1, 1, {1, 0, 0}));
  CHECK(written(all)["backends"]["ops1"]["latency"] == nlohmann::json::parse("[[], [[0, -6]]]"));
}

TEST_CASE("history: a host that comes and goes has nulls where it was not there") {
  history all;
  all.add(after(0, 1));
  report other = after(1, 2);
  other.backends[0].name = "ops2";
  all.add(other);
  const auto said = written(all);
  CHECK(said["backends"]["ops1"]["requests"] == nlohmann::json{1, nullptr});
  CHECK(said["backends"]["ops2"]["requests"] == nlohmann::json{nullptr, 2});
}

TEST_CASE("history: names that are no UTF-8 do not break the document") {
  history all;
  report odd = after(0, 1);
  odd.backends[0].name = "ops\xff\"";
  all.add(odd);
  CHECK(written(all)["backends"].size() == 1);
}

}  // namespace
}  // namespace opslb::admin
