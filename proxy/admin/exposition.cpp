#include "proxy/admin/exposition.hpp"

#include <fmt/format.h>

#include <iterator>

namespace opslb::admin {
namespace {

void append_escaped(std::string_view value, std::string& out) {
  for (const char c : value) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '"': out += "\\\""; break;
      case '\n': out += "\\n"; break;
      default: out += c;
    }
  }
}

}  // namespace

void exposition::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  fmt::format_to(std::back_inserter(text_), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

void exposition::begin_sample(std::string_view suffix, labels of, std::string_view bound) {
  text_.append(name_).append(suffix);
  char before = '{';
  const auto add = [&](std::string_view name, std::string_view value) {
    text_ += before;
    text_.append(name).append("=\"");
    append_escaped(value, text_);
    text_ += '"';
    before = ',';
  };
  for (const label& each : of) add(each.name, each.value);
  if (!bound.empty()) add("le", bound);
  text_ += before == ',' ? "} " : " ";
}

void exposition::sample(labels of, std::uint64_t value) {
  begin_sample({}, of);
  fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

void exposition::sample(labels of, double value) {
  begin_sample({}, of);
  fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

void exposition::samples(labels of, const histogram& what, const std::vector<double>& bounds) {
  if (what.counts.size() != bounds.size() + 1) return;
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < what.counts.size(); ++i) {
    so_far += what.counts[i];
    begin_sample("_bucket", of, i < bounds.size() ? fmt::format("{}", bounds[i]) : "+Inf");
    fmt::format_to(std::back_inserter(text_), "{}\n", so_far);
  }
  begin_sample("_sum", of);
  fmt::format_to(std::back_inserter(text_), "{}\n", what.sum);
  begin_sample("_count", of);
  fmt::format_to(std::back_inserter(text_), "{}\n", so_far);
}

}  // namespace opslb::admin
