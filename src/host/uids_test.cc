#include "host/uids.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "os/files.h"

namespace ringwall::host {
namespace {

class UidsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) FAIL() << "this test becomes other users: run it as root, with sudo";
    char pattern[] = "/tmp/ringwall-uids-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(UidsTest, AnInstallationHasItsOwnAndKeepsThem) {
  const auto one = uids_of(folder_ + "/one"), two = uids_of(folder_ + "/two");
  ASSERT_TRUE(one && two);
  EXPECT_EQ(*uids_of(folder_ + "/one"), *one);
  EXPECT_NE(one->server, Uids{}.server);
  EXPECT_GE(one->engines_first, engine_uid_min + engine_uids);
  EXPECT_LE(one->engines_first, 2 * engine_uid_min - engine_uids);
  std::filesystem::rename(folder_ + "/one", folder_ + "/moved");
  EXPECT_EQ(*uids_of(folder_ + "/moved"), *one);
}

TEST_F(UidsTest, UidsThatAProcessHasAreAnotherInstallations) {
  const auto first = uids_of(folder_ + "/data");
  ASSERT_TRUE(first);
  for (const uid_t taken : {first->server, first->engines_first, first->engines_first + engine_uids - 1}) {
    int ready[2] = {-1, -1};
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t other = ::fork();
    if (other == 0) {
      if (::setuid(taken) != 0 || ::write(ready[1], "r", 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    std::filesystem::remove_all(folder_ + "/data");
    const auto next = uids_of(folder_ + "/data");
    ::kill(other, SIGKILL);
    ::waitpid(other, nullptr, 0);
    ::close(ready[0]);
    ::close(ready[1]);
    ASSERT_TRUE(next);
    EXPECT_NE(next->server, first->server);
    EXPECT_NE(next->engines_first, first->engines_first);
  }
}

TEST_F(UidsTest, AFolderFromBeforeKeepsWhatItHad) {
  std::filesystem::create_directories(folder_ + "/server");
  ASSERT_EQ(::chown((folder_ + "/server").c_str(), Uids{}.server, Uids{}.server), 0);
  ASSERT_TRUE(uids_of(folder_));
  EXPECT_EQ(*uids_of(folder_), Uids{});
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/host/uids"));
}

TEST_F(UidsTest, AFolderThatWasRestoredAndNeverServedIsGivenItsOwn) {
  std::filesystem::create_directories(folder_ + "/server");  // root's
  const auto uids = uids_of(folder_);
  ASSERT_TRUE(uids);
  EXPECT_NE(*uids, Uids{});
}

TEST_F(UidsTest, ACopyWithoutTheRecordIsItsServersStill) {
  const auto first = uids_of(folder_);
  ASSERT_TRUE(first);
  std::filesystem::remove_all(folder_ + "/host");
  std::filesystem::create_directories(folder_ + "/server");
  ASSERT_EQ(::chown((folder_ + "/server").c_str(), first->server, first->server), 0);
  EXPECT_EQ(*uids_of(folder_), *first);
}

TEST_F(UidsTest, ADamagedRecordIsRefused) {
  std::filesystem::create_directories(folder_ + "/host");
  for (const char* bad : {"", "0 0\n", "536870911 536870912\n", "x", "536739841\n", "536739841 536936448 1\n",
                          "536739841 537001984\n"}) {
    ASSERT_TRUE(os::write_file(folder_ + "/host/uids", bad, 0600));
    const auto refused = uids_of(folder_);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().kind, Failure::corrupt);
  }
  ASSERT_TRUE(os::write_file(folder_ + "/host/uids", "536739841 536936448\n", 0600));
  EXPECT_TRUE(uids_of(folder_));
}

}  // namespace
}  // namespace ringwall::host
