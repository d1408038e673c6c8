// The account as a whole: its summary, and everything in it.

#include <algorithm>

#include "directory/documents.h"
#include "services/iam/detail/common.h"

namespace ringwall::iam::detail {
namespace {

using service::Access;

// Only what this system has is counted, and only quotas that it holds to are named.
ApiResult<Json> get_account_summary(const Call& call) {
  const auto count = [&](std::string_view kind) { return call.transaction.list(directory::iam_prefix(call.account(), kind)).size(); };
  std::size_t versions = 0;
  for (const store::Entry& entry : call.transaction.list(directory::iam_prefix(call.account(), "policy"))) versions += (*entry.document)["versions"].items().size();
  Json map = Json::object({{"Users", count("user")},
                           {"UsersQuota", user_kind.count_max},
                           {"Groups", count("group")},
                           {"GroupsQuota", group_kind.count_max},
                           {"Roles", count("role")},
                           {"RolesQuota", role_kind.count_max},
                           {"Policies", count("policy")},
                           {"PoliciesQuota", policies_max},
                           {"PolicyVersionsInUse", versions},
                           {"VersionsPerPolicyQuota", policy_versions_max},
                           {"PolicySizeQuota", policy::characters_max(policy::Kind::identity)},
                           {"AssumeRolePolicySizeQuota", policy::characters_max(policy::Kind::trust)},
                           {"UserPolicySizeQuota", user_kind.inline_characters_max},
                           {"GroupPolicySizeQuota", group_kind.inline_characters_max},
                           {"RolePolicySizeQuota", role_kind.inline_characters_max},
                           {"GroupsPerUserQuota", groups_per_user_max},
                           {"AccessKeysPerUserQuota", access_keys_max},
                           {"AttachedPoliciesPerUserQuota", attached_policies_max},
                           {"AttachedPoliciesPerGroupQuota", attached_policies_max},
                           {"AttachedPoliciesPerRoleQuota", attached_policies_max},
                           {"AccountAccessKeysPresent", 0},
                           {"AccountPasswordPresent", 0},
                           {"AccountSigningCertificatesPresent", 0},
                           {"GlobalEndpointTokenVersion", 2},  // sessions are valid in every Region
                           {"InstanceProfilesQuota", 0},       // none can be made, and none of the next
                           {"ServerCertificatesQuota", 0},
                           {"SigningCertificatesPerUserQuota", 0},
                           {"PolicyVersionsInUseQuota", policies_max * policy_versions_max},
                           {"AccountMFAEnabled", 0},
                           {"MFADevices", 0},
                           {"MFADevicesInUse", 0},
                           {"InstanceProfiles", 0},
                           {"Providers", 0},
                           {"ServerCertificates", 0}});
  return Json::object({{"SummaryMap", std::move(map)}});
}

Json attached_of(const Json& document) {
  Json list = Json::array();
  for (const Json& arn : document["attached"].items()) {
    const std::string text(arn.as_string());
    list.push(Json::object({{"PolicyName", text.substr(text.rfind('/') + 1)}, {"PolicyArn", text}}));
  }
  return list;
}

Json detail_of(const Call& call, const Kind& kind, const Json& document) {
  Json detail = document;
  Json inline_policies = Json::array();
  for (Json policy : document["inline"].items()) {
    policy.set("PolicyDocument", encoded_policy(policy.text("PolicyDocument")));
    inline_policies.push(std::move(policy));
  }
  detail.set(std::string(kind.title) + "PolicyList", std::move(inline_policies));
  detail.set("AttachedManagedPolicies", attached_of(document));
  if (&kind == &user_kind) {
    Json groups = Json::array();
    for (const store::Entry& group : list(call, group_kind)) {
      if (holds_string(document["groups"], group.document->text("GroupId"))) groups.push(group.document->str("GroupName"));
    }
    detail.set("GroupList", std::move(groups));
  }
  if (&kind == &role_kind) {
    detail.set("AssumeRolePolicyDocument", encoded_trust(call, document));
    detail.set("InstanceProfileList", Json::array());
  }
  return detail;
}

Json policy_detail_of(const Call& call, Json policy) {
  const Usage usage = usage_of(call, policy.text("Arn"));
  Json versions = Json::array();
  for (Json version : policy["versions"].items()) {
    version.set("Document", encoded_policy(version.text("Document")));
    versions.push(std::move(version));
  }
  policy.set("PolicyVersionList", std::move(versions));
  policy.set("AttachmentCount", usage.attached);
  policy.set("PermissionsBoundaryUsageCount", usage.boundary);
  return policy;
}

// The AWS managed policies that the account uses: AWS answers no others here.
std::vector<std::string> used_aws_policies(const Call& call) {
  std::vector<std::string> arns;
  const auto add = [&arns](std::string_view arn) {
    if (arn.starts_with("arn:aws:iam::aws:policy/") && std::ranges::find(arns, arn) == arns.end()) arns.emplace_back(arn);
  };
  for (const Kind* kind : all_kinds) {
    for (const store::Entry& entry : list(call, *kind)) {
      for (const Json& arn : (*entry.document)["attached"].items()) add(arn.as_string());
      add((*entry.document)["PermissionsBoundary"].text("PermissionsBoundaryArn"));
    }
  }
  return arns;
}

ApiResult<Json> get_account_authorization_details(const Call& call) {
  const Json& filter = call.input["Filter"];
  const auto wanted = [&filter](std::string_view entity) { return filter.items().empty() || holds_string(filter, entity); };
  std::vector<Listed> items;
  for (const Kind* kind : all_kinds) {
    if (!wanted(kind->title)) continue;
    for (const store::Entry& entry : list(call, *kind)) {
      items.push_back({entry.key, Json::object({{std::string(kind->title) + "DetailList", detail_of(call, *kind, *entry.document)}})});
    }
  }
  if (wanted("LocalManagedPolicy")) {
    for (const store::Entry& entry : call.transaction.list(directory::iam_prefix(call.account(), "policy"))) {
      items.push_back({entry.key, Json::object({{"Policies", policy_detail_of(call, *entry.document)}})});
    }
  }
  if (wanted("AWSManagedPolicy")) {
    for (const std::string& arn : used_aws_policies(call)) {
      RW_TRY(Json policy, find_policy(call, arn));
      items.push_back({"iam/~aws/" + arn, Json::object({{"Policies", policy_detail_of(call, std::move(policy))}})});
    }
  }
  Json page = Json::object();
  if (auto fault = put_page(call, std::move(items), "all", page)) return std::unexpected(*fault);
  Json output = Json::object({{"UserDetailList", Json::array()}, {"GroupDetailList", Json::array()}, {"RoleDetailList", Json::array()}, {"Policies", Json::array()}});
  for (const Json& item : page["all"].items()) output.edit(item.members().front().key).push(item.members().front().value);
  output.set("IsTruncated", page["IsTruncated"]);
  if (page.contains("Marker")) output.set("Marker", page["Marker"]);
  return output;
}

}  // namespace

void add_account_operations(Operations& operations) {
  operations.push_back({"GetAccountSummary", Access::read, service::ask_on_star("iam:GetAccountSummary"), get_account_summary});
  operations.push_back({"GetAccountAuthorizationDetails", Access::read, service::ask_on_star("iam:GetAccountAuthorizationDetails"), get_account_authorization_details});
}

}  // namespace ringwall::iam::detail
