#pragma once
// A view of the file system for a process beside the helper: the server, or a command in a VPC.

#include "base/result.h"

namespace ringwall::host {

// Gives the calling process a mount namespace of its own, from which nothing spreads. A new
// namespace begins as a copy of every mount, and a copy of a volume's would keep the volume from
// being closed, a copy of a pin its network from ending, for as long as the process runs: so the
// volumes and networks of every Ringwall on the machine are left behind.
Result<> enter_own_view();

}  // namespace ringwall::host
