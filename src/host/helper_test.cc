#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "host/detail/mounts.h"
#include "host/fixture_test.h"

namespace ringwall::host {
namespace {

class HelperTest : public WithHelper {};

TEST_F(HelperTest, ADataFolderReachedThroughALinkIsTheSame) {
  end_helper();
  const std::string folder = options_.data_folder, link = folder + "-link";
  ASSERT_EQ(::symlink(folder.c_str(), link.c_str()), 0);
  options_.data_folder = link;
  start_helper();
  const Volume volume{"db-one", 64 << 20, engine_uid_min};
  for (int i = 0; i < 2; ++i) RW_ASSERT_OK(host_->open_volume(volume, Secret(std::string(64, 'k'))));
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
      const bool answered = connect(os::UniqueFd(::dup(ends[0])), options_.data_folder)->inventory().has_value();
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

}  // namespace
}  // namespace ringwall::host
