// What the versions before stored documents had types have left in people's data folders: tests/stored.

#include "server/stored.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>


#include "store/testing.h"
#include "text/json.h"

namespace ringwall::server {
namespace {

using text::Json;

const std::string folder = RINGWALL_SOURCE_DIR "/tests/stored/";

// The document as its table writes what it read; what kept it from being read otherwise.
std::string again(std::string_view key, const Json& document) {
  for (const records::AnyTable& table : all_tables()) {
    if (!table.is_of(key)) continue;
    const auto written = table.again(document);
    return written ? written->dump() : written.error().message;
  }
  return "no table";
}

// Without regard to the order of members, which says nothing.
Json ordered(const Json& value) {
  if (value.is_array()) {
    Json list = Json::array();
    for (const Json& item : value.items()) list.push(ordered(item));
    return list;
  }
  if (!value.is_object()) return value;
  std::vector<const Json::Member*> members;
  for (const Json::Member& member : value.members()) members.push_back(&member);
  std::ranges::sort(members, {}, [](const Json::Member* member) { return member->key; });
  Json object = Json::object();
  for (const Json::Member* member : members) object.set(member->key, ordered(member->value));
  return object;
}
std::string in_order(std::string_view text) { return ordered(text::parse_json(text).value_or(Json(text))).dump(); }

TEST(Stored, EveryKindOfDocumentReadsBackAsItWas) {
  std::ifstream lines(folder + "documents.jsonl");
  std::size_t count = 0;
  std::vector<std::string> unseen;
  for (const records::AnyTable& table : all_tables()) unseen.emplace_back(table.spelling.text());
  for (std::string line; std::getline(lines, line); ++count) {
    const Json entry = text::parse_json(line).value();
    const std::string key = entry.str("key");
    EXPECT_EQ(in_order(again(key, entry["document"])), in_order(entry["document"].dump())) << key;
    for (const records::AnyTable& table : all_tables()) {
      if (table.is_of(key)) std::erase(unseen, table.spelling.text());
    }
  }
  EXPECT_GT(count, 100U);
  EXPECT_EQ(unseen, std::vector<std::string>());
}

class OldStore : public ::testing::Test {
 protected:
  OldStore() {
    std::filesystem::create_directories(path_);
    std::filesystem::copy_file(folder + "old.db", path_ + "/state.db");
    store_ = std::move(store::open_sqlite(path_ + "/state.db").value());
  }
  ~OldStore() override {
    store_.reset();
    std::filesystem::remove_all(path_);
  }
  const std::string path_ = std::filesystem::temp_directory_path() / ("ringwall-stored-" + std::to_string(::getpid()));
  std::unique_ptr<store::Store> store_;
};

TEST_F(OldStore, OpensAndEveryDocumentReadsBackAsItWas) {
  const auto checked = check_stored(*store_);
  EXPECT_TRUE(checked) << checked.error().message;
  const auto entries = store_->list("");
  EXPECT_GT(entries.size(), 79U);
  for (const store::Entry& entry : entries) EXPECT_EQ(in_order(again(entry.key, *entry.document)), in_order(entry.document->dump())) << entry.key;
}

TEST_F(OldStore, WithWhatANewerVersionWroteIsRefusedByNameAndLeftAsItIs) {
  const std::string key = store_->list("rds/").front().key;
  Json newer = *store_->get(key)->document;
  newer.set("replicas", 2);
  store::Transaction transaction(*store_);
  transaction.put(key, newer);
  const auto revision = store_->commit(transaction);
  ASSERT_TRUE(revision);
  const auto checked = check_stored(*store_);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, Failure::corrupt);
  EXPECT_EQ(checked.error().message,
            "the stored document `" + key + "`: its member `replicas` is not known: a newer version of Ringwall wrote it, or it is damaged. Start the "
            "version that wrote it, or put a backup of this version's time back; nothing was changed");
  EXPECT_EQ(store_->snapshot({}).revision, *revision);
  EXPECT_EQ(*store_->get(key)->document, newer);
}

TEST(Stored, NoTwoTablesKeepTheSameKey) {
  std::ifstream lines(folder + "documents.jsonl");
  for (std::string line; std::getline(lines, line);) {
    const std::string key = text::parse_json(line).value().str("key");
    EXPECT_EQ(std::ranges::count_if(all_tables(), [&](const records::AnyTable& table) { return table.is_of(key); }), 1) << key;
  }
}

}  // namespace
}  // namespace ringwall::server
