// Disks and volumes without room: what is promised is set aside or refused, and what is full can be
// stopped, grown and opened again.

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

#include "host/detail/loop.h"
#include "host/detail/space.h"
#include "host/fixture_test.h"
#include "os/files.h"

namespace ringwall::host {
namespace {

constexpr std::uint64_t mebi = 1 << 20;
constexpr std::uint64_t block = 4096;

class SpaceTest : public WithHelper {
 protected:
  // A disk of its own, of so many bytes, for the images.
  void make_disk(std::uint64_t bytes) {
    RW_ASSERT_OK(host_->inventory());  // the helper has made its folders
    ASSERT_EQ(::mount("none", path("volumes").c_str(), "tmpfs", 0, ("size=" + std::to_string(bytes)).c_str()), 0) << errno;
  }
  void enlarge_disk(std::uint64_t bytes) {
    ASSERT_EQ(::mount("none", path("volumes").c_str(), "tmpfs", MS_REMOUNT, ("size=" + std::to_string(bytes)).c_str()), 0) << errno;
  }
  void use(Storage storage) {
    end_helper();
    options_.storage = storage;
    start_helper();
  }
  std::string path(const std::string& rest) const { return options_.data_folder + "/host/" + rest; }
  std::string data(const std::string& file) const { return path("mounts/db-one/data/" + file); }
  Result<> open(std::uint64_t bytes) { return host_->open_volume({"db-one", bytes, engine_uid_min + 7}, Secret(std::string(64, 'k'))); }
  static std::uint64_t free_of(const std::string& folder) {
    struct statvfs disk = {};
    EXPECT_EQ(::statvfs(folder.c_str(), &disk), 0);
    return disk.f_bavail * disk.f_frsize;
  }
  static std::uint64_t allocated(const std::string& file) {
    struct stat facts = {};
    return ::stat(file.c_str(), &facts) == 0 ? static_cast<std::uint64_t>(facts.st_blocks) * 512 : 0;
  }
  std::string image() const { return path("volumes/db-one.img"); }

