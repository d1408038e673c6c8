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
  // The one that was given, as each kind that the actions ask for reads it; empty: none was given.
  std::map<policy::Kind, SimulatedPolicy> resource_policy;
  std::string resource_owner;    // of resources whose ARN does not say; empty: the caller's account
  // Stored trust policies take part: for those who may simulate a stored principal.
  bool knows_trust = false;
  policy::Context context;       // as given: it wins over what is known of the caller
  // Policies are read once for all the questions of a call.
  mutable std::map<const policy::Document*, Json> sources = {};
};

// What a resource-based policy is when it is asked about this action: `trust`, `key` or `resource`.
policy::Kind resource_kind_for(std::string_view action);

// Compiles a policy of the input; InvalidInput says which one is wrong, and where.
ApiResult<SimulatedPolicy> simulated_policy(std::string_view text, policy::Kind kind, std::string id, std::string_view type);

// One EvaluationResult: the action on the resource, "*" where none was named.
Json simulate(const Call& call, const Simulation& simulation, const std::string& action, const std::string& resource);

// The condition keys that a policy's text asks for, policy variables included, in its spelling and
// its order, each once.
std::vector<std::string> context_keys_in(std::string_view policy);

}  // namespace ringwall::iam::detail
