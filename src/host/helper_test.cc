#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <random>
#include <sstream>
#include <thread>

#include "host/detail/loop.h"
#include "host/detail/mounts.h"
#include "host/fixture_test.h"
#include "os/files.h"

namespace ringwall::host {
namespace {

class HelperTest : public WithHelper {
 protected:
  HelperTest() { options_.launch = launch_script; }
};

TEST_F(HelperTest, ADataFolderReachedThroughALinkIsTheSame) {
  end_helper();
  const std::string folder = options_.data_folder, link = folder + "-link";
  ASSERT_EQ(::symlink(folder.c_str(), link.c_str()), 0);
  options_.data_folder = link;
  start_helper();
  const Volume volume{"db-one", 64 << 20, engine_uid_min};
  for (int i = 0; i < 2; ++i)
    RW_ASSERT_OK(host_->open_volume(volume, Secret(std::string(64, 'k'))));
  RW_ASSERT_OK(host_->close_volume("db-one"));
  EXPECT_FALSE(detail::mount_at(folder + "/host/mounts/db-one"));
  end_helper();
  options_.data_folder = folder;
  std::filesystem::remove(link);
}

TEST_F(HelperTest, StartingAgainMountsNothingTwice) {
  for (int i = 0; i < 3; ++i) {
    RW_ASSERT_OK(host_->inventory());
    end_helper();
    start_helper();
  }
  RW_ASSERT_OK(host_->inventory());
  int mounts = 0;
  for (const auto& mount : detail::mount_table().value_or(std::vector<detail::Mount>())) {
    if (mount.point.starts_with(options_.data_folder)) ++mounts;
  }
  EXPECT_EQ(mounts, 1);
}

TEST_F(HelperTest, AFolderOfAnotherUserIsRefused) {
  end_helper();
  RW_ASSERT_OK(sweep(options_));
  ASSERT_EQ(::chown((options_.data_folder + "/host").c_str(), 12345, 12345), 0);
  start_helper();
  const auto refused = host_->inventory();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::unavailable);
  ASSERT_EQ(::chown((options_.data_folder + "/host").c_str(), 0, 0), 0);
}

TEST_F(HelperTest, RequestsAreValidatedOnThePrivilegedSide) {
  const auto refused = host_->close_volume("../../etc");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::invalid);
  RW_ASSERT_OK(host_->inventory());
}

TEST_F(HelperTest, MoreRequestsThanItTakesAtOnceAreAllAnswered) {
  constexpr int requests = 65 + 15;  // it takes 64
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < requests; ++i) {
    threads.emplace_back([&] { answered += host_->inventory().has_value() ? 1 : 0; });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(answered, requests);
}

// The server's end in another process, as in real life: signals that reach the helper end the
// server, and its exit status becomes the helper's.
TEST_F(HelperTest, SignalsGoToTheServerWhoseExitStatusComesBack) {
  end_helper();
  int ends[2] = {-1, -1}, ready[2] = {-1, -1};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
  ASSERT_EQ(::pipe(ready), 0);
  helper_ = ::fork();
  ASSERT_GE(helper_, 0);
  if (helper_ == 0) {
    options_.server = ::fork();
    if (options_.server == 0) {
      ::close(ends[1]);
      ::sigset_t awaited;
      ::sigemptyset(&awaited);
      ::sigaddset(&awaited, SIGTERM);
      ::sigprocmask(SIG_BLOCK, &awaited, nullptr);
      const bool answered =
          connect(os::UniqueFd(::dup(ends[0])), options_.data_folder)->inventory().has_value();
      (void)!::write(ready[1], answered ? "y" : "n", 1);
      int received = 0;
      ::sigwait(&awaited, &received);
      ::_exit(7);
    }
    ::close(ends[0]);
    ::_exit(serve_requests(os::UniqueFd(ends[1]), options_));
  }
  ::close(ends[0]);
  ::close(ends[1]);
  ::close(ready[1]);
  char answered = 0;
  ASSERT_EQ(::read(ready[0], &answered, 1), 1);
  ::close(ready[0]);
  EXPECT_EQ(answered, 'y');
  ASSERT_EQ(::kill(helper_, SIGINT), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(helper_, &status, 0), helper_);
  helper_ = -1;
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

// Everything a database needs, one request after the other.
Result<> make_everything(Host& host) {
  Network network{"vpc-1", "10.9.0.0/16", {{"subnet-1", "10.9.1.0/24"}}, {{"sg-1", {}}}, {}};
  network.interfaces = {{"eni-1", "subnet-1", "10.9.1.10", "02:00:00:00:00:01", {"sg-1"}, false}};
  RW_DO(host.open_volume({"db-one", 64 << 20, engine_uid_min}, Secret(std::string(64, 'k'))));
  RW_DO(host.apply_network(network));
  if (host.adopt("db-one")) return {};
  RW_TRY(const Running running,
         host.start({"db-one", "db-one", "eni-1", engine_uid_min, Program::postgres_serve, 15, "", "",
                     {{{}, "exec sleep 1000"}}}));
  return {};
}

// The helper and whatever works for it, at one stroke.
void kill_with_children(pid_t helper) {
  ::kill(helper, SIGSTOP);  // so that it starts nothing more
  const std::string list =
      "/proc/" + std::to_string(helper) + "/task/" + std::to_string(helper) + "/children";
  std::istringstream children(os::read_file(list, 1 << 20).value_or(""));
  for (pid_t child = 0; children >> child;) ::kill(child, SIGKILL);
  ::kill(helper, SIGKILL);
}

TEST_F(HelperTest, WorkCutShortAnywhereIsFinishedByTheNextHelper) {
  const unsigned seed = std::random_device()();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  constexpr int rounds = 12, longest_us = 60'000;
  for (int round = 0; round < rounds; ++round) {
    SCOPED_TRACE(round);
    std::thread server([&] { (void)make_everything(*host_); });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % longest_us));  // tidy: the moment is the point
    kill_with_children(helper_);
    ::waitpid(helper_, nullptr, 0);
    server.join();
    start_helper();
    RW_ASSERT_OK(make_everything(*host_));
    RW_ASSERT_OK(host_->adopt("db-one"));
    RW_ASSERT_OK(host_->stop("db-one", Stop::immediate));
    RW_ASSERT_OK(host_->remove_network("vpc-1"));
    RW_ASSERT_OK(host_->remove_volume("db-one"));
    const auto left = host_->inventory();
    RW_ASSERT_OK(left);
    EXPECT_TRUE(left->networks.empty() && left->volumes.empty() && left->processes.empty());
    EXPECT_TRUE(detail::loops_below(options_.data_folder).empty());
  }
}

}  // namespace
}  // namespace ringwall::host
