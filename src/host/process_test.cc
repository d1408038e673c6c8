#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <set>
#include <sstream>

#include "host/detail/cgroup.h"
#include "host/detail/confine.h"
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
    options_.launch = launch_script;
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
    return {id, "db-one", "eni-1", engine_uid, Program::postgres_serve, 15, "", "", {{{}, script}}};
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

  // The first process of a PID namespace takes only the signals that it handles: a file says when.
  static constexpr const char* patient =
      "trap exit INT HUP; : > /run/ringwall/ready; "
      "while :; do sleep 1000 & wait; done";
  void await_handlers() {
    const std::string path = host_->socket_folder("db-one") + "/ready";
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (::unlink(path.c_str()) != 0) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << "the process came to nothing";
      ::sched_yield();
    }
  }
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
  EXPECT_EQ(said("sh -c 'kill -9 $$' 2>/dev/null"), "(137) ");
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
  const auto control = [&](int option) {
    return said("perl -e 'print syscall(157," + std::to_string(option) + ",0,0,0,0)'");
  };
  constexpr int get_no_new_privileges = 39, get_seccomp = 21, has_bounding_chown = 23;
  EXPECT_EQ(control(get_no_new_privileges), "1");
  EXPECT_EQ(control(get_seccomp), "2");
  EXPECT_EQ(control(has_bounding_chown), "0");
  constexpr int set_dumpable = 4;
  EXPECT_EQ(control(set_dumpable), "-1");
}

// Every number there is, called with arguments that mean nothing, save for those that would end
// or hold up who asks. What does not answer "no such call" has to be on the list.
TEST_F(ProcessTest, OnlyKnownSystemCallsReachTheKernel) {
  const std::set<int> unasked = {SYS_exit,    SYS_exit_group, SYS_fork,          SYS_vfork,
                                 SYS_clone,   SYS_pause,      SYS_rt_sigreturn,  SYS_rt_sigsuspend,
                                 SYS_alarm,   SYS_dup2,       SYS_set_tid_address,
                                 // The kernel lets these two by every filter (uretprobe, uprobe),
                                 // and kills whoever calls them outside its own probes.
                                 335, 336};
  constexpr int numbers_max = 600, x32 = 0x40000000;
  std::string numbers;
  for (int number = 0; number < numbers_max; ++number) {
    if (!unasked.contains(number)) numbers += std::to_string(number) + ",";
  }
  numbers += std::to_string(x32) + "," + std::to_string(x32 + SYS_openat);
  const std::string answer = said("perl -e 'for my $n (" + numbers + ") { $! = 0; "
                                  "syscall($n,-1,-1,-1,-1,-1,-1); print \"$n \" unless $! == 38 }'");
  std::istringstream reached(answer);
  const auto allowed = detail::system_calls_allowed();
  const std::set<int> by_argument = {SYS_socket, SYS_socketpair, SYS_ioctl,    SYS_prctl,
                                     SYS_mmap,   SYS_mprotect,   SYS_shmat};
  std::size_t count = 0;
  for (int number = 0; reached >> number; ++count) {
    EXPECT_TRUE(std::ranges::count(allowed, number) == 1 || by_argument.contains(number)) << number;
  }
  EXPECT_TRUE(reached.eof()) << answer;
  EXPECT_GT(count, 150u);  // or nothing was asked
  for (const int gone : {SYS_mount, SYS_unshare, SYS_setns, SYS_ptrace, SYS_bpf, SYS_keyctl,
                         SYS_userfaultfd, SYS_perf_event_open, SYS_io_uring_setup, SYS_personality,
                         SYS_memfd_create, 447 /* memfd_secret */, SYS_fanotify_init,
                         457 /* statmount */, 458 /* listmount */, SYS_clone3, SYS_execveat,
                         SYS_seccomp, SYS_open_by_handle_at, SYS_process_vm_readv, SYS_pidfd_getfd,
                         SYS_pkey_mprotect, SYS_vmsplice, SYS_inotify_init1, SYS_quotactl}) {
    EXPECT_EQ(std::ranges::count(allowed, gone), 0) << gone;
  }
}

TEST_F(ProcessTest, ArgumentsThatLeadOutAreRefused) {
  const auto call = [&](const std::string& words) {
    return said("perl -e 'my $r = syscall(" + words + "); print $r < 0 ? $!+0 : \"done\"'");
  };
  const auto number = [](long value) { return std::to_string(value); };
  for (const int family : {AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG, AF_XDP, AF_TIPC, AF_BLUETOOTH}) {
    EXPECT_EQ(call(number(SYS_socket) + "," + number(family) + ",3,0"), number(EAFNOSUPPORT)) << family;
  }
  for (const int family : {AF_UNIX, AF_INET, AF_INET6}) {
    EXPECT_EQ(call(number(SYS_socket) + "," + number(family) + ",1,0"), "done") << family;
  }
  EXPECT_EQ(call(number(SYS_socket) + "," + number(AF_INET) + ",3,1"), number(EPERM));  // raw
  EXPECT_EQ(call(number(SYS_ioctl) + ",0," + number(TIOCSTI) + ",0"), number(ENOTTY));
  for (const int space : {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWPID, CLONE_NEWCGROUP}) {
    EXPECT_EQ(call(number(SYS_clone) + "," + number(space) + ",0,0,0,0"), number(EPERM)) << space;
  }
  const auto map = [&](int protection, int flags) {
    return call(number(SYS_mmap) + ",0,4096," + number(protection) + "," + number(flags) + ",-1,0");
  };
  EXPECT_EQ(map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS), "done");
  EXPECT_EQ(map(PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS), number(EPERM));
  EXPECT_EQ(map(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE), number(EPERM));
  EXPECT_EQ(call(number(SYS_mprotect) + ",0,4096," + number(PROT_READ | PROT_EXEC)), number(EPERM));
}

