#include "host/detail/cgroup.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <sstream>

#include "base/bytes.h"
#include "host/detail/mounts.h"
#include "os/fd.h"
#include "os/files.h"

namespace ringwall::host::detail {
namespace {

constexpr int death_ms_max = 20'000;  // for a killed process to get out of the kernel
constexpr std::size_t file_bytes_max = 8 << 20;

// FNV-1a: tells data folders apart; nothing depends on it being hard to forge.
std::string hash_of(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789abcdef"[(hash >> shift) & 15];
  return digits;
}

Result<std::string> cgroup_mount(const Folders& folders) {
  RW_TRY(const auto mounts, mount_table());
  for (const Mount& mount : mounts) {
    if (mount.type == "cgroup2" && mount.writable && ::access(mount.point.c_str(), W_OK) == 0)
      return mount.point;
  }
  RW_DO(os::make_folder(folders.cgroups(), 0700));
  if (::mount("cgroup2", folders.cgroups().c_str(), "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC,
              nullptr) == 0) {
    return folders.cgroups();
  }
  return fail(Failure::unavailable,
              "no cgroup2 file system is mounted and none can be: mount one at /sys/fs/cgroup");
}

}  // namespace

Result<std::string> cgroup_folder(const Folders& folders) {
  RW_TRY(const std::string mount, cgroup_mount(folders));
  const std::string folder = mount + "/ringwall/" + hash_of(folders.root);
  RW_DO(os::make_folder(folder, 0755));
  return folder;
}

bool is_populated(const std::string& cgroup) {
  const auto events = os::read_file(cgroup + "/cgroup.events", file_bytes_max);
  return events && events->find("populated 1") != std::string::npos;
}

bool holds(const std::string& cgroup, pid_t pid) {
  std::istringstream members(os::read_file(cgroup + "/cgroup.procs", file_bytes_max).value_or(""));
  for (pid_t member = 0; members >> member;) {
    if (member == pid) return true;
  }
  return false;
}

Result<> end_cgroup(const std::string& cgroup) {
  const os::UniqueFd switch_off(::open((cgroup + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC));
  if (!switch_off && errno == ENOENT && ::access(cgroup.c_str(), F_OK) != 0) return {};
  if (!switch_off)
    return std::unexpected(os::system_error("cannot open `" + cgroup + "/cgroup.kill`", errno));
  const os::UniqueFd events(::open((cgroup + "/cgroup.events").c_str(), O_RDONLY | O_CLOEXEC));
  if (::write(switch_off.get(), "1", 1) != 1) {
    return std::unexpected(os::system_error("cannot end the processes of `" + cgroup + "`", errno));
  }
  pollfd watched = {events.get(), POLLPRI, 0};
  while (is_populated(cgroup)) {
    if (::poll(&watched, 1, death_ms_max) == 0) {
      return fail(Failure::io,
                  "the processes of `" + cgroup + "` do not end: they wait in the kernel");
    }
    char ignored[256];
    (void)!::pread(events.get(), ignored, sizeof ignored, 0);  // arms the next notice
  }
  if (::rmdir(cgroup.c_str()) == 0 || errno == ENOENT) return {};
  return std::unexpected(os::system_error("cannot remove `" + cgroup + "`", errno));
}

}  // namespace ringwall::host::detail
