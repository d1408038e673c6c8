#include "authz/plain.h"

#include <algorithm>

#include "authz/rcp_services.h"

namespace ringwall::authz::plain {
namespace {

using policy::Effect;
using policy::Naming;
using policy::Request;
using Type = policy::Principal::Type;

// A statement that applies.
struct Applying {
  const Named* policy;
  std::size_t statement;
  Effect effect;
  Naming naming;
};
using Statements = std::vector<Applying>;

// One layer and what of it applies; of a tree, one for each of its levels.
struct Gathered {
  Layer layer;
  Statements statements;
};

bool is_allow(const Applying& one) {
  return one.effect == Effect::allow;
}
bool allows(const Statements& statements) {
  return std::ranges::any_of(statements, is_allow);
}

// Users, roles, roots and federated users are governed by the policies of an account.
bool has_account(const policy::Principal& caller) {
  return caller.type == Type::root || caller.type == Type::user ||
         caller.type == Type::role_session ||
         (caller.type == Type::federated && !caller.account.empty());
}

Layer resource_layer(ResourceKind kind) {
  return kind == ResourceKind::trust ? Layer::trust
         : kind == ResourceKind::key ? Layer::key
                                     : Layer::resource;
}

Decision decided(Verdict verdict, Layer layer, const Applying& by) {
  return decision_of({verdict, layer, by.policy, by.statement});
}
Decision implicit_deny(Layer layer) {
  return decision_of({Verdict::implicit_deny, layer, nullptr, 0});
}

class Gathering {
 public:
  Gathering(Evaluator& evaluator, const Request& request, policy::Exemptions exemptions)
      : evaluator_(evaluator), request_(request), exemptions_(exemptions) {}

  Statements of(const Named& named) {
    Statements applying;
    const policy::plain::Policy& policy = evaluator_.policy(*named.document);
    for (std::size_t i = 0; i < policy.statements(); ++i) {
      if (policy.match(i, request_, exemptions_) != policy::Mismatch::none) continue;
      applying.push_back({&named, i, policy.syntax().statements[i].effect,
                          policy.naming(i, request_.principal)});
    }
    return applying;
  }
  Statements of(const Named* named) { return named != nullptr ? of(*named) : Statements(); }
  Statements of(std::span<const Named> policies) {
    Statements all;
    for (const Named& named : policies) std::ranges::copy(of(named), std::back_inserter(all));
    return all;
  }
  std::vector<Gathered> of(Layer layer, std::span<const Level> levels) {
    std::vector<Gathered> all;
    for (const Level& level : levels) all.push_back({layer, of(std::span(level.policies))});
    return all;
  }

 private:
  Evaluator& evaluator_;
  const Request& request_;
  const policy::Exemptions exemptions_;
};

// How a statement of a resource's policy that allows grants to the caller inside one account: by
// itself, in the place of the identity, or by leave to the account. One that names nobody, of a
// policy that does not belong on a resource, grants nothing. No deny is asked: it ended it before.
bool grants_without_limit(const Applying& one) {
  return one.naming != Naming::not_named && one.naming != Naming::account &&
         one.naming != Naming::role;
}
bool grants_to_role(const Applying& one) {
  return one.naming == Naming::role;
}
bool grants_to_account(const Applying& one) {
  return one.naming == Naming::account;
}

// The statement to name as the one that granted: the strongest form first.
const Applying* granting(const Statements& resource) {
  for (const auto& test : {grants_without_limit, grants_to_role, grants_to_account}) {
    const auto found = std::ranges::find_if(resource, test);
    if (found != resource.end()) return &*found;
  }
  return nullptr;
}

}  // namespace

const policy::plain::Policy& Evaluator::policy(const policy::Document& document) {
  const auto found = read_.find(&document);
  if (found != read_.end()) return found->second;
  return read_.emplace(&document, policy::plain::Policy(document)).first->second;
}

Decision Evaluator::authorize(const Request& request, const Layers& layers) {
  Gathering gathering(*this, request, exemptions_of(layers));
  const policy::Principal& caller = request.principal;
  const bool inside = has_account(caller);
  const Layer by_resource = resource_layer(layers.resource_kind);

  const Statements endpoint = gathering.of(layers.endpoint), boundary = gathering.of(layers.boundary),
                   session = gathering.of(layers.session.value_or(std::span<const Named>())),
                   identity = gathering.of(layers.identity);
  Statements resource = gathering.of(layers.resource);
  std::ranges::copy_if(gathering.of(layers.grants), std::back_inserter(resource), is_allow);
  // RCPs bind every caller but service-linked roles; SCPs the principals of accounts, but those.
  const bool rcps_bind = !caller.service_linked && reached_by_rcps(policy::Probe(request));
  const bool scps_bind = !caller.service_linked && inside;
  const auto rcps = gathering.of(
      Layer::rcp, rcps_bind ? std::span<const Level>(layers.rcps) : std::span<const Level>());
  const auto scps = gathering.of(
      Layer::scp, scps_bind ? std::span<const Level>(layers.scps) : std::span<const Level>());

  // 1. An explicit deny anywhere ends it.
  std::vector<Gathered> all = {{Layer::endpoint, endpoint}};
  std::ranges::copy(rcps, std::back_inserter(all));
  std::ranges::copy(scps, std::back_inserter(all));
  all.insert(all.end(), {{by_resource, resource},
                         {Layer::boundary, boundary},
                         {Layer::session, session},
                         {Layer::identity, identity}});
  for (const Gathered& gathered : all) {
    for (const Applying& one : gathered.statements) {
      if (one.effect == Effect::deny) return decided(Verdict::explicit_deny, gathered.layer, one);
    }
  }

  // 2. Guardrails: what applies must allow, at every level.
  if (layers.endpoint != nullptr && !allows(endpoint)) return implicit_deny(Layer::endpoint);
  for (const auto& levels : {rcps, scps}) {
    for (const Gathered& level : levels) {
      if (!allows(level.statements)) return implicit_deny(level.layer);
    }
  }

  // 3. Services, anonymous and web-identity callers have only what the resource gives them.
  const Applying* grant = granting(resource);
  if (!inside) {
    return grant != nullptr ? decided(Verdict::allow, by_resource, *grant)
                            : implicit_deny(by_resource);
  }

  // 4. Across accounts, for a role's trust and for a key, the resource must allow in any case.
  const bool plain_resource = layers.resource_kind == ResourceKind::plain;
  const bool same_account = request.resource_account.empty()
                                ? layers.resource == nullptr && plain_resource
                                : caller.account == request.resource_account;
  if ((!same_account || !plain_resource) && grant == nullptr) return implicit_deny(by_resource);

  // 5. Within the account, a resource that names the caller grants without limits of the identity.
  if (same_account && grant != nullptr && grants_without_limit(*grant))
    return decided(Verdict::allow, by_resource, *grant);

  // 6. Otherwise the identity must allow, for which the naming of its role stands in, and the
  //    boundary and the session's policies with it.
  const bool role_granted = same_account && grant != nullptr && grants_to_role(*grant);
  if (!allows(identity) && !role_granted) return implicit_deny(Layer::identity);
  if (layers.boundary != nullptr && !allows(boundary)) return implicit_deny(Layer::boundary);
  if (layers.session && !allows(session)) return implicit_deny(Layer::session);
  const auto by_identity = std::ranges::find_if(identity, is_allow);
  return by_identity != identity.end() ? decided(Verdict::allow, Layer::identity, *by_identity)
                                       : decided(Verdict::allow, by_resource, *grant);
}

}  // namespace ringwall::authz::plain
