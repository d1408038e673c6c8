#include "host/detail/private_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "host/detail/root.h"
#include "os/fd.h"
#include "os/files.h"

namespace ringwall::host::detail {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> cannot(const std::string& what) {
  return std::unexpected(os::system_error("cannot " + what, errno));
}

Result<> make_etc(const std::string& root, const RootPlan& plan) {
  const HelperOptions& options = plan.options;
  const auto user = [](const std::string& name, uid_t uid, gid_t gid, const char* home) {
    return name + ":x:" + std::to_string(uid) + ":" + std::to_string(gid) + "::" + home +
           ":/usr/sbin/nologin\n";
  };
  const auto group = [](const std::string& name, gid_t gid) {
    return name + ":x:" + std::to_string(gid) + ":\n";
  };
  const uid_t uid = plan.process.uid;
  // The server comes first: where it runs as root, its uid still reads as `ringwall`.
  const std::string users = user("ringwall", options.server_uid, options.server_gid, "/") +
                            user("root", 0, 0, "/") + user(options.engine_user, uid, uid, "/data");
  const std::string groups =
      group("ringwall", options.server_gid) + group("root", 0) + group(options.engine_user, uid);
  RW_DO(write_new(root + "/etc/passwd", users, 0444, 0));
  RW_DO(write_new(root + "/etc/group", groups, 0444, 0));
  RW_DO(write_new(root + "/etc/hosts", "127.0.0.1 localhost\n", 0444, 0));
  RW_DO(write_new(root + "/etc/resolv.conf", "nameserver " + plan.resolver + "\n", 0444, 0));
  RW_DO(write_new(root + "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n",
                  0444, 0));
  RW_DO(write_new(root + "/etc/pam.d/other",
                  "auth required pam_deny.so\naccount required pam_deny.so\n"
                  "password required pam_deny.so\nsession required pam_deny.so\n",
                  0444, 0));
  for (const char* path : {"/etc/localtime", "/etc/ld.so.cache", "/etc/alternatives", "/etc/ssl",
                           "/etc/postgresql-common"}) {
    RW_DO(lend(root, path));
  }
  // The request's own, for anything an engine insists on finding there.
  for (const File& file : plan.process.files) {
    if (file.path.starts_with("/etc/"))
      RW_DO(write_new(root + file.path, file.content, file.mode, uid));
  }
  return {};
}

Result<> fill(const std::string& root, const RootPlan& plan) {
  const Folders folders = folders_of(plan.options);
  RW_DO(lend(root, "/usr"));
  for (const char* path : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"})
    RW_DO(lend(root, path));
  if (const std::string& plugins = plan.options.plugin_folder; !plugins.empty()) {
    RW_DO(os::make_folder(root + plugin_folder_inside, 0755));
    RW_DO(bind(plugins, root + plugin_folder_inside, system_only));
  }
  RW_DO(make_etc(root, plan));
  RW_DO(make_dev(root));
  for (const char* folder : {"/tmp", "/data", "/run/ringwall"})
    RW_DO(os::make_folder(root + folder, 0755));
  RW_DO(mount_tmpfs(root + "/tmp", "mode=1777", MS_NOEXEC));
  RW_DO(bind(folders.data(plan.process.volume_id), root + "/data", data_only));
  return bind(folders.sockets(plan.process.volume_id), root + "/run/ringwall", data_only);
}

os::UniqueFd open_beneath(int folder, const std::string& path, std::uint64_t flags) {
  open_how how = {};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return os::UniqueFd(
      static_cast<int>(::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how)));
}

Result<> write_beneath(const std::string& base, const std::string& relative, const File& file) {
  os::UniqueFd folder(::open(base.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  const fs::path path(relative);
  for (const auto& component : path.parent_path()) {
    if (!folder) break;
    if (::mkdirat(folder.get(), component.c_str(), 0700) != 0 && errno != EEXIST) break;
    folder = open_beneath(folder.get(), component, O_RDONLY | O_DIRECTORY);
  }
  if (!folder) return cannot("reach the folder of `" + file.path + "`");
  // Beside it and renamed, so that a reader finds the old content or the new.
  const std::string name = path.filename(), temporary = name + ".ringwall-new";
  ::unlinkat(folder.get(), temporary.c_str(), 0);
  const os::UniqueFd made(::openat(folder.get(), temporary.c_str(),
                                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!made ||
      ::write(made.get(), file.content.data(), file.content.size()) !=
          static_cast<ssize_t>(file.content.size()) ||
      ::fchmod(made.get(), file.mode) != 0 ||
      ::renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) != 0) {
    return cannot("write `" + file.path + "`");
  }
  return {};
}

}  // namespace

Result<> enter_private_root(const RootPlan& plan) {
  const std::string root = folders_of(plan.options).new_root();
  RW_DO(begin_root(root));
  RW_DO(fill(root, plan));
  return enter_root(root);
}

Result<> write_files(const Process& process) {
  for (const File& file : process.files) {
    if (file.path.starts_with("/etc/")) continue;  // written with the root
    std::string base = "/data", relative = file.path;
    for (const char* folder : {"/tmp", "/run/ringwall"}) {
      if (!file.path.starts_with(std::string(folder) + "/")) continue;
      base = folder;
      relative = file.path.substr(base.size() + 1);
    }
    RW_DO(write_beneath(base, relative, file));
  }
  return {};
}

}  // namespace ringwall::host::detail
