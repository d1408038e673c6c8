#pragma once
// For taking things down: every step is tried whatever fails, and the first failure is told.

#include <utility>

#include "base/result.h"

namespace ringwall::host::detail {

inline void attempt(Result<>& outcome, Result<> step) {
  if (outcome && !step) outcome = std::move(step);
}

}  // namespace ringwall::host::detail
