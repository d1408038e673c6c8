#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <sstream>

#include "host/detail/cgroup.h"
#include "host/detail/loop.h"
#include "host/detail/mounts.h"
#include "host/fixture_test.h"
#include "os/files.h"

namespace ringwall::host {
namespace {

constexpr uid_t engine_uid = engine_uid_min + 11;
constexpr int end_ms = 10'000;

bool ends(const os::UniqueFd& pidfd, int timeout_ms = end_ms) {
  pollfd watched = {pidfd.get(), POLLIN, 0};
  return ::poll(&watched, 1, timeout_ms) == 1;
}

class ProcessTest : public WithHelper {
 protected:
  void SetUp() override {
    WithHelper::SetUp();
    if (HasFatalFailure()) return;
    open_volume("db-one");
    Network network{"vpc-1", "10.9.0.0/16", {{"subnet-1", "10.9.1.0/24"}}, {{"sg-1", {}}}, {}};
    network.interfaces = {{"eni-1", "subnet-1", "10.9.1.10", "02:00:00:00:00:01", {"sg-1"}, false}};
    RW_ASSERT_OK(host_->apply_network(network));
  }
  void open_volume(const std::string& id) {
    RW_ASSERT_OK(host_->open_volume({id, 64 << 20, engine_uid}, Secret(std::string(64, 'k'))));
  }
  static Process shell(const std::string& script, const std::string& id = "db-one") {
    return {
        id, "db-one", "eni-1", engine_uid, {"/bin/sh", "-c", script}, {"PATH=/usr/sbin:/usr/bin"},
        {}};
  }
  // The trimmed output of a script, with its exit status in front when that is not 0.
  std::string said(const Process& process) {
    const auto finished = host_->run(process);
    if (!finished) return "failed: " + finished.error().message;
    std::string text = finished->output;
    while (text.ends_with('\n')) text.pop_back();
    return finished->exit_status == 0 ? text
                                      : "(" + std::to_string(finished->exit_status) + ") " + text;
  }
  std::string said(const std::string& script) { return said(shell(script)); }
};

TEST_F(ProcessTest, RunsAsItsOwnUserInItsVolume) {
  const std::string id = std::to_string(engine_uid);
  EXPECT_EQ(said("id -u; id -g; id -G; id -un; pwd"),
            id + "\n" + id + "\n" + id + "\nrdsdb\n/data");
  EXPECT_EQ(said("echo kept > file && hostname"), "db-one");
  EXPECT_EQ(os::read_file(options_.data_folder + "/host/mounts/db-one/data/file", 100).value_or(""),
            "kept\n");
}

TEST_F(ProcessTest, ExitStatusAndOutputComeBack) {
  EXPECT_EQ(said("echo out; echo err >&2; exit 3"), "(3) out\nerr");
  EXPECT_EQ(said("kill -9 $$"), "(137) ");
  const auto much = host_->run(shell("yes 0123456789abcde | head -c 262144; echo the end"));
  RW_ASSERT_OK(much);
  EXPECT_EQ(much->output.size(), 65536u);
  EXPECT_TRUE(much->output.ends_with("the end\n"));
}

TEST_F(ProcessTest, WhatItLeavesBehindEndsWithIt) {
  EXPECT_EQ(said("sleep 1000 & echo started"), "started");
  EXPECT_TRUE(host_->inventory()->processes.empty());
  RW_ASSERT_OK(host_->close_volume("db-one"));
}

TEST_F(ProcessTest, SeesNothingOfTheSystemThatCouldBeChanged) {
  EXPECT_EQ(
      said("for f in /x /etc/x /usr/x /dev/x /run/x; do echo > $f && echo $f; done 2>/dev/null"),
      "(2) ");
  // Of the folders of libraries, each machine has its own selection.
  EXPECT_EQ(said("ls / | grep -vE '^(lib|lib32|lib64|libx32)$' | tr '\\n' ' '"),
            "bin data dev etc run sbin tmp usr ");
  EXPECT_EQ(said("ls /run /home /root /proc 2>/dev/null"), "(2) /run:\nringwall");
  EXPECT_EQ(said("cat /etc/resolv.conf"), "nameserver 10.9.0.2");
}

TEST_F(ProcessTest, HasNoPrivilegesAndNoWayToNewOnes) {
  const auto system_call = [&](const std::string& call) {
    return said("perl -e 'my $r = syscall(" + call + "); print $r, \" \", $!+0'");
  };
  const std::string refused = "-1 " + std::to_string(EPERM);
  for (const int number :
       {SYS_mount, SYS_unshare, SYS_setns, SYS_ptrace, SYS_bpf, SYS_keyctl, SYS_add_key,
        SYS_userfaultfd, SYS_perf_event_open, SYS_kexec_load, SYS_init_module, SYS_reboot,
        SYS_pivot_root, SYS_swapon, SYS_io_uring_setup}) {
    EXPECT_EQ(system_call(std::to_string(number) + ",0,0,0,0,0"), refused) << number;
  }
  const auto control = [&](int option) {
    return said("perl -e 'print syscall(157," + std::to_string(option) + ",0,0,0,0)'");
  };
  constexpr int get_no_new_privileges = 39, get_seccomp = 21, has_bounding_chown = 23;
  EXPECT_EQ(control(get_no_new_privileges), "1");
  EXPECT_EQ(control(get_seccomp), "2");
  EXPECT_EQ(control(has_bounding_chown), "0");
  EXPECT_EQ(said("perl -e 'print syscall(" + std::to_string(SYS_clone) +
                 ",0x10000000,0,0,0,0), \" \", $!+0'"),
            refused);
}

TEST_F(ProcessTest, FilesAreWrittenForItAndLinksLeadNowhere) {
  Process process =
      shell("cat conf/file /tmp/t /run/ringwall/r /etc/pam.d/x; stat -c '%a %u' conf/file");
  process.files = {{"conf/file", "a", 0640},
                   {"/tmp/t", "b"},
                   {"/run/ringwall/r", "c"},
                   {"/etc/pam.d/x", "d", 0644}};
  EXPECT_EQ(said(process), "abcd640 " + std::to_string(engine_uid));
  EXPECT_EQ(said("rm -r conf && ln -s /tmp conf"), "");
  const auto refused = host_->run(process);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("conf/file"), std::string::npos);
}

TEST_F(ProcessTest, IsStartedOnceFoundAgainAndStopped) {
  const auto started = host_->start(shell("exec sleep 1000"));
  RW_ASSERT_OK(started);
  const auto twice = host_->start(shell("true"));
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().kind, Failure::conflict);
  const auto adopted = host_->adopt("db-one");
  RW_ASSERT_OK(adopted);
  EXPECT_EQ(adopted->pid, started->pid);
  EXPECT_EQ(host_->inventory()->processes, std::vector<std::string>{"db-one"});
  EXPECT_FALSE(ends(started->pidfd, 0));
  const auto begin = std::chrono::steady_clock::now();
  RW_ASSERT_OK(host_->stop("db-one", Stop::graceful));
  EXPECT_LT(std::chrono::steady_clock::now() - begin,
            std::chrono::seconds(15));  // asked, not killed at 20 s
  EXPECT_TRUE(ends(started->pidfd, 0));
  EXPECT_TRUE(ends(adopted->pidfd, 0));
  const auto gone = host_->adopt("db-one");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, Failure::not_found);
  RW_ASSERT_OK(host_->stop("db-one", Stop::immediate));
}

