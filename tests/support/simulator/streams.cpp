// Long answers: the diagnostic archive that says nothing for minutes, downloads of any length, and answers that break off.
#include <algorithm>
#include <map>

#include "tests/support/simulator/digest.hpp"
#include "tests/support/simulator/duration.hpp"
#include "tests/support/simulator/pattern.hpp"
#include "tests/support/simulator/routes.hpp"

namespace opslb::simulator {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t piece_size = 64 * 1024;

std::uint64_t number(const exchange& e, std::string_view name, std::uint64_t otherwise) {
  const auto text = parameter(e.head, name);
  return text ? parse_number(*text).value_or(otherwise) : otherwise;
}

std::string sum_of(std::uint64_t bytes) {
  sha256_sum sum;
  pattern source(bytes);
  for (auto piece = source.next(piece_size); !piece.empty(); piece = source.next(piece_size)) sum.add(piece);
  return sum.hex();
}

/// Streams the pattern, at most `rate` bytes a second if that is not 0. False if the client went away.
awaitable<bool> send_pattern(exchange& e, answer_stream& to, std::uint64_t bytes, std::uint64_t rate, sha256_sum* sum) {
  constexpr std::uint64_t pieces_a_second = 20;
  const auto most = rate == 0 ? piece_size : std::clamp<std::size_t>(rate / pieces_a_second, 8, piece_size);
  pattern source(bytes);
  for (auto piece = source.next(most); !piece.empty(); piece = source.next(most)) {
    if (sum) sum->add(piece);
    const bool sent = co_await to.write(piece);
    if (!sent) co_return false;
    if (rate == 0) continue;
    const auto time = std::chrono::duration<double>(static_cast<double>(piece.size()) / static_cast<double>(rate));
    const bool there = co_await e.client.pause(std::chrono::ceil<milliseconds>(time));
    if (!there) co_return false;
  }
  co_return true;
}

awaitable<void> send_chunked(exchange& e, answer head, std::uint64_t bytes, std::uint64_t rate) {
  answer_stream out(e, answer_stream::framing::chunked);
  head.headers += "Trailer: X-Sha256\r\n";
  const bool begun = co_await out.begin(std::move(head), 0);
  if (!begun) co_return;
  sha256_sum sum;
  const bool sent = co_await send_pattern(e, out, bytes, rate, &sum);
  if (!sent) {
    e.keep_alive = false;
    co_return;
  }
  co_await out.finish("X-Sha256: " + sum.hex() + "\r\n");
}

answer archive() {
  answer head;
  head.type = "application/octet-stream";
  return head;
}

}  // namespace

awaitable<void> answer_diagnostics(exchange& e) {
  const auto silence = parse_duration(parameter(e.head, "silence").value_or("0"), 1s).value_or(0ms);
  const bool there = co_await e.client.pause(silence);
  if (!there) {
    e.keep_alive = false;
    co_return;
  }
  auto head = archive();
  head.headers = "Content-Disposition: attachment; filename=\"diagnostics.tar.gz\"\r\n";
  co_await send_chunked(e, std::move(head), number(e, "bytes", 1024 * 1024), number(e, "rate", 0));
}

awaitable<void> answer_download(exchange& e) {
  constexpr std::uint64_t summed_in_advance = 64 * 1024 * 1024;  // more would keep other connections waiting
  const auto bytes = number(e, "bytes", 1024);
  const auto rate = number(e, "rate", 0);
  if (number(e, "chunked", 0) != 0) {
    co_await send_chunked(e, archive(), bytes, rate);
    co_return;
  }
  auto head = archive();
  if (bytes <= summed_in_advance && number(e, "sum", 1) != 0) head.headers = "X-Sha256: " + sum_of(bytes) + "\r\n";
  const bool until_close = number(e, "close", 0) != 0;
  answer_stream out(e, until_close ? answer_stream::framing::close : answer_stream::framing::length);
  const bool begun = co_await out.begin(std::move(head), bytes);
  if (!begun) co_return;
  const bool sent = co_await send_pattern(e, out, bytes, rate, nullptr);
  if (!sent) e.keep_alive = false;
}

awaitable<void> answer_broken(exchange& e) {
  const auto after = number(e, "after", 0);
  const bool chunked = number(e, "chunked", 0) != 0;
  answer_stream out(e, chunked ? answer_stream::framing::chunked : answer_stream::framing::length);
  const bool begun = co_await out.begin(archive(), after + 1000);
  if (begun) co_await send_pattern(e, out, after, 0, nullptr);
  out.break_off();
}

}  // namespace opslb::simulator
