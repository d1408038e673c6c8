// `ringwall exec`: a command at a place in a VPC, as if it ran on an instance there.

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "commands.h"
#include "control/control.h"
#include "host/view.h"
#include "os/files.h"

namespace ringwall::app {
namespace {

constexpr int exit_not_started = 126;

// What the command sees instead of the host's resolver: the VPC's.
Result<> use_resolver(const std::string& resolver) {
  char path[] = "/tmp/ringwall-resolv-XXXXXX";
  const os::UniqueFd file(::mkostemp(path, O_CLOEXEC));
  const std::string content = "nameserver " + resolver + "\noptions timeout:1 attempts:2\n";
  if (!file || ::write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()) ||
      ::fchmod(file.get(), 0644) != 0) {
    return std::unexpected(os::system_error("cannot write a resolver configuration", errno));
  }
  const int mounted = ::mount(path, "/etc/resolv.conf", nullptr, MS_BIND, nullptr);
  const int code = errno;
  ::unlink(path);
  if (mounted != 0) return std::unexpected(os::system_error("cannot use the VPC's resolver", code));
  return {};
}

[[noreturn]] void become(const control::Lease& lease, const ExecFlags& flags) {
  const std::vector<std::string>& command = flags.command;
  if (::setns(lease.network_namespace.get(), CLONE_NEWNET) != 0) {
    ::_exit(complain(os::system_error("cannot enter the VPC", errno).message, exit_not_started));
  }
  if (auto entered = host::enter_own_view(); !entered) ::_exit(complain(entered.error().message, exit_not_started));
  if (auto resolved = use_resolver(lease.resolver); !resolved) ::_exit(complain(resolved.error().message, exit_not_started));
  if (!lease.api_endpoint.empty()) ::setenv("AWS_ENDPOINT_URL", lease.api_endpoint.c_str(), 1);
  ::setenv("RINGWALL_VPC", lease.vpc_id.c_str(), 1);
  ::setenv("RINGWALL_ADDRESS", lease.address.c_str(), 1);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  const int code = errno;
  ::_exit(complain("cannot run `" + command[0] + "`: " + std::strerror(code), code == ENOENT ? 127 : exit_not_started));
}

}  // namespace

int exec(const ExecFlags& flags) {
  if (::geteuid() != 0) return complain("exec needs root to enter a VPC's network namespace: run it with sudo");
  const auto lease = control::lease(flags.data, {flags.vpc, flags.subnet, flags.groups});
  if (!lease) return complain(lease.error().message, lease.error().kind == Failure::unavailable ? exit_no_server : exit_failure);
  const pid_t child = ::fork();
  if (child < 0) return complain(os::system_error("cannot start the command", errno).message);
  if (child == 0) become(*lease, flags);
  // Ctrl-C is the command's; this process only waits, and gives the interface back by ending.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGQUIT, SIG_IGN);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace ringwall::app
