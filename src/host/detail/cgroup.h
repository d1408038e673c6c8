#pragma once
// The control groups of a process: one of version 2, in which it is born, found and ended with all
// its descendants, and beside it one of the same name for each controller that this machine has
// bound to version 1. The kernel binds a controller to either version, never to both.

#include <sys/types.h>

#include <array>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/detail/folders.h"

namespace ringwall::host::detail {

enum class Controller : std::uint8_t { memory, pids, cpu, io };
inline constexpr std::size_t controllers_count = 4;

// Where a controller's files of one process lie; no folder: the machine does not offer it.
struct Control {
  std::string folder;
  bool unified = false;  // version 2's files
};

struct Group {
  std::string folder;  // of version 2; always there
  std::array<Control, controllers_count> controls = {};

  const Control& control(Controller which) const { return controls[static_cast<std::size_t>(which)]; }
};

// The folder that holds this data folder's groups of version 2, made if need be: below the
// system's mount, or one of our own where the system has none.
Result<std::string> cgroup_folder(const Folders& folders);

// The group of that name, with every controller that is to be had: bound to version 2, or to a
// mounted version 1, or mounted here. It need not exist.
Result<Group> group_of(const Folders& folders, const std::string& id);
Result<> make_group(const Group& group);
// Puts a process that is in the group of version 2 into those of version 1 too.
Result<> complete(const Group& group, pid_t pid);

std::vector<pid_t> members_of(const std::string& cgroup);
// Whether a process lives in it; false when it does not exist.
bool is_populated(const std::string& cgroup);
bool holds(const std::string& cgroup, pid_t pid);
// False when somebody still lives in it after so long.
bool await_empty(const std::string& cgroup, int ms_max);
// Kills whatever lives in it, waits for the end, removes it. Succeeds when it does not exist.
Result<> end_group(const Group& group);
// Removes the folders of this data folder's groups, all of which have ended.
Result<> remove_groups(const Folders& folders);

}  // namespace ringwall::host::detail
