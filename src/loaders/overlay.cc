// One estate laid over another. The later one says only what it declares, so what it is silent
// about stays; where silence could also mean that something goes, that is a gap.

#include <algorithm>

#include "loaders/loaders.h"

namespace ringwall::loaders {
namespace {

using Policies = std::vector<authz::Named>;

// The policies of `after` in place of those of the same name, the others behind them.
Policies merged(const Policies& before, const Policies& after) {
  Policies all = before;
  for (const authz::Named& named : after) {
    const auto same = std::ranges::find(all, named.name, &authz::Named::name);
    if (same == all.end()) {
      all.push_back(named);
    } else {
      same->document = named.document;
    }
  }
  return all;
}

class Overlay {
 public:
  Overlay(const Loaded& before, const Loaded& after) : before_(*before.estate), after_(*after.estate), result_(before) {
    result_.gaps.insert(result_.gaps.end(), after.gaps.begin(), after.gaps.end());
    elsewhere_ = after.elsewhere;
    result_.parameters.insert(after.parameters.begin(), after.parameters.end());
    result_.sources.insert(after.sources.begin(), after.sources.end());
    for (const auto& [id, region] : after.regions) result_.regions.insert_or_assign(id, region);
  }

  Loaded lay() && {
    auto estate = std::make_shared<estate::Estate>(before_);
    if (after_.organization && !estate->organization) estate->organization = after_.organization;
    lay_accounts(*estate);
    lay_policies(*estate);
    lay_principals(*estate);
    lay_resources(*estate);
    lay_network(*estate);
    attach_elsewhere(*estate);
    result_.estate = std::move(estate);
    return std::move(result_);
  }

 private:
  // An account keeps its place in the tree; at each level the policies that are declared again change.
  void lay_accounts(estate::Estate& estate) {
    estate::Table<estate::Account>::Editor accounts(before_.accounts);
    after_.accounts.for_each([&](const estate::Account& account) {
      const estate::Account* known = before_.account(account.id);
      if (known == nullptr) {
        accounts.put(account);
        return;
      }
      // The management account is bound by none, though alone its files cannot know which it is.
      const bool is_free = before_.organization && before_.organization->management_account == account.id;
      if (is_free || (account.scps.empty() && account.rcps.empty())) return;
      estate::Account changed = *known;
      changed.scps = chain_of(known->scps, account.scps);
      changed.rcps = chain_of(known->rcps, account.rcps);
      accounts.put(std::move(changed));
    });
    estate.accounts = std::move(accounts).finish();
  }

  static estate::Chain chain_of(const estate::Chain& before, const estate::Chain& after) {
    if (after.empty()) return before;
    if (before.empty()) return after;
    std::vector<authz::Level> levels(before.begin(), before.end());
    for (const authz::Level& level : after) {
      const auto same = std::ranges::find(levels, level.target, &authz::Level::target);
      if (same != levels.end()) same->policies = merged(same->policies, level.policies);
    }
    return levels;
  }

  void lay_policies(estate::Estate& estate) {
    estate::Table<estate::ManagedPolicy>::Editor policies(before_.managed_policies);
    after_.managed_policies.for_each([&](const estate::ManagedPolicy& policy) { policies.put(policy); });
    estate.managed_policies = std::move(policies).finish();
  }

  void lay_principals(estate::Estate& estate) {
    estate::Table<estate::Principal>::Editor principals(before_.principals);
    if (after_.managed_policies.size() > 0) {
      before_.principals.for_each([&](const estate::Principal& principal) {
        if (auto changed = with_new_policies(principal)) principals.put(*std::move(changed));
      });
    }
    after_.principals.for_each([&](const estate::Principal& principal) {
      const estate::Principal* known = principals.find(principal.arn);
      if (known != nullptr) tell_stand_in(principal.arn);
      principals.put(known == nullptr ? principal : laid_over(*known, principal));
    });
    estate.principals = std::move(principals).finish();
  }

  // Whoever has a managed policy that is declared again has its new text.
  std::optional<estate::Principal> with_new_policies(const estate::Principal& principal) const {
    std::optional<estate::Principal> changed;
    for (std::size_t i = 0; i < principal.identity.size(); ++i) {
      const estate::ManagedPolicy* policy = after_.managed_policies.find(principal.identity[i].name);
      if (policy == nullptr) continue;
      if (!changed) changed = principal;
      changed->identity.edit()[i].document = policy->document;
    }
    return changed;
  }

