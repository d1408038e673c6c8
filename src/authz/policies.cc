#include "authz/policies.h"

#include <algorithm>

#include "policy/index.h"

namespace ringwall::authz {
namespace {

// A principal's: of fewer each is asked by itself. Most principals have few, and no two the same,
// so that each would hold an index (some 230 bytes before it is asked) that saves little.
constexpr std::size_t indexed_policies_min = 4;

std::size_t hash_of(const std::vector<policy::DocumentPtr>& documents) {
  constexpr std::size_t factor = 0x9e3779b97f4a7c15;
  std::size_t hash = documents.size();
  for (const policy::DocumentPtr& document : documents) {
    hash = (hash ^ std::hash<policy::DocumentPtr>()(document)) * factor;
    hash ^= hash >> 32;
  }
  return hash;
}

void add(std::vector<policy::DocumentPtr>& documents, std::span<const Named> policies) {
  for (const Named& named : policies) documents.push_back(named.document);
}

}  // namespace

IndexPtr Indexes::over(std::span<const Named> policies) {
  if (policies.size() < indexed_policies_min) return nullptr;
  std::vector<policy::DocumentPtr> documents;
  documents.reserve(policies.size());
  add(documents, policies);
  const auto count = static_cast<std::uint32_t>(documents.size());
  return over(std::move(documents), {count});
}

IndexPtr Indexes::over(std::span<const Level> levels) {
  std::vector<policy::DocumentPtr> documents;
  std::vector<std::uint32_t> counts;
  for (const Level& level : levels) {
    add(documents, level.policies);
    counts.push_back(static_cast<std::uint32_t>(level.policies.size()));
  }
  return over(std::move(documents), std::move(counts));
}

IndexPtr Indexes::over(std::vector<policy::DocumentPtr> documents,
                       std::vector<std::uint32_t> levels) {
  const std::size_t hash = hash_of(documents);
  std::vector<Known>& shard = shards_[hash % shard_count];
  for (const Known& known : shard) {
    if (known.hash != hash) continue;
    IndexPtr index = known.index.lock();
    if (index != nullptr && index->documents() == documents && index->levels() == levels)
      return index;
  }
  auto index = std::make_shared<const policy::Index>(std::move(documents), std::move(levels));
  std::erase_if(shard, [](const Known& known) { return known.index.expired(); });
  shard.push_back({hash, index});
  return index;
}

Chain::operator const std::vector<Level>&() const {
  static const std::vector<Level> none;
  return levels_ == nullptr ? none : *levels_;
}

}  // namespace ringwall::authz