TEST_F(ProcessTest, ExecutesNothingThatItCanWrite) {
  EXPECT_EQ(said("for f in /data /tmp /dev/shm /run/ringwall; do cp /usr/bin/true $f/x || echo no $f; "
                 "$f/x 2>/dev/null && echo ran $f; done; /lib64/ld-linux-x86-64.so.2 /data/x "
                 "2>/dev/null && echo loaded; echo end"),
            "end");
}

TEST_F(ProcessTest, SeesNoProcessButItsOwn) {
  EXPECT_EQ(said("echo $$; kill -0 " + std::to_string(::getpid()) + " 2>/dev/null || echo alone"),
            "1\nalone");
}

TEST_F(ProcessTest, FilesAreWrittenForItAndLinksLeadNowhere) {
  Process process = shell(
      "cat conf/file /etc/pam.d/x; stat -c '%a %u' conf/file; ls /data /run/ringwall | grep stale");
  process.files.push_back({{}, "a"});
  const std::string written = "aa640 " + std::to_string(engine_uid);
  EXPECT_EQ(said(process), "(1) " + written);
  EXPECT_EQ(said("touch stale staler /run/ringwall/stale.1 /run/ringwall/stalest"), "");
  EXPECT_EQ(said(process), written + "\nstaler\nstalest");
  EXPECT_EQ(said("rm -r conf && ln -s /tmp conf"), "");
  const auto refused = host_->run(process);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("conf/file"), std::string::npos);
}

TEST_F(ProcessTest, IsStartedOnceFoundAgainAndStopped) {
  const auto started = host_->start(shell(patient));
  RW_ASSERT_OK(started);
  const auto twice = host_->start(shell("true"));
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().kind, Failure::conflict);
  const auto adopted = host_->adopt("db-one");
  RW_ASSERT_OK(adopted);
  EXPECT_EQ(adopted->pid, started->pid);
  EXPECT_EQ(host_->inventory()->processes, std::vector<std::string>{"db-one"});
  EXPECT_FALSE(ends(started->pidfd, 0));
  await_handlers();
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
  const auto started = host_->start(shell(patient));
  RW_ASSERT_OK(started);
  await_handlers();
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
  process.release = release_max;
  const auto refused = host_->start(process);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::not_found);
  EXPECT_FALSE(host_->adopt("db-one"));
}

TEST_F(ProcessTest, OutlivesItsHelperAndIsAdoptedByTheNext) {
  const auto started = host_->start(shell(patient));
  RW_ASSERT_OK(started);
  kill_helper();
  EXPECT_FALSE(ends(started->pidfd, 0));
  start_helper();
  const auto adopted = host_->adopt("db-one");
  RW_ASSERT_OK(adopted);
  EXPECT_EQ(adopted->pid, started->pid);
  await_handlers();
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

TEST_F(ProcessTest, ItsLogIsOnItsVolumeAndARestartAppendsToIt) {
  for (const char* said : {"echo first; echo failed >&2", "echo second"}) {
    const auto started = host_->start(shell(said));
    RW_ASSERT_OK(started);
    EXPECT_TRUE(ends(started->pidfd));
    RW_ASSERT_OK(host_->stop("db-one", Stop::immediate));  // which waits for its last words
  }
  EXPECT_EQ(log_of("db-one"), "first\nfailed\nsecond\n");
  std::size_t outside = 0;
  for (const auto& entry : std::filesystem::directory_iterator(options_.data_folder + "/host/processes")) outside += entry.file_size();
  EXPECT_EQ(outside, 0u);
}

TEST_F(ProcessTest, ItsLogOutlivesTheHelperAndKeepsARefusedSignInThroughAFlood) {
  // 64 MiB in lines of 1 MiB, then a word, at far more than the log may grow by.
  const std::string flood = "for i in $(seq 64); do head -c 1048575 /dev/zero | tr '\\0' x; echo; done; ";
  const auto started = host_->start(shell(flood + "echo ':[7]:FATAL:  refused' >&2; exec sleep 1000"));
  RW_ASSERT_OK(started);
  kill_helper();
  start_helper();
  const auto kept = [&] { return log_of("db-one").find(":[7]:FATAL:  refused\n") != std::string::npos; };
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!kept() && std::chrono::steady_clock::now() < until) ::poll(nullptr, 0, 20);
  EXPECT_TRUE(kept());
  RW_ASSERT_OK(host_->stop("db-one", Stop::immediate));
  const std::string log = log_of("db-one");
  EXPECT_LE(log.size(), std::size_t{4} << 20);  // a volume of 64 MiB
  EXPECT_NE(log.find("bytes were left out"), std::string::npos);
  EXPECT_NE(log.find("bytes left out]"), std::string::npos);
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

}  // namespace
}  // namespace ringwall::host
