// The PROXY parser on any bytes: it must give the same answer however the bytes are cut, and agree with the writer.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "proxy/proxy_protocol.hpp"

using namespace opslb;
using namespace opslb::proxy_protocol;

namespace {

void demand(bool holds) {
  if (!holds) std::abort();
}

void same(const result& a, const result& b) {
  demand(a.what == b.what && a.size == b.size && a.reason == b.reason);
  demand(a.connection.has_value() == b.connection.has_value());
  if (a.connection)
    demand(a.connection->source == b.connection->source && a.connection->destination == b.connection->destination);
}

void reads_back(proxy_protocol_version version, const ends& connection) {
  const auto bytes = write(version, connection);
  const auto again = parse(bytes);
  demand(again.what == state::complete && again.size == bytes.size());
  const bool mixed = connection.source.address.is_v4() != connection.destination.address.is_v4();
  if (version == proxy_protocol_version::v1 && mixed) return demand(!again.connection);
  demand(again.connection && again.connection->source == connection.source &&
         again.connection->destination == connection.destination);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = parse(bytes);
  demand(whole.size <= size && whole.size <= max_header);
  demand((whole.what == state::refused) == !whole.reason.empty());
  demand(whole.what != state::incomplete || size < max_header);

  // Once it has said something else than "incomplete", more bytes change nothing.
  for (std::size_t n = 0; n < size; ++n) {
    const auto part = parse(bytes.substr(0, n));
    if (part.what == state::incomplete) continue;
    same(part, whole);
    break;
  }
  if (whole.what == state::complete) same(parse(bytes.substr(0, whole.size)), whole);
  if (whole.connection) {
    reads_back(proxy_protocol_version::v1, *whole.connection);
    reads_back(proxy_protocol_version::v2, *whole.connection);
  }
  return 0;
}
