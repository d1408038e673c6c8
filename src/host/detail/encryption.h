#pragma once
// fscrypt v2 by its ioctls. `mount` is any descriptor on the mounted file system.

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

namespace ringwall::host::detail {

using KeyIdentifier = std::array<std::uint8_t, 16>;

// Gives the kernel the key; succeeds too when it has it. The identifier is derived from it.
Result<KeyIdentifier> add_key(int mount, const Secret& key);

// Takes the key away again and drops what was cached in the clear. False when files under it
// are still open: the key is gone, but what is cached of those files is not.
Result<bool> remove_key(int mount, const KeyIdentifier& key);

// The key the folder is encrypted under; nothing when it is not encrypted. Failure::corrupt
// when it is encrypted in a way that is not ours.
Result<std::optional<KeyIdentifier>> key_of(int folder);

// Encrypts an empty folder. Failure::unavailable where the kernel cannot.
Result<> encrypt_folder(int folder, const KeyIdentifier& key);

}  // namespace ringwall::host::detail
