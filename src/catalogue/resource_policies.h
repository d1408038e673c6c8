#pragma once
// Which services' resources have policies that can refuse.

#include <span>
#include <string_view>

namespace ringwall::catalogue {

// Prefixes, sorted, of the services with resource-based policies that take denials by condition
// (AWS IAM User Guide, "AWS services that work with IAM"). Lambda's, for one, only ever allow.
std::span<const std::string_view> services_with_denying_resource_policies();

// Can something on the resource's side refuse a principal of its own account: a policy of its own,
// or a resource control policy? If not, such a principal is held by its own side alone.
bool has_resource_side(std::string_view service);

}  // namespace ringwall::catalogue
