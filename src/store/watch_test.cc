#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <thread>

#include "store/testing.h"

namespace ringwall::store {
namespace {

using text::Json;

Result<Revision> put(Store& store, std::string_view key, std::int64_t n) {
  Transaction transaction(store);
  transaction.put(key, Json(n));
  return store.commit(transaction);
}

// What a watch heard, one line a commit, and a way to wait for the last of it.
class Heard {
 public:
  void operator()(const std::vector<Change>& changes) {
    std::string line;
    for (const Change& change : changes) {
      line += change.key + "=" + (change.document ? change.document->dump() : "erased") + " ";
    }
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    changed_.notify_all();
  }
  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return lines_.size() >= count; });
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

TEST(Watch, HearsEachCommitUnderItsPrefixOnceInOrder) {
  const auto store = open_temporary();
  ASSERT_TRUE(put(*store, "a/before", 0));
  Heard heard;
  const auto watch = store->watch("a/", std::ref(heard));
  ASSERT_TRUE(put(*store, "a/1", 1));
  ASSERT_TRUE(put(*store, "b/1", 1));
  Transaction transaction(*store);
  transaction.put("a/2", Json(2));
  transaction.erase("a/1");
  transaction.erase("a/absent");
  transaction.put("b/2", Json(2));
  ASSERT_TRUE(store->commit(transaction));
  ASSERT_TRUE(put(*store, "a/3", 3));
  EXPECT_EQ(heard.wait_for(3), (std::vector<std::string>{"a/1=1 ", "a/1=erased a/2=2 ", "a/3=3 "}));
}

TEST(Watch, OfManyWritersHearsTheOrderOfRevisions) {
  const auto store = open_temporary();
  constexpr int threads = 4;
  constexpr int commits = 50;
  Heard heard;
  const auto watch = store->watch("k", std::ref(heard));
  std::mutex mutex;
  std::map<Revision, std::string> expected;
  {
    std::vector<std::jthread> writers;
    for (int t = 0; t < threads; ++t) {
      writers.emplace_back([&, t] {
        for (int i = 0; i < commits; ++i) {
          const auto revision = put(*store, "k", t * commits + i);
          ASSERT_TRUE(revision);
          const std::lock_guard lock(mutex);
          expected[*revision] = "k=" + std::to_string(t * commits + i) + " ";
        }
      });
    }
  }
  std::vector<std::string> in_order;
  for (auto& [revision, line] : expected) in_order.push_back(line);
  EXPECT_EQ(heard.wait_for(threads * commits), in_order);
}

TEST(Watch, ItsCallbackCanReadWhatItHearsAndCommit) {
  const auto store = open_temporary();
  Heard heard;
  const auto echo = store->watch("in", [&](const std::vector<Change>& changes) {
    EXPECT_EQ(*store->get("in")->document, *changes[0].document);
    EXPECT_TRUE(put(*store, "out", 1));
  });
  const auto watch = store->watch("out", std::ref(heard));
  ASSERT_TRUE(put(*store, "in", 1));
  EXPECT_EQ(heard.wait_for(1)[0], "out=1 ");
}

TEST(Watch, DestroyedWithinItsCallbackIsNotCalledAgain) {
  const auto store = open_temporary();
  int calls = 0;
  std::unique_ptr<Watch> watch;
  std::promise<void> ready;
  watch = store->watch("k", [&, made = ready.get_future().share()](const std::vector<Change>&) {
    made.wait();
    ++calls;
    watch.reset();
  });
  Heard heard;
  const auto later = store->watch("k", std::ref(heard));
  ready.set_value();
  ASSERT_TRUE(put(*store, "k", 1));
  ASSERT_TRUE(put(*store, "k", 2));
  heard.wait_for(2);
  EXPECT_EQ(calls, 1);
}

TEST(Watch, DestroyingItWaitsForTheRunningCallback) {
  const auto store = open_temporary();
  std::promise<void> entered;
  std::promise<void> leave;
  std::atomic<bool> left = false;
  auto watch = store->watch("k", [&](const std::vector<Change>&) {
    entered.set_value();
    leave.get_future().wait();
    left = true;
  });
  ASSERT_TRUE(put(*store, "k", 1));
  entered.get_future().wait();
  std::jthread releaser([&] { leave.set_value(); });
  watch.reset();
  EXPECT_TRUE(left);
}

TEST(Watch, WhatWasCommittedIsHeardBeforeTheStoreGoes) {
  auto store = open_temporary();
  int calls = 0;
  const auto watch = store->watch("", [&](const std::vector<Change>&) { ++calls; });
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(put(*store, "k", i));
  store.reset();
  EXPECT_EQ(calls, 100);  // and the watch goes after the store
}

// A callback that blocks holds back commits once watch_backlog_max of them wait, not before.
TEST(Watch, ABacklogAtItsLimitHoldsCommitsBack) {
  const auto store = open_temporary();
  std::promise<void> leave;
  const auto blocked = leave.get_future().share();
  std::atomic<std::size_t> calls = 0;
  const auto watch = store->watch("", [&](const std::vector<Change>&) {
    blocked.wait();
    ++calls;
  });
  {
    constexpr std::size_t threads = 16;  // so that they share their fsyncs
    static_assert(watch_backlog_max % threads == 0);
    std::vector<std::jthread> writers;
    for (std::size_t t = 0; t < threads; ++t) {
      writers.emplace_back([&] {
        for (std::size_t i = 0; i < watch_backlog_max / threads; ++i)
          EXPECT_TRUE(put(*store, "k", 1));
      });
    }
  }
  std::future<bool> past =
      std::async(std::launch::async, [&] { return put(*store, "k", 2).has_value(); });
  EXPECT_EQ(past.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  EXPECT_EQ(*store->get("k")->document, Json(1));
  leave.set_value();
  EXPECT_TRUE(past.get());
}

}  // namespace
}  // namespace ringwall::store
