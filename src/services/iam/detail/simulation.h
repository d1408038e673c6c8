#pragma once
// Simulated requests: what authz would answer, over the policies and the context that are given.
// Nothing is decided here: each answer is authz's, and the rest says which statements led to it.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/iam/detail/common.h"

namespace ringwall::iam::detail {

// A policy in the simulation. `named.name` is what the answer calls it: SourcePolicyId.
struct SimulatedPolicy {
  authz::Named named;
  std::string_view type;  // SourcePolicyType
};

struct Simulation {
  policy::Principal caller;
  std::vector<SimulatedPolicy> identity;
  std::optional<SimulatedPolicy> boundary;
  std::string resource_policy;   // its text; empty: none was given
  std::string resource_owner;    // of resources whose ARN does not say; empty: the caller's account
  policy::Context context;       // as given: it wins over what is known of the caller
};

// Compiles a policy of the input; InvalidInput says which one is wrong, and where.
ApiResult<SimulatedPolicy> simulated_policy(std::string_view text, policy::Kind kind, std::string id, std::string_view type);

// One EvaluationResult: the action on the resource, "*" where none was named.
ApiResult<Json> simulate(const Call& call, const Simulation& simulation, const std::string& action, const std::string& resource);

// The condition keys that a policy's text asks for, policy variables included, in its spelling and
// its order, each once.
std::vector<std::string> context_keys_in(std::string_view policy);

}  // namespace ringwall::iam::detail
