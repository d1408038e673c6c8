// Service and resource control policies.

#include <algorithm>

#include "directory/documents.h"
#include "services/organizations/detail/common.h"

namespace ringwall::organizations::detail {
namespace {

constexpr std::string_view small_alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::size_t policy_name_characters_max = 128, description_characters_max = 512;

bool is_supported(std::string_view type) { return type == directory::scp_type || type == directory::rcp_type; }
ApiError unsupported(std::string_view type) {
  return {"InvalidInputException", "Policies of type `" + std::string(type) + "` are not supported: use SERVICE_CONTROL_POLICY or RESOURCE_CONTROL_POLICY."};
}

std::optional<ApiError> fault_in_content(std::string_view content, std::string_view type) {
  const policy::Kind kind = type == directory::scp_type ? policy::Kind::scp : policy::Kind::rcp;
  const Result<policy::DocumentPtr> compiled = policy::compile(content, kind);
  if (compiled) return std::nullopt;
  if (compiled.error().kind == Failure::exhausted) {
    return ApiError{"ConstraintViolationException", "You have exceeded the allowed size of a policy: " + compiled.error().message};
  }
  return ApiError{"MalformedPolicyDocumentException", compiled.error().message};
}

std::optional<ApiError> fault_in_name(const Call& call, std::string_view name, std::string_view type, std::string_view self) {
  if (name.empty() || name.size() > policy_name_characters_max) return ApiError{"InvalidInputException", "A policy's name has 1 to 128 characters."};
  std::size_t count = 0;
  for (const auto& row : tables::control_policies.list(call.transaction)) {
    const directory::PolicySummary& summary = row.record.summary;
    if (summary.type != type || summary.id == self) continue;
    ++count;
    if (summary.name == name) return ApiError{"DuplicatePolicyException", "A policy with the same name already exists."};
  }
  if (count >= policies_max) return ApiError{"ConstraintViolationException", "You have exceeded the number of policies that you can have in an organization."};
  return std::nullopt;
}

std::optional<ApiError> immutable(const ControlPolicy& policy) {
  if (!policy.summary.is_aws_managed) return std::nullopt;
  return ApiError{"InvalidInputException", "You specified a policy that is managed by AWS and can't be modified."};
}

Json answer(const ControlPolicy& policy) { return Json::object({{"Policy", records::wire_of(policy)}}); }

ApiResult<Json> create_policy(const Call& call) {
  RW_TRY(const StoredOrganization stored, organization(call));
  const std::string type = call.input.str("Type"), name = call.input.str("Name"), description = call.input.str("Description");
  if (!is_supported(type)) return std::unexpected(unsupported(type));
  if (auto fault = fault_in_name(call, name, type, "")) return std::unexpected(*fault);
  if (description.size() > description_characters_max) return api_error("InvalidInputException", "A policy's description has at most 512 characters.");
  if (auto fault = fault_in_tags(call.input["Tags"])) return std::unexpected(*fault);
  if (auto fault = fault_in_content(call.input.text("Content"), type)) return std::unexpected(*fault);

  const std::string id = "p-" + random_text(call.environment.random, small_alphabet, 8);
  const std::string kind = type == directory::scp_type ? "/service_control_policy/" : "/resource_control_policy/";
  const ControlPolicy policy{.summary = {.id = id,
                                         .arn = directory::organization_arn(stored.management_account, "policy", stored.id + kind + id),
                                         .name = name,
                                         .description = description,
                                         .type = type},
                             .content = call.input.str("Content"),
                             .tags = service::tags_of(call.input["Tags"])};
  tables::control_policies.put(call.transaction, policy, id);
  return answer(policy);
}

ApiResult<Json> describe_policy(const Call& call) {
  RW_TRY(const ControlPolicy policy, find_policy(call, call.input.text("PolicyId")));
  return answer(policy);
}

ApiResult<Json> update_policy(const Call& call) {
  RW_TRY(ControlPolicy policy, find_policy(call, call.input.text("PolicyId")));
  if (auto fault = immutable(policy)) return std::unexpected(*fault);
  directory::PolicySummary& summary = policy.summary;
  if (call.input.contains("Name")) {
    if (auto fault = fault_in_name(call, call.input.text("Name"), summary.type, summary.id)) return std::unexpected(*fault);
    summary.name = call.input.str("Name");
  }
  if (call.input.contains("Description")) {
    if (call.input.text("Description").size() > description_characters_max) return api_error("InvalidInputException", "A policy's description has at most 512 characters.");
    summary.description = call.input.str("Description");
  }
  if (call.input.contains("Content")) {
    if (auto fault = fault_in_content(call.input.text("Content"), summary.type)) return std::unexpected(*fault);
    policy.content = call.input.str("Content");
  }
  tables::control_policies.put(call.transaction, policy, summary.id);
  return answer(policy);
}

ApiResult<Json> delete_policy(const Call& call) {
  const std::string id = call.input.str("PolicyId");
  RW_TRY(const ControlPolicy policy, find_policy(call, id));
  if (auto fault = immutable(policy)) return std::unexpected(*fault);
  for (const auto& row : tables::attachments.list(call.transaction)) {
    if (row.parts[1] == id) {
      return api_error("PolicyInUseException", "The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts before performing this operation.");
    }
  }
  tables::control_policies.erase(call.transaction, id);
  return Json::object();
}

ApiResult<Json> list_policies(const Call& call) {
  std::vector<Listed> items;
  for (const auto& row : tables::control_policies.list(call.transaction)) {
    if (row.record.summary.type == call.input.text("Filter")) items.push_back({row.record.summary.id, records::wire_of(row.record.summary)});
  }
  return page(call, std::move(items), "Policies");
}

// Sets whether the type is enabled at the root; false: it was so already.
bool set_enabled(directory::Root& root, std::string_view type, bool enabled) {
  if (directory::is_enabled(root, type) == enabled) return false;
  std::erase_if(root.policy_types, [&](const directory::PolicyType& each) { return each.type == type; });
  if (enabled) root.policy_types.push_back({.type = std::string(type)});
  return true;
}

ApiResult<Json> enable_policy_type(const Call& call) {
  const std::string type = call.input.str("PolicyType");
  RW_TRY(Node root, find_root(call, call.input.text("RootId")));
  if (!is_supported(type)) return std::unexpected(unsupported(type));
  if (!set_enabled(std::get<directory::Root>(root.record), type, true)) {
    return api_error("PolicyTypeAlreadyEnabledException", "The specified policy type is already enabled in the specified root.");
  }
  put(call, root);
  for (const Node& node : nodes(call)) tables::attachments.put(call.transaction, {}, node.id, directory::full_access_policy(type));
  return Json::object({{"Root", root.shown()}});
}

ApiResult<Json> disable_policy_type(const Call& call) {
  const std::string type = call.input.str("PolicyType");
  RW_TRY(Node root, find_root(call, call.input.text("RootId")));
  if (!is_supported(type)) return std::unexpected(unsupported(type));
  if (!set_enabled(std::get<directory::Root>(root.record), type, false)) {
    return api_error("PolicyTypeNotEnabledException", "The specified policy type isn't currently enabled in this root.");
  }
  put(call, root);
  for (const auto& [parts, attachment] : tables::attachments.list(call.transaction)) {
    const auto policy = tables::control_policies.get(call.transaction, parts[1]);
    if (!policy || policy->summary.type == type) tables::attachments.erase(call.transaction, parts[0], parts[1]);
  }
  return Json::object({{"Root", root.shown()}});
}

void add_type(const Call& call, policy::Context& context) {
  for (const char* member : {"Type", "Filter", "PolicyType"}) {
    if (call.input.contains(member)) context.set("organizations:PolicyType", call.input.str(member));
  }
}

void add_type_of_policy(const Call& call, policy::Context& context) {
  if (const auto policy = find_policy(call, call.input.text("PolicyId"))) {
    context.set("organizations:PolicyType", policy->summary.type);
    service::add_resource_tags(context, policy->tags);
  }
}

}  // namespace

void add_policy_operations(Operations& operations) {
  const auto add_new = [](const Call& call, policy::Context& context) {
    add_type(call, context);
    add_request_tags(call, context);
  };
  operations.push_back({"CreatePolicy", Access::write, ask_on_star("organizations:CreatePolicy", add_new), create_policy});
  operations.push_back({"DescribePolicy", Access::read, ask_about("organizations:DescribePolicy", {policy_in("PolicyId")}, add_type_of_policy), describe_policy});
  operations.push_back({"UpdatePolicy", Access::write, ask_about("organizations:UpdatePolicy", {policy_in("PolicyId")}, add_type_of_policy), update_policy});
  operations.push_back({"DeletePolicy", Access::write, ask_about("organizations:DeletePolicy", {policy_in("PolicyId")}, add_type_of_policy), delete_policy});
  operations.push_back({"ListPolicies", Access::read, ask_on_star("organizations:ListPolicies", add_type), list_policies});
  operations.push_back({"EnablePolicyType", Access::write, ask_about("organizations:EnablePolicyType", {node_in("RootId")}, add_type), enable_policy_type});
  operations.push_back({"DisablePolicyType", Access::write, ask_about("organizations:DisablePolicyType", {node_in("RootId")}, add_type), disable_policy_type});
}

}  // namespace ringwall::organizations::detail
