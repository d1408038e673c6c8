#pragma once
// The privileged half: a process that runs as root, understands only the typed requests of
// host.h, and holds none of the server's data. Everything it makes is found again by name
// under DATA/host, in the kernel's own tables, so it keeps no state and may be killed at any
// moment:
//
//   volumes/ID.img          encrypted ext4 images          mounts/ID      where they are mounted
//   volumes/ID.label        whose they are, to the server  installation   how far its store has come
//   netns/VPC/network       a VPC's namespace, pinned      netns/VPC/ENI  an interface's
//   sockets/ID/             shared with a process          processes/     records of those that run
//   cgroup ringwall/HASH/ID a process and its children

#include <sys/types.h>

#include <string>

#include "base/result.h"
#include "host/host.h"
#include "host/programs.h"
#include "os/fd.h"

namespace ringwall::host {

struct HelperOptions {
  std::string data_folder;  // absolute; should belong to root, for DATA/host does
  uid_t server_uid = 0;     // of the unprivileged server, which may use the sockets
  gid_t server_gid = 0;
  std::string
      plugin_folder;  // pam_ringwall.so, ringwall_guard.so; `plugin_folder_inside` to engines
  std::string engine_user = "rdsdb";  // the name of an engine's uid inside its private root
  // Starts processes although this machine cannot hold them to all of their limits.
  bool without_limits = false;
  Storage storage = Storage::reserved;
  // The table of programs. Only tests have another.
  Result<Launch> (*launch)(const Process&) = launch_of;
  pid_t server = 0;  // when given: SIGINT, SIGTERM, SIGHUP to this process become SIGTERM there
};

// Serves until the other end of `socket` closes; the calling process must be single-threaded
// and root. Each request is done in a forked child that answers by itself: what it does to its
// namespaces ends with it, and a slow one holds up nobody. Becomes the reaper of every process
// started. Returns the server's exit status when `server` was given, else 0; or 1, with a
// sentence on standard error, when it cannot begin.
int serve_requests(os::UniqueFd socket, const HelperOptions& options);

// The right to be the one helper of a data folder: this process has it while it keeps what is
// answered, and children that it forks do not. Failure::conflict while another process has it.
Result<os::UniqueFd> claim(const HelperOptions& options);

// Ends every process, and removes every mount, loop device, namespace and socket that helpers
// of this data folder ever made, from whatever state they were left in. Images of volumes
// stay, and the logs of engines in them. Goes on whatever fails, and answers the first failure. To be called
// as root when no helper of the folder runs.
Result<> sweep(const HelperOptions& options);

// The same, unless an engine runs: then everything stays as it is, for the next helper to find.
Result<> sweep_unless_running(const HelperOptions& options);

}  // namespace ringwall::host
