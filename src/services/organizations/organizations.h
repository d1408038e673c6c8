#pragma once
// AWS Organizations: accounts, organizational units, service and resource control policies.
// https://docs.aws.amazon.com/organizations/latest/APIReference/

#include <vector>

#include "service/service.h"

namespace ringwall::organizations {

inline constexpr std::size_t policies_per_target_max = 5;  // of each type
inline constexpr std::size_t unit_depth_max = 5;           // units below the root
inline constexpr std::size_t policies_max = 1000;          // of each type
inline constexpr std::string_view default_access_role = "OrganizationAccountAccessRole";

// The operations, for service::Service with the model "organizations".
std::vector<service::Operation> operations();

}  // namespace ringwall::organizations
