#include "host/detail/tool.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "os/fd.h"
#include "os/files.h"

namespace ringwall::host::detail {
namespace {

constexpr int not_installed = 127;
constexpr std::size_t output_bytes_max = 16 << 10;

[[noreturn]] void become(const std::vector<std::string>& arguments, int output) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const std::array<const char*, 3> environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
                                                  nullptr};
  ::execve(argv[0], argv.data(), const_cast<char**>(environment.data()));
  ::_exit(not_installed);
}

std::string read_to_end(int fd) {
  std::string output;
  char buffer[4096];
  for (;;) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return output;
    if (output.size() < output_bytes_max) output.append(buffer, static_cast<std::size_t>(got));
  }
}

}  // namespace

Result<> run_tool(const std::vector<std::string>& arguments, int good_status_max) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return std::unexpected(os::system_error("cannot make a pipe", errno));
  os::UniqueFd reading(ends[0]), writing(ends[1]);
  const pid_t child = ::fork();
  if (child < 0)
    return std::unexpected(os::system_error("cannot start `" + arguments[0] + "`", errno));
  if (child == 0) become(arguments, writing.get());
  writing.reset();
  const std::string output = read_to_end(reading.get());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) <= good_status_max) return {};
  if (WIFEXITED(status) && WEXITSTATUS(status) == not_installed) {
    return fail(Failure::unavailable, "`" + arguments[0] + "` cannot be run: install e2fsprogs");
  }
  const bool full = output.find(std::strerror(ENOSPC)) != std::string::npos;
  return fail(full ? Failure::exhausted : Failure::io, "`" + arguments[0] + "` failed: " + output);
}

}  // namespace ringwall::host::detail
