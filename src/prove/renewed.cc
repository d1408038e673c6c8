// An estate that was read anew is a new value in all of its parts. What is as it was is put in as the very value that it was, so that
// a proof knows it again.

#include <algorithm>

#include "prove/prove.h"

namespace ringwall::prove {
namespace {

bool is_same(const policy::DocumentPtr& a, const policy::DocumentPtr& b) {
  return a == b || (a != nullptr && b != nullptr && a->kind() == b->kind() && a->source() == b->source());
}
bool is_same(const authz::Named& a, const authz::Named& b) { return a.name == b.name && is_same(a.document, b.document); }
template <typename Value>
bool is_same(const std::optional<Value>& a, const std::optional<Value>& b) {
  return a.has_value() == b.has_value() && (!a || is_same(*a, *b));
}
bool is_same(const std::vector<authz::Named>& a, const std::vector<authz::Named>& b) {
  return std::ranges::equal(a, b, [](const auto& one, const auto& two) { return is_same(one, two); });
}
bool is_same(const estate::Chain& a, const estate::Chain& b) {
  if (a.data() == b.data() && a.size() == b.size()) return true;
  return std::ranges::equal(a, b, [](const authz::Level& one, const authz::Level& two) {
    return one.target == two.target && is_same(one.policies, two.policies);
  });
}

// Each takes its value apart by all of its members: one that is added must be thought of here.
bool is_same(const estate::Account& a, const estate::Account& b) {
  const auto& [id, name, path, org_path, scps, rcps] = a;
  return id == b.id && name == b.name && path == b.path && org_path == b.org_path && is_same(scps, b.scps) && is_same(rcps, b.rcps);
}
bool is_same(const estate::Principal& a, const estate::Principal& b) {
  const auto& [type, arn, account, name, unique_id, tags, identity, boundary, trust, service_linked] = a;
  return type == b.type && arn == b.arn && account == b.account && name == b.name && unique_id == b.unique_id && tags == b.tags &&
         is_same(identity, b.identity) && is_same(boundary, b.boundary) && is_same(trust, b.trust) && service_linked == b.service_linked;
}
bool is_same(const estate::Resource& a, const estate::Resource& b) {
  const auto& [arn, account, kind, policy] = a;
  return arn == b.arn && account == b.account && kind == b.kind && is_same(policy, b.policy);
}

using Sources = std::map<const policy::Document*, loaders::Source>;

// Where the files have the documents of what is kept: where they have those that say the same.
class Moved {
 public:
  Moved(const Sources& now, Sources& kept) : now_(now), kept_(kept) {}
  void note(const policy::DocumentPtr& was, const policy::DocumentPtr& is) {
    if (const auto found = now_.find(is.get()); found != now_.end()) kept_[was.get()] = found->second;
  }
  void note(const authz::Named& was, const authz::Named& is) { note(was.document, is.document); }
  void note(const std::optional<authz::Named>& was, const std::optional<authz::Named>& is) {
    if (was && is) note(*was, *is);
  }
  void note(const std::vector<authz::Named>& was, const std::vector<authz::Named>& is) {
    for (std::size_t i = 0; i < was.size(); ++i) note(was[i], is[i]);
  }
  void note(const estate::Chain& was, const estate::Chain& is) {
    for (std::size_t i = 0; i < was.size(); ++i) note(was.data()[i].policies, is.data()[i].policies);
  }
  void note(const estate::Account& was, const estate::Account& is) {
    note(was.scps, is.scps);
    note(was.rcps, is.rcps);
  }
  void note(const estate::Principal& was, const estate::Principal& is) {
    note(was.identity, is.identity);
    note(was.boundary, is.boundary);
    note(was.trust, is.trust);
  }
  void note(const estate::Resource& was, const estate::Resource& is) { note(was.policy, is.policy); }

 private:
  const Sources& now_;
  Sources& kept_;
};

template <typename Value>
estate::Table<Value> renewed(const estate::Table<Value>& before, const estate::Table<Value>& after, Moved& moved) {
  typename estate::Table<Value>::Editor editor(before);
  std::vector<const Value*> gone;
  before.for_each([&](const Value& was) {
    if (!after.contains(key_of(was))) gone.push_back(&was);
  });
  for (const Value* was : gone) editor.erase(key_of(*was));
  after.for_each([&](const Value& is) {
    const Value* was = before.find(key_of(is));
    if (was != nullptr && is_same(*was, is)) moved.note(*was, is);
    else editor.put(is);
  });
  return std::move(editor).finish();
}

}  // namespace

loaders::Loaded renewed(const loaders::Loaded& before, loaders::Loaded after) {
  const Sources now = after.sources;
  Moved moved(now, after.sources);
  estate::Estate next = *after.estate;
  next.accounts = renewed(before.estate->accounts, next.accounts, moved);
  next.principals = renewed(before.estate->principals, next.principals, moved);
  next.resources = renewed(before.estate->resources, next.resources, moved);
  after.estate = std::make_shared<const estate::Estate>(std::move(next));
  return after;
}

}  // namespace ringwall::prove
