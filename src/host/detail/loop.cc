#include "host/detail/loop.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

#include "os/files.h"

namespace ringwall::host::detail {
namespace {

constexpr std::uint32_t block_bytes = 4096;
constexpr int attempts_max = 64;  // others may take the free device first
constexpr std::size_t name_bytes_max = 8192;
constexpr std::chrono::seconds detach_patience{5};
constexpr std::chrono::milliseconds detach_look{5};

std::string backing_file(const std::string& device_name) {
  auto name = os::read_file("/sys/block/" + device_name + "/loop/backing_file", name_bytes_max)
                  .value_or("");
  if (name.ends_with("\n")) name.pop_back();
  return name;
}

// Opens a device, whose node a container's /dev may lack.
os::UniqueFd open_device(const std::string& path, mode_t kind, dev_t number) {
  os::UniqueFd device(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (device || errno != ENOENT || ::mknod(path.c_str(), kind | 0600, number) != 0) return device;
  return os::UniqueFd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
}

// Discarding would make holes where space was set aside. Nothing here discards; somebody's fstrim
// might. Where /sys cannot be written, the next opening fills the holes again.
void refuse_discards(int number) {
  const os::UniqueFd limit(::open(("/sys/block/loop" + std::to_string(number) + "/queue/discard_max_bytes").c_str(), O_WRONLY | O_CLOEXEC));
  if (limit) (void)!::write(limit.get(), "0", 1);
}

constexpr unsigned loop_major = 7, misc_major = 10, loop_control_minor = 237;

}  // namespace

Result<Loop> attach(const std::string& image) {
  const os::UniqueFd file(::open(image.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return std::unexpected(os::system_error("cannot open `" + image + "`", errno));
  // Two devices over one image would be two file systems that destroy each other.
  for (const std::string& other : loops_below(image.substr(0, image.rfind('/')))) {
    if (backing_file(std::filesystem::path(other).filename()) == image && !await_detached(other)) {
      return fail(Failure::conflict, "`" + image + "` is still attached to `" + other +
                                         "`: end the process whose mount namespace keeps it mounted");
    }
  }
  const os::UniqueFd control =
      open_device("/dev/loop-control", S_IFCHR, makedev(misc_major, loop_control_minor));
  if (!control) {
    return fail(Failure::unavailable,
                "`/dev/loop-control` cannot be opened: the kernel needs loop devices");
  }
  loop_config config = {};
  config.fd = static_cast<std::uint32_t>(file.get());
  config.block_size = block_bytes;
  config.info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO;
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) return std::unexpected(os::system_error("cannot get a loop device", errno));
    Loop loop{"/dev/loop" + std::to_string(number), {}};
    loop.device =
        open_device(loop.path, S_IFBLK, makedev(loop_major, static_cast<unsigned>(number)));
    if (!loop.device)
      return std::unexpected(os::system_error("cannot open `" + loop.path + "`", errno));
    if (::ioctl(loop.device.get(), LOOP_CONFIGURE, &config) == 0) {
      refuse_discards(number);
      return loop;
    }
    if (errno == EINVAL && (config.info.lo_flags & LO_FLAGS_DIRECT_IO) != 0) {
      config.info.lo_flags &= ~static_cast<std::uint32_t>(LO_FLAGS_DIRECT_IO);
    } else if (errno != EBUSY) {
      return std::unexpected(
          os::system_error("cannot attach `" + image + "` to `" + loop.path + "`", errno));
    }
  }
  return fail(Failure::exhausted, "no loop device stays free long enough");
}

Result<> update_size(const std::string& loop_path) {
  const os::UniqueFd device(::open(loop_path.c_str(), O_RDWR | O_CLOEXEC));
  if (device && ::ioctl(device.get(), LOOP_SET_CAPACITY) == 0) return {};
  return std::unexpected(os::system_error("cannot update the size of `" + loop_path + "`", errno));
}

bool is_attached(const std::string& loop_path) {
  return !backing_file(std::filesystem::path(loop_path).filename()).empty();
}

bool await_detached(const std::string& loop_path) {
  const auto deadline = std::chrono::steady_clock::now() + detach_patience;
  while (is_attached(loop_path)) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(detach_look);  // tidy: the kernel offers nothing to wait for
  }
  return true;
}

std::vector<std::string> loops_below(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/block", ignored)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("loop") && backing_file(name).starts_with(folder + "/"))
      found.push_back("/dev/" + name);
  }
  return found;
}

void detach(const std::string& loop_path) {
  const os::UniqueFd device(::open(loop_path.c_str(), O_RDWR | O_CLOEXEC));
  if (device) ::ioctl(device.get(), LOOP_CLR_FD);
}

}  // namespace ringwall::host::detail
