#pragma once
// Access Analyzer's findings about small worlds, held to every request of them.

#include <string>

#include "prove/testing_oracle.h"
#include "services/accessanalyzer/detail/external.h"

namespace ringwall::prove::testing::worlds {

// What an analyzer of the organisation tells of a key and of roles: something, exactly where somebody outside of it may do something
// by the resource's policy and the RCPs. Where it does not, or tells of a bug; empty: it says what exhaustion says.
inline std::string findings_differ(const loaders::Loaded& loaded, const World& world, const Oracle& oracle) {
  namespace analyzer = accessanalyzer::detail;
  const estate::Estate& estate = *loaded.estate;
  const Sets& sets = oracle.sets();
  const analyzer::Zone zone{{home, sister}, my_org};
  const Bits outside = sets.of_partner | sets.of_stranger | sets.of_anonymous | sets.of_token;
  std::vector<analyzer::Guarded> all;
  std::vector<Bits> open;
  const auto add = [&](Thing thing, const char* account, const authz::Named& policy, authz::ResourceKind kind) {
    analyzer::Guarded guarded{.arn = worlds::arn_of(thing, sets.universe.second()), .account = account, .type = {}, .kind = kind, .policy = policy};
    if (const estate::Account* owner = estate.account(account)) guarded.rcps = owner->rcps;
    all.push_back(std::move(guarded));
    open.push_back(oracle.resource_side() & sets.on[static_cast<std::size_t>(thing)] & outside);
  };
  if (sets.universe.second() == Second::key && world.second.there && world.second.policy)
    add(Thing::second, home, *estate.resources.find(second_arn(Second::key, home))->policy, authz::ResourceKind::key);
  for (const auto& [thing, account, person] : {std::tuple(Thing::app_role, home, People::app), std::tuple(Thing::job_role, sister, People::job)}) {
    const estate::Principal* role = estate.principal(worlds::arn_of(person));
    if (role != nullptr && role->trust) add(thing, account, *role->trust, authz::ResourceKind::trust);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::string bug;
    std::uint64_t steps = 0;
    const auto findings = analyzer::external_access(all[i], zone, estate, [&](const std::string& what, const std::string&) { bug = what; }, steps);
    if (!bug.empty()) return "findings meet a bug: " + bug;
    if (std::ranges::any_of(findings, [](const accessanalyzer::Finding& finding) { return finding.error.has_value(); })) continue;  // not decided
    if (open[i].any() && findings.empty()) return "findings miss " + written(sets.universe.request(open[i].first()));
    if (!open[i].any() && !findings.empty()) return "findings tell of " + all[i].arn + " what nobody may: " + findings.front().principal.begin()->second + " " + findings.front().action.front();
  }
  return {};
}

}  // namespace ringwall::prove::testing::worlds
