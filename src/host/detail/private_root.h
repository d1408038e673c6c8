#pragma once
// The file system an engine sees.

#include <string>

#include "base/result.h"
#include "host/detail/folders.h"
#include "host/helper.h"
#include "host/host.h"
#include "host/programs.h"

namespace ringwall::host::detail {

struct RootPlan {
  const HelperOptions& options;
  const Process& process;
  const Launch& launch;
  std::string resolver;  // the address of its VPC's
};

// Makes it and moves into it, in the process's own mount namespace, as root. Nothing of the
// old one stays mounted, so no other volume is kept busy. /proc is not there.
Result<> enter_private_root(const RootPlan& plan);

// Both inside the private root and already as the process's own user: a link that an engine left
// in its volume leads nowhere new.
Result<> remove_stale(const Launch& launch);
Result<> write_files(const Launch& launch);

}  // namespace ringwall::host::detail
