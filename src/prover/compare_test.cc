#include "prover/compare.h"

#include <gtest/gtest.h>

#include <array>

#include "authz/authz.h"

namespace ringwall::prover {
namespace {

using policy::Kind;
using enum Comparison::Verdict;

policy::DocumentPtr made(std::string_view text, Kind kind = Kind::identity) {
  auto document = read_to_compare(text, kind);
  EXPECT_TRUE(document.has_value()) << (document ? "" : document.error().message);
  return document ? *document : nullptr;
}

Comparison compared(std::string_view a, std::string_view b, Kind kind = Kind::identity) {
  Prover prover;
  return compare(prover, made(a, kind), made(b, kind));
}

constexpr std::string_view get_books =
    R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::books/*"}})";
constexpr std::string_view get_all =
    R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}})";

TEST(Compare, ANarrowerPolicyIsASubset) {
  EXPECT_EQ(compared(get_books, get_all).verdict, subset);
  EXPECT_EQ(compared(get_books, get_books).verdict, subset);
}

TEST(Compare, EveryViolationIsAllowedByTheOneAndNotByTheOther) {
  const auto a = made(get_all), b = made(get_books);
  Prover prover;
  const Comparison comparison = compare(prover, a, b);
  ASSERT_EQ(comparison.verdict, not_subset);
  ASSERT_FALSE(comparison.violations.empty());
  EXPECT_TRUE(comparison.violations.front().callable);
  for (const Finding& finding : comparison.violations) {
    const policy::Probe probe(finding.request);
    EXPECT_LT(a->next(policy::Effect::allow, 0, probe), a->statements());
    EXPECT_EQ(b->next(policy::Effect::allow, 0, probe), b->statements());
    ASSERT_EQ(finding.decisions.size(), 1U);
    EXPECT_EQ(finding.decisions[0].statement, "#0");
  }
}

TEST(Compare, PrincipalsOfResourcePoliciesAreToldApart) {
  const auto naming = [](std::string_view who) {
    return R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":)" + std::string(who) +
           R"(,"Action":"s3:GetObject","Resource":"arn:aws:s3:::books/*"}})";
  };
  const std::string everyone = naming(R"("*")"), one = naming(R"({"AWS":"arn:aws:iam::111122223333:user/ann"})");
  EXPECT_EQ(compared(one, everyone, Kind::resource).verdict, subset);
  EXPECT_EQ(compared(everyone, one, Kind::resource).verdict, not_subset);
}

// As AWS's samples for custom policy checks write them, and as services keep them.
TEST(Compare, WhatAwsKeepsAndIsRefusedHereWhenItIsWrittenIsCompared) {
  const auto document = [](const std::string& statements) { return R"({"Version":"2012-10-17","Statement":[)" + statements + "]}"; };
  // A reference for trust policies: these accounts may assume the role, and the other actions are anybody's.
  const std::string other_actions = R"({"Effect":"Allow","Principal":"*","NotAction":"sts:AssumeRole"})";
  const std::string accounts = R"({"Effect":"Allow","Principal":{"AWS":["111111111111","222222222222"]},"Action":"sts:AssumeRole"})";
  const std::string reference = document(accounts + "," + other_actions);
  EXPECT_EQ(compared(document(R"({"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":["sts:AssumeRole","sts:TagSession"]})"), reference, Kind::trust).verdict, subset);
  EXPECT_EQ(compared(document(R"({"Effect":"Allow","Principal":{"AWS":"333333333333"},"Action":"sts:AssumeRole"})"), reference, Kind::trust).verdict, not_subset);

  const std::string all_but_ann = document(R"({"Effect":"Allow","NotPrincipal":{"AWS":["111122223333","arn:aws:iam::111122223333:user/ann"]},"Action":"s3:GetObject","Resource":"arn:aws:s3:::books/*"})");
  const auto naming = [&](const std::string& who) { return document(R"({"Effect":"Allow","Principal":)" + who + R"(,"Action":"s3:GetObject","Resource":"arn:aws:s3:::books/*"})"); };
  const std::string everyone = naming(R"("*")");
  EXPECT_EQ(compared(all_but_ann, everyone, Kind::resource).verdict, subset);
  const Comparison reverse = compared(everyone, all_but_ann, Kind::resource);
  ASSERT_EQ(reverse.verdict, not_subset);
  for (const Finding& finding : reverse.violations) EXPECT_EQ(finding.request.principal.account, "111122223333");
  EXPECT_EQ(compared(naming(R"({"AWS":"arn:aws:iam::111122223333:user/bob"})"), all_but_ann, Kind::resource).verdict, subset);
  EXPECT_EQ(compared(naming(R"({"AWS":"arn:aws:iam::111122223333:user/ann"})"), all_but_ann, Kind::resource).verdict, not_subset);

  const std::string of_the_repository = document(R"({"Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage"})");
  EXPECT_EQ(compared(of_the_repository, document(R"({"Effect":"Allow","Principal":"*","Action":"ecr:*","Resource":"*"})"), Kind::resource).verdict, subset);
  EXPECT_EQ(compared(document(""), of_the_repository, Kind::resource).verdict, subset);
  EXPECT_EQ(compared(of_the_repository, document(""), Kind::resource).verdict, not_subset);
}

TEST(Compare, AControlPolicyThatAllowsNothingStandsBesideFullAccess) {
  constexpr std::string_view more =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"ec2:*","Resource":"*"}]})";
  constexpr std::string_view less = R"({"Version":"2012-10-17","Statement":
    {"Sid":"NoS3","Effect":"Deny","Action":"s3:*","Resource":"*"}})";
  EXPECT_EQ(compared(more, less, Kind::scp).verdict, subset);
  const Comparison comparison = compared(less, more, Kind::scp);
  ASSERT_EQ(comparison.verdict, not_subset);
  EXPECT_TRUE(comparison.violations.front().request.action.starts_with("ec2:"));
  EXPECT_EQ(made(less, Kind::scp)->position(0).line, 2U) << "its own statements keep their lines";
}

TEST(Compare, ResourceControlPoliciesAreComparedLikewise) {
  constexpr std::string_view less =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-ringwall01"}}}]})";
  constexpr std::string_view more = R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]})";
  EXPECT_EQ(compared(more, less, Kind::rcp).verdict, subset);
  EXPECT_EQ(compared(less, more, Kind::rcp).verdict, not_subset);
}

// Whoever a service control policy binds has an ARN, so to hold where there is none adds nothing.
TEST(Compare, ServiceControlPoliciesBindPrincipalsOfAccountsOnly) {
  const auto denying = [](const char* op, const char* key, const char* value) {
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{")" + std::string(op) + R"(":{")" + key +
           R"(":")" + value + R"("}}}]})";
  };
  for (const auto& [plain, lenient, key, value] : {std::array{"ArnLike", "ArnLikeIfExists", "aws:PrincipalArn", "arn:aws:iam::*:role/breaker"},
                                                   std::array{"StringEquals", "StringEqualsIfExists", "AWS:principalaccount", "111122223333"},
                                                   std::array{"StringEquals", "StringEqualsIfExists", "aws:PrincipalOrgID", "o-ringwall01"}}) {
    EXPECT_EQ(compared(denying(plain, key, value), denying(lenient, key, value), Kind::scp).verdict, subset) << key;
    EXPECT_EQ(compared(denying(lenient, key, value), denying(plain, key, value), Kind::scp).verdict, subset) << key;
  }
  // Where the key matters, the request has it.
  const Comparison wider = compared(denying("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/breaker"),
                                    denying("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*"), Kind::scp);
  ASSERT_EQ(wider.verdict, not_subset);
  const policy::Request& request = wider.violations.front().request;
  ASSERT_NE(request.context.find("aws:PrincipalArn"), nullptr);
  EXPECT_EQ(request.principal.role_arn, request.context.find("aws:PrincipalArn")->front());
  // A tag need not be there.
  EXPECT_EQ(compared(denying("StringEquals", "aws:PrincipalTag/a", "b"), denying("StringEqualsIfExists", "aws:PrincipalTag/a", "b"), Kind::scp).verdict,
            not_subset);
}

TEST(Compare, AWitnessIsSomebodys) {
  const Comparison comparison = compared(get_all, get_books);
  ASSERT_EQ(comparison.verdict, not_subset);
  for (const Finding& finding : comparison.violations) {
    EXPECT_EQ(finding.request.principal.type, policy::Principal::Type::user);
    EXPECT_FALSE(finding.request.principal.arn.empty());
  }
}

TEST(Compare, ToldClassesAreBounded) {
  const auto a = made(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::books/*","Condition":{"Bool":{"aws:SecureTransport":"true"}}},
    {"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}}]})");
  const auto b = made(R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]})");
  Prover prover;
  EXPECT_GE(compare(prover, a, b).violations.size(), 2U);
  const Comparison one = compare(prover, a, b, 1);
  EXPECT_EQ(one.violations.size(), 1U);
  EXPECT_TRUE(one.more);
}

TEST(Compare, WhatIsNoPolicyIsRefused) {
  EXPECT_FALSE(read_to_compare("{}", Kind::identity));
  EXPECT_FALSE(read_to_compare(R"({"Version":"2012-10-17","Statement":[]})", Kind::scp));
}

}  // namespace
}  // namespace ringwall::prover
