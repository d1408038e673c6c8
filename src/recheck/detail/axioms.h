#pragma once
// What every request keeps, restated: the names and texts are those of the prover's reviewed table
// (a test holds the two to each other), what they mean is said here anew.

#include <set>
#include <string_view>
#include <tuple>
#include <vector>

#include "recheck/detail/asking.h"

namespace ringwall::recheck::detail {

struct Axiom {
  std::string_view name, text;
};
std::span<const Axiom> axioms();
// The number of the axiom of that name, which is one of theirs.
std::size_t number_of(std::string_view name);
// What keys are compared with: the key, whether wildcards are understood, and the texts.
using Comparisons = std::set<std::tuple<std::string, bool, std::vector<std::string>>>;
// What axiom `number` says of this caller's requests, where paths of organisations and accounts of resources are compared so; `yes`: nothing that is not known.
Term says(std::size_t number, const Comparisons& tests, Asking& asking);

}  // namespace ringwall::recheck::detail
