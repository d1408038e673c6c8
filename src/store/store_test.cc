#include "store/store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "store/testing.h"

namespace ringwall::store {
namespace {

using text::Json;

Json number(std::int64_t n) {
  return Json::object({{"n", n}});
}

Result<Revision> put(Store& store, std::string_view key, Json document) {
  Transaction transaction(store);
  transaction.put(key, std::move(document));
  return store.commit(transaction);
}

std::vector<std::string> keys_of(const std::vector<Entry>& entries) {
  std::vector<std::string> keys;
  for (const Entry& entry : entries) keys.push_back(entry.key);
  return keys;
}
using Keys = std::vector<std::string>;

class StoreTest : public testing::Test {
 protected:
  const std::unique_ptr<Store> owned_ = open_temporary();
  Store& store_ = *owned_;
};

TEST_F(StoreTest, ATransactionReadsItsOwnWritesAndOthersDoNot) {
  ASSERT_TRUE(put(store_, "a/1", number(1)));
  ASSERT_TRUE(put(store_, "a/3", number(3)));
  Transaction transaction(store_);
  transaction.put("a/2", number(2));
  transaction.put("a/4", number(4));
  transaction.put("b", number(5));
  transaction.erase("a/3");
  EXPECT_EQ(*transaction.get("a/2"), number(2));
  EXPECT_FALSE(transaction.contains("a/3"));
  EXPECT_EQ(keys_of(transaction.list("a/")), (Keys{"a/1", "a/2", "a/4"}));
  EXPECT_EQ(transaction.list("a/")[1].revision, 0);
  EXPECT_EQ(keys_of(store_.list("")), (Keys{"a/1", "a/3"}));
  ASSERT_TRUE(store_.commit(transaction));
  EXPECT_EQ(keys_of(store_.list("")), (Keys{"a/1", "a/2", "a/4", "b"}));
  EXPECT_EQ(store_.get("a/3"), std::nullopt);
}

TEST_F(StoreTest, RevisionsGrowByOneWithEveryCommit) {
  for (Revision expected = 1; expected <= 3; ++expected) {
    EXPECT_EQ(put(store_, "k", number(expected)), expected);
    EXPECT_EQ(store_.get("k")->revision, expected);
  }
  Transaction reads_only(store_);
  reads_only.get("k");
  EXPECT_EQ(store_.commit(reads_only), 3);
}

TEST_F(StoreTest, AChangedKeyConflicts) {
  ASSERT_TRUE(put(store_, "k", number(1)));
  Transaction transaction(store_);
  transaction.get("k");
  transaction.put("other", number(0));
  EXPECT_TRUE(store_.current(transaction));
  ASSERT_TRUE(put(store_, "k", number(1)));  // the same value, another revision
  EXPECT_FALSE(store_.current(transaction));
  const auto committed = store_.commit(transaction);
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().kind, Failure::conflict);
  EXPECT_EQ(store_.get("other"), std::nullopt);
}

TEST_F(StoreTest, AnAbsenceThatEndedConflicts) {
  Transaction transaction(store_);
  EXPECT_EQ(transaction.get("k"), nullptr);
  transaction.put("k", number(1));
  ASSERT_TRUE(put(store_, "k", number(2)));
  EXPECT_EQ(store_.commit(transaction).error().kind, Failure::conflict);
  EXPECT_EQ(*store_.get("k")->document, number(2));
}

TEST_F(StoreTest, AnErasedAndRemadeKeyConflicts) {
  ASSERT_TRUE(put(store_, "k", number(1)));
  Transaction transaction(store_);
  transaction.get("k");
  Transaction erasing(store_);
  erasing.erase("k");
  ASSERT_TRUE(store_.commit(erasing));
  EXPECT_EQ(store_.commit(transaction).error().kind, Failure::conflict);
  ASSERT_TRUE(put(store_, "k", number(1)));
  EXPECT_EQ(store_.commit(transaction).error().kind, Failure::conflict);
}

TEST_F(StoreTest, ARangeConflictsWithAnyChangeInItAndNoneBeside) {
  ASSERT_TRUE(put(store_, "r/a", number(1)));
  ASSERT_TRUE(put(store_, "r/c", number(1)));
  const auto conflicts_after = [&](const auto& change) {
    Transaction transaction(store_);
    transaction.list("r/");
    Transaction other(store_);
    change(other);
    EXPECT_TRUE(store_.commit(other));
    return !store_.commit(transaction);
  };
  EXPECT_TRUE(conflicts_after([](Transaction& t) { t.put("r/b", number(1)); }));  // a phantom
  EXPECT_TRUE(conflicts_after([](Transaction& t) { t.erase("r/b"); }));
  EXPECT_TRUE(conflicts_after([](Transaction& t) { t.put("r/c", number(2)); }));
  EXPECT_TRUE(conflicts_after([](Transaction& t) { t.put("r/", number(2)); }));
  EXPECT_TRUE(conflicts_after([](Transaction& t) { t.put("r/z", number(2)); }));
  EXPECT_FALSE(conflicts_after([](Transaction& t) { t.put("r", number(2)); }));
  EXPECT_FALSE(conflicts_after([](Transaction& t) { t.put("r0", number(2)); }));
  EXPECT_FALSE(conflicts_after([](Transaction& t) { t.erase("r/absent"); }));
}

TEST_F(StoreTest, ABoundedRangeAnswersItsFirstKeysFromAPlaceOn) {
  for (const char* key : {"a/1", "a/2", "a/3", "b/1"}) ASSERT_TRUE(put(store_, key, number(0)));
  EXPECT_EQ(keys_of(store_.list("a/", "", 2)), (Keys{"a/1", "a/2"}));
  EXPECT_EQ(keys_of(store_.list("a/", "a/2", 9)), (Keys{"a/2", "a/3"}));
  EXPECT_EQ(keys_of(store_.list("a/", "a/20", 9)), (Keys{"a/3"})) << "a place need not be a key";
  EXPECT_EQ(keys_of(store_.list("a/", "b", 9)), Keys{});
  EXPECT_EQ(keys_of(store_.list("a/", "", 0)), Keys{});
  Transaction transaction(store_);
  transaction.erase("a/1");
  transaction.put("a/15", number(1));
  transaction.put("a/9", number(1));
  EXPECT_EQ(keys_of(transaction.list("a/", "", 2)), (Keys{"a/15", "a/2"}));
  EXPECT_EQ(keys_of(transaction.list("a/", "a/2", 9)), (Keys{"a/2", "a/3", "a/9"}));
  EXPECT_EQ(keys_of(transaction.list("a/", "", 0)), Keys{});
}

TEST_F(StoreTest, ABoundedRangeConflictsWithWhatItAnsweredAndNothingBehind) {
  for (const char* key : {"a/1", "a/2", "a/3"}) ASSERT_TRUE(put(store_, key, number(0)));
  const auto stands_after = [&](const char* changed) {
    Transaction transaction(store_);
    transaction.list("a/", "a/1", 2);
    EXPECT_TRUE(put(store_, changed, number(1)));
    return store_.current(transaction);
  };
  EXPECT_TRUE(stands_after("a/3"));
  EXPECT_TRUE(stands_after("a/25"));
  EXPECT_TRUE(stands_after("a/0"));
  EXPECT_FALSE(stands_after("a/2"));
  EXPECT_FALSE(stands_after("a/15"));
  Transaction whole(store_);
  whole.list("a/", "", 99);
  EXPECT_TRUE(put(store_, "a/999", number(1)));
  EXPECT_FALSE(store_.current(whole)) << "a range that ended by itself depends on what comes behind";
}

TEST_F(StoreTest, ReadsThatDisagreeWithEachOtherConflict) {
  ASSERT_TRUE(put(store_, "k", number(1)));
  Transaction transaction(store_);
  transaction.get("k");
  transaction.list("k");
  ASSERT_TRUE(put(store_, "k", number(2)));
  transaction.get("k");  // now sees the newer value
  transaction.list("k");
  EXPECT_EQ(store_.commit(transaction).error().kind, Failure::conflict);
}

TEST_F(StoreTest, DocumentsOutliveTheirReplacement) {
  ASSERT_TRUE(put(store_, "k", number(1)));
  const auto document = store_.get("k")->document;
  ASSERT_TRUE(put(store_, "k", number(2)));
  EXPECT_EQ(*document, number(1));
}

TEST_F(StoreTest, ContendingIncrementsAreAllCounted) {
  constexpr int threads = 8;
  constexpr int increments = 50;
  ASSERT_TRUE(put(store_, "counter", number(0)));
  std::vector<std::jthread> workers;
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&] {
      for (int i = 0; i < increments; ++i) {
        const auto outcome = transact(store_, [](Transaction& transaction) -> Result<std::int64_t> {
          const std::int64_t n = (*transaction.get("counter"))["n"].as_integer();
          transaction.put("counter", number(n + 1));
          return n + 1;
        });
        EXPECT_TRUE(outcome) << outcome.error().message;
      }
    });
  }
  workers.clear();
  EXPECT_EQ(*store_.get("counter")->document, number(threads * increments));
  EXPECT_EQ(store_.get("counter")->revision, 1 + threads * increments);
}

