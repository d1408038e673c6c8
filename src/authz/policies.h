#pragma once
// The policies of a layer: by whom they are owned, and how a decision borrows them. Those that many
// decisions ask have an index over them (policy/index.h), shared by all who have the same
// documents.

#include <concepts>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "policy/policy.h"

namespace ringwall::policy {
class Index;
}

namespace ringwall::authz {

struct Named {
  std::string name;  // a policy's ARN, or "inline policy `x` of user/y"
  policy::DocumentPtr document;
};

// One level of the organisation's tree on the way to the account: every level must allow.
struct Level {
  std::string target;  // r-…, ou-…, or the account
  std::vector<Named> policies;
};

// Shared: whoever has the same documents in the same levels has the same index.
using IndexPtr = std::shared_ptr<const policy::Index>;

// The indexes that are in use. Not thread-safe.
class Indexes {
 public:
  Indexes() : shards_(shard_count) {}
  IndexPtr over(std::span<const Named> policies);
  IndexPtr over(std::span<const Level> levels);

 private:
  static constexpr std::size_t shard_count = 1024;
  struct Known {
    std::size_t hash;
    std::weak_ptr<const policy::Index> index;  // whoever uses it keeps it
  };
  IndexPtr over(std::vector<policy::DocumentPtr> documents, std::vector<std::uint32_t> levels);

  // In shards by hash. Whoever adds to a shard clears out what nobody uses any more.
  std::vector<std::vector<Known>> shards_;
};

// The policies of a user or a role. Reads as the vector it holds.
class Policies {
 public:
  Policies() = default;
  Policies(std::vector<Named> policies) : policies_(std::move(policies)) {}
  Policies(std::initializer_list<Named> policies) : policies_(policies) {}
  // With an index.
  Policies(std::vector<Named> policies, Indexes& indexes)
      : policies_(std::move(policies)), index_(indexes.over(policies_)) {}

  const Named* data() const { return policies_.data(); }
  std::size_t size() const { return policies_.size(); }
  bool empty() const { return policies_.empty(); }
  const Named* begin() const { return data(); }
  const Named* end() const { return data() + size(); }
  const Named& front() const { return policies_.front(); }
  const Named& back() const { return policies_.back(); }
  const Named& at(std::size_t i) const { return policies_.at(i); }
  const Named& operator[](std::size_t i) const { return policies_[i]; }
  operator const std::vector<Named>&() const { return policies_; }
  const policy::Index* index() const { return index_.get(); }

  // Whoever changes what is held has no index over it any more.
  std::vector<Named>& edit() {
    index_.reset();
    return policies_;
  }
  void push_back(Named policy) { edit().push_back(std::move(policy)); }
  void shrink_to_fit() { policies_.shrink_to_fit(); }

 private:
  std::vector<Named> policies_;
  IndexPtr index_ = nullptr;  // over these policies; null: there is none
};

// The SCPs or RCPs above an account, root first. Versions of an account that have the same share
// it, and copies cost a pointer; it reads as the vector it holds.
class Chain {
 public:
  Chain() = default;
  Chain(std::vector<Level> levels)
      : levels_(std::make_shared<const std::vector<Level>>(std::move(levels))) {}
  Chain(std::initializer_list<Level> levels) : Chain(std::vector<Level>(levels)) {}
  // With an index.
  Chain(std::vector<Level> levels, Indexes& indexes) : Chain(std::move(levels)) {
    index_ = indexes.over(*levels_);
  }
  operator const std::vector<Level>&() const;

  const Level* data() const { return levels_ == nullptr ? nullptr : levels_->data(); }
  std::size_t size() const { return levels_ == nullptr ? 0 : levels_->size(); }
  bool empty() const { return size() == 0; }
  const Level* begin() const { return data(); }
  const Level* end() const { return data() + size(); }
  const policy::Index* index() const { return index_.get(); }

 private:
  std::shared_ptr<const std::vector<Level>> levels_;  // null: empty
  IndexPtr index_ = nullptr;                          // over them; null: there is none
};

// What a decision borrows: policies or levels, and the index over them if their owner has one. A
// part of them, and any that are not owned so, have none, and are asked one by one.
template <typename Item, typename Owner>
class Borrowed : public std::span<const Item> {
 public:
  Borrowed() = default;
  Borrowed(const Item* first, std::size_t count) : std::span<const Item>(first, count) {}
  template <typename Range>
  requires(!std::derived_from<std::remove_cvref_t<Range>, Owner> &&
           !std::derived_from<std::remove_cvref_t<Range>, Borrowed> &&
           std::convertible_to<Range, std::span<const Item>>) Borrowed(Range&& range)
      : std::span<const Item>(std::forward<Range>(range)) {}
  Borrowed(const Owner& owner)
      : std::span<const Item>(owner.data(), owner.size()), index_(owner.index()) {}

  const policy::Index* index() const { return index_; }

 private:
  const policy::Index* index_ = nullptr;
};
using PoliciesView = Borrowed<Named, Policies>;
using ChainView = Borrowed<Level, Chain>;

}  // namespace ringwall::authz
