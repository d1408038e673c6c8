#pragma once
// The question Ringwall exists to answer: may this principal do this, given every policy that
// applies? All layers are composed here, by AWS's evaluation logic, and nowhere else.

#include <optional>
#include <string>
#include <vector>

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

struct Named {
  std::string name;  // a policy's ARN, or "inline policy `x` of user/y"
  policy::DocumentPtr document;
};

// One level of the organisation's tree on the way to the account: every level must allow.
struct Level {
  std::string target;  // r-…, ou-…, or the account
  std::vector<Named> policies;
};

enum class ResourceKind : std::uint8_t { plain, trust, key };

// Everything that applies. A layer left out does not apply. The caller gathers, this composes.
struct Layers {
  std::vector<Named> identity = {};
  std::optional<Named> boundary = {};
  std::optional<std::vector<Named>> session = {};  // present: a session policy restricts
  std::optional<Named> resource = {};
  ResourceKind resource_kind = ResourceKind::plain;
  std::vector<Level> scps = {};  // empty: not bound by SCPs (management account, service, outsider)
  std::vector<Level> rcps = {};  // of the resource's account
  std::optional<Named> endpoint = {};
};

// A verdict, the layer that decided and the statement that caused it. Owns what it says, so it
// can be logged after the policies are replaced.
struct [[nodiscard]] Decision {
  Verdict verdict = Verdict::implicit_deny;
  Layer layer = Layer::none;     // for an implicit deny: the first layer that did not allow
  std::string policy = {};       // its name; empty for an implicit deny
  std::string statement = {};    // its Sid, else "#<index>"; empty for an implicit deny
  text::Position position = {};  // of the statement in the policy's text
  friend bool operator==(const Decision&, const Decision&) = default;
};

// Explicit denies first, in the order endpoint, rcp, scp, resource, boundary, session, identity;
// then each layer that must allow. Total and pure. Fills no context: the request has it all.
Decision authorize(const policy::Request& request, const Layers& layers);

// AWS's own sentence: "User: arn… is not authorized to perform: rds:X on resource: arn… with an
// explicit deny in a service control policy" (or "because no identity-based policy allows …").
std::string access_denied_message(const policy::Request& request, const Decision& decision);

// Every statement considered and why it did or did not apply, for people and programs.
text::Json explain(const policy::Request& request, const Layers& layers);

}  // namespace ringwall::authz
