#include "os/file_state.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "os/files.h"

namespace ringwall::os {
namespace {

class FileStates : public ::testing::Test {
 protected:
  FileStates() {
    char name[] = "/tmp/ringwall-state-XXXXXX";
    folder_ = ::mkdtemp(name);
    file_ = folder_ + "/file";
  }
  ~FileStates() override { std::filesystem::remove_all(folder_); }
  std::string folder_, file_;
};

TEST_F(FileStates, WhatIsNotThereDiffersFromWhatIsAndWhatWasReplacedFromWhatWas) {
  const FileState none = state_of(file_);
  EXPECT_FALSE(none.exists);
  ASSERT_TRUE(write_file(file_, "one", 0600));
  const FileState one = state_of(file_);
  EXPECT_NE(one, none);
  EXPECT_EQ(one, state_of(file_));
  ASSERT_TRUE(write_file(file_, "two", 0600));  // as long, and as soon: another file under the name
  EXPECT_NE(state_of(file_), one);
  std::filesystem::remove(file_);
  EXPECT_EQ(state_of(file_), none);
}

TEST_F(FileStates, ALinkIsWhatItLeadsTo) {
  ASSERT_TRUE(write_file(file_, "one", 0600));
  const std::string link = folder_ + "/link";
  std::filesystem::create_symlink(file_, link);
  EXPECT_EQ(state_of(link), state_of(file_));
}

TEST(FileState, IsYoungForASecondAndNeverIfItWasChangedInTheFuture) {
  const TimePoint now{std::chrono::seconds(1'000)};
  FileState state{.exists = true, .changed_ns = 1'000'000'000'000};
  EXPECT_TRUE(is_young(state, now));
  EXPECT_TRUE(is_young(state, now + std::chrono::milliseconds(999)));
  EXPECT_FALSE(is_young(state, now + std::chrono::milliseconds(1'000)));
  EXPECT_FALSE(is_young(state, now - std::chrono::milliseconds(1'000)));
  state.exists = false;
  EXPECT_FALSE(is_young(state, now));
}

}  // namespace
}  // namespace ringwall::os
