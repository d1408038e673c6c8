#include "recheck/detail/terms.h"

#include <algorithm>

#include "catalogue/catalogue.h"

namespace ringwall::recheck::detail {

Terms::Terms() : nodes_(2) {}

Key Terms::key(std::string_view lower_name) {
  const auto found = key_numbers_.find(lower_name);
  if (found != key_numbers_.end()) return found->second;
  keys_.emplace_back(lower_name);
  const auto number = static_cast<Key>(keys_.size() - 1);
  key_numbers_.emplace(lower_name, number);
  return number;
}

TestNumber Terms::test(Test test) {
  const auto [found, added] = test_numbers_.try_emplace(test.name, static_cast<TestNumber>(tests_.size()));
  if (added) tests_.push_back(std::move(test));
  return found->second;
}

Term Terms::leaf(const Leaf& leaf) {
  const auto [found, added] = leaf_numbers_.try_emplace(leaf, static_cast<Term>(nodes_.size()));
  if (added) nodes_.push_back({true, leaf});
  return found->second;
}

Term Terms::open(const std::string& name) {
  const auto [found, added] = open_numbers_.try_emplace(name, static_cast<std::uint32_t>(open_.size()));
  if (added) open_.push_back(name);
  return leaf({Leaf::Kind::open, 0, found->second, 0});
}

Term Terms::all(std::vector<Term> parts) {
  std::ranges::sort(parts);
  parts.erase(std::ranges::unique(parts).begin(), parts.end());
  std::erase(parts, yes);
  for (const Term part : parts) {
    if (part == no || std::ranges::binary_search(parts, -part)) return no;
  }
  if (parts.empty()) return yes;
  if (parts.size() == 1) return parts.front();
  const auto [found, added] = all_numbers_.try_emplace(parts, static_cast<Term>(nodes_.size()));
  if (added) nodes_.push_back({false, {}, std::move(parts)});
  return found->second;
}

Term Terms::any(std::vector<Term> parts) {
  for (Term& part : parts) part = -part;
  return -all(std::move(parts));
}

std::set<Term> Terms::leaves(Term term) const {
  std::set<Term> seen, leaves;
  std::vector<Term> open = {term < 0 ? -term : term};
  while (!open.empty()) {
    const Term at = open.back();
    open.pop_back();
    if (!seen.insert(at).second) continue;
    if (node(at).is_leaf) leaves.insert(at);
    for (const Term part : node(at).parts) open.push_back(part < 0 ? -part : part);
  }
  return leaves;
}

Values values_of(std::string_view lower_name) {
  Values values;
  if (lower_name == resource_name) return values;
  if (lower_name == "aws:principaltype") values.only = {"Account", "Anonymous", "AssumedRole", "FederatedUser", "User"};
  const auto known = catalogue::Catalogue::builtin().condition_key(lower_name);
  values.may_be_empty = !known || !lower_name.starts_with("aws:") || lower_name.contains("tag");
  if (!known) return values;
  switch (known->type) {
    case catalogue::KeyType::string:
      break;
    case catalogue::KeyType::arn:
      values.type = Values::Type::arn;
      break;
    case catalogue::KeyType::boolean:
      values.type = Values::Type::boolean;
      break;
    case catalogue::KeyType::number:
      values.type = Values::Type::number;
      break;
    case catalogue::KeyType::date:
      values.type = Values::Type::date;
      break;
    case catalogue::KeyType::address:
      values.type = Values::Type::address;
      break;
  }
  return values;
}

bool has_several(std::string_view lower_name) {
  if (lower_name == resource_name) return false;
  const auto known = catalogue::Catalogue::builtin().condition_key(lower_name);
  if (!known && lower_name.ends_with(":sub")) return false;  // a token has one subject
  return !known || known->multivalued;
}

namespace {

// Writes the clauses of one question. Variables are numbered as they come, which is the same each time.
class Writer {
 public:
  Writer(const Terms& terms, const std::map<std::string, std::vector<std::string>>& only) : terms_(terms), only_(only) {}
  Result<Clauses> write(const std::vector<Term>& roots);

 private:
  using Literal = std::int32_t;
  Literal variable(std::string name) {
    made_.variables.push_back(std::move(name));
    return static_cast<Literal>(made_.variables.size());
  }
  void add(std::vector<Literal> clause) { made_.clauses.push_back(std::move(clause)); }
  Result<> add_key(Key key, const std::vector<Term>& leaves);
  Literal any_of(const std::vector<Literal>& literals, std::string name);
  void at_most_one(const std::vector<Literal>& literals);
  void add_conjunctions(Term term);
  Literal literal(Term term) const { return term < 0 ? -literals_.at(-term) : literals_.at(term); }

