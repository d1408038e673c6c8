#include "host/detail/copy.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "host/detail/mounts.h"
#include "host/detail/volume.h"
#include "os/files.h"

namespace ringwall::host::detail {
namespace {

constexpr std::size_t piece_bytes = 1 << 20;
constexpr std::uint64_t room_kept_bytes = 64ull << 20;  // on the disk, for everything else

std::unexpected<Error> cannot(const std::string& what) {
  return std::unexpected(os::system_error("cannot " + what, errno));
}

// Reads until `size` bytes are there or the file ends; what is missing is zero, as in a hole.
Result<> read_at(int file, std::uint8_t* bytes, std::size_t size, off_t at) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(file, bytes + done, size - done, at + static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot("read the image");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  std::memset(bytes + done, 0, size - done);
  return {};
}

Result<> write_at(int file, const std::uint8_t* bytes, std::size_t size, off_t at) {
  for (std::size_t done = 0; done < size;) {
    const ssize_t put = ::pwrite(file, bytes + done, size - done, at + static_cast<off_t>(done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return cannot("write the copy");
    done += static_cast<std::size_t>(put);
  }
  return {};
}

// [begin, end) of the next data at or after `at`; nothing when only a hole is left.
struct Extent {
  off_t begin, end;
};
Result<std::optional<Extent>> next_data(int file, off_t at) {
  const off_t begin = ::lseek(file, at, SEEK_DATA);
  if (begin < 0 && errno == ENXIO) return std::nullopt;
  if (begin < 0) return cannot("find the image's data");
  const off_t end = ::lseek(file, begin, SEEK_HOLE);
  if (end < 0) return cannot("find the end of the image's data");
  return Extent{begin, end};
}

// A frozen file system, thawed when it ends.
class Freeze {
 public:
  static Result<Freeze> of(const std::string& mount_point) {
    os::UniqueFd mount(::open(mount_point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!mount) return cannot("open `" + mount_point + "`");
    if (::ioctl(mount.get(), FIFREEZE, 0) != 0) return cannot("hold the writers of `" + mount_point + "` back");
    return Freeze(std::move(mount));
  }
  Freeze(Freeze&&) = default;
  Freeze& operator=(Freeze&&) = delete;
  ~Freeze() {
    if (mount_) ::ioctl(mount_.get(), FITHAW, 0);
  }

 private:
  explicit Freeze(os::UniqueFd mount) : mount_(std::move(mount)) {}
  os::UniqueFd mount_;
};

Result<> check_room(const Folders& folders, const struct stat& image) {
  struct statvfs disk = {};
  if (::statvfs(folders.volumes().c_str(), &disk) != 0) return cannot("look at `" + folders.volumes() + "`");
  const std::uint64_t needed = static_cast<std::uint64_t>(image.st_blocks) * 512 + room_kept_bytes;
  if (static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize >= needed) return {};
  return fail(Failure::exhausted, "the disk under `" + folders.volumes() + "` has no room for a copy of " +
                                      std::to_string(needed >> 20) + " MiB: free some space");
}

Result<> fill(const std::string& mount_point, int image, int copy) {
  const bool mounted = mount_at(mount_point).has_value();
  std::optional<Freeze> freeze;
  const auto hold = [&]() -> Result<> {
    if (!mounted) return {};
    RW_TRY(Freeze held, Freeze::of(mount_point));
    freeze.emplace(std::move(held));
    return {};
  };
  // A clone of nothing tells whether the disk can.
  file_clone_range nothing = {};
  nothing.src_fd = image;
  nothing.src_length = 4096;
  if (::ioctl(copy, FICLONERANGE, &nothing) == 0) {
    RW_DO(hold());
    return ::ioctl(copy, FICLONE, image) == 0 ? Result<>() : cannot("clone the image");
  }
  RW_DO(copy_differences(image, copy));
  if (!mounted) return {};
  RW_DO(hold());
  return copy_differences(image, copy);
}

}  // namespace

Result<> copy_differences(int source, int target) {
  struct stat facts = {};
  if (::fstat(source, &facts) != 0 || ::ftruncate(target, facts.st_size) != 0) return cannot("size the copy");
  std::vector<std::uint8_t> wanted(piece_bytes), present(piece_bytes);
  for (off_t at = 0; at < facts.st_size;) {
    RW_TRY(const auto extent, next_data(source, at));
    if (!extent) break;
    for (at = extent->begin; at < extent->end; at += static_cast<off_t>(piece_bytes)) {
      const auto size = static_cast<std::size_t>(std::min<off_t>(piece_bytes, extent->end - at));
      RW_DO(read_at(source, wanted.data(), size, at));
      RW_DO(read_at(target, present.data(), size, at));
      if (std::memcmp(wanted.data(), present.data(), size) != 0) RW_DO(write_at(target, wanted.data(), size, at));
    }
    at = extent->end;
  }
  return {};
}

Result<os::UniqueFd> copy_volume(const Folders& folders, const std::string& volume_id) {
  const std::string path = folders.image(volume_id);
  const os::UniqueFd image(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat facts = {};
  if (!image || ::fstat(image.get(), &facts) != 0) return cannot("open `" + path + "`");
  RW_DO(check_room(folders, facts));
  const os::UniqueFd copy(::open(folders.volumes().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!copy) return cannot("make a copy in `" + folders.volumes() + "`");
  RW_DO(fill(folders.mount(volume_id), image.get(), copy.get()));
  // Who receives it may read it, and nothing else.
  os::UniqueFd readable(::open(("/proc/self/fd/" + std::to_string(copy.get())).c_str(), O_RDONLY | O_CLOEXEC));
  if (!readable) return cannot("open the copy");
  return readable;
}

void thaw_volume(const Folders& folders, const std::string& volume_id) {
  const os::UniqueFd mount(
      ::open(folders.mount(volume_id).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (mount) ::ioctl(mount.get(), FITHAW, 0);  // refused, harmlessly, when it is not frozen
}

void thaw_all_volumes(const Folders& folders) {
  for (const std::string& id : volumes(folders)) {
    if (mount_at(folders.mount(id))) thaw_volume(folders, id);
  }
}

}  // namespace ringwall::host::detail
