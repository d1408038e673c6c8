#include <benchmark/benchmark.h>

#include "catalogue/catalogue.h"

namespace ringwall::embedded {
std::string_view catalogue(std::string_view name);
}

namespace {

using ringwall::catalogue::Action;
using ringwall::catalogue::Catalogue;

// Reading checks every line; opening the built-in data builds the index alone, once a process.
void read_and_check_everything(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(Catalogue::read(ringwall::embedded::catalogue("catalogue.txt")));
  }
}
BENCHMARK(read_and_check_everything)->Unit(benchmark::kMillisecond);

void open_once(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(&Catalogue::builtin());
}
BENCHMARK(open_once)->Iterations(1)->Unit(benchmark::kMicrosecond);

void find_action(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Catalogue::builtin().action("ec2:RunInstances"));
}
BENCHMARK(find_action);

void walk_pattern(benchmark::State& state) {
  for (auto _ : state) {
    std::size_t count = 0;
    Catalogue::builtin().for_each_action("ec2:Describe*", [&](const Action&) {
      ++count;
      return true;
    });
    benchmark::DoNotOptimize(count);
  }
}
BENCHMARK(walk_pattern);

}  // namespace
