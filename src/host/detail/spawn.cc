#include "host/detail/spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "host/detail/confine.h"
#include "host/detail/limits.h"
#include "host/detail/namespaces.h"
#include "host/detail/private_root.h"
#include "os/files.h"

namespace ringwall::host::detail {
namespace {

constexpr int could_not_run = 127;

std::unexpected<Error> cannot(const std::string& what) {
  return std::unexpected(os::system_error("cannot " + what, errno));
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number) {
    if (number != SIGKILL && number != SIGSTOP) ::signal(number, SIG_DFL);
  }
  ::sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Returns only when the program could not be run, with the reason.
Error become(const SpawnPlan& plan) {
  const auto confined = [&]() -> Result<> {
    RW_DO(enter_namespace(plan.network_namespace));
    if (::unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS) != 0) return cannot("make namespaces");
    const std::string& name = plan.process.id;
    if (::sethostname(name.c_str(), name.size()) != 0) return cannot("set the host name");
    RW_DO(enter_private_root({plan.options, plan.process, plan.launch, plan.resolver}));
    const os::UniqueFd nothing(::open("/dev/null", O_RDWR));
    const int input = plan.input < 0 ? nothing.get() : plan.input, output = plan.output < 0 ? nothing.get() : plan.output;
    if (::dup2(input, STDIN_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0 || ::dup2(output, STDERR_FILENO) < 0 ||
        ::syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) != 0) {
      return cannot("set the standard streams");
    }
    ::setsid();
    ::umask(0077);
    RW_DO(drop_privileges({plan.process.uid, plan.process.uid}));
    RW_DO(remove_stale(plan.launch));
    RW_DO(write_files(plan.launch));
    if (::chdir("/data") != 0) return cannot("enter the volume");
    return allow_known_system_calls();
  }();
  if (!confined) return confined.error();
  if (plan.inside != nullptr) {
    ::syscall(SYS_close_range, 3u, ~0u, 0u);  // the verdict too, which says that all is well
    ::_exit(plan.inside());
  }
  const auto& arguments = plan.launch.arguments;
  if (arguments.empty()) ::_exit(0);
  ::execve(arguments[0].c_str(), pointers(arguments).data(),
           pointers(plan.launch.environment).data());
  return os::system_error("cannot run `" + arguments[0] + "`", errno);
}

[[noreturn]] void live(const SpawnPlan& plan, const os::UniqueFd& permission,
                       const os::UniqueFd& verdict) {
  reset_signals();
  char go = 0;
  if (::read(permission.get(), &go, 1) != 1) ::_exit(could_not_run);
  const Error error = become(plan);
  const std::string said = static_cast<char>('a' + static_cast<int>(error.kind)) + error.message;
  (void)!::write(verdict.get(), said.data(), std::min<std::size_t>(said.size(), PIPE_BUF));
  ::_exit(could_not_run);
}

}  // namespace

Result<Waiting> spawn(const SpawnPlan& plan) {
  int permission[2] = {-1, -1}, verdict[2] = {-1, -1};
  if (::pipe2(permission, O_CLOEXEC) != 0) return cannot("make a pipe");
  os::UniqueFd permission_read(permission[0]), permission_write(permission[1]);
  if (::pipe2(verdict, O_CLOEXEC) != 0) return cannot("make a pipe");
  os::UniqueFd verdict_read(verdict[0]), verdict_write(verdict[1]);
  const os::UniqueFd cgroup(::open(plan.group.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!cgroup) return cannot("open `" + plan.group.folder + "`");

  // Born inside its cgroup, it can at no moment be missed by who ends the cgroup. It is the first
  // process of a PID namespace: it sees and signals its own children only, and they end with it.
  int pidfd = -1;
  clone_args arguments = {};
  arguments.flags = CLONE_PIDFD | CLONE_INTO_CGROUP | CLONE_NEWPID;
  arguments.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<std::uint64_t>(cgroup.get());
  const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid < 0) return cannot("start a process in `" + plan.group.folder + "`");
  if (pid == 0) {
    permission_write.reset();
    verdict_read.reset();
    live(plan, permission_read, verdict_write);
  }
  Waiting waiting{static_cast<pid_t>(pid), os::UniqueFd(pidfd), std::move(permission_write),
                  std::move(verdict_read)};
  // It waits, so that it has used nothing yet. A failure takes its permission away, and it ends.
  RW_DO(complete(plan.group, waiting.pid));
  RW_DO(hold(waiting.pid, plan.process.limits));
  return waiting;
}

Result<> let_go(Waiting& waiting) {
  (void)!::write(waiting.permission.get(), "g", 1);  // if it has died, the verdict ends too
  waiting.permission.reset();
  std::string said;
  char buffer[PIPE_BUF];
  for (;;) {
    const ssize_t got = ::read(waiting.verdict.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    said.append(buffer, static_cast<std::size_t>(got));
  }
  if (said.empty()) return {};
  const int kind = std::clamp(said[0] - 'a', 0, static_cast<int>(Failure::io));
  return fail(static_cast<Failure>(kind), said.substr(1));
}

}  // namespace ringwall::host::detail
