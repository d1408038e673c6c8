#pragma once
// Sets of relations, and a table that gives equal sets equal numbers.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ringwall::prover::detail {

// Nearly always there are at most 64 relations on a key: those need no memory of their own.
class RelationSet {
 public:
  void insert(std::size_t relation) {
    if (relation < 64) {
      first_ |= std::uint64_t{1} << relation;
      return;
    }
    const std::size_t word = relation / 64 - 1;
    if (word >= rest_.size()) rest_.resize(word + 1);
    rest_[word] |= std::uint64_t{1} << relation % 64;
  }
  void erase(std::size_t relation) {
    if (relation < 64) {
      first_ &= ~(std::uint64_t{1} << relation);
      return;
    }
    const std::size_t word = relation / 64 - 1;
    if (word >= rest_.size()) return;
    rest_[word] &= ~(std::uint64_t{1} << relation % 64);
    while (!rest_.empty() && rest_.back() == 0) rest_.pop_back();
  }
  void insert(const RelationSet& other) {
    first_ |= other.first_;
    if (rest_.size() < other.rest_.size()) rest_.resize(other.rest_.size());
    for (std::size_t i = 0; i < other.rest_.size(); ++i) rest_[i] |= other.rest_[i];
  }
  bool contains(std::size_t relation) const {
    if (relation < 64) return (first_ >> relation & 1) != 0;
    const std::size_t word = relation / 64 - 1;
    return word < rest_.size() && (rest_[word] >> relation % 64 & 1) != 0;
  }
  bool contains(const RelationSet& other) const {
    if ((other.first_ & ~first_) != 0 || other.rest_.size() > rest_.size()) return false;
    for (std::size_t i = 0; i < other.rest_.size(); ++i)
      if ((other.rest_[i] & ~rest_[i]) != 0) return false;
    return true;
  }
  bool empty() const { return first_ == 0 && rest_.empty(); }
  std::uint64_t hash() const {
    std::uint64_t hash = first_ * 0x9e3779b97f4a7c15;
    for (const std::uint64_t word : rest_) hash = (std::rotl(hash, 23) ^ word) * 0x9e3779b97f4a7c15;
    return hash ^ hash >> 29;
  }
  friend bool operator==(const RelationSet&, const RelationSet&) = default;

 private:
  std::uint64_t first_ = 0;           // relations 0 to 63
  std::vector<std::uint64_t> rest_;   // INVARIANT: its last word is not zero
};

// Numbers sets from 0 up, in the order in which they first come. Number 0 is the empty set.
class SetTable {
 public:
  SetTable() { number(RelationSet{}); }

  std::uint32_t number(const RelationSet& set) {
    if ((sets_.size() + 1) * 2 > slots_.size()) grow();
    const std::size_t slot = slot_of(set);
    if (slots_[slot] == 0) {
      sets_.push_back(set);
      slots_[slot] = static_cast<std::uint32_t>(sets_.size());
    }
    return slots_[slot] - 1;
  }
  std::uint32_t united(std::uint32_t a, std::uint32_t b) {
    if (sets_[a].contains(sets_[b])) return a;
    RelationSet both = sets_[a];
    both.insert(sets_[b]);
    return number(both);
  }
  const RelationSet& operator[](std::uint32_t number) const { return sets_[number]; }
  std::size_t size() const { return sets_.size(); }

 private:
  std::size_t slot_of(const RelationSet& set) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = set.hash() & mask;
    while (slots_[slot] != 0 && !(sets_[slots_[slot] - 1] == set)) slot = (slot + 1) & mask;
    return slot;
  }
  void grow() {
    slots_.assign(slots_.empty() ? 16 : slots_.size() * 2, 0);
    for (std::size_t i = 0; i < sets_.size(); ++i)
      slots_[slot_of(sets_[i])] = static_cast<std::uint32_t>(i + 1);
  }

  std::vector<RelationSet> sets_;
  std::vector<std::uint32_t> slots_;  // open addressing: 1 + the set's number, 0 is free
};

}  // namespace ringwall::prover::detail
