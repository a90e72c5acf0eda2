#include "proxy/forward.hpp"

#include "proxy/passage.hpp"

namespace opslb {

task<> forward(lane& at, generation_ref rules, const request_origin& origin, exchange& client,
               const headers::request_facts& facts, headers::refusal refused) {
  ++at.counts.requests;
  passage request(at, std::move(rules), origin, client, facts);
  if (refused.status != 0) {
    co_await request.refuse(refused);
  } else {
    co_await request.carry();
  }
  request.log();
}

}  // namespace opslb
