// What one decision costs, case by case (bench/cases), and how decisions scale over two threads
// that share one set of layers. `bench/peers` sets the numbers beside those of others.

#include <benchmark/benchmark.h>

#include <algorithm>
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

void decide(const Question& question) { benchmark::DoNotOptimize(authorize(question.request, question.layers)); }

// The cases in turn, so that no decision finds the processor as the same decision left it.
void measure_cases(benchmark::State& state, std::span<const Case> cases) {
  std::size_t next = 0;
  const auto before = measure::allocations();
  for (auto _ : state) {
    decide(cases[next].question);
    next = next + 1 == cases.size() ? 0 : next + 1;
  }
  const auto after = measure::allocations();
  const auto taken = measure::quantiles_of(samples, [&](std::size_t i) { decide(cases[i % cases.size()].question); });
  state.counters["p50_ns"] = taken.p50_ns;
  state.counters["p99_ns"] = taken.p99_ns;
  state.counters["allocations"] = benchmark::Counter(static_cast<double>(after.count - before.count) / static_cast<double>(state.iterations()));
}

// Decisions per second of `threads` threads over the same layers.
double throughput(const std::vector<Case>& cases, int threads) {
  constexpr std::size_t rounds = 4'000;
  std::chrono::steady_clock::time_point began;
  std::barrier ready(threads, [&]() noexcept { began = std::chrono::steady_clock::now(); });
  {
    std::vector<std::jthread> all;
    for (int i = 0; i < threads; ++i) {
      all.emplace_back([&] {
        ready.arrive_and_wait();
        for (std::size_t round = 0; round < rounds; ++round) {
          for (const Case& one : cases) decide(one.question);
        }
      });
    }
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - began;
  return static_cast<double>(rounds * cases.size()) * threads / elapsed.count();
}

// The best of several tries: a machine that does something else at the time says nothing of ours.
void scale_to_two_threads(benchmark::State& state, const std::vector<Case>& cases) {
  double best = 0;
  for (auto _ : state) best = std::max(best, throughput(cases, 2) / throughput(cases, 1));
  state.counters["ratio"] = best;
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
