#include "host/command.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <csignal>

#include "host/detail/mounts.h"
#include "host/fixture_test.h"
#include "os/files.h"

namespace ringwall::host {
namespace {

// What a command does at a place, which here is the network of the test itself.
class CommandTest : public WithHelper {
 protected:
  void SetUp() override {
    WithHelper::SetUp();
    if (HasFatalFailure()) return;
    ASSERT_TRUE(host_->inventory().has_value());  // a helper that answers has made its folders
    data_ = std::filesystem::canonical(options_.data_folder);
    for (const char* folder : {"/server", "/run"})
      std::filesystem::create_directory(data_ + folder);
    for (const char* file : {"/server/root.key", "/run/ca.pem", "/run/endpoint.json"})
      RW_ASSERT_OK(os::write_file(data_ + file, "content", 0644));
    ::chmod((data_ + "/run").c_str(), 0755);
    place_.reset(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  }

  Command shell(const std::string& script) const {
    return {.arguments = {"sh", "-c", script},
            .network_namespace = place_.get(),
            .resolver = "10.9.0.2",
            .data_folder = data_,
            .shown = data_ + "/run/ca.pem",
            .as = {}};
  }
  // Exit status and output, of a process that has one thread and stands in `folder`.
  std::string said(const Command& command, const std::string& folder = "/") const {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) return "no pipe";
    const os::UniqueFd reading(ends[0]);
    os::UniqueFd writing(ends[1]);
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(ends[1], 1);
      ::dup2(ends[1], 2);
      (void)!::chdir(folder.c_str());
      const auto status = run_command(command);
      if (!status) std::fprintf(stderr, "%s", status.error().message.c_str());
      ::_exit(status.value_or(99));
    }
    writing.reset();
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(reading.get(), buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(got));
    int status = 0;
    ::waitpid(child, &status, 0);
    while (text.ends_with('\n')) text.pop_back();
    return std::to_string(WEXITSTATUS(status)) + " " + text;
  }
  std::string said(const std::string& script, const std::string& folder = "/") const {
    return said(shell(script), folder);
  }

