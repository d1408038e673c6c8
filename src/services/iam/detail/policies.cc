// Customer managed policies and their versions; AWS's own, to read.

#include <algorithm>

#include "directory/documents.h"
#include "directory/managed_policies.h"
#include "services/iam/detail/common.h"
#include "text/time.h"

namespace ringwall::iam::detail {
namespace {

using service::Access;

Json answer(const Call& call, Json policy) {
  const Usage usage = usage_of(call, policy.text("Arn"));
  policy.set("AttachmentCount", usage.attached);
  policy.set("PermissionsBoundaryUsageCount", usage.boundary);
  return policy;
}

Json new_version(const Call& call, std::int64_t number, bool is_default, std::string_view document) {
  return Json::object({{"VersionId", "v" + std::to_string(number)},
                       {"IsDefaultVersion", is_default},
                       {"CreateDate", text::to_millis(call.now)},
                       {"Document", document}});
}

void make_default(Json& policy, std::string_view version_id, TimePoint now) {
  policy.set("DefaultVersionId", version_id);
  policy.set("UpdateDate", text::to_millis(now));
  for (Json& version : policy.edit("versions").edit_items()) version.set("IsDefaultVersion", version.text("VersionId") == version_id);
}

ApiError no_such_version(std::string_view arn, std::string_view version_id) {
  return {"NoSuchEntity", "Policy " + std::string(arn) + " version " + std::string(version_id) + " does not exist or is not attachable."};
}

ApiResult<Json> create_policy(const Call& call) {
  const std::string name = call.input.str("PolicyName");
  const std::string path(call.input.text("Path", "/"));
  if (auto fault = fault_in_name("policyName", name, policy_name_characters_max)) return std::unexpected(*fault);
  if (auto fault = fault_in_path(path)) return std::unexpected(*fault);
  if (auto fault = fault_in_tags(call.input["Tags"])) return std::unexpected(*fault);
  if (auto fault = fault_in_managed_policy(call.input.text("PolicyDocument"))) return std::unexpected(*fault);
  const std::string key = directory::iam_key(call.account(), "policy", name);
  if (call.transaction.contains(key)) return api_error("EntityAlreadyExists", "A policy called " + name + " already exists. Duplicate names are not allowed.");
  if (call.transaction.list(directory::iam_prefix(call.account(), "policy")).size() >= policies_max) return std::unexpected(limit_exceeded("PoliciesPerAccount", policies_max));

  const std::int64_t now = text::to_millis(call.now);
  Json policy = Json::object({{"PolicyName", name},
                              {"PolicyId", unique_id(call.environment.random, "ANPA")},
                              {"Arn", directory::iam_arn(call.account(), "policy", path, name)},
                              {"Path", path},
                              {"DefaultVersionId", "v1"},
                              {"IsAttachable", true},
                              {"CreateDate", now},
                              {"UpdateDate", now},
                              {"Tags", service::json_of(service::tags_of(call.input["Tags"]))},
                              {"versions", Json::array({new_version(call, 1, true, call.input.text("PolicyDocument"))})},
                              {"next_version", 2}});
  if (call.input.contains("Description")) policy.set("Description", call.input.str("Description"));
  call.transaction.put(key, policy);
  policy.erase("Description");  // CreatePolicy's answer does not have it
  if (policy["Tags"].items().empty()) policy.erase("Tags");
  return Json::object({{"Policy", answer(call, std::move(policy))}});
}

ApiResult<Json> get_policy(const Call& call) {
  RW_TRY(Json policy, find_policy(call, call.input.text("PolicyArn")));
  return Json::object({{"Policy", answer(call, std::move(policy))}});
}

ApiResult<Json> list_policies(const Call& call) {
  const std::string_view scope = call.input.text("Scope", "All");
  const std::string_view prefix = call.input.text("PathPrefix", "/");
  const std::string_view filter = call.input.text("PolicyUsageFilter");
  if (auto fault = fault_in_prefix(prefix)) return std::unexpected(*fault);

  std::vector<std::string> arns;
  if (scope != "AWS") {
    for (const store::Entry& entry : call.transaction.list(directory::iam_prefix(call.account(), "policy"))) arns.push_back(entry.document->str("Arn"));
  }
  if (scope != "Local") {
    for (const directory::ManagedPolicy& policy : directory::managed_policies()) arns.emplace_back(policy.arn);
  }
  std::vector<Listed> items;
  for (const std::string& arn : arns) {
    RW_TRY(Json policy, find_policy(call, arn));
    if (!policy.text("Path").starts_with(prefix)) continue;
    policy = answer(call, std::move(policy));
    const bool is_attached = policy["AttachmentCount"].as_integer() > 0, is_boundary = policy["PermissionsBoundaryUsageCount"].as_integer() > 0;
    if (call.input["OnlyAttached"].as_bool() && !is_attached && !is_boundary) continue;
    if (filter == "PermissionsPolicy" && !is_attached) continue;
    if (filter == "PermissionsBoundary" && !is_boundary) continue;
    policy.erase("Tags");
    policy.erase("Description");
    items.push_back({arn, std::move(policy)});
  }
  Json output = Json::object();
  if (auto fault = put_page(call, std::move(items), "Policies", output)) return std::unexpected(*fault);
  return output;
}

ApiResult<Json> delete_policy(const Call& call) {
  const std::string arn = call.input.str("PolicyArn");
  RW_TRY(const std::string key, own_policy_key(call, arn));
  RW_TRY(const Json policy, find_policy(call, arn));
  const Usage usage = usage_of(call, arn);
  if (usage.attached + usage.boundary > 0) return api_error("DeleteConflict", "Cannot delete a policy attached to entities.");
  if (policy["versions"].items().size() > 1) {
    return api_error("DeleteConflict", "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.");
  }
  call.transaction.erase(key);
  return Json::object();
}

ApiResult<Json> create_policy_version(const Call& call) {
  const std::string arn = call.input.str("PolicyArn");
  RW_TRY(const std::string key, own_policy_key(call, arn));
  RW_TRY(Json policy, find_policy(call, arn));
  if (auto fault = fault_in_managed_policy(call.input.text("PolicyDocument"))) return std::unexpected(*fault);
  if (policy["versions"].items().size() >= policy_versions_max) {
    return api_error("LimitExceeded", "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.");
  }
  const std::int64_t number = policy["next_version"].as_integer();
  Json version = new_version(call, number, false, call.input.text("PolicyDocument"));
  policy.set("next_version", number + 1);
  policy.edit("versions").push(version);
  if (call.input["SetAsDefault"].as_bool()) {
    make_default(policy, version.text("VersionId"), call.now);
    version.set("IsDefaultVersion", true);
  }
  call.transaction.put(key, std::move(policy));
  version.erase("Document");  // CreatePolicyVersion's answer does not have it
  return Json::object({{"PolicyVersion", std::move(version)}});
}

ApiResult<Json> get_policy_version(const Call& call) {
  RW_TRY(const Json policy, find_policy(call, call.input.text("PolicyArn")));
  const Json* version = version_of(policy, call.input.text("VersionId"));
  if (version == nullptr) return std::unexpected(no_such_version(policy.text("Arn"), call.input.text("VersionId")));
  Json output = *version;
  output.set("Document", encoded_policy(version->text("Document")));
  return Json::object({{"PolicyVersion", std::move(output)}});
}

ApiResult<Json> list_policy_versions(const Call& call) {
  RW_TRY(const Json policy, find_policy(call, call.input.text("PolicyArn")));
  std::vector<Listed> items;
  for (Json version : policy["versions"].items()) {
    // Newest first, as AWS lists them: the order's key counts down.
    const std::uint64_t number = std::strtoull(version.str("VersionId").c_str() + 1, nullptr, 10);
    std::string order = std::to_string(UINT64_MAX - number);
    version.erase("Document");
    items.push_back({std::move(order), std::move(version)});
  }
  Json output = Json::object();
  if (auto fault = put_page(call, std::move(items), "Versions", output)) return std::unexpected(*fault);
  return output;
}

ApiResult<Json> set_default_policy_version(const Call& call) {
  const std::string arn = call.input.str("PolicyArn");
  RW_TRY(const std::string key, own_policy_key(call, arn));
  RW_TRY(Json policy, find_policy(call, arn));
  if (version_of(policy, call.input.text("VersionId")) == nullptr) return std::unexpected(no_such_version(arn, call.input.text("VersionId")));
  make_default(policy, call.input.text("VersionId"), call.now);
  call.transaction.put(key, std::move(policy));
  return Json::object();
}

ApiResult<Json> delete_policy_version(const Call& call) {
  const std::string arn = call.input.str("PolicyArn");
  RW_TRY(const std::string key, own_policy_key(call, arn));
  RW_TRY(Json policy, find_policy(call, arn));
  const std::string id = call.input.str("VersionId");
  if (version_of(policy, id) == nullptr) return std::unexpected(no_such_version(arn, id));
  if (policy.text("DefaultVersionId") == id) return api_error("DeleteConflict", "Cannot delete the default version of a policy.");
  std::erase_if(policy.edit("versions").edit_items(), [&](const Json& version) { return version.text("VersionId") == id; });
  call.transaction.put(key, std::move(policy));
  return Json::object();
}

ApiResult<Json> list_entities_for_policy(const Call& call) {
  const std::string arn = call.input.str("PolicyArn");
  RW_TRY(const Json policy, find_policy(call, arn));
  const std::string_view prefix = call.input.text("PathPrefix", "/");
  const std::string_view entity = call.input.text("EntityFilter"), usage = call.input.text("PolicyUsageFilter");
  if (auto fault = fault_in_prefix(prefix)) return std::unexpected(*fault);
  if (entity == "AWSManagedPolicy" || entity == "LocalManagedPolicy") return api_error("InvalidInput", "EntityFilter must be User, Role or Group.");

  std::vector<Listed> items;
  for (const Kind* kind : all_kinds) {
    if (!entity.empty() && entity != kind->title) continue;
    for (const store::Entry& entry : list(call, *kind)) {
      const Json& document = *entry.document;
      const bool is_attached = usage != "PermissionsBoundary" && holds_string(document["attached"], arn);
      const bool is_boundary = usage != "PermissionsPolicy" && document["PermissionsBoundary"].text("PermissionsBoundaryArn") == arn;
      if ((!is_attached && !is_boundary) || !document.text("Path").starts_with(prefix)) continue;
      items.push_back({entry.key, document});
    }
  }
  Json page = Json::object();
  if (auto fault = put_page(call, std::move(items), "all", page)) return std::unexpected(*fault);
  Json output = Json::object({{"PolicyGroups", Json::array()}, {"PolicyUsers", Json::array()}, {"PolicyRoles", Json::array()}});
  for (const Json& item : page["all"].items()) {
    const std::string_view member = item.contains("UserName") ? "PolicyUsers" : item.contains("GroupName") ? "PolicyGroups" : "PolicyRoles";
    output.edit(member).push(item);
  }
  output.set("IsTruncated", page["IsTruncated"]);
  if (page.contains("Marker")) output.set("Marker", page["Marker"]);
  return output;
}

}  // namespace

void add_policy_operations(Operations& operations) {
  operations.push_back({"CreatePolicy", Access::write, ask_to_make("iam:CreatePolicy", "policy", "PolicyName", add_request_tags), create_policy});
  operations.push_back({"GetPolicy", Access::read, ask_about_policy("iam:GetPolicy"), get_policy});
  operations.push_back({"ListPolicies", Access::read, service::ask_on_star("iam:ListPolicies"), list_policies});
  operations.push_back({"DeletePolicy", Access::write, ask_about_policy("iam:DeletePolicy"), delete_policy});
  operations.push_back({"CreatePolicyVersion", Access::write, ask_about_policy("iam:CreatePolicyVersion"), create_policy_version});
  operations.push_back({"GetPolicyVersion", Access::read, ask_about_policy("iam:GetPolicyVersion"), get_policy_version});
  operations.push_back({"ListPolicyVersions", Access::read, ask_about_policy("iam:ListPolicyVersions"), list_policy_versions});
  operations.push_back({"SetDefaultPolicyVersion", Access::write, ask_about_policy("iam:SetDefaultPolicyVersion"), set_default_policy_version});
  operations.push_back({"DeletePolicyVersion", Access::write, ask_about_policy("iam:DeletePolicyVersion"), delete_policy_version});
  operations.push_back({"ListEntitiesForPolicy", Access::read, ask_about_policy("iam:ListEntitiesForPolicy"), list_entities_for_policy});
}

}  // namespace ringwall::iam::detail
