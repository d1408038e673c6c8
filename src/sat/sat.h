#pragma once
// The one room that names the SAT solver: clauses in, a model or a checkable refutation out.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace ringwall::sat {

// A variable from 1 up, or its negation, as in DIMACS. Never 0.
using Literal = std::int32_t;
using Clause = std::vector<Literal>;

enum class Outcome : std::uint8_t { satisfiable, unsatisfiable, undecided };

// What a search may cost before it ends undecided.
inline constexpr int conflicts_max_default = 200'000;

// Clauses that only grow. Not thread-safe; a fresh one costs some fifty microseconds.
class Solver {
 public:
  Solver();
  ~Solver();
  Solver(Solver&&) noexcept;
  Solver& operator=(Solver&&) noexcept;

  void add(std::span<const Literal> clause);  // the empty clause makes it unsatisfiable
  // Is there a model in which the assumptions hold? They hold for this call only.
  Outcome solve(std::span<const Literal> assumptions = {}, int conflicts_max = conflicts_max_default);
  // The value of a variable in the model; only right after solve() answered `satisfiable`. A
  // variable that no clause names is false.
  bool value(Literal variable) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

// Proves that the clauses have no model: the proof in textual DRAT, a line a clause, deletions
// (`d …`) among them, the empty clause (`0`) last. Failure::conflict: they have one.
// Failure::exhausted: not decided within the limit.
Result<std::string> refute(std::span<const Clause> clauses, int conflicts_max = conflicts_max_default);

}  // namespace ringwall::sat
