// Aliases: names for keys, unique in an account. AWS asks for permission on the alias and the key.

#include <optional>

#include "services/kms/detail/common.h"
#include "text/time.h"

namespace ringwall::kms::detail {
namespace {

namespace tables = keyring::tables;

// As it is stored: without "alias/".
std::string_view bare(std::string_view name) { return name.substr(6); }

std::optional<ApiError> fault_in_name(std::string_view name) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-";
  if (!name.starts_with("alias/") || name.size() == 6 || name.size() > 256 ||
      name.find_first_not_of(allowed) != std::string_view::npos) {
    return ApiError{"InvalidAliasNameException", "Alias must start with the prefix \"alias/\" and hold letters, digits, `/`, `_` and `-`"};
  }
  if (name.starts_with("alias/aws/")) {
    return ApiError{"NotAuthorizedException", "aliases that begin with `alias/aws/` are reserved"};
  }
  return std::nullopt;
}

service::Question on_alias(const Call& call, std::string action) {
  return {.action = std::move(action), .resource = account_arn(call, call.input.text("AliasName"))};
}

ApiResult<service::Questions> ask_create(const Call& call) {
  const auto key = own_key(call, "TargetKeyId");
  if (!key) return std::unexpected(key.error());
  return service::Questions{{on_alias(call, "kms:CreateAlias"), keyring::question(*key, call.caller, "kms:CreateAlias")}};
}

ApiResult<keyring::Alias> stored(const Call& call) {
  if (auto fault = fault_in_name(call.input.text("AliasName"))) return std::unexpected(*std::move(fault));
  auto alias = tables::aliases.get(call.transaction, call.account(), bare(call.input.text("AliasName")));
  if (!alias) {
    return api_error("NotFoundException", "Alias " + account_arn(call, call.input.text("AliasName")) + " is not found.");
  }
  return *std::move(alias);
}

ApiResult<service::Questions> ask_stored(const Call& call, const std::string& action) {
  const auto alias = stored(call);
  if (!alias) return std::unexpected(alias.error());
  service::Questions questions{{on_alias(call, action)}};
  const auto key = keyring::find_key(call.transaction, call.environment.region, call.account(), alias->key_id);
  if (key) questions.all.push_back(keyring::question(*key, call.caller, action));
  return questions;
}

ApiResult<service::Questions> ask_update(const Call& call) {
  auto questions = ask_stored(call, "kms:UpdateAlias");
  if (!questions) return questions;
  const auto next = own_key(call, "TargetKeyId");
  if (!next) return std::unexpected(next.error());
  questions->all.push_back(keyring::question(*next, call.caller, "kms:UpdateAlias"));
  return questions;
}

// The key that an alias is to name: a customer's that stays.
ApiResult<keyring::Key> target(const Call& call) {
  auto key = own_key(call, "TargetKeyId");
  if (!key) return key;
  if (key->record.manager == keyring::KeyManager::aws) {
    return api_error("AccessDeniedException", key->arn + " is managed by AWS: it takes no other alias");
  }
  if (key->record.state == keyring::KeyState::pending_deletion) return std::unexpected(*keyring::unusable(*key));
  return key;
}

ApiResult<Json> create(const Call& call) {
  const std::string name = call.input.str("AliasName");
  if (auto fault = fault_in_name(name)) return std::unexpected(*std::move(fault));
  const auto key = target(call);
  if (!key) return std::unexpected(key.error());
  const std::string arn = account_arn(call, name);
  if (tables::aliases.contains(call.transaction, call.account(), bare(name))) {
    return api_error("AlreadyExistsException", "An alias with the name " + arn + " already exists");
  }
  const auto now = text::to_millis(call.now);
  tables::aliases.put(call.transaction, {.name = name, .arn = arn, .key_id = key->id, .created = now, .updated = now}, call.account(), bare(name));
  return Json::object();
}

ApiResult<Json> update(const Call& call) {
  auto alias = stored(call);
  if (!alias) return std::unexpected(alias.error());
  const auto key = target(call);
  if (!key) return std::unexpected(key.error());
  alias->key_id = key->id;
  alias->updated = text::to_millis(call.now);
  tables::aliases.put(call.transaction, *alias, call.account(), bare(alias->name));
  return Json::object();
}

ApiResult<Json> remove(const Call& call) {
  const auto alias = stored(call);
  if (!alias) return std::unexpected(alias.error());
  tables::aliases.erase(call.transaction, call.account(), bare(alias->name));
  return Json::object();
}

ApiResult<Json> list(const Call& call) {
  std::string wanted;
  if (call.input.contains("KeyId")) {
    const auto key = own_key(call, "KeyId");
    if (!key) return std::unexpected(key.error());
    wanted = key->id;
  }
  std::vector<Json> aliases;
  for (const auto& row : tables::aliases.list(call.transaction, call.account())) {
    if (wanted.empty() || row.record.key_id == wanted) aliases.push_back(records::wire_of(row.record));
  }
  const auto limit = static_cast<std::size_t>(call.input["Limit"].as_integer(50));
  return page(call.input, std::move(aliases), "Aliases", "AliasName", limit);
}

}  // namespace

std::vector<service::Operation> alias_operations() {
  using service::Access;
  return {
      {"CreateAlias", Access::write, ask_create, create},
      {"UpdateAlias", Access::write, ask_update, update},
      {"DeleteAlias", Access::write, [](const Call& call) { return ask_stored(call, "kms:DeleteAlias"); }, remove},
      {"ListAliases", Access::read, service::ask_on_star("kms:ListAliases"), list},
  };
}

}  // namespace ringwall::kms::detail
