#pragma once
// Everyone whom policies could tell apart, for questions in which the caller is not known.

#include <array>
#include <span>
#include <string>
#include <vector>

#include "prover/prover.h"

namespace ringwall::prover {

struct Callers {
  std::vector<Caller> all;
  std::vector<std::string> undecided;  // why there may be more who make a difference
};

// Callers for which the documents' principals and conditions on aws:PrincipalArn and
// aws:PrincipalAccount differ, of accounts that are not among `except`: each user, role and account
// that is named, somebody of an account that nobody names, each service and provider that is named,
// a service that is not, and an anonymous caller. Their principal keys are known, but for tags and
// the organisation.
// Past `steps_max` (domain.h) there may be more, and `undecided` says so.
Callers callers_of(std::span<const policy::Document* const> documents, const std::vector<std::string>& except = {},
                   std::uint64_t steps_max = Budget::unbounded);

// One caller, with the keys that follow from who it is. A role's ARN is a session of it. Failure::
// invalid: not the ARN of a user, a role, a session or an account's root, nor a service or `anonymous`.
Result<Caller> caller_of(const std::string& who);

// Whoever presents a token of this identity provider, and has no credentials yet; what it says is free.
Caller bearer_of(const std::string& provider);

// What callers ask of roles: a token of an identity provider is presented and asks for no sts:AssumeRole, whoever has credentials
// signs and asks for no sts:AssumeRoleWith….
Constraint presenting();
// What is asked for beside a call that hands out a role, and never alone.
inline constexpr std::array<const char*, 3> asked_beside = {"sts:SetContext", "sts:SetSourceIdentity", "sts:TagSession"};

}  // namespace ringwall::prover
