// What one decision costs, case by case (bench/cases), and how decisions scale over two threads
// that share one set of layers. `bench/peers` sets the numbers beside those of others.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <span>
#include <thread>

#include "authz/authz.h"
#include "authz/testing_measure.h"

namespace {

using namespace ringwall::authz;
using measure::Case;

constexpr std::size_t samples = 50'000;

void decide_once(const Question& question) { benchmark::DoNotOptimize(decide(question.request, question.layers)); }

// The cases in turn, so that no decision finds the processor as the same decision left it.
void measure_cases(benchmark::State& state, std::span<const Case> cases) {
  std::size_t next = 0;
  const auto before = measure::allocations();
  for (auto _ : state) {
    decide_once(cases[next].question);
    next = next + 1 == cases.size() ? 0 : next + 1;
  }
  const auto after = measure::allocations();
  const auto taken = measure::quantiles_of(samples, [&](std::size_t i) { decide_once(cases[i % cases.size()].question); });
  state.counters["p50_ns"] = taken.p50_ns;
  state.counters["p99_ns"] = taken.p99_ns;
  state.counters["allocations"] = benchmark::Counter(static_cast<double>(after.count - before.count) / static_cast<double>(state.iterations()));
}

// Decisions per second of `threads` threads over the same layers: of time that passed, and of time
// that the threads had a processor, in which nothing counts that other programs took.
struct Throughput {
  double passed = 0, on_processor = 0;
};

Throughput throughput(const std::vector<Case>& cases, int threads) {
  constexpr std::size_t rounds = 20'000;
  std::chrono::steady_clock::time_point began;
  std::atomic<double> processor_seconds = 0;
  std::barrier ready(threads, [&]() noexcept { began = std::chrono::steady_clock::now(); });
  {
    std::vector<std::jthread> all;
    for (int i = 0; i < threads; ++i) {
      all.emplace_back([&] {
        ready.arrive_and_wait();
        const double before = measure::thread_seconds();
        for (std::size_t round = 0; round < rounds; ++round) {
          for (const Case& one : cases) decide_once(one.question);
        }
        processor_seconds += measure::thread_seconds() - before;
      });
    }
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - began;
  const double decisions = static_cast<double>(rounds * cases.size()) * threads;
  return {decisions / elapsed.count(), decisions / (processor_seconds / threads)};
}

// The best of several tries, of one thread and of two: what other programs take is not ours.
void scale_to_two_threads(benchmark::State& state, const std::vector<Case>& cases) {
  Throughput one, two;
  const auto keep_best = [&](Throughput& best, const Throughput& taken) {
    best.passed = std::max(best.passed, taken.passed);
    best.on_processor = std::max(best.on_processor, taken.on_processor);
  };
  for (auto _ : state) {
    keep_best(two, throughput(cases, 2));
    keep_best(one, throughput(cases, 1));
  }
  state.counters["ratio"] = two.passed / one.passed;
  state.counters["ratio_on_processor"] = two.on_processor / one.on_processor;
}

const int registered = [] {
  static const std::vector<Case> headline = measure::read_cases("headline"), small = measure::read_cases("small"),
                                 hundred = measure::read_cases("hundred");
  for (const auto* cases : {&headline, &small}) {
    for (const Case& one : *cases) {
      benchmark::RegisterBenchmark(one.name.c_str(), [&one](benchmark::State& state) { measure_cases(state, {&one, 1}); });
    }
  }
  benchmark::RegisterBenchmark("headline", [](benchmark::State& state) { measure_cases(state, headline); });
  benchmark::RegisterBenchmark("small", [](benchmark::State& state) { measure_cases(state, small); });
  benchmark::RegisterBenchmark("hundred", [](benchmark::State& state) { measure_cases(state, hundred); });
  benchmark::RegisterBenchmark("two_threads", [](benchmark::State& state) { scale_to_two_threads(state, headline); })
      ->Iterations(9)
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
  return 0;
}();

}  // namespace
