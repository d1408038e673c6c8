#include "prover/detail/case.h"

#include <algorithm>

namespace ringwall::prover::detail {
namespace {

// Ways to give variables values, tried at most.
constexpr std::size_t choices_of_variables_max = 64;

}  // namespace

void Case::encode() {
  for (std::size_t atom = 0; atom < space_.actions.domain.atoms.size(); ++atom) {
    const ActionClass action{&space_.actions, atom};
    std::vector<Ref> parts = {encoder_.holds(query_.universe.where, action), encoder_.holds(setting_.owned, action), encoder_.owned()};
    for (const Side& side : query_.allowing) {
      if (parts.back() == no) break;
      parts.push_back(encoder_.allows(side, action));
    }
    if (parts.back() != no) {
      for (const Side& side : query_.refusing) parts.push_back(negation(encoder_.allows(side, action)));
    }
    for (const ListedKey& one : listed_) {
      const Ref present = encoder_.present(one.key);
      if (present != yes && !one.had_by(action)) parts.push_back(negation(present));  // what is known is stronger
      else if (present != yes && says_account(one.key)) parts.push_back(formulas_.any({negation(present), of_caller(one.key)}));
    }
    const Ref residual = formulas_.all(std::move(parts));
    ++answer_.statistics.cases;
    if (state_.budget.spend(1); state_.budget.is_spent()) return;
    if (residual != no) residuals_[residual].push_back(atom);
  }
  if (query_.universe.axioms) axioms_ = state_axioms(encoder_, formulas_, leaves_, query_.universe.axiom_off);
}

Ref Case::of_caller(KeyId key) {
  const policy::Principal& caller = setting_.caller.principal;
  const std::string& name = state_.vocabulary.name(key);
  if (const std::vector<std::string>* account = setting_.caller.keys.find("aws:PrincipalAccount"); account != nullptr && account->size() == 1)
    return account->front() == "anonymous" ? no : encoder_.has_value(name, account->front());
  // For whom a service acts it says itself; its own account is one of AWS's, which nobody's policy names.
  if (caller.type == policy::Principal::Type::service) return key == state_.source_owner ? yes : encoder_.has_value(name, "000000000000");
  return yes;
}

bool Case::possible() {
  Solver solver = this->solver();
  return std::ranges::any_of(residuals_, [&](const auto& residual) {
    const Solution solution = solver.solve(residual.first);
    return solution.outcome != Outcome::unsatisfiable || !solution.undecided.empty();
  });
}

std::vector<policy::Context> Case::choices(bool& complete) {
  const std::set<KeyId>& variables = encoder_.free_variables();
  std::set<KeyId> together = variables;  // what one is told apart by, its variable is told apart by
  together.insert(encoder_.compared().begin(), encoder_.compared().end());
  std::vector<RelationId> relations;
  for (std::uint32_t leaf = 0; leaf < leaves_.size(); ++leaf) {
    const Test& test = leaves_[leaf];
    if (together.contains(test.key) && test.relation != any_value) relations.push_back(test.relation);
  }
  // A value that is known makes no test; it is one that the variable may have all the same.
  for (const KeyId compared : encoder_.compared()) {
    const std::vector<std::string>* const values = encoder_.values(compared);
    if (values == nullptr) continue;
    for (const std::string& value : *values)
      relations.push_back(state_.vocabulary.relation({Relation::Kind::condition, policy::Family::text, policy::Comparison::equal,
                                                      {{value, {{.kind = policy::Piece::Kind::literal, .text = value}}, 0}}}));
  }
  std::ranges::sort(relations);
  relations.erase(std::ranges::unique(relations).begin(), relations.end());

  complete = variables.size() == 1 && encoder_.only_compared_whole();
  std::vector<policy::Context> choices(1);
  for (const KeyId variable : variables) {
    const std::string& name = state_.vocabulary.name(variable);
    KnownKey key = state_.vocabulary.known(variable);
    std::string facts_name = name;
    if (!setting_.owner.empty() && name == "aws:resourceaccount") {
      key.facts.only = {setting_.owner};
      facts_name += "=" + setting_.owner;
    }
    const Domain& domain = state_.domains.of(facts_name, key.facts, state_.vocabulary, relations);
    complete &= !domain.incomplete && !key.several;
    std::vector<policy::Context> next;
    for (const policy::Context& before : choices) {
      next.push_back(before);
      next.back().set(name, std::vector<std::string>{});
      for (const Atom& atom : domain.atoms) {
        next.push_back(before);
        next.back().set(name, atom.word);
      }
    }
    choices = std::move(next);
    if (choices.size() > choices_of_variables_max) {
      choices.resize(choices_of_variables_max);
      complete = false;
    }
  }
  return choices;
}

}  // namespace ringwall::prover::detail
