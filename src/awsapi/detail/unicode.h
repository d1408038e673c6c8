#pragma once
// Unicode's general categories L, N and Z, as \p{L}, \p{N} and \p{Z} name them.

#include <span>

#include "awsapi/detail/pattern.h"

namespace ringwall::awsapi::detail {

// Sorted, disjoint, inclusive; empty for any other category.
std::span<const CharacterClass::Range> category(char letter);

}  // namespace ringwall::awsapi::detail
