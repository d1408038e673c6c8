#pragma once
// The caller as variables of SMT-LIB, and Principal elements as terms over them.

#include <string>

#include "base/result.h"
#include "policy/syntax.h"

namespace ringwall::prover::detail {

// The declarations, and what holds of every caller. `principal-type` counts as
// policy::Principal::Type does.
std::string smt_caller();
// Does the element name the caller, as policy's naming says?
Result<std::string> smt_names(const policy::Principals& principals);

}  // namespace ringwall::prover::detail
