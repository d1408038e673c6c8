#include "catalogue/aws_owned.h"

#include <algorithm>

namespace ringwall::catalogue {
namespace {

// As AWS's list has them (aws_owned_source, on aws_owned_date), with `{}` for the partition. What that list gives with an
// account of AWS's that differs by Region is below where AWS publishes the accounts in one table; other layers and repositories
// (AppConfig, GuardDuty, SageMaker), the transforms of Glue Studio, and what has an identifier that nobody can foresee (Service
// Catalog, Data Exchange, Synthetics) are for the perimeter file to name.
constexpr std::string_view resources[] = {
    "arn:{}:cloudformation:*:aws:transform/*",
    "arn:{}:ec2:*:aws:prefix-list/*",
    "arn:{}:iam::aws:policy/*",
    "arn:{}:imagebuilder:*:aws:component/*",
    "arn:{}:imagebuilder:*:aws:image/*",
    "arn:{}:ssm:*::automation-definition/*",
    "arn:{}:ssm:*::document/*",
    "arn:{}:ssm:*::parameter/*",
};

// `[]` is the Region. Of those that signed requests need; what agents fetch unsigned is in examples/unsigned-buckets.yaml.
constexpr std::string_view of_region[] = {
    "athena-examples-[]",
    "athena-examples-[]/*",
    "aws-neptune-notebook-[]",
    "aws-neptune-notebook-[]/*",
    "elasticbeanstalk-[]/*",
    "elasticbeanstalk-env-resources-[]/*",
    "elasticbeanstalk-platform-assets-[]/*",
    "elasticbeanstalk-samples-[]/*",
    "jumpstart-cache-prod-[]",
    "jumpstart-cache-prod-[]/*",
};
constexpr std::string_view of_all[] = {
    "aws-neptune-notebook",
    "aws-neptune-notebook/*",
    "awssupportdatasvcs.com/*",
    "cloudformation-examples/*",
    "redshift-downloads/*",
    "session-manager-downloads/*",
    "ssm-document-categories/*",
};

// Accounts of AWS's (aws_accounts_date).
struct OfRegion {
  std::string_view region, account;
};
constexpr OfRegion eks_registries[] = {
    {"af-south-1", "877085696533"}, {"ap-east-1", "800184023465"}, {"ap-east-2", "533267051163"},
    {"ap-northeast-1", "602401143452"}, {"ap-northeast-2", "602401143452"}, {"ap-northeast-3", "602401143452"},
    {"ap-south-1", "602401143452"}, {"ap-south-2", "900889452093"}, {"ap-southeast-1", "602401143452"},
    {"ap-southeast-2", "602401143452"}, {"ap-southeast-3", "296578399912"}, {"ap-southeast-4", "491585149902"},
    {"ap-southeast-6", "333609536671"}, {"ap-southeast-7", "121268973566"}, {"ca-central-1", "602401143452"},
    {"ca-west-1", "761377655185"}, {"cn-north-1", "918309763551"}, {"cn-northwest-1", "961992271922"},
    {"eu-central-1", "602401143452"}, {"eu-central-2", "900612956339"}, {"eu-north-1", "602401143452"},
    {"eu-south-1", "590381155156"}, {"eu-south-2", "455263428931"}, {"eu-west-1", "602401143452"},
    {"eu-west-2", "602401143452"}, {"eu-west-3", "602401143452"}, {"il-central-1", "066635153087"},
    {"me-central-1", "759879836304"}, {"me-south-1", "558608220178"}, {"mx-central-1", "730335286997"},
    {"sa-east-1", "602401143452"}, {"us-east-1", "602401143452"}, {"us-east-2", "602401143452"},
    {"us-gov-east-1", "151742754352"}, {"us-gov-west-1", "013241004608"}, {"us-west-1", "602401143452"},
    {"us-west-2", "602401143452"},
};
constexpr OfRegion insights_layers[] = {
    {"af-south-1", "012438385374"}, {"ap-east-1", "519774774795"}, {"ap-northeast-1", "580247275435"},
    {"ap-northeast-2", "580247275435"}, {"ap-northeast-3", "194566237122"}, {"ap-south-1", "580247275435"},
    {"ap-south-2", "891564319516"}, {"ap-southeast-1", "580247275435"}, {"ap-southeast-2", "580247275435"},
    {"ap-southeast-3", "439286490199"}, {"ca-central-1", "580247275435"}, {"cn-north-1", "488211338238"},
    {"cn-northwest-1", "488211338238"}, {"eu-central-1", "580247275435"}, {"eu-central-2", "033019950311"},
    {"eu-north-1", "580247275435"}, {"eu-south-1", "339249233099"}, {"eu-south-2", "352183217350"},
    {"eu-west-1", "580247275435"}, {"eu-west-2", "580247275435"}, {"eu-west-3", "580247275435"},
    {"me-central-1", "732604637566"}, {"me-south-1", "285320876703"}, {"sa-east-1", "580247275435"},
    {"us-east-1", "580247275435"}, {"us-east-2", "580247275435"}, {"us-west-1", "580247275435"},
    {"us-west-2", "580247275435"},
};

std::string filled(std::string_view text, std::string_view place, std::string_view value) {
  std::string made(text);
  if (const std::size_t at = made.find(place); at != std::string::npos) made.replace(at, place.size(), value);
  return made;
}

}  // namespace

std::vector<std::string> resources_of_aws(std::string_view partition) {
  std::vector<std::string> all;
  for (const std::string_view one : resources) all.push_back(filled(one, "{}", partition));
  return all;
}

std::vector<std::string> owned_in_regions(std::string_view partition, std::span<const std::string> regions) {
  const std::string arn = "arn:" + std::string(partition) + ":", start = arn + "s3:::";
  std::vector<std::string> all;
  for (const std::string_view name : of_all) all.push_back(start + std::string(name));
  for (const std::string& region : regions)
    for (const std::string_view name : of_region) all.push_back(start + filled(name, "[]", region));
  const auto add = [&](std::span<const OfRegion> table, const std::string& service, const std::string& what) {
    for (const std::string& region : regions) {
      const auto found = std::ranges::find(table, region, &OfRegion::region);
      if (found != table.end()) all.push_back(arn + service + ":" + region + ":" + std::string(found->account) + ":" + what);
    }
  };
  add(eks_registries, "ecr", "repository/*");
  add(insights_layers, "lambda", "layer:LambdaInsightsExtension*");
  return all;
}

std::vector<std::string> images(std::string_view partition) {
  const std::string start = "arn:" + std::string(partition) + ":ec2:*::";
  return {start + "image/*", start + "snapshot/*"};
}

std::string infrastructure_role(std::string_view partition) {
  return "arn:" + std::string(partition) + ":iam::*:role/aws:ec2-infrastructure";
}

std::string service_linked_roles(std::string_view partition) {
  return "arn:" + std::string(partition) + ":iam::*:role/aws-service-role/*";
}

std::string_view partition_of_region(std::string_view region) {
  if (region.starts_with("cn-")) return "aws-cn";
  return region.starts_with("us-gov-") ? "aws-us-gov" : "aws";
}

}  // namespace ringwall::catalogue
