#include "proxy/state_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>

#include "proxy/utc_time.hpp"

namespace opslb {
namespace {

namespace fs = std::filesystem;
using json = nlohmann::json;

/// Of 64 backends' drains it is a fraction.
constexpr std::size_t largest_state = 256 * 1024;
constexpr int format_version = 1;

/// A descriptor that closes itself.
class opened_file {
 public:
  explicit opened_file(int descriptor) : descriptor_(descriptor) {}
  ~opened_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  opened_file(const opened_file&) = delete;
  opened_file& operator=(const opened_file&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

std::string last_error() { return std::strerror(errno); }

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Null: this is no drain.
std::optional<kept_drain> to_drain(const json& item) {
  if (!item.is_object()) return std::nullopt;
  kept_drain result{text_of(item, "backend"), text_of(item, "url"), {}};
  const auto since = parse_rfc3339(text_of(item, "since"));
  if (result.backend.empty() || result.url.empty() || !since) return std::nullopt;
  result.since = *since;
  return result;
}

/// All of the file; an error's number if it cannot be read.
std::pair<std::string, int> read_all(const fs::path& file) {
  // O_NONBLOCK: a FIFO must not keep opslb from starting.
  const opened_file in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (in.get() < 0) return {{}, errno};
  std::string text;
  for (char piece[16 * 1024]; text.size() <= largest_state;) {
    const ssize_t size = ::read(in.get(), piece, sizeof piece);
    if (size < 0) return {{}, errno};
    if (size == 0) break;
    text.append(piece, static_cast<std::size_t>(size));
  }
  return {std::move(text), 0};
}

/// Empty: written, and on the disk.
std::string write_all(const fs::path& file, std::string_view text) {
  const opened_file out(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (out.get() < 0) return last_error();
  while (!text.empty()) {
    const ssize_t size = ::write(out.get(), text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return last_error();
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return ::fsync(out.get()) == 0 ? std::string() : last_error();
}

}  // namespace

fs::path default_state_file() {
  for (const char* variable : {"RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"}) {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value != '/') continue;
    // systemd.exec(5): several directories are separated by colons.
    const std::string_view first(value, std::strcspn(value, ":"));
    return fs::path(first) / "opslb" / "state.json";
  }
  return "/run/opslb/state.json";
}

loaded_state parse_state(std::string_view text) {
  const auto broken = [](std::string why) { return loaded_state{{}, std::move(why)}; };
  if (text.size() > largest_state) return broken("it is too large");
  const json document = json::parse(text, nullptr, false);
  if (!document.is_object()) return broken("it is not JSON that opslb has written");
  if (document.value("version", json()) != format_version) return broken("it is of another version of opslb");
  const auto list = document.find("drained");
  if (list == document.end() || !list->is_array()) return broken("it has no list of drains");
  loaded_state result;
  for (const json& item : *list) {
    auto drain = to_drain(item);
    if (!drain) return broken("a drain in it is incomplete");
    result.drains.push_back(std::move(*drain));
  }
  return result;
}

loaded_state load_state(const fs::path& file) {
  const auto [text, error] = read_all(file);
  if (error == ENOENT || error == ENOTDIR) return {};
  if (error != 0) {
    return {{},
            fmt::format("state file {} cannot be read, so no drain is known: {}", file.string(), std::strerror(error))};
  }
  loaded_state result = parse_state(text);
  if (result.warning.empty()) return result;
  const fs::path aside = file.string() + ".broken";
  std::error_code failed;
  fs::rename(file, aside, failed);
  result.warning =
      fmt::format("state file {} cannot be used, so no drain is known: {}; it {}", file.string(), result.warning,
                  failed ? "could not be put aside: " + failed.message() : "is now " + aside.string());
  return result;
}

std::string why_not_writable(const fs::path& file) {
  // The nearest directory that is there: in it the others can be made, or not.
  fs::path directory = file.parent_path();
  while (::access(directory.c_str(), F_OK) != 0 && directory.has_relative_path()) directory = directory.parent_path();
  std::error_code unknown;
  if (!fs::is_directory(directory, unknown)) return fmt::format("{} is no directory", directory.string());
  if (::access(directory.c_str(), W_OK | X_OK) != 0) return fmt::format("{}: {}", directory.string(), last_error());
  return {};
}

std::string to_text(const std::vector<kept_drain>& drains) {
  json document{{"version", format_version}, {"drained", json::array()}};
  for (const kept_drain& each : drains) {
    std::string since;
    append_rfc3339(each.since, since);
    document["drained"].push_back({{"backend", each.backend}, {"url", each.url}, {"since", since}});
  }
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string save_state(const fs::path& file, const std::vector<kept_drain>& drains) {
  std::error_code failed;
  fs::create_directories(file.parent_path(), failed);
  if (failed) return fmt::format("cannot make the directory {}: {}", file.parent_path().string(), failed.message());
  const fs::path aside = file.string() + ".new";
  const std::string wrong = write_all(aside, to_text(drains));
  if (!wrong.empty()) return fmt::format("cannot write {}: {}", aside.string(), wrong);
  fs::rename(aside, file, failed);
  if (failed) return fmt::format("cannot rename {} to {}: {}", aside.string(), file.string(), failed.message());
  // The new name is safe once the directory is on the disk as well; what cannot be synchronised is safe enough.
  const opened_file directory(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) ::fsync(directory.get());
  return {};
}

}  // namespace opslb
