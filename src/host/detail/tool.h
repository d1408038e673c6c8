#pragma once
// Programs of the system that the helper needs: mkfs.ext4 and resize2fs.

#include <string>
#include <vector>

#include "base/result.h"

namespace ringwall::host::detail {

// Runs it to its end with an environment of its own; it dies with the calling process. A
// failure carries the last of what it printed, and is Failure::exhausted when that says the
// disk is full, unavailable when the program is not installed.
// An exit status up to `good_status_max` is success.
Result<> run_tool(const std::vector<std::string>& arguments, int good_status_max = 0);

}  // namespace ringwall::host::detail
