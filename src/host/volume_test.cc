#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <chrono>
#include <cstring>
#include <fstream>

#include "host/detail/loop.h"
#include "host/detail/mounts.h"
#include "host/fixture_test.h"
#include "os/files.h"

namespace ringwall::host {
namespace {

constexpr uid_t owner = engine_uid_min + 7;
constexpr std::uint64_t mebi = 1 << 20;

Secret key_of(char filler) {
  return Secret(std::string(64, filler));
}

class VolumeTest : public WithHelper {
 protected:
  std::string path(const std::string& rest) const { return options_.data_folder + "/host/" + rest; }
  std::string data(const std::string& file) const { return path("mounts/db-one/data/" + file); }
  Volume volume_{"db-one", 64 * mebi, owner};
};

TEST_F(VolumeTest, KeepsWhatWasWrittenAcrossClosingAndOpening) {
  RW_ASSERT_OK(host_->open_volume(volume_, key_of('k')));
  RW_ASSERT_OK(os::write_file(data("file"), "content", 0600));
  RW_ASSERT_OK(host_->open_volume(volume_, key_of('k')));  // once more changes nothing
  RW_ASSERT_OK(host_->close_volume("db-one"));
  EXPECT_FALSE(detail::mount_at(path("mounts/db-one")));
  EXPECT_TRUE(detail::loops_below(options_.data_folder).empty());
  RW_ASSERT_OK(host_->close_volume("db-one"));
  RW_ASSERT_OK(host_->open_volume(volume_, key_of('k')));
  EXPECT_EQ(os::read_file(data("file"), 100).value_or("unreadable"), "content");
}

TEST_F(VolumeTest, ItsDataFolderBelongsToTheOwnerAlone) {
  RW_ASSERT_OK(host_->open_volume(volume_, key_of('k')));
  struct stat status = {};
  ASSERT_EQ(::stat(data("").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, owner);
  EXPECT_EQ(status.st_mode & 07777, 0700u);
  ASSERT_EQ(::stat(host_->socket_folder("db-one").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, owner);
  EXPECT_EQ(status.st_gid, options_.server_gid);
  EXPECT_EQ(status.st_mode & 07777, 02770u);
}

TEST_F(VolumeTest, AnotherKeyIsRefusedAndChangesNothing) {
  RW_ASSERT_OK(host_->open_volume(volume_, key_of('k')));
  RW_ASSERT_OK(os::write_file(data("file"), "content", 0600));
  Volume larger = volume_;
  larger.bytes *= 2;
  const auto while_open = host_->open_volume(larger, key_of('w'));
  ASSERT_FALSE(while_open);
  EXPECT_EQ(while_open.error().kind, Failure::denied);
  EXPECT_EQ(os::read_file(data("file"), 100).value_or("unreadable"), "content");

  RW_ASSERT_OK(host_->close_volume("db-one"));
  const auto refused = host_->open_volume(larger, key_of('w'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::denied);
  EXPECT_FALSE(detail::mount_at(path("mounts/db-one")));
  EXPECT_EQ(std::filesystem::file_size(path("volumes/db-one.img")), volume_.bytes);
  RW_ASSERT_OK(host_->open_volume(volume_, key_of('k')));
  EXPECT_EQ(os::read_file(data("file"), 100).value_or("unreadable"), "content");
}

TEST_F(VolumeTest, TheImageHoldsNeitherContentsNorNames) {
  const std::string marker = "the-marker-that-must-not-be-found";
  RW_ASSERT_OK(host_->open_volume(volume_, key_of('k')));
  RW_ASSERT_OK(os::write_file(data(marker), marker, 0600));
  // The same beside the encrypted folder shows that this search finds what is in the clear.
  RW_ASSERT_OK(os::write_file(path("mounts/db-one/plain"),
                              "in-the-"
                              "clear-marker",
                              0600));
  RW_ASSERT_OK(host_->close_volume("db-one"));
  const auto image = os::read_file(path("volumes/db-one.img"), volume_.bytes);
  RW_ASSERT_OK(image);
  EXPECT_NE(image->find("in-the-clear-marker"), std::string::npos);
  EXPECT_EQ(image->find(marker), std::string::npos);
}

TEST_F(VolumeTest, WithoutTheKeyItsFilesCannotBeRead) {
  RW_ASSERT_OK(host_->open_volume(volume_, key_of('k')));
  RW_ASSERT_OK(os::write_file(data("file"), "content", 0600));
  RW_ASSERT_OK(host_->close_volume("db-one"));
  const auto loop = detail::attach(path("volumes/db-one.img"));
  RW_ASSERT_OK(loop);
  const std::string point = options_.data_folder + "/thief";
  ASSERT_EQ(::mkdir(point.c_str(), 0700), 0);
  ASSERT_EQ(::system(("mount " + loop->path + " " + point).c_str()), 0);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(point + "/data")) {
    ++files;
    EXPECT_NE(entry.path().filename(), "file");
    EXPECT_EQ(::open(entry.path().c_str(), O_RDONLY), -1);
    EXPECT_EQ(errno, ENOKEY);
  }
  EXPECT_EQ(files, 1);
  ASSERT_EQ(::system(("umount " + point).c_str()), 0);
}

TEST_F(VolumeTest, GrowsWhileOpenAndWhileClosedAndNeverShrinks) {
  const auto capacity = [&] {
    struct statvfs status = {};
    EXPECT_EQ(::statvfs(path("mounts/db-one").c_str(), &status), 0);
    return status.f_blocks * status.f_frsize;
  };
  RW_ASSERT_OK(host_->open_volume(volume_, key_of('k')));
  const auto first = capacity();
  volume_.bytes = 128 * mebi;
  // Where this machine's root may not resize a mounted file system, it is closed and opened again:
  // nothing uses it yet.
  RW_ASSERT_OK(host_->open_volume(volume_, key_of('k')));
  const auto second = capacity();
  EXPECT_GT(second, first + 48 * mebi);
  RW_ASSERT_OK(host_->close_volume("db-one"));
  volume_.bytes = 256 * mebi;
  RW_ASSERT_OK(host_->open_volume(volume_, key_of('k')));
  EXPECT_GT(capacity(), second + 96 * mebi);
  volume_.bytes = 64 * mebi;
  RW_ASSERT_OK(host_->open_volume(volume_, key_of('k')));
  EXPECT_EQ(std::filesystem::file_size(path("volumes/db-one.img")), 256 * mebi);
}

TEST_F(VolumeTest, AnInterruptedMakingIsBegunAgain) {
  std::ofstream(path("volumes/db-one.img.new")) << "half a file system";
  RW_ASSERT_OK(host_->open_volume(volume_, key_of('k')));
  EXPECT_FALSE(std::filesystem::exists(path("volumes/db-one.img.new")));
}

TEST_F(VolumeTest, OneWithoutItsEncryptedFolderIsFinished) {
  // What a helper leaves that is killed after the file system was made.
  RW_ASSERT_OK(host_->open_volume(volume_, key_of('k')));
  ASSERT_EQ(::rmdir(data("").c_str()), 0);
  RW_ASSERT_OK(host_->close_volume("db-one"));
  RW_ASSERT_OK(host_->open_volume(volume_, key_of('k')));
  RW_ASSERT_OK(os::write_file(data("file"), "content", 0600));
}

TEST_F(VolumeTest, ADamagedImageIsRefusedAndKept) {
  RW_ASSERT_OK(host_->open_volume(volume_, key_of('k')));
  RW_ASSERT_OK(host_->close_volume("db-one"));
  std::fstream image(path("volumes/db-one.img"), std::ios::in | std::ios::out | std::ios::binary);
  image.seekp(1024);
  image << std::string(1024, 'x') << std::flush;
  const auto refused = host_->open_volume(volume_, key_of('k'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::corrupt);
  EXPECT_TRUE(std::filesystem::exists(path("volumes/db-one.img")));
  EXPECT_TRUE(detail::loops_below(options_.data_folder).empty());
}

TEST_F(VolumeTest, ClosingWhileAFileIsOpenSaysItIsInUse) {
  RW_ASSERT_OK(host_->open_volume(volume_, key_of('k')));
  os::UniqueFd file(::open(data("file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_TRUE(file);
  const auto busy = host_->close_volume("db-one");
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().kind, Failure::conflict);
  file.reset();
  RW_ASSERT_OK(host_->close_volume("db-one"));
}

TEST_F(VolumeTest, RemovingItDeletesTheImageAndRepeats) {
  RW_ASSERT_OK(host_->open_volume(volume_, key_of('k')));
  EXPECT_EQ(host_->inventory()->open_volumes, std::vector<std::string>{"db-one"});
  RW_ASSERT_OK(host_->remove_volume("db-one"));
  RW_ASSERT_OK(host_->remove_volume("db-one"));
  for (const char* gone : {"volumes/db-one.img", "mounts/db-one", "sockets/db-one"}) {
    EXPECT_FALSE(std::filesystem::exists(path(gone))) << gone;
  }
  EXPECT_TRUE(host_->inventory()->volumes.empty());
}

TEST_F(VolumeTest, AFullDiskIsSaidToBeFull) {
  RW_ASSERT_OK(host_->inventory());  // the helper has made its folders
  ASSERT_EQ(::system(("mount -t tmpfs -o size=4m tmpfs " + path("volumes")).c_str()), 0);
  const auto refused = host_->open_volume(volume_, key_of('k'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::exhausted) << refused.error().message;
}

TEST_F(VolumeTest, AFreshOneOfTwentyGibibytesIsSparse) {
  end_helper();
  options_.storage = Storage::sparse;
  start_helper();
  volume_.bytes = 20ull << 30;
  const auto begin = std::chrono::steady_clock::now();
  RW_ASSERT_OK(host_->open_volume(volume_, key_of('k')));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  std::printf("open_volume of 20 GiB: %d ms\n", static_cast<int>(took.count()));
  struct stat status = {};
  ASSERT_EQ(::stat(path("volumes/db-one.img").c_str(), &status), 0);
  EXPECT_LT(static_cast<std::uint64_t>(status.st_blocks) * 512, 64 * mebi);
}

}  // namespace
}  // namespace ringwall::host
