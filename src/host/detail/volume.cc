#include "host/detail/volume.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>

#include "host/detail/copy.h"
#include "host/detail/encryption.h"
#include "host/detail/labels.h"
#include "host/detail/loop.h"
#include "host/detail/mounts.h"
#include "host/detail/process.h"
#include "host/detail/space.h"
#include "host/detail/tool.h"
#include "os/files.h"

namespace ringwall::host::detail {
namespace {

// What a new file system in a sparse image writes at once; with less, it would fail half-way.
constexpr std::uint64_t free_bytes_min = 64ull << 20;

Result<> check_room(const std::string& folder) {
  struct statvfs status = {};
  if (::statvfs(folder.c_str(), &status) != 0) {
    return std::unexpected(os::system_error("cannot look at `" + folder + "`", errno));
  }
  if (static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize >= free_bytes_min) return {};
  return fail(Failure::exhausted,
              "the disk under `" + folder + "` is full: a new volume needs 64 MiB to begin with");
}

// A new image appears under its name only when its file system is complete.
Result<> make_image(const HelperOptions& options, const Volume& volume) {
  const Folders folders = folders_of(options);
  if (options.storage == Storage::sparse) RW_DO(check_room(folders.volumes()));
  const std::string image = folders.image(volume.id), unfinished = image + ".new";
  ::unlink(unfinished.c_str());
  const os::UniqueFd file(
      ::open(unfinished.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file || ::ftruncate(file.get(), static_cast<off_t>(volume.bytes)) != 0) {
    return std::unexpected(os::system_error("cannot make `" + unfinished + "`", errno));
  }
  // Tables and journal are zeroes in a new file already. Nothing is discarded, which would be a hole.
  auto made = options.storage == Storage::reserved ? reserve(unfinished, volume.bytes) : Result<>();
  if (made) {
    made = run_tool({"/usr/sbin/mkfs.ext4", "-q", "-F", "-b", "4096", "-m", "0", "-O", "encrypt", "-E",
                     "assume_storage_prezeroed=1,nodiscard", unfinished});
  }
  if (!made || ::fsync(file.get()) != 0 || ::rename(unfinished.c_str(), image.c_str()) != 0) {
    const int code = errno;
    ::unlink(unfinished.c_str());
    if (!made) return made;
    return std::unexpected(os::system_error("cannot finish `" + image + "`", code));
  }
  return {};
}

// Lengthens the image to what is asked; it is never shortened. One that is long enough, but was made
// sparse, is set aside if there is room for it, and serves as it is if not.
Result<> lengthen_image(const HelperOptions& options, const std::string& image, std::uint64_t bytes) {
  struct stat status = {};
  if (::stat(image.c_str(), &status) != 0) {
    return std::unexpected(os::system_error("cannot look at `" + image + "`", errno));
  }
  const bool is_long = static_cast<std::uint64_t>(status.st_size) >= bytes;
  if (options.storage == Storage::reserved) {
    auto reserved = reserve(image, bytes);
    return is_long ? Result<>() : reserved;
  }
  if (is_long || ::truncate(image.c_str(), static_cast<off_t>(bytes)) == 0) return {};
  return std::unexpected(os::system_error("cannot lengthen `" + image + "`", errno));
}

// The bytes the file system on the device says it has, from its superblock. Read through the
// device, whose cache is the mounted file system's own.
Result<std::uint64_t> filesystem_bytes(const std::string& device) {
  constexpr off_t superblock = 1024;
  std::array<std::uint8_t, 1024> raw = {};
  const os::UniqueFd file(::open(device.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file ||
      ::pread(file.get(), raw.data(), raw.size(), superblock) != static_cast<ssize_t>(raw.size())) {
    return std::unexpected(os::system_error("cannot read `" + device + "`", errno));
  }
  const auto word = [&](std::size_t at) {
    return static_cast<std::uint64_t>(raw[at]) | static_cast<std::uint64_t>(raw[at + 1]) << 8 |
           static_cast<std::uint64_t>(raw[at + 2]) << 16 |
           static_cast<std::uint64_t>(raw[at + 3]) << 24;
  };
  constexpr std::size_t blocks_low = 0x4, block_size_log = 0x18, blocks_high = 0x150;
  const std::uint64_t blocks = word(blocks_low) | word(blocks_high) << 32;
  return blocks << (10 + std::min<std::uint64_t>(word(block_size_log), 6));
}

// A last group of blocks that is smaller than its own tables is left out of a file system.
constexpr std::uint64_t left_out_bytes_max = 8ull << 20;

// Whether the file system is smaller than its image, which an earlier attempt may have left so.
Result<bool> is_short(const std::string& device, const std::string& image) {
  struct stat status = {};
  if (::stat(image.c_str(), &status) != 0) {
    return std::unexpected(os::system_error("cannot look at `" + image + "`", errno));
  }
  RW_TRY(const std::uint64_t bytes, filesystem_bytes(device));
  return bytes + left_out_bytes_max < static_cast<std::uint64_t>(status.st_size);
}

Result<> mount_image(const Folders& folders, const std::string& id) {
  const std::string point = folders.mount(id);
  RW_DO(os::make_folder(point, 0700));
  RW_TRY(const Loop loop, attach(folders.image(id)));
  if (::mount(loop.path.c_str(), point.c_str(), "ext4", MS_NOSUID | MS_NODEV | MS_NOATIME,
              "noinit_itable") == 0)  // zeroing tables that are zero would make holes of them
    return {};
  // An image without all of its blocks on a full disk cannot even replay its journal.
  if (errno == EIO && !is_reserved(folders.image(id))) RW_DO(check_room(folders.volumes()));
  if (errno == EINVAL || errno == EUCLEAN) {
    return fail(Failure::corrupt,
                "the file system in `" + folders.image(id) + "` is damaged: check it with e2fsck");
  }
  return std::unexpected(os::system_error("cannot mount `" + folders.image(id) + "`", errno));
}

Result<os::UniqueFd> open_folder(const std::string& path) {
  os::UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (folder) return folder;
  return std::unexpected(os::system_error("cannot open the folder `" + path + "`", errno));
}

// A volume that was adopted under another uid is its owner's as a whole. The folder itself comes
// last (from the caller), so that a change cut short is begun again. Links are not followed, and
// nobody may run on the volume, who could put a link where a folder was.
Result<> give_files(const Folders& folders, const std::string& id, int data, uid_t owner) {
  const std::string path = folders.data(id);
  struct stat facts = {};
  if (::fstat(data, &facts) != 0) {
    return std::unexpected(os::system_error("cannot look at `" + path + "`", errno));
  }
  if (facts.st_uid == owner || facts.st_uid == 0) return {};
  RW_DO(check_unused(folders, id));
  std::error_code failure;
  for (std::filesystem::recursive_directory_iterator entry(path, failure), end;
       !failure && entry != end; entry.increment(failure)) {
    if (::lchown(entry->path().c_str(), owner, owner) != 0) {
      return std::unexpected(os::system_error("cannot give `" + path + "` to its owner", errno));
    }
  }
  if (!failure) return {};
  return fail(Failure::io, "cannot go through `" + path + "`: " + failure.message());
}

// Makes the encrypted folder, or checks that `key` is the one it is encrypted under.
Result<> unlock(const Folders& folders, const Volume& volume, const Secret& key) {
  RW_TRY(const os::UniqueFd mount, open_folder(folders.mount(volume.id)));
  const std::string path = folders.data(volume.id);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return std::unexpected(os::system_error("cannot make the folder `" + path + "`", errno));
  }
  RW_TRY(const os::UniqueFd data, open_folder(path));
  RW_TRY(const auto present, key_of(data.get()));
  RW_TRY(const KeyIdentifier offered, add_key(mount.get(), key));
  if (present && *present != offered) {
    RW_TRY(const bool removed, remove_key(mount.get(), offered));
    (void)removed;  // nothing was opened under it
    return fail(Failure::denied, "the volume `" + volume.id + "` is encrypted under another key");
  }
  if (!present) RW_DO(encrypt_folder(data.get(), offered));
  RW_DO(give_files(folders, volume.id, data.get(), volume.owner));
  if (::fchown(data.get(), volume.owner, volume.owner) != 0 || ::fchmod(data.get(), 0700) != 0) {
    return std::unexpected(os::system_error("cannot give `" + path + "` to its owner", errno));
  }
  return {};
}

// The engine makes its sockets in it; the server may use them, nobody else may look.
Result<> make_socket_folder(const HelperOptions& options, const Volume& volume) {
  const std::string path = folders_of(options).sockets(volume.id);
  RW_DO(os::make_folder(path, 0700));
  if (::chown(path.c_str(), volume.owner, options.server_gid) != 0 ||
      ::chmod(path.c_str(), 02770) != 0) {
    return std::unexpected(os::system_error("cannot share `" + path + "`", errno));
  }
  return {};
}

// Lets the file system fill its image. The kernel grows a mounted one for who has
// CAP_SYS_RESOURCE, which some containers withhold even from root; then, if nobody can be using
// the volume yet, it is unmounted for the while.
Result<> grow(const Folders& folders, const Volume& volume, const Secret& key, bool in_use) {
  const std::string image = folders.image(volume.id);
  RW_TRY(const Mount mount, mount_at(folders.mount(volume.id)));
  RW_TRY(const bool is_small, is_short(mount.source, image));
  if (!is_small) return {};
  RW_DO(update_size(mount.source));
  if (run_tool({"/usr/sbin/resize2fs", mount.source}) && !is_short(mount.source, image).value_or(true)) return {};
  if (in_use) {
    return fail(Failure::denied, "the kernel does not let `" + volume.id +
                                     "` grow while it is open: close it first");
  }
  RW_DO(unmount(folders.mount(volume.id)));
  RW_DO(run_tool({"/usr/sbin/e2fsck", "-f", "-p", image}, 1));  // 1: it repaired something
  RW_DO(run_tool({"/usr/sbin/resize2fs", image}));
  RW_DO(mount_image(folders, volume.id));
  RW_DO(unlock(folders, volume, key));
  RW_TRY(const Mount again, mount_at(folders.mount(volume.id)));
  RW_TRY(const bool still_small, is_short(again.source, image));
  return still_small ? fail(Failure::io, "the file system of `" + volume.id + "` did not grow") : Result<>();
}

Result<> unlock_mounted(const HelperOptions& options, const Volume& volume, const Secret& key,
                        bool in_use) {
  const Folders folders = folders_of(options);
  // Only who has the key may change anything, the size included.
  RW_DO(unlock(folders, volume, key));
  RW_DO(lengthen_image(options, folders.image(volume.id), volume.bytes));
  RW_DO(grow(folders, volume, key, in_use));
  settle_ballast(folders.mount(volume.id));
  return make_socket_folder(options, volume);
}

// Takes the key from the kernel. False: files under it are still open.
Result<bool> lock(const Folders& folders, const std::string& id) {
  std::optional<KeyIdentifier> key;
  if (const auto data = open_folder(folders.data(id))) {
    RW_TRY(key, key_of(data->get()));
  } else if (data.error().kind != Failure::not_found) {
    return std::unexpected(data.error());
  }
  if (!key) return true;
  RW_TRY(const os::UniqueFd mount, open_folder(folders.mount(id)));
  return remove_key(mount.get(), *key);
}

std::optional<std::string> id_of_image(const std::filesystem::path& path) {
  if (path.extension() != ".img") return {};
  return path.stem();
}

}  // namespace

Result<> open_volume(const HelperOptions& options, const Volume& volume, const Secret& key) {
  const Folders folders = folders_of(options);
  const std::string image = folders.image(volume.id);
  if (::access(image.c_str(), F_OK) != 0) RW_DO(make_image(options, volume));
  auto mount = mount_at(folders.mount(volume.id));
  if (mount) thaw_volume(folders, volume.id);
  const bool in_use = mount && !check_unused(folders, volume.id);
  if (mount && mount->failed && !in_use) {
    RW_DO(close_volume(folders, volume.id));
    mount = mount_at(folders.mount(volume.id));
  }
  const bool mounted = mount.has_value();
  if (!mounted) RW_DO(mount_image(folders, volume.id));
  auto unlocked = unlock_mounted(options, volume, key, in_use);
  // What this request mounted it takes down again; what was open before stays as it was. The first
  // failure is the one to tell.
  if (!unlocked && !mounted) (void)unmount(folders.mount(volume.id));
  return unlocked;
}

Result<> close_volume(const Folders& folders, const std::string& volume_id) {
  const auto mounted = mount_at(folders.mount(volume_id));
  if (!mounted && mounted.error().kind == Failure::not_found) return {};
  if (!mounted) return std::unexpected(mounted.error());
  thaw_volume(folders, volume_id);
  const std::string busy =
      "the volume `" + volume_id + "` is in use: stop what uses it, then close it again";
  // A file system that is damaged, or read-only since a write failed, does not give its key up in
  // order. It has no key once it is unmounted, and that its loop device ends proves that it is.
  const auto locked = lock(folders, volume_id);
  if (locked && !*locked) return fail(Failure::conflict, busy);
  if (const auto unmounted = unmount(folders.mount(volume_id)); !unmounted) {
    if (unmounted.error().kind == Failure::conflict) return fail(Failure::conflict, busy);
    return unmounted;
  }
  // A mount namespace that was copied while the volume was open would keep it mounted.
  if (!await_detached(mounted->source)) {
    return fail(Failure::conflict, "the volume `" + volume_id + "` is " +
                                       (locked ? "locked" : "not known to be locked (" + locked.error().message + ")") +
                                       ", but another mount namespace keeps it mounted");
  }
  return {};
}

Result<> remove_volume(const Folders& folders, const std::string& volume_id) {
  RW_DO(close_volume(folders, volume_id));
  const std::string image = folders.image(volume_id);
  for (const auto& path :
       {image, image + ".new", folders.earlier_output(volume_id), folders.record(volume_id)}) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
      return std::unexpected(os::system_error("cannot delete `" + path + "`", errno));
    }
  }
  if (::rmdir(folders.mount(volume_id).c_str()) != 0 && errno != ENOENT) {
    return std::unexpected(
        os::system_error("cannot remove `" + folders.mount(volume_id) + "`", errno));
  }
  // An engine filled it, so it is removed without following links, which remove_all never does.
  std::error_code failure;
  std::filesystem::remove_all(folders.sockets(volume_id), failure);
  if (failure)
    return fail(Failure::io,
                "cannot remove `" + folders.sockets(volume_id) + "`: " + failure.message());
  // Last: while anything of the volume is left, its label says whose it is.
  return remove_label(folders, volume_id);
}

