#include "lint/lint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "lint/testing_cases.h"
#include "policy/syntax.h"

namespace ringwall::lint {
namespace {

using policy::Kind;

std::vector<std::string_view> codes_of(const std::vector<Finding>& findings) {
  std::vector<std::string_view> codes;
  for (const Finding& finding : findings) codes.push_back(finding.rule->code);
  return codes;
}

std::vector<std::string_view> codes_in(const std::string& text, Kind kind) {
  return codes_of(lint(text, kind));
}

bool finds(const std::string& text, Kind kind, std::string_view code) {
  return std::ranges::count(codes_in(text, kind), code) > 0;
}

class EveryRule : public testing::TestWithParam<testing_cases::Case> {};

TEST_P(EveryRule, IsFoundWhereItHoldsAndNotNearby) {
  const auto& [code, kind, bad, good] = GetParam();
  EXPECT_TRUE(finds(testing_cases::document(bad), kind, code)) << testing_cases::document(bad);
  EXPECT_FALSE(finds(testing_cases::document(good), kind, code)) << testing_cases::document(good);
}

TEST_P(EveryRule, RefusesExactlyWhatThePolicyRoomRefuses) {
  const auto& [code, kind, bad, good] = GetParam();
  for (const std::string& text : {testing_cases::document(bad), testing_cases::document(good)}) {
    const auto findings = lint(text, kind);
    const bool refused = std::ranges::any_of(findings, &Finding::refused);
    EXPECT_EQ(policy::compile(text, kind).has_value(), !refused) << text;
    for (const Finding& finding : findings) {
      EXPECT_LE(finding.offset, text.size());
      EXPECT_EQ(finding.position, text::position_of(text, finding.offset));
      EXPECT_FALSE(finding.message.empty());
      EXPECT_TRUE(!finding.refused || finding.severity == Severity::error);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Lint, EveryRule, testing::ValuesIn(testing_cases::all()),
                         [](const auto& one) {
                           return std::string(one.param.code) + "_" + std::to_string(one.index);
                         });

TEST(Rules, EachHasACase) {
  std::set<std::string_view> covered;
  for (const auto& one : testing_cases::all()) covered.insert(one.code);
  for (const Rule& one : rules) EXPECT_TRUE(covered.contains(one.code)) << one.code;
}

TEST(Rules, EachStandsOnceAndSaysWhatAndWhatToDo) {
  EXPECT_EQ(std::ranges::adjacent_find(rules, {}, &Rule::code), std::end(rules));
  for (const Rule& one : rules) {
    EXPECT_FALSE(one.what.empty() || one.remedy.empty()) << one.code;
    EXPECT_FALSE(one.what.ends_with('.') || one.remedy.ends_with('.')) << one.code;
  }
}

TEST(Lint, FindsNothingInADocumentThatIsFine) {
  EXPECT_TRUE(codes_in(R"({"Version": "2012-10-17", "Statement": [
      {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
       "Resource": ["arn:aws:s3:::books", "arn:aws:s3:::books/*"],
       "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-0123456789abcdef0", "aws:RequestedRegion": "eu-west-1"},
                     "Bool": {"aws:SecureTransport": "true"}}}]})",
                       Kind::identity)
                  .empty());
}

