#pragma once
// The modelled world as one immutable value: the organisation, its accounts and principals, and
// the policies on each. Built from the live store (room directory) or, later, from exports; the
// gateway decides over it and the prover reasons over it, so both see the same world. Two
// estates, one made from the other by a change, share all that the change left as it was.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authz/authz.h"
#include "base/bytes.h"
#include "estate/table.h"
#include "policy/policy.h"
#include "text/cidr.h"

namespace ringwall::estate {

using Tags = std::map<std::string, std::string>;

using authz::Chain;

struct Account {
  std::string id;                  // 12 digits
  std::string name;
  std::vector<std::string> path;   // r-…, ou-…, …: from the root down, without the account
  std::string org_path;            // org_path_of(its organisation, path); empty without path
  Chain scps;                      // the account's own level last; empty for the management account
  Chain rcps;
};

// A user or a role.
struct Principal {
  policy::Principal::Type type = policy::Principal::Type::user;  // user or role_session (a role)
  std::string arn, account, name, unique_id;
  Tags tags;
  authz::Policies identity;            // own inline and managed, then the groups'
  std::optional<authz::Named> boundary;
  std::optional<authz::Named> trust;   // a role's
  bool service_linked = false;
};

// Other names of a user or role: its unique id, and "111122223333/name" of a role, whose sessions'
// ARNs say no path.
struct Alias {
  std::string name, principal_arn;
};

struct AccessKey {
  std::string id;
  std::shared_ptr<const Secret> secret;
  std::string principal_arn;  // a user, or an account's root
  bool active = true;
};

struct Organization {
  std::string id;                  // o-…
  std::string management_account;
  std::string root_id;             // r-…
};

// A resource that its own policy may guard. A role's trust is with its Principal.
struct Resource {
  std::string arn, account;
  authz::ResourceKind kind = authz::ResourceKind::plain;  // plain or key
  std::optional<authz::Named> policy = {};                // none: nobody of another account
};

struct Vpc {
  std::string id, account;
  std::vector<text::Cidr> cidrs = {};
};

struct Endpoint {
  std::string id, account, vpc;
  std::string service;                      // "s3", "rds"; as action prefixes are spelt where known
  std::optional<authz::Named> policy = {};  // none: everything passes, or the type takes no policy
  bool takes_policy = true;                 // else none can be attached
  bool aws = true;                          // else it leads to someone's own service, and to no API of AWS's
};

// A policy that has an ARN of its own: an account's, or one of AWS's that is carried.
struct ManagedPolicy {
  std::string arn;
  policy::DocumentPtr document;
};

inline std::string_view key_of(const Account& account) { return account.id; }
inline std::string_view key_of(const Principal& principal) { return principal.arn; }
inline std::string_view key_of(const Alias& alias) { return alias.name; }
inline std::string_view key_of(const AccessKey& key) { return key.id; }
inline std::string_view key_of(const ManagedPolicy& policy) { return policy.arn; }
inline std::string_view key_of(const Resource& resource) { return resource.arn; }
inline std::string_view key_of(const Vpc& vpc) { return vpc.id; }
inline std::string_view key_of(const Endpoint& endpoint) { return endpoint.id; }

// Safe to read from any thread. A copy costs a few pointers; edit a copy's tables, then share it.
struct Estate {
  std::optional<Organization> organization;
  bool no_organization = false;  // known: the accounts are in none; else, without one, nobody has said
  Table<Account> accounts;
  Table<Principal> principals;
  Table<Alias> aliases;  // known to the gateway's
  Table<AccessKey> access_keys;
  Table<ManagedPolicy> managed_policies;
  // Known where the estate was made to be proved (room loaders); the gateway's knows them not.
  Table<Resource> resources;
  Table<Vpc> vpcs;
  Table<Endpoint> endpoints;

  // Null: not in the estate. What is found lives as long as the estate.
  const Account* account(std::string_view id) const { return accounts.find(id); }
  const Principal* principal(std::string_view arn) const { return principals.find(arn); }
  const Principal* principal_by_id(std::string_view unique_id) const;
  const Principal* role(std::string_view account, std::string_view name) const;
  const AccessKey* access_key(std::string_view id) const { return access_keys.find(id); }
  policy::DocumentPtr managed_policy(std::string_view arn) const;
  bool mine(std::string_view id) const { return account(id) != nullptr; }
  // "o-…/r-…/ou-…/": as aws:PrincipalOrgPaths and aws:ResourceOrgPaths have it; empty if not mine.
  const std::string& org_path(std::string_view account) const;
};

// What an Account's `org_path` is: "o-…/r-…/ou-…/", or empty when `path` is.
std::string org_path_of(const Organization& organization, const std::vector<std::string>& path);

using EstatePtr = std::shared_ptr<const Estate>;

// What temporary credentials carry beyond their role or user.
struct Session {
  std::string name;                                    // role session name
  std::vector<authz::Named> policies;                  // inline and by ARN; empty: none restricts
  Tags tags;
  std::vector<std::string> transitive_tag_keys = {};   // these tags go on into chained sessions
  std::string source_identity;
  std::int64_t issued_ms = 0, expires_ms = 0;
  // A federated user's: the user, or the account's root, in whose name it was made, and the user's
  // unique id. It may do what both that user's policies and the session's allow.
  std::string issuer_arn = {}, issuer_id = {};
};

// The identity layers, boundary, session and SCPs that apply to this caller; the account root has
// identity "allow everything". A principal that is not in the estate has no layers that allow.
// Borrows from the estate and the session; allocates nothing.
authz::Layers layers_of(const Estate& estate, const policy::Principal& principal, const Session* session);

// The global context keys that follow from caller and resource: aws:PrincipalArn, PrincipalAccount,
// PrincipalOrgID, PrincipalOrgPaths, PrincipalType, PrincipalTag/*, userid, username,
// ResourceAccount, ResourceOrgID, ResourceOrgPaths, TokenIssueTime, …
policy::Context global_context(const Estate& estate, const policy::Principal& principal,
                               const Session* session, std::string_view resource_account);

}  // namespace ringwall::estate
