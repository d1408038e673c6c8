#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

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

// Everything mounted below the folder, whoever left it, innermost first.
Result<> unmount_below(const std::string& folder) {
  RW_TRY(const auto mounts, mount_table());
  for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount) {
    if (!mount->point.starts_with(folder + "/")) continue;
    // Detached: a visitor's working directory must not keep the rest from going.
    if (::umount2(mount->point.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0 && errno != EINVAL) {
      return std::unexpected(os::system_error("cannot unmount `" + mount->point + "`", errno));
    }
  }
  return {};
}

}  // namespace

Result<> sweep(const HelperOptions& given) {
  if (::geteuid() != 0) return fail(Failure::denied, "sweeping needs root: use sudo");
  RW_TRY(const HelperOptions options, settled(given));
  const Folders folders = folders_of(options);
  RW_DO(end_all_processes(folders));
  std::error_code ignored;  // a folder that is not there holds nothing to sweep
  for (const auto& entry : std::filesystem::directory_iterator(folders.networks(), ignored)) {
    RW_DO(remove_network(folders, entry.path().filename()));
  }
  for (const std::string& id : open_volumes(folders)) {
    // Takes the key away in order; what cannot be closed so is taken down by force below.
    (void)close_volume(folders, id);
  }
  RW_DO(unmount_below(folders.root));
  for (const std::string& loop : loops_below(folders.volumes())) detach(loop);
  for (const auto& entry : std::filesystem::directory_iterator(folders.all_sockets(), ignored)) {
    std::filesystem::remove_all(entry.path(), ignored);
  }
  while (mount_at(folders.root)) RW_DO(unmount(folders.root));
  return {};
}

}  // namespace ringwall::host
