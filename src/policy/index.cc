#include "policy/index.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "policy/detail/hash.h"
#include "policy/detail/program.h"

namespace ringwall::policy {

inline bool Candidates::are_for(const Probe& probe) const {
  return hash_ == probe.action_hash() && detail::same_text(action_, probe.action());
}

std::optional<Candidates::Place> Candidates::first(Effect effect, const Probe& probe) const {
  const std::size_t end = effect == Effect::deny ? denies_ : all_.size();
  for (std::size_t i = effect == Effect::deny ? 0 : denies_; i < end; ++i) {
    const Candidate& one = all_[i];
    if (one.program->applies(one.statement, probe)) return Place{one.document, one.statement};
  }
  return std::nullopt;
}

bool Candidates::every_level_allows(const Probe& probe) const {
  if (every_level_surely_allows_) return true;
  std::uint32_t level = 0;  // the first that has not allowed yet
  for (std::size_t i = denies_; i < all_.size() && level < levels_; ++i) {
    const Candidate& one = all_[i];
    if (one.level > level) return false;
    if (one.level == level && one.program->applies(one.statement, probe)) ++level;
  }
  return level == levels_;
}

Index::Index(std::vector<DocumentPtr> documents, std::vector<std::uint32_t> levels)
    : documents_(std::move(documents)), levels_(std::move(levels)) {
  RW_CHECK(std::accumulate(levels_.begin(), levels_.end(), std::size_t{0}) == documents_.size());
}

Index::~Index() = default;

Index::Memory::Memory() {
  constexpr std::size_t slots_min = 8;
  tables.push_back(std::make_unique<Table>(slots_min));
}

inline const Candidates* Index::Table::find(const Probe& probe) const {
  for (std::size_t at = probe.action_hash();; ++at) {
    const Candidates* known = slots[at & (slots.size() - 1)].load(std::memory_order_acquire);
    if (known == nullptr || known->are_for(probe)) return known;
  }
}

void Index::Table::insert(const Candidates& candidates) {
  std::size_t at = candidates.hash_;
  while (slots[at & (slots.size() - 1)].load(std::memory_order_relaxed) != nullptr) ++at;
  slots[at & (slots.size() - 1)].store(&candidates, std::memory_order_release);
}

const Candidates* Index::about(const Probe& probe) const {
  const Table* table = table_.load(std::memory_order_acquire);
  const Candidates* known = table != nullptr ? table->find(probe) : nullptr;
  return known != nullptr ? known : add(probe);
}

// Whoever finds another adding does not wait for it.
const Candidates* Index::add(const Probe& probe) const {
  if (full_.load(std::memory_order_relaxed) || adding_.exchange(true, std::memory_order_acquire))
    return nullptr;
  if (memory_ == nullptr) memory_ = std::make_unique<Memory>();
  const Table* const table = table_.load(std::memory_order_relaxed);
  const Candidates* known = table != nullptr ? table->find(probe) : nullptr;
  if (known == nullptr) {  // nor has anyone added it in between
    auto candidates = found(probe);
    if (has_room_for(*candidates)) {
      known = candidates.get();
      remember(std::move(candidates));
    } else {
      full_.store(true, std::memory_order_relaxed);
    }
  }
  adding_.store(false, std::memory_order_release);
  return known;
}

bool Index::has_room_for(const Candidates& candidates) const {
  return memory_->remembered.size() < remembered_actions_max &&
         memory_->candidates + candidates.all_.size() <= remembered_candidates_max;
}

void Index::remember(std::unique_ptr<const Candidates> candidates) const {
  auto& [tables, remembered, count] = *memory_;
  const Candidates& added = *remembered.emplace_back(std::move(candidates));
  count += added.all_.size();
  const std::size_t slots = tables.back()->slots.size();
  if (2 * remembered.size() <= slots) {
    tables.back()->insert(added);
  } else {
    Table& grown = *tables.emplace_back(std::make_unique<Table>(2 * slots));
    for (const auto& one : remembered) grown.insert(*one);
  }
  table_.store(tables.back().get(), std::memory_order_release);
}

std::unique_ptr<const Candidates> Index::found(const Probe& probe) const {
  auto candidates = std::make_unique<Candidates>();
  candidates->hash_ = probe.action_hash();
  candidates->action_ = probe.action();
  candidates->levels_ = static_cast<std::uint32_t>(levels_.size());
  std::vector<Candidates::Candidate> allows;
  std::vector<bool> surely(levels_.size());
  std::uint32_t document = 0;
  for (std::uint32_t level = 0; level < levels_.size(); ++level) {
    for (const std::uint32_t end = document + levels_[level]; document < end; ++document) {
      const detail::Program& program = *documents_[document]->program_;
      program.for_each_listing(probe, [&](std::size_t statement) {
        const bool denies = program.effect(statement) == Effect::deny;
        (denies ? candidates->all_ : allows)
            .push_back({&program, static_cast<std::uint32_t>(statement), document, level});
        if (!denies && program.surely_applies(statement)) surely[level] = true;
      });
    }
  }
  candidates->denies_ = static_cast<std::uint32_t>(candidates->all_.size());
  candidates->all_.insert(candidates->all_.end(), allows.begin(), allows.end());
  candidates->all_.shrink_to_fit();
  candidates->every_level_surely_allows_ = std::ranges::all_of(surely, std::identity());
  return candidates;
}

}  // namespace ringwall::policy
