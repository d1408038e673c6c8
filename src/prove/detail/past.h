#pragma once
// What stays of a proof for the next one, so that a change costs what it touches.
//
// Values of an estate never change: a principal, a resource or an account that is another has another address, as long as the
// estate that had the old one is alive, and this keeps it alive. So a cell's outcome is taken over where all that its question
// reads is the very same:
//
//  - its subject (`PastCell::subject`: the address of its name, which lies in the subject's value) and the subject's account, with
//    all policies of both;
//  - the ground of its row (prove.cc says what all questions read beside those: the perimeter, the organisation, options);
//  - which principals there are and what can be told of them, in rows that ask them (`Mine::callers_changed`);
//  - which resources there are, where a policy names one by an ARN that does not say whose it is (`Cells::reads_any`).
//
// Only what is proved, and without a reservation, is taken over: a leak tells of a request, so it is asked again.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "estate/estate.h"
#include "perimeter/perimeter.h"
#include "prove/prove.h"
#include "prover/prover.h"

namespace ringwall::prove::detail {

using Guards = unsigned;  // a set

// A principal of mine as one who calls. Borrows from the estate.
struct Own {
  const estate::Principal* principal = nullptr;
  const estate::Account* account = nullptr;  // null: not in the estate
  prover::Caller caller;
};

// Principals by what conditions tell of them: the first few of each kind, or all of one account. Named by the conditions.
using KindsOf = std::vector<std::pair<std::string, std::vector<std::size_t>>>;  // positions among my principals
using KindsByName = std::unordered_map<std::string, std::shared_ptr<const KindsOf>>;

struct PastCell {
  const std::string* subject = nullptr;
  const estate::Account* account = nullptr;
  std::size_t place = 0;  // in its row
  Guards held = 0;
  std::vector<std::size_t> exceptions = {};
};

// Cells that were proved, by name, and all cells as the report told them, before gaps were counted.
struct PastRow {
  std::string ground;
  std::vector<PastCell> cells;
  Sequence<CellOf> told;
};

// Who and what the rows are about, in the order of names. All of it is of the estate.
struct Listing {
  std::vector<Own> principals;
  std::unordered_map<std::string, std::vector<std::size_t>> by_account;  // positions among principals
  std::size_t service_linked = 0;
  std::vector<const estate::Resource*> resources;
  std::vector<const estate::Account*> owners;  // of the resources; null: not in the estate
  std::set<std::string, std::less<>> services, with_a_side;  // as Mine has them
  std::vector<std::size_t> sided;              // positions among resources: those of services with a side
};

// Where subjects stand among those of the whole, and a cell for each of which nothing is told yet.
struct Places {
  std::vector<std::size_t> principals, resources, endpoints;
  Sequence<CellOf> cells;
};

struct Past {
  estate::EstatePtr estate;
  Listing listing;
  Places places;
  std::map<perimeter::Objective, PastRow> rows;
  KindsByName kinds;
};

}  // namespace ringwall::prove::detail
