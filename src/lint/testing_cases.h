#pragma once
// For each rule a document in which it is found and one nearby in which it is not. Documents are in
// short: quotes are single, a `~` is a single quote, one that begins with an Effect is the only
// statement of a policy, and `@n` is a policy of n characters.

#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.h"

namespace ringwall::lint::testing_cases {

struct Case {
  std::string_view code;
  policy::Kind kind;
  std::string_view bad, good;
};

std::vector<Case> all();
std::string document(std::string_view shorthand);

}  // namespace ringwall::lint::testing_cases
