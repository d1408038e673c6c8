#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "host/detail/message.h"
#include "host/fixture_test.h"
#include "os/files.h"

namespace ringwall::host {
namespace {

constexpr std::uint64_t mebi = 1 << 20;
constexpr uid_t owner = engine_uid_min + 7;

class Labels : public WithHelper {
 protected:
  std::string path(const std::string& rest) const { return options_.data_folder + "/host/" + rest; }
  Volume volume_{"db-one", 64 * mebi, owner};
  Secret key_{std::string(64, 'k')};
};

TEST_F(Labels, ALabelOutlivesTheHelperAndGoesWithItsVolume) {
  RW_ASSERT_OK(host_->label_volume("db-one", "first"));
  RW_ASSERT_OK(host_->label_volume("db-one", "second"));
  struct stat status = {};
  ASSERT_EQ(::stat(path("volumes/db-one.label").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_EQ(status.st_uid, 0u);
  RW_ASSERT_OK(host_->open_volume(volume_, key_));
  end_helper();
  start_helper();
  const auto facts = host_->volume("db-one");
  RW_ASSERT_OK(facts);
  EXPECT_EQ(facts->label, "second");
  EXPECT_TRUE(facts->has_image);
  EXPECT_TRUE(facts->open);
  EXPECT_EQ(facts->bytes, volume_.bytes);
  EXPECT_GT(facts->allocated_bytes, 0u);
  EXPECT_LT(facts->allocated_bytes, volume_.bytes + volume_.bytes / 8);
  EXPECT_GT(facts->modified_ms, 1'700'000'000'000);
  RW_ASSERT_OK(host_->remove_volume("db-one"));
  EXPECT_FALSE(std::filesystem::exists(path("volumes/db-one.label")));
  const auto gone = host_->volume("db-one");
  RW_ASSERT_OK(gone);
  EXPECT_FALSE(gone->has_image);
  EXPECT_EQ(gone->label, "");
}

TEST_F(Labels, WhatAKilledHelperLeftOfALabelGoesWithTheNext) {
  RW_ASSERT_OK(host_->inventory());  // the helper has made its folders
  std::ofstream(path("volumes/db-one.label.aBcDeF")) << "with escrow";
  std::ofstream(path("volumes/db-oneother.label.aBcDeF")) << "another's";
  RW_ASSERT_OK(host_->label_volume("db-one", "without"));
  EXPECT_FALSE(std::filesystem::exists(path("volumes/db-one.label.aBcDeF")));
  EXPECT_TRUE(std::filesystem::exists(path("volumes/db-oneother.label.aBcDeF")));
}

TEST_F(Labels, EveryVolumeIsToldOnceHoweverManyThereAre) {
  RW_ASSERT_OK(host_->inventory());
  for (const std::size_t count :
       {detail::volumes_page_max - 1, detail::volumes_page_max, detail::volumes_page_max + 1}) {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < count; ++i) {
      ids.push_back("db-" + std::to_string(i));
      // Of an image, of a label, or of both.
      if (i % 3 != 0) std::ofstream(path("volumes/" + ids.back() + ".img")) << "";
      if (i % 3 != 1) std::ofstream(path("volumes/" + ids.back() + ".label")) << ids.back();
    }
    std::ofstream(path("volumes/db-half.img.new")) << "half a file system";
    std::ranges::sort(ids);
    const auto volumes = host_->volumes();
    RW_ASSERT_OK(volumes);
    ASSERT_EQ(volumes->size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ((*volumes)[i].id, ids[i]);
      EXPECT_TRUE((*volumes)[i].has_image || (*volumes)[i].label == ids[i]);
    }
  }
}

TEST_F(Labels, OfALabelThatIsTooLongNoMoreThanTheLimitIsRead) {
  RW_ASSERT_OK(host_->inventory());
  std::ofstream(path("volumes/db-one.label")) << std::string(label_bytes_max + 1, 'l');
  EXPECT_EQ(host_->volume("db-one")->label.size(), label_bytes_max);
}

TEST_F(Labels, WhatIsKeptAboutTheStoreIsReplacedAsAWhole) {
  EXPECT_EQ(host_->kept_installation().value_or("failed"), "");
  RW_ASSERT_OK(host_->keep_installation("one that is longer"));
  RW_ASSERT_OK(host_->keep_installation("two"));
  EXPECT_EQ(host_->kept_installation().value_or("failed"), "two");
}

TEST_F(Labels, AVolumeThatGoesToAnotherUidGoesThereWithEverythingInIt) {
  RW_ASSERT_OK(host_->open_volume(volume_, key_));
  const std::string data = path("mounts/db-one/data/");
  const std::string outside = options_.data_folder + "/outside";
  std::ofstream(outside) << "not its file";
  std::filesystem::create_directories(data + "pg/base");
  std::ofstream(data + "pg/base/1") << "rows";
  std::filesystem::create_symlink(outside, data + "pg/link");
  std::filesystem::create_directory_symlink(options_.data_folder, data + "pg/folder");
  ASSERT_EQ(::system(("chown -hR " + std::to_string(owner) + " " + data + "pg").c_str()), 0);
  Volume adopted = volume_;
  adopted.owner = owner + 1;
  RW_ASSERT_OK(host_->open_volume(adopted, key_));
  struct stat status = {};
  for (const char* file : {"", "pg", "pg/base", "pg/base/1", "pg/link", "pg/folder"}) {
    ASSERT_EQ(::lstat((data + file).c_str(), &status), 0) << file;
    EXPECT_EQ(status.st_uid, adopted.owner) << file;
  }
  for (const std::string& file : {outside, options_.data_folder}) {
    ASSERT_EQ(::lstat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, 0u) << file;
  }
}

}  // namespace
}  // namespace ringwall::host
