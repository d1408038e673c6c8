// The AWS policy evaluation logic, once. Explicit denies come first, wherever they stand. Then the
// guardrails must let the request pass: endpoint, RCPs, SCPs. Then someone must grant it: the
// resource's policy, the caller's identity, or both, as their accounts and the way in which the
// resource's policy names the caller say.
//
// The layers with many documents are asked by their index, which knows the statements that list the
// action. Without one every document is asked in turn. Both answer the same.

#include "authz/authz.h"

#include <algorithm>

#include "authz/rcp_services.h"
#include "policy/index.h"

namespace ringwall::authz {
namespace {

using policy::Candidates;
using policy::Effect;
using policy::Request;
using policy::Naming;
using policy::Probe;
using PrincipalType = policy::Principal::Type;

// A statement that applies to the request.
struct Found {
  const Named* policy = nullptr;  // null: none applies
  std::size_t statement = 0;
  explicit operator bool() const { return policy != nullptr; }
};

Found find_in(const Named& named, Effect effect, const Probe& probe) {
  const policy::Document& document = *named.document;
  const std::size_t statement = document.next(effect, 0, probe);
  return statement == document.statements() ? Found{} : Found{&named, statement};
}
Found find_in(const Named* named, Effect effect, const Probe& probe) {
  return named != nullptr ? find_in(*named, effect, probe) : Found{};
}

Found find_among(std::span<const Named> policies, Effect effect, const Probe& probe) {
  for (const Named& named : policies) {
    if (const Found found = find_in(named, effect, probe)) return found;
  }
  return {};
}

// The policy of this number, counted through all levels.
const Named* policy_at(std::span<const Level> levels, std::size_t document) {
  for (const Level& level : levels) {
    if (document < level.policies.size()) return &level.policies[document];
    document -= level.policies.size();
  }
  return nullptr;
}

// The policies of one layer, and the statements of them that list the action, where an index knows them.
struct Indexed {
  const PoliciesView& policies;
  const Candidates* known;

  Indexed(const PoliciesView& all, const Probe& probe)
      : policies(all), known(all.index() != nullptr ? all.index()->about(probe) : nullptr) {}
  Found find(Effect effect, const Probe& probe) const {
    if (known == nullptr) return find_among(policies, effect, probe);
    const auto place = known->first(effect, probe);
    return place ? Found{&policies[place->document], place->statement} : Found{};
  }
};

// Likewise of an organisation's tree; of one that does not bind there are no levels.
struct IndexedLevels {
  ChainView levels;
  const Candidates* known;

