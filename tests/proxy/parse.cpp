#include "proxy/parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch_all.hpp>
#include <string>
#include <string_view>

using namespace opslb::json;
using namespace std::literals;

namespace {

// Where the only occurrence of `what` in `text` begins, counted by hand.
position place_of(std::string_view text, std::string_view what) {
  const auto offset = text.find(what);
  REQUIRE(offset != std::string_view::npos);
  REQUIRE(text.find(what, offset + 1) == std::string_view::npos);
  position at;
  for (const char c : text.substr(0, offset)) {
    ++at.column;
    if (c == '\n') at = {at.line + 1, 1};
  }
  return at;
}

// Every key and string that begins with @ is unique in `text`; all of them must know their place. Returns how many.
std::size_t check_places(const value& v, std::string_view text) {
  std::size_t checked = 0;
  const auto check = [&](const std::string& name, position at) {
    if (!name.starts_with('@')) return;
    CAPTURE(name);
    CHECK(at == place_of(text, fmt::format("\"{}\"", name)));
    ++checked;
  };
  check(v.key, v.key_at);
  if (v.what == kind::string) check(v.text, v.at);
  for (const auto& item : v.items) checked += check_places(item, text);
  return checked;
}

value parsed(std::string_view text) {
  const auto document = parse(text);
  for (const auto& problem : document.problems) UNSCOPED_INFO(problem.path << ": " << problem.message);
  REQUIRE(document.problems.empty());
  REQUIRE(document.root);
  return *document.root;
}

}  // namespace

TEST_CASE("every key and string knows its place, whatever stands around it") {
  const auto [text, count] = GENERATE(table<std::string_view, std::size_t>({
      {R"("@1")", 1},
      {R"(  ["@1","@2" , "@3"])", 3},
      {"{\n  \"@a\": \"@1\",\n\n  \"@b\"\n:\n\"@2\"}", 4},
      {"{\r\n  \"@a\": \"@1\",\r\n\t\"@b\": [\"@2\"]\r\n}\r\n", 4},
      {R"({"x": "an \"escaped\" quote", "@a": "\\", "@b": "@1"})", 3},
      {R"({"x": "\u20ac \ud83d\ude42 \/\b\f\n\r\t", "@a": "@1"})", 2},
      {"{\"größe\": \"€🙂\", \"@a\": \"@1\"}", 2},
      {R"([true,"@1",false,"@2",null,"@3",-1.5e+3,"@4",0,"@5",12,"@6",1E2,"@7",{},"@8",[],"@9"])", 9},
      {"// \"comment\" {\n[/* , \" */ \"@1\" // ]\n, /**/ /***/ \"@2\" /* two\nlines */ , \"@3\"] // end", 3},
      {"[ // ends at a lone CR\r\"@1\"]", 1},
      {"// only \"strings\" inside: \"//\", \"/*\"\n{\"//\": \"/* no comment */\", \"@a\": \"@1\"}", 2},
      {R"([[[["@1"],{"@a":{"@b":["@2"]}}],"@3"],"@4"])", 6},
      {R"({"":"","@a":{"":""},"@b":[""]})", 2},
      {R"([",:[]{}", "@1", "]", "@2", "}", "@3"])", 3},
  }));
  CAPTURE(text);
  CHECK(check_places(parsed(text), text) == count);
}

TEST_CASE("brackets, numbers and words know their place") {
  const auto root = parsed("{\"a\": {},\n \"b\":  [ 10,\n true ,null]}");
  CHECK(root.at == position{1, 1});
  CHECK(root.find("a")->at == position{1, 7});
  const auto& list = *root.find("b");
  CHECK(list.at == position{2, 8});
  CHECK(list.items[0].at == position{2, 10});
  CHECK(list.items[1].at == position{3, 2});
  CHECK(list.items[2].at == position{3, 8});
}

TEST_CASE("a byte order mark takes no column") {
  const auto root = parsed("\xEF\xBB\xBF{\"a\": 1}");
  CHECK(root.at == position{1, 1});
  CHECK(root.find("a")->key_at == position{1, 2});
}

