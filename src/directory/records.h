#pragma once
// What is stored of identities and of the organisation. IAM's names are unique without regard to case, so keys hold them in
// lower case. All times are milliseconds since 1970.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "records/table.h"
#include "text/json.h"

namespace ringwall::directory {

using text::Json;

// What all keys begin with: of identities, of access keys, of the organisation.
inline constexpr std::string_view identities_prefix = "iam/", access_keys_prefix = "iam-key/", organization_prefix = "org/";

// ---- IAM --------------------------------------------------------------------------------------------------------------

// In the order in which they were set, which is how IAM answers them.
struct Tag {
  std::string key, value;
};
template <typename A, records::Is<Tag> T>
void fields(A& archive, T& v) {
  archive.wire("Key", v.key);
  archive.wire("Value", v.value);
}

struct InlinePolicy {
  std::string name, document;
};
template <typename A, records::Is<InlinePolicy> T>
void fields(A& archive, T& v) {
  archive.kept("PolicyName", v.name);
  archive.kept("PolicyDocument", v.document);
}

struct Boundary {
  std::string type = "Policy";
  std::string arn;
};
template <typename A, records::Is<Boundary> T>
void fields(A& archive, T& v) {
  archive.wire("PermissionsBoundaryType", v.type);
  archive.wire("PermissionsBoundaryArn", v.arn);
}

// What users, groups and roles have in common.
struct Identity {
  std::string path, name, id, arn;
  std::int64_t created = 0;
  std::vector<InlinePolicy> inline_policies;
  std::vector<std::string> attached;  // ARNs of managed policies
  std::optional<Boundary> boundary;        // of users and roles
  std::optional<std::vector<Tag>> tags;    // of users and roles; empty: there were some
};

struct User : Identity {
  std::vector<std::string> groups;  // ids
  std::vector<std::string> keys;    // ids of its access keys
};
template <typename A, records::Is<User> T>
void fields(A& archive, T& v) {
  archive.wire("Path", v.path);
  archive.wire("UserName", v.name);
  archive.wire("UserId", v.id);
  archive.wire("Arn", v.arn);
  archive.wire("CreateDate", v.created);
  archive.kept("inline", v.inline_policies);
  archive.kept("attached", v.attached);
  archive.kept("groups", v.groups);
  archive.kept("keys", v.keys);
  archive.wire("PermissionsBoundary", v.boundary);
  archive.wire("Tags", v.tags);
}

struct Group : Identity {};
template <typename A, records::Is<Group> T>
void fields(A& archive, T& v) {
  archive.wire("Path", v.path);
  archive.wire("GroupName", v.name);
  archive.wire("GroupId", v.id);
  archive.wire("Arn", v.arn);
  archive.wire("CreateDate", v.created);
  archive.kept("inline", v.inline_policies);
  archive.kept("attached", v.attached);
}

struct Role : Identity {
  std::optional<std::string> unreadable_policy;  // the text of one that could not be bound: bind_stored.h
  Json trust;                                    // what service::bound made of an AssumeRolePolicyDocument
  std::int64_t session_seconds_max = 3600;
  std::optional<std::string> description;
  bool is_service_linked = false;
};
template <typename A, records::Is<Role> T>
void fields(A& archive, T& v) {
  archive.wire("Path", v.path);
  archive.wire("RoleName", v.name);
  archive.wire("RoleId", v.id);
  archive.wire("Arn", v.arn);
  archive.wire("CreateDate", v.created);
  archive.kept("inline", v.inline_policies);
  archive.kept("attached", v.attached);
  archive.kept("unreadable_policy", v.unreadable_policy);
  archive.kept("trust", v.trust);
  archive.wire("MaxSessionDuration", v.session_seconds_max);
  archive.wire("PermissionsBoundary", v.boundary);
  archive.wire("Tags", v.tags);
  archive.wire("Description", v.description);
  archive.kept("service_linked", records::if_set(v.is_service_linked));
}

struct PolicyVersion {
  std::string id;
  bool is_default = false;
  std::int64_t created = 0;
  std::string document;
};
template <typename A, records::Is<PolicyVersion> T>
void fields(A& archive, T& v) {
  archive.wire("VersionId", v.id);
  archive.wire("IsDefaultVersion", v.is_default);
  archive.wire("CreateDate", v.created);
  archive.wire("Document", v.document);
}

// An account's own managed policy. Those of AWS are in the program: managed_policies.h.
struct CustomerPolicy {
  std::string name, id, arn, path, default_version;
  bool is_attachable = true;
  std::int64_t created = 0, updated = 0;
  std::vector<Tag> tags;
  std::vector<PolicyVersion> versions;
  std::int64_t next_version = 1;
  std::optional<std::string> description;
};
template <typename A, records::Is<CustomerPolicy> T>
void fields(A& archive, T& v) {
  archive.wire("PolicyName", v.name);
  archive.wire("PolicyId", v.id);
  archive.wire("Arn", v.arn);
  archive.wire("Path", v.path);
  archive.wire("DefaultVersionId", v.default_version);
  archive.wire("IsAttachable", v.is_attachable);
  archive.wire("CreateDate", v.created);
  archive.wire("UpdateDate", v.updated);
  archive.wire("Tags", v.tags);
  archive.kept("versions", v.versions);
  archive.kept("next_version", v.next_version);
  archive.wire("Description", v.description);
}

enum class AccessKeyStatus : std::uint8_t { active, inactive };
inline constexpr std::array<std::string_view, 2> access_key_status_words = {"Active", "Inactive"};
inline std::span<const std::string_view> words(AccessKeyStatus) { return access_key_status_words; }

struct AccessKey {
  std::string user_name, id;
  AccessKeyStatus status = AccessKeyStatus::active;
  std::int64_t created = 0;
  std::string account, user_id;
  std::string sealed;  // base64: the secret, under a key derived from the root key, bound to the id
};
template <typename A, records::Is<AccessKey> T>
void fields(A& archive, T& v) {
  archive.wire("UserName", v.user_name);
  archive.wire("AccessKeyId", v.id);
  archive.wire("Status", v.status);
  archive.wire("CreateDate", v.created);
  archive.kept("account", v.account);
  archive.kept("user_id", v.user_id);
  archive.kept("sealed", v.sealed);
}

// When an access key or a role was used last: gateway/key_uses.h.
struct LastUse {
  std::int64_t when = 0;
  std::string service, region;
};
template <typename A, records::Is<LastUse> T>
void fields(A& archive, T& v) {
  archive.wire("LastUsedDate", v.when);
  archive.wire("ServiceName", v.service);
  archive.wire("Region", v.region);
}

// A name for people, that no two accounts share.
struct AccountAlias {
  std::string account;
};
template <typename A, records::Is<AccountAlias> T>
void fields(A& archive, T& v) {
  archive.kept("account", v.account);
}

namespace tables {
inline constexpr records::Table<User, 2> users{"iam/*/user/~"};               // account, name
inline constexpr records::Table<Group, 2> groups{"iam/*/group/~"};
inline constexpr records::Table<Role, 2> roles{"iam/*/role/~"};
inline constexpr records::Table<CustomerPolicy, 2> policies{"iam/*/policy/~"};
inline constexpr records::Table<AccessKey, 1> access_keys{"iam-key/*"};        // id
inline constexpr records::Table<LastUse, 1> last_uses{"iam-key-used/*"};       // id of the key or role
inline constexpr records::Table<AccountAlias, 1> account_aliases{"iam-alias/*"};
}  // namespace tables

// ---- the organisation -------------------------------------------------------------------------------------------------

struct PolicyType {
  std::string type;
  std::string status = "ENABLED";
};
template <typename A, records::Is<PolicyType> T>
void fields(A& archive, T& v) {
  archive.wire("Type", v.type);
  archive.wire("Status", v.status);
}

struct StoredOrganization {
  std::string id, arn;
  std::string features = "ALL";
  std::string management_arn, management_account, management_email;
  std::vector<PolicyType> policy_types;
  std::string root;  // id
  std::optional<std::string> administrator, administrator_key;  // of the first start: ARN and access key
};
template <typename A, records::Is<StoredOrganization> T>
void fields(A& archive, T& v) {
  archive.wire("Id", v.id);
  archive.wire("Arn", v.arn);
  archive.wire("FeatureSet", v.features);
  archive.wire("MasterAccountArn", v.management_arn);
  archive.wire("MasterAccountId", v.management_account);
  archive.wire("MasterAccountEmail", v.management_email);
  archive.wire("AvailablePolicyTypes", v.policy_types);
  archive.kept("root", v.root);
  archive.kept("administrator", v.administrator);
  archive.kept("administrator_key", v.administrator_key);
}

using Tags = std::map<std::string, std::string>;

struct Root {
  std::string id, arn;
  std::string name = "Root";
  std::vector<PolicyType> policy_types;  // those that are enabled
  Tags tags;
};
template <typename A, records::Is<Root> T>
void fields(A& archive, T& v) {
  archive.wire("Id", v.id);
  archive.wire("Arn", v.arn);
  archive.wire("Name", v.name);
  archive.wire("PolicyTypes", v.policy_types);
  archive.kept("Tags", records::listed(v.tags));
}

struct Unit {
  std::string id, arn, name, parent;
  Tags tags;
};
template <typename A, records::Is<Unit> T>
void fields(A& archive, T& v) {
  archive.wire("Id", v.id);
  archive.wire("Arn", v.arn);
  archive.wire("Name", v.name);
  archive.kept("parent", v.parent);
  archive.kept("Tags", records::listed(v.tags));
}

struct StoredAccount {
  std::string id, arn, email, name;
  std::string status = "ACTIVE", state = "ACTIVE";
  std::string joined_method;
  std::int64_t joined = 0;
  std::string parent;
  Tags tags;
};
template <typename A, records::Is<StoredAccount> T>
void fields(A& archive, T& v) {
  archive.wire("Id", v.id);
  archive.wire("Arn", v.arn);
  archive.wire("Email", v.email);
  archive.wire("Name", v.name);
  archive.wire("Status", v.status);
  archive.wire("State", v.state);
  archive.wire("JoinedMethod", v.joined_method);
  archive.wire("JoinedTimestamp", v.joined);
  archive.kept("parent", v.parent);
  archive.kept("Tags", records::listed(v.tags));
}

// An account that left: its number is never given again.
struct RemovedAccount {
  std::int64_t removed = 0;
};
template <typename A, records::Is<RemovedAccount> T>
void fields(A& archive, T& v) {
  archive.kept("RemovedTimestamp", v.removed);
}

struct CreateStatus {
  std::string id, account_name, state;
  std::int64_t requested = 0, completed = 0;
  std::optional<std::string> account_id, failure_reason;  // one of the two
};
template <typename A, records::Is<CreateStatus> T>
void fields(A& archive, T& v) {
  archive.wire("Id", v.id);
  archive.wire("AccountName", v.account_name);
  archive.wire("State", v.state);
  archive.wire("RequestedTimestamp", v.requested);
  archive.wire("CompletedTimestamp", v.completed);
  archive.wire("AccountId", v.account_id);
  archive.wire("FailureReason", v.failure_reason);
}

struct PolicySummary {
  std::string id, arn, name, description, type;
  bool is_aws_managed = false;
};
template <typename A, records::Is<PolicySummary> T>
void fields(A& archive, T& v) {
  archive.wire("Id", v.id);
  archive.wire("Arn", v.arn);
  archive.wire("Name", v.name);
  archive.wire("Description", v.description);
  archive.wire("Type", v.type);
  archive.wire("AwsManaged", v.is_aws_managed);
}

struct ControlPolicy {
  PolicySummary summary;
  std::string content;
  Tags tags;
};
template <typename A, records::Is<ControlPolicy> T>
void fields(A& archive, T& v) {
  archive.wire("PolicySummary", v.summary);
  archive.wire("Content", v.content);
  archive.kept("Tags", records::listed(v.tags));
}

// That a policy is attached to a root, a unit or an account: the key says all.
struct Attachment {};
template <typename A, records::Is<Attachment> T>
void fields(A&, T&) {}

struct Delegation {
  std::string service;
  std::int64_t enabled = 0;
};
template <typename A, records::Is<Delegation> T>
void fields(A& archive, T& v) {
  archive.wire("ServicePrincipal", v.service);
  archive.wire("DelegationEnabledDate", v.enabled);
}

// The organisation's own policy, by which it lets members do what is its management account's.
struct OrganizationResourcePolicy {
  std::string id, arn;
  std::optional<std::string> unreadable_policy;
  Json policy;  // as service::bound makes it
  Tags tags;
};
template <typename A, records::Is<OrganizationResourcePolicy> T>
void fields(A& archive, T& v) {
  archive.wire("Id", v.id);
  archive.wire("Arn", v.arn);
  archive.kept("unreadable_policy", v.unreadable_policy);
  archive.kept("policy", v.policy);
  archive.kept("Tags", records::listed(v.tags));
}

namespace tables {
inline constexpr records::Table<StoredOrganization, 0> organizations{"org/organization"};
inline constexpr records::Table<Root, 1> roots{"org/root/*"};  // id, as of those that follow
inline constexpr records::Table<Unit, 1> units{"org/ou/*"};
inline constexpr records::Table<StoredAccount, 1> accounts{"org/account/*"};
inline constexpr records::Table<RemovedAccount, 1> removed_accounts{"org/removed/*"};
inline constexpr records::Table<CreateStatus, 1> create_statuses{"org/create-status/*"};
inline constexpr records::Table<ControlPolicy, 1> control_policies{"org/policy/*"};
inline constexpr records::Table<Attachment, 2> attachments{"org/attachment/*/*"};  // target, policy
inline constexpr records::Table<Delegation, 2> delegations{"org/delegate/*/*"};    // account, service principal
inline constexpr records::Table<OrganizationResourcePolicy, 0> resource_policies{"org/resource-policy"};
}  // namespace tables

}  // namespace ringwall::directory
