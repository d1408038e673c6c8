#include "solvers.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <sstream>

#include "os/fd.h"
#include "os/files.h"

extern char** environ;

namespace ringwall::proofs {

const Program z3 = {"z3", {"-in", "-smt2"}};
const Program cvc5 = {"cvc5", {"--lang=smt2", "--strings-exp"}};

namespace {

using Time = std::chrono::steady_clock;

// A file in memory that holds the text, read from its start.
Result<os::UniqueFd> file_of(const std::string& text) {
  os::UniqueFd file(memfd_create("smtlib", MFD_CLOEXEC));
  if (file.get() < 0) return std::unexpected(os::system_error("cannot make a file in memory", errno));
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t count = pwrite(file.get(), text.data() + written, text.size() - written, static_cast<off_t>(written));
    if (count < 0) return std::unexpected(os::system_error("cannot write to memory", errno));
    written += static_cast<std::size_t>(count);
  }
  return file;
}

// A child that is ended and reaped, however this ends.
class Child {
 public:
  explicit Child(pid_t id) : id_(id) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (id_ > 0) end();
  }
  // Answers how long it computed.
  double end() {
    rusage used{};
    kill(id_, SIGKILL);
    wait4(id_, nullptr, 0, &used);
    id_ = -1;
    const auto ms_of = [](const timeval& time) { return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3; };
    return ms_of(used.ru_utime) + ms_of(used.ru_stime);
  }

 private:
  pid_t id_;
};

Result<pid_t> start(const Program& program, int in, int out) {
  std::vector<char*> arguments = {const_cast<char*>(program.name.c_str())};
  for (const std::string& each : program.arguments) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t id = -1;
  const int code = posix_spawnp(&id, program.name.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0) return fail(Failure::unavailable, "cannot start `" + program.name + "`: is it installed?");
  return id;
}

}  // namespace

bool is_installed(const Program& program) {
  const auto told = ask(program, "(set-logic ALL)\n(check-sat)\n", 10'000);
  return told && told->lines == std::vector<std::string>{"sat"};
}

Result<Told> ask(const Program& program, const std::string& smtlib, int timeout_ms) {
  RW_TRY(const os::UniqueFd in, file_of(smtlib));
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(os::system_error("cannot make a pipe", errno));
  const os::UniqueFd from(ends[0]);
  os::UniqueFd to(ends[1]);
  const auto begun = Time::now();
  RW_TRY(const pid_t id, start(program, in.get(), to.get()));
  to = os::UniqueFd();
  const auto since = [&] { return std::chrono::duration<double, std::milli>(Time::now() - begun).count(); };
  std::string text;
  Told told;
  {
    Child child(id);
    std::array<char, 65536> buffer;
    while (true) {
      const double left = timeout_ms - since();
      pollfd readable{from.get(), POLLIN, 0};
      const int ready = left <= 0 ? 0 : poll(&readable, 1, static_cast<int>(left) + 1);
      if (ready < 0 && errno == EINTR) continue;
      told.timed_out = ready == 0;
      const ssize_t count = ready > 0 ? read(from.get(), buffer.data(), buffer.size()) : 0;
      if (count <= 0) break;
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    told.ms = since();
    told.processor_ms = child.end();
  }
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) told.lines.push_back(line);
  return told;
}

}  // namespace ringwall::proofs
