// identity/resources, identity/networks and agents: what the policies of a principal's own side allow it,
// wherever the resource is and whatever its policy says.

#include <algorithm>

#include "prove/detail/cells.h"
#include "prove/detail/whole.h"

namespace ringwall::prove::detail {
namespace {

class PrincipalCells final : public Cells {
 public:
  PrincipalCells(const Room& room, Objective objective) : room_(room), objective_(objective) {}

  Objective objective() const override { return objective_; }
  std::vector<Guard> guards() const override { return {Guard::scp, Guard::identity}; }
  std::size_t shared() const override { return 1; }
  std::size_t size() const override { return room_.mine.principals().size(); }
  const std::string& name(std::size_t cell) const override { return own(cell).principal->arn; }
  const std::string& account(std::size_t cell) const override {
    return own(cell).principal->account;
  }
  const estate::Account* owner(std::size_t cell) const override { return own(cell).account; }
  Listed listed() const override { return Listed::principals; }
  std::vector<std::size_t> exceptions(std::size_t cell) const override {
    return room_.limits.of_principal(objective_, own(cell));
  }
  std::vector<const policy::Document*> documents(std::size_t cell) const override {
    const authz::Layers layers = layers_of(cell);
    std::vector<const policy::Document*> all;
    gather(layers.identity, all);
    if (layers.boundary != nullptr) all.push_back(layers.boundary->document.get());
    gather(layers.scps, all);
    return all;
  }
  bool has(std::size_t cell, Guard guard) const override {
    return guard == Guard::identity || !layers_of(cell).scps.empty();
  }
  bool reads_any(std::size_t cell, const std::set<std::string, std::less<>>& resources) const override;
  Item item(std::size_t cell, Guards kept, const Scope& scope) const override;

 private:
  const Own& own(std::size_t cell) const { return room_.mine.principals()[cell]; }
  authz::Layers layers_of(std::size_t cell) const {
    return estate::layers_of(room_.mine.estate(), own(cell).caller.principal, nullptr);
  }
  bool asks_owners() const { return objective_ != Objective::identity_resources; }
  bool asks_foreign() const { return objective_ != Objective::identity_networks; }
  prover::Query query(std::size_t cell, Guards kept, prover::Constraint where, const Owners& owners, const prover::Constraint& not_mine) const;

  const Room room_;
  const Objective objective_;
};

// With an owner who is not the caller's account, or whom nobody knows, both sides must allow; and
// the resource's side is assumed to. What is left is the identity side.
prover::Query PrincipalCells::query(std::size_t cell, Guards kept, prover::Constraint where, const Owners& owners,
                                    const prover::Constraint& not_mine) const {
  authz::Layers layers = layers_of(cell);
  if ((kept & bit(Guard::identity)) == 0) {
    layers.identity = {&assumed_identity(), 1};
    layers.boundary = nullptr;
  }
  if ((kept & bit(Guard::scp)) == 0) layers.scps = {};
  // Whom a policy names by itself needs no permission of its account's: of an owner who may be that, only the account is named.
  layers.resource = owners.key.empty() ? &assumed_resource() : &room_.words.granting(account(cell));

  prover::Query query;
  query.universe.callers = {own(cell).caller};
  query.universe.where = std::move(where);
  if (objective_ == Objective::identity_resources) {
    query.universe.owners = {{prover::Owner::Kind::others, room_.mine.accounts()}};
    query.universe.where = prover::all_of({std::move(query.universe.where), not_mine});
    query.universe.actions = prover::Actions::on_resources;
  } else {
    query.universe.owners = owners.all;
    query.universe.where = prover::all_of({std::move(query.universe.where), owners.agree});
    query.universe.actions = prover::Actions::known;
  }
  // An agent may read what is mine, and nothing of others; so of others all is asked, and of mine what does not only read.
  if (objective_ == Objective::agents) {
    std::erase_if(query.universe.owners, [](const prover::Owner& owner) { return owner.kind == prover::Owner::Kind::others; });
    for (prover::Owner& owner : query.universe.owners) owner.where = room_.limits.beyond_reading();
    query.universe.owners.push_back({prover::Owner::Kind::others, room_.mine.accounts(), not_mine});
  }
  query.allowing = {{.layers = layers}};
  query.title = std::string(perimeter::name_of(objective_)) + " " + name(cell);
  return query;
}

bool PrincipalCells::reads_any(std::size_t cell, const std::set<std::string, std::less<>>& resources) const {
  if (!asks_foreign() || resources.empty()) return false;
  std::vector<const Facts*> facts = facts_of_cell(room_, *this, cell);
  facts.push_back(room_.limits.where(objective_, {.excepted = exceptions(cell)}).facts);
  bool reads = false;
  for_each_bucket(facts, [&](const std::string& bucket) { reads |= resources.contains(bucket); });
  return reads;
}

Item PrincipalCells::item(std::size_t cell, Guards kept, const Scope& scope) const {
  const Where& where = room_.limits.where(objective_, scope);
  const authz::Layers layers = layers_of(cell);
  Key key('P');
  key.add(kept).add(where.name);
  Bound bound(room_.words, key);
  std::vector<std::string_view> patterns;
  if ((kept & bit(Guard::identity)) != 0) {
    for (const authz::Named& named : layers.identity) {
      const Facts& facts = room_.words.of(named.document);
      bound.note(facts);
      key.add(facts.nameless);
      patterns.insert(patterns.end(), facts.resources.begin(), facts.resources.end());
    }
  }
  const std::size_t own_policies = bound.facts().size();
  key.add("/");
  if ((kept & bit(Guard::identity)) != 0 && layers.boundary != nullptr) bound.add(*layers.boundary);
  key.add("/");
  if ((kept & bit(Guard::scp)) != 0) bound.add(layers.scps);
  bound.note(*where.facts);
  key.add(signature(bound.mentions(), own(cell).caller, {}));
  std::vector<std::string> mine;
  if (asks_foreign()) mine = buckets_of_mine(room_.mine, bound.facts());
  // Of the identity's own policies only how their resources lie to each other and to what others name.
  patterns.insert(patterns.end(), mine.begin(), mine.end());
  std::vector<const Kept*> held;
  for (std::size_t i = own_policies; i < bound.facts().size(); ++i) held.push_back(&room_.words.kept(*bound.facts()[i]));
  key.add(static_cast<Id>(mine.size())).add(renamed(room_.mine, account(cell), held, patterns));
  const bool of_owners = asks_owners() && is_account(account(cell));
  key.add(of_owners ? owners_key(room_.mine, room_.words, bound.facts(), account(cell)) : "");
  return {std::move(key).finish(), name(cell),
          [this, cell, kept, &where, facts = bound.facts(), mine = std::move(mine), of_owners](Lists lists) {
            const Owners owners = of_owners ? owners_of(room_.mine, room_.words, facts, account(cell)) : Owners{};
            return query(cell, kept, room_.limits.constraint(where, lists, facts), owners, on_none_of(mine));
          },
          room_.limits.networks(objective_), {}, bound.documents()};
}

}  // namespace

std::unique_ptr<Cells> principal_cells(const Room& room, Objective objective) {
  return std::make_unique<PrincipalCells>(room, objective);
}

}  // namespace ringwall::prove::detail