  IndexedLevels(const ChainView& all, bool bind, const Probe& probe)
      : levels(bind ? all : ChainView()), known(levels.index() != nullptr ? levels.index()->about(probe) : nullptr) {}
  Found find_deny(const Probe& probe) const {
    if (known != nullptr) {
      const auto place = known->first(Effect::deny, probe);
      return place ? Found{policy_at(levels, place->document), place->statement} : Found{};
    }
    for (const Level& level : levels) {
      if (const Found found = find_among(level.policies, Effect::deny, probe)) return found;
    }
    return {};
  }
  bool allow(const Probe& probe) const {
    if (known != nullptr) return known->every_level_allows(probe);
    const auto allows = [&](const Level& level) {
      return static_cast<bool>(find_among(level.policies, Effect::allow, probe));
    };
    return std::ranges::all_of(levels, allows);
  }
};

Layer resource_layer(ResourceKind kind) {
  switch (kind) {
    case ResourceKind::plain:
      return Layer::resource;
    case ResourceKind::trust:
      return Layer::trust;
    case ResourceKind::key:
      return Layer::key;
  }
  return Layer::resource;
}

// Callers that policies of an account govern. The others have only what a resource grants them.
bool belongs_to_account(const policy::Principal& principal) {
  switch (principal.type) {
    case PrincipalType::root:
    case PrincipalType::user:
    case PrincipalType::role_session:
      return true;
    case PrincipalType::federated:
      return !principal.account.empty();
    case PrincipalType::anonymous:
    case PrincipalType::service:
      return false;
  }
  return false;
}

bool bound_by_scps(const Request& request) {
  return belongs_to_account(request.principal) && !request.principal.service_linked;
}

bool bound_by_rcps(const Probe& probe, const Layers& layers) {
  return !layers.rcps.empty() && !probe.request().principal.service_linked &&
         reached_by_rcps(probe);
}

// An owner that nobody knows counts as the caller's own account only where no resource policy
// could say otherwise.
bool same_account(const Request& request, const Layers& layers) {
  if (request.resource_account.empty())
    return !layers.resource && layers.resource_kind == ResourceKind::plain;
  return request.principal.account == request.resource_account;
}

Ruling decided(Verdict verdict, Layer layer, const Found& found) {
  return {verdict, layer, found.policy, found.statement};
}

Ruling implicitly_denied(Layer layer) {
  return {Verdict::implicit_deny, layer, nullptr, 0};
}

// What every step of one decision looks at.
struct Case {
  const Request& request;
  const Layers& layers;
  const Probe& probe;
  IndexedLevels rcps, scps;
  Indexed identity;
};

// The layers of explicit denies, in the order in which they are named.
std::optional<Ruling> explicit_deny(const Case& asked) {
  const Layers& layers = asked.layers;
  const auto denied = [](Layer layer, const Found& found) {
    return decided(Verdict::explicit_deny, layer, found);
  };
  if (const Found found = find_in(layers.endpoint, Effect::deny, asked.probe))
    return denied(Layer::endpoint, found);
  if (const Found found = asked.rcps.find_deny(asked.probe)) return denied(Layer::rcp, found);
  if (const Found found = asked.scps.find_deny(asked.probe)) return denied(Layer::scp, found);
  if (const Found found = find_in(layers.resource, Effect::deny, asked.probe))
    return denied(resource_layer(layers.resource_kind), found);
  if (const Found found = find_in(layers.boundary, Effect::deny, asked.probe))
    return denied(Layer::boundary, found);
  if (layers.session) {
    if (const Found found = find_among(*layers.session, Effect::deny, asked.probe))
      return denied(Layer::session, found);
  }
  if (const Found found = asked.identity.find(Effect::deny, asked.probe))
    return denied(Layer::identity, found);
  return std::nullopt;
}

// What a resource's policy gives a caller of its own account, weakest first.
enum class Strength : std::uint8_t {
  none,
  delegated,  // it names the account: the caller's identity must allow as well
  to_role,    // it names the role: stands in for the identity, within boundary and session policies
  direct,     // it names the user, the session or everyone: no implicit deny limits it
};

Strength strength_of(Naming naming) {
  switch (naming) {
    case Naming::not_named:
      return Strength::none;
    case Naming::account:
      return Strength::delegated;
    case Naming::role:
      return Strength::to_role;
    case Naming::session:
    case Naming::user:
    case Naming::everyone:
    case Naming::service:
    case Naming::federated:
      return Strength::direct;
  }
  return Strength::none;
}

struct Grant {
  Strength strength = Strength::none;
  Found found;
};

void strengthen(Grant& best, const Named& named, const Case& asked) {
  const policy::Document& document = *named.document;
  for (std::size_t i = document.next(Effect::allow, 0, asked.probe); i < document.statements();
       i = document.next(Effect::allow, i + 1, asked.probe)) {
    const Strength strength = strength_of(document.naming(i, asked.request.principal));
    if (strength > best.strength) best = {strength, {&named, i}};
  }
}

// The strongest grant among the statements that allow.
Grant resource_grant(const Case& asked) {
  Grant best;
  if (asked.layers.resource != nullptr) strengthen(best, *asked.layers.resource, asked);
  for (const Named& grant : asked.layers.grants) strengthen(best, grant, asked);
  return best;
}

Ruling decide_grant(const Case& asked) {
  const Layers& layers = asked.layers;
  const Layer by_resource = resource_layer(layers.resource_kind);
  const Grant grant = resource_grant(asked);
  const bool granted = grant.strength != Strength::none;
  const auto allowed_by_resource = [&] {
    return decided(Verdict::allow, by_resource, grant.found);
  };

  if (!belongs_to_account(asked.request.principal))
    return granted ? allowed_by_resource() : implicitly_denied(by_resource);

  // A role's trust and a key's policy must allow even within their account.
  const bool same = same_account(asked.request, layers);
  if (!granted && (!same || layers.resource_kind != ResourceKind::plain))
    return implicitly_denied(by_resource);
  if (same && grant.strength == Strength::direct) return allowed_by_resource();

  const Found by_identity = asked.identity.find(Effect::allow, asked.probe);
  if (!by_identity && !(same && grant.strength == Strength::to_role))
    return implicitly_denied(Layer::identity);
  if (layers.boundary != nullptr && !find_in(layers.boundary, Effect::allow, asked.probe))
    return implicitly_denied(Layer::boundary);
  if (layers.session && !find_among(*layers.session, Effect::allow, asked.probe))
    return implicitly_denied(Layer::session);
  return by_identity ? decided(Verdict::allow, Layer::identity, by_identity)
                     : allowed_by_resource();
}

std::string_view with_article(Layer layer) {
  switch (layer) {
    case Layer::none:
      return "a policy";
    case Layer::identity:
      return "an identity-based policy";
    case Layer::boundary:
      return "a permissions boundary";
    case Layer::session:
      return "a session policy";
    case Layer::resource:
    case Layer::key:
      return "a resource-based policy";
    case Layer::trust:
      return "the role trust policy";
    case Layer::scp:
      return "a service control policy";
    case Layer::rcp:
      return "a resource control policy";
    case Layer::endpoint:
      return "a VPC endpoint policy";
  }
  return "a policy";
}

std::string_view caller_name(const policy::Principal& principal) {
  switch (principal.type) {
    case PrincipalType::anonymous:
      return "anonymous";
    case PrincipalType::service:
      return principal.service;
    case PrincipalType::federated:
      return principal.arn.empty() ? principal.provider : principal.arn;
    case PrincipalType::root:
    case PrincipalType::user:
    case PrincipalType::role_session:
      return principal.arn;
  }
  return {};
}

}  // namespace

std::string_view name_of(Layer layer) {
  switch (layer) {
    case Layer::none:
      return "none";
    case Layer::identity:
      return "identity-based policy";
    case Layer::boundary:
      return "permissions boundary";
    case Layer::session:
      return "session policy";
    case Layer::resource:
    case Layer::key:
      return "resource-based policy";  // AWS's messages know no key policies
    case Layer::trust:
      return "role trust policy";
    case Layer::scp:
      return "service control policy";
    case Layer::rcp:
      return "resource control policy";
    case Layer::endpoint:
      return "VPC endpoint policy";
  }
  return "none";
}

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::implicit_deny:
      return "implicit-deny";
    case Verdict::explicit_deny:
      return "explicit-deny";
    case Verdict::allow:
      return "allow";
  }
  return "implicit-deny";
}

