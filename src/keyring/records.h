#pragma once
// What is stored of KMS: keys, their aliases and grants, and which keys were deleted.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "records/table.h"
#include "text/json.h"

namespace ringwall::keyring {

using text::Json;

enum class KeyState : std::uint8_t { enabled, disabled, pending_deletion };
inline constexpr std::array<std::string_view, 3> key_state_words = {"Enabled", "Disabled", "PendingDeletion"};
inline std::span<const std::string_view> words(KeyState) { return key_state_words; }

enum class KeyManager : std::uint8_t { customer, aws };
inline constexpr std::array<std::string_view, 2> key_manager_words = {"CUSTOMER", "AWS"};
inline std::span<const std::string_view> words(KeyManager) { return key_manager_words; }

// A version of a key's material. The newest, which is the last, encrypts; the others still decrypt.
struct Material {
  std::string id;
  std::string sealed;  // base64: under a key derived from the root key, bound to the key's ARN and this id
  std::int64_t made = 0;
};
template <typename A, records::Is<Material> T>
void fields(A& archive, T& v) {
  archive.kept("id", v.id);
  archive.kept("sealed", v.sealed);
  archive.kept("made", v.made);
}

// There only while rotation is on.
struct Rotation {
  std::int64_t days = 0;
  std::int64_t next = 0;
  std::optional<std::int64_t> last;
};
template <typename A, records::Is<Rotation> T>
void fields(A& archive, T& v) {
  archive.kept("days", v.days);
  archive.kept("next", v.next);
  archive.kept("last", v.last);
}

inline constexpr std::string_view symmetric_spec = "SYMMETRIC_DEFAULT";  // the one that there is

struct StoredKey {
  std::string account, id, arn;
  std::int64_t created = 0;
  std::string description;
  std::string usage = "ENCRYPT_DECRYPT";
  KeyState state = KeyState::enabled;
  std::string origin = "AWS_KMS";
  KeyManager manager = KeyManager::customer;
  std::string spec{symmetric_spec};
  std::vector<std::string> algorithms = {std::string(symmetric_spec)};
  bool multi_region = false;
  std::optional<std::string> unreadable_policy;  // the text of one that could not be bound: directory/bind_stored.h
  Json policy;                                   // as service::bound makes it
  std::map<std::string, std::string> tags;
  std::vector<Material> material;
  std::optional<std::int64_t> deletion_date;  // while it is pending
  std::optional<Rotation> rotation;
};
template <typename A, records::Is<StoredKey> T>
void fields(A& archive, T& v) {
  archive.wire("AWSAccountId", v.account);
  archive.wire("KeyId", v.id);
  archive.wire("Arn", v.arn);
  archive.wire("CreationDate", v.created);
  archive.wire("Enabled", records::derived(v.state == KeyState::enabled));
  archive.wire("Description", v.description);
  archive.wire("KeyUsage", v.usage);
  archive.wire("KeyState", v.state);
  archive.wire("Origin", v.origin);
  archive.wire("KeyManager", v.manager);
  archive.wire("CustomerMasterKeySpec", records::derived(v.spec));
  archive.wire("KeySpec", v.spec);
  archive.wire("EncryptionAlgorithms", v.algorithms);
  archive.wire("MultiRegion", v.multi_region);
  archive.kept("unreadable_policy", v.unreadable_policy);
  archive.kept("policy", v.policy);
  archive.kept("tags", records::listed(v.tags, "TagKey", "TagValue"));
  archive.kept("material", v.material);
  archive.wire("DeletionDate", v.deletion_date);
  archive.kept("rotation", v.rotation);
}

struct Alias {
  std::string name;  // "alias/app"
  std::string arn;
  std::string key_id;
  std::int64_t created = 0, updated = 0;
};
template <typename A, records::Is<Alias> T>
void fields(A& archive, T& v) {
  archive.wire("AliasName", v.name);
  archive.wire("AliasArn", v.arn);
  archive.wire("TargetKeyId", v.key_id);
  archive.wire("CreationDate", v.created);
  archive.wire("LastUpdatedDate", v.updated);
}

struct Constraints {
  std::optional<std::map<std::string, std::string>> context_equals, context_subset;  // one of the two
  friend bool operator==(const Constraints&, const Constraints&) = default;
};
template <typename A, records::Is<Constraints> T>
void fields(A& archive, T& v) {
  archive.wire("EncryptionContextEquals", v.context_equals);
  archive.wire("EncryptionContextSubset", v.context_subset);
}

struct Grant {
  std::string key_arn;
  std::string grantee;  // an ARN or an account
  std::vector<std::string> operations;
  std::string issuing_account;  // the ARN of its root user
  std::optional<std::string> retiring;
  std::optional<std::string> name;
  std::optional<Constraints> constraints;
  std::string grantee_id, retiring_id;  // the unique ids of the principals that are meant; empty where there is none
  std::string id;
  std::int64_t created = 0;
};
template <typename A, records::Is<Grant> T>
void fields(A& archive, T& v) {
  archive.wire("KeyId", v.key_arn);
  archive.wire("GranteePrincipal", v.grantee);
  archive.wire("Operations", v.operations);
  archive.wire("IssuingAccount", v.issuing_account);
  archive.wire("RetiringPrincipal", v.retiring);
  archive.wire("Name", v.name);
  archive.wire("Constraints", v.constraints);
  archive.kept("grantee_id", records::if_set(v.grantee_id));
  archive.kept("retiring_id", records::if_set(v.retiring_id));
  archive.wire("GrantId", v.id);
  archive.wire("CreationDate", v.created);
}

// Of a key whose waiting period is over.
struct DeletedKey {
  std::int64_t deleted = 0;
};
template <typename A, records::Is<DeletedKey> T>
void fields(A& archive, T& v) {
  archive.kept("DeletedAt", v.deleted);
}

namespace tables {
inline constexpr records::Table<StoredKey, 2> keys{"kms/*/key/*"};           // account, key id
inline constexpr records::Table<Alias, 2> aliases{"kms/*/alias/**"};         // account, name without "alias/"
inline constexpr records::Table<Grant, 3> grants{"kms-grant/*/*/*"};         // account, key id, grant id
inline constexpr records::Table<DeletedKey, 1> deleted_keys{"kms-deleted/**"};  // ARN
}  // namespace tables

}  // namespace ringwall::keyring
