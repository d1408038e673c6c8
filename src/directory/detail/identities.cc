#include "directory/detail/identities.h"

#include <algorithm>

#include "directory/documents.h"
#include "directory/managed_policies.h"

namespace ringwall::directory {
namespace {

bool is_access_key(std::string_view key) { return key.starts_with(access_keys_prefix); }
bool is_principal(std::string_view kind) { return kind == "user" || kind == "role"; }

std::string group_name(std::string_view account, std::string_view id) { return std::string(account) + '/' + std::string(id); }

std::string_view unique_id_in(std::string_view kind, const Json& document) { return document.text(kind == "user" ? "UserId" : "RoleId"); }

const Json* default_version(const Json& managed) {
  for (const Json& version : managed["versions"].items()) {
    if (version.text("VersionId") == managed.text("DefaultVersionId")) return &version;
  }
  return nullptr;
}

std::vector<std::string> aliases_of(const estate::Principal& principal) {
  std::vector<std::string> names{principal.unique_id};
  if (principal.type == policy::Principal::Type::role_session) names.push_back(principal.account + '/' + principal.name);
  return names;
}

}  // namespace

const Json* IdentityBuilder::document(std::string_view key) const {
  const auto found = documents_.find(key);
  return found == documents_.end() ? nullptr : found->second.get();
}

void IdentityBuilder::apply(const store::Change& change) {
  auto at = documents_.find(change.key);
  if (at == documents_.end()) {
    if (change.document == nullptr) return;
    at = documents_.emplace(change.key, nullptr).first;
  }
  // A document that is not there reads as null, which has no members and links to nothing.
  static const Json absent;
  const Document before = std::exchange(at->second, change.document);
  const Json& was = before != nullptr ? *before : absent;
  const Json& is = change.document != nullptr ? *change.document : absent;
  unlink(at->first, was);
  mark(at->first, was, is);
  link(at->first, is);
  if (change.document == nullptr) documents_.erase(at);
}

// Everything that a document says it uses, as (index, what is used).
template <typename Visit>
void IdentityBuilder::for_each_link(std::string_view key, const Json& document, Visit&& visit) {
  if (document.is_null()) return;
  if (is_access_key(key)) {
    const AccessKey access_key = tables::access_keys.decode(key, document);
    return visit(keys_, tables::users.key(access_key.account, access_key.user_name));
  }
  const KeyParts parts = parts_of(key);
  if (parts.kind == "policy") return visit(policies_, document.text("Arn"));
  if (parts.kind == "group") visit(groups_, group_name(parts.account, document.text("GroupId")));
  for (const Json& arn : document["attached"].items()) visit(policy_uses_, arn.as_string());
  if (!is_principal(parts.kind)) return;
  if (const Json& boundary = document["PermissionsBoundary"]; boundary.is_object()) visit(policy_uses_, boundary.text("PermissionsBoundaryArn"));
  for (const Json& id : document["groups"].items()) visit(members_, group_name(parts.account, id.as_string()));
}

void IdentityBuilder::link(std::string_view key, const Json& document) {
  for_each_link(key, document, [key](Uses& uses, std::string_view used) { uses.add(used, key); });
}
void IdentityBuilder::unlink(std::string_view key, const Json& document) {
  for_each_link(key, document, [key](Uses& uses, std::string_view used) { uses.remove(used, key); });
}

// Marks what a change reaches. Whoever comes to use it within the same commit is itself changed,
// so it does not matter in which order the changes of a commit are applied.
void IdentityBuilder::mark(std::string_view key, const Json& before, const Json& after) {
  if (is_access_key(key)) {
    key_marks_.changed.emplace(key);
    return;
  }
  const KeyParts parts = parts_of(key);
  if (parts.kind == "policy") {
    mark_policy(key, before, after);
  } else if (parts.kind == "group") {
    mark_members(parts.account, before);
    mark_members(parts.account, after);
  } else if (is_principal(parts.kind)) {
    mark_principal(key, before, after);
  }
}

void IdentityBuilder::mark_policy(std::string_view key, const Json& before, const Json& after) {
  policy_marks_.changed.emplace(key);
  if (!before.is_null()) policy_marks_.gone.insert(before.str("Arn"));
  const auto mark_user = [&](std::string_view user) {
    const KeyParts parts = parts_of(user);
    if (parts.kind == "group") {
      if (const Json* group = document(user)) mark_members(parts.account, *group);
    } else {
      principal_marks_.changed.emplace(user);
    }
  };
  for (const Json* state : {&before, &after}) {
    if (!state->is_null()) policy_uses_.for_each(state->text("Arn"), mark_user);
  }
}

void IdentityBuilder::mark_members(std::string_view account, const Json& group) {
  if (group.is_null()) return;
  members_.for_each(group_name(account, group.text("GroupId")), [&](std::string_view member) { principal_marks_.changed.emplace(member); });
}

void IdentityBuilder::mark_principal(std::string_view key, const Json& before, const Json& after) {
  principal_marks_.changed.emplace(key);
  const std::string_view kind = parts_of(key).kind;
  const bool is_same = !before.is_null() && !after.is_null() && before.text("Arn") == after.text("Arn") &&
                       unique_id_in(kind, before) == unique_id_in(kind, after);
  if (is_same) return;
  if (!before.is_null()) principal_marks_.gone.insert(before.str("Arn"));
  keys_.for_each(key, [&](std::string_view access_key) { key_marks_.changed.emplace(access_key); });
}

void IdentityBuilder::update(estate::Estate& estate) {
  if (estate.managed_policies.size() == 0) add_carried_policies(estate);
  update_policies(estate);
  // Beyond this point every managed policy is as stored.
  update_principals(estate);
  update_access_keys(estate);
}

void IdentityBuilder::add_carried_policies(estate::Estate& estate) {
  Policies policies(estate.managed_policies);
  for (const ManagedPolicy& policy : managed_policies()) {
    policies.put({.arn = std::string(policy.arn), .document = compiled_.of(policy.text, policy::Kind::identity, policy.arn)});
  }
  estate.managed_policies = std::move(policies).finish();
}

void IdentityBuilder::update_policies(estate::Estate& estate) {
  const Marks marks = std::exchange(policy_marks_, {});
  Policies policies(estate.managed_policies);
  for (const std::string& arn : marks.gone) policies.erase(arn);
  for (const std::string& key : marks.changed) {
    const Json* policy = document(key);
    if (policy == nullptr) continue;
    std::string arn = policy->str("Arn");
    policy::DocumentPtr compiled = compiled_.of(policy_text(arn), policy::Kind::identity, arn);
    policies.put({.arn = std::move(arn), .document = std::move(compiled)});
  }
  estate.managed_policies = std::move(policies).finish();
}

void IdentityBuilder::update_principals(estate::Estate& estate) {
  const Marks marks = std::exchange(principal_marks_, {});
  Principals principals(estate.principals);
  for (const std::string& arn : marks.gone) principals.erase(arn);
  estate::Table<estate::Alias>::Editor aliases(estate.aliases);
  // A namesake that is put in the same update comes after, and so keeps its own.
  for (const std::string& arn : marks.gone) {
    const estate::Principal* gone = estate.principal(arn);
    if (gone == nullptr) continue;
    for (const std::string& name : aliases_of(*gone)) aliases.erase(name);
  }
  for (const std::string& key : marks.changed) {
    const Json* stored = document(key);
    if (stored == nullptr) continue;
    estate::Principal principal = principal_of(estate, key, *stored);
    for (std::string& name : aliases_of(principal)) {
      const estate::Alias* known = aliases.find(name);
      if (known == nullptr || known->principal_arn != principal.arn) aliases.put({std::move(name), principal.arn});
    }
    principals.put(std::move(principal));
  }
  estate.principals = std::move(principals).finish();
  estate.aliases = std::move(aliases).finish();
}

estate::Principal IdentityBuilder::principal_of(const estate::Estate& estate, std::string_view key, const Json& stored) {
  const KeyParts parts = parts_of(key);
  const bool is_user = parts.kind == "user";
  estate::Principal principal;
  principal.type = is_user ? policy::Principal::Type::user : policy::Principal::Type::role_session;
  principal.arn = stored.str("Arn");
  principal.account = std::string(parts.account);
  principal.name = stored.str(is_user ? "UserName" : "RoleName");
  principal.unique_id = unique_id_in(parts.kind, stored);
  principal.tags = service::tags_of(stored["Tags"]);
  principal.boundary = boundary_of(stored);
  if (!is_user) {
    principal.trust = authz::Named{.name = principal.arn,
                                   .document = compiled_.of(service::bound_text(stored["trust"]), policy::Kind::trust, "trust policy of " + principal.arn)};
  }
  principal.service_linked = stored["service_linked"].as_bool();
  std::vector<authz::Named> identity;
  add_policies(estate, stored, std::string(parts.kind) + '/' + principal.name, identity);
  for (const Json& id : stored["groups"].items()) {
    groups_.for_each(group_name(parts.account, id.as_string()), [&](std::string_view group_key) {
      const Json& group = *document(group_key);
      add_policies(estate, group, "group/" + group.str("GroupName"), identity);
    });
  }
  identity.shrink_to_fit();
  principal.identity = {std::move(identity), indexes_};
  return principal;
}

void IdentityBuilder::add_policies(const estate::Estate& estate, const Json& stored, const std::string& owner, std::vector<authz::Named>& policies) {
  for (const Json& own : stored["inline"].items()) {
    std::string name = "inline policy `" + own.str("PolicyName") + "` of " + owner;
    policy::DocumentPtr document = compiled_.of(own.text("PolicyDocument"), policy::Kind::identity, name);
    policies.push_back({.name = std::move(name), .document = std::move(document)});
  }
  for (const Json& attached : stored["attached"].items()) {
    const std::string_view arn = attached.as_string();
    policy::DocumentPtr document = estate.managed_policy(arn);
    // A policy in use cannot be deleted; should one be gone nevertheless, its denies must not be.
    if (document == nullptr) document = compiled_.of({}, policy::Kind::identity, arn);
    policies.push_back({.name = std::string(arn), .document = std::move(document)});
  }
}

// The text of its default version; empty, which does not compile, if there is none.
std::string_view IdentityBuilder::policy_text(std::string_view arn) const {
  if (const ManagedPolicy* carried = managed_policy(arn)) return carried->text;
  std::string_view text;
  policies_.for_each(arn, [&](std::string_view key) {
    if (const Json* version = default_version(*document(key))) text = version->text("Document");
  });
  return text;
}

std::optional<authz::Named> IdentityBuilder::boundary_of(const Json& stored) {
  const std::string arn = stored["PermissionsBoundary"].str("PermissionsBoundaryArn");
  if (arn.empty()) return std::nullopt;
  return authz::Named{.name = arn, .document = compiled_.of(policy_text(arn), policy::Kind::boundary, arn)};
}

void IdentityBuilder::update_access_keys(estate::Estate& estate) {
  const Marks marks = std::exchange(key_marks_, {});
  estate::Table<estate::AccessKey>::Editor keys(estate.access_keys);
  for (const std::string& key : marks.changed) {
    keys.erase(std::string_view(key).substr(access_keys_prefix.size()));
    put_access_key(keys, key);
  }
  estate.access_keys = std::move(keys).finish();
}

void IdentityBuilder::put_access_key(estate::Table<estate::AccessKey>::Editor& keys, const std::string& key) {
  const Json* found = document(key);
  if (found == nullptr) {
    unusable_keys_.erase(key);
    return;
  }
  const AccessKey stored = tables::access_keys.decode(key, *found);
  const Json* user = document(tables::users.key(stored.account, stored.user_name));
  if (user == nullptr || user->text("UserId") != stored.user_id) return;

  const std::string id = key.substr(access_keys_prefix.size());
  Result<Secret> opened = open_access_key(environment_.root_key.reveal(), id, stored);
  if (!opened) {
    const auto [reported, is_new] = unusable_keys_.try_emplace(key, stored.sealed);
    if (!is_new && reported->second == stored.sealed) return;
    reported->second = stored.sealed;
    if (report_) report_("an access key cannot be used: " + opened.error().message);
    return;
  }
  // Shared by every snapshot that knows the key.
  auto secret = std::make_shared<const Secret>(*std::move(opened));
  keys.put({.id = id, .secret = std::move(secret), .principal_arn = user->str("Arn"), .active = stored.status == AccessKeyStatus::active});
}

}  // namespace ringwall::directory
