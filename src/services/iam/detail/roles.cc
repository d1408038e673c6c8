// Roles and their trust policies.

#include <algorithm>

#include "catalogue/service_principals.h"
#include "directory/documents.h"
#include "policy/syntax.h"
#include "services/iam/detail/identities.h"
#include "text/glob.h"

namespace ringwall::iam::detail {
namespace {

using service::Access;

constexpr std::int64_t session_seconds_min = 3600, session_seconds_max = 43200;
constexpr std::size_t description_characters_max = 1000;

constexpr std::int64_t session_seconds_usual = 3600;

Json answer(const Call& call, const Json& role) {
  Json output = role;
  output.set("AssumeRolePolicyDocument", encoded_trust(call, role));
  return Json::object({{"Role", std::move(output)}});
}

// The actions by which somebody comes to act as a role.
constexpr std::string_view trust_actions[] = {
    "sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity",
    "sts:SetContext", "sts:SetSourceIdentity",  "sts:TagSession"};

// What the language takes in a trust policy and AWS's IAM does not: actions that assume nothing, and
// services that there are not.
std::optional<ApiError> fault_in_trust(std::string_view trust) {
  if (auto fault = fault_in_policy(trust, policy::Kind::trust)) return fault;
  const auto syntax = policy::read(trust, policy::Kind::trust);
  if (!syntax) return ApiError{"MalformedPolicyDocument", syntax.error().message};
  for (const policy::Statement& statement : syntax->statements) {
    for (const policy::Listed& action : statement.actions) {
      const text::Glob glob(action.text, text::Case::ignore);
      if (std::ranges::any_of(trust_actions, [&](std::string_view one) { return glob.matches(one); })) continue;
      return ApiError{"MalformedPolicyDocument", "AssumeRole policy may only specify STS AssumeRole actions."};
    }
    for (const policy::PrincipalName& name : statement.principals->names) {
      if (name.type != policy::PrincipalName::Type::service || catalogue::is_service_principal(name.value)) continue;
      return ApiError{"MalformedPolicyDocument", "Invalid principal in policy: \"SERVICE\":\"" + name.value + "\""};
    }
  }
  return std::nullopt;
}

std::optional<ApiError> set_trust(const Call& call, std::string_view trust, Json& role) {
  if (auto fault = fault_in_trust(trust)) return fault;
  Result<Json> bound = service::bound(trust, policy::Kind::trust, call.estate);
  if (!bound) return ApiError{"MalformedPolicyDocument", "Invalid principal in policy: \"AWS\":\"" + bound.error().message + "\""};
  role.set("trust", *std::move(bound));
  return std::nullopt;
}

// Description and MaxSessionDuration, where the input has them.
std::optional<ApiError> set_properties(const Call& call, Json& role) {
  if (call.input.contains("Description")) {
    if (call.input.text("Description").size() > description_characters_max) {
      return ApiError{"ValidationError", "1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length less than or equal to 1000", 400};
    }
    role.set("Description", call.input.str("Description"));
  }
  if (call.input.contains("MaxSessionDuration")) {
    const std::int64_t seconds = call.input["MaxSessionDuration"].as_integer();
    if (seconds < session_seconds_min || seconds > session_seconds_max) {
      return ApiError{"ValidationError", "1 validation error detected: Value '" + std::to_string(seconds) + "' at 'maxSessionDuration' must be between 3600 and 43200", 400};
    }
    role.set("MaxSessionDuration", seconds);
  }
  return std::nullopt;
}

std::optional<ApiError> unmodifiable(const Json& role) {
  if (!role["service_linked"].as_bool()) return std::nullopt;
  return ApiError{"UnmodifiableEntity", "Cannot perform the operation on the protected role '" + role.str("RoleName") +
                                            "' - this role is only modifiable by AWS"};
}

ApiResult<Json> create_role(const Call& call) {
  if (call.input.text("Path").starts_with("/aws-service-role/")) {
    return api_error("ValidationError", "Roles with path /aws-service-role/ can only be made by CreateServiceLinkedRole.", 400);
  }
  RW_TRY(Json role, make_identity(call, role_kind));
  if (auto fault = set_trust(call, call.input.text("AssumeRolePolicyDocument"), role)) return std::unexpected(*fault);
  if (auto fault = set_properties(call, role)) return std::unexpected(*fault);
  put(call, role_kind, role);
  return answer(call, role);
}

ApiResult<Json> get_role(const Call& call) {
  RW_TRY(const Document role, find_named(call, role_kind));
  Json output = *role;
  output.set("RoleLastUsed", last_used(call, *role));
  return answer(call, output);
}

ApiResult<Json> update_description(const Call& call) {
  RW_TRY(const Document stored, find_named(call, role_kind));
  Json role = *stored;
  if (auto fault = unmodifiable(role)) return std::unexpected(*fault);
  if (auto fault = set_properties(call, role)) return std::unexpected(*fault);
  put(call, role_kind, role);
  return answer(call, role);
}

// Sessions of an hour are what AWS applies where no duration is given, whatever it was before.
ApiResult<Json> update_role(const Call& call) {
  RW_TRY(const Document stored, find_named(call, role_kind));
  Json role = *stored;
  if (auto fault = unmodifiable(role)) return std::unexpected(*fault);
  role.set("MaxSessionDuration", session_seconds_usual);
  if (auto fault = set_properties(call, role)) return std::unexpected(*fault);
  put(call, role_kind, role);
  return Json::object();
}

ApiResult<Json> update_assume_role_policy(const Call& call) {
  RW_TRY(const Document stored, find_named(call, role_kind));
  Json role = *stored;
  if (auto fault = unmodifiable(role)) return std::unexpected(*fault);
  if (auto fault = set_trust(call, call.input.text("PolicyDocument"), role)) return std::unexpected(*fault);
  put(call, role_kind, std::move(role));
  return Json::object();
}

ApiResult<Json> delete_role(const Call& call) {
  RW_TRY(const Document role, find_named(call, role_kind));
  if (auto fault = unmodifiable(*role)) return std::unexpected(*fault);
  if (auto conflict = still_used(*role)) return std::unexpected(*conflict);
  call.transaction.erase(key_of(call, role_kind, role->text("RoleName")));
  directory::tables::last_uses.erase(call.transaction, role->text("RoleId"));
  return Json::object();
}

// Roles cannot be put into instance profiles here, so no role is in one.
ApiResult<Json> list_instance_profiles_for_role(const Call& call) {
  RW_TRY(const Document role, find_named(call, role_kind));
  RW_TRY([[maybe_unused]] const Place place, page_asked_for(call));
  return Json::object({{"InstanceProfiles", Json::array()}, {"IsTruncated", false}});
}

struct ServiceLinked {
  std::string_view service, role, policy_arn, description;
};
constexpr ServiceLinked service_linked_roles[] = {
    {"rds.amazonaws.com", "AWSServiceRoleForRDS", "arn:aws:iam::aws:policy/aws-service-role/AmazonRDSServiceRolePolicy",
     "Allows Amazon RDS to manage AWS resources on your behalf"},
};

const ServiceLinked* service_linked_role(std::string_view service) {
  for (const ServiceLinked& each : service_linked_roles) {
    if (each.service == service) return &each;
  }
  return nullptr;
}

std::string service_role_path(std::string_view service) { return "/aws-service-role/" + std::string(service) + '/'; }

ApiResult<Json> create_service_linked_role(const Call& call) {
  const std::string service = call.input.str("AWSServiceName");
  const ServiceLinked* kind = service_linked_role(service);
  if (kind == nullptr) return api_error("InvalidInput", "Service " + service + " does not have a service-linked role here.");
  if (call.input.contains("CustomSuffix")) return api_error("InvalidInput", "Custom suffix is not allowed for " + service);
  const std::string name(kind->role);
  if (call.transaction.contains(key_of(call, role_kind, name))) {
    return api_error("InvalidInput", "Service role name " + name + " has been taken in this account, please try a different suffix.");
  }
  const std::string trust = R"({"Version":"2012-10-17","Statement":[{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"Service":[")" + service + R"("]}}]})";
  Json role = directory::new_role(call.environment, call.account(), service_role_path(service), name, service::bound_own(trust), call.now);
  role.set("Description", call.input.text("Description", kind->description));
  role.edit("attached").push(kind->policy_arn);
  role.set("service_linked", true);
  put(call, role_kind, role);
  return answer(call, role);
}

Ask ask_to_link_service() {
  return [](const Call& call) -> ApiResult<Questions> {
    const std::string service = call.input.str("AWSServiceName");
    const ServiceLinked* kind = service_linked_role(service);
    Question question{.action = "iam:CreateServiceLinkedRole",
                      .resource = arn_of(call, role_kind, service_role_path(service), kind == nullptr ? "*" : kind->role),
                      .resource_account = call.account()};
    question.context.set("iam:AWSServiceName", service);
    return Questions{.all = {std::move(question)}};
  };
}

}  // namespace

void add_role_operations(Operations& operations) {
  const auto add_keys = [](const Call& call, policy::Context& context) {
    add_request_tags(call, context);
    add_requested_boundary(call, context);
  };
  operations.push_back({"CreateRole", Access::write, ask_to_make("iam:CreateRole", "role", "RoleName", add_keys), create_role});
  operations.push_back({"GetRole", Access::read, ask_about("iam:GetRole", role_kind), get_role});
  operations.push_back({"ListRoles", Access::read, ask_to_list("iam:ListRoles", "role"), list_identities(role_kind)});
  operations.push_back({"UpdateRole", Access::write, ask_about("iam:UpdateRole", role_kind), update_role});
  operations.push_back(
      {"UpdateRoleDescription", Access::write, ask_about("iam:UpdateRoleDescription", role_kind), update_description});
  operations.push_back({"UpdateAssumeRolePolicy", Access::write, ask_about("iam:UpdateAssumeRolePolicy", role_kind), update_assume_role_policy});
  operations.push_back({"DeleteRole", Access::write, ask_about("iam:DeleteRole", role_kind), delete_role});
  operations.push_back({"ListInstanceProfilesForRole", Access::read, ask_about("iam:ListInstanceProfilesForRole", role_kind), list_instance_profiles_for_role});
  operations.push_back({"CreateServiceLinkedRole", Access::write, ask_to_link_service(), create_service_linked_role});
}

}  // namespace ringwall::iam::detail
