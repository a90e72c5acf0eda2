#include "proxy/takeover/link_reader.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <utility>

namespace opslb::takeover {

struct link_reader::parts : std::enable_shared_from_this<link_reader::parts> {
  parts(boost::asio::io_context& loop, const link& of, callbacks calls)
      : from(of),
        tell(std::move(calls)),
        socket(loop, of.descriptor()) {}
  ~parts() { socket.release(); }  // the link's to close

  void wait() {
    socket.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [self = shared_from_this()](boost::system::error_code error) {
                        if (!error) self->receive_all();
                      });
  }

  void receive_all() {
    while (!is_over) {
      link::parcel parcel;
      const link::state state = from.receive(parcel);
      if (state == link::state::nothing_yet) return wait();
      for (const int each : parcel.sockets) ::close(each);  // none is due any more
      if (state == link::state::closed) {
        is_over = true;
        return std::exchange(tell.gone, nullptr)();
      }
      if (const auto read = parse_message(parcel.text); read.value) tell.said(*read.value);
    }
  }

  const link& from;
  callbacks tell;
  boost::asio::posix::stream_descriptor socket;
  bool is_over = false;
};

link_reader::link_reader(boost::asio::io_context& loop, const link& from, callbacks tell)
    : parts_(std::make_shared<parts>(loop, from, std::move(tell))) {
  parts_->wait();
}

link_reader::~link_reader() {
  parts_->is_over = true;
  boost::system::error_code ignored;
  parts_->socket.cancel(ignored);
  parts_->socket.release();
}

}  // namespace opslb::takeover
