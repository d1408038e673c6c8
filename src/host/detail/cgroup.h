#pragma once
// A cgroup (version 2) for every process, so that it can be ended with all its descendants.
// No controller is needed.

#include <string>
#include <vector>

#include "base/result.h"
#include "host/detail/folders.h"

namespace ringwall::host::detail {

// The folder that holds this data folder's cgroups, made if need be: below the system's cgroup
// mount, or one of our own where the system has none.
Result<std::string> cgroup_folder(const Folders& folders);

// Whether a process lives in it; false when it does not exist.
bool is_populated(const std::string& cgroup);
bool holds(const std::string& cgroup, pid_t pid);
// Kills whatever lives in it, waits for the end, removes it. Succeeds when it does not exist.
Result<> end_cgroup(const std::string& cgroup);

}  // namespace ringwall::host::detail
