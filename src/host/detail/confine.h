#pragma once
// The last steps before a program of someone else's runs: everything root could do is given up.

#include <sys/types.h>

#include "base/result.h"

namespace ringwall::host::detail {

// Becomes `uid` (and the group of the same number), without capabilities or a way to new ones.
Result<> drop_privileges(uid_t uid);

// Refuses, with EPERM, the system calls an engine has no use for and an intruder has.
Result<> forbid_system_calls();

}  // namespace ringwall::host::detail
