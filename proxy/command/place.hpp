// Which running process a command speaks to: where its admin endpoint is, and the token for it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/config_outcome.hpp"

namespace opslb::command {

/// As the command line has it.
struct place_options {
  std::string config;      ///< --config; empty: not given
  std::string admin;       ///< --admin
  std::string token_file;  ///< --token-file
};

struct place {
  std::string unix_path;  ///< empty: TCP
  std::string host;       ///< a name or an address, IPv6 without brackets
  std::uint16_t port = 0;
  std::string token;  ///< empty: none

  /// For messages and the Host line: "127.0.0.1:9080"; of a unix socket "unix:PATH".
  std::string to_string() const;
};

/// HOST:PORT, http://HOST:PORT or unix:PATH.
outcome<place> parse_place(std::string_view text);

/// By --admin, else by the configuration file, else by the one that is there by default, else the default address. `wrong` is a
/// whole sentence. May read files.
outcome<place> find_place(const place_options& options);

}  // namespace opslb::command
