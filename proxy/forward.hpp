// One request from its head to its line in the access log: picks a backend, waits for one, leases a connection, relays, judges a
// failure, tries again where it may, answers where it must. The seven steps are in forward.cpp, top to bottom. One thread.
#pragma once

#include "proxy/client_connection.hpp"
#include "proxy/exchange.hpp"
#include "proxy/lane.hpp"

namespace opslb {

/// Where a request comes from.
struct request_origin {
  const headers::peer& from;
  const listener_info& listener;
  const secured_by& secured;
  upstream::pool& own_pool;  ///< for backends that are told the client by the PROXY protocol
};

request_origin origin_of(client_connection& over);

/// `refused.status` other than 0: the request is only answered and logged; `facts` is not looked at then.
task<> forward(lane& at, generation_ref rules, const request_origin& origin, exchange& client,
               const headers::request_facts& facts, headers::refusal refused);

}  // namespace opslb
