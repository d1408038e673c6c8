#pragma once
// Pairs of policies to compare: those of policies.jsonl, and each changed a little.

#include <cstdint>
#include <string>
#include <vector>

#include "policy/policy.h"
#include "prover/prover.h"

namespace ringwall::proofs {

struct Pair {
  std::string name;  // of the original
  policy::Kind kind = policy::Kind::identity;
  std::string mutated, original;  // texts
};

// `count` pairs, in equal parts of each policy. The same for the same seed.
std::vector<Pair> mutated_pairs(std::uint64_t seed, std::size_t count);

// Is there a request that `mutated` allows and `original` does not? Of every caller that the
// policies can tell apart, whatever keys hold. The documents outlive the query's use.
prover::Query question(const policy::DocumentPtr& mutated, const policy::DocumentPtr& original);

}  // namespace ringwall::proofs
