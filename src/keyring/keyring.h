#pragma once
// Stored KMS keys put to use. Key material is sealed under a key derived from the root key and
// never leaves this room in the clear; ciphertexts name their key, as KMS's do. What is stored: records.h.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "keyring/records.h"
#include "service/service.h"

namespace ringwall::keyring {

using service::ApiResult;
using text::Json;

using EncryptionContext = std::map<std::string, std::string>;
// Of all names and values together. One more byte is a ValidationException: what is authenticated
// writes lengths in two bytes, so no context may outgrow them.
inline constexpr std::size_t context_bytes_max = 8192;

struct Key {
  std::string account, id, arn;
  StoredKey record;
  std::vector<Grant> grants = {};  // on this key: see grants.h
};

// Finds a key by id, key ARN, alias name or alias ARN; names without an account are the caller's.
// NotFoundException in KMS's words.
ApiResult<Key> find_key(store::Transaction& transaction, std::string_view region, std::string_view account, std::string_view name);

// The question to ask before `caller` uses `key` for `action` ("kms:Decrypt"): key policy as
// resource policy, the grants that apply beside it, resource tags, kms:CallerAccount, kms:EncryptionContext:*,
// kms:EncryptionContextKeys, kms:KeySpec, … `via_service` sets kms:ViaService and
// aws:ViaAWSService when a service calls for the caller.
service::Question question(const Key& key, const service::Caller& caller, std::string action,
                           const EncryptionContext& context = {}, std::string_view via_service = {});

// Fails with DisabledException or KMSInvalidStateException unless the key is Enabled.
std::optional<service::ApiError> unusable(const Key& key);

// The ciphertext blob carries the key's ARN and material id; opening it needs the same context.
// Both fail as unusable() says, and with ValidationException for a context past its limit.
ApiResult<Bytes> encrypt(const service::Environment& environment, const Key& key, ByteView plaintext, const EncryptionContext& context);
// InvalidCiphertextException when blob or context are not those of an encryption with `key`.
ApiResult<Secret> decrypt(const service::Environment& environment, const Key& key, ByteView blob, const EncryptionContext& context);
// The ARN of the key a blob was made with; InvalidCiphertextException if it is not one of ours.
ApiResult<std::string> key_of(ByteView blob);

// A new enabled symmetric key; the caller has checked quotas and policy. `description` and `tags` as
// CreateKey takes them; `policy` is bound, or null for the default one.
StoredKey make_key(const service::Environment& environment, const std::string& account, std::string_view description,
                   Json policy, const estate::Tags& tags, KeyManager manager);
// The AWS managed key of a service in an account ("alias/aws/rds"), made at first use.
ApiResult<Key> managed_key(const service::Environment& environment, store::Transaction& transaction, const std::string& account, std::string_view service);

}  // namespace ringwall::keyring
