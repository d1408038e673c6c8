#pragma once
// Does the circle hold? The six objectives, every role's trust, and the whole, for every principal,
// resource, endpoint and role of an estate.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "authz/authz.h"
#include "loaders/loaders.h"
#include "perimeter/perimeter.h"
#include "prove/sequence.h"
#include "prover/prover.h"

namespace ringwall::prove {

enum class Verdict : std::uint8_t { proved, leak, inconclusive };
std::string_view name_of(Verdict verdict);

// A layer that can hold a cell by itself.
enum class Guard : std::uint8_t { identity, scp, rcp, resource, endpoint, trust };
std::string_view name_of(Guard guard);

// One kind of request that gets through.
struct Leak {
  perimeter::Objective objective;
  std::vector<std::string> subjects;  // every principal, resource, endpoint or role of which it is true
  prover::Finding finding;            // for the first of them
  std::vector<const policy::Document*> documents;  // those of the layers asked, for positions
  std::string fix;                    // a sentence: what to attach or change
};

struct CellOf {  // one subject's
  std::string subject;
  Verdict verdict = Verdict::inconclusive;
  std::vector<std::size_t> leaks;             // positions in Report::leaks
  std::vector<std::size_t> exceptions;        // of the perimeter's, used
  std::vector<std::string> undecided;
  std::vector<Guard> guards;  // each of these would hold the cell alone; two or more: depth
};

struct Row {
  perimeter::Objective objective;
  Verdict verdict = Verdict::proved;  // the worst of its cells; proved if there are none
  std::size_t proved = 0, leaking = 0, inconclusive = 0;
  // Guards without which a cell that is proved would not be: single points of failure.
  std::vector<Guard> sole_guards;
  Sequence<CellOf> cells;             // by subject; after a change those that are as they were are the last report's own
};

struct ExceptionUse {
  std::size_t exception;  // of the perimeter's
  bool expired = false;
  std::size_t uses = 0;   // cells
};

struct Statistics {
  std::size_t questions = 0, asked = 0;  // asked: those whose answer was not known already
  double seconds = 0;
};

struct Report {
  std::vector<Row> rows;  // by Objective
  std::vector<Leak> leaks;
  std::vector<Leak> future;  // with actions that no service has today: told apart, no verdict
  std::vector<ExceptionUse> exceptions;
  std::vector<loaders::Gap> gaps;
  std::vector<std::string> not_asked;  // what no verdict is about: sentences
  std::size_t principals = 0, resources = 0, endpoints = 0, roles = 0, accounts = 0;
  Statistics statistics;
  Verdict verdict() const;  // the worst of the rows
};

// Past any of these, what is left is inconclusive.
struct Bounds {
  std::size_t standing_max = 64;             // kinds of principals of mine in one question
  std::size_t pairs_max = 10'000;            // kinds of pairs of a principal and a resource
  std::size_t pair_looks_max = 2'000'000;    // pairs that are looked at to find their kinds
};

struct Options {
  std::string today;       // ISO 8601 date, for exceptions
  bool depth = true;       // also ask which guards hold each cell alone
  unsigned threads = 2;
  std::size_t classes_max = 64;
  bool every_action = true;  // of each kind of request that leaks all actions are listed, not one
  Bounds bounds = {};
  std::function<void(std::size_t done, std::size_t all)> progress = {};  // from one thread at a time
  // Told the certificate of every distinct question that was proved; from one thread at a time.
  std::function<void(const std::string&)> certificate = {};
  // Told of every question that met a bug of the prover; its cell is inconclusive. From any thread.
  std::function<void(const prover::Bug&)> bug = {};
  std::uint64_t steps_max = prover::Budget::unbounded;  // of one question
  // false: every cell's question is asked by itself, though another one is the same. The plain twin of what is shared: slow.
  bool share = true;
  // prover::Universe's: of a server that may have been told so.
  bool network_keys_everywhere = false;
  // Take it that no other Region has a VPC or an endpoint of the same id as one of mine: for worlds without Regions.
  bool one_region = false;
  std::string_view axiom_off = {};  // prover::Universe's, for tests; its memory is its own
};

// Kept from one proof to the next: answers, by the policies of the question, and the cells that were proved, by the very values of
// the estate that they rest on. So after a change a proof costs what the change touches, where the estate shares what it left as
// it was: one that was edited does, and one that was read anew does as `renewed` gives it. Keeps the last estate alive. Forgets
// answers that so many proofs in a row did not ask for. Thread-safe.
class Memory;
std::shared_ptr<Memory> make_memory(std::uint64_t proofs_kept = 2);

// `after`, with all accounts, principals and resources that are as they were as the very values that they were.
loaders::Loaded renewed(const loaders::Loaded& before, loaders::Loaded after);

Report prove(const loaders::Loaded& world, const perimeter::Perimeter& perimeter, const Options& options,
             const std::shared_ptr<Memory>& memory = nullptr);

// What `after` allows and `before` did not, by principal and by resource.
struct Change {
  std::string subject;
  prover::Finding finding;
};
struct Difference {
  std::vector<Change> newly_allowed;
  std::vector<std::string> undecided;
  bool more = false;
};
Difference difference(const loaders::Loaded& before, const loaders::Loaded& after, const Options& options);

// Who may do the action on the resource, and what may the principal do?
struct Access {
  std::string principal;
  prover::Finding finding;
};
struct Accesses {
  std::vector<Access> found;
  std::vector<std::string> undecided;
};
Result<Accesses> who_can(const loaders::Loaded& world, const std::string& action, const std::string& resource,
                         const Options& options);
Result<Accesses> what_can(const loaders::Loaded& world, const std::string& principal, const Options& options);

}  // namespace ringwall::prove
