#pragma once
// Accounts that could own the resource: those that policies name, and one that nobody does.

#include <optional>
#include <string>
#include <vector>

#include "prover/detail/reading.h"
#include "prover/prover.h"

namespace ringwall::prover::detail {

struct Accounts {
  std::vector<std::string> all;          // "": not known
  std::optional<std::string> undecided;  // why there may be more that make a difference
};

// An account that no policy names is as good as any other that none names, so one stands for all,
// unless a policy says `12*`.
Accounts accounts_of(const Owner& owner, const std::string& callers_account,
                     const std::vector<const policy::Document*>& documents, Readings& readings);

// An account of twelve digits that is none of these.
std::string fresh_account(const std::vector<std::string>& taken);

}  // namespace ringwall::prover::detail
