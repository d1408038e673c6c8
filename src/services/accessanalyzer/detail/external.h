#pragma once
// Who outside the zone of trust has access to a resource, by what is attached to it: one finding
// for each external principal that a statement names, as Access Analyzer has them. Whether the
// access is there at all, with every deny and every resource control policy, is asked of the prover.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html

#include <string>
#include <vector>

#include "authz/authz.h"
#include "estate/estate.h"
#include "service/guards.h"
#include "services/accessanalyzer/accessanalyzer.h"
#include "services/accessanalyzer/records.h"

namespace ringwall::accessanalyzer::detail {

// Whoever is of these accounts is trusted.
struct Zone {
  std::vector<std::string> accounts;  // sorted
  std::string organization = {};      // o-…; empty: the zone is an account, whatever its organisation
  bool contains(std::string_view account) const;
};

using service::Guarded;

// What findings say: who, what, when, and an error where it could not be decided; the rest is their keeper's. One that meets a bug of the prover is such a
// one, and hides no other. Adds what it cost to `steps`.
std::vector<Finding> external_access(const Guarded& resource, const Zone& zone, const estate::Estate& estate, const BugSink& bugs, std::uint64_t& steps);

}  // namespace ringwall::accessanalyzer::detail
