#include "loaders/detail/declared_organization.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/check.h"
#include "loaders/detail/names.h"

namespace ringwall::loaders::declared {
namespace {

using policy::Kind;

// AWS attaches these at every level when the type is enabled; plans and templates know nothing of
// it, so they are taken to be there (docs/semantics.md).
authz::Named full_access(Kind kind) {
  const bool scp = kind == Kind::scp;
  const auto document = policy::compile(
      scp ? R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})"
          : R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]})",
      kind);
  RW_CHECK(document.has_value());
  return {scp ? "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
              : "arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess",
          *document};
}

bool is_full_access(std::string_view policy) {
  return policy.ends_with("p-FullAWSAccess") || policy.ends_with("p-RCPFullAWSAccess");
}

}  // namespace

bool is_account_id(std::string_view text) {
  return text.size() == 12 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

void Organization::add_unit(const std::string& id, const std::string& parent, Place place) {
  nodes_[id] = {.name = {}, .parent = parent, .is_account = false, .place = place};
}

void Organization::add_account(const std::string& id, const std::string& name,
                               const std::string& parent, Place place) {
  Node& node = nodes_[id];
  node.is_account = true;
  node.place = place;
  if (!name.empty()) node.name = name;
  if (!parent.empty()) node.parent = parent;
}

void Organization::add_policy(const std::string& id, std::string name, Kind kind, Written written) {
  policies_[id] = {std::move(name), kind, std::move(written), nullptr};
}

void Organization::attach(const std::string& policy, const std::string& target, Place place) {
  attachments_.push_back({policy, target, place});
}

Result<> Organization::check_heads(const Options& options) {
  const std::string& expected = options.organization;
  for (const Head& head : heads_) {
    if (options.no_organization) return fail(Failure::invalid, no_organization_expected(head.id));
    if (head.id != heads_.front().id) {
      return fail(Failure::invalid, fmt::format("these files are of two organisations, `{}` and `{}`",
                                                heads_.front().id, head.id));
    }
    if (!expected.empty() && head.id != expected) {
      return fail(Failure::invalid, fmt::format("these are the files of the organisation `{}`, and `{}` was expected",
                                                head.id, expected));
    }
  }
  return {};
}

Result<> Organization::refuse_cycles() const {
  for (const auto& [id, node] : nodes_) {
    std::size_t steps = 0;
    for (auto at = nodes_.find(id); at != nodes_.end(); at = nodes_.find(at->second.parent)) {
      if (++steps > nodes_.size()) {
        return fail(Failure::invalid, fmt::format("the organisation's tree has a cycle at `{}`", id));
      }
    }
  }
  return {};
}

// Is the type enabled? Where the files do not say, a policy that is attached says so.
bool Organization::binds(Kind kind) const {
  for (const Head& head : heads_) {
    if (const auto& enabled = kind == Kind::scp ? head.scps : head.rcps) return *enabled;
  }
  return std::ranges::any_of(attachments_, [&](const Attachment& attachment) {
    const auto found = policies_.find(attachment.policy);
    return found != policies_.end() && found->second.kind == kind;
  });
}

void Organization::fill_levels(Documents& documents) {
  std::set<std::string> known;
  for (const auto& [id, node] : nodes_) known.insert(id);
  for (const Head& head : heads_) known.insert(head.root_id);
  for (const Attachment& attachment : attachments_) {
    if (is_full_access(attachment.policy)) continue;
    const auto found = policies_.find(attachment.policy);
    if (found == policies_.end()) {
      documents.gap(Gap::Kind::missing, attachment.target, attachment.place,
                    fmt::format("the policy `{}` is attached, and is not in these files",
                                attachment.policy));
      for (const Kind kind : {Kind::scp, Kind::rcp}) levels_[kind][attachment.target].unknown = true;
      continue;
    }
    Policy& policy = found->second;
    // Compiled once for its gap at every target, and once only where it can be read.
    if (policy.document == nullptr) {
      policy.document = documents.compile_or_null(policy.written, policy.kind, attachment.target);
    }
    if (!known.contains(attachment.target)) {
      // One that cannot be read is a gap of the target already.
      if (policy.document != nullptr)
        documents.put_elsewhere(policy.kind, attachment.target, {policy.name, policy.document},
                                attachment.place,
                                fmt::format("a policy is attached to `{}`, which is not in these files",
                                            attachment.target));
      continue;
    }
    Level& level = levels_[policy.kind][attachment.target];
    if (policy.document == nullptr) {
      level.unknown = true;
    } else {
      level.policies.push_back({policy.name, policy.document});
    }
  }
}

estate::Chain Organization::chain_of(const estate::Account& account, Kind kind) const {
  std::vector<std::string> targets = account.path;
  targets.push_back(account.id);
  const auto levels = levels_.find(kind);
  std::vector<authz::Level> chain;
  for (std::string& target : targets) {
    authz::Level made{.target = target, .policies = {full_access(kind)}};
    if (levels != levels_.end()) {
      if (const auto level = levels->second.find(target); level != levels->second.end()) {
        // Without a policy a level allows nothing.
        if (level->second.unknown) made.policies.clear();
        made.policies.insert(made.policies.end(), level->second.policies.begin(),
                             level->second.policies.end());
      }
    }
    chain.push_back(std::move(made));
  }
  return chain;
}

estate::Account Organization::account_of(const std::string& id, Documents& documents) const {
  estate::Account account{.id = id, .name = {}, .path = {}, .org_path = {}, .scps = {}, .rcps = {}};
  const bool is_management = !heads_.empty() && heads_.front().management_account == id;
  const std::string root = heads_.empty() ? std::string() : heads_.front().root_id;
  const auto node = nodes_.find(id);
  std::string parent = node == nodes_.end() ? std::string() : node->second.parent;
  if (node != nodes_.end()) account.name = node->second.name;
  if (parent.empty() && is_management) parent = root;  // where AWS makes it
  while (!parent.empty()) {
    account.path.push_back(parent);
    const auto above = nodes_.find(parent);
    parent = above == nodes_.end() ? std::string() : above->second.parent;
  }
  std::ranges::reverse(account.path);
  const bool placed = !account.path.empty() && account.path.front() == root && !root.empty();
  if (!heads_.empty() && placed) {
    account.org_path = estate::org_path_of({heads_.front().id, {}, root}, account.path);
  } else if (!heads_.empty()) {
    documents.gap(Gap::Kind::missing, id, node == nodes_.end() ? heads_.front().place : node->second.place,
                  fmt::format("where the account `{}` is in the organisation's tree is not in these files", id));
    account.path.clear();
  }
  if (is_management) return account;
  if (binds(Kind::scp)) account.scps = chain_of(account, Kind::scp);
  if (binds(Kind::rcp)) account.rcps = chain_of(account, Kind::rcp);
  return account;
}

Result<Organization::Made> Organization::make(const std::vector<std::string>& own,
                                              const Options& options, Documents& documents) {
  RW_DO(check_heads(options));
  RW_DO(refuse_cycles());
  for (const std::string& id : own) {
    if (!nodes_.contains(id)) nodes_[id].is_account = true;
  }
  fill_levels(documents);
  Made made;
  if (!heads_.empty()) {
    const Head& head = heads_.front();
    made.organization = {.id = head.id, .management_account = head.management_account, .root_id = head.root_id};
  }
  for (const auto& [id, node] : nodes_) {
    if (node.is_account) made.accounts.push_back(account_of(id, documents));
  }
  return made;
}

}  // namespace ringwall::loaders::declared
