// Commits and reads per second. The folder of TMPDIR decides what an fsync costs.

#include <benchmark/benchmark.h>

#include "store/testing.h"

namespace ringwall::store {
namespace {

using text::Json;

// One store for all threads of a run: benchmarks begin and end together at their loops.
std::unique_ptr<Store> shared_store;

void open_store(const benchmark::State&) {
  shared_store = open_temporary();
  for (int batch = 0; batch < 10; ++batch) {
    Transaction transaction(*shared_store);
    for (int i = 0; i < 1000; ++i) {
      transaction.put("iam/user/" + std::to_string(batch * 1000 + i),
                      Json::object({{"arn", "arn:aws:iam::123456789012:user/alice"}, {"n", i}}));
    }
    if (!shared_store->commit(transaction)) std::abort();
  }
}
void close_store(const benchmark::State&) {
  shared_store.reset();
}

void commits(benchmark::State& state) {
  const std::string key = "bench/" + std::to_string(state.thread_index());
  std::int64_t n = 0;
  for (auto _ : state) {
    Transaction transaction(*shared_store);
    benchmark::DoNotOptimize(transaction.get(key));
    transaction.put(key, Json::object({{"n", ++n}, {"text", std::string(200, 'x')}}));
    if (!shared_store->commit(transaction)) state.SkipWithError("a commit failed");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(commits)
    ->Setup(open_store)
    ->Teardown(close_store)
    ->Threads(1)
    ->Threads(8)
    ->Threads(64)
    ->UseRealTime();

void get_one(benchmark::State& state) {
  int n = state.thread_index();
  for (auto _ : state) {
    n = (n + 7919) % 10000;
    benchmark::DoNotOptimize(shared_store->get("iam/user/" + std::to_string(n)));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(get_one)->Setup(open_store)->Teardown(close_store)->Threads(1)->Threads(2)->UseRealTime();

void lists_of_a_hundred(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(shared_store->list("iam/user/77"));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(lists_of_a_hundred)->Setup(open_store)->Teardown(close_store);

}  // namespace
}  // namespace ringwall::store
