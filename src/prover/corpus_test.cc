// The prover against the evaluator where both can answer: about one request. Every case of the
// rule corpus, and random ones.

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <cstdio>
#include <iterator>
#include <random>

#include "authz/rule_file.h"
#include "authz/testing_cases.h"
#include "prover/testing_pinned.h"

namespace ringwall::prover {
namespace {

namespace fs = std::filesystem;

struct Tally {
  std::size_t allowed = 0, denied = 0, inconclusive = 0, of_other_worlds = 0;
};

// What is wrong with the prover's answer; empty: nothing.
std::string difference(const policy::Request& request, const authz::Layers& layers, Prover& prover,
                       Tally& tally) {
  if (!testing::in_universe(request)) {
    ++tally.of_other_worlds;
    return "";
  }
  const bool allowed = authz::authorize(request, layers).verdict == authz::Verdict::allow;
  const Answer answer = prover.ask(testing::pinned(request, layers));
  ++(allowed ? tally.allowed : tally.denied);
  if (answer.verdict == Verdict::inconclusive && !allowed) {
    ++tally.inconclusive;
    // A key's value that is not UTF-8 stands in a pattern as a variable's: that is told, not decided.
    const bool told = !answer.undecided.empty() && answer.undecided.front().contains("not UTF-8");
    return told ? "" : "inconclusive: " + (answer.undecided.empty() ? "" : answer.undecided.front());
  }
  if ((answer.verdict == Verdict::found) == allowed) return "";
  return allowed ? "it is allowed, and the prover finds nothing"
                 : "it is not allowed, and the prover finds it";
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Corpus, EveryCaseIsFoundExactlyIfItIsAllowed) {
  constexpr std::size_t cases_min = 250;
  Prover prover;
  Tally tally;
  for (const auto& entry : fs::recursive_directory_iterator(RINGWALL_SOURCE_DIR "/tests/spec")) {
    if (entry.path().extension() != ".rule") continue;
    const auto file = authz::read_rule_file(content_of(entry.path()));
    ASSERT_TRUE(file.has_value()) << entry.path();
    const authz::ReadDocument read = [&](const std::string& name) -> Result<std::string> {
      return content_of(entry.path().parent_path() / name);
    };
    for (const authz::RuleCase& one : file->cases) {
      const auto question = authz::read_question(one.question(), read);
      if (!question) continue;  // a case of refusal
      EXPECT_EQ(difference(question->request, question->layers, prover, tally), "")
          << entry.path().string() << ":" << one.line << ": " << one.name;
    }
  }
  std::printf("%zu allowed, %zu denied, %zu of other worlds\n", tally.allowed, tally.denied, tally.of_other_worlds);
  EXPECT_GE(tally.allowed + tally.denied, cases_min);
  EXPECT_EQ(tally.inconclusive, 0U);
}

std::uint64_t environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  if (text == nullptr) return otherwise;
  const std::string_view digits(text);
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

TEST(Corpus, RandomRequestsAreFoundExactlyIfTheyAreAllowed) {
  constexpr std::size_t requests_per_world = 8;
  std::random_device device;
  const std::uint64_t first = environment("RINGWALL_SEED", device());
  const std::uint64_t worlds = environment("RINGWALL_WORLDS", 60);
  std::printf("RINGWALL_SEED=%s\n", std::to_string(first).c_str());
  Tally tally;
  for (std::uint64_t seed = first; seed < first + worlds; ++seed) {
    policy::testing::Choices choices(seed);
    const authz::testing::World world = authz::testing::world(choices);
    Prover prover;
    for (std::size_t i = 0; i < requests_per_world; ++i) {
      const policy::Request request = policy::testing::request(choices, world.service);
      const std::string found = difference(request, world.owned.layers(), prover, tally);
      ASSERT_EQ(found, "") << "request " << i << " of the world of RINGWALL_SEED=" << seed << ": `"
                           << request.action << "` on `" << request.resource << "`";
    }
  }
  std::printf("%zu allowed, %zu denied, %zu of other worlds, %zu inconclusive\n", tally.allowed, tally.denied, tally.of_other_worlds, tally.inconclusive);
}

}  // namespace
}  // namespace ringwall::prover
