#pragma once
// AWS Security Token Service: who am I, and temporary credentials.
// https://docs.aws.amazon.com/STS/latest/APIReference/

#include <vector>

#include "service/service.h"

namespace ringwall::sts {

inline constexpr std::int64_t assume_role_seconds_min = 900;
inline constexpr std::int64_t assume_role_seconds_default = 3600;
inline constexpr std::int64_t chained_role_seconds_max = 3600;
inline constexpr std::int64_t session_token_seconds_min = 900;
inline constexpr std::int64_t session_token_seconds_max = 129600;
inline constexpr std::int64_t session_token_seconds_default = 43200;
inline constexpr std::int64_t federation_token_seconds_default = 43200;
inline constexpr std::int64_t root_session_seconds_max = 3600;
inline constexpr std::size_t federated_name_characters_min = 2, federated_name_characters_max = 32;
inline constexpr std::size_t session_policy_arns_max = 10;
inline constexpr std::size_t session_policies_characters_max = 2048;  // inline and ARNs together

std::vector<service::Operation> operations();
// The service, as the server has it.
service::Service service();

}  // namespace ringwall::sts
