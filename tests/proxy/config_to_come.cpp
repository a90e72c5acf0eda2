// Keys of parts that opslb does not have yet: refused, unless what they say is that the part is off.
#include <catch2/catch_all.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/proxy/config_text.hpp"

using namespace opslb;
using namespace opslb::tests;
using Catch::Matchers::Equals;

namespace {

std::vector<std::string> errors_of(std::string_view text) { return lines(load(text).problems); }

}  // namespace

TEST_CASE("parts still to come are refused") {
  const auto [text, error] = GENERATE(table<std::string, std::string>({
      {with(R"("admin": {"bind": "127.0.0.1:9080"})"),
       R"(admin: not built in yet; remove it or set it to {"bind": "off"})"},
      {with(R"("admin": {"token_file": "token"})"),
       R"(admin: not built in yet; remove it or set it to {"bind": "off"})"},
      {with(R"("admin": {"bind": null, "token_file": null})"),
       R"(admin: not built in yet; remove it or set it to {"bind": "off"})"},
      {with(R"("admin": "off")"), R"(admin: not built in yet; remove it or set it to {"bind": "off"})"},
      {with(R"("public_url": "https://x")"), "public_url: not built in yet; remove it"},
  }));
  CHECK_THAT(errors_of(text), Equals(std::vector{error}));
}

TEST_CASE("a value that switches such a part off is accepted") {
  const auto text =
      GENERATE(with(R"("admin": {"bind": "off"})"), with(R"("admin": {"bind": "off", "token_file": null})"),
               with(R"("admin": {})"), with(R"("admin": {"token_file": null})"), with(R"("admin": null)"),
               with(R"("public_url": null)"));
  CHECK_THAT(errors_of(text), Catch::Matchers::IsEmpty());
}

TEST_CASE("misspelt keys inside such a part are found, too") {
  CHECK_THAT(errors_of(with(R"("admin": {"bind": "off", "token_fil": null})")),
             Equals(std::vector<std::string>{R"(admin.token_fil: unknown key; did you mean "token_file"?)"}));
}
