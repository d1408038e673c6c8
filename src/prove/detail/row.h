#pragma once
// One row: its questions, in the order in which they are cheapest, and what they come to.

#include <vector>

#include "prove/detail/cells.h"

namespace ringwall::prove::detail {

// What was found of one cell, before gaps are counted.
struct Outcome {
  Verdict verdict = Verdict::inconclusive;
  Guards held = 0;       // guards that hold it alone
  AnswerPtr leak;        // null: none
  std::vector<std::size_t> exceptions;  // used
  std::vector<std::string> undecided;
};

inline constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

struct Outcomes {
  std::vector<Outcome> all;         // by cell
  std::vector<std::size_t> before;  // the place in the past's row of a cell that was taken over from there; else `nowhere`. Empty: none was
};

// What `past` has of cells whose questions are the same is taken over; then it has this row's. Null: nothing is kept.
Outcomes outcomes(const Cells& cells, const Room& room, Asker& asker, PastRow* past);

// For classes_max: only whether there is such a request.
inline constexpr std::size_t only_whether = 0;

// Builds items on all threads, asks them, and answers in the order of `which`.
std::vector<AnswerPtr> ask(const Cells& cells, const Room& room, Asker& asker,
                           const std::vector<std::size_t>& which, Guards kept,
                           const std::function<Scope(std::size_t)>& scope, std::size_t classes_max);

}  // namespace ringwall::prove::detail
