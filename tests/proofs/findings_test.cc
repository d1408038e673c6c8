// Access Analyzer's findings about small worlds: they must tell of access from outside exactly where there is some.

#include "findings.h"

#include <gtest/gtest.h>

namespace ringwall::prove {
namespace {

using namespace testing::worlds;  // tidy: all of it is about these worlds

constexpr std::uint64_t seed = 20'261'201;
constexpr std::size_t letters = 8;
constexpr int worlds = 40;  // of each topic

TEST(Findings, TellOfAccessFromOutsideExactlyWhereARequestOfSomebodyOutsideIsAllowed) {
  for (std::size_t topic = 0; topic < topics; ++topic) {
    SCOPED_TRACE("seed " + std::to_string(seed + topic));
    Alphabet alphabet(seed + topic, static_cast<Topic>(topic), Second::key, letters);
    const Sets sets(alphabet.universe());
    Choices choices(seed + topic);
    Pool pool(choices, alphabet);
    for (int i = 0; i < worlds; ++i) {
      const World world = pool.draw();
      const std::string difference = findings_differ(Maker(world, alphabet).make(), world, Oracle(world, alphabet, sets));
      ASSERT_EQ(difference, "") << written(world, alphabet);
    }
  }
}

}  // namespace
}  // namespace ringwall::prove
