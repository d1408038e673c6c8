#pragma once
// Grants on stored keys. Stored apart from their key, so that using a key reads only what is
// granted on it:
//
//   kms-grant/<account of the key>/<key-id>/<grant-id>    GrantListEntry's members, "grantee_id" and
//        "retiring_id": the unique ids of the user or role at the time, that a namesake does not have

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "authz/kms_grant.h"
#include "keyring/keyring.h"

namespace ringwall::keyring {

// Fewer than AWS's 50,000: every use of a key reads what is granted on it.
inline constexpr std::size_t grants_per_key_max = 1'000;

std::string grant_prefix(std::string_view account, std::string_view key_id);
std::string grant_key(const Key& key, std::string_view grant_id);

authz::KmsGrant grant_of(const Json& document);

// Is the caller, in any of its forms, the principal `arn`, and still the one that was meant?
// `pinned` is a stored unique id; empty: none was known.
bool is_caller(const policy::Principal& caller, std::string_view arn, std::string_view pinned);

// What the grants on `key` allow `caller` to do by `action` ("kms:Decrypt") in this encryption
// context. Never CreateGrant and RetireGrant, which grants allow within limits of their own.
std::vector<authz::Named> granted(const Key& key, const policy::Principal& caller, std::string_view action,
                                  const EncryptionContext& context);

// A token that names the grant; InvalidGrantTokenException for any other text.
struct GrantName {
  std::string account, key_id, grant_id;
};
std::string grant_token(const service::Environment& environment, const GrantName& name);
ApiResult<GrantName> open_grant_token(const service::Environment& environment, std::string_view token);

}  // namespace ringwall::keyring
