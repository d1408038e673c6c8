#include "host/detail/space.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/fd.h"
#include "os/files.h"

namespace ringwall::host::detail {
namespace {

constexpr std::uint64_t share = 16;         // of a disk that is kept free, of a volume that is ballast
constexpr std::uint64_t last_part = 8;      // of a ballast: with less than that beside it, a volume is full
constexpr std::uint64_t stat_block = 512;   // what st_blocks counts

std::string gibibytes(std::uint64_t bytes) {
  const std::uint64_t tenths = bytes * 10 >> 30;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GiB";
}

// What can be given away of the disk that the file lies on; as those see it who are not root.
Result<std::uint64_t> room_beside(int file, const std::string& path) {
  struct statvfs disk = {};
  if (::fstatvfs(file, &disk) != 0) return std::unexpected(os::system_error("cannot look at the disk of `" + path + "`", errno));
  const std::uint64_t unit = disk.f_frsize, free = disk.f_bavail * unit, kept = kept_free_of(disk.f_blocks * unit);
  return free > kept ? free - kept : 0;
}

std::unexpected<Error> no_room(const std::string& image, std::uint64_t wanted, std::uint64_t room) {
  return fail(Failure::exhausted, "the disk cannot hold `" + image + "`: " + gibibytes(wanted) + " more are wanted, and " + gibibytes(room) +
                                      " can be set aside beside what is kept for ringwall itself; free some, or start ringwall with "
                                      "--storage sparse");
}

struct Space {
  std::uint64_t free = 0;     // for the engine
  std::uint64_t ballast = 0;  // what there is of it
  std::uint64_t wanted = 0;   // what there should be
};

std::string ballast_at(const std::string& mount) { return mount + "/ballast"; }

Space space_of(const std::string& mount) {
  Space space;
  struct statvfs volume = {};
  if (::statvfs(mount.c_str(), &volume) != 0) return space;
  space.free = volume.f_bavail * volume.f_frsize;
  space.wanted = ballast_of(volume.f_blocks * volume.f_frsize);
  struct stat file = {};
  if (::lstat(ballast_at(mount).c_str(), &file) == 0) space.ballast = static_cast<std::uint64_t>(file.st_blocks) * stat_block;
  return space;
}

}  // namespace

std::uint64_t kept_free_of(std::uint64_t disk_bytes) { return std::min(disk_bytes / share, kept_free_bytes_max); }

std::uint64_t ballast_of(std::uint64_t filesystem_bytes) { return std::min(filesystem_bytes / share, ballast_bytes_max); }

Result<> reserve(const std::string& image, std::uint64_t bytes) {
  const os::UniqueFd file(::open(image.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  struct stat before = {};
  if (!file || ::fstat(file.get(), &before) != 0) return std::unexpected(os::system_error("cannot open `" + image + "`", errno));
  const auto has = static_cast<std::uint64_t>(before.st_blocks) * stat_block;
  const auto wants = std::max(static_cast<std::uint64_t>(before.st_size), bytes);
  if (has >= wants && static_cast<std::uint64_t>(before.st_size) >= bytes) return {};
  const std::uint64_t missing = wants - std::min(has, wants);
  RW_TRY(const std::uint64_t room, room_beside(file.get(), image));
  if (missing > room) return no_room(image, missing, room);
  Result<> reserved;
  if (::fallocate(file.get(), 0, 0, static_cast<off_t>(wants)) != 0) {
    reserved = errno == EOPNOTSUPP ? fail(Failure::unavailable, "the file system of `" + image + "` cannot set space aside: keep the data folder on "
                                                                "ext4, XFS or Btrfs, or start ringwall with --storage sparse")
                                   : std::unexpected(os::system_error("cannot set space aside for `" + image + "`", errno));
  } else if (const auto left = room_beside(file.get(), image); left && *left == 0) {
    reserved = no_room(image, missing, 0);  // somebody else took some meanwhile
  }
  if (!reserved && ::ftruncate(file.get(), before.st_size) != 0) {
    return std::unexpected(os::system_error("cannot shorten `" + image + "` again", errno));
  }
  return reserved;
}

bool is_reserved(const std::string& image) {
  struct stat facts = {};
  return ::stat(image.c_str(), &facts) == 0 && static_cast<std::uint64_t>(facts.st_blocks) * stat_block >= static_cast<std::uint64_t>(facts.st_size);
}

void spare_ballast(const std::string& mount) {
  const Space space = space_of(mount);
  if (space.free < space.wanted / last_part) ::unlink(ballast_at(mount).c_str());
}

void settle_ballast(const std::string& mount) {
  spare_ballast(mount);
  const Space space = space_of(mount);
  if (space.ballast >= space.wanted || space.free < 2 * space.wanted) return;
  const os::UniqueFd file(::open(ballast_at(mount).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file) (void)!::fallocate(file.get(), 0, 0, static_cast<off_t>(space.wanted));
}

bool is_full(const std::string& mount) {
  const Space space = space_of(mount);
  return space.free + space.ballast < space.wanted + space.wanted / last_part;
}

}  // namespace ringwall::host::detail
