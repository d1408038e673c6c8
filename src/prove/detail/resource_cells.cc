// resource/principals and resource/networks: what a resource's own side lets in, assuming that
// whoever calls may do everything as far as its own side goes.

#include <algorithm>
#include <iterator>

#include "prove/detail/cells.h"
#include "prove/detail/whole.h"

namespace ringwall::prove::detail {
namespace {

class ResourceCells final : public Cells {
 public:
  ResourceCells(const Room& room, Objective objective)
      : room_(room), objective_(objective), crowds_(room.mine, room.words, room.options.bounds.standing_max) {
    if (objective != Objective::resource_networks) return;
    sided_ = &room.mine.with_a_side();
  }

  Objective objective() const override { return objective_; }
  std::vector<Guard> guards() const override { return {Guard::rcp, Guard::resource}; }
  std::size_t shared() const override { return 1; }
  std::size_t size() const override { return sided_ != nullptr ? sided_->size() : room_.mine.resources().size(); }
  const std::string& name(std::size_t cell) const override { return of(cell).arn; }
  const std::string& account(std::size_t cell) const override { return of(cell).account; }
  const estate::Account* owner(std::size_t cell) const override { return room_.mine.owner_of(place(cell)); }
  Listed listed() const override { return Listed::resources; }
  std::size_t place(std::size_t cell) const override { return sided_ != nullptr ? (*sided_)[cell] : cell; }
  std::vector<std::size_t> exceptions(std::size_t cell) const override {
    return room_.limits.of_resource(objective_, of(cell).arn);
  }
  std::vector<const policy::Document*> documents(std::size_t cell) const override {
    std::vector<const policy::Document*> all;
    if (of(cell).policy) all.push_back(of(cell).policy->document.get());
    gather(rcps(cell), all);
    return all;
  }
  bool has(std::size_t cell, Guard guard) const override {
    return guard == Guard::resource || (!rcps(cell).empty() && !names_undeclared_service(cell));
  }
  bool reads_any(std::size_t cell, const std::set<std::string, std::less<>>& resources) const override;
  Item item(std::size_t cell, Guards kept, const Scope& scope) const override;
  std::vector<std::string> undecided(std::size_t cell) const override;

 private:
  // A service that nobody names counts as mine where RCPs bind it to mine; one that the policy names does not, and by the
  // RCPs alone nobody could tell. So the two are asked together.
  bool names_undeclared_service(std::size_t cell) const {
    const estate::Resource& resource = of(cell);
    if (objective_ != Objective::resource_principals || !resource.policy) return false;
    const auto& declared = room_.mine.perimeter().services;
    return std::ranges::any_of(room_.words.of(resource.policy->document).names, [&](const policy::PrincipalName& name) {
      return name.type == policy::PrincipalName::Type::service &&
             std::ranges::find(declared, name.value, &perimeter::ServiceException::principal) == declared.end();
    });
  }
  std::span<const authz::Level> rcps(std::size_t cell) const {
    const estate::Account* found = owner(cell);
    return found == nullptr ? std::span<const authz::Level>() : std::span(found->rcps.data(), found->rcps.size());
  }
  const estate::Resource& of(std::size_t cell) const { return *room_.mine.resources()[place(cell)]; }
  void add_policy(std::size_t cell, Key& key, Bound& bound) const;
  prover::Query query(std::size_t cell, Guards kept, const Where& where, Lists lists,
                      const std::vector<const Facts*>& facts, const Standing& standing) const;