TEST(Lint, ATenantOfASharedIssuerIsSpeltOut) {
  const auto is_told = [](const std::string& issuer, const std::string& condition) {
    const auto codes = codes_in(R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/)" + issuer +
                                    R"("},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{)" + condition + "}}}",
                                Kind::trust);
    return std::ranges::find(codes, "OIDC_TENANT_NOT_SPELT_OUT") != codes.end();
  };
  const std::string github = "token.actions.githubusercontent.com";
  for (const char* subject : {R"("repo:*")", R"("repo:*:ref:refs/heads/main")", R"("repo:*/deploy:*")", R"("repo:acme*")", R"(["repo:acme/*","repo:*"])", R"("*")"})
    EXPECT_TRUE(is_told(github, R"("StringLike":{")" + github + R"(:sub":)" + subject + "}")) << subject;
  for (const char* subject : {R"("repo:acme/*")", R"("repo:acme/shop:ref:refs/heads/*")", R"(["repo:acme/a:*","repo:beta/b:*"])"})
    EXPECT_FALSE(is_told(github, R"("StringLike":{")" + github + R"(:sub":)" + subject + "}")) << subject;
  EXPECT_FALSE(is_told(github, R"("StringEquals":{"TOKEN.actions.githubusercontent.com:Repository_Owner":"acme"},"StringLike":{"token.actions.githubusercontent.com:sub":"repo:*"})"));
  EXPECT_TRUE(is_told(github, R"("StringLikeIfExists":{"token.actions.githubusercontent.com:sub":"repo:acme/*"})"));
  EXPECT_TRUE(is_told(github, R"("StringNotLike":{"token.actions.githubusercontent.com:sub":"repo:acme/*"})"));
  EXPECT_TRUE(is_told("gitlab.com", R"("StringLike":{"gitlab.com:sub":"project_path:acme*"})"));
  EXPECT_FALSE(is_told("gitlab.com", R"("StringLike":{"gitlab.com:sub":"project_path:acme/*"})"));
  EXPECT_TRUE(is_told("app.terraform.io", R"("StringEquals":{"app.terraform.io:aud":"aws.workload.identity"})"));
  EXPECT_FALSE(is_told("app.terraform.io", R"("StringLike":{"app.terraform.io:sub":"organization:acme:*"})"));
  EXPECT_FALSE(is_told("oidc.eks.eu-west-1.amazonaws.com/id/ABC", R"("StringLike":{"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub":"system:serviceaccount:*"})"));
  EXPECT_FALSE(is_told("id.example.com", R"("StringLike":{"id.example.com:sub":"*"})"));  // nobody knows whose it is
}

// Documents that AWS's guides recommend, or that perimeters are made of: whatever were found in
// them would be noise.
TEST(Lint, FindsNothingInPoliciesThatAreGoodPractice) {
  const std::pair<Kind, std::string_view> documents[] = {
      {Kind::resource, R"({"Version":"2012-10-17","Statement":[
        {"Sid":"Logs","Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:PutObject",
         "Resource":"arn:aws:s3:::logs/*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::books"},
         "StringEquals":{"aws:SourceAccount":"111122223333"}}},
        {"Sid":"Secure","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::logs",
         "arn:aws:s3:::logs/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}},
        {"Sid":"Mine","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::logs",
         "arn:aws:s3:::logs/*"],"Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-abc"},
         "BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}]})"},
      {Kind::scp, R"({"Version":"2012-10-17","Statement":[
        {"Sid":"Regions","Effect":"Deny","NotAction":["iam:*","organizations:*","support:*"],"Resource":"*",
         "Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-central-1"]},
         "ArnNotLike":{"aws:PrincipalARN":["arn:aws:iam::*:role/Admin"]}}},
        {"Sid":"Networks","Effect":"Deny","Action":"*","Resource":"*","Condition":{
         "NotIpAddressIfExists":{"aws:SourceIp":["203.0.113.0/24"]},"StringNotEqualsIfExists":{"aws:SourceVpc":
         ["vpc-1"]},"BoolIfExists":{"aws:ViaAWSService":"false"}}},
        {"Sid":"Region","Effect":"Deny","Action":"*","Resource":"*","Condition":{
         "StringEquals":{"aws:SourceVpc":"vpc-1"},"StringNotEqualsIfExists":{"aws:RequestedRegion":"eu-central-1"}}},
        {"Sid":"Tagged","Effect":"Deny","Action":["ec2:RunInstances"],"Resource":["arn:aws:ec2:*:*:instance/*"],
         "Condition":{"Null":{"aws:RequestTag/team":"true"}}}]})"},
      {Kind::rcp,
       R"({"Version":"2012-10-17","Statement":[{"Sid":"Mine","Effect":"Deny","Principal":"*",
         "Action":["s3:*","sqs:*","kms:*","secretsmanager:*","sts:AssumeRole"],"Resource":"*","Condition":{
         "StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-abc"},
         "BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}]})"},
      {Kind::key, R"({"Version":"2012-10-17","Id":"key","Statement":[
        {"Sid":"Enable IAM","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},
         "Action":"kms:*","Resource":"*"},
        {"Sid":"Use","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:role/app"]},"Action":
         ["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*"],"Resource":"*","Condition":{
         "StringEquals":{"kms:ViaService":"rds.eu-central-1.amazonaws.com",
         "kms:EncryptionContext:aws:rds:db-id":"db-1"}}}]})"},
      {Kind::trust, R"({"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole","Condition":{
         "StringEquals":{"sts:ExternalId":"x"},"Bool":{"aws:MultiFactorAuthPresent":"true"}}},
        {"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/corp"},"Action":
         ["sts:AssumeRoleWithSAML","sts:TagSession"],"Condition":{"StringEquals":{"SAML:aud":"https://a"}}},
        {"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/id.example.com/1"},
         "Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"id.example.com/1:sub":"a"}}}]})"},
      {Kind::endpoint,
       R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*",
         "Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a","aws:ResourceOrgID":"o-a"}}}]})"},
      {Kind::identity, R"({"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:Query"],"Resource":
         ["arn:aws:dynamodb:eu-central-1:111122223333:table/a","arn:aws:dynamodb:*:111122223333:table/a/index/*"]},
        {"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"arn:aws:logs:*:*:log-group:/aws/lambda/*:*"},
        {"Effect":"Allow","Action":"rds-db:connect","Resource":"arn:aws:rds-db:us-east-1:111122223333:dbuser:*/app"},
        {"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::books","Condition":{
         "StringLike":{"s3:prefix":"home/${aws:username}/*"}}}]})"},
  };
  for (const auto& [kind, document] : documents)
    EXPECT_TRUE(codes_in(std::string(document), kind).empty())
        << testing::PrintToString(codes_in(std::string(document), kind));
}

