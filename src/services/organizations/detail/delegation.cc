// What the management account lets member accounts do with the organisation: by the resource-based
// delegation policy, operation by operation; and by making an account the delegated administrator
// of a service, which may then read.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html

#include <algorithm>
#include <array>
#include <set>

#include "directory/documents.h"
#include "services/organizations/detail/common.h"
#include "text/encode.h"
#include "text/time.h"

namespace ringwall::organizations::detail {
namespace {

constexpr std::string_view small_alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

// The operations that AWS lets be delegated, of those that are here. Sorted.
constexpr std::array<std::string_view, 28> delegatable = {
    "AttachPolicy",
    "CreatePolicy",
    "DeletePolicy",
    "DescribeAccount",
    "DescribeCreateAccountStatus",
    "DescribeOrganization",
    "DescribeOrganizationalUnit",
    "DescribePolicy",
    "DescribeResourcePolicy",
    "DetachPolicy",
    "DisablePolicyType",
    "EnablePolicyType",
    "ListAccounts",
    "ListAccountsForParent",
    "ListChildren",
    "ListCreateAccountStatus",
    "ListDelegatedAdministrators",
    "ListDelegatedServicesForAccount",
    "ListOrganizationalUnitsForParent",
    "ListParents",
    "ListPolicies",
    "ListPoliciesForTarget",
    "ListRoots",
    "ListTagsForResource",
    "ListTargetsForPolicy",
    "TagResource",
    "UntagResource",
    "UpdatePolicy",
};
static_assert(std::ranges::is_sorted(delegatable));

bool is_reading(std::string_view operation) { return operation.starts_with("Describe") || operation.starts_with("List"); }

using directory::OrganizationResourcePolicy;

ApiResult<OrganizationResourcePolicy> find_resource_policy(const Call& call) {
  auto policy = tables::resource_policies.get(call.transaction);
  if (!policy) return api_error("ResourcePolicyNotFoundException", "We can't find a resource policy request with the parameter that you specified.");
  return *std::move(policy);
}

Json answer(const Call& call, const OrganizationResourcePolicy& policy) {
  return Json::object({{"ResourcePolicy", Json::object({{"ResourcePolicySummary", Json::object({{"Id", policy.id}, {"Arn", policy.arn}})}, {"Content", service::shown(policy.policy, policy::Kind::resource, call.estate)}})}});
}

// Each action must be one of this service: the policy stands on nothing else.
std::optional<ApiError> fault_in_content(std::string_view content) {
  const Result<policy::DocumentPtr> compiled = policy::compile(content, policy::Kind::resource);
  if (!compiled) {
    const bool is_long = compiled.error().kind == Failure::exhausted;
    return ApiError{is_long ? "ConstraintViolationException" : "InvalidInputException", "The resource policy is not valid: " + compiled.error().message};
  }
  const Result<Json> document = text::parse_json(content);
  const auto is_ours = [](const Json& action) { return text::lower(action.as_string()).starts_with("organizations:"); };
  const auto fits = [&](const Json& statement) {
    const Json& actions = statement["Action"];
    return statement.contains("Action") && (actions.is_string() ? is_ours(actions) : std::ranges::all_of(actions.items(), is_ours));
  };
  const Json& statements = (*document)["Statement"];
  if (statements.is_object() ? fits(statements) : std::ranges::all_of(statements.items(), fits)) return std::nullopt;
  return ApiError{"InvalidInputException", "The resource policy is not valid: its statements take `Action` with actions of `organizations:` only."};
}

ApiResult<Json> put_resource_policy(const Call& call) {
  RW_TRY(const StoredOrganization stored, organization(call));
  if (auto fault = fault_in_content(call.input.text("Content"))) return std::unexpected(*fault);
  if (auto fault = fault_in_tags(call.input["Tags"])) return std::unexpected(*fault);
  Result<Json> bound = service::bound(call.input.text("Content"), policy::Kind::resource, call.estate);
  if (!bound) return api_error("InvalidInputException", "The resource policy is not valid: it names the principal `" + bound.error().message + "`, which does not exist.");
  const auto before = tables::resource_policies.get(call.transaction);
  if (before && !call.input["Tags"].items().empty()) return api_error("InvalidInputException", "Tags can be given only when the resource policy is made.");
  const std::string id = before ? before->id : "rp-" + random_text(call.environment.random, small_alphabet, 8);
  const OrganizationResourcePolicy policy{.id = id,
                                          .arn = directory::organization_arn(stored.management_account, "resourcepolicy", stored.id + '/' + id),
                                          .unreadable_policy = {},
                                          .policy = *std::move(bound),
                                          .tags = before ? before->tags : service::tags_of(call.input["Tags"])};
  tables::resource_policies.put(call.transaction, policy);
  return answer(call, policy);
}

ApiResult<Json> describe_resource_policy(const Call& call) {
  RW_TRY(const OrganizationResourcePolicy policy, find_resource_policy(call));
  return answer(call, policy);
}

ApiResult<Json> delete_resource_policy(const Call& call) {
  RW_DO(find_resource_policy(call));
  tables::resource_policies.erase(call.transaction);
  return Json::object();
}

bool is_service_principal(std::string_view name) {
  constexpr std::string_view suffix = ".amazonaws.com";
  return name.size() > suffix.size() && name.size() <= 128 && name.ends_with(suffix) && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
         });
}

// The account and the service that the input names, if they can be each other's.
struct Pair {
  std::string account, service;
};
ApiResult<Pair> delegation_in(const Call& call) {
  RW_TRY(const StoredOrganization stored, organization(call));
  RW_TRY(const Node account, find_account(call, call.input.text("AccountId")));
  const std::string service = call.input.str("ServicePrincipal");
  if (!is_service_principal(service)) return api_error("InvalidInputException", "You specified a service principal that is not valid: `" + service + "`.");
  if (account.id == stored.management_account) {
    return api_error("ConstraintViolationException", "You can't register the management account of the organization as a delegated administrator.");
  }
  return Pair{account.id, service};
}

