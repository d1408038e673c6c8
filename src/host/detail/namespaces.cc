#include "host/detail/namespaces.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>

#include "base/check.h"
#include "os/files.h"

#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673
#endif

namespace ringwall::host::detail {
namespace {

constexpr const char* own_namespace = "/proc/self/ns/net";

Result<os::UniqueFd> open_own() {
  os::UniqueFd own(::open(own_namespace, O_RDONLY | O_CLOEXEC));
  if (!own) return std::unexpected(os::system_error("cannot open the network namespace", errno));
  return own;
}

}  // namespace

Result<os::UniqueFd> open_namespace(const std::string& path) {
  os::UniqueFd pinned(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct statfs status = {};
  if (!pinned || ::fstatfs(pinned.get(), &status) != 0 || status.f_type != NSFS_MAGIC) {
    return fail(Failure::not_found, "no network namespace is pinned at `" + path + "`");
  }
  return pinned;
}

Result<os::UniqueFd> make_namespace(const std::string& path) {
  if (auto existing = open_namespace(path)) return existing;
  const os::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return std::unexpected(os::system_error("cannot make `" + path + "`", errno));
  RW_TRY(const os::UniqueFd home, open_own());
  if (::unshare(CLONE_NEWNET) != 0) {
    return std::unexpected(os::system_error("cannot make a network namespace", errno));
  }
  const bool pinned = ::mount(own_namespace, path.c_str(), nullptr, MS_BIND, nullptr) == 0;
  const int code = errno;
  RW_DO(enter_namespace(home.get()));
  if (!pinned)
    return std::unexpected(os::system_error("cannot pin a namespace at `" + path + "`", code));
  return open_namespace(path);
}

Result<> remove_namespace(const std::string& path) {
  // Detached, for a process that is looking at the file must not keep it from going.
  while (::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) {
  }
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return std::unexpected(os::system_error("cannot remove `" + path + "`", errno));
}

Result<> enter_namespace(int network_namespace) {
  if (::setns(network_namespace, CLONE_NEWNET) == 0) return {};
  return std::unexpected(os::system_error("cannot enter a network namespace", errno));
}

Result<Visit> Visit::to(int network_namespace) {
  RW_TRY(os::UniqueFd home, open_own());
  RW_DO(enter_namespace(network_namespace));
  return Visit(std::move(home));
}

Visit::~Visit() {
  // To go on in the wrong namespace would be to change the wrong network.
  if (home_) RW_CHECK(::setns(home_.get(), CLONE_NEWNET) == 0);
}

}  // namespace ringwall::host::detail
