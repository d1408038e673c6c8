// Small worlds, exhausted: a proof must say of every cell what deciding every request says.

#include <gtest/gtest.h>

#include "prove/testing_compare.h"
#include "prove/testing_tiny.h"

namespace ringwall::prove {
namespace {

using namespace testing::worlds;  // tidy: all of it is about these worlds

constexpr std::uint64_t seed = 20'261'130;
constexpr std::size_t letters = 16;
constexpr int worlds = 40;  // of each topic
constexpr std::size_t tiny_letters = 5, composed_letters = 6;
constexpr std::size_t composed_worlds = 700;  // of each topic
constexpr int tiny_worlds = 40;  // of each topic and person

class Worlds : public ::testing::TestWithParam<int> {
 protected:
  Topic topic() const { return static_cast<Topic>(GetParam()); }
  Second second() const { return static_cast<Second>((GetParam() + 2) % 3); }
  std::uint64_t own_seed() const { return seed + static_cast<std::uint64_t>(GetParam()); }
};

TEST_P(Worlds, AreProvedExactlyWhereNoRequestCrosses) {
  SCOPED_TRACE("seed " + std::to_string(own_seed()));
  Alphabet alphabet(own_seed(), topic(), second(), letters);
  const Sets sets(alphabet.universe());
  Choices choices(own_seed());
  std::shared_ptr<Memory> memory = make_memory(proofs_kept);
  std::size_t leaking = 0, cells = 0;
  Pool pool(choices, alphabet);
  for (int i = 0; i < worlds; ++i) {
    const World world = pool.draw();
    const Compared all = compare(world, alphabet, sets, memory);
    leaking += all.leaking;
    cells += all.cells;
    for (const Disagreement& difference : all.differences) {
      FAIL() << "world " << i << ": " << shrunk(world, difference, alphabet, sets);
    }
  }
  // Worlds that all leak, or none, would hold nothing to anything.
  EXPECT_GT(leaking, cells / 10);
  EXPECT_LT(leaking, cells * 9 / 10);
}

// All that there are of few statements, as far as the number goes.
TEST_P(Worlds, ThatSayLittleAreProvedExactlyWhereNoRequestCrosses) {
  SCOPED_TRACE("seed " + std::to_string(own_seed()));
  Alphabet alphabet(own_seed(), topic(), second(), tiny_letters);
  const Sets sets(alphabet.universe());
  Choices choices(own_seed());
  Pool pool(choices, alphabet);
  std::shared_ptr<Memory> memory = make_memory(proofs_kept);
  for (std::size_t person = 0; person < people; ++person) {
    const World file = pool.draw_file();
    Tiny tiny(alphabet, {.person = static_cast<People>(person), .second = person % 2 != 0, .gate = person == 1, .management = false}, file);
    World world;
    for (int i = 0; i < tiny_worlds && tiny.next(world); ++i) {
      for (const Disagreement& difference : compare(world, alphabet, sets, memory).differences)
        FAIL() << "world " << i << ": " << shrunk(world, difference, alphabet, sets);
    }
  }
}

// A few documents, put together in every way: questions return, so that answers which are kept are held as well.
TEST_P(Worlds, ThatAreComposedAreProvedExactlyWhereNoRequestCrosses) {
  SCOPED_TRACE("seed " + std::to_string(own_seed()));
  Alphabet alphabet(own_seed(), topic(), second(), composed_letters);
  const Sets sets(alphabet.universe());
  Choices choices(own_seed());
  Pool pool(choices, alphabet);
  const Composed composed(pool, alphabet);
  std::shared_ptr<Memory> memory = make_memory(proofs_kept);
  for (std::size_t i = 0; i < composed_worlds; ++i) {
    const std::optional<World> world = composed.world(i);
    if (!world) continue;
    for (const Disagreement& difference : compare(*world, alphabet, sets, memory).differences)
      FAIL() << "world " << i << ": " << shrunk(*world, difference, alphabet, sets);
  }
}

TEST_P(Worlds, AreDecidedAsThePlainEvaluatorDecidesEachRequest) {
  SCOPED_TRACE("seed " + std::to_string(own_seed()));
  Alphabet alphabet(own_seed(), topic(), second(), letters / 2);
  const Sets sets(alphabet.universe());
  Choices choices(own_seed());
  authz::plain::Evaluator evaluator;
  Pool pool(choices, alphabet);
  for (int i = 0; i < 3; ++i) {
    const World world = pool.draw();
    const loaders::Loaded loaded = Maker(world, alphabet).make();
    const Oracle oracle(world, alphabet, sets);
    for (std::size_t at = 0; at < alphabet.universe().size(); ++at) {
      if (!oracle.requests().test(at)) continue;
      const bool allowed = oracle.decide(at, loaded, evaluator).verdict == authz::Verdict::allow;
      ASSERT_EQ(allowed, oracle.allowed().test(at)) << written(alphabet.request(at)) << "\n" << written(world, alphabet);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Topics, Worlds, ::testing::Range(0, static_cast<int>(topics)),
                         [](const auto& topic) { return std::string(name_of(static_cast<Topic>(topic.param))); });

// Two of the first worlds that differed, written out.
Verdict verdict_of(const Report& report, Objective row, const std::string& subject) {
  const auto& cells = report.rows[static_cast<std::size_t>(row)].cells;
  const auto cell = std::ranges::find(cells, subject, &CellOf::subject);
  return cell != cells.end() ? cell->verdict : Verdict::inconclusive;
}

TEST(Worlds, SomebodyOfATrustedAccountComesFromAnywhereToo) {
  testing::Builder builder = testing::small_organization({});
  const std::string text = std::string(R"({"Effect":"Allow","Principal":{"AWS":")") + partner + R"("},"Action":"sqs:SendMessage","Resource":"*"})";
  builder.resource(testing::queue, testing::member, testing::document(text, policy::Kind::resource));
  // Without RCPs its policy decides alone.
  builder.account(testing::member, "ou-1", {}, {});
  const loaders::Loaded loaded = std::move(builder).finish();
  perimeter::Perimeter file = testing::perimeter_file();
  file.accounts = {partner};
  const Report report = prove(loaded, file, proof_options());
  EXPECT_EQ(verdict_of(report, Objective::resource_principals, testing::queue), Verdict::proved);
  EXPECT_EQ(verdict_of(report, Objective::resource_networks, testing::queue), Verdict::leak);
  EXPECT_EQ(verdict_of(report, Objective::whole, testing::queue), Verdict::leak);
}

TEST(Worlds, SomebodyOfATrustedAccountPassesAnEndpointToForeignResources) {
  testing::Builder builder = testing::small_organization({});
  const std::string text = std::string(R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*","Condition":)") +
                           R"({"StringEquals":{"aws:PrincipalAccount":")" + partner + "\"}}}";
  builder.endpoint("vpce-0b", testing::member, "vpc-0a", "s3", testing::document(text, policy::Kind::endpoint));
  const loaders::Loaded loaded = std::move(builder).finish();
  perimeter::Perimeter file = testing::perimeter_file();
  file.accounts = {partner};
  const Report report = prove(loaded, file, proof_options());
  EXPECT_EQ(verdict_of(report, Objective::network_principals, "vpce-0b"), Verdict::proved);
  EXPECT_EQ(verdict_of(report, Objective::network_resources, "vpce-0b"), Verdict::leak);
}

TEST(Worlds, ShrinkToWhatADifferenceNeeds) {
  Alphabet alphabet(seed, Topic::names, Second::queue, 4);
  Choices choices(seed);
  World world = Pool(choices, alphabet).draw();
  world.bucket = {true, Letters{1, 2}};
  const World smallest = Shrinker(world, [](const World& one) { return one.bucket.there; }).run();
  EXPECT_EQ(written(smallest, alphabet), written([] {
              World least;
              least.bucket = {true, Letters{0}};
              least.root_scps = least.root_rcps = {{0}};
              return least;
            }(), alphabet));
}

}  // namespace
}  // namespace ringwall::prove
