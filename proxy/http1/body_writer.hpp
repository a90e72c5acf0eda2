// Sends an HTTP/1 message: its head, then its body in the framing that the head announced. Head and first body bytes go
// out in one system call. Does not own the head's text. One thread.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "headers/chunked.hpp"
#include "proxy/exchange.hpp"

namespace opslb::http1 {

class body_writer final : public body_sink {
 public:
  /// `client_ip_header`: towards a backend, the field that must not come in a trailer either.
  explicit body_writer(transport& to, std::string_view client_ip_header = {})
      : to_(to),
        client_ip_header_(client_ip_header) {}

  /// `head` must stay until it is sent. `chunked`: the body is to be framed in chunks.
  void begin(std::string_view head, bool chunked) {
    head_ = head;
    chunked_ = chunked;
  }

  /// What comes is not framed from now on, and finish() sends a FIN.
  void begin_tunnel() {
    chunked_ = false;
    ends_with_fin_ = true;
  }

  task<io_error> write(std::string_view bytes) override;
  /// Null while the head is unsent, and where bytes have to be framed or encrypted.
  transport* plain_connection() override { return head_.empty() && !chunked_ && to_.tls() == nullptr ? &to_ : nullptr; }
  task<io_error> flush() override;
  bool is_finished() const override { return head_.empty() && !chunked_ && !ends_with_fin_; }
  task<io_error> finish(const std::vector<headers::field>& trailers) override;

 private:
  transport& to_;
  std::string_view client_ip_header_;
  std::string_view head_;
  bool chunked_ = false;
  bool ends_with_fin_ = false;
  std::array<char, headers::chunk_head_max> chunk_head_{};
};

}  // namespace opslb::http1
