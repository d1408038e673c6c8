// What a whole question costs, from two texts to the answer.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "base/check.h"
#include "prover/prover.h"
#include "prover/testing_pairs.h"

namespace {

using namespace ringwall::prover;
using ringwall::policy::DocumentPtr;

// Of this process, so that a busy machine does not show.
double processor_us() {
  return static_cast<double>(std::clock()) * 1e6 / CLOCKS_PER_SEC;
}

Answer beyond(Prover& prover, const DocumentPtr& a, const DocumentPtr& b) {
  Query query;
  query.universe.callers = {{}};
  query.allowing = {{.document = a}};
  query.refusing = {{.document = b}};
  return prover.ask(query);
}

DocumentPtr compiled(std::string_view text) {
  return ringwall::policy::compile(text, ringwall::policy::Kind::identity, ringwall::policy::Quota::waived)
      .value_or(nullptr);
}

// Policies against what people make of them; reading included. Which of them were slowest is
// printed with RINGWALL_SLOWEST set.
void mutated_pairs(benchmark::State& state) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::uint64_t seed = 1; pairs.size() < 1'000; ++seed) {
    testing::Choices choices(seed);
    const std::string original(testing::everyday_policies[seed % std::size(testing::everyday_policies)]);
    std::string changed = testing::mutated(choices, original);
    if (compiled(changed) != nullptr) pairs.emplace_back(std::move(changed), original);
  }
  std::vector<std::pair<double, std::size_t>> us;
  std::size_t found = 0, inconclusive = 0;
  Prover prover;
  for (auto _ : state) {
    us.clear();
    found = inconclusive = 0;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const double start = processor_us();
      const Answer answer = beyond(prover, compiled(pairs[i].first), compiled(pairs[i].second));
      us.emplace_back(processor_us() - start, i);
      found += answer.verdict == Verdict::found ? 1 : 0;
      inconclusive += answer.verdict == Verdict::inconclusive ? 1 : 0;
    }
  }
  std::ranges::sort(us);
  state.counters["median_us"] = us[us.size() / 2].first;
  state.counters["p99_us"] = us[us.size() * 99 / 100].first;
  state.counters["max_us"] = us.back().first;
  state.counters["found"] = static_cast<double>(found);
  state.counters["inconclusive"] = static_cast<double>(inconclusive);
  if (std::getenv("RINGWALL_SLOWEST") == nullptr) return;
  for (std::size_t i = us.size() - 5; i < us.size(); ++i)
    printf("%.0f us: %s\n", us[i].first, pairs[us[i].second].first.c_str());
}
BENCHMARK(mutated_pairs)->Unit(benchmark::kMillisecond)->Iterations(3);

std::string large_policy(std::size_t first, std::size_t count) {
  static constexpr std::string_view verbs[] = {"Get", "List", "Describe", "Create", "Delete", "Update"};
  std::string text = R"({"Version":"2012-10-17","Statement":[)";
  constexpr std::size_t statements = 8;
  for (std::size_t part = 0; part < statements; ++part) {
    text += R"({"Effect":"Allow","Resource":"*","Action":[)";
    for (std::size_t i = first + part; i < first + count; i += statements) {
      text += "\"service" + std::to_string(i % 150) + ":" + std::string(verbs[i % 6]) + "Thing" +
              std::to_string(i / 6) + (i % 2 == 0 ? "*\"," : "\",");
    }
    text.back() = ']';
    text += part + 1 < statements ? "}," : "}";
  }
  return text + "]}";
}

// Both directions, by a prover that has answered before: what the catalogue says is read once.
void large_pair(benchmark::State& state) {
  const std::string one = large_policy(0, 3'188), other = large_policy(3, 3'185);
  double compiling = 0, found = 0, none = 0;
  Prover prover;
  for (auto _ : state) {
    const double start = processor_us();
    const DocumentPtr a = compiled(one), b = compiled(other);
    RW_CHECK(a != nullptr && b != nullptr);
    const double ready = processor_us();
    RW_CHECK(beyond(prover, a, b).verdict == Verdict::found);
    const double told = processor_us();
    RW_CHECK(beyond(prover, b, a).verdict == Verdict::none);
    compiling = (ready - start) / 1000;
    found = (told - ready) / 1000;
    none = (processor_us() - told) / 1000;
  }
  state.counters["compile_ms"] = compiling;
  state.counters["found_ms"] = found;
  state.counters["none_ms"] = none;
}
BENCHMARK(large_pair)->Unit(benchmark::kMillisecond);

}  // namespace