TEST_F(ProcessTest, StopsAtOnceWhenAskedTo) {
  const auto started = host_->start(shell("trap '' INT TERM; while :; do sleep 1000; done"));
  RW_ASSERT_OK(started);
  RW_ASSERT_OK(host_->stop("db-one", Stop::immediate));
  EXPECT_TRUE(ends(started->pidfd, 0));
}

TEST_F(ProcessTest, SignalsReachItsFirstProcess) {
  const auto started = host_->start(shell("exec sleep 1000"));
  RW_ASSERT_OK(started);
  RW_ASSERT_OK(host_->signal("db-one", SIGHUP));
  EXPECT_TRUE(ends(started->pidfd));
  const auto gone = host_->signal("db-one", SIGHUP);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, Failure::not_found);
}

TEST_F(ProcessTest, ACrashIsSeenAndItsLeftoversGoBeforeTheNextStart) {
  const auto started = host_->start(shell("sleep 1000 & wait"));
  RW_ASSERT_OK(started);
  ASSERT_EQ(::kill(started->pid, SIGKILL), 0);
  EXPECT_TRUE(ends(started->pidfd));
  EXPECT_FALSE(host_->adopt("db-one"));
  const auto again = host_->start(shell("exec sleep 1000"));
  RW_ASSERT_OK(again);
  RW_ASSERT_OK(host_->stop("db-one", Stop::immediate));
}

TEST_F(ProcessTest, AProgramThatIsNotThereIsAFailure) {
  Process process = shell("");
  process.arguments = {"/usr/bin/no-such-program"};
  const auto refused = host_->start(process);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::not_found);
  EXPECT_FALSE(host_->adopt("db-one"));
}

TEST_F(ProcessTest, OutlivesItsHelperAndIsAdoptedByTheNext) {
  const auto started = host_->start(shell("exec sleep 1000"));
  RW_ASSERT_OK(started);
  kill_helper();
  EXPECT_FALSE(ends(started->pidfd, 0));
  start_helper();
  const auto adopted = host_->adopt("db-one");
  RW_ASSERT_OK(adopted);
  EXPECT_EQ(adopted->pid, started->pid);
  RW_ASSERT_OK(host_->stop("db-one", Stop::graceful));
  EXPECT_TRUE(ends(started->pidfd, 0));
}

