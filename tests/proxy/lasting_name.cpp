#include "proxy/lasting_name.hpp"

#include <catch2/catch_all.hpp>
#include <string>

namespace opslb {

TEST_CASE("a lasting name is the same text however often it is asked for") {
  const std::string_view first = lasting_name(std::string("ops1"));
  CHECK(first == "ops1");
  CHECK(lasting_name(std::string("ops1")).data() == first.data());
}

TEST_CASE("hosts that come and go under a name do not fill the memory with theirs") {
  const std::string_view early = lasting_name("pods@10.0.0.1");
  for (std::size_t i = 0; i < most_lasting_names; ++i) lasting_name("pods@[fd00::" + std::to_string(i) + "]");
  CHECK(lasting_name("pods@10.0.0.2") == "pods");
  CHECK(lasting_name("pods@10.0.0.2").data() == lasting_name("pods@10.0.0.3").data());
  CHECK(lasting_name("pods@10.0.0.1").data() == early.data());
  CHECK(lasting_name("configured later") == "configured later");
}

}  // namespace opslb
