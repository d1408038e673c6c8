#include "prove/prove.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "prove/testing_estate.h"

namespace ringwall::prove {
namespace {

using perimeter::Objective;
using testing::Layers;

const Options options{.today = "2026-01-01", .threads = 2};

const Row& row_of(const Report& report, Objective objective) {
  return report.rows[static_cast<std::size_t>(objective)];
}

// The names of rows that are not proved.
std::string fallen(const Report& report) {
  std::string out;
  for (const Row& row : report.rows) {
    if (row.verdict != Verdict::proved)
      out += (out.empty() ? "" : " ") + std::string(perimeter::name_of(row.objective));
  }
  return out;
}

// Everything there is to know of what is not proved: for messages of failed tests.
std::string told(const Report& report) {
  std::string out;
  for (const Row& row : report.rows) {
    for (const CellOf& cell : row.cells) {
      if (cell.verdict == Verdict::proved) continue;
      out += std::string(perimeter::name_of(row.objective)) + " " + cell.subject + ": " +
             std::string(name_of(cell.verdict)) + "\n";
      for (const std::string& why : cell.undecided) out += "  ? " + why + "\n";
      for (const std::size_t leak : cell.leaks) {
        const policy::Request& request = report.leaks[leak].finding.request;
        out += "  " + std::to_string(static_cast<int>(request.principal.type)) + " " +
               request.principal.arn + request.principal.service + request.principal.provider + " " +
               request.action + " " + request.resource;
        for (const auto& entry : request.context.entries())
          out += " " + entry.key + "=" + (entry.values.empty() ? "" : entry.values.front());
        out += "\n";
      }
    }
  }
  return out;
}

Report proof_of(const Layers& layers) {
  const loaders::Loaded world = testing::small_organization(layers).finish();
  const perimeter::Perimeter file = testing::perimeter_file();
  return prove(world, file, options);
}

TEST(Prove, HoldsEveryCellWhenEveryLayerIsThere) {
  const Report report = proof_of({});
  EXPECT_EQ(fallen(report), "") << told(report);
  EXPECT_EQ(report.verdict(), Verdict::proved);
  EXPECT_EQ(report.principals, 2U);
  EXPECT_EQ(report.resources, 2U);
  EXPECT_EQ(report.endpoints, 1U);
  EXPECT_EQ(report.roles, 1U);
  EXPECT_EQ(report.accounts, 3U);
  EXPECT_TRUE(report.leaks.empty());
}

// Each cell that fell has a witness, and says what to do.
void expect_witnesses(const Report& report) {
  for (const Leak& leak : report.leaks) {
    EXPECT_FALSE(leak.subjects.empty());
    EXPECT_FALSE(leak.fix.empty());
    EXPECT_TRUE(leak.finding.callable);
    for (const authz::Decision& decision : leak.finding.decisions)
      EXPECT_EQ(decision.verdict, authz::Verdict::allow);
  }
}

TEST(Prove, FindsWhatOnlyTheResourceScpHolds) {
  const Report report = proof_of({.scp_resources = false});
  EXPECT_EQ(fallen(report), "identity/resources perimeter") << told(report);
  expect_witnesses(report);
}

TEST(Prove, FindsWhatOnlyTheNetworkScpHolds) {
  const Report report = proof_of({.scp_networks = false});
  EXPECT_EQ(fallen(report), "identity/networks perimeter") << told(report);
  expect_witnesses(report);
}

TEST(Prove, FindsThatResourceStatementsAreBackedByRcpsOnlyWhereThoseReach) {
  const Report report = proof_of({.statements = false});
  EXPECT_EQ(fallen(report), "resource/principals resource/networks perimeter") << told(report);
  for (const Leak& leak : report.leaks)
    EXPECT_EQ(leak.subjects, std::vector<std::string>{testing::topic});
  expect_witnesses(report);
}

TEST(Prove, StandsWithoutRcpsWhereEveryPolicyHasTheStatements) {
  EXPECT_EQ(fallen(proof_of({.rcp = false})), "");
}

TEST(Prove, FindsWhatRcpsAndStatementsHoldTogether) {
  const Report report = proof_of({.rcp = false, .statements = false});
  EXPECT_EQ(fallen(report), "resource/principals resource/networks perimeter") << told(report);
  expect_witnesses(report);
}

TEST(Prove, FindsWhatOnlyTheEndpointPolicyHolds) {
  const Report report = proof_of({.endpoints = false});
  EXPECT_EQ(fallen(report), "network/principals network/resources perimeter") << told(report);
  expect_witnesses(report);
}

TEST(Prove, FindsWhoMayAssumeARoleWithoutTrustStatementAndRcp) {
  EXPECT_EQ(fallen(proof_of({.trust = false})), "");  // the RCP denies sts:AssumeRole
  const Report report = proof_of({.rcp = false, .trust = false});
  EXPECT_EQ(fallen(report), "trust perimeter") << told(report);
  expect_witnesses(report);
}

TEST(Prove, SaysWhichGuardsHoldACellAlone) {
  const Report report = proof_of({});
  const Row& identity = row_of(report, Objective::identity_resources);
  EXPECT_EQ(identity.cells.front().guards, std::vector<Guard>{Guard::scp});
  EXPECT_EQ(identity.sole_guards, std::vector<Guard>{Guard::scp});
  const Row& resource = row_of(report, Objective::resource_principals);
  for (const CellOf& cell : resource.cells) {
    const bool both = cell.subject == testing::bucket;
    EXPECT_EQ(cell.guards.size(), both ? 2U : 1U) << cell.subject;
  }
  EXPECT_EQ(resource.sole_guards, std::vector<Guard>{Guard::resource});
}

TEST(Prove, CountsAnExceptionUntilItExpires) {
  const loaders::Loaded world = testing::small_organization({.endpoints = false}).finish();
  perimeter::Perimeter file = testing::perimeter_file();
  perimeter::Exception exception;
  exception.name = "endpoints are next";
  exception.expires = "2026-06-01";
  exception.objectives = {Objective::network_principals, Objective::network_resources};
  file.exceptions = {exception};
  Options today = options;
  const Report before = prove(world, file, today);
  EXPECT_EQ(fallen(before), "") << told(before);
  ASSERT_EQ(before.exceptions.size(), 1U);
  EXPECT_FALSE(before.exceptions[0].expired);
  EXPECT_NE(before.exceptions[0].uses, 0U);
  today.today = "2026-06-01";
  const Report after = prove(world, file, today);
  EXPECT_EQ(fallen(after), "network/principals network/resources perimeter");
  EXPECT_TRUE(after.exceptions[0].expired);
  EXPECT_EQ(after.exceptions[0].uses, 0U);
}

TEST(Prove, ProvesNothingThatRestsOnAGap) {
  loaders::Loaded world = testing::small_organization({}).finish();
  world.gaps.push_back({.subject = testing::bucket, .path = "policies/b.json", .message = "cut off"});
  const perimeter::Perimeter file = testing::perimeter_file();
  const Report report = prove(world, file, options);
  EXPECT_EQ(fallen(report), "resource/principals resource/networks perimeter");
  EXPECT_EQ(report.verdict(), Verdict::inconclusive);
  const Row& row = row_of(report, Objective::resource_principals);
  EXPECT_EQ(row.proved, 1U);
  EXPECT_EQ(row.inconclusive, 1U);
}

TEST(Prove, KeepsAPlaceForWhatIsMissingAltogether) {
  loaders::Loaded world = testing::small_organization({}).finish();
  world.gaps.push_back({.subject = "333344445555", .path = "accounts", .message = "no principals"});
  const perimeter::Perimeter file = testing::perimeter_file();
  for (const Row& row : prove(world, file, options).rows) {
    EXPECT_EQ(row.verdict, Verdict::inconclusive) << perimeter::name_of(row.objective);
    EXPECT_EQ(row.inconclusive, 1U);
  }
}

TEST(Prove, AsksNothingAgainThatDidNotChange) {
  const loaders::Loaded world = testing::small_organization({}).finish();
  const perimeter::Perimeter file = testing::perimeter_file();
  const auto memory = make_memory();
  const Report first = prove(world, file, options, memory);
  EXPECT_NE(first.statistics.asked, 0U);
  const Report again = prove(world, file, options, memory);
  EXPECT_EQ(again.statistics.asked, 0U);
  EXPECT_EQ(fallen(again), "");
  // With a layer gone, the same memory finds what a new one finds.
  const loaders::Loaded changed = testing::small_organization({.scp_resources = false}).finish();
  EXPECT_EQ(fallen(prove(changed, file, options, memory)), "identity/resources perimeter");
}

TEST(Difference, TellsWhatAChangeNewlyAllows) {
  const loaders::Loaded closed = testing::small_organization({}).finish();
  const loaders::Loaded open = testing::small_organization({.endpoints = false}).finish();
  EXPECT_TRUE(difference(closed, closed, options).newly_allowed.empty());
  EXPECT_TRUE(difference(open, closed, options).newly_allowed.empty());
  const Difference opened = difference(closed, open, options);
  ASSERT_FALSE(opened.newly_allowed.empty());
  for (const Change& change : opened.newly_allowed) EXPECT_EQ(change.subject, "vpce-0a");
}

TEST(Difference, TellsOfAnAccountWhatItsRcpsLetThroughOnWhatIsNotListed) {
  const loaders::Loaded held = testing::small_organization({}).finish();
  const loaders::Loaded loosened = testing::small_organization({.rcp = false}).finish();
  const Difference opened = difference(held, loosened, options);
  const auto unlisted = std::ranges::find(opened.newly_allowed, testing::member, &Change::subject);
  ASSERT_NE(unlisted, opened.newly_allowed.end());
  EXPECT_FALSE(unlisted->finding.request.resource.starts_with(testing::bucket)) << unlisted->finding.request.resource;
  EXPECT_TRUE(difference(loosened, held, options).newly_allowed.empty());
}

TEST(Access, DoesNotTakeOutsidersForMine) {
  testing::Builder builder;
  builder.account(testing::member, "ou-1", {}, {});
  builder.resource(testing::bucket, testing::member,
                   testing::document(R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::mine-data/*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-ringwall01"}}})",
                                     policy::Kind::resource));
  const auto who = who_can(std::move(builder).finish(), "s3:GetObject", std::string(testing::bucket) + "/x", options);
  ASSERT_TRUE(who.has_value());
  EXPECT_TRUE(who->found.empty()) << who->found.front().principal;
}

TEST(Access, TellsWhoCanAndWhatCan) {
  const loaders::Loaded world = testing::small_organization({.rcp = false, .statements = false}).finish();
  const auto who = who_can(world, "s3:GetObject", std::string(testing::bucket) + "/x", options);
  ASSERT_TRUE(who.has_value());
  std::vector<std::string> names;
  for (const Access& access : who->found) names.push_back(access.principal);
  EXPECT_NE(std::ranges::find(names, "anonymous"), names.end());
  EXPECT_NE(std::ranges::find(names, testing::app_role), names.end());
  EXPECT_FALSE(who_can(world, "s3:NoSuchThing", testing::bucket, options).has_value());
  const auto what = what_can(world, testing::app_role, options);
  ASSERT_TRUE(what.has_value());
  EXPECT_FALSE(what->found.empty());
  EXPECT_FALSE(what_can(world, "arn:aws:iam::111122223333:role/nobody", options).has_value());
}

TEST(Access, KnowsThatATokenIsPresentedAndThatCredentialsSign) {
  testing::Builder builder = testing::small_organization({});
  const std::string provider = "arn:aws:iam::" + std::string(testing::member) + ":oidc-provider/token.actions.githubusercontent.com";
  builder.role(testing::member, "builder", testing::document(testing::allow_all(), policy::Kind::identity),
               testing::document(R"({"Effect":"Allow","Principal":{"AWS":")" + std::string(testing::member) + R"("},"Action":"sts:*"},{"Effect":"Allow","Principal":{"Federated":")" + provider +
                                     R"("},"Action":"sts:*"})",
                                 policy::Kind::trust));
  const loaders::Loaded world = std::move(builder).finish();
  const auto who = [&](const char* action) {
    std::set<std::string> names;
    const auto told = who_can(world, action, "arn:aws:iam::" + std::string(testing::member) + ":role/builder", options);
    if (told) {
      for (const Access& access : told->found) names.insert(access.principal);
    }
    return names;
  };
  EXPECT_EQ(who("sts:AssumeRoleWithWebIdentity"), std::set{provider});
  EXPECT_FALSE(who("sts:AssumeRole").contains(provider));
  EXPECT_TRUE(who("sts:AssumeRole").contains(testing::app_role));
}

// Whoever presents a token is everyone, too: a policy that names everyone and is closed to those who sign is not closed.
TEST(Proof, AsksForTokensWhereATrustPolicyNamesEveryone) {
  const auto verdict = [](const std::string& actions, const std::string& claims) {
    testing::Builder builder = testing::small_organization({});
    builder.role(testing::member, "builder", testing::document(R"({"Effect":"Allow","Action":"iam:GetUser","Resource":"*"})", policy::Kind::identity),
                 testing::document(R"({"Effect":"Allow","Principal":"*","Action":)" + actions + claims + "}," + testing::only_my_principals(R"("sts:AssumeRole")", ""), policy::Kind::trust));
    const Report report = prove(std::move(builder).finish(), testing::perimeter_file(), options);
    for (const Row& row : report.rows) {
      for (const CellOf& cell : row.cells) {
        if (row.objective == Objective::trust && cell.subject.ends_with("/builder")) return cell.verdict;
      }
    }
    return Verdict::inconclusive;
  };
  EXPECT_EQ(verdict(R"("sts:*")", ""), Verdict::leak);
  EXPECT_EQ(verdict(R"("sts:AssumeRole")", ""), Verdict::proved);
  EXPECT_EQ(verdict(R"(["sts:AssumeRole","sts:AssumeRoleWithWebIdentity"])", R"(,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-ringwall01"}})"), Verdict::proved);
  EXPECT_EQ(verdict(R"("sts:AssumeRoleWithWebIdentity")", R"(,"Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:*"}})"), Verdict::leak);
  EXPECT_EQ(verdict(R"("sts:AssumeRoleWithWebIdentity")", R"(,"Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:acme/*"}})"), Verdict::proved);
}

TEST(Access, TellsOfNoBucketOfAnotherAccountAsIfItWereTheCallers) {
  testing::Builder builder = testing::small_organization({.rcp = false, .statements = false});
  builder.resource("arn:aws:s3:::bare", testing::member, nullptr);
  for (const char* bucket : {"bare", "theirs"}) {
    builder.user(testing::other_member, bucket,
                 testing::document(R"({"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::)" + std::string(bucket) + R"(/*"})", policy::Kind::identity));
  }
  const loaders::Loaded world = std::move(builder).finish();
  const auto found = [&](const char* user) {
    const auto what = what_can(world, "arn:aws:iam::" + std::string(testing::other_member) + ":user/" + user, options);
    return what.has_value() ? what->found.size() : 0;
  };
  EXPECT_EQ(found("bare"), 0U);    // the estate says whose it is
  EXPECT_EQ(found("theirs"), 1U);  // and of this one it does not
}

TEST(Difference, AsksThoseWhomADenyThatIsGoneNamed) {
  const auto with = [](const std::string& more) {
    testing::Builder builder = testing::small_organization({});
    builder.resource(testing::queue, testing::member,
                     testing::document(R"({"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sqs:*","Resource":"*"})" + more,
                                       policy::Kind::resource));
    return std::move(builder).finish();
  };
  const loaders::Loaded before = with(std::string(R"(,{"Effect":"Deny","Principal":{"AWS":")") + testing::app_role +
                                      R"("},"Action":"sqs:*","Resource":"*"})");
  const Difference opened = difference(before, with(""), options);
  ASSERT_FALSE(opened.newly_allowed.empty());
  for (const Change& change : opened.newly_allowed) {
    EXPECT_EQ(change.subject, testing::queue);
    EXPECT_EQ(change.finding.request.principal.role_arn, testing::app_role);
  }
}

}  // namespace
}  // namespace ringwall::prove
