#pragma once
// AWS's own resources that ordinary work needs: what belongs to no account of anybody's, and buckets of AWS's services.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringwall::catalogue {

// The day on which the list was read, and where it stands.
inline constexpr std::string_view aws_owned_date = "2026-11-30";
inline constexpr std::string_view aws_owned_source =
    "https://github.com/aws-samples/data-perimeter-policy-examples/blob/main/service_owned_resources.md";

// The tables of accounts by Region: EKS's registries (github.com/awsdocs/amazon-eks-user-guide, add-ons-images) and Lambda
// Insights' layers (github.com/awslabs/serverless-plugin-lambda-insights, layerVersions.json).
inline constexpr std::string_view aws_accounts_date = "2026-12-01";

// ARN patterns whose account is AWS's (`aws`) or nobody's, so that none of them is ever a customer's; of a partition.
std::vector<std::string> resources_of_aws(std::string_view partition);
// What AWS's services own in these Regions: buckets, whose names are spelt out, for a pattern would let in the bucket of whoever
// takes the next name; the registries of EKS's images, and the layers of Lambda Insights, in accounts of AWS's.
std::vector<std::string> owned_in_regions(std::string_view partition, std::span<const std::string> regions);

// Images and snapshots have no account in their ARNs: they are Amazon's where this key has this value, which EC2 sets.
std::vector<std::string> images(std::string_view partition);
inline constexpr std::string_view image_owner_key = "ec2:Owner", image_owner = "amazon";

// Roles of AWS's own inside every account, which act from networks of AWS's: attaching an encrypted volume decrypts its key as
// the first. Nobody can make a role with such a name (names of roles have no colon), nor one below such a path.
std::string infrastructure_role(std::string_view partition);
std::string service_linked_roles(std::string_view partition);

// "aws", "aws-cn", "aws-us-gov" of a Region.
std::string_view partition_of_region(std::string_view region);

}  // namespace ringwall::catalogue
