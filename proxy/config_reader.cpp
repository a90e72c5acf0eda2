#include "proxy/config_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "proxy/config_units.hpp"
#include "proxy/nearest.hpp"

namespace opslb {
namespace {

std::string listed(const std::vector<std::string_view>& words) {
  return fmt::format("\"{}\"", fmt::join(words, "\", \""));
}

std::string did_you_mean(std::string_view written, const std::vector<std::string_view>& words) {
  const auto meant = nearest(written, words);
  return meant ? fmt::format("; did you mean \"{}\"?", *meant) : std::string();
}

// A value of the right kind in quotes, or a wrong kind from which the right one can be guessed.
std::string_view hint(json::kind expected, const json::value& held) {
  const bool is_quoted_number = held.what == json::kind::string && !held.text.empty() &&
                                held.text.find_first_not_of("0123456789") == std::string::npos;
  if (expected == json::kind::number && is_quoted_number) return "; remove the quotes";
  if (expected == json::kind::boolean && (held.text == "true" || held.text == "false")) return "; remove the quotes";
  if (expected == json::kind::list && held.what != json::kind::null) return "; put [ ] around it";
  return "";
}

}  // namespace

const json::value* object_reader::take(std::string_view key, known_key what) {
  known_.push_back(key);
  if (catalog_ != nullptr) {
    what.path = path_to(key);
    catalog_->push_back(std::move(what));
  }
  const auto* held = object_ == nullptr ? nullptr : object_->find(key);
  if (held != nullptr) found_.saw(path_to(key), held->at);
  return held;
}

const json::value* object_reader::take(std::string_view key, known_key what, json::kind expected) {
  const auto* held = take(key, std::move(what));
  return held != nullptr && is(expected, *held, path_to(key)) ? held : nullptr;
}

bool object_reader::is(json::kind expected, const json::value& held, const std::string& path) {
  if (held.what == expected) return true;
  found_.error(path, fmt::format("must be {}, not {}{}", name_of(expected), name_of(held.what), hint(expected, held)));
  return false;
}

void object_reader::boolean(std::string_view key, bool& out) {
  const auto* held = take(key, {.type = "boolean", .fallback = out ? "true" : "false"}, json::kind::boolean);
  if (held != nullptr) out = held->boolean;
}

void object_reader::duration(std::string_view key, std::chrono::milliseconds& out, duration_bounds bounds) {
  const auto* held = take(key, {.type = "duration",
                                .fallback = fmt::format("\"{}\"", write_duration(out)),
                                .least = static_cast<std::uint64_t>(bounds.least.count()),
                                .most = static_cast<std::uint64_t>(bounds.most.count())});
  if (held != nullptr) read_duration(*held, path_to(key), out, bounds);
}

void object_reader::read_duration(const json::value& held, const std::string& path, std::chrono::milliseconds& out,
                                  duration_bounds bounds) {
  if (held.what == json::kind::number && held.whole) {
    return found_.error(path, fmt::format("needs a unit (ms, s, m or h); did you mean \"{}s\"?", *held.whole));
  }
  if (!is(json::kind::string, held, path)) return;
  const auto read = to_duration(held.text);
  if (!read.value) return found_.error(path, read.wrong);
  if (*read.value < bounds.least || *read.value > bounds.most) {
    return found_.error(
        path, fmt::format("must be from {} to {}", write_duration(bounds.least), write_duration(bounds.most)));
  }
  out = *read.value;
}

void object_reader::seconds(std::string_view key, std::chrono::seconds& out, std::chrono::seconds most) {
  const auto* held = take(key, {.type = "seconds",
                                .fallback = fmt::format("\"{}\"", write_duration(out)),
                                .most = static_cast<std::uint64_t>(most.count())});
  if (held == nullptr) return;
  if (held->what == json::kind::string && held->text.ends_with("ms")) {
    return found_.error(path_to(key), "is counted in whole seconds; write it in s, m or h");
  }
  std::chrono::milliseconds read = out;
  read_duration(*held, path_to(key), read, {0ms, most});
  out = std::chrono::duration_cast<std::chrono::seconds>(read);
}

void object_reader::size(std::string_view key, std::uint64_t& out) {
  const auto* held = take(key, {.type = "size", .fallback = out == 0 ? "0" : fmt::format("\"{}\"", write_size(out))});
  if (held == nullptr) return;
  if (held->whole == 0U) {
    out = 0;
  } else if (held->what == json::kind::number && held->whole) {
    found_.error(path_to(key),
                 fmt::format("needs a unit (B, KiB, MiB or GiB); did you mean \"{}\"?", write_size(*held->whole)));
  } else if (is(json::kind::string, *held, path_to(key))) {
    convert_into(*held, path_to(key), out, &to_size);
  }
}

std::optional<std::uint64_t> object_reader::read_count(std::string_view key, std::string fallback,
                                                       count_bounds bounds) {
  const bool or_null = fallback == "null";
  const auto* held =
      take(key, {.type = "count", .fallback = std::move(fallback), .least = bounds.least, .most = bounds.most});
  if (held == nullptr || (or_null && held->what == json::kind::null)) return std::nullopt;
  if (!is(json::kind::number, *held, path_to(key))) return std::nullopt;
  if (held->whole && *held->whole >= bounds.least && *held->whole <= bounds.most) return held->whole;
  found_.error(path_to(key), fmt::format("must be a whole number from {} to {}", bounds.least, bounds.most));
  return std::nullopt;
}

std::optional<std::string_view> object_reader::read_choice(std::string_view key, std::string_view fallback,
                                                           std::vector<std::string_view> names) {
  const auto* held =
      take(key, {.type = "choice", .fallback = fmt::format("\"{}\"", fallback), .choices = names}, json::kind::string);
  if (held == nullptr) return std::nullopt;
  const auto found = std::find(names.begin(), names.end(), held->text);
  if (found != names.end()) return *found;
  found_.error(path_to(key), fmt::format("must be one of {}{}", listed(names), did_you_mean(held->text, names)));
  return std::nullopt;
}

const json::value* object_reader::take_text(std::string_view key, std::string_view fallback, presence need) {
  known_key what{.type = "string", .required = need == presence::required};
  if (!fallback.empty()) what.fallback = fmt::format("\"{}\"", fallback);
  if (need == presence::or_null) what.fallback = "null";
  const auto* held = take(key, std::move(what));
  if (held == nullptr) {
    if (need == presence::required && object_ != nullptr)
      found_.error(object_->at, path_to(key), "is missing; this key is required");
    return nullptr;
  }
  if (need == presence::or_null && held->what == json::kind::null) return nullptr;
  return is(json::kind::string, *held, path_to(key)) ? held : nullptr;
}

void object_reader::idle_rules(std::string_view key, std::vector<idle_rule>& out, converter<std::string> convert,
                               duration_bounds bounds) {
  std::vector<std::string> defaults;
  for (const auto& rule : out)
    defaults.push_back(fmt::format("\"{}\": \"{}\"", rule.prefix, write_duration(rule.idle)));
  const auto* held = take(key,
                          {.type = "idle rules",
                           .fallback = fmt::format("{{{}}}", fmt::join(defaults, ", ")),
                           .least = static_cast<std::uint64_t>(bounds.least.count()),
                           .most = static_cast<std::uint64_t>(bounds.most.count())},
                          json::kind::object);
  if (held == nullptr) return;
  out.clear();
  for (const auto& item : held->items) {
    const auto path = json::path_to(path_to(key), item.key);
    found_.saw(path, item.at);
    if (asks_for_caching(item.key)) continue;  // refused for the whole file at once
    auto& rule = out.emplace_back();
    if (auto prefix = convert(item.key); prefix.value) {
      rule.prefix = std::move(*prefix.value);
    } else {
      found_.error(item.key_at, path, std::move(prefix.wrong));
    }
    read_duration(item, path, rule.idle, bounds);
  }
}

void object_reader::ignored(std::string_view key) { take(key, {.type = "ignored"}, json::kind::string); }

std::string_view object_reader::written(std::string_view key) const {
  const auto* held = object_ == nullptr ? nullptr : object_->find(key);
  return held == nullptr ? std::string_view() : std::string_view(held->text);
}

void object_reader::finish() {
  if (object_ == nullptr) return;
  for (const auto& item : object_->items) {
    const bool is_known = std::find(known_.begin(), known_.end(), item.key) != known_.end();
    if (is_known || asks_for_caching(item.key)) continue;
    const auto suggestion = did_you_mean(item.key, known_);
    found_.error(item.key_at, path_to(item.key),
                 suggestion.empty() ? fmt::format("unknown key; known here are {}", listed(known_))
                                    : "unknown key" + suggestion);
  }
}

}  // namespace opslb