ApiResult<Json> register_administrator(const Call& call) {
  RW_TRY(const Pair delegation, delegation_in(call));
  if (tables::delegations.contains(call.transaction, delegation.account, delegation.service)) return api_error("AccountAlreadyRegisteredException", "The provided account is already a delegated administrator for your organization.");
  tables::delegations.put(call.transaction, {.service = delegation.service, .enabled = text::to_millis(call.now)}, delegation.account, delegation.service);
  return Json::object();
}

ApiResult<Json> deregister_administrator(const Call& call) {
  RW_TRY(const Pair delegation, delegation_in(call));
  if (!tables::delegations.contains(call.transaction, delegation.account, delegation.service)) return api_error("AccountNotRegisteredException", "The provided account is not a registered delegated administrator for your organization.");
  tables::delegations.erase(call.transaction, delegation.account, delegation.service);
  return Json::object();
}

ApiResult<Json> list_administrators(const Call& call) {
  const std::string_view service = call.input.text("ServicePrincipal");
  std::set<std::string> seen;
  std::vector<Listed> items;
  for (const auto& row : tables::delegations.list(call.transaction)) {
    if (!service.empty() && row.record.service != service) continue;
    const std::string& id = row.parts[0];
    const std::optional<Node> account = find_node(call, id);
    if (!account || !seen.insert(id).second) continue;
    Json item = account->shown();
    item.set("DelegationEnabledDate", row.record.enabled);
    items.push_back({id, std::move(item)});
  }
  return page(call, std::move(items), "DelegatedAdministrators");
}

ApiResult<Json> list_services(const Call& call) {
  RW_TRY(const Node account, find_account(call, call.input.text("AccountId")));
  std::vector<Listed> items;
  for (const auto& row : tables::delegations.list(call.transaction, account.id)) items.push_back({row.record.service, records::wire_of(row.record)});
  if (items.empty()) return api_error("AccountNotRegisteredException", "The provided account is not a registered delegated administrator for your organization.");
  return page(call, std::move(items), "DelegatedServices");
}

std::string resource_policy_arn(const Call& call) {
  if (const auto policy = tables::resource_policies.get(call.transaction)) return policy->arn;
  const StoredOrganization stored = organization(call).value();
  return directory::organization_arn(stored.management_account, "resourcepolicy", stored.id + "/rp-*");
}

void add_service(const Call& call, policy::Context& context) {
  if (call.input.contains("ServicePrincipal")) context.set("organizations:ServicePrincipal", call.input.str("ServicePrincipal"));
}

}  // namespace

ApiResult<service::ResourcePolicy> delegation_to(const Call& call, std::string_view action) {
  const auto denied = [] { return api_error("AccessDeniedException", "You don't have permissions to access this resource."); };
  const std::string_view operation = action.substr(action.find(':') + 1);
  if (!tables::accounts.contains(call.transaction, call.account()) || !std::ranges::binary_search(delegatable, operation)) return denied();
  const auto policy = tables::resource_policies.get(call.transaction);
  const bool may_read = is_reading(operation) && tables::delegations.count(call.transaction, 1, call.account()) > 0;
  if (!policy && !may_read) return denied();

  std::string text = policy ? std::string(service::bound_text(policy->policy)) : R"({"Version":"2012-10-17","Statement":[]})";
  if (may_read) {
    // The policy's denies hold for a delegated administrator's reading too.
    Result<Json> document = text::parse_json(text);
    if (!document) return denied();
    Json& statements = document->edit("Statement");
    if (statements.is_object()) statements = Json::array({Json(statements)});
    statements.push(Json::object({{"Effect", "Allow"}, {"Principal", Json::object({{"AWS", call.account()}})}, {"Action", action}, {"Resource", "*"}}));
    text = document->dump();
  }
  auto made = service::ResourcePolicy::made_now("the organization's resource policy", text, policy::Kind::resource);
  if (!made) return denied();
  return *std::move(made);
}

void remove_delegations(const Call& call, std::string_view account) {
  for (const auto& row : tables::delegations.list(call.transaction, account)) tables::delegations.erase(call.transaction, account, row.parts[1]);
}

void add_delegation_operations(Operations& operations) {
  const auto about_policy = [](const char* action, AddKeys add = {}) { return ask_about(action, {resource_policy_arn}, std::move(add)); };
  operations.push_back({"PutResourcePolicy", Access::write, about_policy("organizations:PutResourcePolicy", add_request_tags), put_resource_policy});
  operations.push_back({"DescribeResourcePolicy", Access::read, about_policy("organizations:DescribeResourcePolicy"), describe_resource_policy});
  operations.push_back({"DeleteResourcePolicy", Access::write, about_policy("organizations:DeleteResourcePolicy"), delete_resource_policy});
  operations.push_back({"RegisterDelegatedAdministrator", Access::write, ask_about("organizations:RegisterDelegatedAdministrator", {node_in("AccountId")}, add_service), register_administrator});
  operations.push_back({"DeregisterDelegatedAdministrator", Access::write, ask_about("organizations:DeregisterDelegatedAdministrator", {node_in("AccountId")}, add_service), deregister_administrator});
  operations.push_back({"ListDelegatedAdministrators", Access::read, ask_on_star("organizations:ListDelegatedAdministrators", add_service), list_administrators});
  operations.push_back({"ListDelegatedServicesForAccount", Access::read, ask_about("organizations:ListDelegatedServicesForAccount", {node_in("AccountId")}), list_services});
}

}  // namespace ringwall::organizations::detail
