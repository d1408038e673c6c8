#include "loaders/detail/identities.h"

#include "loaders/detail/names.h"
#include "loaders/detail/organization.h"

namespace ringwall::loaders::detail {
namespace {

using Type = policy::Principal::Type;

class Reader {
 public:
  Reader(const Folder& folder, Documents& documents, const Answer& answer, const std::string& account, IdentityTables& tables)
      : folder_(folder), documents_(documents), answer_(answer), account_(account), tables_(tables) {}
  void read();

 private:
  void read_policies();
  void read_principal(const Json& detail, Type type);
  void add_policies(const Json& detail, std::string_view inline_member, const std::string& owner, estate::Principal& principal);
  void add_groups(const Json& user, estate::Principal& principal);
  bool belongs_here(const Json& detail);
  Compiled managed(const std::string& arn, policy::Kind kind);

  const Folder& folder_;
  Documents& documents_;
  const Answer& answer_;
  const std::string& account_;
  IdentityTables& tables_;
  std::unordered_map<std::string, const Json*> groups_;    // by name
  std::unordered_map<std::string, const Json*> texts_;     // a managed policy's document, by ARN
  std::unordered_map<std::string, Compiled> compiled_;     // the same as identity-based policies
  bool is_strange_ = false;                                // something of another account was met
};

void Reader::read() {
  const Json& json = answer_.json();
  for (const char* member : {"UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"}) {
    if (!json[member].is_array()) {
      folder_.gap(Gap::Kind::missing, account_, answer_, json, "`" + std::string(member) + "` is missing: ask for all of them, without --filter");
    }
  }
  read_policies();
  for (const Json& group : json["GroupDetailList"].items()) groups_.emplace(group.str("GroupName"), &group);
  for (const Json& user : json["UserDetailList"].items()) read_principal(user, Type::user);
  for (const Json& role : json["RoleDetailList"].items()) read_principal(role, Type::role_session);
}

void Reader::read_policies() {
  for (const Json& policy : answer_.json()["Policies"].items()) {
    std::string arn = policy.str("Arn");
    const Json* text = nullptr;
    for (const Json& version : policy["PolicyVersionList"].items()) {
      if (version["IsDefaultVersion"].as_bool()) text = &version["Document"];
    }
    if (text == nullptr) continue;  // whoever uses it misses it
    texts_.emplace(arn, text);
    const Compiled compiled = managed(arn, policy::Kind::identity);
    if (tables_.policies.find(arn) == nullptr) tables_.policies.put({.arn = std::move(arn), .document = compiled.document});
  }
}

Compiled Reader::managed(const std::string& arn, policy::Kind kind) {
  if (kind == policy::Kind::identity) {
    if (const auto known = compiled_.find(arn); known != compiled_.end()) return known->second;
  }
  const auto text = texts_.find(arn);
  Compiled compiled = text != texts_.end() ? documents_.compile(answer_, *text->second, kind)
                                           : documents_.missing(answer_.path(), kind, "`Policies` does not have `" + arn + "`, which is attached");
  if (kind == policy::Kind::identity) compiled_.emplace(arn, compiled);
  return compiled;
}

// Files that were put into the wrong folder are told once.
bool Reader::belongs_here(const Json& detail) {
  const std::string_view owner = account_in_arn(detail.text("Arn"));
  if (owner == account_) return true;
  if (is_strange_) return false;
  is_strange_ = true;
  const bool is_placeholder = !placeholder_in(owner).empty();
  folder_.gap(is_placeholder ? Gap::Kind::placeholder : Gap::Kind::unreadable, account_, answer_, detail,
              "this is of the account `" + std::string(owner) + "`, and the folder is that of `" + account_ + "`");
  return false;
}

void Reader::read_principal(const Json& detail, Type type) {
  if (!belongs_here(detail)) return;
  if (const std::string_view strange = strange_in(detail.text("Arn")); !strange.empty()) {
    folder_.gap(Gap::Kind::unreadable, account_, answer_, detail, "`" + detail.str("Arn") + "` is no principal's ARN, for `" + std::string(strange) + "` is in it");
    return;
  }
  const bool is_user = type == Type::user;
  estate::Principal principal{.type = type,
                              .arn = detail.str("Arn"),
                              .account = account_,
                              .name = detail.str(is_user ? "UserName" : "RoleName"),
                              .unique_id = detail.str(is_user ? "UserId" : "RoleId"),
                              .tags = {},
                              .identity = {},
                              .boundary = {},
                              .trust = {},
                              .service_linked = !is_user && is_service_linked(detail.text("Path"))};
  for (const Json& tag : detail["Tags"].items()) principal.tags.insert_or_assign(tag.str("Key"), tag.str("Value"));
  add_policies(detail, is_user ? "UserPolicyList" : "RolePolicyList", (is_user ? "user/" : "role/") + principal.name, principal);
  if (is_user) add_groups(detail, principal);
  principal.identity.shrink_to_fit();
  if (const std::string boundary = detail["PermissionsBoundary"].str("PermissionsBoundaryArn"); !boundary.empty()) {
    principal.boundary = authz::Named{.name = boundary, .document = documents_.use(managed(boundary, policy::Kind::boundary), principal.arn)};
  }
  if (!is_user) {
    const Compiled trust = documents_.compile(answer_, detail["AssumeRolePolicyDocument"], policy::Kind::trust);
    principal.trust = authz::Named{.name = principal.arn, .document = documents_.use(trust, principal.arn)};
  }
  tables_.principals.put(std::move(principal));
}

void Reader::add_policies(const Json& detail, std::string_view inline_member, const std::string& owner, estate::Principal& principal) {
  for (const Json& own : detail[inline_member].items()) {
    const Compiled compiled = documents_.compile(answer_, own["PolicyDocument"], policy::Kind::identity);
    principal.identity.push_back({.name = "inline policy `" + own.str("PolicyName") + "` of " + owner, .document = documents_.use(compiled, principal.arn)});
  }
  for (const Json& attached : detail["AttachedManagedPolicies"].items()) {
    std::string arn = attached.str("PolicyArn");
    policy::DocumentPtr document = documents_.use(managed(arn, policy::Kind::identity), principal.arn);
    principal.identity.push_back({.name = std::move(arn), .document = std::move(document)});
  }
}

void Reader::add_groups(const Json& user, estate::Principal& principal) {
  for (const Json& name : user["GroupList"].items()) {
    const auto group = groups_.find(std::string(name.as_string()));
    if (group == groups_.end()) {
      folder_.gap(Gap::Kind::missing, principal.arn, answer_, name, "`GroupDetailList` does not have the group `" + std::string(name.as_string()) + "`");
      continue;
    }
    add_policies(*group->second, "GroupPolicyList", "group/" + group->first, principal);
  }
}

// The account that the first ARN of an identity names; empty: none does.
std::string owner_of(const Json& details) {
  for (const char* list : {"RoleDetailList", "UserDetailList", "GroupDetailList"}) {
    for (const Json& detail : details[list].items()) {
      const std::string_view owner = account_in_arn(detail.text("Arn"));
      if (is_account_id(owner)) return std::string(owner);
    }
  }
  return {};
}

}  // namespace

bool is_service_linked(std::string_view path) { return path.starts_with("/aws-service-role/"); }

std::string read_identities_of_file(const Folder& folder, Documents& documents, const std::string& path,
                                    const std::string& otherwise, IdentityTables& tables) {
  const AnswerPtr answer = folder.read(path, {path}, "RoleDetailList");
  if (answer == nullptr) return {};
  std::string account = owner_of(answer->json());
  if (account.empty()) account = otherwise;
  if (!account.empty()) Reader(folder, documents, *answer, account, tables).read();
  return account;
}

void read_identities(const Folder& folder, Documents& documents, const std::string& account, IdentityTables& tables) {
  const std::string path = "accounts/" + account + "/authorization-details.json";
  const AnswerPtr answer = folder.read(path, {account}, "RoleDetailList");
  if (answer != nullptr) Reader(folder, documents, *answer, account, tables).read();
}

}  // namespace ringwall::loaders::detail
