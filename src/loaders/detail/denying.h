#pragma once
// What stands in for a policy that cannot be read.

#include "policy/policy.h"

namespace ringwall::loaders::detail {

// A document that denies everything where a policy of this kind stands. In the place of a resource
// control policy that is a resource-based one: the grammar of the former has none that denies all.
policy::DocumentPtr denying(policy::Kind kind);

}  // namespace ringwall::loaders::detail
