// What keys say of one another, asked of policies that tell them apart: a pair that no request has is found nowhere, and one that a
// request may have stays found.

#include <gtest/gtest.h>

#include <algorithm>

#include "prover/prover.h"

namespace ringwall::prover {
namespace {

Answer of_conditions(const std::string& conditions, std::string_view off = {}) {
  auto document = policy::compile(
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{)" + conditions + "}}]}",
      policy::Kind::identity);
  EXPECT_TRUE(document.has_value()) << document.error().message << "\n" << conditions;
  Query query;
  query.universe.callers = {{}};
  query.universe.axiom_off = off;
  query.allowing = {{.document = *document}};
  return Prover().ask(query);
}
Verdict verdict_of(const std::string& conditions, std::string_view off = {}) { return of_conditions(conditions, off).verdict; }

struct Pair {
  std::string whose, axiom;
};
const Pair pairs[] = {{"Principal", "principal-paths-begin-with-it"},
                      {"Resource", "resource-paths-begin-with-it"},
                      {"Source", "source-paths-begin-with-it"},
                      {"Vpce", "endpoint-paths-begin-with-it"}};

TEST(Axioms, APathBeginsWithTheOrganisationThatTheRequestNames) {
  for (const Pair& pair : pairs) {
    const std::string id = "\"aws:" + pair.whose + "OrgID\":", paths = "\"aws:" + pair.whose + "OrgPaths\":";
    const std::string contradictions[] = {
        R"("StringNotEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringLike":{)" + paths + R"("o-mine000000/*"})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringLike":{)" + paths + R"("o-other00000/*"})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"StringLike":{)" + paths + R"(["o-other00000/r-1/ou-1/*","o-third00000/*"]})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringEquals":{)" + paths + R"("o-other00000/r-1/ou-1/"})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringNotLike":{)" + paths + R"("o-mine000000/*"})",
        R"("StringNotLike":{)" + id + R"("o-mi*"},"ForAnyValue:StringLike":{)" + paths + R"("o-mi*"})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"Null":{)" + paths + R"("false"},"ForAllValues:StringNotLike":{)" + paths + R"("o-mine000000/*"})"};
    for (const std::string& one : contradictions) {
      EXPECT_EQ(verdict_of(one), Verdict::none) << one;
      EXPECT_EQ(verdict_of(one, pair.axiom), Verdict::found) << one;
    }
  }
}

TEST(Axioms, APathOfTheOrganisationThatTheRequestNamesStaysPossible) {
  for (const Pair& pair : pairs) {
    const std::string id = "\"aws:" + pair.whose + "OrgID\":", paths = "\"aws:" + pair.whose + "OrgPaths\":";
    const std::string possible[] = {
        R"("StringNotEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringLike":{)" + paths + R"("o-other00000/*"})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringLike":{)" + paths + R"("o-mine000000/r-1/*"})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringLike":{)" + paths + R"(["o-other00000/*","o-mine000000/*"]})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringLike":{)" + paths + R"("*/ou-1/*"})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringLike":{)" + paths + R"("o-*"})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringNotLike":{)" + paths + R"("o-mine000000/r-1/*"})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"ForAllValues:StringNotLike":{)" + paths + R"("o-mine000000/*"})",  // there is none
        R"("StringNotEquals":{)" + id + R"("o-mine000000"},"Null":{)" + paths + R"("false"})"};
    for (const std::string& one : possible) EXPECT_EQ(verdict_of(one), Verdict::found) << one;
  }
}

Answer on(const std::string& resource, const std::string& conditions, std::string_view off = {}, const policy::Context& known = {}) {
  auto document = policy::compile(
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:*","s3:*"],"Resource":")" + resource + R"(","Condition":{)" + conditions + "}}]}",
      policy::Kind::identity, policy::Quota::waived);
  EXPECT_TRUE(document.has_value()) << document.error().message;
  Query query;
  query.universe.callers = {{}};
  query.universe.actions = Actions::known;
  query.universe.axiom_off = off;
  query.universe.keys = known;
  query.allowing = {{.document = *document}};
  return Prover().ask(query);
}

constexpr const char* of_mine = "arn:aws:sqs:us-east-1:111122223333:*";

TEST(Axioms, WhoseAResourceIsItsArnSays) {
  for (const char* conditions : {R"("StringEquals":{"aws:ResourceAccount":"444455556666"})", R"("StringEquals":{"aws:ResourceAccount":["444455556666","777788889999"]})",
                                 R"("StringLike":{"aws:ResourceAccount":"4*"})", R"("StringNotEquals":{"aws:ResourceAccount":"111122223333"},"Null":{"aws:ResourceAccount":"false"})"}) {
    EXPECT_EQ(on(of_mine, conditions).verdict, Verdict::none) << conditions;
    EXPECT_EQ(on(of_mine, conditions, "account-in-the-arn").verdict, Verdict::found) << conditions;
  }
  policy::Context theirs;
  theirs.set("aws:ResourceAccount", "444455556666");
  EXPECT_EQ(on(of_mine, R"("Bool":{"aws:SecureTransport":"true"})", {}, theirs).verdict, Verdict::none);
  EXPECT_EQ(on("arn:aws:sqs:us-east-1:444455556666:*", R"("Bool":{"aws:SecureTransport":"true"})", {}, theirs).verdict, Verdict::found);
}

TEST(Axioms, WhoseAResourceIsStaysOpenWhereItsArnDoesNotSay) {
  EXPECT_EQ(on(of_mine, R"("StringEquals":{"aws:ResourceAccount":["444455556666","111122223333"]})").verdict, Verdict::found);
  EXPECT_EQ(on(of_mine, R"("StringNotEquals":{"aws:ResourceAccount":"111122223333"})").verdict, Verdict::found);  // the key may be absent
  EXPECT_EQ(on("arn:aws:s3:::a-bucket/*", R"("StringEquals":{"aws:ResourceAccount":"444455556666"})").verdict, Verdict::found);
  // An access point of one account leads to another one's bucket.
  EXPECT_EQ(on("arn:aws:s3:us-east-1:111122223333:accesspoint/one/object/*", R"("StringEquals":{"aws:ResourceAccount":"444455556666"})").verdict, Verdict::found);
}

// A resource that the statements do not tell apart is shown with the account that its key says.
TEST(Axioms, AWitnessHasOneAccount) {
  const Answer answer = on("*", R"("StringEquals":{"aws:ResourceAccount":"444455556666"})");
  ASSERT_EQ(answer.verdict, Verdict::found);
  for (const Finding& finding : answer.findings) {
    const std::string& arn = finding.request.resource;
    EXPECT_TRUE(arn == "*" || arn.contains(":::") || arn.contains(":us-east-1:444455556666:") || arn.contains(":accesspoint/")) << arn;
  }
  // Each of them is somebody's queue or the like, so their actions are told.
  EXPECT_TRUE(std::ranges::any_of(answer.findings, [](const Finding& finding) { return std::ranges::binary_search(finding.actions, std::string_view("sqs:SendMessage")); }));
}

// Of all resources that are told apart alike one is shown that the service could have.
TEST(Axioms, AWitnessLooksLikeWhatTheServiceHas) {
  const auto shown = [](const std::string& action, const std::string& allowed, const std::string& denied) {
    auto document = policy::compile(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":")" + action + R"(","Resource":")" + allowed +
                                        R"("},{"Effect":"Deny","Action":"*","Resource":")" + denied + "\"}]}",
                                    policy::Kind::identity);
    EXPECT_TRUE(document.has_value()) << document.error().message;
    Query query;
    query.universe.callers = {{}};
    query.universe.actions = Actions::on_resources;
    query.allowing = {{.document = *document}};
    const Answer answer = Prover().ask(query);
    EXPECT_EQ(answer.verdict, Verdict::found);
    return answer.findings.empty() ? std::string() : answer.findings.front().request.resource;
  };
  const std::string stack = shown("cloudformation:DeleteStack", "arn:aws:cloudformation:*:*:stack/*B", "arn:aws:cloudformation:*:*:stack/B*");
  EXPECT_EQ(std::ranges::count(stack, ':'), 5) << stack;
  EXPECT_EQ(stack.find("stack/"), stack.rfind("stack/")) << stack;
  for (const char* allowed : {"arn:aws:sqs:*:*:*", "arn:aws:sqs:*:4444*:*", "arn:aws:sqs:eu-*:*:jobs*"}) {
    const std::string arn = shown("sqs:SendMessage", allowed, "arn:aws:sqs:us-east-1:999999999999:*");
    EXPECT_EQ(std::ranges::count(arn, ':'), 5) << arn;
    const std::string account = arn.substr(0, arn.rfind(':')).substr(arn.substr(0, arn.rfind(':')).rfind(':') + 1);
    EXPECT_EQ(account.size(), 12U) << arn;
  }
}

// However many accounts are listed, the resource is told apart by the list.
TEST(Axioms, OfManyAccountsEachHasItsResources) {
  std::string accounts;
  for (int i = 0; i < 1'000; ++i) accounts += (i == 0 ? "\"" : ",\"") + std::to_string(444'400'000'000 + i) + "\"";
  const std::string conditions = R"("StringEquals":{"aws:ResourceAccount":[)" + accounts + "]}";
  EXPECT_EQ(on(of_mine, conditions).verdict, Verdict::none);
  EXPECT_EQ(on("arn:aws:sqs:us-east-1:444400000500:*", conditions).verdict, Verdict::found);
}

// However many organisations are listed, nothing is told apart that the policies do not.
TEST(Axioms, OfManyOrganisationsEachHasItsPaths) {
  std::string ids, paths;
  for (char c = 'a'; c <= 'z'; ++c) {
    ids += std::string(ids.empty() ? "" : ",") + "\"o-partner000" + c + "\"";
    paths += std::string(paths.empty() ? "" : ",") + "\"o-partner000" + c + "/*\"";
  }
  EXPECT_EQ(verdict_of(R"("StringEquals":{"aws:PrincipalOrgID":[)" + ids + R"(]},"ForAnyValue:StringNotLike":{"aws:PrincipalOrgPaths":[)" + paths + "]}"), Verdict::none);
  EXPECT_EQ(verdict_of(R"("StringEquals":{"aws:PrincipalOrgID":[)" + ids + R"(]},"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":[)" + paths + "]}"), Verdict::found);
}

}  // namespace
}  // namespace ringwall::prover
