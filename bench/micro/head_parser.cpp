// Reading a head, and deciding what it means.
#include <benchmark/benchmark.h>

#include "bench/micro/heads.hpp"

namespace opslb::bench {
namespace {

void parse_request(benchmark::State& state, const exchange_of_heads& heads) {
  headers::request_head head;
  for (auto _ : state) benchmark::DoNotOptimize(headers::parse_request_head(heads.request, 0, {}, head));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(heads.request.size()));
}
BENCHMARK_CAPTURE(parse_request, agent, agent());
BENCHMARK_CAPTURE(parse_request, browser, browser());

void parse_response(benchmark::State& state, const exchange_of_heads& heads) {
  headers::response_head head;
  for (auto _ : state) benchmark::DoNotOptimize(headers::parse_response_head(heads.response, 0, {}, head));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(heads.response.size()));
}
BENCHMARK_CAPTURE(parse_response, agent, agent());
BENCHMARK_CAPTURE(parse_response, browser, browser());

void check_request(benchmark::State& state, const exchange_of_heads& heads) {
  const read_heads read(heads);
  for (auto _ : state) {
    headers::request_facts facts;
    benchmark::DoNotOptimize(headers::check_request(read.request, read.rules.server_name, facts));
    benchmark::DoNotOptimize(facts);
  }
}
BENCHMARK_CAPTURE(check_request, agent, agent());
BENCHMARK_CAPTURE(check_request, browser, browser());

}  // namespace
}  // namespace opslb::bench