std::vector<std::string> volumes(const Folders& folders) {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folders.volumes(), ignored)) {
    if (auto id = id_of_image(entry.path())) found.push_back(std::move(*id));
  }
  std::ranges::sort(found);
  return found;
}

namespace {

// By the mounts, not the images: a volume whose image was deleted is open all the same.
template <typename Fits>
std::vector<std::string> mounted_volumes(const Folders& folders, Fits&& fits) {
  std::vector<std::string> found;
  const std::string below = folders.mounts() + "/";
  for (const Mount& mount : mount_table().value_or(std::vector<Mount>())) {
    if (mount.point.starts_with(below) && fits(mount)) found.push_back(mount.point.substr(below.size()));
  }
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  return found;
}

}  // namespace

std::vector<std::string> open_volumes(const Folders& folders) {
  return mounted_volumes(folders, [](const Mount&) { return true; });
}

std::vector<std::string> full_volumes(const Folders& folders) {
  return mounted_volumes(folders, [](const Mount& mount) { return is_full(mount.point); });
}

std::vector<std::string> failed_volumes(const Folders& folders) {
  return mounted_volumes(folders, [](const Mount& mount) { return mount.failed; });
}

std::vector<std::string> sparse_volumes(const Folders& folders) {
  std::vector<std::string> found = volumes(folders);
  std::erase_if(found, [&](const std::string& id) { return is_reserved(folders.image(id)); });
  return found;
}

}  // namespace ringwall::host::detail
