// Taking down, whatever is broken: file systems that cannot be written, images that are gone,
// steps that fail. Nothing may stay behind another step's failure.

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "host/detail/loop.h"
#include "host/detail/mounts.h"
#include "host/fixture_test.h"
#include "os/files.h"

namespace ringwall::host {
namespace {

constexpr std::uint64_t mebi = 1 << 20;

class TakingDown : public WithHelper {
 protected:
  std::string path(const std::string& rest) const { return options_.data_folder + "/host/" + rest; }
  void open(const std::string& id) {
    RW_ASSERT_OK(host_->open_volume({id, 64 * mebi, engine_uid_min + 7}, Secret(std::string(64, 'k'))));
    RW_ASSERT_OK(os::write_file(path("mounts/" + id + "/data/file"), "content", 0600));
  }
  // What a write error does to a file system: its journal is given up, and it takes no more writes.
  void make_read_only(const std::string& id) {
    ASSERT_EQ(::mount(nullptr, path("mounts/" + id).c_str(), nullptr, MS_REMOUNT, "abort"), 0) << errno;
    ASSERT_FALSE(os::write_file(path("mounts/" + id + "/data/more"), "", 0600));
  }
  // Every read and write of the file system fails from now on.
  void shut_down(const std::string& id) {
    const os::UniqueFd folder(::open(path("mounts/" + id).c_str(), O_RDONLY | O_CLOEXEC));
    std::uint32_t without_flushing = 2;
    ASSERT_EQ(::ioctl(folder.get(), _IOR('X', 125, std::uint32_t), &without_flushing), 0) << errno;
  }
  void expect_nothing_left() const {
    EXPECT_TRUE(detail::loops_below(options_.data_folder).empty());
    const auto mounts = detail::mount_table();
    RW_ASSERT_OK(mounts);
    for (const detail::Mount& mount : *mounts) EXPECT_FALSE(mount.point.starts_with(options_.data_folder)) << mount.point;
  }
};

TEST_F(TakingDown, AVolumeThatCannotBeWrittenIsClosedAndOpensAgain) {
  open("db-one");
  make_read_only("db-one");
  RW_ASSERT_OK(host_->close_volume("db-one"));
  EXPECT_FALSE(detail::mount_at(path("mounts/db-one")));
  EXPECT_TRUE(detail::loops_below(options_.data_folder).empty());
  open("db-one");  // and another key is not the one that was left in the kernel
  RW_ASSERT_OK(host_->close_volume("db-one"));
}

TEST_F(TakingDown, AVolumeWhoseEveryReadFailsIsClosed) {
  open("db-one");
  shut_down("db-one");
  RW_ASSERT_OK(host_->close_volume("db-one"));
  EXPECT_TRUE(detail::loops_below(options_.data_folder).empty());
}

TEST_F(TakingDown, AVolumeThatCannotBeWrittenIsInUseWhileAFileIsOpen) {
  open("db-one");
  os::UniqueFd file(::open(path("mounts/db-one/data/file").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(file);
  make_read_only("db-one");
  const auto busy = host_->close_volume("db-one");
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().kind, Failure::conflict) << busy.error().message;
  EXPECT_EQ(host_->inventory()->open_volumes, std::vector<std::string>{"db-one"});
  file.reset();
  RW_ASSERT_OK(host_->close_volume("db-one"));
}

TEST_F(TakingDown, AVolumeWhoseImageWasDeletedIsStillOpenAndIsClosed) {
  open("db-one");
  ASSERT_EQ(::unlink(path("volumes/db-one.img").c_str()), 0);
  EXPECT_EQ(host_->inventory()->open_volumes, std::vector<std::string>{"db-one"});
  RW_ASSERT_OK(host_->close_volume("db-one"));
  EXPECT_TRUE(host_->inventory()->open_volumes.empty());
  EXPECT_TRUE(detail::loops_below(options_.data_folder).empty());
}

TEST_F(TakingDown, TheSweepGoesOnWhateverFailsAndTellsTheFirst) {
  for (const char* id : {"db-one", "db-two", "db-three"}) open(id);
  make_read_only("db-one");
  shut_down("db-two");
  ASSERT_EQ(::unlink(path("volumes/db-three.img").c_str()), 0);
  for (const char* vpc : {"vpc-a", "vpc-b", "vpc-c"}) RW_ASSERT_OK(host_->apply_network({vpc, "10.1.0.0/16", {}, {}, {}}));
  for (const char* vpc : {"vpc-a", "vpc-b", "vpc-c"}) {
    // A folder where only files belong cannot be unlinked.
    ASSERT_EQ(::mkdir(path(std::string("netns/") + vpc + "/stuck").c_str(), 0700), 0);
  }
  end_helper();
  const auto swept = sweep(options_);
  ASSERT_FALSE(swept);
  EXPECT_NE(swept.error().message.find("stuck"), std::string::npos) << swept.error().message;
  expect_nothing_left();
  for (const char* vpc : {"vpc-a", "vpc-b", "vpc-c"}) {
    EXPECT_EQ(::rmdir(path(std::string("netns/") + vpc + "/stuck").c_str()), 0);
  }
  RW_ASSERT_OK(sweep(options_));
}

TEST_F(TakingDown, ADataFolderHasOneHelperAtATimeAndWhatItForkedIsNone) {
  auto claimed = claim(options_);
  RW_ASSERT_OK(claimed);
  const auto status_of_another = [&] {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto second = claim(options_);
      ::_exit(second ? 0 : second.error().kind == Failure::conflict ? 1 : 2);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  };
  EXPECT_EQ(status_of_another(), 1);
  claimed->reset();
  EXPECT_EQ(status_of_another(), 0);
}

TEST_F(TakingDown, TheSweepTakesDownWhatAVisitorKeepsBusy) {
  const os::UniqueFd visitor(::open(path("").c_str(), O_RDONLY | O_CLOEXEC));
  open("db-one");
  end_helper();
  RW_ASSERT_OK(sweep(options_));
  expect_nothing_left();
}

}  // namespace
}  // namespace ringwall::host