policy::Exemptions exemptions_of(const Layers& layers) {
  return layers.boundary != nullptr ? policy::Exemptions::none : policy::Exemptions::listed;
}

Ruling decide(const Request& request, const Layers& layers) {
  const Probe probe(request, exemptions_of(layers));
  const Case asked{.request = request,
                   .layers = layers,
                   .probe = probe,
                   .rcps = {layers.rcps, bound_by_rcps(probe, layers), probe},
                   .scps = {layers.scps, bound_by_scps(request), probe},
                   .identity = {layers.identity, probe}};
  if (const auto denied = explicit_deny(asked)) return *denied;
  if (layers.endpoint != nullptr && !find_in(layers.endpoint, Effect::allow, probe))
    return implicitly_denied(Layer::endpoint);
  if (!asked.rcps.allow(probe)) return implicitly_denied(Layer::rcp);
  if (!asked.scps.allow(probe)) return implicitly_denied(Layer::scp);
  return decide_grant(asked);
}

Decision decision_of(const Ruling& ruling) {
  Decision decision{.verdict = ruling.verdict, .layer = ruling.layer};
  if (ruling.policy == nullptr) return decision;
  const policy::Document& document = *ruling.policy->document;
  const std::string_view sid = document.sid(ruling.statement);
  decision.policy = ruling.policy->name;
  decision.statement = sid.empty() ? "#" + std::to_string(ruling.statement) : std::string(sid);
  decision.position = document.position(ruling.statement);
  return decision;
}

Decision authorize(const Request& request, const Layers& layers) {
  return decision_of(decide(request, layers));
}

std::string access_denied_message(const Request& request, const Decision& decision) {
  std::string message = "User: ";
  message += caller_name(request.principal);
  message += " is not authorized to perform: " + request.action;
  if (!request.resource.empty()) message += " on resource: " + request.resource;
  if (decision.verdict == Verdict::explicit_deny) {
    message += " with an explicit deny in ";
    message += with_article(decision.layer);
  } else {
    message += " because no ";
    message += name_of(decision.layer);
    message += " allows the " + request.action + " action";
  }
  return message;
}

}  // namespace ringwall::authz