TEST_CASE("values are what was written") {
  const auto root = parsed(R"({"s": "a\tb\u00e9", "t": true, "f": false, "n": null, "l": [1, 2], "o": {"k": "v"}})");
  CHECK(root.find("s")->text == "a\tbé");
  CHECK(root.find("t")->boolean);
  CHECK(root.find("f")->what == kind::boolean);
  CHECK_FALSE(root.find("f")->boolean);
  CHECK(root.find("n")->what == kind::null);
  CHECK(root.find("l")->items.size() == 2);
  CHECK(root.find("o")->find("k")->text == "v");
  CHECK(root.find("missing") == nullptr);
}

TEST_CASE("a number knows whether it is whole") {
  const auto [text, whole] = GENERATE(table<std::string, std::optional<std::uint64_t>>({
      {"0", 0},
      {"-0", 0},
      {"128", 128},
      {"18446744073709551615", 18446744073709551615U},
      {"1.0", 1},
      {"1e2", 100},
      {"1.5", std::nullopt},
      {"-1", std::nullopt},
      {"-1.0", std::nullopt},
      {"18446744073709551616", std::nullopt},
      {"1e300", std::nullopt},
  }));
  CAPTURE(text);
  const auto root = parsed(text);
  CHECK(root.what == kind::number);
  CHECK(root.whole == whole);
  CHECK(root.text == text);
}

TEST_CASE("a key that is there already is a problem at its second place, with the path to it") {
  const auto document = parse("{\"a\": [{\"x\": 1,\n \"y\": 2, \"x\": 3}], \"a\": 4}");
  REQUIRE(document.root);
  CHECK(document.root->find("a")->what == kind::list);
  REQUIRE(document.problems.size() == 2);
  CHECK(document.problems[0].at == position{2, 10});
  CHECK(document.problems[0].path == "a[0].x");
  CHECK(document.problems[0].message == "this key stands on line 1 already; remove one of them");
  CHECK(document.problems[1].path == "a");
}

TEST_CASE("equal keys of different objects are no duplicates") { parsed(R"([{"a": {"a": 1}}, {"a": 2}])"); }

