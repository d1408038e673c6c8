#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "host/detail/limits.h"
#include "host/sanitized.h"
#include "host/fixture_test.h"
#include "os/files.h"

namespace ringwall::host {
namespace {

using detail::Control;
using detail::Controller;

constexpr uid_t engine_uid = engine_uid_min + 12;
constexpr std::uint64_t mebibyte = 1 << 20;

std::string trimmed(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

class LimitsTest : public WithHelper {
 protected:
  void SetUp() override {
    options_.launch = launch_script;
    WithHelper::SetUp();
    if (HasFatalFailure()) return;
    RW_ASSERT_OK(host_->open_volume({"db-one", 64 << 20, engine_uid}, Secret(std::string(64, 'k'))));
    Network network{"vpc-1", "10.9.0.0/16", {{"subnet-1", "10.9.1.0/24"}}, {{"sg-1", {}}}, {}};
    network.interfaces = {{"eni-1", "subnet-1", "10.9.1.10", "02:00:00:00:00:01", {"sg-1"}, false}};
    RW_ASSERT_OK(host_->apply_network(network));
  }
  static Process shell(const std::string& script, const Limits& limits) {
    return {"db-one", "db-one", "eni-1", engine_uid, Program::postgres_serve, 15, "", "", {{{}, script}}, limits};
  }
  detail::Group group() const { return *detail::group_of(detail::folders_of(options_), "db-one"); }
  // What the kernel has for a controller, by the file's name in version 2 and in version 1.
  std::string stated(Controller which, const char* unified, const char* earlier) const {
    const Control control = group().control(which);
    return trimmed(os::read_file(control.folder + "/" + (control.unified ? unified : earlier), 4096).value_or("missing"));
  }
  void expect_held(pid_t pid, const Limits& limits) const {
    EXPECT_EQ(stated(Controller::memory, "memory.max", "memory.limit_in_bytes"), std::to_string(limits.memory_bytes));
    EXPECT_EQ(stated(Controller::pids, "pids.max", "pids.max"), std::to_string(limits.processes));
    const std::string quota = std::to_string(limits.cpu_percent * 1000);
    EXPECT_EQ(stated(Controller::cpu, "cpu.max", "cpu.cfs_quota_us").substr(0, quota.size()), quota);
    for (const Controller which : {Controller::memory, Controller::pids, Controller::cpu}) {
      EXPECT_TRUE(detail::holds(group().control(which).folder, pid)) << group().control(which).folder;
    }
    EXPECT_EQ(trimmed(os::read_file("/proc/" + std::to_string(pid) + "/oom_score_adj", 64).value_or("")),
              std::to_string(detail::engine_oom_score));
  }
};

constexpr Limits little{128 * mebibyte, 64 * mebibyte, 16, 150, 200};

TEST_F(LimitsTest, AProcessIsBornIntoItsLimitsAndTheyGoWithIt) {
  const auto started = host_->start(shell("exec sleep 1000", little));
  RW_ASSERT_OK(started);
  expect_held(started->pid, little);
  const std::string own = os::read_file("/proc/" + std::to_string(started->pid) + "/limits", 8192).value_or("");
  if (!is_sanitized) {
    EXPECT_NE(own.find("Max data size             67108864             67108864 "), std::string::npos) << own;
  }
  const detail::Group held = group();
  RW_ASSERT_OK(host_->stop("db-one", Stop::immediate));
  EXPECT_FALSE(std::filesystem::exists(held.folder));
  for (const Control& control : held.controls) EXPECT_FALSE(std::filesystem::exists(control.folder)) << control.folder;
}

TEST_F(LimitsTest, LimitsOutliveTheirHelperAndChange) {
  const auto started = host_->start(shell("exec sleep 1000", little));
  RW_ASSERT_OK(started);
  kill_helper();
  start_helper();
  expect_held(started->pid, little);
  const Limits more{256 * mebibyte, 128 * mebibyte, 32, 200, 400};
  RW_ASSERT_OK(host_->limit("db-one", more));
  expect_held(started->pid, more);
  RW_ASSERT_OK(host_->limit("db-one", little));
  expect_held(started->pid, little);
  RW_ASSERT_OK(host_->stop("db-one", Stop::immediate));
  const auto gone = host_->limit("db-one", little);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, Failure::not_found);
}

TEST_F(LimitsTest, AProcessFromBeforeThereWereLimitsGetsThemWithItsChildren) {
  const auto started = host_->start(shell("sleep 1000 & wait", little));
  RW_ASSERT_OK(started);
  // The shell starts its child when it likes.
  std::vector<pid_t> family;
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  const auto is_late = [&] { return std::chrono::steady_clock::now() > patience; };
  while (family.size() < 2 && !is_late()) family = detail::members_of(group().folder);
  for (const Control& control : group().controls) {
    if (control.folder.empty() || control.unified) continue;
    // Back to where it would be, had nobody made groups of version 1.
    const std::string top = control.folder.substr(0, control.folder.find("/ringwall/"));
    std::error_code busy;
    do {
      family = detail::members_of(group().folder);
      for (const pid_t pid : detail::members_of(control.folder)) std::ofstream(top + "/cgroup.procs") << pid;
      busy.clear();
      std::filesystem::remove(control.folder, busy);
    } while (busy && !is_late());
    ASSERT_FALSE(busy) << busy.message();
    EXPECT_FALSE(detail::holds(control.folder, started->pid));
  }
  RW_ASSERT_OK(host_->limit("db-one", little));
  for (const pid_t pid : family) expect_held(pid, little);
  RW_ASSERT_OK(host_->stop("db-one", Stop::immediate));
}

TEST_F(LimitsTest, AnAllocationPastAProcesssOwnMemoryFailsAndKillsNobody) {
  if (is_sanitized) GTEST_SKIP() << "under a sanitizer no process is held to memory of its own";
  const auto finished = host_->run(shell(
      "perl -e '$x = \"x\" x (100 << 20); print \"had\"' 2>&1; perl -e '$x = \"x\" x (10 << 20); print \"had\"'", little));
  RW_ASSERT_OK(finished);
  EXPECT_EQ(finished->exit_status, 0);
  EXPECT_NE(finished->output.find("Out of memory"), std::string::npos) << finished->output;
  EXPECT_TRUE(finished->output.ends_with("had")) << finished->output;
}

TEST_F(LimitsTest, WhatTakesMoreThanTheGroupHasIsKilledInsideIt) {
  // Each has less than one process may have, all together more than the group.
  const auto finished = host_->run(shell(
      "for i in 1 2 3 4 5 6; do perl -e '$x = \"x\" x (25 << 20); sleep 2' & all=\"$all $!\"; done; "
      "for one in $all; do wait $one; echo $?; done; echo said", little));
  RW_ASSERT_OK(finished);
  EXPECT_NE(finished->output.find("137\n"), std::string::npos) << finished->output;  // SIGKILL
  EXPECT_NE(finished->output.find("0\n"), std::string::npos) << finished->output;
  EXPECT_TRUE(finished->output.ends_with("said\n")) << finished->output;
}

TEST_F(LimitsTest, FoldersInMemoryAreFullBeforeTheGroupIs) {
  const auto finished = host_->run(shell("head -c 40M /dev/zero > /dev/shm/x; stat -c %s /dev/shm/x; rm /dev/shm/x; "
                                         "head -c 20M /dev/zero > /tmp/x; stat -c %s /tmp/x; rm /tmp/x; "
                                         "perl -e 'for my $i (1..1100) { open(F, q(>), qq(/tmp/$i)) or print($i), last }'", little));
  RW_ASSERT_OK(finished);
  EXPECT_NE(finished->output.find(std::to_string(32 << 20) + "\n"), std::string::npos) << finished->output;
  EXPECT_NE(finished->output.find(std::to_string(16 << 20) + "\n"), std::string::npos) << finished->output;
  EXPECT_TRUE(finished->output.ends_with("\n1024")) << finished->output;
}

TEST_F(LimitsTest, MoreProcessesThanAllowedAreNotMade) {
  const auto finished = host_->run(shell("for i in $(seq 40); do sleep 5 & done; echo made all", little));
  RW_ASSERT_OK(finished);
  EXPECT_EQ(finished->output.find("made all"), std::string::npos) << finished->output;
  EXPECT_NE(finished->output.find("fork"), std::string::npos) << finished->output;
}

TEST_F(LimitsTest, WithoutAControllerNothingStartsUnlessThatIsAllowed) {
  detail::Group bare = group();
  bare.controls[static_cast<std::size_t>(Controller::memory)] = {};
  EXPECT_EQ(detail::missing_controllers(bare), std::vector<std::string>{"memory"});
  const auto refused = detail::state_limits(options_, bare, little);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::unavailable);
  EXPECT_NE(refused.error().message.find("`memory`"), std::string::npos);
  EXPECT_NE(refused.error().message.find("--without-limits"), std::string::npos);
  RW_ASSERT_OK(detail::make_group(bare));
  HelperOptions lenient = options_;
  lenient.without_limits = true;
  RW_ASSERT_OK(detail::state_limits(lenient, bare, little));
  RW_ASSERT_OK(detail::end_group(group()));
  // This machine has what tests need, and says so.
  EXPECT_EQ(host_->inventory()->missing_controllers, std::vector<std::string>());
}

TEST_F(LimitsTest, NoCoreIsWrittenNorPiped) {
  // A limit of one byte is what the kernel takes for neither; none would still be piped to a program.
  const auto exact = host_->run(shell("prlimit --core --raw --noheadings -o SOFT,HARD", little));
  RW_ASSERT_OK(exact);
  EXPECT_EQ(exact->output, "1 1\n");
}

}  // namespace
}  // namespace ringwall::host
