#include "host/detail/encryption.h"

#include <linux/fscrypt.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "os/files.h"

namespace ringwall::host::detail {
namespace {

static_assert(sizeof(KeyIdentifier) == FSCRYPT_KEY_IDENTIFIER_SIZE);

fscrypt_key_specifier specifier(const KeyIdentifier& key) {
  fscrypt_key_specifier named = {};
  named.type = FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER;
  std::ranges::copy(key, named.u.identifier);
  return named;
}

KeyIdentifier identifier(const __u8 (&raw)[FSCRYPT_KEY_IDENTIFIER_SIZE]) {
  KeyIdentifier key = {};
  std::ranges::copy(raw, key.begin());
  return key;
}

}  // namespace

Result<KeyIdentifier> add_key(int mount, const Secret& key) {
  const ByteView raw = key.reveal();
  RW_CHECK(raw.size() <= FSCRYPT_MAX_KEY_SIZE);
  // The ioctl's argument ends in the key itself, so it is a Secret too.
  Bytes room(sizeof(fscrypt_add_key_arg) + raw.size());
  auto* argument = reinterpret_cast<fscrypt_add_key_arg*>(room.data());
  argument->key_spec.type = FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER;
  argument->raw_size = static_cast<std::uint32_t>(raw.size());
  std::ranges::copy(raw, room.begin() + sizeof(fscrypt_add_key_arg));
  const bool added = ::ioctl(mount, FS_IOC_ADD_ENCRYPTION_KEY, argument) == 0;
  const int code = errno;
  const KeyIdentifier derived = identifier(argument->key_spec.u.identifier);
  wipe(room);
  if (added) return derived;
  if (code == EOPNOTSUPP || code == ENOTTY) {
    return fail(Failure::unavailable,
                "the kernel cannot encrypt ext4: it needs CONFIG_FS_ENCRYPTION");
  }
  return std::unexpected(os::system_error("cannot give the kernel a volume's key", code));
}

Result<bool> remove_key(int mount, const KeyIdentifier& key) {
  fscrypt_remove_key_arg argument = {};
  argument.key_spec = specifier(key);
  if (::ioctl(mount, FS_IOC_REMOVE_ENCRYPTION_KEY, &argument) != 0) {
    if (errno == ENOKEY) return true;
    return std::unexpected(os::system_error("cannot take a volume's key from the kernel", errno));
  }
  return (argument.removal_status_flags & FSCRYPT_KEY_REMOVAL_STATUS_FLAG_FILES_BUSY) == 0;
}

Result<std::optional<KeyIdentifier>> key_of(int folder) {
  fscrypt_get_policy_ex_arg argument = {};
  argument.policy_size = sizeof argument.policy;
  if (::ioctl(folder, FS_IOC_GET_ENCRYPTION_POLICY_EX, &argument) != 0) {
    if (errno == ENODATA) return std::nullopt;
    return std::unexpected(os::system_error("cannot read a volume's encryption policy", errno));
  }
  if (argument.policy.version != FSCRYPT_POLICY_V2 ||
      argument.policy.v2.contents_encryption_mode != FSCRYPT_MODE_AES_256_XTS) {
    return fail(Failure::corrupt, "the volume is encrypted in a way that is not ringwall's");
  }
  return identifier(argument.policy.v2.master_key_identifier);
}

Result<> encrypt_folder(int folder, const KeyIdentifier& key) {
  fscrypt_policy_v2 policy = {};
  policy.version = FSCRYPT_POLICY_V2;
  policy.contents_encryption_mode = FSCRYPT_MODE_AES_256_XTS;
  policy.filenames_encryption_mode = FSCRYPT_MODE_AES_256_CTS;
  policy.flags = FSCRYPT_POLICY_FLAGS_PAD_32;
  std::ranges::copy(key, policy.master_key_identifier);
  if (::ioctl(folder, FS_IOC_SET_ENCRYPTION_POLICY, &policy) == 0) return {};
  if (errno == ENOTEMPTY)
    return fail(Failure::corrupt, "the volume holds files that are not encrypted");
  return std::unexpected(os::system_error("cannot encrypt a volume", errno));
}

}  // namespace ringwall::host::detail
