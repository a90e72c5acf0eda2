// What reading one string of the configuration gives: a value, or what is wrong with it.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace opslb {

template <typename T>
struct outcome {
  std::optional<T> value;
  std::string wrong;  ///< without value: how a message about the key goes on, as in `must be …`

  static outcome good(T what) { return {std::move(what), {}}; }
  static outcome bad(std::string why) { return {std::nullopt, std::move(why)}; }
};

}  // namespace opslb
