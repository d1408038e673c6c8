#include "prover/detail/reading.h"

#include <algorithm>

namespace ringwall::prover::detail {

ReadCondition Readings::read(const policy::Condition& condition) {
  ReadCondition read{&condition, vocabulary_.key(condition.key)};
  if (condition.op->family != policy::Family::null && !has_variables(condition.values)) {
    read.relation = vocabulary_.relation({Relation::Kind::condition, condition.op->family,
                                          condition.op->comparison, condition.values});
  }
  return read;
}

const ReadCondition& Readings::asked(const Constraint& constraint) {
  const auto [kept, added] = asked_.try_emplace(&constraint);
  if (added) kept->second = read(constraint.condition);
  return kept->second;
}

RelationId Readings::listed(const Constraint& constraint) {
  const auto [kept, added] = listed_.try_emplace(&constraint, 0);
  if (added) {
    const bool actions = constraint.kind == Constraint::Kind::actions;
    kept->second = vocabulary_.relation({.kind = actions ? Relation::Kind::action : Relation::Kind::resource, .values = constraint.listed});
  }
  return kept->second;
}

void Readings::begin_question() {
  asked_.clear();
  listed_.clear();
}

const Reading& Readings::operator[](const policy::Document& document) const {
  return *read_.at(&document);
}

const Reading& Readings::read(const policy::DocumentPtr& document) {
  std::unique_ptr<Reading>& kept = read_[document.get()];
  if (kept != nullptr) return *kept;
  kept_.push_back(document);
  kept = std::make_unique<Reading>(policy::plain::Policy(*document));
  for (const policy::Statement& said : kept->policy.syntax().statements) {
    ReadStatement read{&said, vocabulary_.relation({.kind = Relation::Kind::action, .values = said.actions})};
    if (!said.resources.empty() && !has_variables(said.resources))
      read.resources = vocabulary_.relation({.kind = Relation::Kind::resource, .values = said.resources});
    for (const policy::Condition& condition : said.conditions) {
      read.conditions.push_back(this->read(condition));
      kept->keys.push_back(read.conditions.back().key);
      if (const auto key = catalogue::network_key_of(condition.key)) kept->network_keys.push_back(*key);
    }
    kept->statements.push_back(std::move(read));
  }
  std::ranges::sort(kept->keys);
  kept->keys.erase(std::ranges::unique(kept->keys).begin(), kept->keys.end());
  std::ranges::sort(kept->network_keys);
  kept->network_keys.erase(std::ranges::unique(kept->network_keys).begin(), kept->network_keys.end());
  return *kept;
}

}  // namespace ringwall::prover::detail
