// The questions that IAM's operations ask: the action on the identity's or policy's own ARN, with
// the tags and the permissions boundary that are stored with it. An identity that does not exist
// is asked about by the ARN it would have without a path: permission comes before existence.

#include "directory/documents.h"
#include "services/iam/detail/common.h"

namespace ringwall::iam::detail {
namespace {

ApiResult<Questions> one(const Call& call, const std::string& action, std::string resource, policy::Context context) {
  Questions questions;
  questions.all.push_back({.action = action, .resource = std::move(resource), .resource_account = call.account(), .context = std::move(context)});
  return questions;
}

ApiResult<Questions> about(const Call& call, const std::string& action, const Kind& kind, const std::string& name, const AddKeys& add) {
  policy::Context context;
  const ApiResult<Document> stored = find(call, kind, name);
  if (!stored && stored.error().code != "NoSuchEntity") return std::unexpected(stored.error());
  if (stored) add_stored_keys(context, **stored);
  if (add) add(call, context);
  return one(call, action, stored ? (*stored)->str("Arn") : arn_of(call, kind, "/", name), std::move(context));
}

}  // namespace

void add_stored_keys(policy::Context& context, const Json& document) {
  const estate::Tags tags = service::tags_of(document["Tags"]);
  service::add_resource_tags(context, tags);
  for (const auto& [key, value] : tags) context.set("iam:ResourceTag/" + key, value);
  if (document.contains("PermissionsBoundary")) context.set("iam:PermissionsBoundary", document["PermissionsBoundary"].str("PermissionsBoundaryArn"));
}

Ask ask_about(std::string action, const Kind& kind, AddKeys add) {
  return [action = std::move(action), &kind, add = std::move(add)](const Call& call) { return about(call, action, kind, call.input.str(kind.name_member), add); };
}

Ask ask_about_user_or_self(std::string action) {
  return [action = std::move(action)](const Call& call) -> ApiResult<Questions> {
    if (!call.input.contains("UserName") && call.caller.principal.type == policy::Principal::Type::root) return one(call, action, call.caller.principal.arn, {});
    RW_TRY(const std::string name, user_or_self(call));
    return about(call, action, user_kind, name, {});
  };
}

Ask ask_about_policy(std::string action, AddKeys add) {
  return [action = std::move(action), add = std::move(add)](const Call& call) -> ApiResult<Questions> {
    policy::Context context;
    if (const ApiResult<Json> policy = find_policy(call, call.input.text("PolicyArn"))) add_stored_keys(context, *policy);
    if (add) add(call, context);
    return one(call, action, call.input.str("PolicyArn"), std::move(context));
  };
}

Ask ask_to_make(std::string action, std::string_view noun, std::string_view name_member, AddKeys add) {
  return [action = std::move(action), noun, name_member, add = std::move(add)](const Call& call) -> ApiResult<Questions> {
    policy::Context context;
    if (add) add(call, context);
    return one(call, action, directory::iam_arn(call.account(), noun, call.input.text("Path", "/"), call.input.text(name_member)), std::move(context));
  };
}

Ask ask_to_list(std::string action, std::string_view noun) {
  return [action = std::move(action), noun](const Call& call) -> ApiResult<Questions> {
    return one(call, action, directory::iam_arn(call.account(), noun, call.input.text("PathPrefix", "/"), ""), {});
  };
}

void add_request_tags(const Call& call, policy::Context& context) { service::add_request_tags(context, service::tags_of(call.input["Tags"])); }
void add_policy_arn(const Call& call, policy::Context& context) { context.set("iam:PolicyARN", call.input.str("PolicyArn")); }
void add_requested_boundary(const Call& call, policy::Context& context) {
  if (call.input.contains("PermissionsBoundary")) context.set("iam:PermissionsBoundary", call.input.str("PermissionsBoundary"));
}

}  // namespace ringwall::iam::detail
