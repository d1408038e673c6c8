#include "gateway/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace ringwall::gateway {
namespace {

TEST(Workers, EveryJobRunsBeforeTheEnd) {
  std::atomic<int> done = 0;
  {
    Workers workers(3, 1000);
    for (int i = 0; i < 1000; ++i) {
      Workers::Job job = [&] { ++done; };
      ASSERT_TRUE(workers.post(job));
    }
  }
  EXPECT_EQ(done, 1000);
}

TEST(Workers, AFullQueueRefusesAndKeepsTheJob) {
  std::promise<void> gate;
  auto opened = gate.get_future().share();
  std::promise<void> started;
  Workers workers(1, 2);
  Workers::Job blocking = [&] {
    started.set_value();
    opened.wait();
  };
  ASSERT_TRUE(workers.post(blocking));
  started.get_future().wait();
  for (int i = 0; i < 2; ++i) {
    Workers::Job job = [] {};
    EXPECT_TRUE(workers.post(job));
  }
  bool ran = false;
  Workers::Job refused = [&] { ran = true; };
  EXPECT_FALSE(workers.post(refused));
  refused();
  EXPECT_TRUE(ran);
  gate.set_value();
}

}  // namespace
}  // namespace ringwall::gateway
