#pragma once
// The pieces of which a file system of someone's own is made, in a mount namespace of its own:
// a tmpfs, filled with what is to be seen, that then becomes the root.

#include <sys/mount.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ringwall::host::detail {

inline constexpr std::uint64_t system_only =
    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
inline constexpr std::uint64_t data_only =
    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

enum class Below : bool { left_out, included };  // what is mounted below a folder

// A bind mount of `from` at `to`, which is there, further restricted.
Result<> bind(const std::string& from, const std::string& to, std::uint64_t restrictions,
              Below below = Below::included);
Result<> mount_tmpfs(const std::string& point, const std::string& options, unsigned long flags);
Result<> write_new(const std::string& path, std::string_view content, unsigned mode, uid_t owner);
// The same path of the system, if it is there: a link is copied, a file or folder is bound.
Result<> lend(const std::string& root, const std::string& path,
              std::uint64_t restrictions = system_only);
// null, zero, full, random, urandom, tty and shm.
Result<> make_dev(const std::string& root, const std::string& shared_memory = "size=64m,nr_inodes=1024");

// An empty root at the folder `root`; nothing that is mounted from now on is seen outside.
Result<> begin_root(const std::string& root);
// Closes it against changes and makes it the root. Nothing of the old one stays mounted.
Result<> enter_root(const std::string& root);

}  // namespace ringwall::host::detail
