#include "authz/rcp_services.h"

#include <algorithm>

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

}  // namespace

bool reached_by_rcps(const policy::Probe& probe) {
  if (probe.action() == "kms:retiregrant")
    return false;  // the one action of a listed service they do not reach
  return std::ranges::binary_search(services, probe.service());
}

}  // namespace ringwall::authz
