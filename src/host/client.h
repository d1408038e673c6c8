#pragma once
// The unprivileged server's end of the host.

#include <memory>
#include <string>

#include "host/host.h"

namespace ringwall::host {

// Speaks to the helper at the other end of `socket` (see helper.h). Requests from any number
// of threads run side by side; each call waits for its own answer. When the socket closes,
// every pending and later request fails with Failure::unavailable. `data_folder` is the one
// the helper was given. Destroying it closes the socket, on which the helper ends.
std::unique_ptr<Host> connect(os::UniqueFd socket, std::string data_folder);

}  // namespace ringwall::host
