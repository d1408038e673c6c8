#include "os/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <thread>

namespace ringwall::os {
namespace {

class Files : public testing::Test {
 protected:
  Files() {
    folder_ = std::filesystem::temp_directory_path() / "ringwall-files.XXXXXX";
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    file_ = folder_ + "/file";
  }
  ~Files() override { std::filesystem::remove_all(folder_); }

  std::size_t files_in_folder() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder_), {}));
  }
  static unsigned mode_of(const std::string& path) {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 07777;
  }

  std::string folder_;
  std::string file_;
};

TEST_F(Files, AreReadAsTheyWereWritten) {
  const std::string content = std::string("\0\xff\n", 3) + std::string(200'000, 'x');
  ASSERT_TRUE(write_file(file_, content, 0600));
  EXPECT_EQ(read_file(file_, content.size()), content);
  ASSERT_TRUE(write_file(file_, "", 0600));
  EXPECT_EQ(read_file(file_, 0), "");
}

TEST_F(Files, LargerThanTheLimitAreRefused) {
  ASSERT_TRUE(write_file(file_, "12345", 0600));
  EXPECT_EQ(read_file(file_, 5), "12345");
  const auto refused = read_file(file_, 4);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), (Error{Failure::exhausted, "`" + file_ + "` is larger than 4 bytes"}));
  // A file without a size of its own ends at the limit too.
  EXPECT_EQ(read_file("/dev/zero", 1000).error().kind, Failure::exhausted);
}

TEST_F(Files, GetExactlyTheModeAskedForWhateverTheUmask) {
  const mode_t before = ::umask(0077);
  EXPECT_TRUE(write_file(file_, "x", 0644));
  EXPECT_TRUE(make_folder(folder_ + "/inner", 0755));
  ::umask(before);
  EXPECT_EQ(mode_of(file_), 0644U);
  EXPECT_EQ(mode_of(folder_ + "/inner"), 0755U);
  EXPECT_TRUE(write_file(file_, "x", 0600));
  EXPECT_EQ(mode_of(file_), 0600U);
}

TEST_F(Files, AreReplacedAsAWhole) {
  const std::string a(50'000, 'a');
  const std::string b(60'000, 'b');
  ASSERT_TRUE(write_file(file_, a, 0600));
  std::atomic<bool> done = false;
  std::jthread writer([&] {
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(write_file(file_, i % 2 == 0 ? b : a, 0600));
    done = true;
  });
  while (!done) {
    const auto content = read_file(file_, 100'000);
    ASSERT_TRUE(content);
    EXPECT_TRUE(*content == a || *content == b) << content->size() << " bytes";
  }
  writer.join();
  EXPECT_EQ(files_in_folder(), 1U);
}

TEST_F(Files, DevicesAndPipesAreWrittenToAndStayWhatTheyAre) {
  const std::string device = folder_ + "/null", pipe = folder_ + "/pipe";
  ASSERT_EQ(::mknod(device.c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);  // as root, whom /dev/null obeys
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const UniqueFd reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  EXPECT_TRUE(write_file(device, "content", 0600));
  EXPECT_TRUE(write_file(pipe, "content", 0600));
  struct stat facts {};
  ASSERT_EQ(::lstat(device.c_str(), &facts), 0);
  EXPECT_TRUE(S_ISCHR(facts.st_mode));
  ASSERT_EQ(::lstat(pipe.c_str(), &facts), 0);
  EXPECT_TRUE(S_ISFIFO(facts.st_mode));
  char read[16] = {};
  EXPECT_EQ(::read(reader.get(), read, sizeof read), 7);
  EXPECT_EQ(std::string_view(read), "content");
}

TEST_F(Files, ThatCannotBeReplacedLeaveNoTemporaryBehind) {
  ASSERT_TRUE(make_folder(file_, 0700));
  EXPECT_FALSE(write_file(file_, "x", 0600));
  EXPECT_EQ(files_in_folder(), 1U);
  EXPECT_TRUE(std::filesystem::is_directory(file_));
}

TEST_F(Files, AnOlderReaderKeepsTheOldContent) {
  ASSERT_TRUE(write_file(file_, "old", 0600));
  const UniqueFd open_before(::open(file_.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(write_file(file_, "new", 0600));
  char buffer[8];
  EXPECT_EQ(::read(open_before.get(), buffer, sizeof buffer), 3);
  EXPECT_EQ(std::string_view(buffer, 3), "old");
}

TEST_F(Files, ErrorsSayWhatKindTheyAre) {
  EXPECT_EQ(read_file(folder_ + "/absent", 1).error(),
            (Error{Failure::not_found,
                   "cannot open `" + folder_ + "/absent`: No such file or directory"}));
  EXPECT_EQ(write_file(folder_ + "/absent/file", "x", 0600).error().kind, Failure::not_found);
  EXPECT_EQ(read_file(folder_, 1).error().kind, Failure::io);  // a folder
  EXPECT_EQ(system_error("x", EACCES).kind, Failure::denied);
  EXPECT_EQ(system_error("x", EEXIST).kind, Failure::conflict);
  EXPECT_EQ(system_error("x", ENOSPC).kind, Failure::exhausted);
  EXPECT_EQ(system_error("x", ECONNREFUSED).kind, Failure::unavailable);
  EXPECT_EQ(system_error("x", EIO), (Error{Failure::io, "x: Input/output error"}));
}

TEST_F(Files, FoldersAreMadeWithTheirParentsAndMayBeThere) {
  const std::string deep = folder_ + "/a/b/c";
  EXPECT_TRUE(make_folder(deep, 0700));
  EXPECT_TRUE(make_folder(deep, 0700));
  EXPECT_TRUE(make_folder(deep + "/", 0700));
  EXPECT_EQ(mode_of(deep), 0700U);
  EXPECT_EQ(mode_of(folder_ + "/a"), 0755U);
  ASSERT_TRUE(write_file(file_, "x", 0600));
  EXPECT_EQ(make_folder(file_, 0700).error().kind, Failure::conflict);
  EXPECT_FALSE(make_folder("", 0700));
}

TEST_F(Files, AFolderWithATrailingSlashIsMadeWithItsParents) {
  EXPECT_TRUE(make_folder(folder_ + "/x/y/", 0700));
  EXPECT_EQ(mode_of(folder_ + "/x/y"), 0700U);
}

TEST(UniqueFd, ClosesWhatItOwnsOnce) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const auto is_open = [](int fd) { return ::fcntl(fd, F_GETFD) >= 0; };
  UniqueFd reader(ends[0]);
  {
    UniqueFd writer(ends[1]);
    UniqueFd moved(std::move(writer));
    EXPECT_FALSE(writer);  // NOLINT(bugprone-use-after-move): the promise under test
    EXPECT_TRUE(is_open(ends[1]));
  }
  EXPECT_FALSE(is_open(ends[1]));
  const int released = reader.release();
  reader.reset();
  EXPECT_TRUE(is_open(released));
  ::close(released);
}

TEST(SystemClock, IsTheWallClock) {
  const auto before = std::chrono::system_clock::now();
  const TimePoint now = SystemClock().now();
  EXPECT_LE(std::chrono::abs(now - before), std::chrono::hours(1));
}

}  // namespace
}  // namespace ringwall::os
