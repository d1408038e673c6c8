// Inline policies: written once for users, groups and roles.

#include <algorithm>

#include "services/iam/detail/common.h"

namespace ringwall::iam::detail {
namespace {

using service::Access;

ApiError no_such_inline(const Kind& kind, std::string_view name) {
  return {"NoSuchEntity", "The " + std::string(kind.noun) + " policy with name " + std::string(name) + " cannot be found."};
}

ApiError protected_role(const Json& role) {
  return {"UnmodifiableEntity", "Cannot perform the operation on the protected role '" + role.str("RoleName") + "' - this role is only modifiable by AWS"};
}

ApiResult<Json> put_inline(const Call& call, const Kind& kind) {
  const std::string name = call.input.str("PolicyName"), text = call.input.str("PolicyDocument");
  if (auto fault = fault_in_name("policyName", name, policy_name_characters_max)) return std::unexpected(*fault);
  RW_TRY(const Document stored, find_named(call, kind));
  if ((*stored)["service_linked"].as_bool()) return std::unexpected(protected_role(*stored));
  if (auto fault = fault_in_policy(text, policy::Kind::identity)) return std::unexpected(*fault);

  Json document = *stored;
  Json::Array& policies = document.edit("inline").edit_items();
  std::erase_if(policies, [&](const Json& policy) { return policy.text("PolicyName") == name; });
  std::size_t characters = characters_without_space(text);
  for (const Json& policy : policies) characters += characters_without_space(policy.text("PolicyDocument"));
  if (characters > kind.inline_characters_max) {
    return api_error("LimitExceeded", "Maximum policy size of " + std::to_string(kind.inline_characters_max) + " bytes exceeded for " +
                                          std::string(kind.noun) + " " + document.str(kind.name_member));
  }
  policies.push_back(Json::object({{"PolicyName", name}, {"PolicyDocument", text}}));
  put(call, kind, std::move(document));
  return Json::object();
}

ApiResult<Json> get_inline(const Call& call, const Kind& kind) {
  RW_TRY(const Document document, find_named(call, kind));
  const std::string_view name = call.input.text("PolicyName");
  for (const Json& policy : (*document)["inline"].items()) {
    if (policy.text("PolicyName") != name) continue;
    return Json::object({{std::string(kind.name_member), document->text(kind.name_member)},
                         {"PolicyName", name},
                         {"PolicyDocument", encoded_policy(policy.text("PolicyDocument"))}});
  }
  return std::unexpected(no_such_inline(kind, name));
}

ApiResult<Json> delete_inline(const Call& call, const Kind& kind) {
  RW_TRY(const Document stored, find_named(call, kind));
  if ((*stored)["service_linked"].as_bool()) return std::unexpected(protected_role(*stored));
  const std::string_view name = call.input.text("PolicyName");
  Json document = *stored;
  if (std::erase_if(document.edit("inline").edit_items(), [&](const Json& policy) { return policy.text("PolicyName") == name; }) == 0) {
    return std::unexpected(no_such_inline(kind, name));
  }
  put(call, kind, std::move(document));
  return Json::object();
}

ApiResult<Json> list_inline(const Call& call, const Kind& kind) {
  RW_TRY(const Document document, find_named(call, kind));
  std::vector<Listed> names;
  for (const Json& policy : (*document)["inline"].items()) names.push_back({policy.str("PolicyName"), policy.str("PolicyName")});
  Json output = Json::object();
  if (auto fault = put_page(call, std::move(names), "PolicyNames", output)) return std::unexpected(*fault);
  return output;
}

}  // namespace

void add_inline_operations(Operations& operations) {
  using Handle = ApiResult<Json> (*)(const Call&, const Kind&);
  for (const Kind* kind : all_kinds) {
    const std::string title(kind->title);
    const auto add = [&](const std::string& name, Access access, Handle handle) {
      operations.push_back({name, access, ask_about("iam:" + name, *kind), [kind, handle](const Call& call) { return handle(call, *kind); }});
    };
    add("Put" + title + "Policy", Access::write, put_inline);
    add("Get" + title + "Policy", Access::read, get_inline);
    add("Delete" + title + "Policy", Access::write, delete_inline);
    add("List" + title + "Policies", Access::read, list_inline);
  }
}

}  // namespace ringwall::iam::detail
