#include "host/detail/private_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iterator>

#include "host/detail/libraries.h"
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
  for (const PlacedFile& file : plan.launch.settings)
    RW_DO(write_new(root + file.path, file.content, file.mode, 0));
  return {};
}

// Lends `path` unless the root has it, and what it leads to where it is a link.
Result<> lend_once(const std::string& root, const std::string& path, std::uint64_t restrictions) {
  std::error_code none;
  if (fs::exists(fs::symlink_status(root + path, none))) return {};
  RW_DO(lend(root, path, restrictions));
  if (!fs::is_symlink(path, none)) return {};
  const std::string target = fs::canonical(path, none);
  if (none) return {};
  return lend_once(root, target, restrictions);
}

std::vector<std::string> libraries_in(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (entry.path().extension() == ".so") found.push_back(entry.path());
  }
  return found;
}

// The links of a merged /usr, and the folders they lead to.
Result<> make_system_folders(const std::string& root) {
  for (const std::string link : {"/bin", "/sbin", "/lib", "/lib64"}) {
    std::error_code none;
    const std::string folder = fs::canonical(link, none);
    if (none) continue;
    RW_DO(os::make_folder(root + folder, 0755));
    if (folder != link) RW_DO(lend(root, link));
  }
  return {};
}

// The programs, and what the dynamic linker loads for them. What is loaded by name while they
// run, for text encodings, threads that end and old ciphers, is stated.
Result<> lend_programs(const std::string& root, const RootPlan& plan) {
  std::vector<std::string> files = plan.launch.programs;
  for (const std::string& folder : plan.launch.plugins) {
    for (const std::string& file : libraries_in(folder)) {
      if (file != plan.launch.left_out) files.push_back(file);
    }
  }
  const std::string& system = library_folders().front();
  for (const char* name : {"/libgcc_s.so.1", "/security/pam_deny.so", "/gconv", "/ossl-modules"})
    files.push_back(system + name);
  for (const std::string& path : files) RW_DO(lend_once(root, path, system_only));
  RW_DO(make_system_folders(root));
  std::ranges::copy(libraries_in(plan.options.plugin_folder), std::back_inserter(files));
  for (const std::string& path : libraries_of(files)) RW_DO(lend_once(root, path, system_only));
  return {};
}

Result<> fill(const std::string& root, const RootPlan& plan) {
  const Folders folders = folders_of(plan.options);
  RW_DO(lend_programs(root, plan));
  if (const std::string& plugins = plan.options.plugin_folder; !plugins.empty()) {
    RW_DO(os::make_folder(root + plugin_folder_inside, 0755));
    RW_DO(bind(plugins, root + plugin_folder_inside, system_only));
  }
  RW_DO(make_etc(root, plan));
  for (const std::string& path : plan.launch.reads)
    RW_DO(lend_once(root, path, system_only | MOUNT_ATTR_NOEXEC));
  for (const char* path : {"/etc/localtime", "/etc/ld.so.cache", "/usr/lib/ssl/openssl.cnf"})
    RW_DO(lend_once(root, path, system_only | MOUNT_ATTR_NOEXEC));
  // What parallel queries share: a quarter of the memory it would take anyway.
  RW_DO(make_dev(root, "nr_inodes=4096,size=" + std::to_string(plan.process.limits.memory_bytes / 4)));
  for (const char* folder : {"/tmp", "/data", "/run/ringwall"})
    RW_DO(os::make_folder(root + folder, 0755));
  RW_DO(mount_tmpfs(root + "/tmp", "mode=1777,size=16m,nr_inodes=1024", MS_NOEXEC));
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

Result<> write_beneath(const std::string& base, const PlacedFile& file) {
  os::UniqueFd folder(::open(base.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  const fs::path path(file.path);
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

Result<> remove_stale(const Launch& launch) {
  std::error_code none;
  for (const std::string& path : launch.stale) {
    const std::string folder = fs::path(path).parent_path();
    for (const auto& entry : fs::directory_iterator(folder, none)) {
      const std::string there = entry.path();
      const bool matches =
          path.ends_with('*') ? there.starts_with(path.substr(0, path.size() - 1)) : there == path;
      if (matches && ::unlink(there.c_str()) != 0 && errno != ENOENT)
        return cannot("remove `" + there + "`");
    }
  }
  return {};
}

Result<> write_files(const Launch& launch) {
  for (const PlacedFile& file : launch.files) RW_DO(write_beneath("/data", file));
  return {};
}

}  // namespace ringwall::host::detail
