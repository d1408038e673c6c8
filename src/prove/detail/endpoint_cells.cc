// network/principals and network/resources: what an endpoint of mine lets through, assuming that
// both sides behind it allow everything.

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "catalogue/catalogue.h"
#include "catalogue/network_keys.h"
#include "prove/detail/cells.h"
#include "text/encode.h"

namespace ringwall::prove::detail {
namespace {

class EndpointCells final : public Cells {
 public:
  EndpointCells(const Room& room, Objective objective)
      : room_(room), objective_(objective), crowds_(room.mine, room.words, room.options.bounds.standing_max) {
    room.mine.estate().endpoints.for_each(
        [&](const estate::Endpoint& endpoint) { endpoints_.push_back(&endpoint); });
  }

  Objective objective() const override { return objective_; }
  std::vector<Guard> guards() const override { return {Guard::endpoint}; }
  std::size_t shared() const override { return 0; }
  std::size_t size() const override { return endpoints_.size(); }
  const std::string& name(std::size_t cell) const override { return endpoints_[cell]->id; }
  const std::string& account(std::size_t cell) const override {
    return endpoints_[cell]->account;
  }
  const estate::Account* owner(std::size_t cell) const override { return room_.mine.estate().account(account(cell)); }
  Listed listed() const override { return Listed::endpoints; }
  std::vector<std::size_t> exceptions(std::size_t) const override {
    return room_.limits.of_endpoint(objective_);
  }
  std::vector<const policy::Document*> documents(std::size_t cell) const override {
    if (!endpoints_[cell]->policy) return {};
    return {endpoints_[cell]->policy->document.get()};
  }
  bool has(std::size_t cell, Guard) const override { return endpoints_[cell]->policy.has_value(); }
  Item item(std::size_t cell, Guards kept, const Scope& scope) const override;
  std::vector<std::string> undecided(std::size_t cell) const override;

 private:
  prover::Query query(std::size_t cell, const Where& where, const std::vector<const Facts*>& facts,
                      const Standing& standing) const;

