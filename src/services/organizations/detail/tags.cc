// Tags on roots, units, accounts and policies.

#include <algorithm>

#include "services/organizations/detail/common.h"

namespace ringwall::organizations::detail {
namespace {

using Tagged = std::variant<Node, ControlPolicy>;

Tags& tags_of(Tagged& tagged) {
  Node* node = std::get_if<Node>(&tagged);
  return node != nullptr ? node->tags() : std::get<ControlPolicy>(tagged).tags;
}

void put(const Call& call, const Tagged& tagged) {
  if (const Node* node = std::get_if<Node>(&tagged)) return detail::put(call, *node);
  const ControlPolicy& policy = std::get<ControlPolicy>(tagged);
  tables::control_policies.put(call.transaction, policy, policy.summary.id);
}

ApiResult<Tagged> find_tagged(const Call& call) {
  const std::string_view id = call.input.text("ResourceId");
  if (std::optional<Node> node = find_node(call, id)) return *std::move(node);
  ApiResult<ControlPolicy> policy = find_policy(call, id);
  if (!policy) return api_error("TargetNotFoundException", "You specified a target that doesn't exist.");
  if (policy->summary.is_aws_managed) return api_error("InvalidInputException", "You specified a policy that is managed by AWS and can't be modified.");
  return *std::move(policy);
}

ApiResult<Json> tag_resource(const Call& call) {
  RW_TRY(Tagged tagged, find_tagged(call));
  if (auto fault = fault_in_tags(call.input["Tags"])) return std::unexpected(*fault);
  Tags& tags = tags_of(tagged);
  for (auto& [key, value] : service::tags_of(call.input["Tags"])) tags.insert_or_assign(key, value);
  if (tags.size() > service::tags_max) return api_error("ConstraintViolationException", "You have exceeded the number of tags that a resource can have: 50.");
  put(call, tagged);
  return Json::object();
}

ApiResult<Json> untag_resource(const Call& call) {
  RW_TRY(Tagged tagged, find_tagged(call));
  for (const Json& key : call.input["TagKeys"].items()) tags_of(tagged).erase(std::string(key.as_string()));
  put(call, tagged);
  return Json::object();
}

ApiResult<Json> list_tags(const Call& call) {
  RW_TRY(Tagged tagged, find_tagged(call));
  std::vector<Listed> items;
  for (const auto& [key, value] : tags_of(tagged)) items.push_back({key, Json::object({{"Key", key}, {"Value", value}})});
  return page(call, std::move(items), "Tags");
}

std::string tagged_arn(const Call& call) {
  return call.input.text("ResourceId").starts_with("p-") ? policy_in("ResourceId")(call) : node_in("ResourceId")(call);
}

void add_tag_keys(const Call& call, policy::Context& context) {
  std::vector<std::string> keys;
  for (const Json& key : call.input["TagKeys"].items()) keys.emplace_back(key.as_string());
  context.set("aws:TagKeys", std::move(keys));
}

}  // namespace

void add_tag_operations(Operations& operations) {
  operations.push_back({"TagResource", Access::write, ask_about("organizations:TagResource", {tagged_arn}, add_request_tags), tag_resource});
  operations.push_back({"UntagResource", Access::write, ask_about("organizations:UntagResource", {tagged_arn}, add_tag_keys), untag_resource});
  operations.push_back({"ListTagsForResource", Access::read, ask_about("organizations:ListTagsForResource", {tagged_arn}), list_tags});
}

}  // namespace ringwall::organizations::detail
