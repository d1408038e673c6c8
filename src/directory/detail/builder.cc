#include "directory/detail/builder.h"

#include <algorithm>

#include "base/check.h"
#include "directory/documents.h"
#include "directory/managed_policies.h"

namespace ringwall::directory {
namespace {

using text::Json;

bool same(const std::vector<store::Entry>& a, const std::vector<store::Entry>& b) {
  return std::ranges::equal(a, b, [](const store::Entry& x, const store::Entry& y) {
    return x.revision == y.revision && x.key == y.key;
  });
}

// What stands in for a policy that cannot be read. Of each kind it takes the elements it must have.
std::string_view deny_all(policy::Kind kind) {
  if (kind == policy::Kind::trust) {
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:*"}]})";
  }
  if (kind == policy::Kind::rcp) {
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]})";
  }
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]})";
}

estate::Tags tags_in(const Json& document) { return service::tags_of(document["Tags"]); }

// The three parts of "iam/<account>/<kind>/<name>" after the first.
struct KeyParts {
  std::string_view account, kind, name;
};
KeyParts parts_of(std::string_view key) {
  const auto word = [&key] {
    const std::size_t slash = key.find('/');
    const std::string_view head = key.substr(0, slash);
    key = slash == std::string_view::npos ? std::string_view() : key.substr(slash + 1);
    return head;
  };
  word();
  KeyParts parts;
  parts.account = word();
  parts.kind = word();
  parts.name = key;
  return parts;
}

const Json* default_version(const Json& managed) {
  for (const Json& version : managed["versions"].items()) {
    if (version.text("VersionId") == managed.text("DefaultVersionId")) return &version;
  }
  return nullptr;
}

// Puts the unique id of a principal that is gone in place of its ARN, wherever `value` names it.
void replace_in(Json& value, std::string_view arn, std::string_view unique) {
  if (value.is_string()) {
    if (value.as_string() == arn) value = Json(unique);
    return;
  }
  if (!value.is_array()) return;
  for (Json& item : value.edit_items()) replace_in(item, arn, unique);
}

void replace_principal(Json& document, std::string_view arn, std::string_view unique) {
  const auto in_statement = [&](Json& statement) {
    for (const char* element : {"Principal", "NotPrincipal"}) {
      if (statement[element].contains("AWS")) replace_in(statement.edit(element).edit("AWS"), arn, unique);
    }
  };
  Json& statements = document.edit("Statement");
  if (!statements.is_array()) return in_statement(statements);
  for (Json& statement : statements.edit_items()) in_statement(statement);
}

}  // namespace

estate::EstatePtr Builder::build() {
  if (!read_store()) return nullptr;
  compiled_before_ = std::exchange(compiled_, {});
  opened_before_ = std::exchange(opened_, {});

  auto estate = std::make_shared<estate::Estate>();
  Managed texts;
  add_organization(*estate);
  add_managed_policies(*estate, texts);
  groups_.clear();
  for (const store::Entry& entry : iam_) {
    const KeyParts parts = parts_of(entry.key);
    if (parts.kind == "group") groups_.emplace(std::string(parts.account) + '/' + entry.document->str("GroupId"), entry.document);
  }
  for (const store::Entry& entry : iam_) {
    const KeyParts parts = parts_of(entry.key);
    if (parts.kind == "user" || parts.kind == "role") add_principal(*estate, texts, parts.account, parts.kind, *entry.document);
  }
  // Beyond this point every principal is known, so that trust policies can be bound to them.
  for (const store::Entry& entry : iam_) {
    if (parts_of(entry.key).kind != "role") continue;
    const auto role = estate->principals.find(entry.document->str("Arn"));
    role->second.trust = {.name = role->first, .document = compiled(trust_text(*estate, *entry.document), policy::Kind::trust, "trust policy of " + role->first)};
  }
  add_access_keys(*estate);
  compiled_before_.clear();
  opened_before_.clear();
  return estate;
}

bool Builder::read_store() {
  Entries iam = environment_.store.list("iam/");
  Entries keys = environment_.store.list("iam-key/");
  Entries org = environment_.store.list("org/");
  if (built_ && same(iam, iam_) && same(keys, keys_) && same(org, org_)) return false;
  built_ = true;
  iam_ = std::move(iam);
  keys_ = std::move(keys);
  org_ = std::move(org);
  documents_.clear();
  for (const store::Entry& entry : org_) documents_.emplace(entry.key, entry.document);
  return true;
}

