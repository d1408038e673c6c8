#include "host/detail/folders.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "host/detail/mounts.h"
#include "os/fd.h"
#include "os/files.h"

namespace ringwall::host::detail {

Result<HelperOptions> settled(HelperOptions options) {
  std::error_code failure;
  const std::filesystem::path given(options.data_folder);
  options.data_folder = std::filesystem::canonical(given, failure);
  if (!failure && given.is_absolute()) return options;
  return fail(Failure::not_found,
              "the data folder `" + given.string() + "` is not an absolute path of a folder");
}

Result<os::UniqueFd> open_root(const Folders& folders) {
  if (::mkdir(folders.root.c_str(), 0711) != 0 && errno != EEXIST) {
    return std::unexpected(
        os::system_error("cannot make the folder `" + folders.root + "`", errno));
  }
  os::UniqueFd root(::open(folders.root.c_str(), O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC));
  struct stat status = {};
  if (!root || ::fstat(root.get(), &status) != 0) {
    return std::unexpected(
        os::system_error("cannot open the folder `" + folders.root + "`", errno));
  }
  if (status.st_uid != 0 || (status.st_mode & 022) != 0) {
    return fail(Failure::denied,
                "`" + folders.root + "` must belong to root and be writable by nobody else");
  }
  return root;
}

Result<> prepare_folders(const Folders& folders) {
  RW_TRY(const os::UniqueFd root, open_root(folders));
  if (!mount_at(folders.root)) {
    const std::string self = "/proc/self/fd/" + std::to_string(root.get());
    if (::mount(self.c_str(), self.c_str(), nullptr, MS_BIND, nullptr) != 0) {
      return std::unexpected(
          os::system_error("cannot mount `" + folders.root + "` on itself", errno));
    }
  }
  if (::mount(nullptr, folders.root.c_str(), nullptr, MS_PRIVATE, nullptr) != 0) {
    return std::unexpected(
        os::system_error("cannot make the mount `" + folders.root + "` private", errno));
  }
  for (const auto& folder : {folders.volumes(), folders.mounts(), folders.networks(),
                             folders.processes(), folders.new_root()}) {
    RW_DO(os::make_folder(folder, 0700));
  }
  RW_DO(os::make_folder(folders.all_sockets(), 0711));
  return {};
}

}  // namespace ringwall::host::detail