// Two accounts, many transfers: every sum that a transaction can commit on is the same.
TEST_F(StoreTest, CommittedReadsAreOfOneMoment) {
  ASSERT_TRUE(put(store_, "x", number(100)));
  ASSERT_TRUE(put(store_, "y", number(0)));
  std::atomic<bool> done = false;
  std::jthread mover([&] {
    for (int i = 0; i < 200; ++i) {
      const auto outcome = transact(store_, [](Transaction& transaction) -> Result<> {
        transaction.put("x", number((*transaction.get("x"))["n"].as_integer() - 1));
        transaction.put("y", number((*transaction.get("y"))["n"].as_integer() + 1));
        return {};
      });
      EXPECT_TRUE(outcome);
    }
    done = true;
  });
  while (!done) {
    const auto sum = transact(store_, [](Transaction& transaction) -> Result<std::int64_t> {
      return (*transaction.get("x"))["n"].as_integer() + (*transaction.get("y"))["n"].as_integer();
    });
    EXPECT_EQ(sum.value_or(100), 100);  // giving up is no wrong sum
  }
}

TEST_F(StoreTest, TransactReturnsAnErrorOnlyIfItsReadsStillHold) {
  int runs = 0;
  const auto outcome = transact(store_, [&](Transaction& transaction) -> Result<int> {
    const bool there = transaction.contains("k");
    if (++runs == 1) {
      EXPECT_TRUE(put(store_, "k", number(1)));
    }
    if (!there) return fail(Failure::not_found, "`k` does not exist");
    return runs;
  });
  EXPECT_EQ(outcome, 2);
  const auto refused = transact(store_, [&](Transaction& transaction) -> Result<int> {
    if (transaction.contains("absent")) return 0;
    return fail(Failure::not_found, "`absent` does not exist");
  });
  EXPECT_EQ(refused.error().kind, Failure::not_found);
}

