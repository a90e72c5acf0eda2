#include "proxy/http1/body_writer.hpp"

#include <utility>

#include "headers/rewrite.hpp"

namespace opslb::http1 {

namespace {

task<io_error> rest_of(transport::write_operation begun) { co_return co_await begun; }

/// Nearly everything fits into the socket at once.
task<io_error> carry_out(transport::write_operation&& write) {
  return write.await_ready() ? task<io_error>(write.await_resume()) : rest_of(write);
}

}  // namespace

task<io_error> body_writer::write(std::string_view bytes) {
  const std::string_view head = std::exchange(head_, {});
  if (!chunked_) return carry_out(to_.write(head, bytes));
  const std::size_t size = headers::write_chunk_head(bytes.size(), chunk_head_);
  return carry_out(to_.write(head, {chunk_head_.data(), size}, bytes, "\r\n"));
}

task<io_error> body_writer::flush() { return carry_out(to_.write(std::exchange(head_, {}))); }

task<io_error> body_writer::finish(const std::vector<headers::field>& trailers) {
  if (ends_with_fin_) {
    to_.close_write();
    co_return io_error::none;
  }
  const std::string_view head = std::exchange(head_, {});
  if (!chunked_) co_return co_await to_.write(head);
  if (trailers.empty()) co_return co_await to_.write(head, "0\r\n\r\n");
  std::string memory;
  const std::string_view section = headers::write_trailers(trailers, memory, client_ip_header_);
  co_return co_await to_.write(head, "0\r\n", section);
}

}  // namespace opslb::http1
