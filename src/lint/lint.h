#pragma once
// Advice on a policy document: what policy::compile would refuse it for, all of it and not the
// first alone, and what it would accept although it hardly says what its author means.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lint/rules.h"
#include "policy/policy.h"
#include "text/json.h"

namespace ringwall::lint {

struct Finding {
  const Rule* rule = nullptr;
  // The rule's, or `error` where policy::compile refuses the document for it.
  Severity severity = Severity::error;
  bool refused = false;  // policy::compile refuses the document for it
  std::uint32_t offset = 0;
  text::Position position;
  std::uint32_t column = 1;  // from 1, in characters; the position's counts bytes
  std::string message;       // about this document; `rule->remedy` says what to do
};

// Reads the text as a policy of this kind and finds what can be found, in the order of the text. A
// finding with `refused` is there exactly if policy::compile refuses the text. Pure and
// thread-safe.
std::vector<Finding> lint(std::string_view text, policy::Kind kind);

// The kind that the document's shape suggests: with principals a resource-based policy, or a role's
// trust policy if it lists actions of `sts:` and no resource; else an identity-based policy.
policy::Kind guess_kind(std::string_view text);

}  // namespace ringwall::lint
