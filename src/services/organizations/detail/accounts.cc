// Accounts. One is made in the call's own transaction, with the role by which the management
// account enters it; so its status has succeeded, or failed, when it is first answered.

#include <algorithm>
#include <functional>

#include "directory/bootstrap.h"
#include "directory/documents.h"
#include "services/organizations/detail/common.h"
#include "text/encode.h"
#include "text/time.h"

namespace ringwall::organizations::detail {
namespace {

constexpr std::size_t email_characters_min = 6, email_characters_max = 64, account_name_characters_max = 50;

bool is_role_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || std::string_view("_+=,.@-").contains(c);
  });
}

bool is_email(std::string_view email) {
  const std::size_t at = email.find('@');
  return email.size() >= email_characters_min && email.size() <= email_characters_max && at != 0 && at != std::string_view::npos &&
         email.find('@', at + 1) == std::string_view::npos && email.find('.', at) != std::string_view::npos &&
         std::ranges::all_of(email, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

bool is_email_taken(const Call& call, std::string_view email) {
  return std::ranges::any_of(tables::accounts.list(call.transaction), [&](const auto& row) { return text::lower(row.record.email) == text::lower(email); });
}

void put_access_role(const Call& call, std::string_view account, std::string_view name) {
  const std::string trust = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::)" + call.account() + R"(:root"},"Action":"sts:AssumeRole"}]})";
  Json role = directory::new_role(call.environment, account, "/", name, service::bound_own(trust), call.now);
  role.edit("inline").push(Json::object({{"PolicyName", "AdministratorAccess"},
                                         {"PolicyDocument", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})"}}));
  call.transaction.put(directory::iam_key(account, "role", name), std::move(role));
}

ApiResult<Json> create_account(const Call& call) {
  RW_TRY(const StoredOrganization stored, organization(call));
  const std::string email = call.input.str("Email"), name = call.input.str("AccountName");
  const std::string role_name(call.input.text("RoleName", default_access_role));
  if (!is_email(email)) return api_error("InvalidInputException", "You specified an invalid email address: `" + email + "`.");
  if (name.empty() || name.size() > account_name_characters_max) return api_error("InvalidInputException", "An account's name has 1 to 50 characters.");
  if (!is_role_name(role_name)) return api_error("InvalidInputException", "You specified a role name that is not valid: `" + role_name + "`.");
  if (auto fault = fault_in_tags(call.input["Tags"])) return std::unexpected(*fault);

  const std::int64_t now = text::to_millis(call.now);
  const std::string request = "car-" + random_text(call.environment.random, "0123456789abcdef", 32);
  directory::CreateStatus status{.id = request, .account_name = name, .state = "SUCCEEDED", .requested = now, .completed = now, .account_id = {}, .failure_reason = {}};
  if (is_email_taken(call, email)) {
    status.state = "FAILED";
    status.failure_reason = "EMAIL_ALREADY_EXISTS";
  } else {
    const std::string id = directory::new_account_id(call.environment, call.transaction);
    directory::StoredAccount account = directory::put_account(call.transaction, stored, id, name, email, stored.root, "CREATED", call.now);
    account.tags = service::tags_of(call.input["Tags"]);
    tables::accounts.put(call.transaction, account, id);
    put_access_role(call, id, role_name);
    status.account_id = id;
  }
  tables::create_statuses.put(call.transaction, status, request);
  return Json::object({{"CreateAccountStatus", records::wire_of(status)}});
}

ApiResult<Json> describe_create_account_status(const Call& call) {
  const auto status = tables::create_statuses.get(call.transaction, call.input.text("CreateAccountRequestId"));
  if (!status) return api_error("CreateAccountStatusNotFoundException", "You specified a create account request that doesn't exist.");
  return Json::object({{"CreateAccountStatus", records::wire_of(*status)}});
}

ApiResult<Json> list_create_account_status(const Call& call) {
  const Json& states = call.input["States"];
  std::vector<Listed> items;
  for (const auto& row : tables::create_statuses.list(call.transaction)) {
    const bool is_wanted = states.items().empty() || std::ranges::any_of(states.items(), [&](const Json& state) { return state.as_string() == row.record.state; });
    if (is_wanted) items.push_back({row.record.id, records::wire_of(row.record)});
  }
  return page(call, std::move(items), "CreateAccountStatuses");
}

ApiResult<Json> describe_account(const Call& call) {
  RW_TRY(const Node account, find_account(call, call.input.text("AccountId")));
  return Json::object({{"Account", account.shown()}});
}

ApiResult<Json> list_accounts(const Call& call) {
  std::vector<Listed> items;
  for (const auto& row : tables::accounts.list(call.transaction)) items.push_back({row.record.id, records::wire_of(row.record)});
  return page(call, std::move(items), "Accounts");
}

ApiResult<Json> list_accounts_for_parent(const Call& call) {
  RW_TRY(const Node parent, find_parent(call, call.input.text("ParentId")));
  std::vector<Listed> items;
  for (const Node& account : children(call, parent.id, NodeType::account)) items.push_back({account.id, account.shown()});
  return page(call, std::move(items), "Accounts");
}

ApiResult<Json> move_account(const Call& call) {
  RW_TRY(Node account, find_account(call, call.input.text("AccountId")));
  RW_TRY(const Node source, find_parent(call, call.input.text("SourceParentId"), "SourceParentNotFoundException"));
  RW_TRY(const Node destination, find_parent(call, call.input.text("DestinationParentId"), "DestinationParentNotFoundException"));
  if (account.parent != source.id) return api_error("SourceParentNotFoundException", "The account is not in the source parent you specified.");
  if (source.id == destination.id) return api_error("DuplicateAccountException", "That account is already present in the specified destination.");
  std::get<directory::StoredAccount>(account.record).parent = destination.id;
  put(call, account);
  return Json::object();
}

// The account lives on outside the organisation: nothing of it is touched, the role by which the
// management account enters it included, but no policy of the organisation binds it any more.
ApiResult<Json> remove_account(const Remaining& remaining, const Call& call) {
  RW_TRY(const StoredOrganization stored, organization(call));
  RW_TRY(const Node account, find_account(call, call.input.text("AccountId")));
  if (account.id == stored.management_account) {
    return api_error("MasterCannotLeaveOrganizationException", "You can't remove a management account from an organization.");
  }
  if (const auto kept = remaining(call.transaction, account.id)) {
    ApiError refused{"ConstraintViolationException", "The account still has " + *kept + ": delete them before you remove it from the organization."};
    refused.members = Json::object({{"Reason", "ACCOUNT_CANNOT_LEAVE_ORGANIZATION"}});
    return std::unexpected(std::move(refused));
  }
  for (const auto& row : tables::attachments.list(call.transaction, account.id)) tables::attachments.erase(call.transaction, account.id, row.parts[1]);
  tables::accounts.erase(call.transaction, account.id);
  remove_delegations(call, account.id);
  // Its number is never given to another account, which would own what this one left.
  tables::removed_accounts.put(call.transaction, {.removed = text::to_millis(call.now)}, account.id);
  return Json::object();
}

}  // namespace

void add_account_operations(Operations& operations, const Remaining& remaining) {
  operations.push_back({"CreateAccount", Access::write, ask_on_star("organizations:CreateAccount", add_request_tags), create_account});
  operations.push_back({"DescribeCreateAccountStatus", Access::read, ask_on_star("organizations:DescribeCreateAccountStatus"), describe_create_account_status});
  operations.push_back({"ListCreateAccountStatus", Access::read, ask_on_star("organizations:ListCreateAccountStatus"), list_create_account_status});
  operations.push_back({"DescribeAccount", Access::read, ask_about("organizations:DescribeAccount", {node_in("AccountId")}), describe_account});
  operations.push_back({"ListAccounts", Access::read, ask_on_star("organizations:ListAccounts"), list_accounts});
  operations.push_back({"ListAccountsForParent", Access::read, ask_about("organizations:ListAccountsForParent", {node_in("ParentId")}), list_accounts_for_parent});
  operations.push_back({"MoveAccount", Access::write,
                        ask_about("organizations:MoveAccount", {node_in("AccountId"), node_in("SourceParentId"), node_in("DestinationParentId")}), move_account});
  operations.push_back({"RemoveAccountFromOrganization", Access::write,
                        ask_about("organizations:RemoveAccountFromOrganization", {node_in("AccountId")}), std::bind_front(remove_account, remaining)});
}

}  // namespace ringwall::organizations::detail
