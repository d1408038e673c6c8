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
constexpr std::string_view resource_policy_key = "org/resource-policy";

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

std::string delegate_prefix(std::string_view account) { return "org/delegate/" + std::string(account) + '/'; }

bool is_reading(std::string_view operation) { return operation.starts_with("Describe") || operation.starts_with("List"); }

ApiResult<Document> find_resource_policy(const Call& call) {
  Document policy = call.transaction.get(resource_policy_key);
  if (policy == nullptr) return api_error("ResourcePolicyNotFoundException", "We can't find a resource policy request with the parameter that you specified.");
  return policy;
}

Json answer(const Call& call, const Json& policy) {
  return Json::object({{"ResourcePolicy", Json::object({{"ResourcePolicySummary", Json::object({{"Id", policy.str("Id")}, {"Arn", policy.str("Arn")}})}, {"Content", service::shown(policy["policy"], policy::Kind::resource, call.estate)}})}});
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
  RW_TRY(const Document stored, organization(call));
  if (auto fault = fault_in_content(call.input.text("Content"))) return std::unexpected(*fault);
  if (auto fault = fault_in_tags(call.input["Tags"])) return std::unexpected(*fault);
  Result<Json> bound = service::bound(call.input.text("Content"), policy::Kind::resource, call.estate);
  if (!bound) return api_error("InvalidInputException", "The resource policy is not valid: it names the principal `" + bound.error().message + "`, which does not exist.");
  const Document before = call.transaction.get(resource_policy_key);
  if (before != nullptr && !call.input["Tags"].items().empty()) return api_error("InvalidInputException", "Tags can be given only when the resource policy is made.");
  const std::string id = before != nullptr ? before->str("Id") : "rp-" + random_text(call.environment.random, small_alphabet, 8);
  Json policy = Json::object({{"Id", id},
                              {"Arn", directory::organization_arn(stored->text("MasterAccountId"), "resourcepolicy", stored->str("Id") + '/' + id)},
                              {"policy", *std::move(bound)},
                              {"Tags", before != nullptr ? (*before)["Tags"] : service::json_of(service::tags_of(call.input["Tags"]))}});
  call.transaction.put(resource_policy_key, policy);
  return answer(call, policy);
}

ApiResult<Json> describe_resource_policy(const Call& call) {
  RW_TRY(const Document policy, find_resource_policy(call));
  return answer(call, *policy);
}

ApiResult<Json> delete_resource_policy(const Call& call) {
  RW_DO(find_resource_policy(call));
  call.transaction.erase(resource_policy_key);
  return Json::object();
}

bool is_service_principal(std::string_view name) {
  constexpr std::string_view suffix = ".amazonaws.com";
  return name.size() > suffix.size() && name.size() <= 128 && name.ends_with(suffix) && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
         });
}

// The stored delegation that the input names, or its key in the error's place.
ApiResult<std::string> delegation_key(const Call& call) {
  RW_TRY(const Document stored, organization(call));
  RW_TRY(const Node account, find_account(call, call.input.text("AccountId")));
  const std::string service = call.input.str("ServicePrincipal");
  if (!is_service_principal(service)) return api_error("InvalidInputException", "You specified a service principal that is not valid: `" + service + "`.");
  if (account.id == stored->text("MasterAccountId")) {
    return api_error("ConstraintViolationException", "You can't register the management account of the organization as a delegated administrator.");
  }
  return delegate_prefix(account.id) + service;
}

ApiResult<Json> register_administrator(const Call& call) {
  RW_TRY(const std::string key, delegation_key(call));
  if (call.transaction.contains(key)) return api_error("AccountAlreadyRegisteredException", "The provided account is already a delegated administrator for your organization.");
  call.transaction.put(key, Json::object({{"ServicePrincipal", call.input.str("ServicePrincipal")}, {"DelegationEnabledDate", text::to_millis(call.now)}}));
  return Json::object();
}

ApiResult<Json> deregister_administrator(const Call& call) {
  RW_TRY(const std::string key, delegation_key(call));
  if (!call.transaction.contains(key)) return api_error("AccountNotRegisteredException", "The provided account is not a registered delegated administrator for your organization.");
  call.transaction.erase(key);
  return Json::object();
}

ApiResult<Json> list_administrators(const Call& call) {
  const std::string_view service = call.input.text("ServicePrincipal");
  std::set<std::string> seen;
  std::vector<Listed> items;
  for (const store::Entry& entry : call.transaction.list("org/delegate/")) {
    if (!service.empty() && entry.document->text("ServicePrincipal") != service) continue;
    const std::string id = entry.key.substr(13, 12);
    const std::optional<Node> account = find_node(call, id);
    if (!account || !seen.insert(id).second) continue;
    Json item = *account->document;
    item.set("DelegationEnabledDate", (*entry.document)["DelegationEnabledDate"]);
    items.push_back({id, std::move(item)});
  }
  return page(call, std::move(items), "DelegatedAdministrators");
}

ApiResult<Json> list_services(const Call& call) {
  RW_TRY(const Node account, find_account(call, call.input.text("AccountId")));
  std::vector<Listed> items;
  for (const store::Entry& entry : call.transaction.list(delegate_prefix(account.id))) items.push_back({entry.key, *entry.document});
  if (items.empty()) return api_error("AccountNotRegisteredException", "The provided account is not a registered delegated administrator for your organization.");
  return page(call, std::move(items), "DelegatedServices");
}

std::string resource_policy_arn(const Call& call) {
  if (const Document policy = call.transaction.get(resource_policy_key)) return policy->str("Arn");
  const Document stored = call.transaction.get("org/organization");
  return directory::organization_arn(stored->text("MasterAccountId"), "resourcepolicy", stored->str("Id") + "/rp-*");
}

void add_service(const Call& call, policy::Context& context) {
  if (call.input.contains("ServicePrincipal")) context.set("organizations:ServicePrincipal", call.input.str("ServicePrincipal"));
}

}  // namespace

ApiResult<service::ResourcePolicy> delegation_to(const Call& call, std::string_view action) {
  const auto denied = [] { return api_error("AccessDeniedException", "You don't have permissions to access this resource."); };
  const std::string_view operation = action.substr(action.find(':') + 1);
  if (!call.transaction.contains("org/account/" + call.account()) || !std::ranges::binary_search(delegatable, operation)) return denied();
  const Document policy = call.transaction.get(resource_policy_key);
  const bool may_read = is_reading(operation) && !call.transaction.list(delegate_prefix(call.account())).empty();
  if (policy == nullptr && !may_read) return denied();

  std::string text = policy != nullptr ? std::string(service::bound_text((*policy)["policy"])) : R"({"Version":"2012-10-17","Statement":[]})";
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
  for (const store::Entry& entry : call.transaction.list(delegate_prefix(account))) call.transaction.erase(entry.key);
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
