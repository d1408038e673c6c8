#include "host/detail/mounts.h"

#include <sys/mount.h>

#include <cerrno>
#include <sstream>

#include "os/files.h"

namespace ringwall::host::detail {
namespace {

constexpr std::size_t table_bytes_max = 64 << 20;

// The kernel writes space, tab, newline and backslash as three octal digits.
std::string unescaped(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '3') {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                 (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

}  // namespace

Result<std::vector<Mount>> mount_table() {
  RW_TRY(const std::string table, os::read_file("/proc/self/mountinfo", table_bytes_max));
  std::vector<Mount> mounts;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    // id parent device root point options [optional…] - type source super-options
    std::istringstream words(line);
    std::string skipped, point, options, word;
    Mount mount;
    words >> skipped >> skipped >> skipped >> skipped >> point >> options;
    while (words >> word && word != "-") {
    }
    words >> mount.type >> mount.source >> mount.options;
    mount.point = unescaped(point);
    mount.source = unescaped(mount.source);
    mount.writable = options.starts_with("rw");
    // Read-only by itself, below a mount that is not; newer kernels say what happened.
    const std::string& state = mount.options;
    mount.failed = (mount.writable && (state == "ro" || state.starts_with("ro,"))) || state.find("emergency_ro") != std::string::npos ||
                   state.find("shutdown") != std::string::npos;
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

Result<Mount> mount_at(const std::string& point) {
  RW_TRY(const auto mounts, mount_table());
  for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount) {
    if (mount->point == point) return *mount;
  }
  return fail(Failure::not_found, "nothing is mounted at `" + point + "`");
}

Result<> unmount(const std::string& point) {
  if (::umount2(point.c_str(), UMOUNT_NOFOLLOW) == 0 || errno == EINVAL || errno == ENOENT)
    return {};
  return std::unexpected(os::system_error("cannot unmount `" + point + "`", errno));
}

}  // namespace ringwall::host::detail
