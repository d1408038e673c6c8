#pragma once
// What time does to keys: material is rotated, and keys whose waiting period is over are deleted.

#include "keyring/keyring.h"

namespace ringwall::keyring {

inline constexpr std::int64_t day_ms = 24LL * 60 * 60 * 1000;

// Sealed key material for a key. The newest of a key encrypts; every one decrypts.
Material make_material(const service::Environment& environment, std::string_view arn);
// The policy a key gets when none is given: the account's identity policies decide.
std::string default_policy(std::string_view account);

// Whether the key of this ARN was deleted, which a store that is merely without it does not say.
bool was_deleted(store::Transaction& transaction, std::string_view arn);

// For a store that turns out to be an older copy: every deletion that is due in less than the
// shortest waiting period gets that period anew, since it may have been cancelled after the copy
// was taken. Answers the ARNs.
std::vector<std::string> postpone_deletions(const service::Environment& environment, store::Transaction& transaction);

// Rotates every key that is due and deletes every key whose DeletionDate has passed; how many
// changed. Call it at start and every hour; each key is its own transaction.
Result<int> run_schedule(const service::Environment& environment);

}  // namespace ringwall::keyring
