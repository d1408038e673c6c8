// Access keys. The secret is answered once, when the key is made; stored, it is sealed.

#include <optional>

#include "directory/documents.h"
#include "services/iam/detail/common.h"

namespace ringwall::iam::detail {
namespace {

using directory::AccessKey;
using service::Access;
namespace tables = directory::tables;

struct Found {
  Document user;
  AccessKey key;
};

ApiResult<Found> find_key(const Call& call) {
  const std::string id = call.input.str("AccessKeyId");
  RW_TRY(const std::string name, user_or_self(call));
  RW_TRY(const Document user, find(call, user_kind, name));
  // The key must be this user's: ids are looked up only among theirs.
  const auto key = holds_string((*user)["keys"], id) ? tables::access_keys.get(call.transaction, id) : std::nullopt;
  if (!key) return api_error("NoSuchEntity", "The Access Key with id " + id + " cannot be found.");
  return Found{.user = user, .key = *key};
}

ApiResult<Json> create_access_key(const Call& call) {
  RW_TRY(const std::string name, user_or_self(call));
  RW_TRY(const Document stored, find(call, user_kind, name));
  Json user = *stored;
  if (user["keys"].items().size() >= access_keys_max) return std::unexpected(limit_exceeded("AccessKeysPerUser", access_keys_max));
  const directory::NewAccessKey key = directory::new_access_key(call.environment, call.account(), user, call.now);
  Json answer = records::wire_of(key.record);
  answer.set("SecretAccessKey", key.secret.reveal_text());
  tables::access_keys.put(call.transaction, key.record, key.record.id);
  user.edit("keys").push(key.record.id);
  put(call, user_kind, std::move(user));
  return Json::object({{"AccessKey", std::move(answer)}});
}

ApiResult<Json> list_access_keys(const Call& call) {
  RW_TRY(const std::string name, user_or_self(call));
  RW_TRY(const Document user, find(call, user_kind, name));
  std::vector<Listed> items;
  for (const Json& id : (*user)["keys"].items()) {
    if (const auto key = tables::access_keys.get(call.transaction, id.as_string())) items.push_back({key->id, records::wire_of(*key)});
  }
  Json output = Json::object({{"UserName", user->str("UserName")}});
  if (auto fault = put_page(call, std::move(items), "AccessKeyMetadata", output)) return std::unexpected(*fault);
  return output;
}

ApiResult<Json> update_access_key(const Call& call) {
  RW_TRY(Found found, find_key(call));
  const auto status = records::value_of<directory::AccessKeyStatus>(call.input.text("Status"));
  if (!status) return api_error("ValidationError", "Status must be Active or Inactive.", 400);
  found.key.status = *status;
  tables::access_keys.put(call.transaction, found.key, found.key.id);
  return Json::object();
}

ApiResult<Json> delete_access_key(const Call& call) {
  RW_TRY(const Found found, find_key(call));
  Json user = *found.user;
  erase_string(user.edit("keys"), found.key.id);
  put(call, user_kind, std::move(user));
  tables::access_keys.erase(call.transaction, found.key.id);
  tables::last_uses.erase(call.transaction, found.key.id);
  return Json::object();
}

// The user's key; nothing if the account has none by that id.
std::optional<AccessKey> find_own(const Call& call) {
  auto key = tables::access_keys.get(call.transaction, call.input.text("AccessKeyId"));
  return key && key->account == call.account() ? key : std::nullopt;
}

ApiResult<Json> get_access_key_last_used(const Call& call) {
  const std::string id = call.input.str("AccessKeyId");
  const auto key = find_own(call);
  if (!key) return api_error("NoSuchEntity", "The Access Key with id " + id + " cannot be found.");
  const auto use = tables::last_uses.get(call.transaction, id);
  return Json::object({{"UserName", key->user_name},
                       {"AccessKeyLastUsed", use ? records::wire_of(*use) : Json::object({{"ServiceName", "N/A"}, {"Region", "N/A"}})}});
}

ApiResult<Questions> ask_about_key(const Call& call) {
  Question question{.action = "iam:GetAccessKeyLastUsed", .resource_account = call.account()};
  if (const auto key = find_own(call)) {
    if (const ApiResult<Document> user = find(call, user_kind, key->user_name)) {
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
