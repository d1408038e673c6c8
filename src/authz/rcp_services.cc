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


// The same names by their hashes: open addressing, most slots free.
class ByHash {
 public:
  ByHash() {
    for (const std::string_view name : services) {
      std::size_t slot = slot_of(policy::Probe::hash_of_service(name));
      while (!slots_[slot].empty()) slot = next(slot);
      slots_[slot] = name;
    }
  }
  bool has(const policy::Probe& probe) const {
    for (std::size_t slot = slot_of(probe.service_hash()); !slots_[slot].empty(); slot = next(slot)) {
      if (slots_[slot] == probe.service()) return true;
    }
    return false;
  }

 private:
  static constexpr std::size_t count = 512;
  static_assert(4 * std::size(services) <= count);
  static std::size_t slot_of(std::uint64_t hash) { return hash >> 32 & (count - 1); }
  static std::size_t next(std::size_t slot) { return (slot + 1) & (count - 1); }

  std::array<std::string_view, count> slots_ = {};
};

}  // namespace

bool reached_by_rcps(const policy::Probe& probe) {
  static const ByHash table;
  if (!table.has(probe)) return false;
  // The one action of a listed service that they do not reach.
  return probe.action() != "kms:retiregrant";
}

}  // namespace ringwall::authz
