#include "os/ballast.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "os/fd.h"

namespace ringwall::os {
namespace {

constexpr std::uint64_t share_of_disk = 64, tight_part = 8, plenty = 2;
constexpr std::uint64_t stat_block = 512;  // what st_blocks counts

struct Disk {
  std::uint64_t bytes = 0, free = 0;
};

Disk disk_of(const std::string& file) {
  struct statvfs facts = {};
  const std::string folder = std::filesystem::path(file).parent_path();
  if (::statvfs(folder.c_str(), &facts) != 0) return {};
  return {facts.f_blocks * facts.f_frsize, facts.f_bavail * facts.f_frsize};
}

}  // namespace

Ballast::Ballast(std::string path, std::uint64_t bytes_max)
    : path_(std::move(path)), bytes_(std::min(disk_of(path_).bytes / share_of_disk, bytes_max)) {
  restore();
}

bool Ballast::holds() const {
  struct stat facts = {};
  return bytes_ > 0 && ::lstat(path_.c_str(), &facts) == 0 && static_cast<std::uint64_t>(facts.st_blocks) * stat_block >= bytes_;
}

Ballast::Room Ballast::make_room() {
  const std::lock_guard lock(mutex_);
  struct stat facts = {};
  const bool held = ::lstat(path_.c_str(), &facts) == 0 && facts.st_blocks > 0;
  if (::unlink(path_.c_str()) == 0 && held) return Room::given_up;
  return is_tight() ? Room::none : Room::there;
}

bool Ballast::restore() {
  const std::lock_guard lock(mutex_);
  if (holds()) return true;
  if (disk_of(path_).free < plenty * bytes_) return false;
  const UniqueFd file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file && ::fallocate(file.get(), 0, 0, static_cast<off_t>(bytes_)) == 0) return holds();
  ::unlink(path_.c_str());
  return false;
}

bool Ballast::is_there() const {
  const std::lock_guard lock(mutex_);
  return holds();
}

bool Ballast::is_tight() const { return disk_of(path_).free < bytes_ / tight_part; }

}  // namespace ringwall::os
