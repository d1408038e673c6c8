#include "prover/detail/solver.h"

#include <algorithm>
#include <set>

namespace ringwall::prover::detail {
namespace {

// Sets of values of one key that tests tell apart, at most.
constexpr std::size_t choices_max = 4'096;
// Below it every pair is forbidden; above, a ladder of helpers says that at most one holds.
constexpr std::size_t pairwise_max = 6;

bool is_owners_account(std::string_view key) { return key == "aws:resourceaccount" || key == "s3:resourceaccount"; }

void at_most_one(const std::vector<sat::Literal>& literals, std::vector<sat::Clause>& clauses,
                 std::vector<std::string>& names) {
  if (literals.size() <= pairwise_max) {
    for (std::size_t i = 0; i < literals.size(); ++i) {
      for (std::size_t k = i + 1; k < literals.size(); ++k) clauses.push_back({-literals[i], -literals[k]});
    }
    return;
  }
  sat::Literal before = 0;  // one of the literals so far holds
  for (const sat::Literal literal : literals) {
    names.emplace_back("one of the values before, or this");
    const auto now = static_cast<sat::Literal>(names.size());
    clauses.push_back({-literal, now});
    if (before != 0) {
      clauses.push_back({-before, now});
      clauses.push_back({-before, -literal});
    }
    before = now;
  }
}

}  // namespace

const Domain& Domains::of(const std::string& facts_name, const KeyFacts& facts, const Vocabulary& vocabulary,
                          const std::vector<RelationId>& relations) {
  const auto found = kept_.find({facts_name, relations});
  if (found != kept_.end()) return found->second;
  if (kept_.size() >= kept_max) kept_.clear();
  std::vector<const Relation*> asked;
  asked.reserve(relations.size());
  for (const RelationId id : relations) asked.push_back(&vocabulary[id]);
  Domain made = make_domain(facts, asked, states_max_, &budget_);
  if (budget_.is_spent()) return unfinished_ = std::move(made);
  return kept_.emplace(std::pair(facts_name, relations), std::move(made)).first->second;
}

KeyFacts Solver::facts_of(KeyId key, std::string& name) {
  if (key == resource_key) {
    KeyFacts facts;
    facts.examples = examples_;
    name = "resource:";
    for (const std::string& example : examples_) name += example + "\n";
    return facts;
  }
  const std::string& key_name = at_.vocabulary.name(key);
  KeyFacts facts = at_.vocabulary.known(key).facts;
  name = key_name;
  if (!at_.owner.empty() && is_owners_account(key_name)) {
    facts.only = {at_.owner};
    name += "=" + at_.owner;
  }
  return facts;
}

// Every test asks whether some value does this or that, so what a set of values answers is what any
// of them answers: the sets that differ are found by uniting, not by trying all.
void Solver::fill(Key& key, std::vector<std::string>& undecided) {
  if (key.id == Leaves::opaque) {
    key.choices = {{{}, {false}}, {{"open"}, {true}}};
    return;
  }
  if (key.id == resource_key && only_resources_ != nullptr) return fill_with_resources(key);
  std::vector<RelationId> relations;
  for (const std::uint32_t leaf : key.leaves) {
    if (at_.leaves[leaf].relation != any_value) relations.push_back(at_.leaves[leaf].relation);
  }
  std::ranges::sort(relations);
  relations.erase(std::ranges::unique(relations).begin(), relations.end());
  std::string name;
  const KeyFacts facts = facts_of(key.id, name);
  const Domain& domain = at_.domains.of(name, facts, at_.vocabulary, relations);
  if (domain.incomplete) {
    undecided.push_back((key.id == resource_key ? "the resource" : "`" + at_.vocabulary.name(key.id) + "`") + ": " + *domain.incomplete);
  }
  at_.statistics.atoms += domain.atoms.size();
  std::set<std::vector<bool>> seen;
  for (const Atom& atom : domain.atoms) {
    Choice choice{{atom.word}, {}};
    for (const std::uint32_t leaf : key.leaves) {
      const Test& test = at_.leaves[leaf];
      if (test.relation == any_value) {
        choice.leaves.push_back(true);
        continue;
      }
      const auto index = static_cast<std::size_t>(std::ranges::lower_bound(relations, test.relation) - relations.begin());
      choice.leaves.push_back((bit(atom.truths[index]) & test.truths) != 0);
    }
    if (seen.insert(choice.leaves).second) key.choices.push_back(std::move(choice));
  }
  if (key.several) {
    const std::size_t single = key.choices.size();
    for (std::size_t i = 0; i < key.choices.size() && key.choices.size() < choices_max; ++i) {
      for (std::size_t k = 0; k < single && key.choices.size() < choices_max; ++k) {
        Choice both = key.choices[i];
        for (std::size_t leaf = 0; leaf < both.leaves.size(); ++leaf)
          both.leaves[leaf] = both.leaves[leaf] || key.choices[k].leaves[leaf];
        at_.domains.budget().spend(both.leaves.size());
        if (!seen.insert(both.leaves).second) continue;
        both.values.push_back(key.choices[k].values.front());
        key.choices.push_back(std::move(both));
      }
    }
    if (key.choices.size() >= choices_max)
      undecided.push_back("`" + at_.vocabulary.name(key.id) + "`: policies tell more than " + std::to_string(choices_max) + " sets of its values apart");
  }
  if (key.id != resource_key) {
    std::vector<bool> none(key.leaves.size(), false);
    key.choices.push_back({{}, std::move(none)});
  }
}

std::vector<bool> Solver::answers_of(const std::string& resource, const std::vector<std::uint32_t>& leaves) {
  std::vector<bool> answers;
  for (const std::uint32_t leaf : leaves) {
    const Test& test = at_.leaves[leaf];
    answers.push_back((bit(relate_resource(test.relation, resource)) & test.truths) != 0);
  }
  return answers;
}

// Patterns are made ready once: thousands of resources may be put to the same few.
Truth Solver::relate_resource(RelationId id, const std::string& resource) {
  const Relation& relation = at_.vocabulary[id];
  if (relation.kind != Relation::Kind::resource) return relate(relation, resource);
  const auto [found, added] = patterns_.try_emplace(id);
  if (added) {
    for (const policy::Listed& listed : relation.values) found->second.emplace_back(listed.pieces);
  }
  const bool holds = std::ranges::any_of(found->second, [&](const policy::plain::ResourcePattern& pattern) {
    return pattern.matches(resource, {}) == policy::plain::Truth::yes;
  });
  return holds ? Truth::yes : Truth::no;
}

void Solver::fill_with_resources(Key& key) {
  std::set<std::vector<bool>> seen;
  for (const std::string& resource : *only_resources_) {
    Choice choice{{resource}, answers_of(resource, key.leaves)};
    if (seen.insert(choice.leaves).second) key.choices.push_back(std::move(choice));
  }
}

Solver::Problem Solver::prepare(Ref formula) {
  Problem problem;
  problem.formula = formula;
  std::map<std::pair<KeyId, std::uint32_t>, std::size_t> position;  // an open question is a key by itself
  const auto visit = [&](std::uint32_t leaf) {
    const Test& test = at_.leaves[leaf];
    const bool open = test.key == Leaves::opaque;
    const auto [found, added] = position.try_emplace({test.key, open ? leaf : 0}, problem.keys.size());
    if (added) {
      Key key{.id = test.key};
      key.several = !open && test.key != resource_key && at_.vocabulary.known(test.key).several;
      problem.keys.push_back(std::move(key));
    }
    problem.keys[found->second].leaves.push_back(leaf);
  };
  at_.formulas.walk(formula, visit, [&](Ref node) { problem.nodes.push_back(node); });
  at_.domains.budget().spend(problem.nodes.size() + problem.keys.size());
  for (Key& key : problem.keys) {
    std::ranges::sort(key.leaves);
    for (const std::uint32_t leaf : key.leaves) key.nodes.push_back(at_.formulas.leaf(leaf) >> 1);
    fill(key, problem.undecided);
  }
  return problem;
}

// The axioms that speak about a key of the formula, or about one that such an axiom names.
Ref Solver::with_axioms(Ref formula, std::vector<const Axiom*>& used) {
  std::set<KeyId> keys;
  at_.formulas.walk(formula, [&](std::uint32_t leaf) { keys.insert(at_.leaves[leaf].key); });
  std::vector<Ref> parts = {formula};
  std::vector<bool> taken(at_.axioms.size(), false);
  for (bool grown = true; grown;) {
    grown = false;
    for (std::size_t i = 0; i < at_.axioms.size(); ++i) {
      if (taken[i]) continue;
      const std::vector<KeyId>& named = at_.axioms[i].keys;
      if (std::ranges::none_of(named, [&](KeyId key) { return keys.contains(key); })) continue;
      taken[i] = grown = true;
      keys.insert(named.begin(), named.end());
      used.push_back(at_.axioms[i].axiom);
      parts.push_back(at_.axioms[i].formula);
    }
  }
  return used.empty() ? formula : at_.formulas.all(std::move(parts));
}

void Solver::choose(const Key& key, std::size_t choice) {
  for (std::size_t k = 0; k < key.nodes.size(); ++k) truth_[key.nodes[k]] = static_cast<char>(key.choices[choice].leaves[k]);
}

// Of what was chosen for every key.
bool Solver::value_of(const Problem& problem) {
  const auto holds = [&](Ref ref) { return (truth_[ref >> 1] != 0) != ((ref & 1) != 0); };
  for (const Ref node : problem.nodes)
    truth_[node >> 1] = static_cast<char>(std::ranges::all_of(at_.formulas.parts(node), holds));
  return holds(problem.formula);
}

Model Solver::model_of(const Problem& problem, const std::vector<std::size_t>& chosen) const {
  Model model;
  for (std::size_t i = 0; i < problem.keys.size(); ++i) {
    const Key& key = problem.keys[i];
    if (key.id != Leaves::opaque) model.values[key.id] = key.choices[chosen[i]].values;
  }
  return model;
}

Solution Solver::try_all(const Problem& problem) {
  std::vector<std::size_t> chosen(problem.keys.size(), 0);
  truth_.resize(std::max(truth_.size(), at_.formulas.size()));
  for (const Key& key : problem.keys) choose(key, 0);
  while (true) {
    if (value_of(problem)) return {Outcome::satisfiable, model_of(problem, chosen), {}};
    std::size_t i = 0;
    while (i < chosen.size() && ++chosen[i] == problem.keys[i].choices.size()) {
      chosen[i] = 0;
      choose(problem.keys[i++], 0);
    }
    if (i == chosen.size()) return {Outcome::unsatisfiable, {}, problem.undecided};
    choose(problem.keys[i], chosen[i]);
  }
}

Clauses Solver::clauses_of(const Problem& problem, std::vector<std::vector<sat::Literal>>& choices) {
  Clauses all;
  const auto variable = [&](std::string name) {
    all.names.push_back(std::move(name));
    return static_cast<sat::Literal>(all.names.size());
  };
  std::map<std::uint32_t, sat::Literal> literals;  // of nodes of the formula
  for (const Key& key : problem.keys) {
    const bool open = key.id == Leaves::opaque;
    const std::string about = open ? "an open question" : key.id == resource_key ? "resource" : at_.vocabulary.name(key.id);
    std::vector<sat::Literal> of_key;
    for (const Choice& choice : key.choices) {
      std::string said = about + (choice.values.empty() ? " is absent" : " is of the kind of");
      for (const std::string& value : choice.values) said += " `" + value + "`";
      of_key.push_back(variable(std::move(said)));
    }
    all.clauses.push_back(of_key);  // one of them holds, and not two
    at_most_one(of_key, all.clauses, all.names);
    for (std::size_t k = 0; k < key.leaves.size(); ++k) {
      const sat::Literal leaf = variable("a test of " + about);
      literals[at_.formulas.leaf(key.leaves[k]) >> 1] = leaf;
      for (std::size_t c = 0; c < of_key.size(); ++c)
        all.clauses.push_back({-of_key[c], key.choices[c].leaves[k] ? leaf : -leaf});
    }
    choices.push_back(std::move(of_key));
  }
  const auto literal_of = [&](Ref ref) {
    const sat::Literal literal = literals.at(ref >> 1);
    return (ref & 1) != 0 ? -literal : literal;
  };
  for (const Ref node : problem.nodes) {
    const sat::Literal whole = variable("all of several hold");
    literals[node >> 1] = whole;
    sat::Clause back = {whole};
    for (const Ref part : at_.formulas.parts(node)) {
      const sat::Literal literal = literal_of(part);
      all.clauses.push_back({-whole, literal});
      back.push_back(-literal);
    }
    all.clauses.push_back(std::move(back));
  }
  all.clauses.push_back({literal_of(problem.formula)});  // the request is one that is asked for
  return all;
}

Solution Solver::ask_sat(const Problem& problem) {
  std::vector<std::vector<sat::Literal>> choices;
  const Clauses clauses = clauses_of(problem, choices);
  at_.domains.budget().spend(clauses.clauses.size());
  ++at_.statistics.solved_by_sat;
  at_.statistics.clauses += clauses.clauses.size();
  sat::Solver solver;
  for (const sat::Clause& clause : clauses.clauses) solver.add(clause);
  switch (solver.solve({}, at_.limits.conflicts_max)) {
    case sat::Outcome::unsatisfiable:
      return {Outcome::unsatisfiable, {}, problem.undecided};
    case sat::Outcome::undecided: {
      Solution solution{Outcome::undecided, {}, problem.undecided};
      solution.undecided.push_back("the search ended after " + std::to_string(at_.limits.conflicts_max) + " conflicts");
      return solution;
    }
    case sat::Outcome::satisfiable:
      break;
  }
  std::vector<std::size_t> chosen;
  for (const auto& of_key : choices) {
    const auto holding = std::ranges::find_if(of_key, [&](sat::Literal choice) { return solver.value(choice); });
    if (!at_.vocabulary.consistency().holds(holding != of_key.end(), "a model of the clauses chooses a value of every key")) return {};
    chosen.push_back(static_cast<std::size_t>(holding - of_key.begin()));
  }
  truth_.resize(std::max(truth_.size(), at_.formulas.size()));
  for (std::size_t i = 0; i < chosen.size(); ++i) choose(problem.keys[i], chosen[i]);
  if (!at_.vocabulary.consistency().holds(value_of(problem), "a model of the clauses is one of the formula")) return {};
  return {Outcome::satisfiable, model_of(problem, chosen), {}};
}

// The formula as text: its leaves' tests and its conjunctions in the order of a walk, and what else decides which values there
// are of a key.
std::string Solver::written(Ref formula) const {
  std::vector<std::uint32_t> text, place(at_.formulas.size(), 0);
  std::uint32_t met = 0;
  bool owned = false, resources = false;
  const auto refer = [&](Ref ref) { text.push_back(place[ref >> 1] << 1 | (ref & 1)); };
  at_.formulas.walk(
      formula,
      [&](std::uint32_t leaf) {
        const Test& test = at_.leaves[leaf];
        text.insert(text.end(), {0, test.key, test.key == Leaves::opaque ? leaf : test.relation, test.truths});
        place[at_.formulas.leaf(leaf) >> 1] = ++met;
        resources |= test.key == resource_key;
        owned |= !at_.owner.empty() && test.key != Leaves::opaque && is_owners_account(at_.vocabulary.name(test.key));
      },
      [&](Ref node) {
        const auto parts = at_.formulas.parts(node);
        text.insert(text.end(), {1, static_cast<std::uint32_t>(parts.size())});
        for (const Ref part : parts) refer(part);
        place[node >> 1] = ++met;
      });
  refer(formula);
  std::string written(reinterpret_cast<const char*>(text.data()), text.size() * sizeof(text.front()));
  if (owned) written += "of " + at_.owner;
  if (resources) {
    for (const std::string& example : examples_) written += '\n' + example;
  }
  return written;
}

Solution Solver::decide(Ref formula) {
  Budget& budget = at_.domains.budget();
  std::string key;
  if (only_resources_ == nullptr) {
    key = written(formula);
    budget.spend(key.size() / sizeof(std::uint32_t));
    const Solution* known = at_.solved.find(key);
    if (known != nullptr && !budget.is_spent()) return *known;
  }
  const Problem problem = prepare(formula);
  if (budget.is_spent()) return Solution{Outcome::undecided, {}, {budget.told()}};
  std::size_t work = problem.nodes.size() + 1;
  for (const Key& one : problem.keys) work = std::min(work * one.choices.size(), at_.limits.enumerated_max + 1);
  Solution solution;
  if (work == 0) {  // a key has no value
    solution = {Outcome::unsatisfiable, {}, problem.undecided};
  } else if (work > at_.limits.enumerated_max) {
    solution = ask_sat(problem);
  } else {
    budget.spend(work);
    solution = try_all(problem);
  }
  if (!key.empty() && !budget.is_spent() && !at_.vocabulary.consistency().broken()) at_.solved.keep(std::move(key), solution);
  return solution;
}

// Without the axioms first: what is impossible without them is impossible with them, and most
// questions have few keys.
Solution Solver::solve(Ref formula) {
  if (formula == no) return {Outcome::unsatisfiable, {}, {}};
  ++at_.statistics.residuals;
  Solution solution = decide(formula);
  if (solution.outcome != Outcome::satisfiable) return solution;
  std::vector<const Axiom*> used;
  const Ref all = with_axioms(formula, used);
  return used.empty() ? solution : decide(all);
}

// Resources that every test answers alike are one to the formula, so its outcome is kept.
Outcome Solver::outcome_for(Ref formula, const std::vector<std::string>& resources, std::vector<std::string>& undecided) {
  if (asked_.formula != formula) {
    asked_ = {formula, {}, {}};
    std::vector<const Axiom*> used;
    at_.formulas.walk(with_axioms(formula, used), [&](std::uint32_t leaf) {
      if (at_.leaves[leaf].key == resource_key) asked_.leaves.push_back(leaf);
    });
  }
  std::set<std::vector<bool>> kinds;
  for (const std::string& resource : resources) kinds.insert(answers_of(resource, asked_.leaves));
  const auto [kept, added] = asked_.outcomes.try_emplace(std::move(kinds));
  if (added) {
    only_resources_ = &resources;
    Solution solution = solve(formula);
    only_resources_ = nullptr;
    kept->second = {solution.outcome, std::move(solution.undecided)};
  }
  undecided = kept->second.second;
  return kept->second.first;
}

Clauses Solver::clauses_of(Ref formula, std::vector<const Axiom*>& axioms) {
  std::vector<std::vector<sat::Literal>> choices;
  if (formula == no) return {{{1}, {-1}}, {"the request is allowed: no statement that could allow it is left"}};
  Problem problem = prepare(formula);
  if (ask_sat(problem).outcome != Outcome::unsatisfiable) problem = prepare(with_axioms(formula, axioms));
  return clauses_of(problem, choices);
}

}  // namespace ringwall::prover::detail
