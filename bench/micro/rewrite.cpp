// Who the client is, and the heads as they leave.
#include "headers/rewrite.hpp"

#include <benchmark/benchmark.h>

#include "bench/micro/heads.hpp"

namespace opslb::bench {
namespace {

constexpr std::string_view request_id = "0123456789abcdef0123456789abcdef";

void identify(benchmark::State& state, const exchange_of_heads& heads) {
  const read_heads read(heads);
  for (auto _ : state) {
    headers::identity who;
    headers::identify(read.request, read.request_facts, read.from, read.rules, who);
    benchmark::DoNotOptimize(who);
  }
}
BENCHMARK_CAPTURE(identify, agent, agent());
BENCHMARK_CAPTURE(identify, browser, browser());

/// As behind another balancer, whose chain of three addresses is walked.
void identify_trusted(benchmark::State& state, exchange_of_heads heads) {
  heads.request.insert(heads.request.find("\r\n") + 2, "X-Forwarded-For: 203.0.113.9, 198.51.100.7, 192.0.2.18\r\n");
  read_heads read(std::move(heads));
  read.rules.trusted_proxies.push_back(*headers::network::parse("192.0.2.0/24"));
  for (auto _ : state) {
    headers::identity who;
    headers::identify(read.request, read.request_facts, read.from, read.rules, who);
    benchmark::DoNotOptimize(who);
  }
}
BENCHMARK_CAPTURE(identify_trusted, agent, agent());
BENCHMARK_CAPTURE(identify_trusted, browser, browser());

void to_backend(benchmark::State& state, const exchange_of_heads& heads) {
  const read_heads read(heads);
  headers::identity who;
  headers::identify(read.request, read.request_facts, read.from, read.rules, who);
  std::string memory;
  std::string_view out;
  for (auto _ : state) {
    out = headers::to_backend(read.request, read.request_facts, who, read.rules, request_id, memory);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
}
BENCHMARK_CAPTURE(to_backend, agent, agent());
BENCHMARK_CAPTURE(to_backend, browser, browser());

void to_client(benchmark::State& state, const exchange_of_heads& heads) {
  const read_heads read(heads);
  const headers::client_side side{.body = headers::body_kind::length};
  std::string memory;
  std::string_view out;
  for (auto _ : state) {
    out = headers::to_client(read.response, read.response_facts, side, request_id, memory);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
}
BENCHMARK_CAPTURE(to_client, agent, agent());
BENCHMARK_CAPTURE(to_client, browser, browser());

}  // namespace
}  // namespace opslb::bench
