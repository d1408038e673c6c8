#include "catalogue/aws_owned.h"

namespace ringwall::catalogue {
namespace {

// As AWS's list has them (aws_owned_source, on aws_owned_date), with `{}` for the partition. What that list gives with an
// account of AWS's that differs by Region (Lambda layers, ECR repositories, the transforms of Glue Studio) or with an
// identifier that nobody can foresee (Service Catalog, Data Exchange, Synthetics) is for the perimeter file to name.
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

// `[]` is the Region. Of those that signed requests need; what agents fetch unsigned passes by `anonymous_get_object`.
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

std::vector<std::string> buckets_of_aws(std::string_view partition, std::span<const std::string> regions) {
  const std::string start = "arn:" + std::string(partition) + ":s3:::";
  std::vector<std::string> all;
  for (const std::string_view name : of_all) all.push_back(start + std::string(name));
  for (const std::string& region : regions)
    for (const std::string_view name : of_region) all.push_back(start + filled(name, "[]", region));
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
