#pragma once
// For tests: an estate in words, and the plain twin of the builders, which derives the same words
// from the stored documents, whole, with no index and nothing kept from one time to the next.

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "directory/documents.h"
#include "directory/managed_policies.h"
#include "estate/estate.h"
#include "store/store.h"

namespace ringwall::directory::testing {

using Words = std::map<std::string, std::string>;  // what it is -> everything about it

inline std::string described(const authz::Named& named) { return named.name + "=" + named.document->source() + "[" + std::string(policy::name_of(named.document->kind())) + "] "; }

inline std::string described(const estate::Chain& levels) {
  std::string words;
  for (const authz::Level& level : levels) {
    words += level.target + "{";
    for (const authz::Named& policy : level.policies) words += described(policy);
    words += "}";
  }
  return words;
}

inline std::string described(const estate::Tags& tags) {
  std::string words;
  for (const auto& [key, value] : tags) words += key + ":" + value + " ";
  return words;
}

inline Words described(const estate::Estate& estate) {
  Words words;
  if (estate.organization) {
    words["organization"] = estate.organization->id + " " + estate.organization->management_account + " " + estate.organization->root_id;
  }
  estate.accounts.for_each([&](const estate::Account& account) {
    std::string path;
    for (const std::string& part : account.path) path += part + "/";
    words["account " + account.id] = account.name + " " + path + " " + account.org_path + " scps " + described(account.scps) + " rcps " + described(account.rcps);
  });
  estate.principals.for_each([&](const estate::Principal& principal) {
    std::string& about = words["principal " + principal.arn];
    about = std::string(principal.type == policy::Principal::Type::user ? "user " : "role ") + principal.account + " " + principal.name + " " + principal.unique_id +
            (principal.service_linked ? " linked" : "") + " tags " + described(principal.tags) + "identity ";
    for (const authz::Named& policy : principal.identity) about += described(policy);
    if (principal.boundary) about += "boundary " + described(*principal.boundary);
    if (principal.trust) about += "trust " + described(*principal.trust);
  });
  estate.aliases.for_each([&](const estate::Alias& alias) { words["alias " + alias.name] = alias.principal_arn; });
  estate.access_keys.for_each([&](const estate::AccessKey& key) {
    words["key " + key.id] = key.principal_arn + (key.active ? " active " : " inactive ") + std::string(key.secret->reveal_text());
  });
  estate.managed_policies.for_each([&](const estate::ManagedPolicy& policy) { words["policy " + policy.arn] = described({policy.arn, policy.document}); });
  return words;
}

class PlainTwin {
 public:
  explicit PlainTwin(const service::Environment& environment) : environment_(environment) {}

  Words words() {
    documents_.clear();
    words_.clear();
    managed_.clear();
    for (const store::Entry& entry : environment_.store.list("")) {
      documents_[entry.key] = *entry.document;
      const std::vector<std::string> parts = split(entry.key);
      const std::string arn = entry.document->str("Arn");
      if (parts[0] == "iam" && parts[2] == "policy") managed_[arn] = default_text(*entry.document);
    }
    for (const ManagedPolicy& policy : managed_policies()) add_policy(std::string(policy.arn));
    for (const auto& [key, document] : documents_) {
      const std::vector<std::string> parts = split(key);
      if (parts[0] == "iam" && parts[2] == "policy") add_policy(document.str("Arn"));
      if (parts[0] == "iam" && (parts[2] == "user" || parts[2] == "role")) add_principal(parts[1], parts[2], document);
      if (parts[0] == "iam-key") add_key(parts[1], tables::access_keys.decode(key, document));
      if (parts[0] == "org" && parts[1] == "account" && documents_.contains("org/organization")) add_account(document);
    }
    if (const auto at = documents_.find("org/organization"); at != documents_.end()) {
      words_["organization"] = at->second.str("Id") + " " + at->second.str("MasterAccountId") + " " + at->second.str("root");
    }
    return words_;
  }

