#pragma once
// The mount table of this process's namespace.

#include <string>
#include <vector>

#include "base/result.h"

namespace ringwall::host::detail {

struct Mount {
  std::string point;   // the octal escapes undone
  std::string type;    // "ext4", "nsfs", …
  std::string source;  // "/dev/loop3"
  std::string options;  // of the file system: "rw,memory"
  bool writable = true;
  bool failed = false;  // a file system that gave itself up: it takes no more writes
};

Result<std::vector<Mount>> mount_table();

// The topmost mount exactly at `point`; not_found when nothing is mounted there.
Result<Mount> mount_at(const std::string& point);

// Succeeds too when nothing is mounted there. Failure::conflict when busy.
Result<> unmount(const std::string& point);

}  // namespace ringwall::host::detail