TEST_CASE("broken text gives one problem at the place where it breaks, in words") {
  struct row {
    std::string_view text;
    position at;
    std::string_view message;
  };
  const auto [text, at, message] = GENERATE(values<row>({
      {"", {1, 1}, "the file ends here; expected a value"},
      {"// nothing\n", {2, 1}, "the file ends here; expected a value"},
      {"{", {1, 2}, R"(the file ends here; expected a key in double quotes or "}")"},
      {"{\"a\"", {1, 5}, R"(the file ends here; expected ":" after the key)"},
      {"{\"a\": ", {1, 7}, "the file ends here; expected a value"},
      {"\n{\"a\": 1\n\n", {4, 1}, R"(the file ends here; expected "," or "}" for the "{" of line 2)"},
      {"[\n[1\n", {3, 1}, R"(the file ends here; expected "," or "]" for the "[" of line 2)"},
      {"{\"a\": 1 \"b\": 2}", {1, 9}, R"(expected "," or "}" for the "{" of line 1, found a string)"},
      {"{\"a\" 1}", {1, 6}, R"(expected ":" after the key, found "1")"},
      {"{\"a\": }", {1, 7}, R"(expected a value, found "}")"},
      {"{\"a\": 1,}", {1, 9}, R"(remove the comma before "}"; the last item has none)"},
      {"[1, /* two */ ]", {1, 15}, R"(remove the comma before "]"; the last item has none)"},
      {"[1}", {1, 3}, R"(expected "," or "]" for the "[" of line 1, found "}")"},
      {"[,1]", {1, 2}, R"(expected a value or "]", found ",")"},
      {"{a: 1}", {1, 2}, R"(write the key in double quotes: "a")"},
      {"{\"a\": 1, b2: 1}", {1, 10}, R"(write the key in double quotes: "b2")"},
      {"{1: 1}", {1, 2}, R"(expected a key in double quotes or "}", found "1")"},
      {"{'a': 1}", {1, 2}, "single quotes are not JSON; use double quotes"},
      {"{\"a\": 'b'}", {1, 7}, "single quotes are not JSON; use double quotes"},
      {"{} {}", {1, 4}, R"(expected the end of the file, found "{")"},
      {"{}, {}", {1, 3}, R"(expected the end of the file, found ",")"},
      {"{\"a\": yes}",
       {1, 7},
       R"("yes" is not a value; strings need double quotes, and true, false and null are lower case)"},
      {"[tru]", {1, 2}, R"("tru" is not a value; strings need double quotes, and true, false and null are lower case)"},
      {"[180s]", {1, 5}, R"(expected "," or "]" for the "[" of line 1, found "s")"},
      {"[1true]", {1, 3}, R"(expected "," or "]" for the "[" of line 1, found "t")"},
      {"[1-2]", {1, 3}, R"(expected "," or "]" for the "[" of line 1, found "-")"},
      {"[1e999]", {1, 2}, "this number cannot be read; write it as plain digits, such as 100"},
      {"[-x]", {1, 2}, "this number cannot be read; write it as plain digits, such as 100"},
      {"[1.]", {1, 2}, "this number cannot be read; write it as plain digits, such as 100"},
      {"[+1]", {1, 2}, R"(expected a value or "]", found "+")"},
      {"{\"a\": \"b\n\"}", {1, 7}, "this string is not closed; it must end with a double quote on the same line"},
      {"{\"a", {1, 2}, "this string is not closed; end it with a double quote"},
      {"[\"a\x01\"]", {1, 2}, R"(this string holds a control character; write it as \t or \u00XX)"},
      {R"(["C:\logs"])", {1, 2}, R"(this string holds an escape that JSON does not have; write a backslash as \\)"},
      {R"({"a\q": 1})", {1, 2}, R"(this string holds an escape that JSON does not have; write a backslash as \\)"},
      {R"(["\ud800"])",
       {1, 2},
       R"(this string holds a \u escape that is no character; four hexadecimal digits name one)"},
      {"[1, /* never\nclosed", {1, 5}, "this comment is not closed; end it with */"},
      {"# no\n{}", {1, 1}, "comments begin with // or stand between /* and */"},
      {"[1, é]", {1, 5}, R"(expected a value, found "é")"},
      {"/", {1, 1}, R"(expected a value, found "/")"},
  }));
  CAPTURE(text);
  const auto document = parse(text);
  CHECK_FALSE(document.root);
  REQUIRE(document.problems.size() == 1);
  CHECK(document.problems[0].message == message);
  CHECK(document.problems[0].at == at);
}

TEST_CASE("a syntax error names the object or list it happened in") {
  const auto document = parse(R"({"listeners": [{"bind": "x"}, {"bind" "y"}]})");
  REQUIRE(document.problems.size() == 1);
  CHECK(document.problems[0].path == "listeners[1]");
}

TEST_CASE("nesting is bounded, so that no text can exhaust the stack") {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(parse(nested(32)).problems.empty());
  const auto document = parse(nested(33));
  CHECK_FALSE(document.root);
  REQUIRE(document.problems.size() == 1);
  CHECK(document.problems[0].at == position{1, 33});
  CHECK(parse(std::string(1'000'000, '[')).problems.size() == 1);
}

TEST_CASE("paths read like JavaScript") {
  CHECK(path_to("", "listeners") == "listeners");
  CHECK(path_to(path_to("listeners", 2), "bind") == "listeners[2].bind");
  CHECK(path_to("timeouts.idle_for", "/agents/") == R"(timeouts.idle_for["/agents/"])");
  CHECK(path_to("", "a b") == R"(["a b"])");
  CHECK(path_to("x", "") == R"(x[""])");
}

TEST_CASE("quoted text fits into one line of a message") {
  CHECK(opslb::json::quoted("plain €") == R"("plain €")");
  CHECK(opslb::json::quoted("a\"b\\c\n\x1b[31m\x7f") == R"("a\"b\\c\u000a\u001b[31m\u007f")");
  CHECK(opslb::json::quoted(std::string(101, 'x')) == "\"" + std::string(100, 'x') + "…\"");
  std::string wide;
  for (int i = 0; i < 50; ++i) wide += "€";
  CHECK(opslb::json::quoted(wide) == "\"" + wide.substr(0, 34 * 3) + "…\"");  // never within a character
}
