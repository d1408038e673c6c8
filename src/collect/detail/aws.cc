#include "collect/detail/aws.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "os/fd.h"
#include "os/files.h"

namespace ringwall::collect::detail {
namespace {

constexpr std::array<const char*, 3> credential_names = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"};

bool is_named(std::string_view variable, std::string_view name) {
  return variable.size() > name.size() && variable.starts_with(name) && variable[name.size()] == '=';
}

// The child's environment. Wiped when it goes: credentials stand in it.
class Environment {
 public:
  explicit Environment(const Credentials* credentials) {
    for (char** at = environ; *at != nullptr; ++at) {
      const auto is_replaced = [&](const char* name) { return is_named(*at, name); };
      if (credentials != nullptr && std::ranges::any_of(credential_names, is_replaced)) continue;
      if (is_named(*at, "AWS_PAGER") || is_named(*at, "AWS_CLI_AUTO_PROMPT")) continue;
      variables_.emplace_back(*at);
    }
    variables_.emplace_back("AWS_PAGER=");
    variables_.emplace_back("AWS_CLI_AUTO_PROMPT=off");
    // AWS answers thousands of calls in a row with throttling: the CLI itself is to wait and try again.
    if (std::getenv("AWS_RETRY_MODE") == nullptr) variables_.emplace_back("AWS_RETRY_MODE=standard");
    if (std::getenv("AWS_MAX_ATTEMPTS") == nullptr) variables_.emplace_back("AWS_MAX_ATTEMPTS=8");
    if (credentials != nullptr) {
      const std::array<const Secret*, 3> values = {&credentials->key_id, &credentials->key, &credentials->token};
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i]->empty()) continue;
        std::string variable;
        variable.reserve(std::strlen(credential_names[i]) + 1 + values[i]->reveal().size());
        variable.append(credential_names[i]).append("=").append(values[i]->reveal_text());
        variables_.push_back(std::move(variable));
      }
    }
    for (std::string& variable : variables_) pointers_.push_back(variable.data());
    pointers_.push_back(nullptr);
  }
  ~Environment() {
    for (std::string& variable : variables_) wipe({reinterpret_cast<std::uint8_t*>(variable.data()), variable.size()});
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  char** data() { return pointers_.data(); }

 private:
  std::vector<std::string> variables_;
  std::vector<char*> pointers_;
};

struct Pipe {
  os::UniqueFd reading, writing;
};
Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(os::system_error("cannot make a pipe", errno));
  return Pipe{os::UniqueFd(ends[0]), os::UniqueFd(ends[1])};
}

Result<pid_t> spawn(const std::string& program, const std::vector<std::string>& arguments, const Credentials* credentials, int out, int error) {
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, error, STDERR_FILENO);
  Environment environment(credentials);
  pid_t child = -1;
  const int code = ::posix_spawnp(&child, program.c_str(), &actions, nullptr, argv.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (code != 0) {
    return fail(Failure::unavailable, "`" + program + "` cannot be run (" + std::strerror(code) + "): install the AWS CLI, or name it with --aws");
  }
  return child;
}

// Reads what has come; answers whether there may be more.
bool take(const os::UniqueFd& pipe, std::string& into, std::size_t bytes_max) {
  char buffer[65536];
  const ssize_t got = ::read(pipe.get(), buffer, sizeof buffer);
  if (got < 0) return errno == EINTR;
  // One byte more than may be is kept, which says that it was too much.
  if (into.size() <= bytes_max) into.append(buffer, std::min(static_cast<std::size_t>(got), bytes_max + 1 - into.size()));
  return got > 0;
}

}  // namespace

Result<Said> run(const std::string& program, const std::vector<std::string>& arguments, const Credentials* credentials) {
  RW_TRY(Pipe out, make_pipe());
  RW_TRY(Pipe error, make_pipe());
  RW_TRY(const pid_t child, spawn(program, arguments, credentials, out.writing.get(), error.writing.get()));
  out.writing.reset();
  error.writing.reset();
  Said said;
  bool out_open = true, error_open = true;
  while (out_open || error_open) {
    pollfd waits[2] = {{out_open ? out.reading.get() : -1, POLLIN, 0}, {error_open ? error.reading.get() : -1, POLLIN, 0}};
    if (::poll(waits, 2, -1) < 0 && errno != EINTR) break;
    if (waits[0].revents != 0) out_open = take(out.reading, said.out, answer_bytes_max);
    if (waits[1].revents != 0) error_open = take(error.reading, said.error, complaint_bytes_max);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  said.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (said.out.size() > answer_bytes_max) {
    return fail(Failure::exhausted, "the answer is larger than " + std::to_string(answer_bytes_max) + " bytes, which is the limit");
  }
  return said;
}

std::string without_secrets(std::string text, const Credentials* credentials, std::size_t bytes_max) {
  const auto cover = [&](std::string_view secret) {
    if (secret.empty()) return;
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) text.replace(at, secret.size(), "***");
  };
  for (const char* name : {"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}) {
    if (const char* value = std::getenv(name)) cover(value);
  }
  if (credentials != nullptr) {
    cover(credentials->key.reveal_text());
    cover(credentials->token.reveal_text());
  }
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  const std::size_t begin = text.find_first_not_of(' ');
  text.erase(0, std::min(begin, text.size()));
  text.erase(text.find_last_not_of(' ') + 1);
  if (text.size() > bytes_max) text.resize(bytes_max);
  return text;
}

}  // namespace ringwall::collect::detail
