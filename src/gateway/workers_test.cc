#include "gateway/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>

namespace ringwall::gateway {
namespace {

constexpr Workers::Limits roomy{.queued_max = 1000, .queued_per_account_max = 1000};

// A job that waits to be let go, and tells that it has started.
class Gate {
 public:
  Workers::Job job() {
    return [this] {
      started_.set_value();
      opened_.get_future().wait();
    };
  }
  void await_start() { started_.get_future().wait(); }
  void open() { opened_.set_value(); }

 private:
  std::promise<void> started_, opened_;
};

bool post(Workers& workers, std::string_view account, Workers::Job job) { return workers.post(account, job); }

TEST(Workers, EveryJobRunsBeforeTheEnd) {
  std::atomic<int> done = 0;
  {
    Workers workers(3, roomy);
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(post(workers, std::to_string(i % 7), [&] { ++done; }));
  }
  EXPECT_EQ(done, 1000);
}

TEST(Workers, AFullQueueRefusesAndKeepsTheJob) {
  Gate gate;
  Workers workers(1, {.queued_max = 2, .queued_per_account_max = 2});
  ASSERT_TRUE(post(workers, "one", gate.job()));
  gate.await_start();
  EXPECT_TRUE(post(workers, "one", [] {}));
  EXPECT_TRUE(post(workers, "two", [] {}));
  bool ran = false;
  Workers::Job refused = [&] { ran = true; };
  EXPECT_FALSE(workers.post("three", refused));
  refused();
  EXPECT_TRUE(ran);
  gate.open();
}

TEST(Workers, AnAccountsFullQueueRefusesThatAccountAlone) {
  Gate gate;
  Workers workers(1, {.queued_max = 1000, .queued_per_account_max = 2});
  ASSERT_TRUE(post(workers, "noisy", gate.job()));
  gate.await_start();
  EXPECT_TRUE(post(workers, "noisy", [] {}));
  EXPECT_TRUE(post(workers, "noisy", [] {}));
  EXPECT_FALSE(post(workers, "noisy", [] {}));
  EXPECT_TRUE(post(workers, "quiet", [] {}));
  gate.open();
}

TEST(Workers, AccountsTakeTurns) {
  Gate gate;
  std::string order;
  {
    Workers workers(1, roomy);
    ASSERT_TRUE(post(workers, "first", gate.job()));
    gate.await_start();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(post(workers, "noisy", [&] { order += 'n'; }));
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(post(workers, "quiet", [&] { order += 'q'; }));
    gate.open();
  }
  EXPECT_EQ(order, "nqnqn");
}

TEST(Workers, OneAccountsLongJobsLeaveThreadsForOthers) {
  Gate gates[4];
  std::promise<void> answered;
  Workers workers(4, roomy);
  for (Gate& gate : gates) ASSERT_TRUE(post(workers, "noisy", gate.job()));
  gates[0].await_start();
  gates[1].await_start();
  // All that the noisy account may run are running and will not end by themselves.
  ASSERT_TRUE(post(workers, "quiet", [&] { answered.set_value(); }));
  answered.get_future().wait();
  for (Gate& gate : gates) gate.open();
}

}  // namespace
}  // namespace ringwall::gateway
