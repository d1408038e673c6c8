#pragma once
// What the kernel holds a process to, written into its control groups before it starts.

#include <string>
#include <vector>

#include "base/result.h"
#include "host/detail/cgroup.h"
#include "host/helper.h"
#include "host/host.h"

namespace ringwall::host::detail {

// Where an engine stands when the kernel must kill for memory: before anything of the machine's,
// and long before the two halves, which `ringwall serve` puts last.
inline constexpr int engine_oom_score = 500;

// The controllers without which a process is not held to its limits, by name, that are not to be had.
std::vector<std::string> missing_controllers(const Group& group);
std::vector<std::string> missing_controllers(const Folders& folders);

// States the limits of a group that exists. Refuses with the remedy where a controller is missing,
// unless the options allow it.
Result<> state_limits(const HelperOptions& options, const Group& group, const Limits& limits);
// What a process is held to by itself: its private memory, and its place when memory runs out.
Result<> hold(pid_t pid, const Limits& limits);

Result<> limit_process(const HelperOptions& options, const std::string& id, const Limits& limits);

}  // namespace ringwall::host::detail
