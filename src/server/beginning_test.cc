#include "server/beginning.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "directory/records.h"
#include "directory/testing.h"
#include "os/files.h"
#include "server/host_test.h"
#include "store/testing.h"

namespace ringwall::server {
namespace {

class Beginning : public ::testing::Test {
 protected:
  Beginning() { std::filesystem::create_directories(layout_.server()); }
  void put(const std::string& path, std::string_view content) { ASSERT_TRUE(os::write_file(path, content, 0600)); }
  // A folder whose first start is through, without its store.
  void lose_store() {
    put(layout_.root_key(), std::string(32, 'k'));
    put(layout_.administrator(), "{}");
    std::filesystem::create_directories(layout_.audit());
    put(layout_.audit() + "/audit-2026-01-02.jsonl", "{}\n");
    host_.all = {{.id = "db-ONE"}, {.id = "db-TWO"}};
  }
  bool is_there(const std::string& path) const { return std::filesystem::exists(path); }

  directory::testing::Folder folder_;
  Layout layout_{folder_.file("data")};
  QuietHost host_;
};

TEST_F(Beginning, AnEmptyFolderBeginsAndMayBeCutShortAnywhere) {
  ASSERT_TRUE(begin(layout_, host_));
  put(layout_.root_key(), std::string(32, 'k'));  // killed here, before there was a store
  EXPECT_TRUE(begin(layout_, host_));
  put(layout_.state(), "");  // or here
  EXPECT_TRUE(begin(layout_, host_));
  const auto store = store::open_temporary();  // or before the organisation was in it
  EXPECT_TRUE(check_filled(layout_, *store));
  ASSERT_TRUE(end_beginning(layout_));
  EXPECT_FALSE(is_there(layout_.beginning()));
  EXPECT_TRUE(end_beginning(layout_));
}

TEST_F(Beginning, AMissingOrEmptyStoreIsNeverReplacedByANewOne) {
  lose_store();
  for (const bool empty : {false, true}) {
    if (empty) put(layout_.state(), "");
    const auto refused = begin(layout_, host_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Failure::corrupt);
    for (const char* part : {"root key", "audit log", "administrator's credentials", "2 volumes", "from a backup", "ringwall new-store"}) {
      EXPECT_NE(refused.error().message.find(part), std::string::npos) << refused.error().message;
    }
    EXPECT_NE(refused.error().message.find(empty ? "is empty" : "is missing"), std::string::npos) << refused.error().message;
    EXPECT_FALSE(is_there(layout_.beginning()));
  }
}

TEST_F(Beginning, AnythingThatBelongsToAStoreIsEnoughToRefuseAnother) {
  const std::vector<std::pair<const char*, std::function<void()>>> things = {
      {"root key", [&] { put(layout_.root_key(), std::string(32, 'k')); }},
      {"write-ahead log", [&] { put(layout_.state() + "-wal", "frames"); }},
      {"administrator's credentials", [&] { put(layout_.administrator(), "{}"); }},
      {"audit log", [&] {
         std::filesystem::create_directories(layout_.audit());
         put(layout_.audit() + "/audit-2026-01-02.jsonl", "{}\n");
       }},
      {"1 volume", [&] { host_.all = {{.id = "db-ONE"}}; }}};
  for (const auto& [name, make] : things) {
    std::filesystem::remove_all(layout_.server());
    std::filesystem::create_directories(layout_.server());
    host_.all.clear();
    make();
    const auto refused = begin(layout_, host_);
    ASSERT_FALSE(refused) << name;
    EXPECT_NE(refused.error().message.find(name), std::string::npos) << refused.error().message;
  }
}

TEST_F(Beginning, AStoreThatHoldsNothingIsAsLostAsAMissingOne) {
  lose_store();
  put(layout_.state(), "a store");
  ASSERT_TRUE(begin(layout_, host_));
  const auto store = store::open_temporary();
  const auto refused = check_filled(layout_, *store);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::corrupt);
  store::Transaction transaction(*store);
  directory::tables::organizations.put(transaction, {.id = "o-1"});
  ASSERT_TRUE(store->commit(transaction));
  EXPECT_TRUE(check_filled(layout_, *store));
}

TEST_F(Beginning, GivingTheStoreUpLetsTheNextStartBeginAndKeepsTheRest) {
  lose_store();
  put(layout_.state() + "-wal", "frames");
  ASSERT_TRUE(give_up_store(layout_));
  EXPECT_TRUE(begin(layout_, host_));
  EXPECT_TRUE(is_there(layout_.root_key()));
  EXPECT_TRUE(is_there(layout_.audit() + "/audit-2026-01-02.jsonl"));
  // SQLite deletes the log of a store that is empty.
  EXPECT_FALSE(is_there(layout_.state() + "-wal"));
  EXPECT_EQ(os::read_file(layout_.state() + "-wal.given-up", 100).value_or(""), "frames");
}

TEST_F(Beginning, AStoreThatIsThereIsNotGivenUp) {
  lose_store();
  put(layout_.state(), "a store");
  const auto refused = give_up_store(layout_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::conflict);
  EXPECT_FALSE(is_there(layout_.beginning()));
}

}  // namespace
}  // namespace ringwall::server
