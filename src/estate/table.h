#pragma once
// An immutable table whose versions share what they have in common.
//
// Values lie in shards by the hash of their key, and versions share the shards, so a new version
// costs the shards that changed and one array of pointers: at 50,000 values some fifty pointers
// a changed value and a thousand once. Rejected: trees that share paths, which find more slowly
// and save nothing at this size.

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace ringwall::estate {

// `std::string_view key_of(const Value&)` names a value; it is found by argument-dependent lookup
// and views into the value. Copies cost one pointer. Safe to read from any thread.
template <typename Value>
class Table {
 public:
  class Editor;

  // Null when there is none; lives as long as this version or a later one that has it unchanged.
  const Value* find(std::string_view key) const;
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  std::size_t size() const { return size_; }

  // Calls `visit` with every value, in the order of their keys. Sorts first: for tools.
  template <typename Visit>
  void for_each(Visit&& visit) const;

  // Calls `visit(was, is)` with every value that is not the very same as in `before`, in no order; null where one of them has none
  // of that key. Costs what the two do not share.
  template <typename Visit>
  void for_each_change(const Table& before, Visit&& visit) const;

 private:
  static constexpr std::size_t shard_count = 1024;
  struct Item {
    std::size_t hash;
    std::shared_ptr<const Value> value;  // shared by every version since it was put
  };
  using Shard = std::vector<Item>;  // by hash
  using Shards = std::array<std::shared_ptr<const Shard>, shard_count>;  // null: empty

  static std::size_t hash_of(std::string_view key) { return std::hash<std::string_view>()(key); }
  static auto position(auto& shard, std::size_t hash, std::string_view key);
  static const Value* find_in(const Shard* shard, std::size_t hash, std::string_view key);

  std::shared_ptr<const Shards> shards_;  // null: empty
  std::size_t size_ = 0;
};

// Makes the next version of a table, which stays as it is. Each shard is copied once, whatever
// is put into it. Not thread-safe.
template <typename Value>
class Table<Value>::Editor {
 public:
  explicit Editor(Table base) : table_(std::move(base)) {}

  const Value* find(std::string_view key) const;  // as edited so far
  void put(std::shared_ptr<const Value> value);   // replaces the one of the same key
  void put(Value value) { put(std::make_shared<const Value>(std::move(value))); }
  bool erase(std::string_view key);  // was it there?
  Table finish() &&;

 private:
  const Shard* shard(std::size_t hash) const;
  Shard& own(std::size_t hash);

  Table table_;
  std::vector<std::shared_ptr<Shard>> own_;  // by shard; null: as in the table. Empty: no edits
};

// Where the value of that key is, else where it belongs.
template <typename Value>
auto Table<Value>::position(auto& shard, std::size_t hash, std::string_view key) {
  auto at = std::ranges::lower_bound(shard, hash, {}, &Item::hash);
  while (at != shard.end() && at->hash == hash && key_of(*at->value) != key) ++at;
  return at;
}

template <typename Value>
const Value* Table<Value>::find_in(const Shard* shard, std::size_t hash, std::string_view key) {
  if (shard == nullptr) return nullptr;
  const auto at = position(*shard, hash, key);
  return at != shard->end() && at->hash == hash ? at->value.get() : nullptr;
}

template <typename Value>
const Value* Table<Value>::find(std::string_view key) const {
  if (shards_ == nullptr) return nullptr;
  const std::size_t hash = hash_of(key);
  return find_in((*shards_)[hash % shard_count].get(), hash, key);
}

template <typename Value>
template <typename Visit>
void Table<Value>::for_each(Visit&& visit) const {
  if (shards_ == nullptr) return;
  std::vector<const Value*> sorted;
  sorted.reserve(size_);
  for (const auto& shard : *shards_) {
    if (shard == nullptr) continue;
    for (const Item& item : *shard) sorted.push_back(item.value.get());
  }
  std::ranges::sort(sorted, {}, [](const Value* value) { return key_of(*value); });
  for (const Value* value : sorted) visit(*value);
}

template <typename Value>
template <typename Visit>
void Table<Value>::for_each_change(const Table& before, Visit&& visit) const {
  if (shards_ == before.shards_) return;
  for (std::size_t i = 0; i < shard_count; ++i) {
    const Shard* const was = before.shards_ == nullptr ? nullptr : (*before.shards_)[i].get();
    const Shard* const is = shards_ == nullptr ? nullptr : (*shards_)[i].get();
    if (was == is) continue;
    if (was != nullptr) {
      for (const Item& item : *was) {
        const Value* const now = find_in(is, item.hash, key_of(*item.value));
        if (now != item.value.get()) visit(item.value.get(), now);
      }
    }
    if (is == nullptr) continue;
    for (const Item& item : *is) {
      if (find_in(was, item.hash, key_of(*item.value)) == nullptr) visit(static_cast<const Value*>(nullptr), item.value.get());
    }
  }
}

template <typename Value>
auto Table<Value>::Editor::shard(std::size_t hash) const -> const Shard* {
  const std::size_t index = hash % shard_count;
  if (!own_.empty() && own_[index] != nullptr) return own_[index].get();
  return table_.shards_ == nullptr ? nullptr : (*table_.shards_)[index].get();
}

template <typename Value>
auto Table<Value>::Editor::own(std::size_t hash) -> Shard& {
  const Shard* before = shard(hash);
  own_.resize(shard_count);
  std::shared_ptr<Shard>& mine = own_[hash % shard_count];
  if (mine == nullptr) {
    mine = before == nullptr ? std::make_shared<Shard>() : std::make_shared<Shard>(*before);
  }
  return *mine;
}

template <typename Value>
const Value* Table<Value>::Editor::find(std::string_view key) const {
  const std::size_t hash = hash_of(key);
  return find_in(shard(hash), hash, key);
}

template <typename Value>
void Table<Value>::Editor::put(std::shared_ptr<const Value> value) {
  const std::string_view key = key_of(*value);
  const std::size_t hash = hash_of(key);
  Shard& shard = own(hash);
  const auto at = position(shard, hash, key);
  if (at != shard.end() && at->hash == hash) {
    at->value = std::move(value);
  } else {
    shard.insert(at, Item{hash, std::move(value)});
    ++table_.size_;
  }
}

template <typename Value>
bool Table<Value>::Editor::erase(std::string_view key) {
  const std::size_t hash = hash_of(key);
  if (find_in(shard(hash), hash, key) == nullptr) return false;
  Shard& shard = own(hash);
  shard.erase(position(shard, hash, key));
  --table_.size_;
  return true;
}

template <typename Value>
Table<Value> Table<Value>::Editor::finish() && {
  if (own_.empty()) return std::move(table_);
  auto shards = table_.shards_ == nullptr ? std::make_shared<Shards>()
                                          : std::make_shared<Shards>(*table_.shards_);
  for (std::size_t i = 0; i < shard_count; ++i) {
    if (own_[i] != nullptr) (*shards)[i] = std::move(own_[i]);
  }
  table_.shards_ = std::move(shards);
  own_.clear();
  return std::move(table_);
}

}  // namespace ringwall::estate
