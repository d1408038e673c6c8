#pragma once
// Is everything that one policy allows allowed by another? Each document by itself: a request is
// allowed if a statement allows it and none denies it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/policy.h"
#include "prover/prover.h"

namespace ringwall::prover {

struct Comparison {
  enum class Verdict : std::uint8_t {
    subset,        // proved: whatever `a` allows, `b` allows
    not_subset,    // each violation is a request that `a` allows and `b` does not
    inconclusive,  // no violation was found, and what `undecided` names may hide one
  };
  Verdict verdict = Verdict::inconclusive;
  std::vector<Finding> violations;     // callable ones first
  bool more = false;                   // there are more classes of them
  std::vector<std::string> undecided;  // sentences; with not_subset too
  Statistics statistics;
  std::optional<Bug> bug;              // as in Answer
};
std::string_view name_of(Comparison::Verdict verdict);  // "subset", "not-subset", "inconclusive"

// A document to compare, of any size. A service or resource control policy that allows nothing is
// attached beside FullAWSAccess, so it is read as if it ended in a statement that allows everything;
// its own statements keep their lines. Such a resource control policy becomes a resource-based one.
Result<policy::DocumentPtr> read_to_compare(std::string_view text, policy::Kind kind);

// The callers are those whom the documents tell apart, or, where documents of their kind name
// nobody, whoever bears them: users and roles, and roots of member accounts with service control
// policies. The documents must outlive the prover.
Comparison compare(Prover& prover, const policy::DocumentPtr& a, const policy::DocumentPtr& b, std::size_t classes_max = 256,
                   std::uint64_t steps_max = Budget::unbounded);

}  // namespace ringwall::prover
