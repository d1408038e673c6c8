#pragma once
// What RDS accepts for a DB instance, and what this server offers of it.

#include <optional>

#include "services/rds/detail/common.h"

namespace ringwall::rds::detail {

// The installed engine that the input asks for; InvalidParameterValue says what is missing.
ApiResult<const engine::Engine*> engine_for(const Catalogue& catalogue, const Json& input);

// The first thing wrong with a CreateDBInstance or ModifyDBInstance; nothing if it will do.
std::optional<ApiError> fault_in_identifier(std::string_view identifier);
std::optional<ApiError> fault_in_create(const Json& input, const engine::Version& version);
std::optional<ApiError> fault_in_modify(const Json& input, const Instance& instance);

// Do "hh24:mi-hh24:mi" and "ddd:hh24:mi-ddd:hh24:mi" share a minute? Both are well formed, in lower case.
bool windows_overlap(std::string_view backup, std::string_view maintenance);
ApiError overlapping_windows();

}  // namespace ringwall::rds::detail
