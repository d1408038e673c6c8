#include "authz/rcp_services.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace ringwall::authz {
namespace {

// AWS Organizations User Guide, "List of AWS services that support RCPs". Sorted.
constexpr std::string_view services[] = {
    "aoss",
    "appconfig",
    "appstream",
    "autoscaling",
    "autoscaling-plans",
    "budgets",
    "clouddirectory",
    "cloudfront",
    "cloudsearch",
    "cloudtrail-data",
    "codeartifact",
    "codebuild",
    "codecommit",
    "codepipeline",
    "cognito-identity",
    "cognito-idp",
    "comprehend",
    "comprehendmedical",
    "compute-optimizer",
    "cost-optimization-hub",
    "dax",
    "dsql",
    "dynamodb",
    "ecr",
    "ecr-public",
    "events",
    "firehose",
    "fis",
    "fms",
    "gamelift",
    "health",
    "inspector-scan",
    "kendra",
    "kinesisvideo",
    "kms",
    "logs",
    "memorydb",
    "networkmonitor",
    "notifications",
    "opensearch",
    "pca-connector-ad",
    "personalize",
    "polly",
    "pricing",
    "resource-groups",
    "rolesanywhere",
    "s3",
    "secretsmanager",
    "servicediscovery",
    "signin",
    "sqs",
    "sts",
    "support",
    "swf",
    "textract",
    "timestream-influxdb",
    "transcribe",
    "transfer",
    "translate",
    "wafv2",
    "workspaces",
    "xray",
};
static_assert(std::ranges::is_sorted(services));


// The same names by their hashes, sorted.
using Hashed = std::pair<std::uint64_t, std::string_view>;
std::array<Hashed, std::size(services)> by_hash() {
  std::array<Hashed, std::size(services)> table;
  std::ranges::transform(services, table.begin(), [](std::string_view name) {
    return Hashed(policy::Probe::hash_of_service(name), name);
  });
  std::ranges::sort(table);
  return table;
}

}  // namespace

bool reached_by_rcps(const policy::Probe& probe) {
  static const auto table = by_hash();
  const auto found = std::ranges::lower_bound(table, probe.service_hash(), {}, &Hashed::first);
  if (found == table.end() || found->second != probe.service()) return false;
  // The one action of a listed service that they do not reach.
  return probe.action() != "kms:retiregrant";
}

}  // namespace ringwall::authz
