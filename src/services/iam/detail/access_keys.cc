// Access keys. The secret is answered once, when the key is made; stored, it is sealed.

#include "directory/documents.h"
#include "services/iam/detail/common.h"

namespace ringwall::iam::detail {
namespace {

using service::Access;

struct Found {
  Document user;
  Document key;
};

ApiResult<Found> find_key(const Call& call) {
  const std::string id = call.input.str("AccessKeyId");
  RW_TRY(const std::string name, user_or_self(call));
  RW_TRY(const Document user, find(call, user_kind, name));
  // The key must be this user's: ids are looked up only among theirs.
  const Document key = holds_string((*user)["keys"], id) ? call.transaction.get(directory::access_key_key(id)) : nullptr;
  if (key == nullptr) return api_error("NoSuchEntity", "The Access Key with id " + id + " cannot be found.");
  return Found{.user = user, .key = key};
}

ApiResult<Json> create_access_key(const Call& call) {
  RW_TRY(const std::string name, user_or_self(call));
  RW_TRY(const Document stored, find(call, user_kind, name));
  Json user = *stored;
  if (user["keys"].items().size() >= access_keys_max) return std::unexpected(limit_exceeded("AccessKeysPerUser", access_keys_max));
  directory::NewAccessKey key = directory::new_access_key(call.environment, call.account(), user, call.now);
  Json answer = key.document;
  answer.set("SecretAccessKey", key.secret.reveal_text());
  call.transaction.put(directory::access_key_key(key.id), std::move(key.document));
  user.edit("keys").push(key.id);
  put(call, user_kind, std::move(user));
  return Json::object({{"AccessKey", std::move(answer)}});
}

ApiResult<Json> list_access_keys(const Call& call) {
  RW_TRY(const std::string name, user_or_self(call));
  RW_TRY(const Document user, find(call, user_kind, name));
  std::vector<Listed> items;
  for (const Json& id : (*user)["keys"].items()) {
    if (const Document key = call.transaction.get(directory::access_key_key(id.as_string()))) items.push_back({std::string(id.as_string()), *key});
  }
  Json output = Json::object({{"UserName", user->str("UserName")}});
  if (auto fault = put_page(call, std::move(items), "AccessKeyMetadata", output)) return std::unexpected(*fault);
  return output;
}

ApiResult<Json> update_access_key(const Call& call) {
  RW_TRY(const Found found, find_key(call));
  const std::string_view status = call.input.text("Status");
  if (status != "Active" && status != "Inactive") return api_error("ValidationError", "Status must be Active or Inactive.", 400);
  Json key = *found.key;
  key.set("Status", status);
  call.transaction.put(directory::access_key_key(found.key->text("AccessKeyId")), std::move(key));
  return Json::object();
}

ApiResult<Json> delete_access_key(const Call& call) {
  RW_TRY(const Found found, find_key(call));
  const std::string id = found.key->str("AccessKeyId");
  Json user = *found.user;
  erase_string(user.edit("keys"), id);
  put(call, user_kind, std::move(user));
  call.transaction.erase(directory::access_key_key(id));
  call.transaction.erase(directory::access_key_use_key(id));
  return Json::object();
}

// The user's key; null if the account has none by that id.
Document find_own(const Call& call) {
  Document key = call.transaction.get(directory::access_key_key(call.input.text("AccessKeyId")));
  return key != nullptr && key->text("account") == call.account() ? key : nullptr;
}

ApiResult<Json> get_access_key_last_used(const Call& call) {
  const std::string id = call.input.str("AccessKeyId");
  const Document key = find_own(call);
  if (key == nullptr) return api_error("NoSuchEntity", "The Access Key with id " + id + " cannot be found.");
  const Document use = call.transaction.get(directory::access_key_use_key(id));
  return Json::object({{"UserName", key->str("UserName")},
                       {"AccessKeyLastUsed", use != nullptr ? *use : Json::object({{"ServiceName", "N/A"}, {"Region", "N/A"}})}});
}

ApiResult<Questions> ask_about_key(const Call& call) {
  Question question{.action = "iam:GetAccessKeyLastUsed", .resource_account = call.account()};
  if (const Document key = find_own(call)) {
    if (const ApiResult<Document> user = find(call, user_kind, key->text("UserName"))) {
      question.resource = (*user)->str("Arn");
      add_stored_keys(question.context, **user);
    }
  }
  return Questions{.all = {std::move(question)}};
}

}  // namespace

void add_access_key_operations(Operations& operations) {
  operations.push_back({"CreateAccessKey", Access::write, ask_about_user_or_self("iam:CreateAccessKey"), create_access_key});
  operations.push_back({"ListAccessKeys", Access::read, ask_about_user_or_self("iam:ListAccessKeys"), list_access_keys});
  operations.push_back({"UpdateAccessKey", Access::write, ask_about_user_or_self("iam:UpdateAccessKey"), update_access_key});
  operations.push_back({"GetAccessKeyLastUsed", Access::read, ask_about_key, get_access_key_last_used});
  operations.push_back({"DeleteAccessKey", Access::write, ask_about_user_or_self("iam:DeleteAccessKey"), delete_access_key});
}

}  // namespace ringwall::iam::detail
