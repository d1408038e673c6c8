#include "services/accessanalyzer/checks.h"

#include <gtest/gtest.h>

#include "policy/policy.h"
#include "services/accessanalyzer/detail/check_answer.h"

namespace ringwall::accessanalyzer {
namespace {

using enum PolicyType;

std::string policy_of(std::initializer_list<const char*> statements) {
  std::string text;
  for (const char* statement : statements) text += (text.empty() ? "" : ",") + std::string(statement);
  return R"({"Version":"2012-10-17","Statement":[)" + text + "]}";
}

// "PASS", "FAIL 0 2", "FAIL ?" where nothing was decided, or the error.
std::string said(const Result<Outcome>& outcome) {
  if (!outcome) return "error: " + outcome.error().message;
  std::string text = outcome->passed ? "PASS" : "FAIL";
  for (const Reason& reason : outcome->reasons) text += reason.statement ? " " + std::to_string(*reason.statement) : " ?";
  return text;
}

constexpr const char* get = R"({"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::books/*"})";
constexpr const char* get_and_put = R"({"Sid":"both","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::books/*"})";
constexpr const char* no_put = R"({"Effect":"Deny","Action":"s3:Put*","Resource":"*"})";
constexpr const char* only_from_home = R"({"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::books/*","Condition":{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}})";

TEST(CheckNoNewAccess, PassesExactlyWhatAllowsNothingMore) {
  EXPECT_EQ(said(check_no_new_access(policy_of({get}), policy_of({get_and_put}), identity)), "PASS");
  EXPECT_EQ(said(check_no_new_access(policy_of({get, get_and_put}), policy_of({get}), identity)), "FAIL 1");
  EXPECT_EQ(said(check_no_new_access(policy_of({get_and_put, no_put}), policy_of({get}), identity)), "PASS");
  EXPECT_EQ(said(check_no_new_access(policy_of({get_and_put}), policy_of({get_and_put, no_put}), identity)), "FAIL 0");
  EXPECT_EQ(said(check_no_new_access(policy_of({only_from_home}), policy_of({get}), identity)), "PASS");
  EXPECT_EQ(said(check_no_new_access(policy_of({get}), policy_of({only_from_home}), identity)), "FAIL 0");
}

TEST(CheckNoNewAccess, NamesTheStatementAsAwsDoes) {
  const auto outcome = check_no_new_access(policy_of({get_and_put}), policy_of({get}), identity);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->message, "The modified permissions grant new access compared to your existing policy.");
  ASSERT_EQ(outcome->reasons.size(), 1U);
  EXPECT_EQ(outcome->reasons[0].description, "New access in the statement with sid: both.");
  EXPECT_EQ(outcome->reasons[0].sid, "both");
  const auto without_sid = check_no_new_access(policy_of({get}), policy_of({only_from_home}), identity);
  EXPECT_EQ(without_sid->reasons.at(0).description, "New access in the statement with index: 0.");
}

std::string trust(const std::string& principal, const std::string& condition = "{}") {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":)" + principal + R"(,"Action":"sts:AssumeRole","Condition":)" + condition + "}]}";
}

TEST(CheckNoNewAccess, TellsPrincipalsOfResourcePoliciesApart) {
  const std::string alice = trust(R"({"AWS":"arn:aws:iam::111122223333:user/alice"})"), account = trust(R"({"AWS":"111122223333"})"), all = trust(R"("*")");
  EXPECT_EQ(said(check_no_new_access(alice, account, resource)), "PASS");
  EXPECT_EQ(said(check_no_new_access(account, alice, resource)), "FAIL 0");
  EXPECT_EQ(said(check_no_new_access(account, all, resource)), "PASS");
  EXPECT_EQ(said(check_no_new_access(all, account, resource)), "FAIL 0");
  EXPECT_EQ(said(check_no_new_access(alice, alice, resource)), "PASS");
  EXPECT_EQ(said(check_no_new_access(trust(R"({"AWS":"444455556666"})"), account, resource)), "FAIL 0");
  EXPECT_EQ(said(check_no_new_access(trust(R"({"Service":"ec2.amazonaws.com"})"), account, resource)), "FAIL 0");
  // `*` with a condition on whom it means, against the principal's own name.
  const std::string only_alice = trust(R"("*")", R"({"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/alice"}})");
  EXPECT_EQ(said(check_no_new_access(only_alice, alice, resource)), "PASS");
  EXPECT_EQ(said(check_no_new_access(only_alice, trust(R"({"AWS":"444455556666"})"), resource)), "FAIL 0");
  EXPECT_EQ(said(check_no_new_access(trust(R"("*")", R"({"StringEquals":{"kms:CallerAccount":"111122223333"}})"), account, resource)), "PASS");
  EXPECT_EQ(said(check_no_new_access(trust(R"("*")", R"({"StringEquals":{"kms:CallerAccount":"444455556666"}})"), account, resource)), "FAIL 0");
}

TEST(CheckNoNewAccess, WhatCannotBeDecidedFailsAndSaysSo) {
  const std::string by_pattern = trust(R"("*")", R"({"StringLike":{"aws:PrincipalAccount":"12*"}})");
  const auto outcome = check_no_new_access(by_pattern, by_pattern, resource);
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->passed);
  EXPECT_TRUE(outcome->message.ends_with("it could not be decided.")) << outcome->message;
  ASSERT_FALSE(outcome->reasons.empty());
  EXPECT_FALSE(outcome->reasons[0].statement);
}

TEST(CheckAccessNotGranted, AsksAboutAnyActionOnAnyResourceListed) {
  const std::string policy = policy_of({get, R"({"Effect":"Allow","Action":"iam:Get*","Resource":"*"})"});
  const auto granted = [&](std::vector<std::string> actions, std::vector<std::string> resources) {
    return said(check_access_not_granted(policy, {std::move(actions), std::move(resources)}, identity));
  };
  EXPECT_EQ(granted({"s3:PutObject"}, {}), "PASS");
  EXPECT_EQ(granted({"s3:PutObject", "s3:GetObject"}, {}), "FAIL 0");
  EXPECT_EQ(granted({"s3:*"}, {"arn:aws:s3:::films/*"}), "PASS");
  EXPECT_EQ(granted({}, {"arn:aws:s3:::books/*"}), "FAIL 0 1");
  EXPECT_EQ(granted({"s3:GetObject"}, {"arn:aws:s3:::films/*", "arn:aws:s3:::books/one"}), "FAIL 0");
  EXPECT_EQ(granted({"iam:GetUser", "s3:GetObject"}, {}), "FAIL 0 1");
  EXPECT_EQ(granted({"iam:PutUserPolicy"}, {}), "PASS");
}

TEST(CheckAccessNotGranted, SpeaksAsAwsDoes) {
  const std::string john = R"({"Version":"2012-10-17","Id":"123","Statement":[{"Sid":"AllowJohnDoe","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/JohnDoe"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::my-bucket/*"}]})";
  const auto failed = check_access_not_granted(john, {{}, {"arn:aws:s3:::my-bucket/*"}}, resource);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->message, "The policy document grants access to perform one or more of the listed actions or resources.");
  EXPECT_EQ(failed->reasons.at(0).description, "One or more of the listed actions or resources in the statement with sid: AllowJohnDoe.");
  const auto passed = check_access_not_granted(john, {{}, {"arn:aws:s3:::sensitive-bucket/*"}}, resource);
  EXPECT_EQ(passed->message, "The policy document does not grant access to perform the listed actions or resources.");
  EXPECT_TRUE(passed->passed);
}

TEST(CheckAccessNotGranted, RefusesWhatNamesNothing) {
  EXPECT_TRUE(said(check_access_not_granted(policy_of({get}), {}, identity)).starts_with("error: "));
  for (const char* wrong : {"*", "books", "arn:aws:s3*:::books/*", "arn:*:s3:::books", "arn:aws:s3:::"}) {
    EXPECT_TRUE(said(check_access_not_granted(policy_of({get}), {{}, {wrong}}, identity)).starts_with("error: ")) << wrong;
  }
  EXPECT_TRUE(said(check_access_not_granted("{}", {{"s3:GetObject"}, {}}, identity)).starts_with("error: "));
  EXPECT_TRUE(said(check_access_not_granted(policy_of({get}), {{"s3:GetObject"}, {}}, resource)).starts_with("error: ")) << "no principal";
}

std::string bucket(const std::string& principal, const std::string& condition = "{}") {
  return R"({"Version":"2012-10-17","Statement":[{"Sid":"Bob","Effect":"Allow","Principal":)" + principal + R"(,"Action":["s3:GetObject"],"Condition":)" + condition + "}]}";
}

TEST(CheckNoPublicAccess, AnswersAwsOwnExamples) {
  const auto passed = check_no_public_access(bucket(R"({"AWS":"arn:aws:iam::111122223333:user/JohnDoe"})"));
  ASSERT_TRUE(passed) << passed.error().message;
  EXPECT_TRUE(passed->passed);
  EXPECT_EQ(passed->message, "The resource policy does not grant public access for the given resource type.");
  const auto failed = check_no_public_access(bucket(R"("*")"));
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->message, "The resource policy grants public access for the given resource type.");
  EXPECT_EQ(failed->reasons.at(0).description, "Public access granted in the following statement with sid: Bob.");
}

TEST(CheckNoPublicAccess, AFixedOriginIsNotPublicAndAPatternIs) {
  const auto with = [](const char* condition) { return said(check_no_public_access(bucket(R"("*")", condition))); };
  for (const char* closed : {R"({"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}})", R"({"StringEquals":{"aws:SourceVpce":"vpce-1"}})",
                             R"({"StringEquals":{"aws:SourceVpc":["vpc-1","vpc-2"]}})", R"({"StringEquals":{"aws:PrincipalAccount":"111122223333"}})",
                             R"({"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}})", R"({"IpAddress":{"aws:SourceIp":["198.51.100.0/24","10.0.0.0/8"]}})",
                             R"({"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:111122223333:*"}})", R"({"StringLike":{"aws:userid":"AROAEXAMPLE:*"}})",
                             R"({"StringEquals":{"kms:CallerAccount":"111122223333"}})"}) {
    EXPECT_EQ(with(closed), "PASS") << closed;
  }
  for (const char* open : {R"({"StringLike":{"aws:PrincipalOrgID":"o-*"}})", R"({"StringLike":{"aws:SourceVpce":"vpce-*"}})", R"({"StringNotEquals":{"aws:SourceVpc":"vpc-1"}})",
                           R"({"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/admin"}})", R"({"IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}})",
                           R"({"Bool":{"aws:SecureTransport":"true"}})", R"({"StringEqualsIfExists":{"aws:SourceVpc":"vpc-1"}})", R"({"StringEquals":{"sts:ExternalId":"secret"}})"}) {
    EXPECT_EQ(with(open), "FAIL 0") << open;
  }
  EXPECT_EQ(said(check_no_public_access(bucket(R"({"Service":"sns.amazonaws.com"})"))), "PASS");
}

TEST(CheckNoPublicAccess, ADenyClosesWhatAnAllowOpens) {
  const std::string open = R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"})";
  const auto with_deny = [&](const char* condition) {
    return said(check_no_public_access(R"({"Version":"2012-10-17","Statement":[)" + open + R"(,{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":)" + condition + "}]}"));
  };
  EXPECT_EQ(with_deny(R"({"StringNotEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}})"), "PASS");
  EXPECT_EQ(with_deny(R"({"StringNotEqualsIfExists":{"aws:SourceVpc":"vpc-1"}})"), "PASS");
  // Who comes out of no VPC at all is not denied.
  EXPECT_EQ(with_deny(R"({"StringNotEquals":{"aws:SourceVpc":"vpc-1"},"Null":{"aws:SourceVpc":"false"}})"), "FAIL 0");
}

TEST(CheckNoPublicAccess, ATokenOfASharedProviderMustSayWhomItIsFor) {
  const auto role = [](const char* condition) {
    return said(check_no_public_access(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":)" + std::string(condition) + "}]}"));
  };
  EXPECT_EQ(role("{}"), "FAIL 0");
  EXPECT_EQ(role(R"({"StringEquals":{"accounts.google.com:aud":"mine"}})"), "PASS");
  EXPECT_EQ(role(R"({"StringLike":{"accounts.google.com:aud":"*"}})"), "FAIL 0");
}

TEST(Checks, ReadADocumentAtTheLimitAndNotPastIt) {
  const auto of_length = [](std::size_t bytes) {
    std::string text = policy_of({get});
    text.insert(text.size() - 1, bytes - text.size(), ' ');
    return text;
  };
  EXPECT_EQ(said(check_no_new_access(of_length(policy::document_bytes_max), policy_of({get}), identity)), "PASS");
  EXPECT_TRUE(said(check_no_new_access(of_length(policy::document_bytes_max + 1), policy_of({get}), identity)).starts_with("error: "));
}

// What ended the server: a variable before the fifth colon. Of callers it is not decided, which is no PASS.
TEST(Checks, AnswerWhereAVariableStandsInAnArn) {
  const std::string own = trust(R"("*")", R"({"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::${aws:PrincipalAccount}:role/x"}})");
  const std::string named = trust(R"("*")", R"({"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}})");
  EXPECT_EQ(said(check_no_new_access(own, named, resource)), "FAIL ? ?");
  EXPECT_EQ(said(check_no_new_access(named, own, resource)), "FAIL ? ?");
  EXPECT_EQ(said(check_access_not_granted(own, {.actions = {"sts:AssumeRole"}}, resource)), "FAIL ? ?");
  EXPECT_EQ(said(check_no_public_access(own)), "FAIL ? ?");
  const std::string source = trust(R"("*")", R"({"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:${aws:PrincipalAccount}:x"}})");
  const std::string sources = trust(R"("*")", R"({"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:*:x"}})");
  EXPECT_EQ(said(check_access_not_granted(source, {.actions = {"sts:AssumeRole"}}, resource)), "FAIL 0");
  EXPECT_EQ(said(check_no_public_access(source)), "FAIL 0");
  EXPECT_EQ(said(check_no_new_access(sources, source, resource)), "FAIL 0");
}

TEST(CheckAccessNotGranted, AVariableInAResourceStandsForAnyText) {
  for (const char* name : {"arn:aws:s3:::books/${aws:username}", "arn:aws:s3:::books/${aws:username, 'x'}/*", "arn:aws:s3:::books/${*}"}) {
    EXPECT_EQ(said(check_access_not_granted(policy_of({get}), {.resources = {name}}, identity)), "FAIL 0") << name;
  }
  EXPECT_EQ(said(check_access_not_granted(policy_of({get}), {.resources = {"arn:aws:s3:::papers/${aws:username}"}}, identity)), "PASS");
  EXPECT_EQ(said(check_access_not_granted(policy_of({get}), {.resources = {"arn:aws:s3:::books/${"}}, identity)), "FAIL 0");
}

// 150 patterns of resources of ten services, which took seconds: two of 8 KB, a stranger's to send.
TEST(Checks, EndWhereTheyWouldTakeTooLong) {
  const auto policy = [](unsigned seed) {
    std::string resources;
    for (unsigned i = 0; i < 150; ++i) {
      constexpr const char* services[] = {"s3", "ec2", "iam", "sns", "sqs", "kms", "lambda", "rds", "dynamodb", "glue"};
      std::string pattern = "\"arn:aws:" + std::string(services[i % 10]) + ":*:*:*";
      for (unsigned k = 0; k < 14; ++k) {
        seed = seed * 1664525 + 1013904223;
        pattern += std::string(1, static_cast<char>('a' + (seed >> 16) % 10)) + "*";
      }
      resources += (i > 0 ? "," : "") + pattern + "\"";
    }
    return policy_of({(R"({"Effect":"Allow","Action":"*","Resource":[)" + resources + "]}").c_str()});
  };
  const auto outcome = check_no_new_access(policy(1), policy(2), identity);
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->passed);
  EXPECT_GT(outcome->steps, check_steps_max);  // it was ended there, but for the step under way
  EXPECT_LT(outcome->steps, check_steps_max + check_steps_max / 64);
}

TEST(Checks, WhatMeetsABugOfTheProverIsAnInternalErrorAndIsRecorded) {
  std::vector<std::string> recorded;
  const BugSink sink = [&](const std::string& what, const std::string& question) { recorded = {what, question}; };
  const auto answer = detail::answer_of(sink, Outcome{.passed = true, .bug = prover::Bug{"one is two", "{}"}});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "InternalServerException");
  EXPECT_EQ(recorded, (std::vector<std::string>{"one is two", "{}"}));
}

}  // namespace
}  // namespace ringwall::accessanalyzer
