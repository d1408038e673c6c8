// Managed policies attached to users, groups and roles.

#include "services/iam/detail/common.h"

namespace ringwall::iam::detail {
namespace {

using service::Access;

std::optional<ApiError> unmodifiable(const Json& document) {
  if (!document["service_linked"].as_bool()) return std::nullopt;
  return ApiError{"UnmodifiableEntity", "Cannot perform the operation on the protected role '" + document.str("RoleName") +
                                            "' - this role is only modifiable by AWS"};
}

std::optional<ApiError> fault_in_arn(std::string_view arn) {
  if (arn.starts_with("arn:aws:iam::") && arn.find(":policy/") != std::string_view::npos) return std::nullopt;
  return ApiError{"ValidationError", "ARN " + std::string(arn) + " is not valid.", 400};
}

ApiResult<Json> attach(const Call& call, const Kind& kind) {
  const std::string arn = call.input.str("PolicyArn");
  if (auto fault = fault_in_arn(arn)) return std::unexpected(*fault);
  RW_TRY(const Document stored, find_named(call, kind));
  if (auto fault = unmodifiable(*stored)) return std::unexpected(*fault);
  const ApiResult<Json> policy = find_policy(call, arn);
  if (!policy) return api_error("NoSuchEntity", "Policy " + arn + " does not exist or is not attachable.");
  if (!(*policy)["IsAttachable"].as_bool()) return api_error("PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role.");
  if (holds_string((*stored)["attached"], arn)) return Json::object();
  if ((*stored)["attached"].items().size() >= attached_policies_max) {
    return std::unexpected(limit_exceeded("PoliciesPer" + std::string(kind.title), attached_policies_max));
  }
  Json document = *stored;
  document.edit("attached").push(arn);
  put(call, kind, std::move(document));
  return Json::object();
}

ApiResult<Json> detach(const Call& call, const Kind& kind) {
  const std::string arn = call.input.str("PolicyArn");
  if (auto fault = fault_in_arn(arn)) return std::unexpected(*fault);
  RW_TRY(const Document stored, find_named(call, kind));
  if (auto fault = unmodifiable(*stored)) return std::unexpected(*fault);
  Json document = *stored;
  if (!erase_string(document.edit("attached"), arn)) return std::unexpected(no_such_policy(arn));
  put(call, kind, std::move(document));
  return Json::object();
}

ApiResult<Json> list_attached(const Call& call, const Kind& kind) {
  RW_TRY(const Document document, find_named(call, kind));
  const std::string_view prefix = call.input.text("PathPrefix", "/");
  if (auto fault = fault_in_prefix(prefix)) return std::unexpected(*fault);
  std::vector<Listed> items;
  for (const Json& arn : (*document)["attached"].items()) {
    const std::string text(arn.as_string());
    const std::size_t path = text.find(":policy/") + 7;
    if (!std::string_view(text).substr(path).starts_with(prefix)) continue;
    const std::string name = text.substr(text.rfind('/') + 1);
    items.push_back({text, Json::object({{"PolicyName", name}, {"PolicyArn", text}})});
  }
  Json output = Json::object();
  if (auto fault = put_page(call, std::move(items), "AttachedPolicies", output)) return std::unexpected(*fault);
  return output;
}

}  // namespace

void add_attachment_operations(Operations& operations) {
  using Handle = ApiResult<Json> (*)(const Call&, const Kind&);
  for (const Kind* kind : all_kinds) {
    const std::string title(kind->title);
    const auto add = [&](const std::string& name, Access access, Handle handle, AddKeys keys) {
      operations.push_back({name, access, ask_about("iam:" + name, *kind, std::move(keys)), [kind, handle](const Call& call) { return handle(call, *kind); }});
    };
    add("Attach" + title + "Policy", Access::write, attach, add_policy_arn);
    add("Detach" + title + "Policy", Access::write, detach, add_policy_arn);
    add("ListAttached" + title + "Policies", Access::read, list_attached, {});
  }
}

}  // namespace ringwall::iam::detail
