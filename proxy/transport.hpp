// One connection's bytes: reads and writes that wait in the worker's reactor, with their errors mapped to a handful of
// values, and a way to wake whoever waits. Plain TCP, or TLS over it: then all bytes here are plaintext. Owns the
// descriptor. One thread; at most one read and one write at a time. Nothing here allocates (but OpenSSL does), and an
// operation whose bytes are there does not suspend.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "proxy/buffer.hpp"
#include "proxy/deadline.hpp"
#include "proxy/pipe.hpp"
#include "proxy/reactor.hpp"
#include "proxy/task.hpp"
#include "proxy/tls/openssl.hpp"

namespace opslb::tls {
class engine;
struct failure;
}  // namespace opslb::tls

namespace opslb {

enum class io_error : std::uint8_t {
  none,
  end_of_stream,  ///< the peer closed its side in order
  reset,          ///< the connection broke
  timed_out,      ///< interrupt(timed_out)
  interrupted,    ///< interrupt(interrupted): somebody decided that this is over
};

template <typename Operation>
class transport_operation;

/// A deadline that every byte moves. Shared by both transports of an exchange, so that it runs out when nothing moved
/// either way.
class idle_clock {
 public:
  idle_clock(deadline_wheel& wheel, std::chrono::milliseconds limit, void (*expired)(void*), void* who)
      : limit_(limit),
        deadline_(wheel, expired, who) {
    moved();
  }
  void moved() { deadline_.expire_after(limit_); }
  void set_limit(std::chrono::milliseconds limit) {
    limit_ = limit;
    moved();
  }

 private:
  std::chrono::milliseconds limit_;
  deadline deadline_;
};

class transport {
 public:
  /// Takes over a non-blocking socket. `connected` false: a connect() is under way, and nothing is known to be ready.
  transport(reactor& in, int fd, bool connected = true);
  ~transport();
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;

  /// Awaitable, gives an io_error: reads what is there, at least one byte, into `into.space()`.
  class read_operation;
  read_operation read(buffer& into);

  /// Awaitable, gives an io_error: writes all pieces in order. What they point to must stay until it is over.
  class write_operation;
  write_operation write(std::string_view first, std::string_view second = {}, std::string_view third = {},
                        std::string_view fourth = {});

  /// Awaitable, gives an io_error; plain TCP only: moves what is there, at most `most` bytes, into the empty `into`. `none` with
  /// `into` still empty: the kernel does not do it, or has no pipe; read() then. An end of the stream has to be confirmed by
  /// read() as well: urgent data looks the same.
  class splice_in_operation;
  splice_in_operation splice_into(pipe& into, std::uint64_t most);
  /// Awaitable, gives an io_error; plain TCP only: moves on all that is in `from`.
  class splice_out_operation;
  splice_out_operation splice_from(pipe& from);

  /// Awaitable, gives an io_error: waits until the connect() under way is over. connect_errno() says more of a failure.
  class connect_operation;
  connect_operation connected();

  /// From here on everything is TLS. `session` is set to accept or to connect. What is in `received` came already: it is
  /// taken as ciphertext.
  void begin_tls(tls::ssl_ptr session, buffer& received);
  /// The handshake, after begin_tls(). Fails with `reset` where TLS itself failed: tls_failure() knows why, and the peer
  /// has been sent the alert.
  task<io_error> handshake();
  /// After a failed handshake: what still comes is read as it is, to be thrown away.
  void abandon_tls();
  /// Null if this is plain TCP.
  SSL* tls() const;
  /// Why TLS failed, after begin_tls().
  const tls::failure& tls_failure() const;

  /// Ends whatever waits with `why`, and every further operation too until clear_interrupt().
  void interrupt(io_error why);
  void clear_interrupt() { interrupted_ = io_error::none; }
  /// As if the peer had broken the connection: wakes whoever waits, and whoever watches.
  void break_off();
  bool is_interrupted() const { return interrupted_ != io_error::none; }

  /// Calls `notify(who)` once the connection breaks; with `also_readable` also when bytes or a FIN come. nullptr: no more.
  void watch_for_end(void (*notify)(void*), void* who, bool also_readable = false);
  /// True if nothing has come and the peer has not closed: asks the kernel, not the last event. Records of TLS that
  /// carry no data (session tickets) are nothing.
  bool is_quiet();
  int connect_errno() const { return connect_errno_; }
  /// False if there is known to be nothing for us.
  bool may_have_bytes() const;
  bool is_broken() const { return watch_.broken; }
  bool peer_has_closed() const { return watch_.peer_closed; }

  /// Sends a FIN after what was written; over TLS with a close_notify before it.
  void close_write();
  /// The close_notify alone, before a connection that ends in order is closed (RFC 8446 6.1). Nothing over plain TCP.
  void say_end();
  /// Closing will send a reset, so that the peer cannot take what it got for complete.
  void reset_on_close();

  void set_idle_clock(idle_clock* clock) { clock_ = clock; }
  int fd() const { return watch_.fd; }
  std::uint64_t bytes_read() const { return bytes_read_; }
  std::uint64_t bytes_written() const { return bytes_written_; }