policy::DocumentPtr Builder::compiled(const std::string& text, policy::Kind kind, std::string_view name) {
  const auto key = std::pair(kind, text);
  if (const auto found = compiled_.find(key); found != compiled_.end()) return found->second;
  if (const auto found = compiled_before_.find(key); found != compiled_before_.end()) {
    return compiled_.emplace(found->first, found->second).first->second;
  }
  Result<policy::DocumentPtr> document = policy::compile(text, kind);
  if (!document) {
    if (report_) report_("a stored policy denies everything, because it cannot be used: " + std::string(name) + ": " + document.error().message);
    document = policy::compile(deny_all(kind), kind);
    RW_CHECK(document.has_value());
  }
  compiled_.emplace(key, *document);
  return *document;
}

void Builder::add_organization(estate::Estate& estate) {
  const auto organization = documents_.find("org/organization");
  if (organization == documents_.end()) return;
  const Json& document = *organization->second;
  estate.organization = {.id = document.str("Id"), .management_account = document.str("MasterAccountId"), .root_id = document.str("root")};

  for (const auto& [key, account_document] : documents_) {
    if (!key.starts_with("org/account/")) continue;
    estate::Account account{.id = account_document->str("Id"), .name = account_document->str("Name"), .path = {}, .scps = {}, .rcps = {}};
    std::string parent = account_document->str("parent");
    // Units cannot contain themselves; a damaged store must not make this loop.
    for (std::size_t depth = 0; !parent.empty() && depth < documents_.size(); ++depth) {
      account.path.insert(account.path.begin(), parent);
      const auto unit = documents_.find("org/ou/" + parent);
      parent = unit == documents_.end() ? std::string() : unit->second->str("parent");
    }
    if (account.id != estate.organization->management_account) {
      account.scps = levels_of(account, scp_type);
      account.rcps = levels_of(account, rcp_type);
    }
    estate.accounts.emplace(account.id, std::move(account));
  }
}

std::vector<authz::Level> Builder::levels_of(const estate::Account& account, std::string_view type) {
  const auto root = account.path.empty() ? documents_.end() : documents_.find("org/root/" + account.path.front());
  // An account whose way up does not end at a root is damage: one empty level, which denies.
  if (root == documents_.end()) return {authz::Level{.target = account.id, .policies = {}}};
  if (!is_enabled(*root->second, type)) return {};

  const policy::Kind kind = type == scp_type ? policy::Kind::scp : policy::Kind::rcp;
  std::vector<std::string> targets = account.path;
  targets.push_back(account.id);
  std::vector<authz::Level> levels;
  for (const std::string& target : targets) {
    authz::Level level{.target = target, .policies = {}};
    const std::string prefix = attachment_key(target, "");
    for (auto entry = std::ranges::lower_bound(org_, prefix, {}, &store::Entry::key); entry != org_.end() && entry->key.starts_with(prefix); ++entry) {
      const auto found = documents_.find("org/policy/" + entry->key.substr(prefix.size()));
      if (found == documents_.end()) continue;
      const Json& summary = (*found->second)["PolicySummary"];
      if (summary.text("Type") != type) continue;
      level.policies.push_back({.name = summary.str("Arn"), .document = compiled(found->second->str("Content"), kind, summary.text("Arn"))});
    }
    levels.push_back(std::move(level));
  }
  return levels;
}

void Builder::add_managed_policies(estate::Estate& estate, Managed& texts) {
  const auto add = [&](const std::string& arn, const std::string& document) {
    texts.emplace(arn, document);
    estate.managed_policies.emplace(arn, compiled(document, policy::Kind::identity, arn));
  };
  for (const ManagedPolicy& policy : managed_policies()) add(std::string(policy.arn), std::string(policy.text));
  for (const store::Entry& entry : iam_) {
    if (parts_of(entry.key).kind != "policy") continue;
    const Json* version = default_version(*entry.document);
    add(entry.document->str("Arn"), version == nullptr ? std::string() : version->str("Document"));
  }
}