TEST(Lint, GoesOnBehindAnErrorAndReportsInTheOrderOfTheText) {
  const std::string text = R"({"Version": "2011-01-01",
 "Statement": [
  {"Effect": "Permit", "Action": "s3:GetObjekt", "Resource": "bucket"},
  {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEqual": {"aws:x": "y"}}}]})";
  const auto findings = lint(text, Kind::identity);
  EXPECT_EQ(codes_of(findings),
            (std::vector<std::string_view>{"INVALID_VERSION", "INVALID_EFFECT", "INVALID_ACTION",
                                           "INVALID_ARN_PREFIX", "INVALID_CONDITION_OPERATOR"}));
  EXPECT_EQ(findings[2].position, (text::Position{3, 34}));
  EXPECT_EQ(findings[2].message, "there is no action `s3:GetObjekt`: did you mean `s3:GetObject`?");
  EXPECT_TRUE(findings[3].refused);
  EXPECT_FALSE(findings[2].refused);
}

TEST(Lint, CountsColumnsInCharactersAndPositionsInBytes) {
  const std::string text = R"({"Version": "2012-10-17", "Statement": {"Sid": "é", "Effect": "x"}})";
  const auto findings = lint(text, Kind::identity);
  const auto effect = std::ranges::find_if(
      findings, [](const Finding& one) { return one.rule->code == "INVALID_EFFECT"; });
  ASSERT_NE(effect, findings.end());
  EXPECT_EQ(effect->position.column, effect->column + 1);
}

TEST(Lint, LooksForRepetitionsInListsUpToTheLimitAndNotPast) {
  const auto list = [](std::size_t count) {
    std::string text =
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Resource":"*","Action":[)";
    for (std::size_t i = 1; i < count; ++i) text += "\"s3:GetObject\",";
    return text + "\"s3:GetObject\"]}]}";
  };
  EXPECT_TRUE(finds(list(500), Kind::resource, "REDUNDANT_ACTION"));
  EXPECT_FALSE(finds(list(501), Kind::resource, "REDUNDANT_ACTION"));
}

TEST(Lint, TellsProblemsUpToTheLimitAndNoMore) {
  const auto refused_of = [](std::size_t count) {
    std::string text =
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Resource":"*","Action":[1)";
    for (std::size_t i = 1; i < count; ++i) text += ",1";
    return std::ranges::count_if(lint(text + "]}]}", Kind::endpoint), &Finding::refused);
  };
  // One more: the statement lacks its principal.
  EXPECT_EQ(refused_of(policy::problems_max - 1), policy::problems_max);
  EXPECT_EQ(refused_of(policy::problems_max), policy::problems_max);
}

TEST(Lint, SuggestsNamesUpToTheLimitAndNoMore) {
  std::string text =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Resource":"*","Action":[)";
  for (std::size_t i = 0; i < 101; ++i) text += "\"s3:GetObjekt\",";
  std::size_t hints = 0;
  for (const Finding& one : lint(text + "\"s3:GetObject\"]}]}", Kind::identity))
    hints += one.message.contains("did you mean") ? 1 : 0;
  EXPECT_EQ(hints, 100U);
}

TEST(Lint, ReadsNoDocumentPastTheLimitOfTheLanguage) {
  const std::string text = "{" + std::string(policy::document_bytes_max, ' ') + "}";
  EXPECT_EQ(codes_in(text, Kind::resource),
            (std::vector<std::string_view>{"POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA"}));
}

TEST(Guess, GoesByTheDocumentsShape) {
  EXPECT_EQ(guess_kind(R"({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})"),
            Kind::identity);
  EXPECT_EQ(guess_kind(R"({"Statement": [{"Principal": "*", "Action": "s3:*", "Resource": "*"}]})"),
            Kind::resource);
  EXPECT_EQ(
      guess_kind(
          R"({"Statement": [{"NotPrincipal": {}, "Action": "sts:AssumeRole", "Resource": "*"}]})"),
      Kind::resource);
  EXPECT_EQ(
      guess_kind(
          R"({"Statement": {"Principal": {}, "Action": ["sts:AssumeRole", "sts:TagSession"]}})"),
      Kind::trust);
  EXPECT_EQ(guess_kind("not JSON"), Kind::identity);
}

}  // namespace
}  // namespace ringwall::lint
