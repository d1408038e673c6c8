#include "server/bugs.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "os/files.h"

namespace ringwall::server {
namespace {

class BugsTest : public ::testing::Test {
 protected:
  BugsTest() {
    std::string name = (std::filesystem::temp_directory_path() / "ringwall-bugs-XXXXXX").string();
    layout_.folder = ::mkdtemp(name.data());
  }
  ~BugsTest() override { std::filesystem::remove_all(layout_.folder); }
  Layout layout_;
};

TEST_F(BugsTest, AQuestionIsKeptOnceAndForItsOwnerAlone) {
  const auto path = record_bug(layout_, R"({"a":1})");
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(os::read_file(*path, bug_bytes_max).value(), "{\"a\":1}\n");
  struct stat found {};
  ASSERT_EQ(::stat(path->c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  EXPECT_EQ(record_bug(layout_, R"({"a":1})"), *path);
  EXPECT_NE(record_bug(layout_, R"({"a":2})"), *path);
}

TEST_F(BugsTest, AtTheLimitIsKeptWhatPastItIsNot) {
  EXPECT_TRUE(record_bug(layout_, std::string(bug_bytes_max, 'x')));
  EXPECT_EQ(record_bug(layout_, std::string(bug_bytes_max + 1, 'x')).error().kind, Failure::exhausted);
  for (std::size_t i = 1; i < bugs_max; ++i) ASSERT_TRUE(record_bug(layout_, std::to_string(i))) << i;
  EXPECT_EQ(record_bug(layout_, "one more").error().kind, Failure::exhausted);
  EXPECT_TRUE(record_bug(layout_, "1"));
}

}  // namespace
}  // namespace ringwall::server