  // Writes into the volume until an error says that no more can be written; answers errno.
  int fill(const std::string& name) const {
    const os::UniqueFd file(::open(data(name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (!file) return errno;
    const std::string some(64 * 1024, 'x');
    while (::write(file.get(), some.data(), some.size()) > 0) {
    }
    const int code = errno;
    return ::fsync(file.get()) == 0 ? code : errno;
  }
  // As above, a piece at a time onto the disk itself, so that the file system notices at once.
  int fill_through(const std::string& name) const {
    const os::UniqueFd file(::open(data(name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (!file) return errno;
    const std::string some(mebi, 'x');
    while (::write(file.get(), some.data(), some.size()) > 0 && ::fsync(file.get()) == 0) {
    }
    return errno;
  }
};

TEST_F(SpaceTest, AVolumeIsSetAsideWholeAndNothingMakesHolesInIt) {
  RW_ASSERT_OK(open(64 * mebi));
  EXPECT_GE(allocated(image()), 64 * mebi);
  ASSERT_EQ(fill("much"), ENOSPC);
  ASSERT_EQ(::unlink(data("much").c_str()), 0);
  const os::UniqueFd mount(::open(path("mounts/db-one").c_str(), O_RDONLY | O_CLOEXEC));
  fstrim_range everything = {0, UINT64_MAX, 0};
  EXPECT_NE(::ioctl(mount.get(), FITRIM, &everything), 0) << everything.len << " bytes were discarded";
  EXPECT_GE(allocated(image()), 64 * mebi);
  EXPECT_TRUE(host_->inventory()->sparse_volumes.empty());
}

TEST_F(SpaceTest, ADiskHoldsAVolumeUpToWhatIsKeptFreeOfItAndNotABlockMore) {
  make_disk(256 * mebi);
  const std::uint64_t room = free_of(path("volumes")) - detail::kept_free_of(256 * mebi);
  const auto refused = open(room + block);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::exhausted);
  EXPECT_NE(refused.error().message.find("--storage sparse"), std::string::npos) << refused.error().message;
  EXPECT_TRUE(std::filesystem::is_empty(path("volumes")));  // nothing half-made stays
  RW_ASSERT_OK(open(room - block));  // one that takes all would leave nothing to tell it from a race
  EXPECT_EQ(allocated(image()), room - block);
}

TEST_F(SpaceTest, GrowthThatTheDiskCannotHoldIsRefusedAndChangesNothing) {
  make_disk(256 * mebi);
  RW_ASSERT_OK(open(64 * mebi));
  const std::uint64_t before = free_of(path("mounts/db-one"));
  for (const bool while_open : {true, false}) {
    const auto refused = open(512 * mebi);
    ASSERT_FALSE(refused) << while_open;
    EXPECT_EQ(refused.error().kind, Failure::exhausted) << refused.error().message;
    EXPECT_EQ(std::filesystem::file_size(image()), 64 * mebi);
    RW_ASSERT_OK(open(64 * mebi));
    EXPECT_EQ(free_of(path("mounts/db-one")), before);
    RW_ASSERT_OK(host_->close_volume("db-one"));
  }
  RW_ASSERT_OK(open(128 * mebi));
  EXPECT_GT(free_of(path("mounts/db-one")), before + 48 * mebi);
  EXPECT_GE(allocated(image()), 128 * mebi);
}

TEST_F(SpaceTest, AnOldSparseVolumeServesAsItIsAndIsSetAsideOnceThereIsRoom) {
  use(Storage::sparse);
  make_disk(256 * mebi);
  RW_ASSERT_OK(open(512 * mebi));
  EXPECT_EQ(host_->inventory()->sparse_volumes, std::vector<std::string>{"db-one"});
  RW_ASSERT_OK(os::write_file(data("file"), "content", 0600));
  RW_ASSERT_OK(host_->close_volume("db-one"));
  use(Storage::reserved);
  RW_ASSERT_OK(open(512 * mebi));
  EXPECT_EQ(host_->inventory()->sparse_volumes, std::vector<std::string>{"db-one"});
  RW_ASSERT_OK(host_->close_volume("db-one"));
  enlarge_disk(1024 * mebi);
  RW_ASSERT_OK(open(512 * mebi));
  EXPECT_TRUE(host_->inventory()->sparse_volumes.empty());
  EXPECT_EQ(os::read_file(data("file"), 100).value_or("unreadable"), "content");
}

TEST_F(SpaceTest, AFullVolumeIsSaidToBeAndItsBallastServesTheStopUntilItHasGrown) {
  RW_ASSERT_OK(open(64 * mebi));
  const std::string ballast = path("mounts/db-one/ballast");
  const std::uint64_t set_aside = allocated(ballast);
  EXPECT_GT(set_aside, 2 * mebi);
  EXPECT_TRUE(host_->inventory()->full_volumes.empty());
  ASSERT_EQ(fill("much"), ENOSPC);
  EXPECT_EQ(host_->inventory()->full_volumes, std::vector<std::string>{"db-one"});
  EXPECT_EQ(allocated(ballast), set_aside);
  // What a shutdown writes has room.
  RW_ASSERT_OK(host_->stop("db-one", Stop::graceful));
  EXPECT_FALSE(std::filesystem::exists(ballast));
  RW_ASSERT_OK(os::write_file(data("checkpoint"), std::string(2 * mebi, 'c'), 0600));
  EXPECT_EQ(host_->inventory()->full_volumes, std::vector<std::string>{"db-one"});
  // Full to the last block it still closes, opens and grows, and its ballast is there again.
  ASSERT_EQ(fill("more"), ENOSPC);
  RW_ASSERT_OK(host_->close_volume("db-one"));
  RW_ASSERT_OK(open(64 * mebi));
  EXPECT_EQ(host_->inventory()->full_volumes, std::vector<std::string>{"db-one"});
  RW_ASSERT_OK(open(192 * mebi));
  EXPECT_TRUE(host_->inventory()->full_volumes.empty());
  EXPECT_GT(allocated(ballast), set_aside);
  EXPECT_EQ(os::read_file(data("checkpoint"), 4 * mebi).value_or(""), std::string(2 * mebi, 'c'));
}

TEST_F(SpaceTest, ADiskThatFillsUnderASparseVolumeIsSaidAndTheVolumeClosesAndOpensAgainWhenThereIsRoom) {
  use(Storage::sparse);
  make_disk(80 * mebi);
  RW_ASSERT_OK(open(512 * mebi));
  RW_ASSERT_OK(os::write_file(data("file"), "content", 0600));
  EXPECT_NE(fill_through("much"), 0);
  (void)os::write_file(data("after"), "", 0600);  // the journal's write fails, and the file system gives up
  ::sync();
  EXPECT_EQ(host_->inventory()->failed_volumes, std::vector<std::string>{"db-one"});
  // Nothing uses it: opening it is mounting it anew, for which its journal wants room.
  const auto refused = open(512 * mebi);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::exhausted) << refused.error().message;
  EXPECT_TRUE(detail::loops_below(options_.data_folder).empty());
  enlarge_disk(1024 * mebi);
  RW_ASSERT_OK(open(512 * mebi));
  EXPECT_TRUE(host_->inventory()->failed_volumes.empty());
  EXPECT_EQ(os::read_file(data("file"), 100).value_or("unreadable"), "content");
}

}  // namespace
}  // namespace ringwall::host
