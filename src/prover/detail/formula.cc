#include "prover/detail/formula.h"

#include <algorithm>

#include "base/check.h"

namespace ringwall::prover::detail {
namespace {

std::uint64_t hash_of(std::span<const Ref> parts) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const Ref part : parts) hash = (hash ^ part) * 0x100000001b3;
  return hash ^ hash >> 29;
}

}  // namespace

Formulas::Formulas(Folding folding) : folding_(folding) {
  nodes_.push_back({0, 0, false});  // the conjunction of nothing
}

Ref Formulas::leaf(std::uint32_t number) {
  if (number >= leaves_.size()) leaves_.resize(number + 1, none);
  if (leaves_[number] == none) {
    leaves_[number] = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back({number, 0, true});
  }
  return leaves_[number] << 1;
}

Ref Formulas::all(std::vector<Ref> parts) {
  // A conjunction within one is its parts.
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Ref part = parts[i];
    if ((part & 1) != 0 || is_leaf(part)) continue;
    const Node node = nodes_[part >> 1];
    parts[i] = parts.back();
    parts.pop_back();
    for (std::uint32_t k = 0; k < node.count; ++k) parts.push_back(parts_[node.begin + k]);
    --i;
  }
  std::ranges::sort(parts);
  parts.erase(std::ranges::unique(parts).begin(), parts.end());
  std::erase(parts, yes);
  if (std::ranges::binary_search(parts, no)) return no;
  if (folding_ == Folding::full && !settle(parts)) return no;
  if (parts.empty()) return yes;
  if (parts.size() == 1) return parts.front();
  return find_or_add(parts) << 1;
}

Ref Formulas::any(std::vector<Ref> parts) {
  for (Ref& part : parts) part = negation(part);
  return negation(all(std::move(parts)));
}

// Drops parts that the others imply. False: they contradict each other.
bool Formulas::settle(std::vector<Ref>& parts) const {
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i] == negation(parts[i - 1])) return false;
  }
  // A part that says "not all of these" is true already if one of them is denied here.
  const auto has = [&](Ref ref) { return std::ranges::binary_search(parts, ref); };
  std::vector<Ref> implied;
  for (const Ref part : parts) {
    if ((part & 1) == 0 || is_leaf(part)) continue;
    const auto inner = this->parts(part);
    if (std::ranges::all_of(inner, has)) return false;
    if (std::ranges::any_of(inner, [&](Ref one) { return has(negation(one)); })) implied.push_back(part);
  }
  std::erase_if(parts, [&](Ref part) { return std::ranges::binary_search(implied, part); });
  return true;
}

std::uint32_t Formulas::find_or_add(std::span<const Ref> parts) {
  auto& candidates = by_hash_[hash_of(parts)];
  for (const std::uint32_t candidate : candidates) {
    if (std::ranges::equal(this->parts(candidate << 1), parts)) return candidate;
  }
  const auto node = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back({static_cast<std::uint32_t>(parts_.size()), static_cast<std::uint32_t>(parts.size()), false});
  parts_.insert(parts_.end(), parts.begin(), parts.end());
  candidates.push_back(node);
  return node;
}

void Formulas::walk(Ref a, const std::function<void(std::uint32_t)>& visit,
                    const std::function<void(Ref)>& visit_node) const {
  seen_.resize(nodes_.size(), 0);
  ++walk_;
  // A node is met once to go below it and once, behind its parts, to be visited.
  std::vector<std::pair<std::uint32_t, bool>> open = {{a >> 1, false}};
  while (!open.empty()) {
    const auto [node, left] = open.back();
    open.pop_back();
    if (left) {
      visit_node(node << 1);
      continue;
    }
    if (seen_[node] == walk_) continue;
    seen_[node] = walk_;
    if (nodes_[node].leaf) {
      visit(nodes_[node].begin);
      continue;
    }
    if (visit_node) open.emplace_back(node, true);
    for (const Ref part : parts(node << 1)) open.emplace_back(part >> 1, false);
  }
}

}  // namespace ringwall::prover::detail
