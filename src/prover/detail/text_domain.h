#pragma once
// The kinds of text that relations tell apart.

#include "prover/domain.h"

namespace ringwall::prover::detail {

// Does the relation compare text (also ARNs, booleans, bytes, resources and actions)? Null does
// too: it says of no value whether it relates.
bool compares_text(const Relation& relation);

// All of the relations compare text.
Domain text_domain(const KeyFacts& facts, std::span<const Relation* const> relations,
                   std::size_t automaton_states_max, Budget* budget);

}  // namespace ringwall::prover::detail