 private:
  template <typename Operation>
  friend class transport_operation;

  // Both return false if they have to wait.
  bool try_read(buffer& into, io_error& result);
  bool try_write(std::span<iovec>& left, io_error& result);
  bool try_splice_in(pipe& into, std::size_t most, io_error& result);
  bool try_splice_out(pipe& from, io_error& result);
  bool try_receive(buffer& into, std::size_t most, std::size_t& size, io_error& result);
  bool try_send(std::span<iovec> pieces, std::size_t& size, io_error& result);
  bool try_read_tls(buffer& into, io_error& result);
  bool try_write_tls(std::span<iovec>& left, io_error& result);
  bool try_fill(io_error& result);
  bool try_flush(io_error& result);
  bool takes_in_nothing();
  bool encrypt_all_that_fits(std::span<iovec>& left);
  bool encrypt(std::span<iovec>& left);
  class fill_operation;
  class flush_operation;
  void moved(std::uint64_t& count, std::size_t bytes) {
    count += bytes;
    if (clock_ != nullptr) clock_->moved();
  }

  reactor& reactor_;
  watch watch_;
  io_error interrupted_ = io_error::none;
  int connect_errno_ = 0;
  idle_clock* clock_ = nullptr;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t bytes_written_ = 0;
  std::unique_ptr<tls::engine> tls_;
  std::size_t encrypted_ = 0;  ///< plaintext bytes in records of which nothing was sent yet
};

/// A waiting_operation of a transport, with what came of it.
struct io_operation : waiting_operation {
  io_error result = io_error::none;
};

/// What the operations share: try at once, else wait in one of the watch's two slots.
template <typename Operation>
class transport_operation : public io_operation {
 public:
  bool await_ready() {
    if (of_.interrupted_ != io_error::none) {
      result = of_.interrupted_;
      return true;
    }
    return static_cast<Operation*>(this)->try_now();
  }
  void await_suspend(std::coroutine_handle<> awaiter) {
    who = awaiter;
    attempt = [](waiting_operation& self) { return static_cast<Operation&>(self).try_now(); };
    static_cast<Operation*>(this)->slot() = this;
    if (of_.watch_.writer != nullptr) of_.reactor_.hear_writable(of_.watch_);
  }
  io_error await_resume() const { return result; }

 protected:
  friend class transport;
  explicit transport_operation(transport& of) : of_(of) {}

  transport& of_;
};

class transport::read_operation : public transport_operation<read_operation> {
 public:
  read_operation(transport& of, buffer& into) : transport_operation(of), into_(into) {}
  bool try_now() { return of_.try_read(into_, result); }
  waiting_operation*& slot() { return of_.watch_.reader; }

 private:
  buffer& into_;
};

class transport::write_operation : public transport_operation<write_operation> {
 public:
  explicit write_operation(transport& of) : transport_operation(of) {}
  void add(std::string_view piece) {
    if (!piece.empty()) pieces_[end_++] = {const_cast<char*>(piece.data()), piece.size()};
  }
  bool try_now() {
    std::span<iovec> left(pieces_.data() + begin_, end_ - begin_);
    const bool over = of_.try_write(left, result);
    begin_ = end_ - left.size();
    return over;
  }
  waiting_operation*& slot() { return of_.watch_.writer; }

 private:
  std::array<iovec, 4> pieces_;  // of which those from begin_ to end_ are still to be sent; none of them is empty
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

class transport::splice_in_operation : public transport_operation<splice_in_operation> {
 public:
  splice_in_operation(transport& of, pipe& into, std::size_t most)
      : transport_operation(of),
        into_(into),
        most_(most) {}
  bool try_now() { return of_.try_splice_in(into_, most_, result); }
  waiting_operation*& slot() { return of_.watch_.reader; }

 private:
  pipe& into_;
  std::size_t most_;
};

class transport::splice_out_operation : public transport_operation<splice_out_operation> {
 public:
  splice_out_operation(transport& of, pipe& from) : transport_operation(of), from_(from) {}
  bool try_now() { return of_.try_splice_out(from_, result); }
  waiting_operation*& slot() { return of_.watch_.writer; }

 private:
  pipe& from_;
};

class transport::connect_operation : public transport_operation<connect_operation> {
 public:
  explicit connect_operation(transport& of) : transport_operation(of) {}
  bool try_now();
  waiting_operation*& slot() { return of_.watch_.writer; }
};

inline transport::read_operation transport::read(buffer& into) { return {*this, into}; }
inline transport::write_operation transport::write(std::string_view first, std::string_view second,
                                                   std::string_view third, std::string_view fourth) {
  write_operation made(*this);
  for (const std::string_view piece : {first, second, third, fourth}) made.add(piece);
  return made;
}
inline transport::splice_in_operation transport::splice_into(pipe& into, std::uint64_t most) {
  return {*this, into, most};
}
inline transport::splice_out_operation transport::splice_from(pipe& from) { return {*this, from}; }
inline transport::connect_operation transport::connected() { return connect_operation(*this); }

}  // namespace opslb
