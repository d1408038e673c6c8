#include "host/view.h"

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <set>
#include <string>
#include <string_view>

#include "host/detail/mounts.h"
#include "os/files.h"

namespace ringwall::host {
namespace {

// "DATA/host" of a mount point below its volumes' mounts or its networks' pins; else empty.
std::string_view host_folder_of(std::string_view point) {
  for (const std::string_view below : {"/host/mounts/", "/host/netns/"}) {
    const std::size_t at = point.rfind(below);
    if (at != std::string_view::npos) return point.substr(0, at + std::string_view("/host").size());
  }
  return {};
}

}  // namespace

Result<> enter_own_view() {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return std::unexpected(os::system_error("cannot make a mount namespace", errno));
  }
  RW_TRY(const auto mounts, detail::mount_table());
  std::set<std::string, std::less<>> folders;
  for (const detail::Mount& mount : mounts) {
    if (const auto folder = host_folder_of(mount.point); !folder.empty()) folders.emplace(folder);
  }
  for (const detail::Mount& mount : mounts) {
    if (!folders.contains(mount.point)) continue;
    // A folder mounted twice is listed twice, and what is below it goes with it; and whoever removes
    // such a folder elsewhere takes its mount away here.
    if (::umount2(mount.point.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0 && errno != EINVAL && errno != ENOENT) {
      return std::unexpected(os::system_error("cannot leave `" + mount.point + "` behind", errno));
    }
  }
  return {};
}

}  // namespace ringwall::host
