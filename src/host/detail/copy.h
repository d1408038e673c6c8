#pragma once
// Copies of volumes that are in use.
//
// A file system is frozen for the moment that a copy is of: the kernel writes everything out and
// holds writers back, so that the image is whole, as after a power cut. Where the disk under it
// clones (XFS, Btrfs), that moment is the whole copy. Elsewhere a first pass copies while writers
// go on, and under the freeze only what differs by then is written again: reading is quick, most
// of it comes from memory, and writing is what costs.

#include <string>

#include "base/result.h"
#include "host/detail/folders.h"
#include "os/fd.h"

namespace ringwall::host::detail {

// As Host::copy_volume. Failure::exhausted when the disk has no room for a copy.
Result<os::UniqueFd> copy_volume(const Folders& folders, const std::string& volume_id);

// Lets writers go on if a copy that was killed left the volume frozen; else does nothing.
void thaw_volume(const Folders& folders, const std::string& volume_id);
// The same for every volume that is mounted.
void thaw_all_volumes(const Folders& folders);

// Makes the data of `target` that of `source`, writing only what differs; holes stay holes.
// Both are open for reading, `target` also for writing. Exposed for tests.
Result<> copy_differences(int source, int target);

}  // namespace ringwall::host::detail
