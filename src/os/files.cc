#include "os/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace ringwall::os {

void UniqueFd::reset(int fd) noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Error system_error(std::string_view what, int code) {
  Failure kind = Failure::io;
  switch (code) {
    case ENOENT:
    case ESRCH: kind = Failure::not_found; break;
    case EEXIST:
    case EBUSY:
    case EADDRINUSE: kind = Failure::conflict; break;
    case EACCES:
    case EPERM: kind = Failure::denied; break;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM: kind = Failure::exhausted; break;
    case ECONNREFUSED:
    case ENOSYS:
    case EOPNOTSUPP: kind = Failure::unavailable; break;
    default: break;
  }
  return {kind, std::string(what) + ": " + std::strerror(code)};
}

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::unexpected(system_error("cannot open `" + path + "`", errno));
  std::string content;
  char buffer[65536];
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(system_error("cannot read `" + path + "`", errno));
    if (got == 0) return content;
    content.append(buffer, static_cast<std::size_t>(got));
    if (content.size() > bytes_max) {
      return fail(Failure::exhausted, "`" + path + "` is larger than " + std::to_string(bytes_max) + " bytes");
    }
  }
}

namespace {

Result<> write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t put = ::write(fd, content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return std::unexpected(system_error("cannot write `" + path + "`", errno));
    content.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

}  // namespace

namespace {

// A device, a pipe, or a name of /dev that stands for what is open: `--out /dev/null`, `--out /dev/stdout`.
bool is_stream(const std::string& path) {
  struct stat facts = {};
  if (::stat(path.c_str(), &facts) != 0 || S_ISDIR(facts.st_mode)) return false;
  return !S_ISREG(facts.st_mode) || (path.starts_with("/dev/") && !path.starts_with("/dev/shm/"));
}

}  // namespace

Result<> write_file(const std::string& path, std::string_view content, unsigned mode) {
  if (is_stream(path)) {
    const UniqueFd stream(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (!stream) return std::unexpected(system_error("cannot open `" + path + "`", errno));
    return write_all(stream.get(), content, path);
  }
  std::string temporary = path + ".XXXXXX";
  const UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return std::unexpected(system_error("cannot make a file beside `" + path + "`", errno));
  auto written = write_all(fd.get(), content, path);
  if (written && (::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0 ||
                  ::rename(temporary.c_str(), path.c_str()) != 0)) {
    written = std::unexpected(system_error("cannot replace `" + path + "`", errno));
  }
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  std::string folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const UniqueFd parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent || ::fsync(parent.get()) != 0) {
    return std::unexpected(system_error("cannot sync `" + folder + "`", errno));
  }
  return {};
}

Result<> make_folder(const std::string& path, unsigned mode) {
  // The parent of `a/b/` is `a/b`, which would be made as a parent, with a parent's mode.
  if (path.size() > 1 && path.ends_with('/')) return make_folder(path.substr(0, path.size() - 1), mode);
  if (::mkdir(path.c_str(), mode) == 0) {
    // mkdir applies the umask; the caller's mode is meant exactly.
    if (::chmod(path.c_str(), mode) == 0) return {};
    return std::unexpected(system_error("cannot set the mode of `" + path + "`", errno));
  }
  const int code = errno;
  std::error_code ignored;
  if (code == EEXIST && std::filesystem::is_directory(path, ignored)) return {};
  if (code == ENOENT) {
    const std::string parent = std::filesystem::path(path).parent_path();
    if (!parent.empty() && parent != path) {
      RW_DO(make_folder(parent, 0755));
      return make_folder(path, mode);
    }
  }
  return std::unexpected(system_error("cannot make the folder `" + path + "`", code));
}

TimePoint SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace ringwall::os
