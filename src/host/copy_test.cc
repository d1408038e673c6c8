// Copies of volumes: whole, of one moment, and never at the price of a volume that stays frozen.

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "host/detail/copy.h"
#include "host/detail/mounts.h"
#include "host/fixture_test.h"
#include "os/files.h"

namespace ringwall::host {
namespace {

constexpr uid_t owner = engine_uid_min + 7;
constexpr std::uint64_t mebi = 1 << 20;

Secret key() { return Secret(std::string(64, 'k')); }

class CopyTest : public WithHelper {
 protected:
  std::string path(const std::string& rest) const { return options_.data_folder + "/host/" + rest; }
  std::string data(const std::string& id, const std::string& file) const { return path("mounts/" + id + "/data/" + file); }

  // Puts the copy in another volume's place.
  void place(const os::UniqueFd& copy, const std::string& id) const {
    const os::UniqueFd image(::open(path("volumes/" + id + ".img").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_TRUE(image);
    RW_ASSERT_OK(detail::copy_differences(copy.get(), image.get()));
  }
  bool is_writable() const { return os::write_file(data("db-one", "probe"), "written", 0600).has_value(); }

  Volume volume_{"db-one", 64 * mebi, owner};
};

TEST_F(CopyTest, ACopyOfAVolumeInUseHoldsAllThatWasWrittenBeforeAndOpensUnderItsKey) {
  RW_ASSERT_OK(host_->open_volume(volume_, key()));
  std::atomic<int> written = 0;
  std::atomic<bool> enough = false;
  std::thread writer([&] {
    for (int i = 0; !enough; ++i) {
      EXPECT_TRUE(os::write_file(data("db-one", std::to_string(i)), std::string(5000, 'x'), 0600));
      written = i + 1;
    }
  });
  while (written < 20) std::this_thread::yield();
  const int before = written;
  const auto copy = host_->copy_volume("db-one");
  enough = true;
  writer.join();
  RW_ASSERT_OK(copy);
  place(*copy, "db-two");
  RW_ASSERT_OK(host_->open_volume({"db-two", 64 * mebi, owner}, key()));
  for (int i = 0; i < before; ++i) {
    EXPECT_EQ(os::read_file(data("db-two", std::to_string(i)), 1 << 20).value_or(""), std::string(5000, 'x')) << i;
  }
  EXPECT_TRUE(is_writable());
}

TEST_F(CopyTest, ACopyOfAClosedVolumeIsItsImageAndHasNoName) {
  RW_ASSERT_OK(host_->open_volume(volume_, key()));
  RW_ASSERT_OK(os::write_file(data("db-one", "file"), "content", 0600));
  RW_ASSERT_OK(host_->close_volume("db-one"));
  const auto copy = host_->copy_volume("db-one");
  RW_ASSERT_OK(copy);
  struct stat facts = {};
  ASSERT_EQ(::fstat(copy->get(), &facts), 0);
  EXPECT_EQ(facts.st_nlink, 0u);
  EXPECT_EQ(static_cast<std::uint64_t>(facts.st_size), 64 * mebi);
  EXPECT_LT(static_cast<std::uint64_t>(facts.st_blocks) * 512, 48 * mebi);  // holes stay holes
  EXPECT_EQ(::fcntl(copy->get(), F_GETFL) & O_ACCMODE, O_RDONLY);
  EXPECT_EQ(host_->inventory()->volumes, std::vector<std::string>{"db-one"});
}

TEST_F(CopyTest, AVolumeThatACopyLeftFrozenIsThawedByTheNextHelper) {
  RW_ASSERT_OK(host_->open_volume(volume_, key()));
  kill_helper();
  host_.reset();
  const os::UniqueFd mount(::open(path("mounts/db-one").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(::ioctl(mount.get(), FIFREEZE, 0), 0);  // as a copy does that is killed then
  start_helper();
  RW_ASSERT_OK(host_->inventory());
  EXPECT_NE(::ioctl(mount.get(), FITHAW, 0), 0);  // nothing was left to thaw
  EXPECT_TRUE(is_writable());
}

TEST_F(CopyTest, AFrozenVolumeIsThawedToBeClosed) {
  RW_ASSERT_OK(host_->open_volume(volume_, key()));
  {
    const os::UniqueFd mount(::open(path("mounts/db-one").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_EQ(::ioctl(mount.get(), FIFREEZE, 0), 0);
  }
  RW_ASSERT_OK(host_->close_volume("db-one"));
  EXPECT_FALSE(detail::mount_at(path("mounts/db-one")));
}

TEST_F(CopyTest, WithoutRoomThereIsNoCopyAndTheVolumeStaysInUse) {
  RW_ASSERT_OK(host_->inventory());  // the helper has made its folders
  ASSERT_EQ(::system(("mount -t tmpfs -o size=80m tmpfs " + path("volumes")).c_str()), 0);
  RW_ASSERT_OK(host_->open_volume(volume_, key()));
  RW_ASSERT_OK(os::write_file(data("db-one", "file"), std::string(20 * mebi, 'x'), 0600));
  const auto refused = host_->copy_volume("db-one");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::exhausted) << refused.error().message;
  EXPECT_TRUE(is_writable());
}

TEST_F(CopyTest, OnlyWhatIsThereCanBeCopied) {
  const auto missing = host_->copy_volume("db-none");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, Failure::not_found);
  const auto refused = host_->copy_volume("../etc");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::invalid);
}

}  // namespace
}  // namespace ringwall::host
