// What a fresh solver costs, with a question as small as most of ours.

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "sat/sat.h"
#include "sat/testing_formulas.h"

namespace ringwall::sat {
namespace {

void fresh_solver(benchmark::State& state) {
  for (auto _ : state) {
    Solver solver;
    for (Literal variable = 1; variable < 30; ++variable)
      solver.add(Clause{variable, -variable - 1, variable + 2});
    RW_CHECK(solver.solve() == Outcome::satisfiable);
  }
}
BENCHMARK(fresh_solver);

void refute_pigeons(benchmark::State& state) {
  const auto clauses = testing::pigeons(static_cast<int>(state.range(0)));
  for (auto _ : state) RW_CHECK(refute(clauses).has_value());
}
BENCHMARK(refute_pigeons)->Arg(4)->Arg(6)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ringwall::sat
