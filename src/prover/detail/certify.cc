// That nothing satisfies a question, as clauses with a refutation.

#include <algorithm>

#include "prover/detail/case.h"
#include "prover/detail/query.h"

namespace ringwall::prover::detail {

// Empty: the formula could not be refuted.
std::string Case::certificate_of(Solver& solver, Ref formula, const std::vector<std::size_t>& atoms, std::vector<std::string> rests_on,
                                 const std::string& policies) {
  std::vector<const Axiom*> used;
  const Clauses clauses = solver.clauses_of(formula, used);
  for (const ListedKey& one : listed_) {
    const auto speaks = [&](std::size_t atom) { return !one.had_by({&space_.actions, atom}) || says_account(one.key); };
    if (std::ranges::any_of(atoms, speaks) && std::ranges::find(used, one.axiom) == used.end()) used.push_back(one.axiom);
  }
  const auto proof = sat::refute(clauses.clauses, state_.limits.conflicts_max);
  if (!proof) return {};
  const policy::Principal& caller = setting_.caller.principal;
  std::string text = "ringwall certificate 2\nquestion " +
                     certified(query_.title + "; caller " + (!caller.arn.empty() ? caller.arn : !caller.service.empty() ? caller.service : "anybody") +
                               (setting_.owner.empty() ? "" : "; resource of " + setting_.owner) + "; actions such as " +
                               space_.actions.domain.atoms[atoms.front()].word) +
                     "\n" + policies;
  for (const Axiom* axiom : used) text += "axiom " + std::string(axiom->name) + ": " + std::string(axiom->text) + "\n";
  for (const std::string& why : rests_on) text += "axiom " + certified(why) + "\n";
  for (std::size_t i = 0; i < clauses.names.size(); ++i) text += "variable " + std::to_string(i + 1) + " " + certified(clauses.names[i]) + "\n";
  text += "cnf " + std::to_string(clauses.names.size()) + " " + std::to_string(clauses.clauses.size()) + "\n";
  for (const sat::Clause& clause : clauses.clauses) {
    for (const sat::Literal literal : clause) text += std::to_string(literal) + " ";
    text += "0\n";
  }
  return text + "proof\n" + *proof + "end\n";
}

std::string Case::certificates(const std::string& policies) {
  std::string text;
  Solver solver = this->solver();
  if (residuals_.empty()) residuals_[no] = {0};  // no statement is left that could allow
  for (const auto& [residual, atoms] : std::map(residuals_)) {
    std::string whole = certificate_of(solver, residual, atoms, {}, policies);
    if (!whole.empty()) {
      text += whole;
      continue;
    }
    // Then it rests on the actions that there are: on what they act, and which keys their requests have.
    const std::vector<Kind> kinds = kinds_of(atoms);
    for (const Kind& kind : kinds) {
      TypedResources typed = taken_by(kind);
      std::string types(kind.types);
      std::ranges::replace(types, '\n', ' ');
      const std::string& action = state_.known().name(kind.actions.front());
      std::vector<std::string> rests_on{"resources-of-actions: " + action + " and actions like it act on " + (types.empty() ? "`*` alone" : types)};
      if (!kind.lacking.empty()) {
        std::string keys;
        for (const KeyId key : kind.lacking) keys += " " + state_.vocabulary.name(key);
        rests_on.push_back("keys-of-actions: not in requests of " + action + ":" + keys);
      }
      text += certificate_of(solver, formulas_.all({residual, typed.formula, without(kind.lacking)}), {atoms.front()}, std::move(rests_on), policies);
    }
    if (kinds.empty()) {
      text += certificate_of(solver, no, atoms,
                             {"actions-of-today: no service has an action of this class" +
                              std::string(query_.universe.actions == Actions::on_resources ? " on a resource" : "")},
                             policies);
    }
  }
  return text;
}

}  // namespace ringwall::prover::detail
