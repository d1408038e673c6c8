// trust: who else may become one of mine?
//
// A token of an identity provider is its bearer's word: sign_ins.h says whose it is.

#include <algorithm>

#include "prove/detail/cells.h"
#include "prove/detail/sign_ins.h"

namespace ringwall::prove::detail {
namespace {

class TrustCells final : public Cells {
 public:
  explicit TrustCells(const Room& room) : room_(room) {
    const std::vector<Own>& principals = room.mine.principals();
    for (std::size_t i = 0; i < principals.size(); ++i) {
      if (principals[i].principal->type != policy::Principal::Type::role_session) continue;
      roles_.push_back(principals[i].principal);
      places_.push_back(i);
    }
  }

  Objective objective() const override { return Objective::trust; }
  std::vector<Guard> guards() const override { return {Guard::rcp, Guard::trust}; }
  std::size_t shared() const override { return 1; }
  std::size_t size() const override { return roles_.size(); }
  const std::string& name(std::size_t cell) const override { return roles_[cell]->arn; }
  const std::string& account(std::size_t cell) const override { return roles_[cell]->account; }
  const estate::Account* owner(std::size_t cell) const override { return room_.mine.principals()[places_[cell]].account; }
  Listed listed() const override { return Listed::principals; }
  std::size_t place(std::size_t cell) const override { return places_[cell]; }
  std::vector<std::size_t> exceptions(std::size_t cell) const override {
    return room_.limits.of_resource(Objective::trust, roles_[cell]->arn);
  }
  std::vector<const policy::Document*> documents(std::size_t cell) const override {
    std::vector<const policy::Document*> all;
    if (roles_[cell]->trust) all.push_back(roles_[cell]->trust->document.get());
    gather(rcps(cell), all);
    return all;
  }
  bool has(std::size_t cell, Guard guard) const override {
    return guard == Guard::trust || !rcps(cell).empty();
  }
  Item item(std::size_t cell, Guards kept, const Scope& scope) const override;
  std::vector<std::string> undecided(std::size_t cell) const override {
    std::vector<std::string> reasons;
    tell_accounts_in_part(room_.words, roles_[cell]->trust, rcps(cell), reasons);
    for (const std::string& provider : providers(cell)) {
      if (std::string why = unsettled_tokens(provider, room_.mine); !why.empty()) reasons.push_back(std::move(why));
    }
    return reasons;
  }

 private:
  std::span<const authz::Level> rcps(std::size_t cell) const {
    const estate::Account* found = owner(cell);
    return found == nullptr ? std::span<const authz::Level>() : std::span(found->rcps.data(), found->rcps.size());
  }
  prover::Query query(std::size_t cell, Guards kept, const Where& where,
                      const std::vector<const Facts*>& facts) const;
  std::vector<std::string> providers(std::size_t cell) const;
  bool names_everyone(std::size_t cell) const {
    if (!roles_[cell]->trust) return false;
    const auto is_everyone = [](const policy::PrincipalName& name) { return name.type == policy::PrincipalName::Type::everyone; };
    return std::ranges::any_of(room_.words.of(roles_[cell]->trust->document).names, is_everyone);
  }

  const Room room_;
  std::vector<const estate::Principal*> roles_;
  std::vector<std::size_t> places_;  // among principals
};

prover::Query TrustCells::query(std::size_t cell, Guards kept, const Where& where,
                                const std::vector<const Facts*>& facts) const {
  const estate::Principal& role = *roles_[cell];
  authz::Layers layers;
  layers.identity = {&assumed_identity(), 1};
  layers.resource_kind = authz::ResourceKind::trust;
  if ((kept & bit(Guard::trust)) == 0)
    layers.resource = &assumed_trust();
  else if (role.trust)
    layers.resource = &*role.trust;
  if ((kept & bit(Guard::rcp)) != 0) layers.rcps = rcps(cell);

  prover::Query query;
  bool canonical = false;
  for (prover::Caller& caller :
       outsiders(room_.mine, room_.words, facts, Kinds::of_trust, &canonical)) {
    if (caller.principal.provider.empty()) query.universe.callers.push_back(std::move(caller));
  }
  std::vector<prover::Constraint> parts;
  std::vector<std::string> bearers = providers(cell);
  if (names_everyone(cell)) {
    for (std::string& one : providers_of_everyone(role.account, room_.mine, room_.words, facts)) {
      if (std::ranges::find(bearers, one) == bearers.end()) bearers.push_back(std::move(one));
    }
  }
  for (const std::string& provider : bearers) {
    auto by = stranger_by(provider, room_.mine, room_.words, facts);
    if (!by) continue;
    leave_out_other_issuers(bearers, by->caller);
    query.universe.callers.push_back(std::move(by->caller));
    parts.push_back(std::move(by->claims));
  }
  query.universe.owners = {{prover::Owner::Kind::account, {role.account}}};
  query.universe.actions = prover::Actions::on_resources;
  surround(query, owned_by(room_.mine, role.account));
  parts.push_back(*where.constraint);
  parts.push_back(settle_names(room_.words, facts, query.universe.callers));
  if (auto role_only = prover::on_resources({role.arn})) parts.push_back(*std::move(role_only));
  parts.push_back(assuming());
  query.universe.where = prover::all_of(std::move(parts));
  query.allowing = {{.layers = layers}};
  query.title = "trust " + role.arn;
  return query;
}

std::vector<std::string> TrustCells::providers(std::size_t cell) const {
  std::vector<std::string> found;
  if (!roles_[cell]->trust) return found;
  for (const policy::PrincipalName& name : room_.words.of(roles_[cell]->trust->document).names) {
    if (name.type == policy::PrincipalName::Type::federated &&
        std::ranges::find(found, name.value) == found.end())
      found.push_back(name.value);
  }
  return found;
}

Item TrustCells::item(std::size_t cell, Guards kept, const Scope& scope) const {
  const Where& where = room_.limits.where(Objective::trust, scope);
  const estate::Principal& role = *roles_[cell];
  Key key('T');
  key.add(kept).add(where.name);
  Bound bound(room_.words, key);
  // Only identity providers that the trust policy names could come at all.
  for (const std::string& provider : providers(cell)) key.add(provider);
  key.add(names_everyone(cell) ? "*" + role.account : "");
  key.add("/");
  if (role.trust && (kept & bit(Guard::trust)) != 0) bound.add(*role.trust);
  key.add("/");
  if ((kept & bit(Guard::rcp)) != 0) bound.add(rcps(cell));
  bound.note(*where.facts);
  bool verbatim = false;
  for (const Facts* one : bound.facts()) {
    for (const std::string& pattern : one->resources)
      key.add(relative_to(pattern, role.arn, verbatim));
  }
  if (verbatim) key.add(role.arn);
  key.add(signature(bound.mentions(), {}, owned_by(room_.mine, role.account)));
  return {std::move(key).finish(), role.arn,
          [this, cell, kept, &where, facts = bound.facts()](Lists) {
            return query(cell, kept, where, facts);
          },
          nullptr, {}, bound.documents()};
}

}  // namespace

std::unique_ptr<Cells> trust_cells(const Room& room) { return std::make_unique<TrustCells>(room); }

}  // namespace ringwall::prove::detail
