#include "os/ballast.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace ringwall::os {
namespace {

constexpr std::uint64_t mebi = 1 << 20;

// A disk of 16 MiB, of which a 64th is 256 KiB.
class BallastTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    ASSERT_EQ(::mount("none", folder_.c_str(), "tmpfs", 0, "size=16m"), 0) << "this test mounts a file system: run it as root";
  }
  void TearDown() override {
    ::umount2(folder_.c_str(), MNT_DETACH);
    std::filesystem::remove(folder_);
  }
  void fill_disk() {
    std::ofstream filler(folder_ + "/filler", std::ios::binary);
    const std::string some(4096, 'x');
    while (filler.write(some.data(), static_cast<std::streamsize>(some.size())).flush()) {
    }
  }
  std::uint64_t free_bytes() const { return std::filesystem::space(folder_).available; }
  std::string folder_ = "/tmp/ringwall-ballast-XXXXXX";
};

TEST_F(BallastTest, IsGivenUpOnceAndTakenAgainWhenThereIsRoomTwiceOver) {
  Ballast ballast(folder_ + "/ballast", 256 * mebi);
  EXPECT_EQ(ballast.bytes(), 256U * 1024);
  EXPECT_TRUE(ballast.is_there());
  EXPECT_FALSE(ballast.is_tight());
  fill_disk();
  EXPECT_TRUE(ballast.is_tight());
  EXPECT_EQ(ballast.make_room(), Ballast::Room::given_up);
  EXPECT_GE(free_bytes(), 256U * 1024);
  EXPECT_FALSE(ballast.is_there());
  EXPECT_FALSE(ballast.restore());  // once over is not enough
  std::filesystem::remove(folder_ + "/filler");
  EXPECT_TRUE(ballast.restore());
  EXPECT_TRUE(ballast.is_there());
}

TEST_F(BallastTest, TwoThatFindTheDiskFullAtOnceAreBothToldOfTheRoomThatTheFirstMade) {
  Ballast ballast(folder_ + "/ballast", 256 * mebi);
  fill_disk();
  EXPECT_EQ(ballast.make_room(), Ballast::Room::given_up);
  EXPECT_EQ(ballast.make_room(), Ballast::Room::there);
  fill_disk();
  EXPECT_EQ(ballast.make_room(), Ballast::Room::none);
}

TEST_F(BallastTest, OneThatIsFoundIsKeptAndNoneIsMadeOnAFullDisk) {
  { const Ballast first(folder_ + "/ballast", 128 * 1024); }
  fill_disk();
  Ballast again(folder_ + "/ballast", 128 * 1024);
  EXPECT_TRUE(again.is_there());
  Ballast none(folder_ + "/another", 128 * 1024);
  EXPECT_FALSE(none.is_there());
  EXPECT_EQ(none.make_room(), Ballast::Room::none);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/another"));
}

}  // namespace
}  // namespace ringwall::os
