#pragma once
// The policies that services keep on resources: of keys, roles, endpoints, the organisation.
//
// AWS turns each user and role that such a policy names into its unique id when the policy is saved,
// so that whoever gets a name later is not meant by it. So does this, for every kind there is: what
// is stored is made by `bound`, what decides is made by `compiled`, which takes nothing else, and
// what is answered by `shown`. A text that was stored as it came denies everything.
//
// Stored is {"bound": "…"}: the text as it was written, with ids in place of ARNs (policy/binding.h).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authz/authz.h"
#include "base/result.h"
#include "estate/estate.h"
#include "policy/policy.h"
#include "text/json.h"

namespace ringwall::service {

using text::Json;

// What is stored of a policy that somebody wrote. Accounts, services, providers and `*` stay what
// they are; so do names of accounts that are not the estate's which nobody known here has.
//   not_found           it names a user, a role or a role's session of the estate's that there is
//                       not, or an id that is nobody's: the message is the name as written
//   exhausted, invalid  as policy::compile
Result<Json> bound(std::string_view text, policy::Kind kind, const estate::Estate& estate);
// The same of a policy that a service writes itself and that names no user and no role.
Json bound_own(std::string_view text);

// Of a policy that was stored before policies were bound, which may name principals that are gone.
// Those get an id that no one will ever have, so that no namesake is meant, and are added to `nobody`.
// `pinned` knows better where it has an ARN: a member per ARN, with the id it stood for.
Result<Json> bound_late(std::string_view text, policy::Kind kind, const estate::Estate& estate, const Json& pinned,
                        std::vector<std::string>& nobody);

// What is answered: ARNs of the users and roles that are there, the bare ids of those that are gone.
// It decides as the stored one does, as long as nobody comes or goes. Empty: nothing readable is stored.
std::string shown(const Json& stored, policy::Kind kind, const estate::Estate& estate);
policy::DocumentPtr shown(const policy::Document& bound, const estate::Estate& estate);

// The bound text, for those who keep what they compile; empty, which does not compile, if there is none.
std::string_view bound_text(const Json& stored);
Result<policy::DocumentPtr> compiled(const Json& stored, policy::Kind kind);

// A resource's policy put to a question.
class ResourcePolicy {
 public:
  // What is stored; if it cannot be read, or was never bound: a policy that denies everything.
  ResourcePolicy(std::string name, const Json& stored, policy::Kind kind);
  // The trust policy of a role that has one.
  explicit ResourcePolicy(const estate::Principal& role);
  // One that a service makes of `text` for this question alone. Nothing: it does not compile.
  static std::optional<ResourcePolicy> made_now(std::string name, std::string_view text, policy::Kind kind);

  const authz::Named& named() const { return named_; }

 private:
  explicit ResourcePolicy(authz::Named named) : named_(std::move(named)) {}
  authz::Named named_;
};

}  // namespace ringwall::service
