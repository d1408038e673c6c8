#pragma once
// A command of root's at a place in a VPC: `ringwall exec`. What it needs of root is the way into
// the network, so that is all it keeps.
//
// Its view of the file system is a root of its own: the system's programs and settings, read-only;
// the working directory, read-only; a private /tmp, which is also HOME; and the data folder
// covered up, except for the one file `shown`. It sees no process but its own, has IPC of its own,
// and ends with whoever called, as what it started ends with it.

#include <string>
#include <vector>

#include "base/result.h"

namespace ringwall::host {

struct Command {
  std::vector<std::string> arguments;  // [0] is looked for on PATH, as the command sees it
  int network_namespace = -1;
  std::string resolver;     // the address of the VPC's
  std::string data_folder;  // covered up; its DATA/host/root is where the view is built
  std::string shown;        // a file: the certificate to compare servers with
  // A user of the host's. Empty: an uid that is nobody's, without capabilities or a way to new
  // ones. Only by the name `root` does a command keep what root may do.
  std::string as;
  bool host_view = false;  // all of the host's files instead, as `as` may read and change them
};

// Runs it to its end and answers its exit status: 128 + signal if it was killed, 127 if it is not
// there, 126 if it could not be run, which a line on standard error explains. The caller is root
// and has one thread.
Result<int> run_command(const Command& command);

}  // namespace ringwall::host
