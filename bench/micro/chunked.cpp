// Reading a body in chunks of the given size, 64 KiB of it.
#include "headers/chunked.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace opslb::bench {
namespace {

std::string body_in_chunks(std::size_t chunk) {
  std::string body;
  std::array<char, headers::chunk_head_max> head;
  for (std::size_t size = 0; size < 64 * 1024; size += chunk) {
    body.append(head.data(), headers::write_chunk_head(chunk, head));
    body.append(chunk, 'x').append("\r\n");
  }
  return body + "0\r\n\r\n";
}

void read_chunks(benchmark::State& state) {
  const std::string body = body_in_chunks(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    headers::chunked_decoder decoder({});
    std::string_view left = body;
    headers::chunked_decoder::step step;
    do {
      step = decoder.next(left);
      left.remove_prefix(step.framing + step.data);
      decoder.took(step.data);
    } while (step.what == headers::chunked_decoder::state::data);
    if (step.what != headers::chunked_decoder::state::done) state.SkipWithError("the body was not read to its end");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(read_chunks)->Arg(64)->Arg(1024)->Arg(16 * 1024);

}  // namespace
}  // namespace opslb::bench