TEST_F(ProcessTest, ARecordOfAnotherTimeIsNotBelieved) {
  const auto started = host_->start(shell("exec sleep 1000"));
  RW_ASSERT_OK(started);
  const std::string record = options_.data_folder + "/host/processes/db-one.record";
  // A process of the same number that began at another moment: numbers are used again.
  RW_ASSERT_OK(os::write_file(record, std::to_string(started->pid) + " 1 db-one\n", 0600));
  EXPECT_FALSE(host_->adopt("db-one"));
  // This test's own process exists and the time is right, but it is not in the cgroup.
  std::istringstream stat(os::read_file("/proc/self/stat", 4096).value_or(""));
  std::string field;
  for (int number = 1; number <= 22; ++number) stat >> field;
  RW_ASSERT_OK(
      os::write_file(record, std::to_string(::getpid()) + " " + field + " db-one\n", 0600));
  const auto refused = host_->signal("db-one", SIGKILL);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::not_found);
  RW_ASSERT_OK(host_->stop("db-one", Stop::immediate));
}

TEST_F(ProcessTest, AVolumeInUseIsNotClosedAndAnotherIs) {
  open_volume("db-two");
  RW_ASSERT_OK(host_->start(shell("exec sleep 1000 > file")));
  const auto busy = host_->close_volume("db-one");
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().kind, Failure::conflict);
  RW_ASSERT_OK(host_->close_volume("db-two"));
  EXPECT_EQ(detail::loops_below(options_.data_folder).size(), 1u);
  RW_ASSERT_OK(host_->stop("db-one", Stop::immediate));
  RW_ASSERT_OK(host_->close_volume("db-one"));
  EXPECT_TRUE(detail::loops_below(options_.data_folder).empty());
}

TEST_F(ProcessTest, SweepingLeavesNothingButImagesAndOutput) {
  const auto started = host_->start(shell("trap '' INT; echo here; while :; do sleep 1000; done"));
  RW_ASSERT_OK(started);
  kill_helper();
  host_.reset();
  RW_ASSERT_OK(sweep(options_));
  EXPECT_TRUE(ends(started->pidfd, 0));
  const std::string root = options_.data_folder + "/host";
  const auto mounts = detail::mount_table();
  RW_ASSERT_OK(mounts);
  EXPECT_TRUE(std::ranges::none_of(
      *mounts, [&](const auto& mount) { return mount.point.starts_with(root); }));
  EXPECT_TRUE(detail::loops_below(options_.data_folder).empty());
  EXPECT_TRUE(std::filesystem::is_empty(root + "/netns"));
  EXPECT_TRUE(std::filesystem::is_empty(root + "/sockets"));
  EXPECT_TRUE(std::filesystem::exists(root + "/volumes/db-one.img"));
  const auto cgroup = detail::cgroup_folder({root});
  RW_ASSERT_OK(cgroup);
  EXPECT_FALSE(std::filesystem::exists(*cgroup + "/db-one"));
  const auto group = detail::group_of({root}, "db-one");
  RW_ASSERT_OK(group);
  for (const detail::Control& control : group->controls) EXPECT_FALSE(std::filesystem::exists(control.folder)) << control.folder;
  RW_ASSERT_OK(sweep(options_));
  EXPECT_FALSE(std::filesystem::exists(*cgroup));
}

TEST_F(ProcessTest, PostgreSqlInitialisesAndServes) {
  const std::string binaries = "/usr/lib/postgresql/15/bin";
  ASSERT_TRUE(std::filesystem::exists(binaries)) << "install postgresql-15";
  const auto made = host_->run(
      shell(binaries + "/initdb -D /data/pg -U rdsadmin -A peer --no-sync --no-locale -E UTF8",
            "db-one-setup"));
  RW_ASSERT_OK(made);
  ASSERT_EQ(made->exit_status, 0) << made->output;
  Process server = shell("");
  server.arguments = {binaries + "/postgres",
                      "-D",
                      "/data/pg",
                      "-c",
                      "unix_socket_directories=/run/ringwall",
                      "-c",
                      "listen_addresses=10.9.1.10"};
  const auto begin = std::chrono::steady_clock::now();
  const auto started = host_->start(server);
  RW_ASSERT_OK(started);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  std::printf("start: %d ms\n", static_cast<int>(took.count()));
  EXPECT_LT(took.count(), 300);
  const auto ready =
      host_->run(shell("for i in $(seq 200); do " + binaries +
                           "/pg_isready -q -h /run/ringwall && exit 0; sleep 0.05; done; exit 1",
                       "db-one-probe"));
  RW_ASSERT_OK(ready);
  EXPECT_EQ(ready->exit_status, 0)
      << ready->output
      << os::read_file(options_.data_folder + "/host/processes/db-one.log", 1 << 20).value_or("");
  EXPECT_EQ(said(shell("echo 'SELECT 6*7' | " + binaries +
                           "/psql -h /run/ringwall -U rdsadmin -At postgres 2>&1",
                       "db-one-ask"))
                .substr(0, 3),
            "(2)");
  RW_ASSERT_OK(host_->stop("db-one", Stop::graceful));
  EXPECT_TRUE(ends(started->pidfd, 0));
  const auto log = os::read_file(options_.data_folder + "/host/processes/db-one.log", 1 << 20);
  RW_ASSERT_OK(log);
  EXPECT_NE(log->find("database system is shut down"), std::string::npos) << *log;
}

}  // namespace
}  // namespace ringwall::host
