#pragma once
// Grants on stored keys. Stored apart from their key, so that using a key reads only what is
// granted on it. A grant has the unique ids of the users or roles that it names, as they were at the
// time, which a namesake does not have.

#include <string>
#include <string_view>
#include <vector>

#include "authz/kms_grant.h"
#include "keyring/keyring.h"

namespace ringwall::keyring {

// Fewer than AWS's 50,000: every use of a key reads what is granted on it.
inline constexpr std::size_t grants_per_key_max = 1'000;

authz::KmsGrant kms_grant_of(const Grant& grant);

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
