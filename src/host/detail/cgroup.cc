#include "host/detail/cgroup.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
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

struct Known {
  const char* name;     // of version 2
  const char* earlier;  // of version 1
};
constexpr std::array<Known, controllers_count> known = {{{"memory", "memory"}, {"pids", "pids"}, {"cpu", "cpu"}, {"io", "blkio"}}};

bool lists(const std::string& words, const std::string& word, char separator) {
  std::istringstream all(words);
  for (std::string one; std::getline(all, one, separator);) {
    while (one.ends_with('\n')) one.pop_back();
    if (one == word) return true;
  }
  return false;
}

// Our own groups are kept apart from other data folders', and all of them from the machine's.
std::string below(const std::string& mount, const Folders& folders) {
  return mount + "/ringwall/" + hash_of(folders.root);
}

bool is_usable(const Mount& mount) { return mount.writable && ::access(mount.point.c_str(), W_OK) == 0; }

Result<std::string> unified_mount(const std::vector<Mount>& mounts, const Folders& folders) {
  for (const Mount& mount : mounts) {
    if (mount.type == "cgroup2" && is_usable(mount)) return mount.point;
  }
  RW_DO(os::make_folder(folders.cgroups(), 0700));
  if (::mount("cgroup2", folders.cgroups().c_str(), "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC,
              nullptr) == 0) {
    return folders.cgroups();
  }
  return fail(Failure::unavailable,
              "no cgroup2 file system is mounted and none can be: mount one at /sys/fs/cgroup");
}

// A controller of version 2 works in a group once each group above it passes it on.
bool pass_on(const std::string& mount, const std::string& folder, const std::string& name) {
  if (!lists(os::read_file(mount + "/cgroup.controllers", file_bytes_max).value_or(""), name, ' ')) return false;
  for (std::string parent = mount;; parent = folder.substr(0, folder.find('/', parent.size() + 1))) {
    const std::string switches = parent + "/cgroup.subtree_control", word = "+" + name;
    if (!lists(os::read_file(switches, file_bytes_max).value_or(""), name, ' ')) {
      const os::UniqueFd file(::open(switches.c_str(), O_WRONLY | O_CLOEXEC));
      if (::write(file.get(), word.data(), word.size()) != static_cast<ssize_t>(word.size())) return false;
    }
    if (parent == folder) return true;
  }
}

// Where version 1 offers it: mounted already, or free to be mounted. Empty: nowhere.
std::string earlier_mount(const std::vector<Mount>& mounts, const Folders& folders, const std::string& name) {
  for (const Mount& mount : mounts) {
    if (mount.type == "cgroup" && is_usable(mount) && lists(mount.options, name, ',')) return mount.point;
  }
  const std::string own = folders.cgroups() + "-" + name;
  if (os::make_folder(own, 0700) &&
      ::mount("cgroup", own.c_str(), "cgroup", MS_NOSUID | MS_NODEV | MS_NOEXEC, name.c_str()) == 0) {
    return own;
  }
  ::rmdir(own.c_str());
  return {};
}

}  // namespace

Result<std::string> cgroup_folder(const Folders& folders) {
  RW_TRY(const auto mounts, mount_table());
  RW_TRY(const std::string mount, unified_mount(mounts, folders));
  const std::string folder = below(mount, folders);
  RW_DO(os::make_folder(folder, 0755));
  return folder;
}

Result<Group> group_of(const Folders& folders, const std::string& id) {
  RW_TRY(const auto mounts, mount_table());
  RW_TRY(const std::string mount, unified_mount(mounts, folders));
  const std::string folder = below(mount, folders);
  RW_DO(os::make_folder(folder, 0755));
  Group group{.folder = folder + "/" + id};
  for (std::size_t i = 0; i < controllers_count; ++i) {
    if (pass_on(mount, folder, known[i].name)) {
      group.controls[i] = {group.folder, true};
    } else if (const auto earlier = earlier_mount(mounts, folders, known[i].earlier); !earlier.empty()) {
      group.controls[i] = {below(earlier, folders) + "/" + id, false};
    }
  }
  return group;
}

