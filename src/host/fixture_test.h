#pragma once
// A helper of its own for every test, on a temporary data folder that is swept afterwards.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "host/client.h"
#include "host/helper.h"
#include "os/files.h"

namespace ringwall::host {

inline constexpr uid_t test_server_uid = 0x1fff0000;

class WithHelper : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::geteuid(), 0u)
        << "this test makes namespaces and mounts: run it as root, with sudo";
    char folder[] = "/tmp/ringwall-host-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    ::chmod(folder, 0711);
    options_.data_folder = folder;
    options_.server_uid = test_server_uid;
    options_.server_gid = test_server_uid;
    start_helper();
  }
  void TearDown() override {
    end_helper();
    if (options_.data_folder.empty()) return;
    const auto swept = sweep(options_);
    EXPECT_TRUE(swept) << swept.error().message;
    std::filesystem::remove_all(options_.data_folder);
  }

  void start_helper() {
    int ends[2] = {-1, -1};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    helper_ = ::fork();
    ASSERT_GE(helper_, 0);
    if (helper_ == 0) {
      ::close(ends[0]);
      ::_exit(serve_requests(os::UniqueFd(ends[1]), options_));
    }
    ::close(ends[1]);
    host_ = connect(os::UniqueFd(ends[0]), options_.data_folder);
  }
  // In order: the helper ends because its server does.
  void end_helper() {
    host_.reset();
    int status = 0;
    if (helper_ > 0) ::waitpid(helper_, &status, 0);
    helper_ = -1;
  }
  void kill_helper() {
    ::kill(helper_, SIGKILL);
    int status = 0;
    ::waitpid(helper_, &status, 0);
    helper_ = -1;
  }

  // What the process of that volume has said, from its open volume.
  std::string log_of(const std::string& volume_id) const {
    std::string text;
    std::error_code none;
    const std::string folder = options_.data_folder + "/host/mounts/" + volume_id + "/data/log/error";
    for (const auto& entry : std::filesystem::directory_iterator(folder, none))
      text += os::read_file(entry.path(), 64 << 20).value_or("");
    return text;
  }

  HelperOptions options_;
  std::unique_ptr<Host> host_;
  pid_t helper_ = -1;
};

// For tests, in place of the table of programs: a shell script, the content of the first file,
// that finds all of /usr. A second file is written for it.
inline Result<Launch> launch_script(const Process& process) {
  Launch launch;
  launch.arguments = {"/bin/sh", "-c", process.files.at(0).content};
  launch.environment = {"PATH=/usr/sbin:/usr/bin"};
  launch.programs = {"/usr"};
  if (process.release == release_max) launch.arguments = {"/usr/bin/no-such-program"};
  if (process.files.size() < 2) return launch;
  launch.files = {{"conf/file", process.files[1].content, 0640}};
  launch.settings = {{"/etc/pam.d/x", process.files[1].content, 0444}};
  launch.stale = {"/data/stale", "/run/ringwall/stale.*"};
  return launch;
}

// The value of a Result, or a failed test with its message.
#define RW_ASSERT_OK(expression)                                              \
  do {                                                                        \
    const auto& outcome_ = (expression);                                      \
    ASSERT_TRUE(outcome_) << #expression << ": " << outcome_.error().message; \
  } while (false)

}  // namespace ringwall::host
