#pragma once
// A confined process, the first of a PID namespace of its own, from the fork to the moment its program runs.

#include <sys/types.h>

#include <string>

#include "base/result.h"
#include "host/detail/cgroup.h"
#include "host/helper.h"
#include "host/host.h"
#include "os/fd.h"

namespace ringwall::host::detail {

// A child in its cgroup that waits for permission to go on; without it, it ends.
struct Waiting {
  pid_t pid = 0;
  os::UniqueFd pidfd;
  os::UniqueFd permission;  // written to: go on
  os::UniqueFd verdict;     // end of file once the program runs; else why it does not
};

struct SpawnPlan {
  const HelperOptions& options;
  const Process& process;
  const Launch& launch;
  const Group& group;  // exists, with its limits
  std::string resolver;
  int network_namespace;
  int output;  // standard output and error; -1: to nobody
  int input = -1;  // standard input; -1: nothing to read
  // Runs in the prepared process instead of a program, with the standard streams open and nothing
  // else; its value is the exit status.
  int (*inside)() = nullptr;
};

Result<Waiting> spawn(const SpawnPlan& plan);
// Lets it go on, and waits until the program runs or could not be.
Result<> let_go(Waiting& waiting);

}  // namespace ringwall::host::detail
