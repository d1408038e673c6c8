#pragma once
// AWS Organizations: accounts, organizational units, service and resource control policies.
// https://docs.aws.amazon.com/organizations/latest/APIReference/

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "service/service.h"

namespace ringwall::organizations {

inline constexpr std::size_t policies_per_target_max = 5;  // of each type
inline constexpr std::size_t unit_depth_max = 5;           // units below the root
inline constexpr std::size_t policies_max = 1000;          // of each type
inline constexpr std::string_view default_access_role = "OrganizationAccountAccessRole";

// What of an account would go on without anybody who may manage it, in words for people ("KMS keys"); nothing if nothing
// would. Such an account does not leave the organisation.
using Remaining = std::function<std::optional<std::string>(store::Transaction& transaction, const std::string& account)>;

std::vector<service::Operation> operations(const Remaining& remaining);
// The service, as the server has it.
service::Service service(const Remaining& remaining);

}  // namespace ringwall::organizations
