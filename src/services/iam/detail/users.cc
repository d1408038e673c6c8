// Users, and what they share with roles: permissions boundaries.

#include "directory/documents.h"
#include "services/iam/detail/identities.h"
#include "text/encode.h"
#include "text/time.h"

namespace ringwall::iam::detail {
namespace {

using service::Access;

ApiResult<Json> create_user(const Call& call) {
  RW_TRY(Json user, make_identity(call, user_kind));
  user.set("groups", Json::array());
  user.set("keys", Json::array());
  put(call, user_kind, user);
  return Json::object({{"User", std::move(user)}});
}

ApiResult<Json> get_user(const Call& call) {
  const policy::Principal& caller = call.caller.principal;
  if (!call.input.contains("UserName") && caller.type == policy::Principal::Type::root) {
    const auto account = call.transaction.get("org/account/" + call.account());
    return Json::object({{"User", Json::object({{"UserId", call.account()},
                                                {"Arn", caller.arn},
                                                {"Path", "/"},
                                                {"UserName", "root"},
                                                {"CreateDate", account == nullptr ? Json(0) : (*account)["JoinedTimestamp"]}})}});
  }
  RW_TRY(const std::string name, user_or_self(call));
  RW_TRY(const Document user, find(call, user_kind, name));
  return Json::object({{"User", *user}});
}

ApiResult<Json> delete_user(const Call& call) {
  RW_TRY(const Document user, find_named(call, user_kind));
  if (auto conflict = still_used(*user)) return std::unexpected(*conflict);
  if (!(*user)["keys"].items().empty()) return std::unexpected(delete_conflict("delete access keys"));
  if (!(*user)["groups"].items().empty()) return std::unexpected(delete_conflict("remove users from group"));
  call.transaction.erase(key_of(call, user_kind, user->text("UserName")));
  return Json::object();
}

ApiResult<Json> update_user(const Call& call) {
  RW_TRY(const Document user, find_named(call, user_kind));
  RW_TRY(const Json renamed, rename(call, user_kind, *user));
  for (const Json& id : renamed["keys"].items()) {
    if (auto key = directory::tables::access_keys.get(call.transaction, id.as_string())) {
      key->user_name = renamed.str("UserName");
      directory::tables::access_keys.put(call.transaction, *key, id.as_string());
    }
  }
  return Json::object();
}

void add_boundary_operations(Operations& operations, const Kind& kind) {
  const auto put_boundary = [&kind](const Call& call) -> ApiResult<Json> {
    RW_TRY(const Document stored, find_named(call, kind));
    Json document = *stored;
    if (auto fault = set_boundary(call, document)) return std::unexpected(*fault);
    put(call, kind, std::move(document));
    return Json::object();
  };
  const auto delete_boundary = [&kind](const Call& call) -> ApiResult<Json> {
    RW_TRY(const Document stored, find_named(call, kind));
    Json document = *stored;
    if (!document.erase("PermissionsBoundary")) {
      return api_error("NoSuchEntity", "The " + std::string(kind.noun) + " with name " + document.str(kind.name_member) + " does not have a permissions boundary attached.");
    }
    put(call, kind, std::move(document));
    return Json::object();
  };
  const std::string put_name = "Put" + std::string(kind.title) + "PermissionsBoundary";
  const std::string delete_name = "Delete" + std::string(kind.title) + "PermissionsBoundary";
  operations.push_back({put_name, Access::write, ask_about("iam:" + put_name, kind, add_requested_boundary), put_boundary});
  operations.push_back({delete_name, Access::write, ask_about("iam:" + delete_name, kind), delete_boundary});
}

}  // namespace

ApiResult<Json> make_identity(const Call& call, const Kind& kind) {
  const std::string name = call.input.str(kind.name_member);
  const std::string path = std::string(call.input.text("Path", "/"));
  if (auto fault = fault_in_name(kind.parameter, name, kind.name_characters_max)) return std::unexpected(*fault);
  if (auto fault = fault_in_path(path)) return std::unexpected(*fault);
  if (auto fault = fault_in_tags(call.input["Tags"])) return std::unexpected(*fault);
  if (call.transaction.contains(key_of(call, kind, name))) {
    return api_error("EntityAlreadyExists", std::string(kind.title) + " with name " + name + " already exists.");
  }
  if (call.transaction.list(directory::iam_prefix(call.account(), kind.noun), {}, kind.count_max).size() >= kind.count_max) return std::unexpected(limit_exceeded(std::string(kind.title) + "sPerAccount", kind.count_max));
  const auto make = &kind == &user_kind ? directory::new_user : directory::new_group;
  Json document = &kind == &role_kind ? directory::new_role(call.environment, call.account(), path, name, Json(), call.now)
                                      : make(call.environment, call.account(), path, name, call.now);
  if (call.input.contains("PermissionsBoundary")) {
    if (auto fault = set_boundary(call, document)) return std::unexpected(*fault);
  }
  if (!call.input["Tags"].items().empty()) document.set("Tags", service::json_of(service::tags_of(call.input["Tags"])));
  return document;
}

std::optional<ApiError> set_boundary(const Call& call, Json& document) {
  const std::string arn = call.input.str("PermissionsBoundary");
  if (!arn.starts_with("arn:aws:iam::")) return ApiError{"ValidationError", "Invalid ARN: " + arn, 400};
  const ApiResult<Json> policy = find_policy(call, arn);
  if (!policy) return policy.error();
  document.set("PermissionsBoundary", Json::object({{"PermissionsBoundaryType", "Policy"}, {"PermissionsBoundaryArn", arn}}));
  return std::nullopt;
}

std::optional<ApiError> still_used(const Json& document) {
  if (!document["attached"].items().empty()) return delete_conflict("detach all policies");
  if (!document["inline"].items().empty()) return delete_conflict("delete policies");
  return std::nullopt;
}

ApiResult<Json> rename(const Call& call, const Kind& kind, const Json& stored) {
  const std::string new_name_member = "New" + std::string(kind.name_member);
  Json document = stored;
  const std::string old_key = key_of(call, kind, stored.text(kind.name_member));
  if (call.input.contains(new_name_member)) {
    const std::string name = call.input.str(new_name_member);
    if (auto fault = fault_in_name("new" + std::string(kind.title) + "Name", name, kind.name_characters_max)) return std::unexpected(*fault);
    const std::string new_key = key_of(call, kind, name);
    if (new_key != old_key && call.transaction.contains(new_key)) {
      return api_error("EntityAlreadyExists", std::string(kind.title) + " with name " + name + " already exists.");
    }
    document.set(kind.name_member, name);
  }
  if (call.input.contains("NewPath")) {
    if (auto fault = fault_in_path(call.input.text("NewPath"))) return std::unexpected(*fault);
    document.set("Path", call.input.str("NewPath"));
  }
  document.set("Arn", arn_of(call, kind, document.text("Path"), document.text(kind.name_member)));
  call.transaction.erase(old_key);
  put(call, kind, document);
  return document;
}

Ask ask_to_rename(std::string action, const Kind& kind) {
  return [about = ask_about(action, kind), action, &kind](const Call& call) -> ApiResult<Questions> {
    RW_TRY(Questions questions, about(call));
    // Permission is needed for what is renamed and for what it becomes.
    const ApiResult<Document> stored = find_named(call, kind);
    Question target = questions.all.front();
    const std::string_view path = call.input.text("NewPath", stored ? (*stored)->text("Path") : "/");
    const std::string_view name = call.input.text("New" + std::string(kind.name_member), stored ? (*stored)->text(kind.name_member) : call.input.text(kind.name_member));
    target.resource = arn_of(call, kind, path, name);
    if (target.resource != questions.all.front().resource) questions.all.push_back(std::move(target));
    return questions;
  };
}

service::Handler list_identities(const Kind& kind) {
  return [&kind](const Call& call) -> ApiResult<Json> {
    const std::string_view prefix = call.input.text("PathPrefix", "/");
    if (auto fault = fault_in_prefix(prefix)) return std::unexpected(*fault);
    return page_of_stored(call, directory::iam_prefix(call.account(), kind.noun), std::string(kind.title) + "s", [&](const Json& document) -> std::optional<Json> {
      if (!document.text("Path").starts_with(prefix)) return std::nullopt;
      Json item = document;
      item.erase("Tags");  // as AWS does: lists leave out what Get answers
      item.erase("PermissionsBoundary");
      if (&kind == &role_kind) item.set("AssumeRolePolicyDocument", encoded_trust(call, document));
      return item;
    });
  };
}

void add_user_operations(Operations& operations) {
  const auto add_keys = [](const Call& call, policy::Context& context) {
    add_request_tags(call, context);
    add_requested_boundary(call, context);
  };
  operations.push_back({"CreateUser", Access::write, ask_to_make("iam:CreateUser", "user", "UserName", add_keys), create_user});
  operations.push_back({"GetUser", Access::read, ask_about_user_or_self("iam:GetUser"), get_user});
  operations.push_back({"ListUsers", Access::read, ask_to_list("iam:ListUsers", "user"), list_identities(user_kind)});
  operations.push_back({"UpdateUser", Access::write, ask_to_rename("iam:UpdateUser", user_kind), update_user});
  operations.push_back({"DeleteUser", Access::write, ask_about("iam:DeleteUser", user_kind), delete_user});
  add_boundary_operations(operations, user_kind);
  add_boundary_operations(operations, role_kind);
}

}  // namespace ringwall::iam::detail
