// At each bound a proof is a proof; one past it, it is inconclusive and names the bound.

#include <gtest/gtest.h>

#include <algorithm>

#include "prove/prove.h"
#include "prove/testing_estate.h"

namespace ringwall::prove {
namespace {

using perimeter::Objective;

Options options_with(const Bounds& bounds) {
  Options options;
  options.today = "2026-01-01";
  options.bounds = bounds;
  return options;
}

const Row& row_of(const Report& report, Objective objective) {
  return report.rows[static_cast<std::size_t>(objective)];
}

bool names(const Row& row, const std::string& bound) {
  return std::ranges::any_of(row.cells, [&](const CellOf& cell) {
    return cell.verdict == Verdict::inconclusive &&
           std::ranges::any_of(cell.undecided,
                               [&](const std::string& why) { return why.contains(bound); });
  });
}

// A topic that lets three roles of mine in, each by its name, and from my networks only. RCPs do
// not reach topics.
loaders::Loaded three_named() {
  testing::Builder builder = testing::small_organization({});
  std::string statements = testing::only_my_networks({"vpc-0a"}, R"("Principal":"*",)") + "," +
                           testing::only_my_principals(R"("*")", "*");
  for (const std::string name : {"r1", "r2", "r3"}) {
    builder.role(testing::member, name,
                 testing::document(testing::allow_all(), policy::Kind::identity),
                 testing::document(R"({"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"})",
                                   policy::Kind::trust));
    statements += R"(,{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/)" + name +
                  R"("},"Action":"sns:Publish","Resource":"*"})";
  }
  builder.resource("arn:aws:sns:us-east-1:111122223333:named", testing::member,
                   testing::document(statements, policy::Kind::resource));
  return std::move(builder).finish();
}

TEST(Bounds, KindsOfPrincipalsPastTheBoundAreInconclusive) {
  const loaders::Loaded world = three_named();
  const perimeter::Perimeter file = testing::perimeter_file();
  const auto verdict = [&](std::size_t standing_max, const std::shared_ptr<Memory>& memory = nullptr) {
    const Report report = prove(world, file, options_with({.standing_max = standing_max}), memory);
    const Row& row = row_of(report, Objective::resource_networks);
    EXPECT_EQ(row.verdict == Verdict::inconclusive, names(row, "standing_max"));
    return row.verdict;
  };
  // The three, another role at home, and anyone elsewhere.
  EXPECT_EQ(verdict(5), Verdict::proved);
  EXPECT_EQ(verdict(4), Verdict::inconclusive);
  // What is kept for one bound is not told for another.
  const auto memory = make_memory();
  EXPECT_EQ(verdict(4, memory), Verdict::inconclusive);
  EXPECT_EQ(verdict(5, memory), Verdict::proved);
  EXPECT_EQ(verdict(4, memory), Verdict::inconclusive);
}

// Two of mine and two resources that are open to unexpected networks, each by itself; but the two
// sides allow different actions, so that together they hold.
loaders::Loaded open_pairs() {
  testing::Builder builder;
  builder.account(testing::management, "", {}, {});
  builder.account(testing::member, "ou-1", {}, {});
  for (const std::string name : {"a", "b"}) {
    const std::string action = name == "a" ? "sns:Subscribe" : "sns:Unsubscribe";
    builder.user(testing::member, name,
                 testing::document(R"({"Effect":"Allow","Action":")" + action + R"(","Resource":"arn:aws:sns:us-east-1:111122223333:*"})",
                                   policy::Kind::identity));
  }
  for (const std::string name : {"x", "y"}) {
    const std::string action = name == "x" ? "sns:Publish" : "sns:GetTopicAttributes";
    const std::string arn = "arn:aws:sns:us-east-1:111122223333:" + name;
    builder.resource(arn, testing::member,
                     testing::document(R"({"Effect":"Deny","Principal":"*","NotAction":")" + action +
                                           R"(","Resource":"*"},{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":")" +
                                           action + R"(","Resource":"*"})",
                                       policy::Kind::resource));
  }
  return std::move(builder).finish();
}

TEST(Bounds, PairsPastTheBoundAreInconclusive) {
  const loaders::Loaded world = open_pairs();
  const perimeter::Perimeter file = testing::perimeter_file();
  const auto undecided = [&](const Bounds& bounds, const std::string& bound) {
    const Report report = prove(world, file, options_with(bounds));
    EXPECT_EQ(row_of(report, Objective::identity_networks).leaking, 2U);
    const Row& whole = row_of(report, Objective::whole);
    EXPECT_EQ(whole.inconclusive != 0, names(whole, bound));
    return whole.inconclusive;
  };
  EXPECT_EQ(undecided({.pairs_max = 4}, "pairs_max"), 0U);
  EXPECT_EQ(undecided({.pairs_max = 3}, "pairs_max"), 2U);  // the principal and the resource of the pair that is left
  EXPECT_EQ(undecided({.pairs_max = 1}, "pairs_max"), 4U);
  EXPECT_EQ(undecided({.pair_looks_max = 4}, "pair_looks_max"), 0U);
  // The principal that was not looked at to its end, and whatever it may reach.
  EXPECT_EQ(undecided({.pair_looks_max = 3}, "pair_looks_max"), 3U);
  EXPECT_EQ(undecided({.pair_looks_max = 1}, "pair_looks_max"), 4U);
}

}  // namespace
}  // namespace ringwall::prove
