// decide() against its plain twin, on generated decisions. Prints its seed: with RINGWALL_SEED it
// runs again, with RINGWALL_DECISIONS it runs longer.

#include <gtest/gtest.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>

#include "authz/testing_shrink.h"

namespace ringwall::authz::testing {
namespace {

constexpr std::uint64_t decisions_per_world = 100;
#ifdef NDEBUG
constexpr std::uint64_t decisions_by_default = 300'000;
#else
constexpr std::uint64_t decisions_by_default = 30'000;
#endif

std::uint64_t environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  if (text == nullptr) return otherwise;
  const std::string_view digits(text);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  EXPECT_TRUE(error == std::errc() && end == digits.data() + digits.size())
      << name << "=" << digits;
  return value;
}

std::uint64_t some_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

// What was decided how often, so that a generator that has become one-sided is seen.
struct Tally {
  std::map<std::string, std::uint64_t> outcomes;
  std::uint64_t decisions = 0, documents = 0, refused = 0, statements_compared = 0;

  double share(const std::string& outcome) const {
    const auto found = outcomes.find(outcome);
    return found == outcomes.end()
               ? 0
               : static_cast<double>(found->second) / static_cast<double>(decisions);
  }
  void count(const Decision& decision) {
    ++decisions;
    ++outcomes[std::string(name_of(decision.verdict))];
    ++outcomes[std::string(name_of(decision.verdict)) + ": " +
               std::string(name_of(decision.layer))];
  }
};

// Puts many requests to one world. False: the two differ, and it is said where.
bool compare(std::uint64_t seed, Tally& tally) {
  Choices choices(seed);
  World made = world(choices);
  tally.documents += made.documents;
  tally.refused += made.refused;
  plain::Evaluator twin;
  const Indexed indexed(made.owned);
  for (std::uint64_t i = 0; i < decisions_per_world; ++i) {
    const policy::Request request = policy::testing::request(choices, made.service);
    const Decision decision = authorize(request, made.owned.layers());
    tally.count(decision);
    std::string found = difference(request, made.owned, twin, decision);
    if (const Decision by_index = authorize(request, indexed.layers()); found.empty() && by_index != decision)
      found = "with an index that was asked before, decided " + described(by_index) + ", without " +
              described(decision);
    if (found.empty() && i % 8 == 0) {
      found = any_difference(request, made.owned, twin);
      for_each_policy(made.owned, [&](const Named& named) {
        tally.statements_compared += named.document->statements();
      });
    }
    if (found.empty()) continue;
    ADD_FAILURE() << "request " << i << " of the world of RINGWALL_SEED=" << seed << ": " << found
                  << "\nas small as it gets: " << shrunk(request, made.owned);
    return false;
  }
  return true;
}

TEST(Twin, DecidesAsTheEvaluatorOnEveryGeneratedQuestion) {
  const std::uint64_t seed = environment("RINGWALL_SEED", some_seed());
  const std::uint64_t decisions = environment("RINGWALL_DECISIONS", decisions_by_default);
  std::printf("RINGWALL_SEED=%llu\n", static_cast<unsigned long long>(seed));
  Tally tally;
  const auto started = std::chrono::steady_clock::now();
  for (std::uint64_t n = 0; tally.decisions < decisions; ++n) ASSERT_TRUE(compare(seed + n, tally));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  std::printf(
      "%llu decisions in %.1f s (%.0f/s) about %llu policies, of which %.1f %% were refused; "
      "%llu statements one by one\n",
      static_cast<unsigned long long>(tally.decisions), took.count(),
      static_cast<double>(tally.decisions) / took.count(),
      static_cast<unsigned long long>(tally.documents),
      100 * static_cast<double>(tally.refused) / static_cast<double>(tally.documents),
      static_cast<unsigned long long>(tally.statements_compared));
  for (const auto& [outcome, count] : tally.outcomes)
    std::printf("%6.2f %%  %s\n", 100 * tally.share(outcome), outcome.c_str());
  if (tally.decisions < 300'000) return;
  // A comparison in which a layer hardly ever decides says little about it.
  for (const char* verdict : {"allow", "explicit-deny", "implicit-deny"})
    EXPECT_GT(tally.share(verdict), 0.05) << verdict;
  for (const Layer layer : {Layer::identity, Layer::boundary, Layer::session, Layer::resource,
                            Layer::trust, Layer::scp, Layer::rcp, Layer::endpoint}) {
    for (const Verdict verdict : {Verdict::explicit_deny, Verdict::implicit_deny}) {
      const std::string outcome =
          std::string(name_of(verdict)) + ": " + std::string(name_of(layer));
      EXPECT_GT(tally.share(outcome), 0.0005) << outcome;
    }
  }
}

}  // namespace
}  // namespace ringwall::authz::testing
