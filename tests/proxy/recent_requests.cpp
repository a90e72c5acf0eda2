#include "proxy/recent_requests.hpp"

#include <catch2/catch_all.hpp>
#include <string>
#include <vector>

using namespace opslb;
using std::chrono::system_clock;
using namespace std::chrono_literals;

namespace {

constexpr system_clock::time_point start{1'795'334'400s};

/// A request's own words with the memory that they are views into.
struct words {
  std::string all;
  request_text text;

  words& add(request_text::piece which, std::string_view value) {
    text.sizes[which] = static_cast<std::uint32_t>(value.size());
    all += value;
    text.all = all;
    return *this;
  }
};

words get(std::string_view target) {
  words result;
  result.add(request_text::method, "GET").add(request_text::target, target).add(request_text::host, "lb:8080");
  return result;
}

exchange_facts some_facts(system_clock::time_point began = start) {
  exchange_facts facts{};
  facts.began = began;
  facts.end = "done";
  facts.listener = "https";
  facts.status = 200;
  facts.total = 1234;
  return facts;
}

void remember(recent_requests& ring, const std::string& id, const request_text& text,
              const std::vector<backend_try>& tries = {}, system_clock::time_point began = start,
              const std::string& certificate = {}) {
  exchange_facts facts = some_facts(began);
  if (!tries.empty()) facts.backend = tries.back().backend;
  ring.add(facts, id, text, certificate, tries);
}

std::vector<recent_request> found(const recent_requests& ring, std::string_view id) {
  std::vector<recent_request> result;
  ring.find(id, result);
  return result;
}

const std::string usual_id(32, 'a');

}  // namespace

TEST_CASE("a request is found by its id, with all that was known of it") {
  recent_requests ring;
  words text;
  text.add(request_text::method, "POST").add(request_text::target, "/agents/api?ah=db1").add(request_text::host, "lb");
  text.add(request_text::user_agent, "agent").add(request_text::trace, std::string(32, '7'));
  text.add(request_text::dropped, " X-Real-IP Forwarded").add(request_text::referer, "https://elsewhere");
  const std::string id = GENERATE(usual_id, "short", std::string(128, 'z'));
  const std::string certificate = GENERATE("", "CN=agent");
  const std::vector<backend_try> one = {{"ops1", "least requests", "done", 17}};
  const std::vector<backend_try> two = {{"ops1", "round robin", "connection refused", 5},
                                        {"ops2", "only one left", "done", 900}};
  const std::vector<backend_try>& tries = GENERATE_REF(one, two, std::vector<backend_try>());
  remember(ring, "another", get("/").text);
  remember(ring, id, text.text, tries, start, certificate);
  remember(ring, std::string(32, 'b'), get("/").text);

  const auto all = found(ring, id);
  REQUIRE(all.size() == 1);
  const recent_request& it = all.front();
  CHECK(it.id == id);
  CHECK(it.method == "POST");
  CHECK(it.target == "/agents/api?ah=db1");
  CHECK(it.host == "lb");
  CHECK(it.user_agent == "agent");
  CHECK(it.trace == std::string(32, '7'));
  CHECK(it.dropped == std::vector<std::string>{"X-Real-IP", "Forwarded"});
  CHECK(it.certificate == certificate);
  CHECK(it.facts.listener == "https");
  CHECK(it.facts.status == 200);
  CHECK(it.facts.total == 1234);
  REQUIRE(it.tries.size() == tries.size());
  for (std::size_t i = 0; i < tries.size(); ++i) {
    CHECK(it.tries[i].backend == tries[i].backend);
    CHECK(it.tries[i].why == tries[i].why);
    CHECK(it.tries[i].outcome == tries[i].outcome);
    CHECK(it.tries[i].began == tries[i].began);
  }
}

TEST_CASE("an id that came several times gives all of them, the newest first") {
  recent_requests ring;
  for (int i = 0; i < 3; ++i) remember(ring, "same", get("/" + std::to_string(i)).text);
  const auto all = found(ring, "same");
  REQUIRE(all.size() == 3);
  CHECK(all[0].target == "/2");
  CHECK(all[2].target == "/0");
  CHECK(found(ring, "sam").empty());
  CHECK(found(ring, "").empty());
}

TEST_CASE("no credential leaves the ring") {
  recent_requests ring;
  remember(ring, usual_id, get("/agents?ah=db1&mmsApiKey=s3cret&av=1").text);
  CHECK(found(ring, usual_id).front().target == "/agents?ah=db1&mmsApiKey=***&av=1");
}

TEST_CASE("the ring forgets the oldest when it has as many as it remembers") {
  recent_requests ring;
  CHECK_FALSE(ring.reaches_back().has_value());
  for (std::size_t i = 0; i < recent_requests::most + 10; ++i)
    remember(ring, std::to_string(i), get("/").text, {}, start + std::chrono::seconds(i));
  CHECK(found(ring, "9").empty());
  CHECK(found(ring, "10").size() == 1);
  CHECK(found(ring, std::to_string(recent_requests::most + 9)).size() == 1);
  CHECK(ring.reaches_back() == start + 10s);
}

TEST_CASE("requests as long as may be never take more than the ring has, and each that is found is whole") {
  recent_requests ring;
  // All of it, also the parts that are cut: a target, a host and an outcome of all lengths.
  const std::size_t rounds = 6000;
  for (std::size_t i = 0; i < rounds; ++i) {
    const std::string number = std::to_string(i);
    const std::string outcome = "TLS: " + std::string(i % 400, 'o');
    words text = get("/" + number + "/" + std::string(i * 7 % 3000, 't'));
    text.add(request_text::user_agent, std::string(i * 13 % 2000, 'u'));
    text.add(request_text::dropped, " Forwarded").add(request_text::referer, std::string(i % 100, 'r'));
    remember(ring, number, text.text, {{"ops1", "least requests", outcome, 1, false}}, start + std::chrono::seconds(i));
  }
  const auto back = ring.reaches_back();
  REQUIRE(back.has_value());
  const auto oldest = static_cast<std::size_t>(std::chrono::duration_cast<std::chrono::seconds>(*back - start).count());
  CHECK(rounds - oldest > 1000);
  CHECK(rounds - oldest < 3000);
  for (std::size_t i = oldest; i < rounds; ++i) {
    const std::string number = std::to_string(i);
    const auto all = found(ring, number);
    REQUIRE(all.size() == 1);
    CHECK(all.front().method == "GET");
    CHECK(all.front().host == "lb:8080");
    CHECK(all.front().target.starts_with("/" + number + "/"));
    CHECK(all.front().target.size() + all.front().user_agent.size() <= recent_requests::most_text);
    CHECK(all.front().tries.front().outcome.starts_with("TLS: "));
    CHECK(all.front().tries.front().outcome.size() <= 200);
  }
  CHECK(found(ring, std::to_string(oldest - 1)).empty());
}

TEST_CASE("of many tries the last ones are kept") {
  recent_requests ring;
  std::vector<backend_try> tries;
  for (int i = 0; i < 64; ++i) tries.push_back({"ops", "round robin", "connection refused", i});
  remember(ring, "many", get("/").text, tries);
  const auto all = found(ring, "many");
  REQUIRE(all.front().tries.size() == recent_requests::most_tries);
  CHECK(all.front().tries.back().began == 63);
}
