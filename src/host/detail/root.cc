#include "host/detail/root.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "os/fd.h"
#include "os/files.h"

namespace ringwall::host::detail {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> cannot(const std::string& what) {
  return std::unexpected(os::system_error("cannot " + what, errno));
}

}  // namespace

Result<> bind(const std::string& from, const std::string& to, std::uint64_t restrictions,
              Below below) {
  const bool all = below == Below::included;
  if (::mount(from.c_str(), to.c_str(), nullptr, MS_BIND | (all ? MS_REC : 0), nullptr) != 0)
    return cannot("bind `" + from + "`");
  mount_attr attributes = {};
  attributes.attr_set = restrictions;
  if (::mount_setattr(AT_FDCWD, to.c_str(), all ? AT_RECURSIVE : 0, &attributes,
                      sizeof attributes) != 0) {
    return cannot("restrict the mount of `" + from + "`");
  }
  return {};
}

Result<> mount_tmpfs(const std::string& point, const std::string& options, unsigned long flags) {
  if (::mount("tmpfs", point.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | flags, options.c_str()) == 0)
    return {};
  return cannot("mount a tmpfs for `" + point + "`");
}

Result<> write_new(const std::string& path, std::string_view content, unsigned mode, uid_t owner) {
  RW_DO(os::make_folder(fs::path(path).parent_path(), 0755));
  const os::UniqueFd file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file ||
      ::write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()) ||
      ::fchown(file.get(), owner, owner) != 0 || ::fchmod(file.get(), mode) != 0) {
    return cannot("write `" + path + "`");
  }
  return {};
}

Result<> lend(const std::string& root, const std::string& path, std::uint64_t restrictions) {
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0) return {};
  const std::string to = root + path;
  RW_DO(os::make_folder(fs::path(to).parent_path(), 0755));
  if (S_ISLNK(status.st_mode)) {
    std::error_code failure;
    fs::copy_symlink(path, to, failure);
    if (failure)
      return fail(Failure::io, "cannot copy the link `" + path + "`: " + failure.message());
    return {};
  }
  if (S_ISDIR(status.st_mode)) {
    RW_DO(os::make_folder(to, 0755));
  } else {
    RW_DO(write_new(to, "", 0444, 0));
  }
  return bind(path, to, restrictions);
}

Result<> make_dev(const std::string& root, const std::string& shared_memory) {
  RW_DO(os::make_folder(root + "/dev/shm", 0755));
  for (const char* name : {"null", "zero", "full", "random", "urandom", "tty"}) {
    const std::string path = std::string("/dev/") + name;
    RW_DO(write_new(root + path, "", 0666, 0));
    if (::mount(path.c_str(), (root + path).c_str(), nullptr, MS_BIND, nullptr) != 0)
      return cannot("bind `" + path + "`");
  }
  return mount_tmpfs(root + "/dev/shm", "mode=1777," + shared_memory, MS_NOEXEC);
}

Result<> begin_root(const std::string& root) {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return cannot("make the mounts private");
  RW_DO(mount_tmpfs(root, "mode=755,size=16m", 0));
  ::umask(0);
  return {};
}

Result<> enter_root(const std::string& root) {
  mount_attr attributes = {};
  attributes.attr_set = system_only;
  if (::mount_setattr(AT_FDCWD, root.c_str(), 0, &attributes, sizeof attributes) != 0)
    return cannot("close the private root");
  // The old root is stacked under the new one and then taken away, with all its mounts.
  if (::chdir(root.c_str()) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0 ||
      ::umount2(".", MNT_DETACH) != 0 || ::chdir("/") != 0) {
    return cannot("enter the private root");
  }
  return {};
}

}  // namespace ringwall::host::detail
