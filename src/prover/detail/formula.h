#pragma once
// Formulas over leaves, each distinct one kept once. Equal formulas have equal references, so the
// same question met twice is recognised, and what contradicts itself plainly is false at once.

#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

namespace ringwall::prover::detail {

// A node, and in the lowest bit whether it is negated.
using Ref = std::uint32_t;
inline constexpr Ref yes = 0, no = 1;
constexpr Ref negation(Ref a) {
  return a ^ 1;
}

// `constants`: what contradicts itself stays, so that a certificate shows it.
enum class Folding : std::uint8_t { full, constants };

class Formulas {
 public:
  explicit Formulas(Folding folding = Folding::full);

  Ref leaf(std::uint32_t number);  // a variable of the caller's choosing
  Ref all(std::vector<Ref> parts);
  Ref any(std::vector<Ref> parts);

  bool is_leaf(Ref a) const { return nodes_[a >> 1].leaf; }
  std::uint32_t leaf_number(Ref a) const { return nodes_[a >> 1].begin; }
  std::span<const Ref> parts(Ref a) const {  // of the conjunction below the negation
    const Node& node = nodes_[a >> 1];
    return {parts_.data() + node.begin, node.count};
  }

  // Calls `visit` once with each leaf below `a`, and `visit_node` with each conjunction, parts first.
  void walk(Ref a, const std::function<void(std::uint32_t leaf)>& visit,
            const std::function<void(Ref node)>& visit_node = {}) const;

  std::size_t size() const { return nodes_.size(); }

 private:
  struct Node {
    std::uint32_t begin;  // of its parts; of a leaf its number
    std::uint32_t count;
    bool leaf;
  };
  static constexpr std::uint32_t none = 0xffffffff;

  bool settle(std::vector<Ref>& parts) const;
  std::uint32_t find_or_add(std::span<const Ref> parts);

  Folding folding_;
  std::vector<Node> nodes_;  // a conjunction stands behind its parts
  std::vector<Ref> parts_;
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> by_hash_;
  std::vector<std::uint32_t> leaves_;  // by number
  mutable std::vector<std::uint32_t> seen_;  // by node: the walk that met it last
  mutable std::uint32_t walk_ = 0;
};

}  // namespace ringwall::prover::detail
