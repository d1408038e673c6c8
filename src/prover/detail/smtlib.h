#pragma once
// Documents as SMT-LIB 2.6, for solvers that are not ours: is there a request that each of some
// documents allows and none of others does?
//
// The request is a set of variables: `action` (in lower case), `resource`, for each key `|key|`, and
// `|key?|` which says that the key is there; the caller's, where a document has principals, begin
// with `principal-`. Keys are independent of each other, and each has one value.

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "policy/syntax.h"

namespace ringwall::prover::detail {

enum class Typing : std::uint8_t {
  by_catalogue,  // a key's values are what AWS says (detail/keys.h), and hardly ever empty
  none,          // anything: `|key!|` says of a value that its operators cannot evaluate it
};

// The text ends in `(check-sat)`. Failure::invalid names what cannot be said exactly: variables,
// operators of several types on one key, several conditions on a key of many values, numbers past
// fifteen digits, and texts outside SMT-LIB's characters.
Result<std::string> smtlib_of(std::span<const policy::Syntax* const> allowing,
                              std::span<const policy::Syntax* const> refusing,
                              Typing typing = Typing::by_catalogue);

}  // namespace ringwall::prover::detail
