#include "proxy/parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "proxy/parse_cursor.hpp"
#include "proxy/parse_syntax.hpp"

namespace opslb::json {
namespace {

// The tree is walked and destroyed by recursion, so its depth is bounded here.
constexpr std::size_t deepest = 32;

// Doubles name every whole number up to here.
constexpr double largest_exact = 9007199254740992.0;

// Builds the tree from the parser's events, each of which comes for the next token that is not a comma or a colon.
class builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit builder(std::string_view text) : cursor_(text) {}

  document take() && {
    if (!broken_) result_.root = std::move(root_);
    return std::move(result_);
  }

  bool null() override {
    place(kind::null);
    return take_token();
  }
  bool boolean(bool b) override {
    place(kind::boolean)->boolean = b;
    return take_token();
  }
  bool string(string_t& text) override {
    place(kind::string)->text = std::move(text);
    return take_token();
  }
  bool number_unsigned(number_unsigned_t n) override { return add_number(n); }
  bool number_integer(number_integer_t n) override {
    if (n >= 0) return add_number(static_cast<std::uint64_t>(n));
    return add_number(std::nullopt);
  }
  bool number_float(number_float_t n, const string_t&) override {
    const bool is_whole = n >= 0 && n <= largest_exact && std::trunc(n) == n;
    return add_number(is_whole ? std::optional(static_cast<std::uint64_t>(n)) : std::nullopt);
  }
  bool binary(binary_t&) override { return false; }  // only binary formats have these

  bool start_object(std::size_t) override { return open(kind::object, awaited::first_key); }
  bool start_array(std::size_t) override { return open(kind::list, awaited::first_item); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    to_next_token();
    key_at_ = cursor_.here();
    cursor_.skip_token();
    key_ = std::move(name);
    if (!open_.back().keys.insert(key_).second) repeated(*open_.back().node->find(key_));
    next_ = awaited::colon;
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
    enclosing around;
    if (!open_.empty()) around = {open_.back().node->what == kind::object ? '{' : '[', open_.back().node->at};
    const auto found = explain(cursor_, next_, around);
    return give_up(found.at, found.message);
  }

 private:
  struct level {
    value* node;  // stays where it is: its parent takes no further item before this one is closed
    std::string path;
    std::set<std::string> keys;
  };

  void to_next_token() {
    cursor_.skip_blanks();
    if (cursor_.skip(',') || cursor_.skip(':')) cursor_.skip_blanks();
  }

  value* place(kind what) {
    to_next_token();
    auto& placed = open_.empty() ? root_.emplace() : open_.back().node->items.emplace_back();
    placed.what = what;
    placed.at = cursor_.here();
    if (!open_.empty() && open_.back().node->what == kind::object) {
      placed.key = std::move(key_);
      placed.key_at = key_at_;
    }
    return &placed;
  }

  bool take_token() {
    cursor_.skip_token();
    next_ = open_.empty() ? awaited::nothing : awaited::more;
    return true;
  }

  bool add_number(std::optional<std::uint64_t> whole) {
    auto* number = place(kind::number);
    number->whole = whole;
    number->text = cursor_.rest().substr(0, number_length(cursor_.rest()));
    return take_token();
  }

  bool open(kind what, awaited next) {
    auto path = path_of_next();
    auto* node = place(what);
    if (open_.size() == deepest)
      return give_up(node->at, fmt::format("objects and lists may nest {} deep only", deepest));
    cursor_.skip_token();
    open_.push_back({node, std::move(path), {}});
    next_ = next;
    return true;
  }

  bool close() {
    to_next_token();
    open_.pop_back();
    return take_token();
  }

  std::string path_of_next() const {
    if (open_.empty()) return {};
    const auto& around = open_.back();
    if (around.node->what == kind::object) return path_to(around.path, key_);
    return path_to(around.path, around.node->items.size());
  }

  void repeated(const value& first) {
    result_.problems.push_back(
        {key_at_, path_to(open_.back().path, key_),
         fmt::format("this key stands on line {} already; remove one of them", first.key_at.line)});
  }

  bool give_up(position at, std::string message) {
    broken_ = true;
    result_.problems.push_back({at, open_.empty() ? std::string() : open_.back().path, std::move(message)});
    return false;
  }

  cursor cursor_;
  awaited next_ = awaited::value;
  std::vector<level> open_;
  std::string key_;
  position key_at_;
  std::optional<value> root_;
  bool broken_ = false;
  document result_;
};

bool is_plain_word(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '$';
  });
}

}  // namespace

const value* value::find(std::string_view name) const {
  const auto it = std::find_if(items.begin(), items.end(), [name](const value& item) { return item.key == name; });
  return it == items.end() ? nullptr : &*it;
}

document parse(std::string_view text) {
  builder tree(text);
  nlohmann::json::sax_parse(text.begin(), text.end(), &tree, nlohmann::json::input_format_t::json, true, true);
  return std::move(tree).take();
}

std::string path_to(std::string_view outer, std::string_view key) {
  if (!is_plain_word(key)) return fmt::format("{}[{}]", outer, quoted(key));
  return outer.empty() ? std::string(key) : fmt::format("{}.{}", outer, key);
}

std::string path_to(std::string_view outer, std::size_t index) { return fmt::format("{}[{}]", outer, index); }

std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 100;
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool begins_character = (byte & 0xC0U) != 0x80;
    if (at >= longest && begins_character) {
      out += "…";
      break;
    }
    if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(byte));
    } else {
      if (byte == '"' || byte == '\\') out += '\\';
      out += text[at];
    }
  }
  return out + '"';
}

std::string_view name_of(kind what) {
  switch (what) {
    case kind::null: return "null";
    case kind::boolean: return "true or false";
    case kind::number: return "a number";
    case kind::string: return "a string";
    case kind::list: return "a list";
    case kind::object: break;
  }
  return "an object";
}

}  // namespace opslb::json
