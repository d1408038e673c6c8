#include <gtest/gtest.h>

#include <filesystem>

#include "store/detail/history.h"
#include "store/testing.h"

namespace ringwall::store {
namespace {

using text::Json;

Revision put(Store& store, std::string_view key, std::int64_t n) {
  Transaction transaction(store);
  transaction.put(key, Json(n));
  return store.commit(transaction).value();
}
Revision erase(Store& store, std::string_view key) {
  Transaction transaction(store);
  transaction.erase(key);
  return store.commit(transaction).value();
}

// "key=document key=erased @revision", or "forgotten".
std::string shown(const std::optional<Changes>& changes) {
  if (!changes) return "forgotten";
  std::string text;
  for (const Change& change : changes->changes) {
    text += change.key + "=" + (change.document ? change.document->dump() : "erased") + " ";
  }
  return text + "@" + std::to_string(changes->revision);
}

constexpr std::string_view a_and_b[] = {"a/", "b/"};
constexpr std::string_view only_a[] = {"a/"};

TEST(ChangesSince, TellsEachKeyOnceAsItIsNow) {
  const auto store = open_temporary();
  put(*store, "a/1", 1);
  const Revision known = put(*store, "b/1", 1);
  EXPECT_EQ(shown(store->changes_since(known, a_and_b)), "@2");
  put(*store, "b/2", 2);
  put(*store, "a/1", 3);
  put(*store, "c/1", 4);
  put(*store, "b/2", 5);
  erase(*store, "b/1");
  EXPECT_EQ(shown(store->changes_since(known, a_and_b)), "a/1=3 b/1=erased b/2=5 @7");
  EXPECT_EQ(shown(store->changes_since(known, only_a)), "a/1=3 @7");
  EXPECT_EQ(shown(store->changes_since(5, a_and_b)), "b/1=erased b/2=5 @7");
  EXPECT_EQ(shown(store->changes_since(7, a_and_b)), "@7");
}

TEST(ChangesSince, AKeyMadeAndErasedBetweenIsToldAsErasedAndAnAbsentOneNotAtAll) {
  const auto store = open_temporary();
  put(*store, "a/1", 1);
  erase(*store, "a/1");
  erase(*store, "a/never");
  EXPECT_EQ(shown(store->changes_since(0, only_a)), "a/1=erased @3");
}

TEST(ChangesSince, DoesNotKnowWhatCameBeforeTheStoreWasOpenedNorWhatIsStillToCome) {
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / "ringwall-history-test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string path = folder / "state";
  const Revision last = [&] {
    const auto store = open_sqlite(path).value();
    put(*store, "a/1", 1);
    return put(*store, "a/2", 2);
  }();
  {
    const auto store = open_sqlite(path).value();
    EXPECT_EQ(shown(store->changes_since(last - 1, only_a)), "forgotten");
    EXPECT_EQ(shown(store->changes_since(last, only_a)), "@2");
    EXPECT_EQ(shown(store->changes_since(last + 1, only_a)), "forgotten");
    EXPECT_EQ(store->snapshot(only_a).entries.size(), 2U);
  }
  std::filesystem::remove_all(folder);
}

TEST(Snapshot, HasEveryPrefixOnceInKeyOrderAndItsRevision) {
  const auto store = open_temporary();
  for (const char* key : {"b/1", "a/2", "c/1", "a/1", "b/x/1"}) put(*store, key, 1);
  constexpr std::string_view overlapping[] = {"b/x/", "b/", "a/", "b/"};
  const Snapshot snapshot = store->snapshot(overlapping);
  std::string keys;
  for (const Entry& entry : snapshot.entries) keys += entry.key + " ";
  EXPECT_EQ(keys, "a/1 a/2 b/1 b/x/1 ");
  EXPECT_EQ(snapshot.revision, 5);
  EXPECT_EQ(shown(store->changes_since(snapshot.revision, overlapping)), "@5");
}

TEST(History, LooksBackOverItsLimitOfChangesAndNotOneMore) {
  detail::History history(7);
  for (std::size_t i = 0; i < changes_kept_max; ++i) {
    history.add(static_cast<Revision>(8 + i), "a/" + std::to_string(i));
  }
  EXPECT_EQ(history.since(7, only_a)->size(), changes_kept_max);
  history.add(static_cast<Revision>(8 + changes_kept_max), "a/last");
  EXPECT_EQ(history.since(7, only_a), std::nullopt);
  EXPECT_EQ(history.since(8, only_a)->size(), changes_kept_max);
}

TEST(History, ACommitForgottenInPartIsForgottenWhole) {
  detail::History history(0);
  history.add(1, "a/1");
  history.add(1, "a/2");
  for (std::size_t i = 2; i <= changes_kept_max; ++i) history.add(2, "b/" + std::to_string(i));
  EXPECT_EQ(history.since(0, only_a), std::nullopt);
  EXPECT_EQ(history.since(1, only_a)->size(), 0U);
}

}  // namespace
}  // namespace ringwall::store
