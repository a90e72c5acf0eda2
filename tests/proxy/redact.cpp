#include "proxy/redact.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <string>

namespace {

char* as_it_is(std::string_view bytes, char* out) { return std::copy(bytes.begin(), bytes.end(), out); }

using redaction = char* (*)(std::string_view text, opslb::escape write, char* out);

std::string masked(redaction put, std::string_view text) {
  std::string out(opslb::mask_growth * text.size(), '\0');
  out.resize(static_cast<std::size_t>(put(text, as_it_is, out.data()) - out.data()));
  return out;
}

}  // namespace

TEST_CASE("names of query parameters that hold credentials are recognised in any case and spelling") {
  CHECK(opslb::names_a_secret(
      GENERATE("mmsApiKey", "apiKey", "APIKEY", "api_key", "X-Api-Key", "password", "newPassword", "token",
               "access_token", "key", "secret", "client_secret", "agentApiKey", "sessionKey", "%6bey", "ke%79",
               "p%61ssword", "pwd", "JSESSIONID", "credentials[]", "sk", "SK", "ak", "Ak", "%73k",
               "a.very.long.name.in.front.of.the.word.that.matters.which.is.of.course.api.key")));
}

TEST_CASE("names of other query parameters are left alone") {
  CHECK_FALSE(
      opslb::names_a_secret(GENERATE("", "ah", "av", "pageNum", "keys", "tokens", "keyboard", "passenger", "secretary",
                                     "%zzkey1", "ke%2579", "author", "%", "task", "disk", "break", "sky", "aks")));
}

TEST_CASE("values of secret parameters and userinfo are masked, all else of a target is kept byte for byte") {
  struct row {
    std::string_view target, logged;
  };
  const auto [target, logged] = GENERATE(values<row>({
      {"", ""},
      {"*", "*"},
      {"/", "/"},
      {"/a?b=c", "/a?b=c"},
      {"/agents?mmsApiKey=0123&ah=host1", "/agents?mmsApiKey=***&ah=host1"},
      {"/a?ah=h&MMSAPIKEY=0123", "/a?ah=h&MMSAPIKEY=***"},
      {"/a?%6Bey=0123", "/a?%6Bey=***"},
      {"/a?sk=0123&AK=4567&ah=h&task=1", "/a?sk=***&AK=***&ah=h&task=1"},
      {"/a?key=", "/a?key=***"},
      {"/a?key", "/a?key"},
      {"/a?key=1=2=3&x=y", "/a?key=***&x=y"},
      {"/a?x=1;token=2;y=3", "/a?x=1;token=***;y=3"},
      {"/a?u=/b?password=2", "/a?u=/b?password=***"},
      {"/a?&&=&password=2&", "/a?&&=&password=***&"},
      {"/a;jsessionid=abc?x=y", "/a;jsessionid=***?x=y"},
      {"/key=1", "/key=1"},
      {"/user:password@host/", "/user:password@host/"},
      {"http://h/a?key=1", "http://h/a?key=***"},
      {"http://u:p@h/a@b?c=d@e", "http://***@h/a@b?c=d@e"},
      {"http://u:p@w@h:1", "http://***@h:1"},
      {"HTTPS://u@h?key=1", "HTTPS://***@h?key=***"},
      {"u:p@h:443", "***@h:443"},
      {"u:p@h?x=http://y", "***@h?x=http://y"},
      {"https://h/#access_token=1&x=y", "https://h/#access_token=***&x=y"},
  }));
  CHECK(masked(opslb::put_redacted_target, target) == logged);
}

TEST_CASE("userinfo in a Host value is masked") {
  CHECK(masked(opslb::put_redacted_host, "u:p@ops.example.com:80") == "***@ops.example.com:80");
  CHECK(masked(opslb::put_redacted_host, "@") == "***@");
}
