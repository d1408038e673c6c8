#pragma once
// Is there a request that these policies allow and those do not? Exactly, over every request that
// the universe admits: an answer is a concrete request that was replayed through `authz`, a proof,
// or the reason why neither was reached.
//
// Who calls, who owns the resource, and which statements list the action are split into cases;
// what is left in a case is a formula over tests of condition keys and of the resource. Each key's
// tests are turned into the finitely many kinds of value that they tell apart (domain.h), so the
// formula is decided by trying all, or by SAT.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authz/authz.h"
#include "base/result.h"
#include "policy/syntax.h"
#include "prover/domain.h"
#include "text/json.h"

namespace ringwall::prover {

// What a request must satisfy besides the policies: a tree over conditions of the policy language.
struct Constraint {
  enum class Kind : std::uint8_t { all, any, none, condition, actions, resources };
  Kind kind = Kind::all;
  std::vector<Constraint> parts = {};            // of all, any, none. All of nothing: holds
  policy::Condition condition = {};              // holds for certain
  std::vector<policy::Listed> listed = {};       // of actions or resources: one of them matches
};
Constraint all_of(std::vector<Constraint> parts);
Constraint any_of(std::vector<Constraint> parts);
Constraint none_of(std::vector<Constraint> parts);
// One condition, as in a policy's Condition element, but that a value holds no variable: `${` stands for itself.
// Failure::invalid as policy::read refuses it.
Result<Constraint> condition(std::string_view op, std::string_view key, std::vector<std::string> values);
// A whole Condition element: all of its conditions.
Result<Constraint> conditions(const text::Json& element);
Result<Constraint> on_actions(const std::vector<std::string>& patterns);
// Nor does a resource hold one: a name that a template leaves with `${…}` in it is that name.
Result<Constraint> on_resources(const std::vector<std::string>& patterns);
// On one at all: not on `*`, as requests are whose action takes no resource.
Constraint on_some_resource();

// Someone who may ask. Of the context keys those in `keys` are known, those that a pattern in
// `absent` names (globs over key names in lower case, such as `aws:principaltag/*`) are not in any
// request of theirs unless they are known, and the others are free.
struct Caller {
  policy::Principal principal = {};
  policy::Context keys = {};
  std::vector<std::string> absent = {};
};

// Whose the resource is. The request's resource_account, its aws:ResourceAccount where it has that
// key, and the account in its ARN agree.
struct Owner {
  enum class Kind : std::uint8_t {
    unknown,  // the request does not say; aws:ResourceAccount is free
    account,  // `accounts` has one
    others,   // any account that is not among `accounts`
  };
  Kind kind = Kind::unknown;
  std::vector<std::string> accounts = {};
  Constraint where = {};  // holds of requests on what is theirs, beside the universe's
};

// In every case a finding says whether it is callable today.
enum class Actions : std::uint8_t {
  any,           // whatever a policy could name: a finding that is not callable counts as well
  on_resources,  // of the catalogue, and on a resource of a type that the action takes
  known,         // of the catalogue: also those without resources, on `*`
};

// The requests that are asked about.
struct Universe {
  std::vector<Caller> callers = {};
  std::vector<Owner> owners = {{}};
  Actions actions = Actions::any;
  policy::Context keys = {};              // as a caller's
  std::vector<std::string> absent = {};
  Constraint where = {};
  // Do the axioms hold? Keys that are known, or known to be absent, are stronger than they.
  bool axioms = true;
  std::string_view axiom_off = {};  // for tests: all but the one of this name
  // May services that are not on AWS's list (catalogue/network_keys.h) say whose endpoint a request came through? A server
  // of ours may be told to say it everywhere, so where one is asked about, both are possible.
  bool network_keys_everywhere = false;
};

// Something that allows or does not: the layers of a decision, or a document by itself (a statement
// allows and none denies).
struct Side {
  std::optional<authz::Layers> layers = {};
  policy::DocumentPtr document = {};
};

struct Query {
  Universe universe;
  std::vector<Side> allowing;  // each of them allows the request
  std::vector<Side> refusing;  // none of them does
  // How many classes to tell at most; past it the answer says that there are more.
  std::size_t classes_max = 256;
  // Are all actions of a class listed, or one? Where only the verdict counts, one costs much less.
  bool every_action = true;
  std::string title = {};  // for certificates
  // What the question may cost (domain.h); past it the answer is what was found, and undecided.
  std::uint64_t steps_max = Budget::unbounded;
};

// One kind of request that was found: a caller, an owner, the actions that the same statements
// list, and the statements that allow.
struct Finding {
  policy::Request request;  // replayed: authz decides as the query asks
  bool callable = false;    // a service has the action, and it takes a resource of this type
  // All known ones of this class (or the first, by Query::every_action), sorted; empty if not callable. They are the catalogue's names, which live as long as
  // the process.
  std::vector<std::string_view> actions;
  // Of each allowing side in turn: the decision and so the statement that allows.
  std::vector<authz::Decision> decisions;
};

enum class Verdict : std::uint8_t {
  none,          // proved: no such request. Findings may tell of actions that no service has today
  found,
  inconclusive,  // none was found, and what `undecided` names may hide one
};

struct Statistics {
  std::size_t cases = 0, residuals = 0, solved_by_sat = 0, atoms = 0, clauses = 0;
  std::uint64_t steps = 0;  // of the budget
};

// A check of the prover's own consistency did not hold: a bug of Ringwall, met by this question. There is no answer.
struct Bug {
  std::string what;      // did not hold
  std::string question;  // JSON, with every policy: what a report of the bug needs
};

struct Answer {
  Verdict verdict = Verdict::inconclusive;
  std::vector<Finding> findings;       // callable ones first
  bool more = false;                   // classes_max was reached
  std::vector<std::string> undecided;  // sentences, with the key and policy; with `found` too
  Statistics statistics;
  std::optional<Bug> bug;  // then the verdict is inconclusive, and there are no findings
};

// Keeps each document that it has read, and what it has read, so that a question which is asked of
// the same policies again costs less. Not thread-safe: one a thread.
class Prover {
 public:
  struct Limits {
    std::size_t automaton_states_max = 50'000;  // of one key's tests; past it the key is undecided
    std::size_t enumerated_max = 8'192;  // assignments times nodes that are tried; past it SAT is asked
    int conflicts_max = 200'000;
  };
  Prover();
  explicit Prover(Limits limits);
  ~Prover();

  Answer ask(const Query& query);
  // For a query whose answer is `none`: the certificate, as `ringwall check` reads it
  // (checker/checker.h). Failure::conflict: the answer is another.
  Result<std::string> certify(const Query& query);
  // The query as SMT-LIB 2.6 over strings, unsatisfiable exactly if the answer is `none`: for other
  // solvers. Failure::invalid names what cannot be said in it.
  Result<std::string> smtlib(const Query& query);

  struct State;  // what it keeps: prover.cc's own

 private:
  std::unique_ptr<State> state_;
};

// A relation between keys that every request keeps; a wrong one would make a proof unsound. The
// reviewed table is axioms.cc; each certificate lists those that it uses.
struct Axiom {
  std::string_view name;
  std::string_view text;    // for people
  std::string_view source;  // AWS's page
};
std::vector<Axiom> axioms();

}  // namespace ringwall::prover
