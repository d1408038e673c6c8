#pragma once
// An immutable sequence whose versions share what they have in common, block by block: of fifty thousand cells of which one is
// another, the next version makes the block of that one.

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"

namespace ringwall::prove {

// Copies cost a pointer for each block. Safe to read from any thread.
template <typename Value>
class Sequence {
 public:
  using Block = std::shared_ptr<const std::vector<Value>>;  // shared by every version that has it
  static constexpr std::size_t block_size = 64;             // as blocks are made; any size may be given

  class Editor;
  class Iterator {
   public:
    using value_type = Value;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::forward_iterator_tag;

    Iterator() = default;
    const Value& operator*() const { return (**block_)[offset_]; }
    const Value* operator->() const { return &**this; }
    Iterator& operator++() {
      if (++offset_ == (*block_)->size()) {
        ++block_;
        offset_ = 0;
      }
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    friend class Sequence;
    explicit Iterator(const Block* block) : block_(block) {}
    const Block* block_ = nullptr;
    std::size_t offset_ = 0;
  };

  Sequence() = default;
  Sequence(std::vector<Value> values) {  // NOLINT(google-explicit-constructor): it is these values
    for (std::size_t begin = 0; begin < values.size(); begin += block_size) {
      const auto from = std::make_move_iterator(values.begin() + static_cast<std::ptrdiff_t>(begin));
      const std::size_t count = std::min(block_size, values.size() - begin);
      blocks_.push_back(std::make_shared<const std::vector<Value>>(from, from + static_cast<std::ptrdiff_t>(count)));
    }
    find_ends();
  }
  // None of them empty.
  explicit Sequence(std::vector<Block> blocks) : blocks_(std::move(blocks)) { find_ends(); }

  std::size_t size() const { return ends_.empty() ? 0 : ends_.back(); }
  bool empty() const { return blocks_.empty(); }
  Iterator begin() const { return Iterator(blocks_.data()); }
  Iterator end() const { return Iterator(blocks_.data() + blocks_.size()); }
  const Value& operator[](std::size_t place) const {
    const std::size_t block = block_of(place);
    return (*blocks_[block])[place - begin_of(block)];
  }
  const Value& front() const { return (*this)[0]; }
  const Value& back() const { return (*this)[size() - 1]; }
  const std::vector<Block>& blocks() const { return blocks_; }

 private:
  void find_ends() {
    std::size_t end = 0;
    ends_.reserve(blocks_.size());
    for (const Block& block : blocks_) {
      RW_CHECK(!block->empty());
      ends_.push_back(end += block->size());
    }
  }
  std::size_t block_of(std::size_t place) const {
    RW_CHECK(place < size());
    return static_cast<std::size_t>(std::ranges::upper_bound(ends_, place) - ends_.begin());
  }
  std::size_t begin_of(std::size_t block) const { return block == 0 ? 0 : ends_[block - 1]; }

  std::vector<Block> blocks_;
  std::vector<std::size_t> ends_;  // behind the last place of each block
};

// Makes the next version of a sequence, which stays as it is. Copies a block when one of its values is first asked for to be
// changed. Not thread-safe.
template <typename Value>
class Sequence<Value>::Editor {
 public:
  explicit Editor(Sequence base) : sequence_(std::move(base)), own_(sequence_.blocks_.size()) {}

  std::size_t size() const { return sequence_.size(); }
  const Value& operator[](std::size_t place) const { return sequence_[place]; }
  Value& change(std::size_t place) {
    const std::size_t block = sequence_.block_of(place);
    if (own_[block] == nullptr) {
      own_[block] = std::make_shared<std::vector<Value>>(*sequence_.blocks_[block]);
      sequence_.blocks_[block] = own_[block];
    }
    return (*own_[block])[place - sequence_.begin_of(block)];
  }
  Sequence finish() && { return std::move(sequence_); }

 private:
  Sequence sequence_;
  std::vector<std::shared_ptr<std::vector<Value>>> own_;  // by block; null: shared
};

}  // namespace ringwall::prove
