#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "host/detail/folders.h"
#include "host/detail/mounts.h"
#include "host/detail/network.h"
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

Result<> sweep(const HelperOptions& options) {
  if (::geteuid() != 0) return fail(Failure::denied, "sweeping needs root: use sudo");
  const Folders folders = folders_of(options);
  std::error_code ignored;  // a folder that is not there holds nothing to sweep
  for (const auto& entry : std::filesystem::directory_iterator(folders.networks(), ignored)) {
    RW_DO(remove_network(folders, entry.path().filename()));
  }
  RW_DO(unmount_below(folders.root));
  while (mount_at(folders.root)) RW_DO(unmount(folders.root));
  return {};
}

}  // namespace ringwall::host
