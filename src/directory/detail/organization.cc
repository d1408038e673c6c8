#include "directory/detail/organization.h"

#include <algorithm>

#include "directory/documents.h"

namespace ringwall::directory {
namespace {

bool is_of(const std::optional<ControlPolicy>& policy, std::string_view type) { return policy && policy->summary.type == type; }

// The levels above an account and its own.
estate::Chain chain_of(const std::vector<authz::Level>& above, const authz::Level& own, authz::Indexes& indexes) {
  std::vector<authz::Level> levels;
  levels.reserve(above.size() + 1);
  levels = above;
  levels.push_back(own);
  return {std::move(levels), indexes};
}

}  // namespace

template <typename T, std::size_t N, typename... P>
std::optional<T> OrganizationBuilder::find(const records::Table<T, N>& table, const P&... parts) const {
  const auto found = documents_.find(table.key(parts...));
  const bool is_there = found != documents_.end() && found->second != nullptr;  // one that is being erased is there no more
  return is_there ? std::optional(table.decode(found->first, *found->second)) : std::nullopt;
}

void OrganizationBuilder::apply(const store::Change& change) {
  auto at = documents_.find(change.key);
  if (at == documents_.end()) {
    if (change.document == nullptr) return;
    at = documents_.emplace(change.key, nullptr).first;
  }
  const Document before = std::exchange(at->second, change.document);
  const auto attachment = tables::attachments.parts_of(change.key);
  if (attachment) attachments_.add((*attachment)[1], at->first);
  note(at->first, before);
  if (change.document != nullptr) return;
  if (attachment) attachments_.remove((*attachment)[1], at->first);
  documents_.erase(at);
}

// What a change touches: the accounts below (and at) what it names.
void OrganizationBuilder::note(std::string_view key, const Document& before) {
  changed_ = true;
  const auto move = [this](const std::string& id) {
    moved_.emplace(id);
    levels_.erase(id);
  };
  if (tables::organizations.parts_of(key)) {
    whole_ = true;
  } else if (const auto root = tables::roots.parts_of(key)) {
    move((*root)[0]);
  } else if (const auto unit = tables::units.parts_of(key)) {
    move((*unit)[0]);
  } else if (const auto account = tables::accounts.parts_of(key)) {
    move((*account)[0]);
    if (before != nullptr) departed_.insert((*account)[0]);
  } else if (const auto attachment = tables::attachments.parts_of(key)) {
    forget_levels((*attachment)[0], true, true);
  } else if (const auto policy = tables::control_policies.parts_of(key)) {
    const auto was = before == nullptr ? std::nullopt : std::optional(tables::control_policies.decode(key, *before));
    const auto is = find(tables::control_policies, (*policy)[0]);
    const auto was_or_is = [&](std::string_view type) { return is_of(was, type) || is_of(is, type); };
    const bool scps = was_or_is(scp_type), rcps = was_or_is(rcp_type);
    attachments_.for_each((*policy)[0], [&](std::string_view user) { forget_levels((*tables::attachments.parts_of(user))[0], scps, rcps); });
  }
}

void OrganizationBuilder::forget_levels(const std::string& target, bool scps, bool rcps) {
  levels_.erase(target);
  if (scps) touched_scps_.insert(target);
  if (rcps) touched_rcps_.insert(target);
}

void OrganizationBuilder::update(estate::Estate& estate) {
  if (!std::exchange(changed_, false)) return;
  const bool whole = std::exchange(whole_, false);
  const auto organization = find(tables::organizations);
  if (!organization) {
    estate.organization.reset();
    estate.accounts = {};
  } else {
    estate.organization = {.id = organization->id, .management_account = organization->management_account, .root_id = organization->root};
    Accounts accounts(estate.accounts);
    for (const std::string& id : departed_) accounts.erase(id);
    for (auto at = documents_.lower_bound(tables::accounts.prefix()); at != documents_.end(); ++at) {
      const auto account = tables::accounts.parts_of(at->first);
      if (!account) break;
      const estate::Account* before = accounts.find((*account)[0]);
      if (whole || before == nullptr || !is_patchable(*before)) {
        accounts.put(account_of(*estate.organization, tables::accounts.decode(at->first, *at->second)));
      } else if (touches(touched_scps_, *before) || touches(touched_rcps_, *before)) {
        accounts.put(patched(*before));
      }
    }
    estate.accounts = std::move(accounts).finish();
  }
  above_.clear();
  moved_.clear();
  touched_scps_.clear();
  touched_rcps_.clear();
  departed_.clear();
}

// A change of what lies above an account is a change of something on its path.
bool OrganizationBuilder::touches(const Targets& targets, const estate::Account& account) {
  const auto touched = [&](const std::string& target) { return targets.contains(target); };
  return !targets.empty() && (touched(account.id) || std::ranges::any_of(account.path, touched));
}

// Is it where it was, and its chains of a level for each step of its path, or empty?
bool OrganizationBuilder::is_patchable(const estate::Account& account) const {
  const auto is_whole = [&](const estate::Chain& chain) { return chain.empty() || chain.size() == account.path.size() + 1; };
  return !touches(moved_, account) && !account.path.empty() && is_whole(account.scps) && is_whole(account.rcps);
}

estate::Account OrganizationBuilder::patched(const estate::Account& before) {
  estate::Account account = before;
  if (touches(touched_scps_, before)) account.scps = patched(before.scps, touched_scps_, &Levels::scps);
  if (touches(touched_rcps_, before)) account.rcps = patched(before.rcps, touched_rcps_, &Levels::rcps);
  return account;
}

estate::Chain OrganizationBuilder::patched(const estate::Chain& before, const Targets& touched, authz::Level Levels::*type) {
  if (before.empty()) return before;
  std::vector<authz::Level> levels;
  levels.reserve(before.size());
  for (const authz::Level& level : before) levels.push_back(touched.contains(level.target) ? levels_of(level.target).*type : level);
  return {std::move(levels), indexes_};
}

estate::Account OrganizationBuilder::account_of(const estate::Organization& organization, const StoredAccount& stored) {
  const Above& shared = above(organization, stored.parent);
  estate::Account account{.id = stored.id, .name = stored.name, .path = shared.path, .org_path = shared.org_path, .scps = {}, .rcps = {}};
  if (account.id == organization.management_account) return account;
  if (!shared.has_root) {
    // An account whose way up does not end at a root is damage: one empty level, which denies.
    account.scps = account.rcps = {std::vector{authz::Level{.target = account.id, .policies = {}}}, indexes_};
    return account;
  }
  const Levels& own = levels_of(account.id);
  if (shared.has_scps) account.scps = chain_of(shared.scps, own.scps, indexes_);
  if (shared.has_rcps) account.rcps = chain_of(shared.rcps, own.rcps, indexes_);
  return account;
}

const OrganizationBuilder::Above& OrganizationBuilder::above(const estate::Organization& organization, const std::string& parent) {
  const auto [at, is_new] = above_.try_emplace(parent);
  Above& found = at->second;
  if (!is_new) return found;
  found.path = path_to(parent);
  found.org_path = estate::org_path_of(organization, found.path);
  const auto root = found.path.empty() ? std::nullopt : find(tables::roots, found.path.front());
  found.has_root = root.has_value();
  if (!root) return found;
  found.has_scps = is_enabled(*root, scp_type);
  found.has_rcps = is_enabled(*root, rcp_type);
  for (const std::string& target : found.path) {
    const Levels& levels = levels_of(target);
    if (found.has_scps) found.scps.push_back(levels.scps);
    if (found.has_rcps) found.rcps.push_back(levels.rcps);
  }
  return found;
}

std::vector<std::string> OrganizationBuilder::path_to(std::string parent) const {
  std::vector<std::string> path;
  // Units cannot contain themselves; a damaged store must not make this loop.
  while (!parent.empty() && std::ranges::find(path, parent) == path.end()) {
    path.push_back(parent);
    const auto unit = find(tables::units, parent);
    parent = unit ? unit->parent : std::string();
  }
  std::ranges::reverse(path);
  return path;
}

const OrganizationBuilder::Levels& OrganizationBuilder::levels_of(const std::string& target) {
  const auto [known, is_new] = levels_.try_emplace(target);
  Levels& levels = known->second;
  if (!is_new) return levels;
  levels.scps.target = levels.rcps.target = target;
  const std::string prefix = tables::attachments.prefix(target);
  for (auto at = documents_.lower_bound(prefix); at != documents_.end() && at->first.starts_with(prefix); ++at) {
    const auto policy = find(tables::control_policies, (*tables::attachments.parts_of(at->first))[1]);
    if (!policy) continue;
    const bool is_scp = is_of(policy, scp_type);
    if (!is_scp && !is_of(policy, rcp_type)) continue;
    const policy::Kind kind = is_scp ? policy::Kind::scp : policy::Kind::rcp;
    authz::Level& level = is_scp ? levels.scps : levels.rcps;
    level.policies.push_back({.name = policy->summary.arn, .document = compiled_.of(policy->content, kind, policy->summary.arn)});
  }
  return levels;
}

}  // namespace ringwall::directory