  const Terms& terms_;
  const std::map<std::string, std::vector<std::string>>& only_;
  std::map<Term, Literal> literals_;
  Clauses made_;
};

// A variable that is true exactly if one of them is.
Writer::Literal Writer::any_of(const std::vector<Literal>& literals, std::string name) {
  const Literal whole = variable(std::move(name));
  std::vector<Literal> clause = {-whole};
  for (const Literal literal : literals) {
    add({whole, -literal});
    clause.push_back(literal);
  }
  add(std::move(clause));
  return whole;
}

void Writer::at_most_one(const std::vector<Literal>& literals) {
  Literal before = 0;  // one of those so far
  for (std::size_t i = 0; i < literals.size(); ++i) {
    if (before != 0) add({-before, -literals[i]});
    if (i + 1 == literals.size()) return;
    const Literal now = variable("one of the values of the key as far as here");
    add({-literals[i], now});
    if (before != 0) add({-before, now});
    before = now;
  }
}

Result<> Writer::add_key(Key key, const std::vector<Term>& leaves) {
  const std::string& name = terms_.name(key);
  std::vector<const Test*> tests;
  for (const Term leaf : leaves) {
    const Leaf& said = terms_.node(leaf).leaf;
    if (said.kind == Leaf::Kind::some) tests.push_back(&terms_.test(said.number));
  }
  std::ranges::sort(tests);
  tests.erase(std::ranges::unique(tests).begin(), tests.end());
  std::ranges::sort(tests, {}, &Test::name);
  Values values = values_of(name);
  if (const auto closed = only_.find(name); closed != only_.end()) values.only = closed->second;
  const auto words = samples(values, tests);
  if (!words) return fail(words.error(), "`" + name + "`");
  if (words->empty()) return fail(Failure::invalid, "`" + name + "`: no value could be found");

  const Literal present = name == resource_name ? 0 : variable("`" + name + "` is in the request");
  std::map<std::vector<Truth>, Literal> kinds;
  std::vector<std::pair<Literal, std::vector<Truth>>> of_key;
  for (const std::string& word : *words) {
    std::vector<Truth> truths;
    for (const Test* test : tests) truths.push_back(answer(*test, word));
    if (kinds.contains(truths)) continue;
    const Literal kind = variable("`" + name + "` has a value of the kind of `" + word + "`");
    kinds.emplace(truths, kind);
    of_key.emplace_back(kind, std::move(truths));
  }
  std::vector<Literal> all;
  for (const auto& [kind, truths] : of_key) all.push_back(kind);
  if (present != 0) {
    for (const Literal kind : all) add({-kind, present});
  }
  std::vector<Literal> some = all;
  if (present != 0) some.push_back(-present);
  add(std::move(some));
  if (!has_several(name)) at_most_one(all);

  for (const Term leaf : leaves) {
    const Leaf& said = terms_.node(leaf).leaf;
    if (said.kind == Leaf::Kind::present) {
      literals_[leaf] = present;
      continue;
    }
    const Test& test = terms_.test(said.number);
    const auto at = static_cast<std::size_t>(std::ranges::find(tests, &test) - tests.begin());
    std::vector<Literal> answering;
    for (const auto& [kind, truths] : of_key) {
      if ((bit(truths[at]) & said.answers) != 0) answering.push_back(kind);
    }
    std::string how;
    if ((said.answers & is_yes) != 0) how += how.empty() ? "does" : " or does";
    if ((said.answers & is_no) != 0) how += how.empty() ? "does not" : " or does not";
    if ((said.answers & is_unknown) != 0) how += how.empty() ? "cannot be asked to" : " or cannot be asked to";
    literals_[leaf] = any_of(answering, "a value of `" + name + "` " + how + " meet " + test.name);
  }
  return {};
}

void Writer::add_conjunctions(Term root) {
  std::vector<std::pair<Term, bool>> open = {{root < 0 ? -root : root, false}};
  while (!open.empty()) {
    const auto [term, ready] = open.back();
    open.pop_back();
    if (literals_.contains(term)) continue;
    const auto& parts = terms_.node(term).parts;
    if (!ready) {
      open.emplace_back(term, true);
      for (const Term part : parts) open.emplace_back(part < 0 ? -part : part, false);
      continue;
    }
    const Literal whole = variable("all of several");
    std::vector<Literal> clause = {whole};
    for (const Term part : parts) {
      add({-whole, literal(part)});
      clause.push_back(-literal(part));
    }
    add(std::move(clause));
    literals_[term] = whole;
  }
}

Result<Clauses> Writer::write(const std::vector<Term>& roots) {
  std::map<std::string, std::vector<Term>> by_key;
  std::set<Term> leaves;
  for (const Term root : roots) leaves.merge(terms_.leaves(root));
  for (const Term leaf : leaves) {
    const Leaf& said = terms_.node(leaf).leaf;
    if (said.kind == Leaf::Kind::open) {
      literals_[leaf] = variable("open: " + terms_.open_name(said.number));
    } else {
      by_key[terms_.name(said.key)].push_back(leaf);
    }
  }
  for (const auto& [name, of_key] : by_key) RW_DO(add_key(terms_.node(of_key.front()).leaf.key, of_key));
  std::vector<Literal> one;
  for (const Term root : roots) {
    if (root == yes) continue;
    add_conjunctions(root);
  }
  const bool always = std::ranges::find(roots, yes) != roots.end();
  if (always) return fail(Failure::conflict, "such a request is allowed");
  for (const Term root : roots) one.push_back(literal(root));
  add(std::move(one));
  return std::move(made_);
}

}  // namespace

Result<Clauses> clauses_of(const Terms& terms, const std::vector<Term>& roots, const std::map<std::string, std::vector<std::string>>& only) {
  return Writer(terms, only).write(roots);
}

}  // namespace ringwall::recheck::detail
