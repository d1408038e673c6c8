#pragma once
// The perimeter itself: does anything that is not mine get through all layers together?

#include <map>
#include <string>
#include <vector>

#include "prove/detail/gaps.h"
#include "prove/detail/leaks.h"
#include "prove/detail/row.h"

namespace ringwall::prove::detail {

// Rows that were answered, by objective, without gaps.
struct Answered {
  std::unique_ptr<Cells> cells;
  std::vector<Outcome> outcomes;
  std::vector<std::vector<std::size_t>> leaks;  // positions, by cell
};
using AnsweredRows = std::map<Objective, Answered>;

// A principal of identity/networks with a resource of resource/networks, asked together.
struct Pair {
  std::size_t person;
  AnswerPtr answer;
  std::vector<const policy::Document*> documents;
};
struct Paired {
  std::vector<Pair> pairs;
  std::vector<std::size_t> not_asked;  // people with whom a bound was passed
  std::string bound;                   // and which
};
Paired ask_pairs(const Room& room, Asker& asker, const AnsweredRows& rows,
                 const std::vector<std::size_t>& people);

// The cells of the whole, by subject, before gaps are counted.
std::vector<CellOf> whole_cells(const Room& room, Asker& asker, const AnsweredRows& rows,
                                Leaks& leaks);

}  // namespace ringwall::prove::detail
