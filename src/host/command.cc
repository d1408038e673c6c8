#include "host/command.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "host/detail/confine.h"
#include "host/detail/folders.h"
#include "host/detail/namespaces.h"
#include "host/detail/root.h"
#include "host/host.h"
#include "host/view.h"
#include "os/fd.h"
#include "os/files.h"

namespace ringwall::host {
namespace {

using namespace detail;
namespace fs = std::filesystem;

constexpr int could_not_run = 126, not_there = 127;
// Below the server's own, in the range that no distribution assigns.
constexpr uid_t nobodys_uid = engine_uid_min - 2;
constexpr const char* nobodys_name = "ringwall-exec";

std::unexpected<Error> cannot(const std::string& what) {
  return std::unexpected(os::system_error("cannot " + what, errno));
}

// Whom the command runs as. `account` is empty for root, who keeps everything.
struct Identity {
  std::optional<Account> account;
  std::string name = nobodys_name;
  std::string home = "/tmp";
};

Result<Identity> identity_of(const std::string& as) {
  if (as.empty()) return Identity{.account = Account{nobodys_uid, nobodys_uid}};
  errno = 0;
  const passwd* found = ::getpwnam(as.c_str());
  if (found == nullptr) return fail(Failure::not_found, "there is no user `" + as + "`");
  Identity identity{.account = {}, .name = found->pw_name, .home = found->pw_dir};
  if (found->pw_uid == 0) return identity;
  int count = 0;
  ::getgrouplist(found->pw_name, found->pw_gid, nullptr, &count);
  Account account{found->pw_uid, found->pw_gid, std::vector<gid_t>(static_cast<std::size_t>(count))};
  if (::getgrouplist(found->pw_name, found->pw_gid, account.groups.data(), &count) < 0)
    return fail(Failure::io, "cannot read the groups of `" + as + "`");
  identity.account = std::move(account);
  return identity;
}

// `content` in place of the system's file at `path`, for this view alone. Where the file is a
// link, as /etc/resolv.conf often is, what it leads to is replaced.
Result<> replace(const std::string& root, const std::string& path, const std::string& content) {
  std::error_code none;
  std::string target = path;
  if (const fs::path link = fs::read_symlink(path, none); !none)
    target = (fs::path(path).parent_path() / link).lexically_normal();
  std::string fresh = root + "/tmp/ringwall-XXXXXX";  // where anybody may have put names
  const os::UniqueFd file(::mkostemp(fresh.data(), O_CLOEXEC));
  if (!file ||
      ::write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()) ||
      ::fchmod(file.get(), 0444) != 0) {
    return cannot("write what stands in for `" + path + "`");
  }
  auto bound = fs::exists(root + target, none) ? Result<>()
                                               : write_new(root + target, "", 0444, 0);
  if (bound) bound = bind(fresh, root + target, system_only);
  ::unlink(fresh.c_str());
  return bound;
}

std::string resolver_settings(const Command& command) {
  return "nameserver " + command.resolver + "\noptions timeout:1 attempts:2\n";
}

// A folder of the host's that the view has nothing of yet, read-only and at its own path.
Result<> show_folder(const std::string& root, const std::string& folder) {
  std::error_code none;
  if (folder.empty() || folder == "/" || !fs::is_directory(folder, none) ||
      fs::exists(root + folder, none)) {
    return {};
  }
  RW_DO(os::make_folder(root + folder, 0755));
  return bind(folder, root + folder, system_only, Below::left_out);
}

Result<> cover_data(const std::string& root, const Command& command) {
  std::error_code none;
  const std::string& data = command.data_folder;
  if (fs::exists(root + data, none)) RW_DO(mount_tmpfs(root + data, "mode=755,size=64k", MS_NOEXEC));
  if (command.shown.empty() || !fs::exists(command.shown, none)) return {};
  RW_DO(write_new(root + command.shown, "", 0444, 0));
  return bind(command.shown, root + command.shown, system_only);
}

Result<> fill(const std::string& root, const Command& command, const Identity& identity,
              const std::string& working_folder) {
  for (const char* path :
       {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/etc"}) {
    RW_DO(lend(root, path));
  }
  RW_DO(make_dev(root));
  const std::pair<const char*, const char*> links[] = {{"/proc/self/fd", "/dev/fd"},
                                                       {"/proc/self/fd/0", "/dev/stdin"},
                                                       {"/proc/self/fd/1", "/dev/stdout"},
                                                       {"/proc/self/fd/2", "/dev/stderr"}};
  for (const auto& [to, link] : links) {
    if (::symlink(to, (root + link).c_str()) != 0) return cannot("make a link");
  }
  for (const char* folder : {"/tmp", "/proc", "/run", "/var", "/var/tmp"})
    RW_DO(os::make_folder(root + folder, 0755));
  RW_DO(mount_tmpfs(root + "/tmp", "mode=1777", 0));
  // No link: until the root is entered, what is shown below it would be put into the host's.
  RW_DO(bind(root + "/tmp", root + "/var/tmp", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
  RW_DO(replace(root, "/etc/resolv.conf", resolver_settings(command)));
  if (identity.account && identity.account->uid == nobodys_uid) {
    const std::string id = std::to_string(nobodys_uid);
    RW_TRY(const std::string users, os::read_file("/etc/passwd", 1 << 20));
    RW_DO(replace(root, "/etc/passwd",
                  users + nobodys_name + ":x:" + id + ":" + id + "::/tmp:/usr/sbin/nologin\n"));
  }
  RW_DO(show_folder(root, identity.home));
  RW_DO(show_folder(root, working_folder));
  return cover_data(root, command);
}

Result<> enter_view(const Command& command, const Identity& identity) {
  std::error_code none;
  const std::string working_folder = fs::current_path(none);
  // None of what is mounted for databases, whatever else is to be seen.
  RW_DO(enter_own_view());
  if (command.host_view) {
    RW_DO(replace("", "/etc/resolv.conf", resolver_settings(command)));
  } else {
    const mode_t mask = ::umask(0);
    const std::string root = Folders{command.data_folder + "/host"}.new_root();
    RW_DO(begin_root(root));
    RW_DO(fill(root, command, identity, working_folder));
    RW_DO(enter_root(root));
    ::umask(mask);
  }
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
    return cannot("mount /proc");
  if (working_folder.empty() || ::chdir(working_folder.c_str()) != 0) {
    if (::chdir("/") != 0) return cannot("enter `/`");
  }
  return {};
}

[[noreturn]] void say_and_end(const std::string& message, int status) {
  std::fprintf(stderr, "ringwall: %s\n", message.c_str());
  ::_exit(status);
}

[[noreturn]] void become(const Command& command, const Identity& identity) {
  if (identity.account) {
    if (auto dropped = drop_privileges(*identity.account); !dropped)
      say_and_end(dropped.error().message, could_not_run);
  }
  if (identity.account || !command.host_view) {
    ::setenv("HOME", identity.home.c_str(), 1);
    ::setenv("USER", identity.name.c_str(), 1);
    ::setenv("LOGNAME", identity.name.c_str(), 1);
  }
  std::vector<char*> arguments;
  for (const std::string& word : command.arguments)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  const int code = errno;
  const char* hint = command.host_view ? "" : " (the command sees the system's programs and the "
                                              "working directory: see --host-view)";
  say_and_end("cannot run `" + command.arguments[0] + "`: " + std::strerror(code) + hint,
              code == ENOENT ? not_there : could_not_run);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// The first process of the command's own. It keeps root's powers, reads nothing, and reaps.
[[noreturn]] void keep(const Command& command, const Identity& identity, const os::UniqueFd& caller) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  pollfd gone = {caller.get(), 0, 0};
  if (::poll(&gone, 1, 0) != 0) ::_exit(could_not_run);  // the caller had ended before
  const auto entered = [&]() -> Result<> {
    RW_DO(enter_namespace(command.network_namespace));
    if (::unshare(CLONE_NEWIPC) != 0) return cannot("make an IPC namespace");
    return enter_view(command, identity);
  }();
  if (!entered) say_and_end(entered.error().message, could_not_run);
  const pid_t child = ::fork();
  if (child < 0) say_and_end(cannot("start the command").error().message, could_not_run);
  if (child == 0) become(command, identity);
  for (const int number : {SIGINT, SIGQUIT}) ::signal(number, SIG_IGN);
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, 0);
    if (ended == child) ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    if (ended < 0 && errno != EINTR) ::_exit(could_not_run);
  }
}

}  // namespace

Result<int> run_command(const Command& given) {
  Command command = given;
  std::error_code failure;
  command.data_folder = fs::canonical(given.data_folder, failure);
  if (failure) return fail(Failure::not_found, "there is no data folder `" + given.data_folder + "`");
  if (!given.shown.empty()) command.shown = fs::weakly_canonical(given.shown, failure);
  RW_TRY(const Identity identity, identity_of(command.as));
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return cannot("make a pipe");
  const os::UniqueFd watched(ends[0]);
  os::UniqueFd alive(ends[1]);
  const auto flags = static_cast<unsigned long>(CLONE_NEWPID | SIGCHLD);
  const auto keeper = static_cast<pid_t>(::syscall(SYS_clone, flags, 0, 0, 0, 0));
  if (keeper < 0) return cannot("start the command");
  if (keeper == 0) {
    alive.reset();
    keep(command, identity, watched);
  }
  // Ctrl-C is the command's; this process only waits.
  for (const int number : {SIGINT, SIGQUIT}) ::signal(number, SIG_IGN);
  return wait_for(keeper);
}

}  // namespace ringwall::host
