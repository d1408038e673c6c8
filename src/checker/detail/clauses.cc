#include "checker/detail/clauses.h"

#include <algorithm>
#include <cstdlib>

#include "base/check.h"

namespace ringwall::checker {
namespace {

std::uint64_t hash_of(std::span<const Literal> sorted) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const Literal literal : sorted)
    hash = (hash ^ static_cast<std::uint32_t>(literal)) * 0x100000001b3;
  return hash;
}

bool has(std::span<const Literal> clause, Literal literal) {
  return std::ranges::find(clause, literal) != clause.end();
}

}  // namespace

Clauses::Clauses(std::size_t variables)
    : watchers_(2 * (variables + 1)), values_(2 * (variables + 1)), reasons_(variables + 1, no_clause) {}

std::size_t Clauses::code(Literal literal) {
  return literal > 0 ? 2 * static_cast<std::size_t>(literal) : 2 * static_cast<std::size_t>(-literal) + 1;
}

int Clauses::value(Literal literal) const { return values_[code(literal)]; }

std::span<Literal> Clauses::literals(Index index) {
  return std::span(literals_).subspan(stored_[index].begin, stored_[index].size);
}

// The clause as a set.
std::vector<Literal> Clauses::sorted(std::span<const Literal> clause) const {
  std::vector<Literal> set(clause.begin(), clause.end());
  std::ranges::sort(set);
  const auto repeated = std::ranges::unique(set);
  set.erase(repeated.begin(), repeated.end());
  return set;
}

void Clauses::add(std::span<const Literal> clause) {
  const std::vector<Literal> set = sorted(clause);
  const auto index = static_cast<Index>(stored_.size());
  RW_CHECK(index != no_clause);
  stored_.push_back({literals_.size(), static_cast<std::uint32_t>(set.size())});
  literals_.insert(literals_.end(), set.begin(), set.end());
  by_hash_.emplace(hash_of(set), index);
  if (refuted_) return;
  RW_CHECK(trail_.size() == propagated_);

  // What is false here is false for good, so it goes behind what is not, and is not watched.
  const std::span<Literal> own = literals(index);
  std::ranges::stable_partition(own, [&](Literal each) { return value(each) >= 0; });
  if (own.size() >= 2) {
    watchers_[code(own[0])].push_back(index);
    watchers_[code(own[1])].push_back(index);
  }
  if (own.empty() || value(own[0]) < 0) {
    refuted_ = true;
  } else if (own.size() == 1 || value(own[1]) < 0) {
    if (value(own[0]) == 0) assign(own[0], index);
    refuted_ = !propagate();
  }
}

bool Clauses::admits(std::span<const Literal> clause) {
  if (refuted_) return true;
  const std::size_t settled = trail_.size();
  bool follows = !falsify(clause, 0) || !propagate();
  if (!follows && !clause.empty()) {
    // The clause resolved, on its first literal, with each clause that has its opposite.
    const Literal pivot = clause.front();
    const std::size_t assumed = trail_.size();
    follows = true;
    for (Index index = 0; index < stored_.size() && follows; ++index) {
      if (!stored_[index].live || !has(literals(index), -pivot)) continue;
      follows = !falsify(literals(index), -pivot) || !propagate();
      undo_to(assumed);
    }
  }
  undo_to(settled);
  return follows;
}

bool Clauses::remove(std::span<const Literal> clause) {
  const std::vector<Literal> set = sorted(clause);
  const auto [first, last] = by_hash_.equal_range(hash_of(set));
  bool known = false;
  for (auto entry = first; entry != last; ++entry) {
    if (!std::ranges::equal(sorted(literals(entry->second)), set)) continue;
    known = true;
    if (forces(entry->second)) continue;
    stored_[entry->second].live = false;
    by_hash_.erase(entry);
    return true;
  }
  return known;
}

bool Clauses::forces(Index index) {
  return std::ranges::any_of(literals(index), [&](Literal each) {
    return reasons_[static_cast<std::size_t>(std::abs(each))] == index;
  });
}

void Clauses::assign(Literal literal, Index reason) {
  values_[code(literal)] = 1;
  values_[code(-literal)] = -1;
  reasons_[static_cast<std::size_t>(std::abs(literal))] = reason;
  trail_.push_back(literal);
}

// Makes every literal of the clause but `except` false. False: one is true already.
bool Clauses::falsify(std::span<const Literal> clause, Literal except) {
  for (const Literal literal : clause) {
    if (literal == except) continue;
    if (value(literal) > 0) return false;
    if (value(literal) == 0) assign(-literal, no_clause);
  }
  return true;
}

// Assigns whatever the clauses force. False: one of them has no literal left.
bool Clauses::propagate() {
  while (propagated_ < trail_.size())
    if (!visit_watchers(-trail_[propagated_++])) return false;
  return true;
}

bool Clauses::visit_watchers(Literal falsified) {
  std::vector<Index>& watching = watchers_[code(falsified)];
  std::size_t kept = 0;
  for (std::size_t at = 0; at < watching.size(); ++at) {
    const Index index = watching[at];
    if (!stored_[index].live || rewatch(index, falsified)) continue;
    watching[kept++] = index;
    const Literal other = literals(index)[0];
    if (value(other) == 0) assign(other, index);
    if (value(other) > 0) continue;
    while (++at < watching.size()) watching[kept++] = watching[at];
    watching.resize(kept);
    return false;
  }
  watching.resize(kept);
  return true;
}

// Finds the clause another watch than `falsified`, which is moved to its second place. False: there
// is none, or none is needed, for the first is true.
bool Clauses::rewatch(Index index, Literal falsified) {
  const std::span<Literal> own = literals(index);
  if (own[0] == falsified) std::swap(own[0], own[1]);
  if (value(own[0]) > 0) return false;
  const auto better = std::ranges::find_if(own.subspan(2), [&](Literal each) { return value(each) >= 0; });
  if (better == own.end()) return false;
  std::swap(own[1], *better);
  watchers_[code(own[1])].push_back(index);
  return true;
}

void Clauses::undo_to(std::size_t trail_size) {
  for (; trail_.size() > trail_size; trail_.pop_back()) {
    const Literal literal = trail_.back();
    values_[code(literal)] = values_[code(-literal)] = 0;
    reasons_[static_cast<std::size_t>(std::abs(literal))] = no_clause;
  }
  propagated_ = trail_size;
}

}  // namespace ringwall::checker
