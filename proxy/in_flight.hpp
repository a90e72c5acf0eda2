// The requests and raw TCP connections that are on their way in one worker, known from their head to their end, so that what they move is counted while
// they last: a restore streams for hours. Plain memory of the worker's thread.
#pragma once

#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "proxy/counters.hpp"
#include "proxy/exchange.hpp"

namespace opslb {

class in_flight : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  explicit in_flight(const traffic& what) : what_(what) {}

  /// Whose bytes they are from now on; null: nobody's but the worker's.
  void goes_to(backend_counts* backend) {
    backend_ = backend;
    is_there_ = backend != nullptr;
  }
  /// It has given its place at the backend back; bytes that still move are of the exchange there.
  void leaves() { is_there_ = false; }
  backend_counts* backend() const { return backend_; }

  /// Adds what has moved since it was last asked.
  void count_bytes(counters& all) {
    const std::uint64_t in = what_.bytes_in() - in_;
    const std::uint64_t out = what_.bytes_out() - out_;
    in_ += in;
    out_ += out;
    all.bytes_in += in;
    all.bytes_out += out;
    if (backend_ == nullptr) return;
    backend_->bytes_in += in;
    backend_->bytes_out += out;
  }
  /// What an operator may want to know of it: the head that the backend gets, which stays until the end, and since when.
  void carries(std::string_view head, std::chrono::steady_clock::time_point began) {
    head_ = head;
    began_ = began;
  }
  /// Occupies a place at the backend whose counts these are.
  bool is_at(const backend_counts& backend) const { return is_there_ && backend_ == &backend; }
  std::string_view head() const { return head_; }  ///< empty: raw TCP
  std::chrono::steady_clock::time_point began() const { return began_; }

  std::uint64_t bytes_in() const { return in_; }    ///< as last counted
  std::uint64_t bytes_out() const { return out_; }  ///< as last counted

 private:
  const traffic& what_;
  backend_counts* backend_ = nullptr;
  std::uint64_t in_ = 0;
  std::uint64_t out_ = 0;
  bool is_there_ = false;
  std::string_view head_;
  std::chrono::steady_clock::time_point began_{};
};

/// One that ends takes itself out.
using in_flight_list = boost::intrusive::list<in_flight, boost::intrusive::constant_time_size<false>>;

}  // namespace opslb
