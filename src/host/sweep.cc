#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "host/detail/attempts.h"
#include "host/detail/folders.h"
#include "host/detail/loop.h"
#include "host/detail/mounts.h"
#include "host/detail/network.h"
#include "host/detail/process.h"
#include "host/detail/volume.h"
#include "host/helper.h"
#include "os/files.h"

namespace ringwall::host {
namespace {

using namespace detail;

Result<> detach_mount(const std::string& point) {
  // Detached: a visitor's working directory must not keep the rest from going.
  if (::umount2(point.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0 || errno == EINVAL) return {};
  return std::unexpected(os::system_error("cannot unmount `" + point + "`", errno));
}

// Everything mounted at the folder and below it, whoever left it, innermost first.
Result<> unmount_all(const std::string& folder) {
  RW_TRY(const auto mounts, mount_table());
  Result<> outcome;
  for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount) {
    if (mount->point == folder || mount->point.starts_with(folder + "/")) {
      attempt(outcome, detach_mount(mount->point));
    }
  }
  return outcome;
}

// A device that stays is a file system that stays mounted somewhere, and its key with it.
Result<> end_loop(const std::string& loop) {
  detach(loop);
  if (await_detached(loop)) return {};
  return fail(Failure::conflict, "`" + loop + "` stays attached: a mount namespace of another process keeps its volume "
                                 "open, until that process ends");
}

}  // namespace

Result<> sweep(const HelperOptions& given) {
  if (::geteuid() != 0) return fail(Failure::denied, "sweeping needs root: use sudo");
  RW_TRY(const HelperOptions options, settled(given));
  const Folders folders = folders_of(options);
  Result<> outcome = end_all_processes(folders);
  std::error_code ignored;  // a folder that is not there holds nothing to sweep
  for (const auto& entry : std::filesystem::directory_iterator(folders.networks(), ignored)) {
    attempt(outcome, remove_network(folders, entry.path().filename()));
  }
  for (const std::string& id : open_volumes(folders)) {
    // Takes the key away in order; what cannot be closed so is taken down by force below.
    (void)close_volume(folders, id);
  }
  attempt(outcome, unmount_all(folders.root));
  for (const std::string& loop : loops_below(folders.volumes())) attempt(outcome, end_loop(loop));
  for (const auto& entry : std::filesystem::directory_iterator(folders.all_sockets(), ignored)) {
    std::filesystem::remove_all(entry.path(), ignored);
  }
  return outcome;
}

Result<> sweep_unless_running(const HelperOptions& given) {
  RW_TRY(const HelperOptions options, settled(given));
  RW_TRY(const bool runs, any_engine_runs(folders_of(options)));
  return runs ? Result<>() : sweep(options);
}

Result<os::UniqueFd> claim(const HelperOptions& given) {
  RW_TRY(const HelperOptions options, settled(given));
  const Folders folders = folders_of(options);
  RW_TRY(const os::UniqueFd root, open_root(folders));
  os::UniqueFd file(::openat(root.get(), "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return std::unexpected(os::system_error("cannot open `" + folders.root + "/lock`", errno));
  // A record lock is the process's own, so that what it forks cannot outlive it in its place.
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(file.get(), F_SETLK, &whole) == 0) return file;
  if (errno != EAGAIN && errno != EACCES) {
    return std::unexpected(os::system_error("cannot lock `" + folders.root + "/lock`", errno));
  }
  return fail(Failure::conflict, "another ringwall serves `" + options.data_folder + "`: stop it first");
}

}  // namespace ringwall::host
