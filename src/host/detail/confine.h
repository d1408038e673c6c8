#pragma once
// The last steps before a program of someone else's runs: everything root could do is given up.

#include <sys/types.h>

#include <span>
#include <vector>

#include "base/result.h"

namespace ringwall::host::detail {

struct Account {
  uid_t uid;
  gid_t gid;
  std::vector<gid_t> groups = {};  // supplementary
};

// Becomes the account, without capabilities or a way to new ones.
Result<> drop_privileges(const Account& account);

// From here on a system call that an engine has no use for does not exist (ENOSYS), and of the
// others some arguments are refused: new namespaces, sockets of other families than UNIX and IP,
// memory that is executable and was ever writable, requests to devices, settings of the process.
Result<> allow_known_system_calls();
// Those allowed whatever their arguments; socket, socketpair, ioctl, prctl, clone, mmap, mprotect
// and shmat depend on them.
std::span<const int> system_calls_allowed();

}  // namespace ringwall::host::detail
