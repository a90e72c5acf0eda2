#include "headers/path_class.hpp"

namespace opslb::headers {
namespace {

struct rule {
  std::string_view prefix;
  std::string_view part;  ///< stands somewhere behind it; empty: nothing has to
  std::string_view kind;
};

/// The first that fits.
constexpr rule rules[] = {
    {"/agents/api/backup/", "/restore", "restore"},  // an agent fetches what it restores
    {"/agents/api/backup/", "", "backup"},
    {"/agents/", "", "agents"},
    {"/backup/restore/", "", "restore"},
    {"/backup/", "", "backup"},  // blocks and oplog slices of older agents
    {"/restore/", "", "restore"},
    {"/api/", "/logCollectionJobs/", "diagnostics"},
    {"/api/", "/diagnostics", "diagnostics"},
    {"/api/", "", "api"},
    {"/admin/diagnostics", "", "diagnostics"},
    {"/diagnostics", "", "diagnostics"},
    {"/download/", "", "download"},                     // the agents' own packages
    {"/automation/mongodb-releases/", "", "download"},  // automation.versions.source: local or hybrid
    {"/monitor/health", "", "health"},
    {"/_sim/", "", "other"},  // of no host that anybody upgrades
    {"/", "", "ui"},
};

}  // namespace

std::string_view path_class(std::string_view target) {
  if (!target.starts_with('/')) {
    const auto scheme = target.find("://");
    const auto path = scheme == std::string_view::npos ? scheme : target.find('/', scheme + 3);
    if (path == std::string_view::npos) return "other";
    target.remove_prefix(path);
  }
  target = target.substr(0, target.find('?'));
  for (const rule& each : rules) {
    if (!target.starts_with(each.prefix)) continue;
    if (each.part.empty() || target.find(each.part) != std::string_view::npos) return each.kind;
  }
  return "other";
}

}  // namespace opslb::headers
