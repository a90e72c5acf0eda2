// Writes metrics down in Prometheus' text format (exposition format 0.0.4): one family after the other, each with its help and
// type, then its samples. Pure.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "proxy/admin/report.hpp"

namespace opslb::admin {

struct label {
  std::string_view name;
  std::string_view value;  ///< any UTF-8; it is escaped
};
using labels = std::initializer_list<label>;

class exposition {
 public:
  /// The samples that follow are of this family; `type` is counter, gauge or histogram.
  void family(std::string_view name, std::string_view type, std::string_view help);

  void sample(labels of, std::uint64_t value);
  void sample(labels of, double value);
  /// All that a histogram has; without buckets nothing.
  void samples(labels of, const histogram& what, const std::vector<double>& bounds);

  const std::string& text() const { return text_; }

 private:
  void begin_sample(std::string_view suffix, labels of, std::string_view bound = {});

  std::string text_;
  std::string name_;
};

}  // namespace opslb::admin
