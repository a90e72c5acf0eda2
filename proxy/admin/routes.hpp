// What there is to be asked of the admin endpoint (contract 10): the table of its paths.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "proxy/admin/site.hpp"

namespace opslb::admin {

/// The answer to a request, once it is known that it may be asked.
boost::asio::awaitable<answer> respond(site& at, const gate& entrance, const request& asked);

}  // namespace opslb::admin
