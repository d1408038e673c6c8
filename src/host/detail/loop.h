#pragma once
// Loop devices: an image file as a block device.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace ringwall::host::detail {

struct Loop {
  std::string path;     // "/dev/loop3"
  os::UniqueFd device;  // the device detaches itself when its last user closes it
};

// Attaches the image to a free device, with direct I/O where the file system under it can.
// Failure::conflict while another device has it, which is waited for a little.
Result<Loop> attach(const std::string& image);
// The device follows its image, which has grown.
Result<> update_size(const std::string& loop_path);
// Whether the device still has an image behind it.
bool is_attached(const std::string& loop_path);
// Waits, a few seconds at most, until it has none: a mount namespace that is just ending, or a
// program that looked at every mount, may hold a copy of the mount a little longer.
bool await_detached(const std::string& loop_path);
// The devices whose image lies below the folder.
std::vector<std::string> loops_below(const std::string& folder);
// Asks the device to detach; it does so at once unless it is mounted somewhere.
void detach(const std::string& loop_path);

}  // namespace ringwall::host::detail