  estate::Principal laid_over(const estate::Principal& before, const estate::Principal& after) {
    estate::Principal laid = before;
    laid.identity = merged(before.identity, after.identity);
    for (const auto& [key, value] : after.tags) laid.tags.insert_or_assign(key, value);
    if (after.boundary) laid.boundary = after.boundary;
    if (after.trust) laid.trust = after.trust;
    const auto is_declared = [&](const authz::Named& named) { return std::ranges::find(after.identity, named.name, &authz::Named::name) != after.identity.end(); };
    const auto kept = std::ranges::find_if_not(before.identity, is_declared);
    if (kept != before.identity.end()) unsure(after.arn, "`" + kept->name + "`");
    if (before.boundary && !after.boundary) unsure(after.arn, "the permissions boundary `" + before.boundary->name + "`");
    return laid;
  }

  void lay_resources(estate::Estate& estate) {
    estate::Table<estate::Resource>::Editor resources(before_.resources);
    after_.resources.for_each([&](const estate::Resource& resource) {
      const estate::Resource* known = before_.resources.find(resource.arn);
      estate::Resource laid = resource;
      if (known != nullptr) tell_stand_in(resource.arn);
      if (known != nullptr && known->policy && !resource.policy) {
        laid.policy = known->policy;
        unsure(resource.arn, "its policy");
      }
      resources.put(std::move(laid));
    });
    estate.resources = std::move(resources).finish();
  }

  void lay_network(estate::Estate& estate) {
    estate::Table<estate::Vpc>::Editor vpcs(before_.vpcs);
    after_.vpcs.for_each([&](const estate::Vpc& vpc) { vpcs.put(vpc); });
    estate.vpcs = std::move(vpcs).finish();
    estate::Table<estate::Endpoint>::Editor endpoints(before_.endpoints);
    after_.endpoints.for_each([&](const estate::Endpoint& endpoint) { endpoints.put(endpoint); });
    estate.endpoints = std::move(endpoints).finish();
  }

  // Policies whose targets are in the estate beneath: attached there, they are no gaps any more.
  void attach_elsewhere(estate::Estate& estate) {
    for (const Elsewhere& one : elsewhere_) {
      const bool attached = one.kind == policy::Kind::endpoint ? set_endpoint_policy(estate, one) : attach_control(estate, one);
      if (attached) {
        std::erase(result_.gaps, one.gap);
      } else {
        result_.elsewhere.push_back(one);
      }
    }
  }

  static bool set_endpoint_policy(estate::Estate& estate, const Elsewhere& one) {
    const estate::Endpoint* known = estate.endpoints.find(one.target);
    if (known == nullptr) return false;
    estate::Endpoint changed = *known;
    changed.policy = one.policy;
    estate::Table<estate::Endpoint>::Editor endpoints(estate.endpoints);
    endpoints.put(std::move(changed));
    estate.endpoints = std::move(endpoints).finish();
    return true;
  }

  // On the accounts below the target. Where none of them is bound by policies of this kind, it is
  // not enabled, or nobody is there, and what AWS makes of the attachment is not known.
  static bool attach_control(estate::Estate& estate, const Elsewhere& one) {
    bool attached = false;
    estate::Table<estate::Account>::Editor accounts(estate.accounts);
    estate.accounts.for_each([&](const estate::Account& account) {
      estate::Chain estate::Account::*chain = one.kind == policy::Kind::scp ? &estate::Account::scps : &estate::Account::rcps;
      const bool below = std::ranges::any_of(account.*chain, [&](const authz::Level& level) { return level.target == one.target; });
      if (!below) return;
      estate::Account changed = account;
      changed.*chain = chain_of(account.*chain, {authz::Level{.target = one.target, .policies = {one.policy}}});
      accounts.put(std::move(changed));
      attached = true;
    });
    estate.accounts = std::move(accounts).finish();
    return attached;
  }

  // What has no name yet is called by its place in its file, and another file's may be called the same.
  void tell_stand_in(const std::string& arn) {
    if (!arn.contains('(')) return;
    result_.gaps.push_back({.kind = Gap::Kind::unsupported,
                            .subject = arn,
                            .path = {},
                            .message = "`" + arn + "` has no name yet and stands in two of the files: whether it is the same is not known"});
  }

  void unsure(const std::string& subject, const std::string& what) {
    result_.gaps.push_back({.kind = Gap::Kind::unsupported,
                            .subject = subject,
                            .path = {},
                            .message = "the export has " + what + " and the change does not: whether it stays is not known"});
  }

  const estate::Estate& before_;
  const estate::Estate& after_;
  Loaded result_;
  std::vector<Elsewhere> elsewhere_;
};

}  // namespace

Loaded overlay(const Loaded& before, const Loaded& after) { return Overlay(before, after).lay(); }

}  // namespace ringwall::loaders