  const Room room_;
  const Objective objective_;
  mutable Crowds crowds_;
  const std::vector<std::size_t>* sided_ = nullptr;  // not null: these of the resources alone
};

// A resource whose ARN names a Region is asked for there.
Surroundings around(const Mine& mine, const estate::Resource& resource) {
  Surroundings found = owned_by(mine, resource.account);
  const std::string_view region = arn_part(resource.arn, 3);
  if (!region.empty()) found.keys.set("aws:RequestedRegion", std::string(region));
  return found;
}

prover::Query ResourceCells::query(std::size_t cell, Guards kept, const Where& where, Lists lists,
                                   const std::vector<const Facts*>& facts,
                                   const Standing& standing) const {
  const estate::Resource& resource = of(cell);
  const Surroundings surroundings = around(room_.mine, resource);
  authz::Layers layers;
  layers.identity = {&assumed_identity(), 1};
  layers.resource_kind = resource.kind;
  if ((kept & bit(Guard::resource)) == 0)
    layers.resource = &assumed_resource();
  else if (resource.policy)
    layers.resource = &*resource.policy;
  if ((kept & bit(Guard::rcp)) != 0) layers.rcps = rcps(cell);

  prover::Query query;
  bool canonical = false;
  query.universe.callers = outsiders(room_.mine, room_.words, facts, Kinds::all, &canonical);
  if (objective_ == Objective::resource_networks)
    std::ranges::move(unlisted(room_.mine, room_.words, facts), std::back_inserter(query.universe.callers));
  std::vector<prover::Constraint> parts{
      room_.limits.constraint(where, lists, facts), settle_names(room_.words, facts, query.universe.callers),
      of_other_organizations(room_.mine, query.universe.callers)};
  add_standing(standing, facts, query.universe.callers);
  query.universe.owners = {{prover::Owner::Kind::account, {resource.account}}};
  query.universe.actions = prover::Actions::on_resources;
  surround(query, surroundings);
  for (prover::Constraint& part : asked_of(resource.arn)) parts.push_back(std::move(part));
  parts.push_back(sources_of(room_.mine, room_.words, facts).agree);
  query.universe.where = prover::all_of(std::move(parts));
  query.allowing = {{.layers = layers}};
  query.title = std::string(perimeter::name_of(objective_)) + " " + resource.arn;
  return query;
}

// Whom a policy names makes a difference only where somebody like that asks. Nobody of a listed account of mine does in
// resource/principals; in resource/networks they do, and the key says of each whom the policy sees in it (Standing::key). A
// session that is named is another caller, whose role's name matters.
void add_names(const Mine& mine, const Facts& facts, Key& key) {
  const bool verbatim = names_sessions(facts);
  for (const policy::PrincipalName& name : facts.names) {
    key.add(static_cast<Id>(name.type));
    const std::string account = name.type == policy::PrincipalName::Type::account ? name.value
                                : name.type == policy::PrincipalName::Type::arn   ? account_in(name.value)
                                                                                  : std::string();
    const bool of_mine = !account.empty() && mine.has(account) && !mine.is_unlisted(account);
    if (of_mine && !verbatim) key.add("mine");
    else key.add("=" + name.value);
  }
}

// The policy's text but for its resources and whom it names of mine; the resources as seen from the ARN.
void ResourceCells::add_policy(std::size_t cell, Key& key, Bound& bound) const {
  const estate::Resource& resource = of(cell);
  key.add(static_cast<Id>(resource.kind));
  if (!resource.policy) return;
  const Facts& facts = room_.words.of(resource.policy->document);
  bound.note(facts);
  key.add(facts.nameless);
  key.add(static_cast<Id>(resource.policy->document->kind()));
  add_names(room_.mine, facts, key);
}

// For whom a service acts (Limits::sources).
bool ResourceCells::reads_any(std::size_t cell, const std::set<std::string, std::less<>>& resources) const {
  if (resources.empty()) return false;
  return std::ranges::any_of(facts_of_cell(room_, *this, cell), [&](const Facts* facts) {
    return std::ranges::any_of(facts->tests, [&](Id id) {
      return std::ranges::any_of(room_.words.test(id).relation.values, [&](const policy::Listed& value) { return resources.contains(value.text); });
    });
  });
}

Item ResourceCells::item(std::size_t cell, Guards kept, const Scope& scope) const {
  const Where& where = room_.limits.where(objective_, scope);
  const estate::Resource& resource = of(cell);
  Key key('R');
  key.add(kept).add(where.name).add(shape_of(resource.arn));
  Bound bound(room_.words, key);
  if ((kept & bit(Guard::resource)) != 0) add_policy(cell, key, bound);
  key.add("/");
  if ((kept & bit(Guard::rcp)) != 0) bound.add(rcps(cell));
  bound.note(*where.facts);
  bool verbatim = false;
  for (const Facts* facts : bound.facts()) {
    for (const std::string& pattern : facts->resources)
      key.add(relative_to(pattern, resource.arn, verbatim));
  }
  if (verbatim) key.add(resource.arn);
  key.add(room_.limits.sources(objective_, bound.facts())).add(sources_key(room_.mine, room_.words, bound.facts()));
  const Surroundings surroundings = around(room_.mine, resource);
  key.add(signature(bound.mentions(), {}, surroundings));
  Standing standing;
  if (objective_ == Objective::resource_networks) {
    standing = crowds_.standing(bound.facts(), resource.account, surroundings);
    key.add(standing.key);
  }
  std::string left_out = standing.left_out;
  return {std::move(key).finish(), resource.arn,
          [this, cell, kept, &where, facts = bound.facts(), standing = std::move(standing)](Lists lists) {
            return query(cell, kept, where, lists, facts, standing);
          },
          room_.limits.networks(objective_), std::move(left_out), bound.documents()};
}

std::vector<std::string> ResourceCells::undecided(std::size_t cell) const {
  std::vector<std::string> reasons;
  const estate::Resource& resource = of(cell);
  if (!prover::on_resources({resource.arn}))
    reasons.push_back("`" + resource.arn + "` is no ARN that a policy could name");
  tell_accounts_in_part(room_.words, resource.policy, rcps(cell), reasons);
  if (!resource.policy) return reasons;
  const Facts& facts = room_.words.of(resource.policy->document);
  for (const policy::PrincipalName& name : facts.names) {
    if (name.type == policy::PrincipalName::Type::canonical_user) {
      reasons.push_back("the policy names the canonical user `" + name.value +
                        "`, and whose account that is no file says: name the account instead");
    }
  }
  return reasons;
}

}  // namespace

void tell_accounts_in_part(Words& words, const std::optional<authz::Named>& policy,
                           std::span<const authz::Level> levels, std::vector<std::string>& reasons) {
  bool in_part = policy && names_accounts_in_part(words, words.of(policy->document));
  for (const authz::Level& level : levels) {
    for (const authz::Named& named : level.policies)
      in_part |= names_accounts_in_part(words, words.of(named.document));
  }
  if (in_part)
    reasons.emplace_back("a policy names callers' accounts in part, as `12*` does: not every account could be tried");
}

std::unique_ptr<Cells> resource_cells(const Room& room, Objective objective) {
  return std::make_unique<ResourceCells>(room, objective);
}

}  // namespace ringwall::prove::detail
