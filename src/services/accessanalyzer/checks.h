#pragma once
// The custom policy checks, as questions to the prover. Pure. What cannot be decided fails, and the
// reasons say what it was: no check passes that is not proved.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "prover/prover.h"

namespace ringwall::accessanalyzer {

enum class PolicyType : std::uint8_t { identity, resource };

// What a check may cost (prover/domain.h), about a second's work: past it is not decided, which is no PASS.
inline constexpr std::uint64_t check_steps_max = 64'000'000;

struct Reason {
  std::string description;
  std::optional<std::size_t> statement = {};  // its number, from 0; none: something was not decided
  std::string sid = {};                       // empty: it has none
};

struct Outcome {
  bool passed = false;
  std::string message;
  std::vector<Reason> reasons = {};  // by statement
  std::optional<prover::Bug> bug = {};  // then there is no outcome
  std::uint64_t steps = 0;              // what it cost
};

// Each is Failure::invalid for a document that is no policy of its type. A statement of a resource's
// policy without Resource is about that resource, as AWS's own examples have it.

// Does `updated` allow nothing that `existing` does not?
Result<Outcome> check_no_new_access(const std::string& updated, const std::string& existing, PolicyType type);

// A resource's wildcards and variables stand for any text. At least one of `actions` (any, if there are none) on at least one of `resources` (any).
struct Access {
  std::vector<std::string> actions = {}, resources = {};
};
Result<Outcome> check_access_not_granted(const std::string& document, const Access& access, PolicyType type);

// What is public: detail/people.h. Of every resource type alike: a statement that grants the public
// what the type does not take is public all the same.
Result<Outcome> check_no_public_access(const std::string& document);

}  // namespace ringwall::accessanalyzer
