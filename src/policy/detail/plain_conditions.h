#pragma once
// The plain twin's conditions: operators, set qualifiers, and how they treat absent keys.

#include "policy/detail/plain_pattern.h"
#include "text/json.h"

namespace ringwall::policy::plain {

// Does the condition hold for these keys? Unknown: it cannot be evaluated.
Truth holds(const Condition& condition, const Context& context);

// Operator, key, listed and actual values and the answer, for explanations.
text::Json explain(const Condition& condition, const Context& context);

}  // namespace ringwall::policy::plain