TEST_F(StoreTest, TransactGivesUpAfterItsAttempts) {
  int runs = 0;
  const auto outcome = transact(
      store_,
      [&](Transaction& transaction) -> Result<int> {
        transaction.get("k");
        EXPECT_TRUE(put(store_, "k", number(++runs)));
        transaction.put("k", number(0));
        return runs;
      },
      3);
  EXPECT_EQ(outcome.error().kind, Failure::conflict);
  EXPECT_EQ(runs, 3);
}

TEST_F(StoreTest, KeysHaveOneTo512Bytes) {
  EXPECT_TRUE(put(store_, std::string(key_bytes_max, 'k'), number(1)));
  EXPECT_EQ(put(store_, std::string(key_bytes_max + 1, 'k'), number(1)).error().kind,
            Failure::invalid);
  EXPECT_EQ(put(store_, "", number(1)).error().kind, Failure::invalid);
}

TEST_F(StoreTest, DocumentsHaveAtMostAMebibyte) {
  const std::size_t quotes = 2;
  EXPECT_TRUE(put(store_, "k", Json(std::string(document_bytes_max - quotes, 'd'))));
  const auto refused = put(store_, "k", Json(std::string(document_bytes_max - quotes + 1, 'd')));
  EXPECT_EQ(refused.error(),
            (Error{Failure::invalid, "the document `k` has 1048577 bytes: the limit is 1048576"}));
}

TEST_F(StoreTest, TransactionsHaveALimitOfWrites) {
  Transaction transaction(store_);
  for (std::size_t i = 0; i < transaction_writes_max; ++i)
    transaction.put(std::to_string(i), number(1));
  EXPECT_TRUE(store_.commit(transaction));
  transaction.put("one more", number(1));
  EXPECT_EQ(store_.commit(transaction).error().kind, Failure::invalid);
  EXPECT_EQ(store_.get("one more"), std::nullopt);
}

TEST_F(StoreTest, WhatWouldNotReadBackIsRefused) {
  EXPECT_EQ(put(store_, "k", Json("not UTF-8: \xff")).error().kind, Failure::invalid);
  Json deep(1);
  for (std::size_t level = 1; level < text::json_depth_max; ++level) deep = Json::array({deep});
  EXPECT_TRUE(put(store_, "deep", deep));
  EXPECT_EQ(put(store_, "deeper", Json::array({deep})).error().kind, Failure::invalid);
}

TEST_F(StoreTest, ABatchWithOneRefusedCommitKeepsTheOthers) {
  std::atomic<int> refused = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      const std::string key = t % 4 == 0 ? std::string(600, 'k') : "key" + std::to_string(t);
      if (!put(store_, key, number(t))) ++refused;
    });
  }
  threads.clear();
  EXPECT_EQ(refused, 4);
  EXPECT_EQ(store_.list("key").size(), 12U);
}

}  // namespace
}  // namespace ringwall::store