  const Room room_;
  const Objective objective_;
  mutable Crowds crowds_;
  std::vector<const estate::Endpoint*> endpoints_;
};

bool is_known_service(const estate::Endpoint& endpoint) {
  return catalogue::Catalogue::builtin().service(endpoint.service) != nullptr;
}

bool asks_for(const Words& words, const std::vector<const Facts*>& facts, const std::string& lower_key) {
  return std::ranges::any_of(facts, [&](const Facts* one) {
    return std::ranges::binary_search(one->raw, lower_key) ||
           std::ranges::any_of(one->tests, [&](Id id) { return words.test(id).key == lower_key; });
  });
}

// Whose the endpoint is, the services on AWS's list say, and others do not: in the known keys' place, where it is asked for.
// What cannot be said stays free.
std::vector<prover::Constraint> said_by_some(const Words& words, const std::vector<const Facts*>& facts,
                                             policy::Context& keys, bool everywhere) {
  std::vector<prover::Constraint> parts;
  for (const catalogue::NetworkKey key : catalogue::network_keys) {
    const std::string name(catalogue::name_of(key));
    const std::vector<std::string>* known = keys.find(name);
    if (known == nullptr) continue;
    const std::vector<std::string> values = *known;
    keys.erase(name);
    if (!asks_for(words, facts, text::lower(name))) continue;
    std::vector<std::string> actions;
    for (const std::string_view prefix : catalogue::services_with(key)) actions.push_back(std::string(prefix) + ":*");
    std::vector<std::string> without;
    for (const std::string_view action : catalogue::actions_without_network_keys()) without.emplace_back(action);
    const bool several = key == catalogue::NetworkKey::vpce_org_paths;
    const auto said = prover::condition(several ? "ForAnyValue:StringEquals" : "StringEquals", name, values);
    const auto nothing = prover::condition("Null", name, {"true"});
    const auto listed = prover::on_actions(actions), excepted = prover::on_actions(without);
    if (!said || !nothing || !listed || !excepted) continue;
    if (!everywhere) parts.push_back(prover::any_of({*said, prover::none_of({*listed}), *excepted}));
    parts.push_back(prover::any_of({*said, *nothing}));
  }
  return parts;
}

}  // namespace

Surroundings surroundings_of(const Mine& mine, const estate::Endpoint& endpoint) {
  Surroundings found;
  found.keys.set("aws:SourceVpce", endpoint.id);
  if (!endpoint.vpc.empty()) found.keys.set("aws:SourceVpc", endpoint.vpc);
  found.absent = {"aws:sourceip"};
  const estate::Account* account = mine.estate().account(endpoint.account);
  if (account != nullptr && mine.estate().no_organization)
    found.absent.insert(found.absent.end(), {"aws:vpceorgid", "aws:vpceorgpaths"});
  if (!endpoint.account.empty()) found.keys.set("aws:VpceAccount", endpoint.account);
  if (account != nullptr && !account->org_path.empty() && mine.estate().organization) {
    found.keys.set("aws:VpceOrgID", mine.estate().organization->id);
    found.keys.set("aws:VpceOrgPaths", std::vector<std::string>{account->org_path});
  }
  return found;
}

void come_through(const Room& room, const estate::Endpoint& endpoint, const std::vector<const Facts*>& facts, prover::Query& query) {
  Surroundings around = surroundings_of(room.mine, endpoint);
  std::vector<prover::Constraint> parts =
      said_by_some(room.words, facts, around.keys, room.options.network_keys_everywhere);
  surround(query, around);
  reach_through(endpoint, parts);
  parts.push_back(std::move(query.universe.where));
  query.universe.where = prover::all_of(std::move(parts));
  if (endpoint.policy) query.allowing.front().layers->endpoint = &*endpoint.policy;
}

namespace {

// Whoever has a token of an identity provider of others, and no credentials yet: to become a role of others through an endpoint of
// mine. What the token says is free.
prover::Caller token_bearer(const Mine& mine) {
  prover::Caller bearer = federated_caller("arn:aws:iam::" + mine.fresh_account() + ":oidc-provider/identity.example");
  bearer.keys.erase("aws:FederatedProvider");
  return bearer;
}

prover::Constraint signing_in_only() {
  const auto federated = prover::condition("StringEquals", "aws:PrincipalType", {"FederatedUser"});
  const auto of_nobody = prover::condition("Null", "aws:PrincipalAccount", {"true"});
  const auto signing_in = prover::on_actions({"sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"});
  RW_CHECK(federated && of_nobody && signing_in);
  return prover::any_of({prover::none_of({prover::all_of({*federated, *of_nobody})}), *signing_in});
}

prover::Query EndpointCells::query(std::size_t cell, const Where& where,
                                   const std::vector<const Facts*>& facts,
                                   const Standing& standing) const {
  const estate::Endpoint& endpoint = *endpoints_[cell];
  authz::Layers layers;
  layers.identity = {&assumed_identity(), 1};
  layers.resource = &assumed_resource();

  prover::Query query;
  bool canonical = false;
  for (prover::Caller& caller :
       outsiders(room_.mine, room_.words, facts, Kinds::all, &canonical)) {
    // A service comes through an endpoint of mine on addresses that it signed itself.
    if (caller.principal.type != policy::Principal::Type::service)
      query.universe.callers.push_back(std::move(caller));
  }
  std::vector<prover::Constraint> parts{*where.constraint};
  if (objective_ == Objective::network_resources) {
    std::ranges::move(unlisted(room_.mine, room_.words, facts), std::back_inserter(query.universe.callers));
    query.universe.callers.push_back(token_bearer(room_.mine));
    parts.push_back(signing_in_only());
  }
  parts.push_back(settle_names(room_.words, facts, query.universe.callers));
  parts.push_back(of_other_organizations(room_.mine, query.universe.callers));
  add_standing(standing, facts, query.universe.callers);
  query.universe.where = prover::all_of(std::move(parts));
  query.universe.actions = prover::Actions::known;
  if (objective_ == Objective::network_resources) {
    query.universe.owners = {{prover::Owner::Kind::others, room_.mine.accounts()}};
    query.universe.actions = prover::Actions::on_resources;
    query.universe.where = prover::all_of({std::move(query.universe.where), on_none_of(buckets_of_mine(room_.mine, facts))});
  } else {
    Owners owners = owners_of(room_.mine, room_.words, facts, {});
    query.universe.owners = std::move(owners.all);
    query.universe.where = prover::all_of({std::move(query.universe.where), std::move(owners.agree)});
  }
  query.allowing = {{.layers = layers}};
  come_through(room_, endpoint, facts, query);
  query.title = std::string(perimeter::name_of(objective_)) + " " + endpoint.id;
  return query;
}

Item EndpointCells::item(std::size_t cell, Guards kept, const Scope& scope) const {
  const Where& where = room_.limits.where(objective_, scope);
  const estate::Endpoint& endpoint = *endpoints_[cell];
  Key key('E');
  key.add(kept).add(where.name).add(!endpoint.aws ? "-" : is_known_service(endpoint) ? endpoint.service : "");
  Bound bound(room_.words, key);
  if (endpoint.policy) bound.add(*endpoint.policy);
  bound.note(*where.facts);
  const Surroundings around = surroundings_of(room_.mine, endpoint);
  key.add(signature(bound.mentions(), {}, around));
  Standing standing;
  for (const std::string& bucket : buckets_of_mine(room_.mine, bound.facts())) key.add(bucket);
  if (objective_ == Objective::network_principals) key.add(owners_key(room_.mine, room_.words, bound.facts(), {}));
  if (objective_ == Objective::network_resources) {
    standing = crowds_.standing(bound.facts(), {}, around);
    key.add(standing.key);
  }
  std::string left_out = standing.left_out;
  return {std::move(key).finish(), endpoint.id,
          [this, cell, &where, facts = bound.facts(), standing = std::move(standing)](Lists) {
            return query(cell, where, facts, standing);
          },
          nullptr, std::move(left_out), bound.documents()};
}

std::vector<std::string> EndpointCells::undecided(std::size_t cell) const {
  const estate::Endpoint& endpoint = *endpoints_[cell];
  std::vector<std::string> reasons;
  tell_accounts_in_part(room_.words, endpoint.policy, {}, reasons);
  const auto& accepted = room_.mine.perimeter().networks.endpoints;
  if (endpoint.aws || std::ranges::find(accepted, endpoint.id, &perimeter::Place::id) != accepted.end()) return reasons;
  return {"the endpoint leads to `" + endpoint.service +
          "`, which is no service of AWS's: its provider decides what passes, and no policy does; list the "
          "endpoint under `networks.endpoints` if that is known and accepted"};
}

}  // namespace

// A service that is not known may have any action.
void reach_through(const estate::Endpoint& endpoint, std::vector<prover::Constraint>& parts) {
  if (!endpoint.aws) parts.push_back(prover::any_of({}));  // no request to AWS gets there
  if (!is_known_service(endpoint)) return;
  if (auto actions = prover::on_actions({endpoint.service + ":*"})) parts.push_back(*std::move(actions));
}

std::unique_ptr<Cells> endpoint_cells(const Room& room, Objective objective) {
  return std::make_unique<EndpointCells>(room, objective);
}

}  // namespace ringwall::prove::detail
