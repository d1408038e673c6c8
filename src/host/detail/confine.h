#pragma once
// The last steps before a program of someone else's runs: everything root could do is given up.

#include <sys/types.h>

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

// Refuses, with EPERM, the system calls an engine has no use for and an intruder has.
Result<> forbid_system_calls();

}  // namespace ringwall::host::detail
