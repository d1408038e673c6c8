#pragma once
// The perimeter itself: does anything that is not mine get through all layers together?

#include <map>
#include <set>
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
  std::vector<std::size_t> before;  // as in Outcomes
  std::vector<std::vector<std::size_t>> leaks;  // positions, by cell
};
using AnsweredRows = std::map<Objective, Answered>;

// How a request comes: through an endpoint of the estate, or around those that are listed.
struct Way {
  const estate::Endpoint* endpoint = nullptr;
  std::vector<std::string> around = {};
};
// Ways of requests from unexpected networks. Endpoints of the estate are expected unless the perimeter file says otherwise.
std::vector<Way> ways_abroad(const Mine& mine);
// All that a way brings to a question beside the documents: for its key.
std::string said_of(const Room& room, const Way& way);
// Makes the question, of these documents, one of requests that come so.
void go(const Room& room, const Way& way, std::vector<const Facts*> facts, prover::Query& query);
// The documents of a cell of principals, of resources or of trust.
std::vector<const Facts*> facts_of_cell(const Room& room, const Cells& cells, std::size_t cell);

// A principal that may come from an unexpected network, as far as its SCPs go.
struct Person {
  std::size_t index;       // of Mine::principals()
  bool allowed;            // its own policies allow something from there
  bool allowed_unguarded;  // and on a resource that has no side of its own
};

// A principal with a resource or a role, asked together.
struct Pair {
  std::size_t person;
  std::string thing, account;  // its ARN and whose it is
  const estate::Endpoint* endpoint;  // that they meet through; null: none
  AnswerPtr answer;
  std::vector<const policy::Document*> documents;
};
struct Paired {
  std::vector<Pair> pairs;
  std::vector<std::size_t> people_left;  // with whom a bound was passed
  std::set<std::string> things_left;
  std::string bound;  // and which
};
Paired ask_pairs(const Room& room, Asker& asker, const AnsweredRows& rows, const std::vector<Person>& people);
// Guards of resource/networks that hold a resource alone, without which one of these people would cross by it. `counts`:
// is the subject proved?
Guards resting_on(const Room& room, Asker& asker, const AnsweredRows& rows, const std::vector<Person>& people,
                  const std::function<bool(const std::string&)>& counts);

// A cell of a row and endpoints of mine, asked together.
struct Passage {
  std::size_t cell;
  std::vector<std::string> endpoints;  // of which it is true
  AnswerPtr answer;                    // not a proof
  std::vector<const policy::Document*> documents;
};
struct Passed {
  std::vector<Passage> all;
  std::set<std::string> left;  // subjects with whom a bound was passed
  std::string bound;           // and which
};
// Of identity/resources, resource/principals or trust. `leaks_around`: by cell, whether it leaks around all endpoints.
Passed ask_through(const Room& room, Asker& asker, const AnsweredRows& rows, Objective objective,
                   const std::vector<bool>& leaks_around);

// The cells of the whole, by subject, before gaps are counted. `resting`: guards of resource/networks on which it rests.
// `places`: those of the past, made anew where subjects are others.
Sequence<CellOf> whole_cells(const Room& room, Asker& asker, const AnsweredRows& rows, Leaks& leaks, Places& places, Guards& resting);

}  // namespace ringwall::prove::detail