 private:
  static std::vector<std::string> split(const std::string& key) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= key.size();) {
      const std::size_t slash = std::min(key.find('/', at), key.size());
      parts.push_back(key.substr(at, slash - at));
      at = slash + 1;
    }
    return parts;
  }

  // As the compiled document describes itself.
  std::string policy_words(const std::string& name, const std::string& text, policy::Kind kind) {
    const auto [at, is_new] = usable_.try_emplace({kind, text}, false);
    if (is_new) at->second = policy::compile(text, kind).has_value();
    std::string shown = text;
    if (!at->second) {
      shown = kind == policy::Kind::trust ? R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:*"}]})"
              : kind == policy::Kind::rcp ? R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]})"
                                          : R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]})";
    }
    return name + "=" + shown + "[" + std::string(policy::name_of(kind)) + "] ";
  }

  static std::string default_text(const Json& managed) {
    for (const Json& version : managed["versions"].items()) {
      if (version.text("VersionId") == managed.text("DefaultVersionId")) return version.str("Document");
    }
    return {};
  }

  std::string managed_text(const std::string& arn) const {
    if (const ManagedPolicy* carried = managed_policy(arn)) return std::string(carried->text);
    const auto found = managed_.find(arn);
    return found == managed_.end() ? std::string() : found->second;
  }

  void add_policy(const std::string& arn) { words_["policy " + arn] = policy_words(arn, managed_text(arn), policy::Kind::identity); }

  std::string policies_of(const Json& owner, const std::string& title) {
    std::string words;
    for (const Json& own : owner["inline"].items()) {
      words += policy_words("inline policy `" + own.str("PolicyName") + "` of " + title, own.str("PolicyDocument"), policy::Kind::identity);
    }
    for (const Json& arn : owner["attached"].items()) {
      words += policy_words(std::string(arn.as_string()), managed_text(std::string(arn.as_string())), policy::Kind::identity);
    }
    return words;
  }

  void add_principal(const std::string& account, const std::string& kind, const Json& document) {
    const bool is_user = kind == "user";
    const std::string name = document.str(is_user ? "UserName" : "RoleName");
    std::string about = kind + " " + account + " " + name + " " + document.str(is_user ? "UserId" : "RoleId") +
                        (document["service_linked"].as_bool() ? " linked" : "") + " tags " + described(service::tags_of(document["Tags"])) + "identity " +
                        policies_of(document, kind + "/" + name);
    for (const Json& id : document["groups"].items()) {
      for (const auto& [key, group] : documents_) {
        if (key.starts_with(iam_prefix(account, "group")) && group.text("GroupId") == id.as_string()) about += policies_of(group, "group/" + group.str("GroupName"));
      }
    }
    const std::string boundary = document["PermissionsBoundary"].str("PermissionsBoundaryArn");
    if (!boundary.empty()) about += "boundary " + policy_words(boundary, managed_text(boundary), policy::Kind::boundary);
    if (!is_user) about += "trust " + policy_words(document.str("Arn"), std::string(service::bound_text(document["trust"])), policy::Kind::trust);
    words_["principal " + document.str("Arn")] = about;
    words_["alias " + document.str(is_user ? "UserId" : "RoleId")] = document.str("Arn");
    if (!is_user) words_["alias " + account + "/" + name] = document.str("Arn");
  }

  void add_key(const std::string& id, const AccessKey& stored) {
    const auto user = documents_.find(iam_key(stored.account, "user", stored.user_name));
    if (user == documents_.end() || user->second.text("UserId") != stored.user_id) return;
    const Result<Secret> secret = open_access_key(environment_.root_key.reveal(), id, stored);
    if (!secret) return;
    words_["key " + id] = user->second.str("Arn") + (stored.status == AccessKeyStatus::active ? " active " : " inactive ") + std::string(secret->reveal_text());
  }

  void add_account(const Json& document) {
    const Json& organization = documents_.at("org/organization");
    std::vector<std::string> targets;  // from the root down
    for (std::string parent = document.str("parent"); !parent.empty() && std::ranges::find(targets, parent) == targets.end();) {
      targets.insert(targets.begin(), parent);
      const auto unit = documents_.find("org/ou/" + parent);
      parent = unit == documents_.end() ? std::string() : unit->second.str("parent");
    }
    std::string path;
    for (const std::string& target : targets) path += target + "/";
    std::string scps, rcps;
    if (document.text("Id") != organization.text("MasterAccountId")) {
      scps = levels(targets, document.str("Id"), scp_type);
      rcps = levels(targets, document.str("Id"), rcp_type);
    }
    words_["account " + document.str("Id")] = document.str("Name") + " " + path + " " + (path.empty() ? "" : organization.str("Id") + "/" + path) + " scps " + scps + " rcps " + rcps;
  }

  std::string levels(std::vector<std::string> targets, const std::string& account, std::string_view type) {
    const auto root = targets.empty() ? documents_.end() : documents_.find("org/root/" + targets.front());
    if (root == documents_.end()) return account + "{}";
    const auto is_it = [&](const Json& each) { return each.text("Type") == type && each.text("Status") == "ENABLED"; };
    if (std::ranges::none_of(root->second["PolicyTypes"].items(), is_it)) return {};
    targets.push_back(account);
    std::string words;
    for (const std::string& target : targets) {
      words += target + "{";
      for (const auto& [key, attachment] : documents_) {
        if (!key.starts_with(tables::attachments.prefix(target))) continue;
        const auto policy = documents_.find("org/policy/" + key.substr(tables::attachments.prefix(target).size()));
        if (policy == documents_.end() || policy->second["PolicySummary"].text("Type") != type) continue;
        words += policy_words(policy->second["PolicySummary"].str("Arn"), policy->second.str("Content"), type == scp_type ? policy::Kind::scp : policy::Kind::rcp);
      }
      words += "}";
    }
    return words;
  }

  const service::Environment& environment_;
  std::map<std::string, Json> documents_;
  std::map<std::string, std::string> managed_;     // ARN -> text
  std::map<std::pair<policy::Kind, std::string>, bool> usable_;  // of a text, which never changes
  Words words_;
};

}  // namespace ringwall::directory::testing
