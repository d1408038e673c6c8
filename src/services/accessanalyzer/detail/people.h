#pragma once
// Whom questions about documents are asked of: everybody whom they can tell apart, and the public.

#include <span>
#include <string>
#include <vector>

#include "prover/callers.h"
#include "prover/prover.h"

namespace ringwall::accessanalyzer::detail {

using Documents = std::span<const policy::Document* const>;

struct People {
  std::vector<prover::Caller> callers;
  prover::Constraint where = {};             // true of their requests
  std::vector<std::string> undecided = {};   // why there may be more who make a difference
};

// prover::callers_of, also for what documents say of callers by kms:CallerAccount, and for accounts
// that only a condition names.
People everybody(Documents documents, const std::vector<std::string>& except = {});

// Anybody from anywhere: of an account, an organisation, a network and a service that no document
// names by a fixed value. What such a caller is allowed is public.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
People the_public(Documents documents);

// "111122223333" of arn:aws:iam::111122223333:user/x.
std::string account_of_arn(std::string_view arn);

}  // namespace ringwall::accessanalyzer::detail
