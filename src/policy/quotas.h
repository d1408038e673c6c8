#pragma once
// How long an identity-based policy may be, which depends on where it is kept, and how AWS counts.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html

#include <cstddef>
#include <string_view>

#include "policy/policy.h"

namespace ringwall::policy {

// A policy with an ARN of its own is held to characters_max(Kind::identity). Inline policies are
// counted together, for each of a user, a group and a role; a role's is inline_policy_characters_max,
// up to which an identity-based policy compiles.
inline constexpr std::size_t user_inline_characters_max = 2'048;
inline constexpr std::size_t group_inline_characters_max = 5'120;

// Characters, not bytes; white space outside strings only where the kind's quota counts it.
std::size_t characters_of(std::string_view text, Kind kind);

}  // namespace ringwall::policy
