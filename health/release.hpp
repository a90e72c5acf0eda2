// Which release of Ops Manager a host runs, how that is read from what hosts tell, and what it means that hosts differ: Ops
// Manager is in Upgrade Mode until all are the same again. Pure.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace opslb::health {

/// From a header like "gitHash=…; versionString=8.0.4.500.20250304T1609Z": "8.0.4". Empty: it tells none.
std::string release_in(std::string_view service_version);

/// From the beginning of /api/public/v1.0/unauth/versionManifest, an object with a "version": the same.
std::string release_in_manifest(std::string_view json);

/// A host with what is known of its release, "8.0.4" or nothing.
struct known_release {
  std::string host;
  std::string release;
};

struct upgrade_mode {
  bool active = false;                                       ///< hosts differ
  std::string text;                                          ///< one sentence
  std::map<std::string, std::vector<std::string>> releases;  ///< each with its hosts
};

/// "hosts differ, so Ops Manager is in Upgrade Mode: ops1 runs 8.0.5, ops2 and ops3 run 8.0.4"
upgrade_mode compare_releases(std::span<const known_release> hosts);

}  // namespace opslb::health
