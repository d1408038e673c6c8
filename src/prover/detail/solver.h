#pragma once
// One formula at a time: the kinds of value of each key that it asks about, and whether some
// choice of them satisfies it.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "policy/detail/plain_pattern.h"
#include "prover/detail/axioms.h"
#include "sat/sat.h"

namespace ringwall::prover::detail {

// The values that satisfy a formula. A key that is not here may be absent.
struct Model {
  std::map<KeyId, std::vector<std::string>> values;
};

enum class Outcome : std::uint8_t { satisfiable, unsatisfiable, undecided };

struct Solution {
  Outcome outcome = Outcome::undecided;
  Model model;
  // Unsatisfiable or undecided: why a model may have been missed. Empty: it is proved.
  std::vector<std::string> undecided;
};

// The clauses of one formula and what their variables say.
struct Clauses {
  std::vector<sat::Clause> clauses;
  std::vector<std::string> names;  // of variable i + 1
};

// Domains that were made before, by key facts and relations.
class Domains {
 public:
  explicit Domains(std::size_t automaton_states_max, Budget& budget) : states_max_(automaton_states_max), budget_(budget) {}
  Budget& budget() { return budget_; }
  const Domain& of(const std::string& facts_name, const KeyFacts& facts, const Vocabulary& vocabulary,
                   const std::vector<RelationId>& relations);

 private:
  static constexpr std::size_t kept_max = 20'000;
  std::size_t states_max_;
  Budget& budget_;
  Domain unfinished_;  // of the question whose budget was spent: another finds it anew
  std::map<std::pair<std::string, std::vector<RelationId>>, Domain> kept_;
};

// Formulas that were solved before, of whatever caller and case: equal formulas have equal solutions. The key is the formula as
// written, with all else that its solution depends on.
class Solved {
 public:
  const Solution* find(const std::string& key) const {
    const auto found = kept_.find(key);
    return found != kept_.end() ? &found->second : nullptr;
  }
  void keep(std::string key, const Solution& solution) {
    if (kept_.size() >= kept_max) kept_.clear();
    kept_.emplace(std::move(key), solution);
  }

 private:
  static constexpr std::size_t kept_max = 20'000;
  std::unordered_map<std::string, Solution> kept_;
};

class Solver {
 public:
  struct Context {
    Vocabulary& vocabulary;
    Formulas& formulas;
    Leaves& leaves;
    Domains& domains;
    Solved& solved;
    Prover::Limits limits;
    std::string owner;  // the values that aws:ResourceAccount can have; empty: any
    const std::vector<StatedAxiom>& axioms;
    Statistics& statistics;
  };
  explicit Solver(const Context& context) : at_(context) {}

  // Words that the resource should be, where they fit, best first.
  void prefer_resources(std::vector<std::string> examples) { examples_ = std::move(examples); }

  Solution solve(Ref formula);
  // The formula and what the axioms say of it.
  Ref with_axioms(Ref formula) {
    std::vector<const Axiom*> used;
    return with_axioms(formula, used);
  }
  // The same for these resources alone; costs no automaton, and little when asked again.
  Outcome outcome_for(Ref formula, const std::vector<std::string>& resources, std::vector<std::string>& undecided);
  // The formula and its axioms as clauses, for a certificate, and the axioms that are among them.
  Clauses clauses_of(Ref formula, std::vector<const Axiom*>& axioms);

 private:
  // What a key may be: absent, or a set of atoms.
  struct Choice {
    std::vector<std::string> values;
    std::vector<bool> leaves;  // the truth of each of the key's leaves
  };
  struct Key {
    KeyId id = 0;
    bool several = false;
    std::vector<std::uint32_t> leaves, nodes = {};  // and the formula's nodes of the leaves
    std::vector<Choice> choices = {};  // exactly one of them holds
  };
  struct Problem {
    Ref formula = yes;  // with axioms
    std::vector<Ref> nodes;  // conjunctions, parts first
    std::vector<Key> keys;
    std::vector<const Axiom*> axioms;
    std::vector<std::string> undecided;
  };

  std::string written(Ref formula) const;
  Solution decide(Ref formula);
  Problem prepare(Ref formula);
  Ref with_axioms(Ref formula, std::vector<const Axiom*>& used);
  void fill(Key& key, std::vector<std::string>& undecided);
  void fill_with_resources(Key& key);
  std::vector<bool> answers_of(const std::string& resource, const std::vector<std::uint32_t>& leaves);
  Truth relate_resource(RelationId id, const std::string& resource);
  Solution try_all(const Problem& problem);
  Solution ask_sat(const Problem& problem);
  Clauses clauses_of(const Problem& problem, std::vector<std::vector<sat::Literal>>& choices);
  void choose(const Key& key, std::size_t choice);
  bool value_of(const Problem& problem);
  KeyFacts facts_of(KeyId key, std::string& name);
  Model model_of(const Problem& problem, const std::vector<std::size_t>& chosen) const;

  Context at_;
  std::vector<std::string> examples_;
  const std::vector<std::string>* only_resources_ = nullptr;
  std::vector<char> truth_;  // by node
  std::unordered_map<RelationId, std::vector<policy::plain::ResourcePattern>> patterns_;
  // The formula that outcome_for was asked about last: what it asks of a resource, and the outcomes
  // by what resources answered.
  struct Asked {
    Ref formula = no;
    std::vector<std::uint32_t> leaves;
    std::map<std::set<std::vector<bool>>, std::pair<Outcome, std::vector<std::string>>> outcomes;
  };
  Asked asked_;
};

}  // namespace ringwall::prover::detail
