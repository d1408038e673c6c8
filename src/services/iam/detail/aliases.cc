// The account's alias: a name for people, one an account, that no two accounts share.

#include <algorithm>

#include "directory/records.h"
#include "services/iam/detail/common.h"

namespace ringwall::iam::detail {
namespace {

using service::Access;

using directory::tables::account_aliases;

std::optional<ApiError> fault_in_alias(std::string_view alias) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const bool good = alias.size() >= account_alias_characters_min && alias.size() <= account_alias_characters_max && is_plain(alias.front()) &&
                    is_plain(alias.back()) && alias.find("--") == std::string_view::npos &&
                    std::ranges::all_of(alias, [&](char c) { return is_plain(c) || c == '-'; });
  if (good) return std::nullopt;
  return ApiError{"ValidationError", "1 validation error detected: Value at 'accountAlias' failed to satisfy constraint: Member must have 3 to 63 lower-case letters, digits and single dashes, and neither begin nor end with a dash", 400};
}

// Empty if the account has none.
std::string alias_of(const Call& call) {
  for (const auto& [parts, alias] : account_aliases.list(call.transaction)) {
    if (alias.account == call.account()) return parts[0];
  }
  return {};
}

ApiResult<Json> create_account_alias(const Call& call) {
  const std::string alias = call.input.str("AccountAlias");
  if (auto fault = fault_in_alias(alias)) return std::unexpected(*fault);
  if (account_aliases.contains(call.transaction, alias)) return api_error("EntityAlreadyExists", "The account alias " + alias + " already exists.");
  // A new alias takes the place of the account's last.
  if (const std::string before = alias_of(call); !before.empty()) account_aliases.erase(call.transaction, before);
  account_aliases.put(call.transaction, {.account = call.account()}, alias);
  return Json::object();
}

ApiResult<Json> delete_account_alias(const Call& call) {
  const std::string alias = call.input.str("AccountAlias");
  if (auto fault = fault_in_alias(alias)) return std::unexpected(*fault);
  if (alias_of(call) != alias) return api_error("NoSuchEntity", "The Account Alias " + alias + " cannot be found.");
  account_aliases.erase(call.transaction, alias);
  return Json::object();
}

ApiResult<Json> list_account_aliases(const Call& call) {
  std::vector<Listed> items;
  if (const std::string alias = alias_of(call); !alias.empty()) items.push_back({alias, Json(alias)});
  Json output = Json::object();
  if (auto fault = put_page(call, std::move(items), "AccountAliases", output)) return std::unexpected(*fault);
  return output;
}

}  // namespace

void add_alias_operations(Operations& operations) {
  operations.push_back({"CreateAccountAlias", Access::write, service::ask_on_star("iam:CreateAccountAlias"), create_account_alias});
  operations.push_back({"DeleteAccountAlias", Access::write, service::ask_on_star("iam:DeleteAccountAlias"), delete_account_alias});
  operations.push_back({"ListAccountAliases", Access::read, service::ask_on_star("iam:ListAccountAliases"), list_account_aliases});
}

}  // namespace ringwall::iam::detail
