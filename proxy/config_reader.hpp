// Reads one object of the configuration key by key. Each call names a key, the place for its value (which holds the
// default) and what may stand there, so that a function which reads an object looks like the table of its keys. The
// same calls fill the catalog of all keys that the schema is compared with: what the loader knows and what it says it
// knows cannot differ.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "proxy/config_findings.hpp"
#include "proxy/config_keys.hpp"
#include "proxy/config_outcome.hpp"
#include "proxy/parse.hpp"

namespace opslb {

struct duration_bounds {
  std::chrono::milliseconds least;
  std::chrono::milliseconds most = std::chrono::hours(168);
};
struct count_bounds {
  std::uint64_t least;
  std::uint64_t most;
};

enum class presence : std::uint8_t { optional, required, or_null };  ///< or_null: null counts as absent

class object_reader {
 public:
  template <typename E>
  using choices = std::initializer_list<std::pair<std::string_view, E>>;
  template <typename T>
  using converter = outcome<T> (*)(std::string_view);

  /// `object` is nullptr where the file has none: every key then keeps its default. With a catalog, nothing is read,
  /// and the keys are listed in it.
  object_reader(const json::value* object, std::string path, findings& found, key_catalog* catalog)
      : object_(object),
        path_(std::move(path)),
        found_(found),
        catalog_(catalog) {}

  void boolean(std::string_view key, bool& out);
  void duration(std::string_view key, std::chrono::milliseconds& out, duration_bounds bounds);
  /// A duration from 0 to `most` that a protocol counts in whole seconds.
  void seconds(std::string_view key, std::chrono::seconds& out, std::chrono::seconds most);
  /// "64KiB", or 0 for no bound.
  void size(std::string_view key, std::uint64_t& out);
  /// or_null: what `out` holds is the value of null.
  template <typename Unsigned>
  void count(std::string_view key, Unsigned& out, count_bounds bounds, presence need = presence::optional);
  template <typename E>
  void choice(std::string_view key, E& out, choices<E> allowed);
  /// A string that `convert` makes a value of.
  template <typename T>
  void text(std::string_view key, T& out, converter<T> convert, presence need = presence::optional);
  template <typename T>
  void texts(std::string_view key, std::vector<T>& out, converter<T> convert);
  /// An object of idle times by path prefix. It replaces whatever `out` held.
  void idle_rules(std::string_view key, std::vector<idle_rule>& out, converter<std::string> convert,
                  duration_bounds bounds);
  /// `read(object_reader&)` reads the object at `key`. Is there one?
  template <typename Read>
  bool object(std::string_view key, Read read, presence need = presence::optional);
  /// `read(object_reader&, T&)` reads each object of the list at `key`.
  template <typename T, typename Read>
  void objects(std::string_view key, std::vector<T>& out, Read read);

  /// Allowed, and without a meaning to opslb.
  void ignored(std::string_view key);

  /// The string at `key` as the file has it; empty if there is none.
  std::string_view written(std::string_view key) const;

  /// Refuses what no call asked for. To be called last.
  void finish();

 private:
  std::string path_to(std::string_view key) const { return json::path_to(path_, key); }
  const json::value* take(std::string_view key, known_key what);
  const json::value* take(std::string_view key, known_key what, json::kind expected);
  bool is(json::kind expected, const json::value& held, const std::string& path);
  template <typename T>
  void convert_into(const json::value& held, const std::string& path, T& out, converter<T> convert);

  void read_duration(const json::value& held, const std::string& path, std::chrono::milliseconds& out,
                     duration_bounds bounds);
  std::optional<std::uint64_t> read_count(std::string_view key, std::string fallback, count_bounds bounds);
  std::optional<std::string_view> read_choice(std::string_view key, std::string_view fallback,
                                              std::vector<std::string_view> names);
  const json::value* take_text(std::string_view key, std::string_view fallback, presence need);

  const json::value* object_;
  std::string path_;
  findings& found_;
  key_catalog* catalog_;
  std::vector<std::string_view> known_;
};

template <typename Unsigned>
void object_reader::count(std::string_view key, Unsigned& out, count_bounds bounds, presence need) {
  const auto number = read_count(key, need == presence::or_null ? "null" : std::to_string(out), bounds);
  if (number) out = static_cast<Unsigned>(*number);
}

template <typename E>
void object_reader::choice(std::string_view key, E& out, choices<E> allowed) {
  std::vector<std::string_view> names;
  std::string_view fallback;
  for (const auto& [name, meaning] : allowed) {
    names.push_back(name);
    if (meaning == out) fallback = name;
  }
  const auto chosen = read_choice(key, fallback, std::move(names));
  for (const auto& [name, meaning] : allowed) {
    if (chosen == name) out = meaning;
  }
}

template <typename T>
void object_reader::convert_into(const json::value& held, const std::string& path, T& out, converter<T> convert) {
  auto read = convert(held.text);
  if (read.value) {
    out = std::move(*read.value);
  } else {
    found_.error(path, std::move(read.wrong));
  }
}

template <typename T>
void object_reader::text(std::string_view key, T& out, converter<T> convert, presence need) {
  std::string_view fallback;
  if constexpr (std::is_same_v<T, std::string>) fallback = out;
  if (const auto* held = take_text(key, fallback, need)) convert_into(*held, path_to(key), out, convert);
}

template <typename T>
void object_reader::texts(std::string_view key, std::vector<T>& out, converter<T> convert) {
  const auto* list = take(key, {.type = "strings", .fallback = "[]"}, json::kind::list);
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const auto path = json::path_to(path_to(key), i);
    found_.saw(path, list->items[i].at);
    if (is(json::kind::string, list->items[i], path)) convert_into(list->items[i], path, out.emplace_back(), convert);
  }
}

template <typename Read>
bool object_reader::object(std::string_view key, Read read, presence need) {
  const auto* held = take(key, {.type = "object"});
  const bool is_absent = held == nullptr || (need == presence::or_null && held->what == json::kind::null);
  if (is_absent || !is(json::kind::object, *held, path_to(key))) held = nullptr;
  object_reader inner(held, path_to(key), found_, catalog_);
  read(inner);
  inner.finish();
  return held != nullptr;
}

template <typename T, typename Read>
void object_reader::objects(std::string_view key, std::vector<T>& out, Read read) {
  const auto read_item = [&](const json::value* item, std::string path) {
    object_reader inner(item, std::move(path), found_, catalog_);
    read(inner, out.emplace_back());
    inner.finish();
  };
  const auto* list = take(key, {.type = "objects"}, json::kind::list);
  if (catalog_ != nullptr) read_item(nullptr, path_to(key) + "[]");
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const auto path = json::path_to(path_to(key), i);
    found_.saw(path, list->items[i].at);
    // A list's place is kept even for what is no object: paths count on it.
    read_item(is(json::kind::object, list->items[i], path) ? &list->items[i] : nullptr, path);
  }
}

}  // namespace opslb
