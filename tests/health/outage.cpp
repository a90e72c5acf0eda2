#include "health/outage.hpp"

#include <catch2/catch_all.hpp>

#include <string>
#include <vector>

namespace opslb::health {

namespace {

last_check answered(unsigned status) {
  return {{}, {}, ending::answered, status, "answered " + std::to_string(status)};
}
last_check no_answer(ending how) { return {{}, {}, how, 0, "something about ops1.example.com at 192.0.2.1"}; }

struct row {
  std::vector<last_check> checks;
  std::string outside;  ///< as clients are told
  std::string inside;   ///< as the operator is told, of hosts ops1, ops2, …
};

}  // namespace

TEST_CASE("why no host is up is told in Ops Manager's terms") {
  const auto [checks, outside, inside] = GENERATE(values<row>({
      {{answered(500), answered(500), answered(500)},
       "all 3 hosts answer /monitor/health with 500: look at the application database",
       "all 3 hosts answer /monitor/health with 500: look at the application database"},
      {{answered(500)},
       "the only host answers /monitor/health with 500: look at the application database",
       "the only host answers /monitor/health with 500: look at the application database"},
      {{answered(503), answered(503)},
       "all 2 hosts answer /monitor/health with 503: look at the application database",
       "all 2 hosts answer /monitor/health with 503: look at the application database"},
      {{answered(404), answered(404)},
       "all 2 hosts answer /monitor/health with 404: look at health_check.path",
       "all 2 hosts answer /monitor/health with 404: look at health_check.path"},
      {{no_answer(ending::refused), no_answer(ending::refused)},
       "all 2 hosts cannot be reached: connection refused; look whether Ops Manager is running",
       "all 2 hosts cannot be reached: connection refused; look whether Ops Manager is running"},
      {{no_answer(ending::unresolved), no_answer(ending::unresolved)},
       "all 2 hosts cannot be reached: name not resolved; look at the name service",
       "all 2 hosts cannot be reached: name not resolved; look at the name service"},
      {{no_answer(ending::no_connection)},
       "the only host cannot be reached: no connection in time; look at the network between",
       "the only host cannot be reached: no connection in time; look at the network between"},
      {{no_answer(ending::refused), answered(500), answered(500)},
       "2 hosts answer /monitor/health with 500, 1 host cannot be reached (connection refused)",
       "ops2 and ops3 answer /monitor/health with 500, ops1 cannot be reached (connection refused)"},
      {{answered(500), answered(503)},
       "1 host answers /monitor/health with 500, 1 host answers /monitor/health with 503",
       "ops1 answers /monitor/health with 500, ops2 answers /monitor/health with 503"},
      {{answered(500), answered(500), answered(500), no_answer(ending::unchecked)},
       "3 hosts answer /monitor/health with 500, 1 host has not been checked yet",
       "ops1, ops2 and ops3 answer /monitor/health with 500, ops4 has not been checked yet"},
      {{answered(500), no_answer(ending::drained)},
       "1 host answers /monitor/health with 500, 1 host is drained",
       "ops1 answers /monitor/health with 500, ops2 is drained"},
      {{no_answer(ending::drained), no_answer(ending::drained)},
       "all 2 hosts are drained: put one back by opslb ready",
       "all 2 hosts are drained: put one back by opslb ready"},
      {{no_answer(ending::drained)},
       "the only host is drained: put one back by opslb ready",
       "the only host is drained: put one back by opslb ready"},
      {{last_check{}, last_check{}}, "all 2 hosts have not been checked yet", "all 2 hosts have not been checked yet"},
      {{}, "no host is known; look at the name service", "no host is known; look at the name service"},
  }));
  std::vector<checked_host> hosts;
  for (const last_check& check : checks) hosts.push_back({"ops" + std::to_string(hosts.size() + 1), check});
  CHECK(describe_outage(checks, "/monitor/health") == outside);
  CHECK(describe_outage(hosts, "/monitor/health") == inside);
}

TEST_CASE("clients are never told what could name a host, however it failed") {
  for (const ending how : {ending::unresolved, ending::refused, ending::no_connection, ending::no_answer, ending::reset,
                           ending::closed, ending::garbled, ending::failed}) {
    const std::vector<last_check> alike(2, no_answer(how));
    const std::vector<last_check> mixed{no_answer(how), answered(500)};
    for (const auto& checks : {alike, mixed}) {
      const std::string text = describe_outage(checks, "/monitor/health");
      CAPTURE(text);
      CHECK(text.find("cannot be reached") != std::string::npos);
      CHECK(text.find("ops1") == std::string::npos);
      CHECK(text.find("192.0.2.1") == std::string::npos);
    }
  }
}

}  // namespace opslb::health
