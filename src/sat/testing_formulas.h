#pragma once
// Formulas for tests: random ones where half have a model, and pigeons.

#include <cstdint>
#include <cstdlib>
#include <random>
#include <vector>

#include "sat/sat.h"

namespace ringwall::sat::testing {

// Three literals a clause and 4.26 clauses a variable, where about half of all formulas have a model.
inline std::vector<Clause> random_formula(int variables, std::mt19937& random) {
  std::uniform_int_distribution<Literal> variable(1, variables);
  const auto literal = [&] { return random() % 2 == 0 ? variable(random) : -variable(random); };
  std::vector<Clause> clauses(static_cast<std::size_t>(variables * 4.26));
  for (Clause& clause : clauses) clause = {literal(), literal(), literal()};
  return clauses;
}

// One more pigeon than holes, a hole for each, and no hole for two: no model, and no short proof.
inline std::vector<Clause> pigeons(int holes) {
  const auto sits = [holes](int pigeon, int hole) { return pigeon * holes + hole + 1; };
  std::vector<Clause> clauses;
  for (int pigeon = 0; pigeon <= holes; ++pigeon) {
    Clause& somewhere = clauses.emplace_back();
    for (int hole = 0; hole < holes; ++hole) somewhere.push_back(sits(pigeon, hole));
  }
  for (int hole = 0; hole < holes; ++hole)
    for (int one = 0; one <= holes; ++one)
      for (int other = 0; other < one; ++other) clauses.push_back({-sits(one, hole), -sits(other, hole)});
  return clauses;
}

inline bool holds(const Clause& clause, std::uint32_t assignment) {
  for (const Literal literal : clause)
    if (((assignment >> (std::abs(literal) - 1) & 1) != 0) == (literal > 0)) return true;
  return false;
}

// By trying all assignments; for twenty variables at most.
inline bool has_model(const std::vector<Clause>& clauses, int variables) {
  for (std::uint32_t assignment = 0; assignment >> variables == 0; ++assignment) {
    bool all = true;
    for (const Clause& clause : clauses) all = all && holds(clause, assignment);
    if (all) return true;
  }
  return false;
}

}  // namespace ringwall::sat::testing
