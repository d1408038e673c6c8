// Which policies are attached where.

#include "directory/documents.h"
#include "services/organizations/detail/common.h"

namespace ringwall::organizations::detail {
namespace {

ApiResult<Node> find_target(const Call& call, std::string_view id) {
  std::optional<Node> node = find_node(call, id);
  if (!node) return api_error("TargetNotFoundException", "You specified a target that doesn't exist.");
  return *std::move(node);
}

std::vector<ControlPolicy> attached_to(const Call& call, std::string_view target, std::string_view type) {
  std::vector<ControlPolicy> policies;
  for (const auto& row : tables::attachments.list(call.transaction, target)) {
    auto policy = tables::control_policies.get(call.transaction, row.parts[1]);
    if (policy && policy->summary.type == type) policies.push_back(*std::move(policy));
  }
  return policies;
}

bool is_type_enabled(const Call& call, std::string_view type) {
  return std::ranges::any_of(tables::roots.list(call.transaction), [&](const auto& row) { return directory::is_enabled(row.record, type); });
}

ApiResult<Json> attach_policy(const Call& call) {
  const std::string id = call.input.str("PolicyId");
  RW_TRY(const ControlPolicy policy, find_policy(call, id));
  RW_TRY(const Node target, find_target(call, call.input.text("TargetId")));
  const std::string_view type = policy.summary.type;
  if (!is_type_enabled(call, type)) return api_error("PolicyTypeNotEnabledException", "The specified policy type isn't currently enabled in this root.");
  if (tables::attachments.contains(call.transaction, target.id, id)) return api_error("DuplicatePolicyAttachmentException", "The selected policy is already attached to the specified target.");
  if (attached_to(call, target.id, type).size() >= policies_per_target_max) {
    return api_error("ConstraintViolationException", "You have attached the maximum number of policies of this type to the specified target: 5.");
  }
  tables::attachments.put(call.transaction, {}, target.id, id);
  return Json::object();
}

ApiResult<Json> detach_policy(const Call& call) {
  const std::string id = call.input.str("PolicyId");
  RW_TRY(const ControlPolicy policy, find_policy(call, id));
  RW_TRY(const Node target, find_target(call, call.input.text("TargetId")));
  if (!tables::attachments.contains(call.transaction, target.id, id)) return api_error("PolicyNotAttachedException", "The policy isn't attached to the specified target in the specified root.");
  if (id == directory::full_access_rcp) return api_error("ConstraintViolationException", "RCPFullAWSAccess can't be detached.");
  if (attached_to(call, target.id, policy.summary.type).size() == 1) {
    return api_error("ConstraintViolationException", "You can't remove the last policy that is attached to a root, OU or account: at least one of the type must stay attached.");
  }
  tables::attachments.erase(call.transaction, target.id, id);
  return Json::object();
}

ApiResult<Json> list_policies_for_target(const Call& call) {
  RW_TRY(const Node target, find_target(call, call.input.text("TargetId")));
  std::vector<Listed> items;
  for (const ControlPolicy& policy : attached_to(call, target.id, call.input.text("Filter"))) {
    items.push_back({policy.summary.id, records::wire_of(policy.summary)});
  }
  return page(call, std::move(items), "Policies");
}

ApiResult<Json> list_targets_for_policy(const Call& call) {
  const std::string id = call.input.str("PolicyId");
  RW_DO(find_policy(call, id));
  std::vector<Listed> items;
  for (const Node& node : nodes(call)) {
    if (!tables::attachments.contains(call.transaction, node.id, id)) continue;
    items.push_back({node.id, Json::object({{"TargetId", node.id}, {"Arn", node.arn}, {"Name", node.name}, {"Type", name_of(node.type)}})});
  }
  return page(call, std::move(items), "Targets");
}

void add_type(const Call& call, policy::Context& context) {
  if (call.input.contains("Filter")) context.set("organizations:PolicyType", call.input.str("Filter"));
  if (const auto policy = find_policy(call, call.input.text("PolicyId"))) context.set("organizations:PolicyType", policy->summary.type);
}

}  // namespace

void add_attachment_operations(Operations& operations) {
  operations.push_back({"AttachPolicy", Access::write, ask_about("organizations:AttachPolicy", {policy_in("PolicyId"), node_in("TargetId")}, add_type), attach_policy});
  operations.push_back({"DetachPolicy", Access::write, ask_about("organizations:DetachPolicy", {policy_in("PolicyId"), node_in("TargetId")}, add_type), detach_policy});
  operations.push_back({"ListPoliciesForTarget", Access::read, ask_about("organizations:ListPoliciesForTarget", {node_in("TargetId")}, add_type), list_policies_for_target});
  operations.push_back({"ListTargetsForPolicy", Access::read, ask_about("organizations:ListTargetsForPolicy", {policy_in("PolicyId")}, add_type), list_targets_for_policy});
}

}  // namespace ringwall::organizations::detail
