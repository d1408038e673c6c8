#include "directory/documents.h"

#include <algorithm>

#include "crypto/crypto.h"
#include "directory/managed_policies.h"
#include "text/encode.h"
#include "text/time.h"

namespace ringwall::directory {
namespace {

constexpr std::string_view secret_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t secret_characters = 40;
constexpr std::string_view small_alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

Json new_principal(const service::Environment& environment, std::string_view account, std::string_view kind,
                   std::string_view title, std::string_view id_prefix, std::string_view path, std::string_view name,
                   TimePoint now) {
  const std::string prefix(title);
  return Json::object({{"Path", path},
                       {prefix + "Name", name},
                       {prefix + "Id", unique_id(environment.random, id_prefix)},
                       {"Arn", iam_arn(account, kind, path, name)},
                       {"CreateDate", text::to_millis(now)},
                       {"inline", Json::array()},
                       {"attached", Json::array()}});
}

Secret access_key_sealing_key(ByteView root_key) { return crypto::derive_key(root_key, "iam access keys"); }

}  // namespace

std::string iam_prefix(std::string_view account, std::string_view kind) {
  return "iam/" + std::string(account) + '/' + std::string(kind) + '/';
}
std::string iam_key(std::string_view account, std::string_view kind, std::string_view name) {
  return iam_prefix(account, kind) + text::lower(name);
}

std::string iam_arn(std::string_view account, std::string_view kind, std::string_view path, std::string_view name) {
  return "arn:aws:iam::" + std::string(account) + ':' + std::string(kind) + std::string(path) + std::string(name);
}

Json new_user(const service::Environment& environment, std::string_view account, std::string_view path, std::string_view name, TimePoint now) {
  Json user = new_principal(environment, account, "user", "User", "AIDA", path, name, now);
  user.set("groups", Json::array());
  user.set("keys", Json::array());
  return user;
}

Json new_group(const service::Environment& environment, std::string_view account, std::string_view path, std::string_view name, TimePoint now) {
  return new_principal(environment, account, "group", "Group", "AGPA", path, name, now);
}

Json new_role(const service::Environment& environment, std::string_view account, std::string_view path, std::string_view name,
              Json trust, TimePoint now) {
  Json role = new_principal(environment, account, "role", "Role", "AROA", path, name, now);
  role.set("trust", std::move(trust));
  role.set("MaxSessionDuration", 3600);
  return role;
}

NewAccessKey new_access_key(const service::Environment& environment, std::string_view account, const Json& user, TimePoint now) {
  const std::string id = unique_id(environment.random, "AKIA").substr(0, 20);
  Secret secret(random_text(environment.random, secret_alphabet, secret_characters));
  const Bytes sealed = crypto::seal(access_key_sealing_key(environment.root_key.reveal()).reveal(), secret.reveal(), bytes_of(id), environment.random);
  return {.record = {.user_name = user.str("UserName"),
                     .id = id,
                     .created = text::to_millis(now),
                     .account = std::string(account),
                     .user_id = user.str("UserId"),
                     .sealed = text::base64(sealed)},
          .secret = std::move(secret)};
}

Result<Secret> open_access_key(ByteView root_key, std::string_view id, const AccessKey& stored) {
  const auto unreadable = [&] {
    return fail(Failure::corrupt, "the secret of access key `" + std::string(id) + "` was not sealed under this root key");
  };
  const Result<Bytes> sealed = text::parse_base64(stored.sealed);
  if (!sealed) return unreadable();
  Result<Secret> secret = crypto::open(access_key_sealing_key(root_key).reveal(), *sealed, bytes_of(id));
  if (!secret) return unreadable();
  return secret;
}

std::string_view full_access_policy(std::string_view type) { return type == scp_type ? full_access_scp : full_access_rcp; }

std::string organization_arn(std::string_view management_account, std::string_view kind, std::string_view rest) {
  return "arn:aws:organizations::" + std::string(management_account) + ':' + std::string(kind) + '/' + std::string(rest);
}

bool is_enabled(const Root& root, std::string_view policy_type) {
  const auto type = std::ranges::find(root.policy_types, policy_type, &PolicyType::type);
  return type != root.policy_types.end() && type->status == PolicyType().status;
}

void attach_defaults(store::Transaction& transaction, const StoredOrganization& organization, std::string_view target) {
  const auto root = tables::roots.get(transaction, organization.root);
  if (!root) return;
  for (const std::string_view type : {scp_type, rcp_type}) {
    if (is_enabled(*root, type)) tables::attachments.put(transaction, {}, target, full_access_policy(type));
  }
}

StoredOrganization put_organization(const service::Environment& environment, store::Transaction& transaction, std::string_view account,
                                    std::string_view account_name, std::string_view email, TimePoint now) {
  const std::string id = "o-" + random_text(environment.random, small_alphabet, 10);
  const std::string root_id = "r-" + random_text(environment.random, small_alphabet, 4);
  const std::vector<PolicyType> enabled = {{.type = std::string(scp_type)}};
  const StoredOrganization organization{.id = id,
                                        .arn = organization_arn(account, "organization", id),
                                        .management_arn = organization_arn(account, "account", id + '/' + std::string(account)),
                                        .management_account = std::string(account),
                                        .management_email = std::string(email),
                                        .policy_types = enabled,
                                        .root = root_id,
                                        .administrator = {},
                                        .administrator_key = {}};
  tables::organizations.put(transaction, organization);
  tables::roots.put(transaction, {.id = root_id, .arn = organization_arn(account, "root", id + '/' + root_id), .policy_types = enabled, .tags = {}}, root_id);
  for (const std::string_view type : {scp_type, rcp_type}) {
    const std::string policy_id(full_access_policy(type));
    const std::string_view kind = type == scp_type ? "service_control_policy" : "resource_control_policy";
    const ControlPolicy policy{.summary = {.id = policy_id,
                                           .arn = "arn:aws:organizations::aws:policy/" + std::string(kind) + '/' + policy_id,
                                           .name = policy_id.substr(2),
                                           .description = type == scp_type ? "Allows access to every operation" : "Allows access to every resource",
                                           .type = std::string(type),
                                           .is_aws_managed = true},
                               .content = std::string(full_access_text(type)),
                               .tags = {}};
    tables::control_policies.put(transaction, policy, policy_id);
  }
  attach_defaults(transaction, organization, root_id);
  put_account(transaction, organization, account, account_name, email, root_id, "INVITED", now);
  return organization;
}

StoredAccount put_account(store::Transaction& transaction, const StoredOrganization& organization, std::string_view id, std::string_view name,
                          std::string_view email, std::string_view parent, std::string_view joined_method, TimePoint now) {
  StoredAccount account{.id = std::string(id),
                        .arn = organization_arn(organization.management_account, "account", organization.id + '/' + std::string(id)),
                        .email = std::string(email),
                        .name = std::string(name),
                        .joined_method = std::string(joined_method),
                        .joined = text::to_millis(now),
                        .parent = std::string(parent),
                        .tags = {}};
  tables::accounts.put(transaction, account, id);
  attach_defaults(transaction, organization, id);
  return account;
}

}  // namespace ringwall::directory
