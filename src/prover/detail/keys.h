#pragma once
// What is known of condition keys besides what policies say.

#include <string_view>

#include "prover/domain.h"

namespace ringwall::prover::detail {

struct KnownKey {
  KeyFacts facts;
  bool several = false;  // may have more than one value
};

// By AWS's catalogue, with values that look as real ones do. An unknown key may hold anything, and
// several of it.
KnownKey known_key(std::string_view lower_name);

}  // namespace ringwall::prover::detail