std::vector<authz::Named> Builder::policies_of(const estate::Estate& estate, const Json& document, std::string_view owner) {
  std::vector<authz::Named> policies;
  for (const Json& own : document["inline"].items()) {
    std::string name = "inline policy `" + own.str("PolicyName") + "` of " + std::string(owner);
    policy::DocumentPtr compiled_document = compiled(own.str("PolicyDocument"), policy::Kind::identity, name);
    policies.push_back({.name = std::move(name), .document = std::move(compiled_document)});
  }
  for (const Json& arn : document["attached"].items()) {
    const auto found = estate.managed_policies.find(std::string(arn.as_string()));
    // A policy in use cannot be deleted; should one be gone nevertheless, its denies must not be.
    policy::DocumentPtr attached = found != estate.managed_policies.end() ? found->second : compiled("", policy::Kind::identity, arn.as_string());
    policies.push_back({.name = std::string(arn.as_string()), .document = std::move(attached)});
  }
  return policies;
}

std::optional<authz::Named> Builder::boundary_of(const Managed& texts, const Json& document) {
  const std::string arn = document["PermissionsBoundary"].str("PermissionsBoundaryArn");
  if (arn.empty()) return std::nullopt;
  const auto text = texts.find(arn);
  return authz::Named{.name = arn, .document = compiled(text == texts.end() ? std::string() : text->second, policy::Kind::boundary, arn)};
}

void Builder::add_principal(estate::Estate& estate, const Managed& texts, std::string_view account, std::string_view kind, const Json& document) {
  const bool is_user = kind == "user";
  estate::Principal principal;
  principal.type = is_user ? policy::Principal::Type::user : policy::Principal::Type::role_session;
  principal.arn = document.str("Arn");
  principal.account = std::string(account);
  principal.name = document.str(is_user ? "UserName" : "RoleName");
  principal.unique_id = document.str(is_user ? "UserId" : "RoleId");
  principal.tags = tags_in(document);
  principal.identity = policies_of(estate, document, std::string(kind) + '/' + principal.name);
  principal.boundary = boundary_of(texts, document);
  principal.service_linked = document["service_linked"].as_bool();
  for (const Json& id : document["groups"].items()) {
    const auto group = groups_.find(std::string(account) + '/' + std::string(id.as_string()));
    if (group == groups_.end()) continue;
    std::vector<authz::Named> inherited = policies_of(estate, *group->second, "group/" + group->second->str("GroupName"));
    std::ranges::move(inherited, std::back_inserter(principal.identity));
  }
  std::string arn = principal.arn;
  estate.principals.emplace(std::move(arn), std::move(principal));
}

std::string Builder::trust_text(const estate::Estate& estate, const Json& role) const {
  std::string text = role.str("AssumeRolePolicyDocument");
  // A principal that was deleted, or deleted and made again, is no longer the one that was
  // trusted: its unique id takes the place of its ARN, and matches nobody.
  std::vector<const Json::Member*> gone;
  for (const Json::Member& pinned : role["pinned"].members()) {
    const estate::Principal* principal = estate.principal(pinned.key);
    if (principal == nullptr || principal->unique_id != pinned.value.as_string()) gone.push_back(&pinned);
  }
  if (gone.empty()) return text;
  Result<Json> document = text::parse_json(text);
  if (!document) return text;  // it will not compile either, and denies
  for (const Json::Member* pinned : gone) replace_principal(*document, pinned->key, pinned->value.as_string());
  return document->dump();
}

void Builder::add_access_keys(estate::Estate& estate) {
  for (const store::Entry& entry : keys_) {
    const Json& document = *entry.document;
    const std::string id = entry.key.substr(std::string_view("iam-key/").size());
    const auto user = std::ranges::lower_bound(iam_, iam_key(document.text("account"), "user", document.text("UserName")), {}, &store::Entry::key);
    if (user == iam_.end() || user->document->text("UserId") != document.text("user_id")) continue;

    const std::string sealed = id + ' ' + document.str("sealed");
    std::shared_ptr<const Secret> secret;
    if (const auto before = opened_before_.find(sealed); before != opened_before_.end()) {
      secret = before->second;
    } else {
      Result<Secret> opened = open_access_key(environment_.root_key.reveal(), id, document);
      if (!opened) {
        if (report_) report_("an access key cannot be used: " + opened.error().message);
        continue;
      }
      secret = std::make_shared<const Secret>(std::move(*opened));  // shared by every snapshot that knows the key
    }
    opened_.emplace(sealed, secret);
    estate.access_keys.emplace(id, estate::AccessKey{.id = id, .secret = std::move(secret), .principal_arn = user->document->str("Arn"), .active = document.text("Status") == "Active"});
  }
}

}  // namespace ringwall::directory