Result<> make_group(const Group& group) {
  RW_DO(os::make_folder(group.folder, 0755));
  for (const Control& control : group.controls) {
    if (!control.folder.empty()) RW_DO(os::make_folder(control.folder, 0755));
  }
  return {};
}

Result<> complete(const Group& group, pid_t pid) {
  const std::string number = std::to_string(pid);
  for (const Control& control : group.controls) {
    if (control.folder.empty() || control.unified) continue;
    const std::string path = control.folder + "/cgroup.procs";
    const os::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (::write(file.get(), number.data(), number.size()) != static_cast<ssize_t>(number.size()) && errno != ESRCH)
      return std::unexpected(os::system_error("cannot put a process into `" + control.folder + "`", errno));
  }
  return {};
}

std::vector<pid_t> members_of(const std::string& cgroup) {
  std::vector<pid_t> pids;
  std::istringstream members(os::read_file(cgroup + "/cgroup.procs", file_bytes_max).value_or(""));
  for (pid_t member = 0; members >> member;) pids.push_back(member);
  return pids;
}

bool is_populated(const std::string& cgroup) {
  const auto events = os::read_file(cgroup + "/cgroup.events", file_bytes_max);
  return events && events->find("populated 1") != std::string::npos;
}

bool holds(const std::string& cgroup, pid_t pid) {
  return std::ranges::count(members_of(cgroup), pid) != 0;
}

bool await_empty(const std::string& cgroup, int ms_max) {
  const os::UniqueFd events(::open((cgroup + "/cgroup.events").c_str(), O_RDONLY | O_CLOEXEC));
  pollfd watched = {events.get(), POLLPRI, 0};
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms_max);
  while (is_populated(cgroup)) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    if (left <= 0 || ::poll(&watched, 1, static_cast<int>(left)) == 0) return false;
    char ignored[256];
    (void)!::pread(events.get(), ignored, sizeof ignored, 0);  // arms the next notice
  }
  return true;
}

namespace {

Result<> remove_folder(const std::string& folder) {
  if (::rmdir(folder.c_str()) == 0 || errno == ENOENT) return {};
  return std::unexpected(os::system_error("cannot remove `" + folder + "`", errno));
}

}  // namespace

Result<> end_group(const Group& group) {
  const std::string& cgroup = group.folder;
  const os::UniqueFd switch_off(::open((cgroup + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC));
  if (!switch_off && errno == ENOENT && ::access(cgroup.c_str(), F_OK) != 0) return {};
  if (!switch_off)
    return std::unexpected(os::system_error("cannot open `" + cgroup + "/cgroup.kill`", errno));
  if (::write(switch_off.get(), "1", 1) != 1) {
    return std::unexpected(os::system_error("cannot end the processes of `" + cgroup + "`", errno));
  }
  if (!await_empty(cgroup, death_ms_max)) {
    return fail(Failure::io, "the processes of `" + cgroup + "` do not end: they wait in the kernel");
  }
  // That of version 2 last: by it a group is found, and so none is left behind unknown.
  for (const Control& control : group.controls) {
    if (!control.folder.empty() && !control.unified) RW_DO(remove_folder(control.folder));
  }
  return remove_folder(cgroup);
}

Result<> remove_groups(const Folders& folders) {
  RW_TRY(Group group, group_of(folders, ""));
  std::vector<std::string> all = {group.folder};
  for (const Control& control : group.controls) {
    if (!control.folder.empty() && !control.unified) all.push_back(control.folder);
  }
  for (std::string& folder : all) {
    folder.pop_back();  // the slash before no name
    RW_DO(remove_folder(folder));
    // Shared with other data folders, hence left to the last of them.
    ::rmdir(std::filesystem::path(folder).parent_path().c_str());
  }
  return {};
}

}  // namespace ringwall::host::detail
