#pragma once
// One case of a question: one caller, one owner, and one choice of variables.

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "prover/detail/axioms.h"
#include "prover/detail/state.h"

namespace ringwall::prover::detail {

class Case {
 public:
  Case(Prover::State& state, Space& space, const std::vector<ListedKey>& listed, const Query& query, const Setting& setting, Folding folding, Answer& answer)
      : state_(state), space_(space), listed_(listed), query_(query), setting_(setting), answer_(answer), formulas_(folding),
        encoder_(state.vocabulary, state.readings, formulas_, leaves_, state.rcp_actions, setting_) {}

  // What is left of the question for the actions of each class; the same for many.
  void encode();

  // Keys that are the caller's account.
  bool says_account(KeyId key) const { return key == state_.caller_account || key == state_.source_owner; }
  Ref of_caller(KeyId key);

  bool has_free_variables() const { return !encoder_.free_variables().empty(); }
  // Is there anything to be found, were free variables whatever is wanted?
  bool possible();
  // Values to give to free variables, and whether no other could make a difference.
  std::vector<policy::Context> choices(bool& complete);

  void find();
  std::string certificates(const std::string& policies);

 private:
  Solver solver() {
    return Solver({state_.vocabulary, formulas_, leaves_, state_.domains, state_.solved, state_.limits, setting_.owner, axioms_, answer_.statistics});
  }
  void note(const Solution& solution) {
    for (const std::string& why : solution.undecided) {
      if (std::ranges::find(answer_.undecided, why) == answer_.undecided.end()) answer_.undecided.push_back(why);
    }
  }
  // Findings that make the verdict and those that only tell of the future are told up to the bound
  // each: the search never ends at one that does not count.
  bool counts(const Finding& finding) const { return finding.callable || query_.universe.actions == Actions::any; }
  std::size_t told_as(bool counting) const {
    return static_cast<std::size_t>(std::ranges::count_if(answer_.findings, [&](const Finding& finding) { return counts(finding) == counting; }));
  }
  // The same actions, as far as the resources that they take go.
  struct Kind {
    std::size_t number = 0;     // of the types
    std::string_view types;     // empty: none, so the resource is `*`
    std::vector<KeyId> lacking = {};  // keys of their service that AWS does not list for them
    std::vector<std::size_t> actions = {};
  };
  Ref without(const std::vector<KeyId>& lacking) {
    std::vector<Ref> parts;
    for (const KeyId key : lacking) parts.push_back(negation(encoder_.present(key)));
    return formulas_.all(std::move(parts));
  }
  std::vector<KeyId> lacking_of(std::size_t action);
  void note_unlisted(Ref residual, Solver& solver, const std::vector<Kind>& kinds);
  std::string certificate_of(Solver& solver, Ref formula, const std::vector<std::size_t>& atoms, std::vector<std::string> rests_on, const std::string& policies);
  std::vector<Kind> kinds_of(const std::vector<std::size_t>& atoms);
  TypedResources taken_by(const Kind& kind);
  std::vector<std::vector<std::size_t>> granted_alike(const std::vector<std::size_t>& atoms);
  void tell(Ref residual, const std::vector<std::size_t>& atoms);
  bool tell(Ref residual, Solver& solver, std::size_t atom, const std::string& action, Finding finding, const std::string& types = {});
  std::vector<std::string> examples_of_accounts(const std::string& types) const;
  bool replays(Finding& finding);
  policy::Request request_of(const Model& model, const std::string& action) const;
  bool asks_for_resource(Ref formula) const;
  // The services whose resources the formula can tell apart.
  struct Reach {
    bool everywhere = false;
    std::set<std::string_view> services;
    bool tells_apart(std::string_view types) const;
  };
  Reach reach_of(Ref formula) const;

  Prover::State& state_;
  Space& space_;
  const std::vector<ListedKey>& listed_;
  const Query& query_;
  const Setting setting_;
  Answer& answer_;
  Formulas formulas_;
  Leaves leaves_;
  Encoder encoder_;
  std::map<Ref, std::vector<std::size_t>> residuals_;
  std::vector<StatedAxiom> axioms_;
};

}  // namespace ringwall::prover::detail
