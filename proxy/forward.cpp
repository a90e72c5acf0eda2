#include "proxy/forward.hpp"

#include "proxy/passage.hpp"

namespace opslb {

request_origin origin_of(client_connection& over) { return {over.peer, *over.listener, *over.secured, over.own_pool}; }

task<> forward(lane& at, generation_ref rules, const request_origin& origin, exchange& client,
               const headers::request_facts& facts, headers::refusal refused) {
  ++at.counts.requests;
  ++origin.listener.counts().of(at.number).requests;
  passage request(at, std::move(rules), origin, client, facts);
  if (refused.status != 0) {
    co_await request.refuse(refused);
  } else {
    co_await request.carry();
  }
  request.close();
}

}  // namespace opslb
