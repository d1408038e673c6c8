#pragma once
// New identities, accounts and organisations, as they are stored: directory/records.h.

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/ports.h"
#include "base/result.h"
#include "directory/records.h"
#include "estate/estate.h"
#include "service/service.h"
#include "store/store.h"
#include "text/json.h"

namespace ringwall::directory {

using text::Json;

std::string iam_key(std::string_view account, std::string_view kind, std::string_view name);
std::string iam_prefix(std::string_view account, std::string_view kind);
// "arn:aws:iam::123456789012:role/path/name"; `path` begins and ends with a slash.
std::string iam_arn(std::string_view account, std::string_view kind, std::string_view path, std::string_view name);

Json new_user(const service::Environment& environment, std::string_view account, std::string_view path, std::string_view name, TimePoint now);
Json new_group(const service::Environment& environment, std::string_view account, std::string_view path, std::string_view name, TimePoint now);
Json new_role(const service::Environment& environment, std::string_view account, std::string_view path, std::string_view name,
              Json trust, TimePoint now);

// An access key for a stored user: what is stored of it and, once, its secret (40 characters).
struct NewAccessKey {
  AccessKey record;
  Secret secret;
};
NewAccessKey new_access_key(const service::Environment& environment, std::string_view account, const Json& user, TimePoint now);
// The secret of what is stored as access key `id`; corrupt if it was not sealed for it under this root key.
Result<Secret> open_access_key(ByteView root_key, std::string_view id, const AccessKey& stored);

inline constexpr std::string_view full_access_scp = "p-FullAWSAccess";
inline constexpr std::string_view full_access_rcp = "p-RCPFullAWSAccess";
inline constexpr std::string_view scp_type = "SERVICE_CONTROL_POLICY";
inline constexpr std::string_view rcp_type = "RESOURCE_CONTROL_POLICY";
// What AWS attaches everywhere when a policy type is enabled.
std::string_view full_access_policy(std::string_view type);

std::string organization_arn(std::string_view management_account, std::string_view kind, std::string_view rest);
bool is_enabled(const Root& root, std::string_view policy_type);

// Writes an organisation with its root, its management account and the AWS managed policies;
// SCPs are enabled. Answers the organisation.
StoredOrganization put_organization(const service::Environment& environment, store::Transaction& transaction, std::string_view account,
                                    std::string_view account_name, std::string_view email, TimePoint now);
// Writes a member account and attaches the enabled types' full-access policies. `parent` exists.
StoredAccount put_account(store::Transaction& transaction, const StoredOrganization& organization, std::string_view id, std::string_view name,
                          std::string_view email, std::string_view parent, std::string_view joined_method, TimePoint now);
// Attaches the full-access policy of every enabled type to a new target.
void attach_defaults(store::Transaction& transaction, const StoredOrganization& organization, std::string_view target);

}  // namespace ringwall::directory
