#include "directory/detail/organization.h"

#include <algorithm>

#include "directory/documents.h"

namespace ringwall::directory {
namespace {

constexpr std::string_view organization_key = "org/organization";
constexpr std::string_view account_prefix = "org/account/";

// The last two parts of "org/attachment/<target>/<policy>".
struct Attachment {
  std::string target, policy;
};
Attachment attachment_in(std::string_view key) {
  const KeyParts parts = parts_of(key);
  return {std::string(parts.kind), std::string(parts.name)};
}

std::string level_key(std::string_view target, std::string_view type) {
  return std::string(type) + '/' + std::string(target);
}

}  // namespace

const Json* OrganizationBuilder::document(std::string_view key) const {
  const auto found = documents_.find(key);
  return found == documents_.end() ? nullptr : found->second.get();
}

void OrganizationBuilder::apply(const store::Change& change) {
  auto at = documents_.find(change.key);
  if (at == documents_.end()) {
    if (change.document == nullptr) return;
    at = documents_.emplace(change.key, nullptr).first;
  }
  const Document before = std::exchange(at->second, change.document);
  const bool is_attachment = change.key.starts_with("org/attachment/");
  if (is_attachment) attachments_.add(attachment_in(at->first).policy, at->first);
  note(at->first, before);
  if (change.document != nullptr) return;
  if (is_attachment) attachments_.remove(attachment_in(at->first).policy, at->first);
  documents_.erase(at);
}

// What a change touches: the accounts below (and at) what it names.
void OrganizationBuilder::note(std::string_view key, const Document& before) {
  const auto [kind, name, rest] = parts_of(key);
  changed_ = true;
  if (key == organization_key) {
    whole_ = true;
  } else if (kind == "root" || kind == "ou" || kind == "account") {
    forget_levels(std::string(name));
    if (kind == "account" && before != nullptr) departed_.insert(before->str("Id"));
  } else if (kind == "attachment") {
    forget_levels(std::string(name));
  } else if (kind == "policy") {
    attachments_.for_each(name, [&](std::string_view attachment) { forget_levels(attachment_in(attachment).target); });
  }
}

void OrganizationBuilder::forget_levels(const std::string& target) {
  for (const std::string_view type : {scp_type, rcp_type}) levels_.erase(level_key(target, type));
  touched_.insert(target);
}

void OrganizationBuilder::update(estate::Estate& estate) {
  if (!std::exchange(changed_, false)) return;
  const bool whole = std::exchange(whole_, false);
  const Json* organization = document(organization_key);
  if (organization == nullptr) {
    estate.organization.reset();
    estate.accounts = {};
  } else {
    estate.organization = {.id = organization->str("Id"), .management_account = organization->str("MasterAccountId"), .root_id = organization->str("root")};
    Accounts accounts(estate.accounts);
    for (const std::string& id : departed_) accounts.erase(id);
    for (auto at = documents_.lower_bound(account_prefix); at != documents_.end() && at->first.starts_with(account_prefix); ++at) {
      const estate::Account* before = accounts.find(at->second->text("Id"));
      if (whole || before == nullptr || is_touched(*before)) accounts.put(account_of(*estate.organization, *at->second));
    }
    estate.accounts = std::move(accounts).finish();
  }
  touched_.clear();
  departed_.clear();
}

// A change of what lies above an account is a change of something on its path.
bool OrganizationBuilder::is_touched(const estate::Account& account) const {
  const auto touched = [&](const std::string& target) { return touched_.contains(target); };
  return touched(account.id) || std::ranges::any_of(account.path, touched);
}

estate::Account OrganizationBuilder::account_of(const estate::Organization& organization, const Json& stored) {
  estate::Account account{.id = stored.str("Id"), .name = stored.str("Name"), .path = path_to(stored.str("parent")), .org_path = {}, .scps = {}, .rcps = {}};
  account.org_path = estate::org_path_of(organization, account.path);
  if (account.id == organization.management_account) return account;
  account.scps = levels_of(account, scp_type);
  account.rcps = levels_of(account, rcp_type);
  return account;
}

std::vector<std::string> OrganizationBuilder::path_to(std::string parent) const {
  std::vector<std::string> path;
  // Units cannot contain themselves; a damaged store must not make this loop.
  while (!parent.empty() && std::ranges::find(path, parent) == path.end()) {
    path.push_back(parent);
    const Json* unit = document("org/ou/" + parent);
    parent = unit == nullptr ? std::string() : unit->str("parent");
  }
  std::ranges::reverse(path);
  return path;
}

std::vector<authz::Level> OrganizationBuilder::levels_of(const estate::Account& account, std::string_view type) {
  const Json* root = account.path.empty() ? nullptr : document("org/root/" + account.path.front());
  // An account whose way up does not end at a root is damage: one empty level, which denies.
  if (root == nullptr) return {authz::Level{.target = account.id, .policies = {}}};
  if (!is_enabled(*root, type)) return {};
  std::vector<authz::Level> levels;
  levels.reserve(account.path.size() + 1);
  for (const std::string& target : account.path) levels.push_back(level_of(target, type));
  levels.push_back(level_of(account.id, type));
  return levels;
}

const authz::Level& OrganizationBuilder::level_of(const std::string& target, std::string_view type) {
  std::string key = level_key(target, type);
  if (const auto known = levels_.find(key); known != levels_.end()) return known->second;
  authz::Level level{.target = target, .policies = {}};
  const policy::Kind kind = type == scp_type ? policy::Kind::scp : policy::Kind::rcp;
  const std::string prefix = attachment_key(target, "");
  for (auto at = documents_.lower_bound(prefix); at != documents_.end() && at->first.starts_with(prefix); ++at) {
    const Json* policy = document("org/policy/" + at->first.substr(prefix.size()));
    if (policy == nullptr) continue;
    const Json& summary = (*policy)["PolicySummary"];
    if (summary.text("Type") != type) continue;
    level.policies.push_back({.name = summary.str("Arn"), .document = compiled_.of(policy->text("Content"), kind, summary.text("Arn"))});
  }
  return levels_.emplace(std::move(key), std::move(level)).first->second;
}

}  // namespace ringwall::directory