  std::string data_;
  os::UniqueFd place_;
};

TEST_F(CommandTest, IsNobodyWithoutPrivilegesOrAWayToThem) {
  const std::string id = std::to_string(engine_uid_min - 2);
  EXPECT_EQ(said("id -u; id -g; id -G; id -un; echo $HOME"),
            "0 " + id + "\n" + id + "\n" + id + "\nringwall-exec\n/tmp");
  EXPECT_EQ(said("grep -E '^(CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs)' /proc/self/status | tr -d '\\n\\t '"),
            "0 CapPrm:0000000000000000CapEff:0000000000000000CapBnd:0000000000000000"
            "CapAmb:0000000000000000NoNewPrivs:1");
}

TEST_F(CommandTest, ReadsNoSecretOfTheDataFolderEvenWhereItStandsInside) {
  const std::string look = "ls " + data_ + " " + data_ + "/run 2>&1; cat " + data_ +
                           "/server/root.key 2>/dev/null; cat " + data_ + "/run/ca.pem";
  const std::string shown = "0 " + data_ + ":\nrun\n\n" + data_ + "/run:\nca.pem\ncontent";
  EXPECT_EQ(said(look), shown);
  EXPECT_EQ(said(look, data_ + "/server"), shown);
  EXPECT_EQ(said(look, std::filesystem::path(data_).parent_path()), shown);
  Command root = shell(look);
  root.as = "root";
  EXPECT_EQ(said(root, data_), shown);
}

TEST_F(CommandTest, ChangesNothingOfTheHostAndSeesItsWorkingFolder) {
  char folder[] = "/tmp/ringwall-work-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  ::chmod(folder, 0777);
  RW_ASSERT_OK(os::write_file(folder + std::string("/query.sql"), "SELECT 1", 0666));
  EXPECT_EQ(said("pwd; cat query.sql; echo more >> query.sql", folder),
            std::string("2 ") + folder + "\nSELECT 1sh: 1: cannot create query.sql: Read-only file system");
  EXPECT_EQ(said("for f in / /etc/ /usr/ /opt/ /run/ /var/ /dev/; do echo > ${f}x && echo $f; done 2>/dev/null; "
                 "echo kept > /tmp/ringwall-x && cat /tmp/ringwall-x; ls -A /root /home /srv /sys 2>/dev/null; true"),
            "0 kept");
  EXPECT_FALSE(std::filesystem::exists("/tmp/ringwall-x"));
  std::filesystem::remove_all(folder);
}

TEST_F(CommandTest, WhatIsShownOfAFolderInVarTmpIsThereAndLeavesNothingOnTheHost) {
  char pattern[] = "/var/tmp/ringwall-command-XXXXXX";
  ASSERT_NE(::mkdtemp(pattern), nullptr);
  ::chmod(pattern, 0755);
  const std::string folder = pattern, name = std::filesystem::path(folder).filename();
  RW_ASSERT_OK(os::write_file(folder + "/ca.pem", "certificate", 0644));
  Command command = shell("cat " + folder + "/ca.pem; pwd");
  command.shown = folder + "/ca.pem";
  EXPECT_EQ(said(command), "0 certificate/");
  EXPECT_EQ(said("pwd", folder), "0 " + folder);
  EXPECT_FALSE(std::filesystem::exists("/tmp/" + name));
  std::filesystem::remove_all(folder);
}

TEST_F(CommandTest, SeesItsOwnProcessesAndResolverOnly) {
  EXPECT_EQ(said("cat /etc/resolv.conf; ls /proc | grep -c '^[0-9]'; kill -0 " +
                 std::to_string(::getpid()) + " 2>/dev/null || echo alone"),
            "0 nameserver 10.9.0.2\noptions timeout:1 attempts:2\n4\nalone");
}

TEST_F(CommandTest, OnlyByItsNameIsItRoot) {
  Command root = shell("id -u; grep -c '^CapEff:.*[1-9a-f]' /proc/self/status; : > /usr/x");
  root.as = "root";
  EXPECT_EQ(said(root), "2 0\n1\nsh: 1: cannot create /usr/x: Read-only file system");
  Command host = shell("id -u; cat " + data_ + "/server/root.key");
  host.host_view = true;
  EXPECT_EQ(said(host), "0 " + std::to_string(engine_uid_min - 2) + "\ncontent");  // as its mode says
  Command user = shell("id -u; id -un; grep NoNewPrivs /proc/self/status | tr -d '\\t'");
  user.as = "daemon";
  EXPECT_EQ(said(user), "0 " + std::to_string(::getpwnam("daemon")->pw_uid) + "\ndaemon\nNoNewPrivs:1");
  user.as = "no-such-user";
  EXPECT_EQ(said(user), "99 there is no user `no-such-user`");
}

TEST_F(CommandTest, ItsStatusComesBackAndWhatItStartedEndsWithIt) {
  EXPECT_EQ(said("exit 7"), "7 ");
  EXPECT_EQ(said("kill -9 $$"), "137 ");
  EXPECT_EQ(said("sleep 1000 & echo begun"), "0 begun");  // or its output would not end
  Command none = shell("");
  none.arguments = {"no-such-program"};
  EXPECT_EQ(said(none).substr(0, 38), "127 ringwall: cannot run `no-such-prog");
}

TEST_F(CommandTest, EndsWithItsCaller) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const os::UniqueFd reading(ends[0]);
  os::UniqueFd writing(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], 1);
    (void)run_command(shell("echo begun; exec sleep 1000"));
    ::_exit(0);
  }
  writing.reset();
  char buffer[64];
  ASSERT_GT(::read(reading.get(), buffer, sizeof buffer), 0);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  EXPECT_EQ(::read(reading.get(), buffer, sizeof buffer), 0);
  ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace ringwall::host
