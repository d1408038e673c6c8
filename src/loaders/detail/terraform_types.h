#pragma once
// The AWS provider's resource types that are resources with a policy, and those that are the policy.

#include <string>
#include <string_view>

namespace ringwall::loaders::declared {

struct TerraformResource {
  std::string_view type, service;
  std::string prefix;     // in the ARN, before the name
  std::string_view name;  // the attribute
  bool key = false;
  bool has_policy = false;  // an attribute `policy` of its own
};
const TerraformResource* terraform_resource(std::string_view type);  // null: none of them
const TerraformResource* terraform_resource_of_service(std::string_view service);

struct TerraformPolicy {
  std::string_view type, target, policy, service;
};
const TerraformPolicy* terraform_policy(std::string_view type);

// Types that give access by something else than a policy document of theirs -> the attribute that
// names the resource; empty: it concerns the account.
struct TerraformGrant {
  std::string_view type, target;
};
const TerraformGrant* terraform_grant(std::string_view type);

}  // namespace ringwall::loaders::declared
