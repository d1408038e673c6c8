#include "services/organizations/detail/exports.h"

#include <array>
#include <vector>

namespace ringwall::organizations::detail {
namespace {

using text::Json;

constexpr std::array<const char*, 2> policy_types = {"SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"};

Result<> export_tree(service::Export& to) {
  const std::string& management = to.management_account();
  RW_TRY(const Json roots, to.ask(management, "ListRoots"));
  to.put("roots.json", roots);
  std::vector<std::string> parents;
  for (const Json& root : roots["Roots"].items()) parents.push_back(root.str("Id"));
  while (!parents.empty()) {
    const std::string parent = std::move(parents.back());
    parents.pop_back();
    const std::string folder = "tree/" + parent + "/";
    if (to.has(folder + "accounts.json")) continue;  // a damaged store must not make this loop
    const Json below = Json::object({{"ParentId", parent}});
    RW_TRY(const Json units, to.ask(management, "ListOrganizationalUnitsForParent", below));
    to.put(folder + "organizational-units.json", units);
    RW_DO(to.add(folder + "accounts.json", management, "ListAccountsForParent", below));
    for (const Json& unit : units["OrganizationalUnits"].items()) parents.push_back(unit.str("Id"));
  }
  return {};
}

Result<> export_policies(service::Export& to) {
  const std::string& management = to.management_account();
  for (const char* type : policy_types) {
    RW_TRY(const Json policies, to.ask(management, "ListPolicies", Json::object({{"Filter", type}})));
    to.put("policies/" + std::string(type) + ".json", policies);
    for (const Json& policy : policies["Policies"].items()) {
      const std::string id = policy.str("Id");
      const Json one = Json::object({{"PolicyId", id}});
      RW_DO(to.add("policies/" + id + ".json", management, "DescribePolicy", one));
      RW_DO(to.add("policies/" + id + ".targets.json", management, "ListTargetsForPolicy", one));
    }
  }
  return {};
}

}  // namespace

Result<> export_organization(service::Export& to) {
  const std::string& management = to.management_account();
  RW_DO(to.add("organization.json", management, "DescribeOrganization"));
  RW_DO(export_tree(to));
  RW_DO(export_policies(to));
  return to.add("accounts.json", management, "ListAccounts");
}

}  // namespace ringwall::organizations::detail
