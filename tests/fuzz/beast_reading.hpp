// How Boost.Beast reads a message head: the second opinion of the head fuzzers. Beast is looser than opslb in many ways
// (obs-fold, codings it does not know, repeated fields), so only what opslb accepts is compared.
#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/optional.hpp>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headers/framing.hpp"

namespace opslb::fuzz {

namespace http = boost::beast::http;
using boost::beast::error_code;

inline void demand(bool holds) {
  if (!holds) std::abort();
}

/// Beast takes Proxy-Connection for Connection, and refuses what is no list in it. opslb lets it decide nothing, and drops it.
inline bool is_misread_by_beast(const std::vector<headers::field>& fields) {
  return std::any_of(fields.begin(), fields.end(), [](const headers::field& line) {
    return headers::equals_ignoring_case(line.name, "Proxy-Connection");
  });
}

template <bool IsRequest>
class beast_reading : public http::basic_parser<IsRequest> {
 public:
  explicit beast_reading(std::string_view head) {
    this->header_limit(std::numeric_limits<std::uint32_t>::max());
    this->body_limit(boost::none);
    error_code ec;
    this->put(boost::asio::buffer(head.data(), head.size()), ec);
    accepted = !ec && this->is_header_done();
  }

  /// The head is right, and these are its fields, in this order.
  void has_fields(const std::vector<headers::field>& ours) const {
    demand(accepted);
    demand(std::equal(fields.begin(), fields.end(), ours.begin(), ours.end(), [](const auto& theirs, const auto& line) {
      return theirs.first == line.name && theirs.second == line.value;
    }));
  }

  void is_framed_by(const headers::body_framing& framing) const {
    demand(this->chunked() == (framing.kind == headers::body_kind::chunked));
    if (framing.kind == headers::body_kind::length) demand(this->content_length() == framing.length);
    if (framing.kind == headers::body_kind::none) demand(this->content_length().value_or(0) == 0);
  }

  bool accepted = false;
  std::string method, target, reason;
  int version = 0, status = 0;
  std::vector<std::pair<std::string, std::string>> fields;

 private:
  using text = boost::beast::string_view;

  void on_request_impl(http::verb, text name, text where, int number, error_code&) override {
    method = std::string(name);
    target = std::string(where);
    version = number;
  }
  void on_response_impl(int code, text why, int number, error_code&) override {
    status = code;
    reason = std::string(why);
    version = number;
  }
  void on_field_impl(http::field, text name, text value, error_code&) override {
    fields.emplace_back(std::string(name), std::string(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(text body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, text body, error_code&) override { return body.size(); }
  void on_finish_impl(error_code&) override {}
};

}  // namespace opslb::fuzz
