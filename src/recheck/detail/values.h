#pragma once
// A value of every kind that tests on one key can tell apart.
//
// A listed text is a sequence of letters and wildcards, so the tests on a key together are one walk
// over letters: where two texts end in the same places, no test tells them apart. The walk is of the
// plainest form there is: sets of places, breadth first. What a test answers about a value is asked
// of the policy room's plain evaluator, which is the definition.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/detail/plain_pattern.h"
#include "policy/request.h"
#include "policy/syntax.h"

namespace ringwall::recheck::detail {

using policy::plain::Truth;

// What is asked of one value.
struct Test {
  enum class Kind : std::uint8_t {
    condition,  // the operator of `condition`, without its quantifier and IfExists
    resource,   // one of `listed`, as a Resource element's patterns
    type,       // an ARN of one of the resource types in `types`
  };
  Kind kind = Kind::condition;
  policy::Condition condition = {};
  std::vector<policy::Listed> listed = {};
  std::vector<std::string> types = {};  // as the catalogue writes them, with the account's placeholder filled in if it is known
  policy::Context variables = {};       // the values of the variables in the listed texts; the others have none
  std::string name = {};                // equal exactly for tests that ask the same
};

// What the test answers about the value.
Truth answer(const Test& test, const std::string& value);

// What AWS says about a key's values.
struct Values {
  enum class Type : std::uint8_t { any, arn, boolean, number, date, address };
  Type type = Type::any;             // any: texts, and of numbers, dates and addresses what is none, too
  std::vector<std::string> only = {};  // the values that there are; empty: not closed
  bool may_be_empty = false;
};

inline constexpr std::size_t walked_max = 100'000;       // sets of places, of one key
inline constexpr std::size_t places_max = 2'000'000;     // in all of them together

// Failure::exhausted: the walk is too long. Failure::invalid: tests of several types meet on one key.
Result<std::vector<std::string>> samples(const Values& values, std::span<const Test* const> tests);

}  // namespace ringwall::recheck::detail
