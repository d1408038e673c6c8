#pragma once
// The question Ringwall exists to answer: may this principal do this, given every policy that
// applies? All layers are composed here, by AWS's evaluation logic, and nowhere else.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "authz/policies.h"
#include "policy/policy.h"

namespace ringwall::authz {

enum class Verdict : std::uint8_t { implicit_deny, explicit_deny, allow };

// The layers in the words of AWS's access-denied messages.
enum class Layer : std::uint8_t {
  none,
  identity,
  boundary,
  session,
  resource,
  trust,
  key,
  scp,
  rcp,
  endpoint
};
std::string_view name_of(Layer layer);      // "identity-based policy", "service control policy", …
std::string_view name_of(Verdict verdict);  // "allow", "explicit-deny", "implicit-deny"

enum class ResourceKind : std::uint8_t { plain, trust, key };

// Everything that applies. A layer left out does not apply. The caller gathers, this composes.
// Borrows all of it: from the estate, the session, the question.
struct Layers {
  PoliciesView identity = {};
  const Named* boundary = nullptr;
  std::optional<std::span<const Named>> session = {};  // present: a session policy restricts
  const Named* resource = nullptr;
  ResourceKind resource_kind = ResourceKind::plain;
  std::span<const Named> grants = {};  // of a KMS key: key policies of one statement (kms_grant.h)
  ChainView scps = {};  // empty: not bound by SCPs (management account, service, outsider)
  ChainView rcps = {};  // of the resource's account
  const Named* endpoint = nullptr;
};

// A caller with a permissions boundary is exempted by no NotPrincipal.
policy::Exemptions exemptions_of(const Layers& layers);

// A verdict, the layer that decided and the statement that caused it, as plain data.
struct [[nodiscard]] Ruling {
  Verdict verdict = Verdict::implicit_deny;
  Layer layer = Layer::none;      // for an implicit deny: the first layer that did not allow
  const Named* policy = nullptr;  // borrowed from the layers; null for an implicit deny
  std::size_t statement = 0;
};

// Explicit denies first, in the order endpoint, rcp, scp, resource, boundary, session, identity;
// then each layer that must allow. Total, pure and thread-safe. Allocates nothing but where an index
// remembers an action that it was not asked about before. Fills no context: the request has it all.
Ruling decide(const policy::Request& request, const Layers& layers);

// A ruling that owns what it says, so it can be logged after the policies are replaced.
struct [[nodiscard]] Decision {
  Verdict verdict = Verdict::implicit_deny;
  Layer layer = Layer::none;
  std::string policy = {};       // its name; empty for an implicit deny
  std::string statement = {};    // its Sid, else "#<index>"; empty for an implicit deny
  text::Position position = {};  // of the statement in the policy's text
  friend bool operator==(const Decision&, const Decision&) = default;
};
Decision decision_of(const Ruling& ruling);

// decide(), owned.
Decision authorize(const policy::Request& request, const Layers& layers);

// AWS's own sentence: "User: arn… is not authorized to perform: rds:X on resource: arn… with an
// explicit deny in a service control policy" (or "because no identity-based policy allows …").
std::string access_denied_message(const policy::Request& request, const Decision& decision);

// Every statement considered and why it did or did not apply, for people and programs.
text::Json explain(const policy::Request& request, const Layers& layers);

}  // namespace ringwall::authz
