#include "headers/path_class.hpp"

#include <catch2/catch_all.hpp>
#include <string>

using namespace opslb::headers;

TEST_CASE("the traffic of Ops Manager has a handful of names") {
  const auto [target, expected] = GENERATE(table<std::string, std::string>({
      {"/agents/api/automation/conf/v1/5f0?ah=db1&av=13.1.0", "agents"},
      {"/agents/", "agents"},
      {"/agents", "ui"},
      {"/agents/api/backup/blocks/v1/5f0/7/1", "backup"},
      {"/agents/api/backup/restore/v1/5f0", "restore"},
      {"/backup/restore/v2/pull/abc/file.tar.gz", "restore"},
      {"/backup/blockstore/1", "backup"},
      {"/restore/abc", "restore"},
      {"/api/public/v1.0/groups?pretty=true", "api"},
      {"/api/public/v1.0/groups/5f0/diagnostics", "diagnostics"},
      {"/api/public/v1.0/groups/5f0/logCollectionJobs/1/download", "diagnostics"},
      {"/api/public/v1.0/groups?x=/diagnostics", "api"},
      {"/admin/diagnostics?silence=30s", "diagnostics"},
      {"/download/agent/automation/agent.tar.gz", "download"},
      {"/automation/mongodb-releases/linux/mongodb.tgz", "download"},
      {"/monitor/health", "health"},
      {"/", "ui"},
      {"/v2/5f0#metrics", "ui"},
      {"/user/login", "ui"},
      {"http://opsmanager.example.com/agents/api/x", "agents"},
      {"http://opsmanager.example.com", "other"},
      {"*", "other"},
      {"", "other"},
      {"/_sim/download?bytes=1", "other"},
  }));
  CAPTURE(target);
  CHECK(path_class(target) == expected);
}
