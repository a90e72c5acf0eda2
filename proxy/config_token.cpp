#include "proxy/config_token.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "proxy/parse.hpp"

namespace opslb {
namespace {

constexpr std::size_t longest = 512;

bool is_visible(char c) { return c > 0x20 && c < 0x7F; }

}  // namespace

outcome<std::string> read_token(const std::string& path) {
  using result = outcome<std::string>;
  const auto name = json::quoted(path);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!in) return result::bad(fmt::format("{} cannot be opened: {}", name, std::strerror(errno)));
  std::string text(longest + 3, '\0');  // with a line end, and a byte more to tell what is too long
  text.resize(std::fread(text.data(), 1, text.size(), in.get()));
  if (std::ferror(in.get()) != 0) return result::bad(fmt::format("{} cannot be read: {}", name, std::strerror(errno)));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) {
    return result::bad(fmt::format("{} is empty; make a token with: openssl rand -hex 32 -out {}", name, path));
  }
  if (text.size() > longest || !std::all_of(text.begin(), text.end(), is_visible)) {
    return result::bad(
        fmt::format("{} must hold one line of 1 to {} visible ASCII characters without blanks", name, longest));
  }
  return result::good(std::move(text));
}

}  // namespace opslb
