#pragma once
// The stored users, groups, roles, managed policies and access keys as parts of an Estate. Not
// thread-safe.
//
// A change marks what it reaches, and only that is made again: a policy reaches the principals
// that have it, themselves or by a group; a group its members; a principal that comes, goes or
// becomes another its access keys.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "directory/detail/compiled.h"
#include "directory/detail/stored.h"

namespace ringwall::directory {

class IdentityBuilder {
 public:
  IdentityBuilder(const service::Environment& environment, CompiledPolicies& compiled, authz::Indexes& indexes, const Report& report)
      : environment_(environment), compiled_(compiled), indexes_(indexes), report_(report) {}

  // Takes a change of a key under "iam/" or "iam-key/".
  void apply(const store::Change& change);
  // Brings `estate`, which is as the last call left it, up to what was applied since.
  void update(estate::Estate& estate);

  const Documents& documents() const { return documents_; }  // as applied

 private:
  using Principals = estate::Table<estate::Principal>::Editor;
  using Policies = estate::Table<estate::ManagedPolicy>::Editor;
  struct Marks {
    std::set<std::string> changed;  // keys of documents to make again
    std::set<std::string> gone;     // ARNs or ids to take out first
  };

  void link(std::string_view key, const text::Json& document);
  void unlink(std::string_view key, const text::Json& document);
  template <typename Visit>
  void for_each_link(std::string_view key, const text::Json& document, Visit&& visit);

  void mark(std::string_view key, const text::Json& before, const text::Json& after);
  void mark_policy(std::string_view key, const text::Json& before, const text::Json& after);
  void mark_principal(std::string_view key, const text::Json& before, const text::Json& after);
  void mark_members(std::string_view account, const text::Json& group);

  void add_carried_policies(estate::Estate& estate);
  void update_policies(estate::Estate& estate);
  void update_principals(estate::Estate& estate);
  void update_access_keys(estate::Estate& estate);

  estate::Principal principal_of(const estate::Estate& estate, std::string_view key, const text::Json& document);
  void add_policies(const estate::Estate& estate, const text::Json& document, const std::string& owner, std::vector<authz::Named>& policies);
  std::optional<authz::Named> boundary_of(const text::Json& document);
  std::string_view policy_text(std::string_view arn) const;
  void put_access_key(estate::Table<estate::AccessKey>::Editor& keys, const std::string& key);
  const text::Json* document(std::string_view key) const;

  const service::Environment& environment_;
  CompiledPolicies& compiled_;
  authz::Indexes& indexes_;
  const Report& report_;
  Documents documents_;
  Uses policies_;     // a managed policy's ARN -> its own key
  Uses policy_uses_;  // a managed policy's ARN -> keys of the users, groups and roles that have it
  Uses groups_;       // "<account>/<group's id>" -> the group's own key
  Uses members_;      // "<account>/<group's id>" -> keys of its users
  Uses keys_;         // a user's key -> keys of its access keys

  // What `update` still has to do.
  Marks policy_marks_, principal_marks_, key_marks_;
  std::map<std::string, std::string, std::less<>> unusable_keys_;  // key -> what could not be opened: reported once
};

}  // namespace ringwall::directory
