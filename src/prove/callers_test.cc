// Who else there is: those who come with a token, AWS's services and whom they act for, and callers whom nobody lists.

#include <gtest/gtest.h>

#include "prove/prove.h"
#include "prove/testing_estate.h"

namespace ringwall::prove {
namespace {

using perimeter::Objective;

const Options options{.today = "2026-01-01", .threads = 2};

Verdict verdict(const loaders::Loaded& world, const perimeter::Perimeter& file, Objective objective) {
  return prove(world, file, options).rows[static_cast<std::size_t>(objective)].verdict;
}

// A role of mine that trusts the provider under these conditions, `more` statements beside.
Verdict trusting(const std::string& provider, const std::string& conditions, const perimeter::Perimeter& file, const std::string& more = {}) {
  testing::Builder builder = testing::small_organization({});
  builder.role(testing::member, "trusting", testing::document(testing::allow_all(), policy::Kind::identity),
               testing::document(R"({"Effect":"Allow","Principal":{"Federated":")" + provider +
                                     R"("},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{)" + conditions + "}}" + more,
                                 policy::Kind::trust));
  return verdict(std::move(builder).finish(), file, Objective::trust);
}
Verdict trusting(const std::string& provider, const std::string& conditions) { return trusting(provider, conditions, testing::perimeter_file()); }

std::string of_mine(const std::string& issuer) { return "arn:aws:iam::111122223333:oidc-provider/" + issuer; }
std::string asks(const std::string& op, const std::string& key, const std::string& value) {
  return "\"" + op + R"(":{")" + key + R"(":")" + value + R"("})";
}

constexpr const char* github = "token.actions.githubusercontent.com";
Verdict for_github(const std::string& op, const std::string& claim, const std::string& value) {
  return trusting(of_mine(github), asks(op, github + (":" + claim), value));
}

TEST(Tokens, AnOwnerCountsOnlyIfItIsSpeltOutToItsSlash) {
  for (const char* subject : {"repo:*", "repo:*:ref:refs/heads/main", "repo:*/deploy:*", "repo:acme*", "repo:acme?/x:*", "*", "repo:?cme/app:*"})
    EXPECT_EQ(for_github("StringLike", "sub", subject), Verdict::leak) << subject;
  for (const char* subject : {"repo:acme/*", "repo:acme/app:ref:refs/heads/main", "repo:acme/a*:environment:?", "repository_owner:acme:*"})
    EXPECT_EQ(for_github("StringLike", "sub", subject), Verdict::proved) << subject;
  EXPECT_EQ(for_github("StringEquals", "sub", "repo:acme/app:ref:refs/heads/main"), Verdict::proved);
  EXPECT_EQ(for_github("ForAnyValue:StringLike", "sub", "repo:acme/*"), Verdict::proved);
  EXPECT_EQ(for_github("StringEqualsIgnoreCase", "sub", "repo:Acme/app:ref:refs/heads/main"), Verdict::proved);
  EXPECT_EQ(for_github("StringLikeIfExists", "sub", "repo:acme/*"), Verdict::proved);  // every token has a subject
  EXPECT_EQ(for_github("StringNotLike", "sub", "repo:acme/*"), Verdict::leak);
  EXPECT_EQ(for_github("StringEquals", "aud", "sts.amazonaws.com"), Verdict::leak);
}

TEST(Tokens, OtherClaimsCountIfNobodyElseCanHaveThem) {
  EXPECT_EQ(for_github("StringEquals", "repository_owner_id", "1234"), Verdict::proved);
  EXPECT_EQ(for_github("StringLike", "repository", "acme/*"), Verdict::proved);
  EXPECT_EQ(for_github("StringLike", "repository", "acme*"), Verdict::leak);
  EXPECT_EQ(for_github("StringEqualsIfExists", "repository_owner", "acme"), Verdict::leak);  // a token may lack it
  // Anybody may call a workflow of mine that is public, and mine may work on anybody's repository.
  EXPECT_EQ(for_github("StringLike", "job_workflow_ref", "acme/workflows/*"), Verdict::leak);
  EXPECT_EQ(for_github("StringEquals", "actor", "ann-of-acme"), Verdict::leak);
}

TEST(Tokens, OneOpenStatementAmongSeveralIsALeakAndADenyMayCloseIt) {
  const std::string owner = asks("StringLike", "token.actions.githubusercontent.com:sub", "repo:acme/*");
  const std::string open = asks("StringLike", "token.actions.githubusercontent.com:sub", "repo:*:ref:refs/heads/main");
  const auto statement = [&](const char* effect, const std::string& conditions) {
    return R"(,{"Effect":")" + std::string(effect) + R"(","Principal":{"Federated":")" + of_mine(github) +
           R"("},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{)" + conditions + "}}";
  };
  const perimeter::Perimeter file = testing::perimeter_file();
  EXPECT_EQ(trusting(of_mine(github), owner, file, statement("Allow", open)), Verdict::leak);
  const std::string others = asks("StringNotLike", "token.actions.githubusercontent.com:sub", "repo:acme/*");
  EXPECT_EQ(trusting(of_mine(github), open, file, statement("Deny", others)), Verdict::proved);
}

TEST(Tokens, EveryIssuerThatIsSharedHasItsOwnShape) {
  const auto subject = [](const std::string& issuer, const std::string& op, const std::string& value) {
    return trusting(of_mine(issuer), asks(op, issuer + ":sub", value));
  };
  EXPECT_EQ(subject("gitlab.com", "StringLike", "project_path:acme*"), Verdict::leak);
  EXPECT_EQ(subject("gitlab.com", "StringLike", "project_path:acme/*"), Verdict::proved);
  EXPECT_EQ(subject("app.terraform.io", "StringLike", "organization:acme*"), Verdict::leak);
  EXPECT_EQ(subject("app.terraform.io", "StringLike", "organization:acme:project:*"), Verdict::proved);
  EXPECT_EQ(subject("agent.buildkite.com", "StringLike", "organization:*:pipeline:deploy:*"), Verdict::leak);
  EXPECT_EQ(subject("agent.buildkite.com", "StringLike", "organization:acme:pipeline:deploy:*"), Verdict::proved);
  EXPECT_EQ(trusting("cognito-identity.amazonaws.com", asks("StringEquals", "cognito-identity.amazonaws.com:aud", "us-east-1:pool")), Verdict::proved);
  EXPECT_EQ(trusting("cognito-identity.amazonaws.com", asks("StringEquals", "cognito-identity.amazonaws.com:amr", "authenticated")), Verdict::leak);
  EXPECT_EQ(trusting("accounts.google.com", asks("StringEquals", "accounts.google.com:aud", "client-1")), Verdict::proved);
  // Whoever asks Google for a token chooses this audience.
  EXPECT_EQ(trusting("accounts.google.com", asks("StringEquals", "accounts.google.com:oaud", "client-1")), Verdict::leak);
}

TEST(Tokens, AnIssuerOfOneTenantSpeaksForIt) {
  const std::string cluster = "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
  EXPECT_EQ(trusting(of_mine(cluster), asks("StringEquals", cluster + ":sub", "system:serviceaccount:shop:api")), Verdict::proved);
  EXPECT_EQ(trusting("arn:aws:iam::999988887777:oidc-provider/" + cluster, asks("StringEquals", cluster + ":sub", "system:serviceaccount:shop:api")),
            Verdict::leak);  // of another account
}

TEST(Tokens, AnIssuerThatNobodyKnowsIsMineOnlyWhereTheFileSaysSo) {
  const std::string issuer = "sso.example.com";
  const std::string subject = asks("StringEquals", "sso.example.com:sub", "deployer");
  EXPECT_EQ(trusting(of_mine(issuer), asks("StringLike", "sso.example.com:sub", "*")), Verdict::leak);
  perimeter::Perimeter file = testing::perimeter_file();
  const auto both = [&](const std::string& conditions) {
    testing::Builder builder = testing::small_organization({});
    builder.role(testing::member, "trusting", testing::document(testing::allow_all(), policy::Kind::identity),
                 testing::document(R"({"Effect":"Allow","Principal":{"Federated":")" + of_mine(issuer) +
                                       R"("},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{)" + conditions + "}}",
                                   policy::Kind::trust));
    const Report report = prove(std::move(builder).finish(), file, options);
    return std::pair(report.rows[static_cast<std::size_t>(Objective::trust)].verdict, report.rows[static_cast<std::size_t>(Objective::whole)].verdict);
  };
  EXPECT_EQ(both(subject), std::pair(Verdict::inconclusive, Verdict::inconclusive));  // in the row and in the whole
  file.identity_providers = {{.issuer = issuer, .subjects = {"deployer"}}};
  EXPECT_EQ(both(subject), std::pair(Verdict::proved, Verdict::proved));
  file.identity_providers = {{.issuer = issuer, .subjects = {"somebody"}}};
  EXPECT_EQ(both(subject), std::pair(Verdict::leak, Verdict::leak));
  file.identity_providers = {{.issuer = issuer, .audiences = {"my-client"}}};
  EXPECT_EQ(both(subject), std::pair(Verdict::leak, Verdict::leak));
  EXPECT_EQ(both(asks("StringEquals", "sso.example.com:aud", "my-client")), std::pair(Verdict::proved, Verdict::proved));
}

TEST(Tokens, WhatTheFileSaysOfAnIssuerIsAllThatIsMineOfIt) {
  perimeter::Perimeter file = testing::perimeter_file();
  file.identity_providers = {{.issuer = github, .subjects = {"repo:acme/*"}}};
  const std::string key = github + std::string(":sub");
  EXPECT_EQ(trusting(of_mine(github), asks("StringLike", key, "repo:acme/app:*"), file), Verdict::proved);
  EXPECT_EQ(trusting(of_mine(github), asks("StringLike", key, "repo:partner/app:*"), file), Verdict::leak);
}

// A queue of mine, in an account without RCPs, whose policy has this statement.
loaders::Loaded with_queue(const std::string& statement, const char* queue = testing::queue, authz::ResourceKind kind = authz::ResourceKind::plain) {
  testing::Builder builder = testing::small_organization({.rcp = false});
  builder.resource(queue, testing::member,
                   testing::document(statement, kind == authz::ResourceKind::key ? policy::Kind::key : policy::Kind::resource), kind);
  return std::move(builder).finish();
}

Verdict let_in(const std::string& principal, const std::string& conditions, const perimeter::Perimeter& file) {
  return verdict(with_queue(R"({"Effect":"Allow","Principal":)" + principal + R"(,"Action":"sqs:SendMessage","Resource":"*","Condition":{)" + conditions + "}}"),
                 file, Objective::resource_principals);
}

TEST(Services, AreBelievedOnlyForAnAccountOfMine) {
  perimeter::Perimeter file = testing::perimeter_file();
  file.services = {{.principal = "cloudtrail.amazonaws.com"}};
  const auto for_whom = [&](const std::string& conditions) { return let_in(R"({"Service":"cloudtrail.amazonaws.com"})", conditions, file); };
  EXPECT_EQ(for_whom(""), Verdict::leak);
  EXPECT_EQ(for_whom(asks("StringEquals", "aws:SourceAccount", "999988887777")), Verdict::leak);
  EXPECT_EQ(for_whom(asks("ArnLike", "aws:SourceArn", "arn:aws:cloudtrail:us-east-1:999988887777:trail/t")), Verdict::leak);
  EXPECT_EQ(for_whom(asks("ArnLike", "aws:SourceArn", "arn:aws:cloudtrail:*:*:trail/t")), Verdict::leak);
  EXPECT_EQ(for_whom(asks("StringNotEquals", "aws:SourceOrgID", testing::organization)), Verdict::leak);
  EXPECT_EQ(for_whom(asks("StringEqualsIfExists", "aws:SourceAccount", testing::member)), Verdict::leak);  // it may not say
  EXPECT_EQ(for_whom(asks("StringEquals", "aws:SourceArn", "arn:aws:s3:::somebodys-bucket")), Verdict::leak);

  EXPECT_EQ(for_whom(asks("StringEquals", "aws:SourceAccount", testing::member)), Verdict::proved);
  EXPECT_EQ(for_whom(asks("StringEquals", "aws:SourceOrgID", testing::organization)), Verdict::proved);
  EXPECT_EQ(for_whom(asks("ForAnyValue:StringLike", "aws:SourceOrgPaths", std::string(testing::organization) + "/r-1/*")), Verdict::proved);
  EXPECT_EQ(for_whom(asks("ArnLike", "aws:SourceArn", "arn:aws:cloudtrail:*:111122223333:trail/*")), Verdict::proved);
  EXPECT_EQ(for_whom(asks("StringLike", "aws:SourceArn", "arn:aws:cloudtrail:*:111122223333:trail/*")), Verdict::proved);
  EXPECT_EQ(for_whom(asks("StringEquals", "aws:SourceArn", "arn:aws:cloudtrail:us-east-1:111122223333:trail/t")), Verdict::proved);
  EXPECT_EQ(for_whom(asks("ArnEquals", "aws:SourceArn", testing::bucket)), Verdict::proved);  // of a bucket that the estate has
  file.services.front().without_source = true;
  EXPECT_EQ(for_whom(""), Verdict::proved);
}

TEST(Services, AWordOfTheEncryptionContextBindsLogsToMine) {
  perimeter::Perimeter file = testing::perimeter_file();
  file.services = {{.principal = "logs.us-east-1.amazonaws.com"}};
  const auto for_logs = [&](const std::string& account) {
    return verdict(with_queue(R"({"Effect":"Allow","Principal":{"Service":"logs.us-east-1.amazonaws.com"},"Action":"kms:Decrypt","Resource":"*","Condition":{"ArnLike":)"
                              R"({"kms:EncryptionContext:aws:logs:arn":"arn:aws:logs:us-east-1:)" + account + R"(:log-group:*"}}})",
                              "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555", authz::ResourceKind::key),
                   file, Objective::resource_principals);
  };
  EXPECT_EQ(for_logs(testing::member), Verdict::proved);
  EXPECT_EQ(for_logs("999988887777"), Verdict::leak);
}

TEST(Services, OneThatIsNotDeclaredIsNoneOfMine) {
  EXPECT_EQ(let_in(R"({"Service":"events.amazonaws.com"})", asks("StringEquals", "aws:SourceAccount", testing::member), testing::perimeter_file()), Verdict::leak);
}

// The RCP alone would hold it if nobody named the service; the two are asked together.
TEST(Services, OneThatIsNotDeclaredIsNoneOfMineWhateverAnRcpBindsItTo) {
  testing::Builder builder = testing::small_organization({.rcp = false});
  builder.account(testing::member, "ou-1", {},
                  builder.chain("r-1",
                                {testing::document(R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"})", policy::Kind::rcp),
                                 testing::document(R"({"Effect":"Deny","Principal":"*","Action":["s3:*","sqs:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:SourceAccount":"111122223333"}}})",
                                                   policy::Kind::rcp)},
                                "rcp-"));
  builder.resource(testing::queue, testing::member,
                   testing::document(R"({"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"})", policy::Kind::resource));
  const loaders::Loaded world = std::move(builder).finish();
  perimeter::Perimeter file = testing::perimeter_file();
  EXPECT_EQ(verdict(world, file, Objective::resource_principals), Verdict::leak);
  file.services = {{.principal = "events.amazonaws.com"}};
  EXPECT_EQ(verdict(world, file, Objective::resource_principals), Verdict::proved);
}

TEST(Callers, AnonymousRequestsHaveAnAccountThatSaysSo) {
  const perimeter::Perimeter file = testing::perimeter_file();
  EXPECT_EQ(let_in(R"("*")", asks("StringEquals", "aws:PrincipalAccount", "anonymous"), file), Verdict::leak);
  // A denial that spares them.
  const std::string spared = R"({"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*",)"
                             R"("Condition":{"StringNotEquals":{"aws:PrincipalAccount":["111122223333","anonymous"]}}})";
  EXPECT_EQ(verdict(with_queue(spared), file, Objective::resource_principals), Verdict::leak);
}

TEST(Callers, WhoeverComesThroughADistributionIsAnybody) {
  const perimeter::Perimeter file = testing::perimeter_file();
  const char* identity = R"({"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1ABCDEFGHIJK"})";
  EXPECT_EQ(let_in(identity, "", file), Verdict::leak);
  EXPECT_EQ(let_in(identity, asks("StringEquals", "aws:PrincipalOrgID", testing::organization), file), Verdict::proved);
  perimeter::Perimeter excepted = file;
  excepted.exceptions = {{.name = "site", .principals = {"arn:aws:iam::cloudfront:user/CloudFront*"}}};
  EXPECT_EQ(let_in(identity, "", excepted), Verdict::proved);
}

TEST(Callers, FederatedUsersOfAnAccountThatIsNamedAreAsked) {
  const std::string only = asks("StringEquals", "aws:PrincipalType", "FederatedUser");
  for (const char* who : {R"("*")", R"({"AWS":"999900001111"})"}) EXPECT_EQ(let_in(who, only, testing::perimeter_file()), Verdict::leak) << who;
  EXPECT_EQ(let_in(R"({"AWS":"111122223333"})", only, testing::perimeter_file()), Verdict::proved);
}

TEST(Callers, ACanonicalUserIsInconclusiveInItsRowAndInTheWhole) {
  const Report report = prove(with_queue(R"({"Effect":"Allow","Principal":{"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},)"
                                         R"("Action":"s3:GetObject","Resource":"arn:aws:s3:::mine-site/*"})", "arn:aws:s3:::mine-site"),
                              testing::perimeter_file(), options);
  EXPECT_EQ(report.rows[static_cast<std::size_t>(Objective::resource_principals)].verdict, Verdict::inconclusive);
  EXPECT_EQ(report.rows[static_cast<std::size_t>(Objective::whole)].verdict, Verdict::inconclusive);
}

TEST(Callers, ASessionOfAFederatedUserIsAskedWhereAPolicyTellsItApart) {
  const perimeter::Perimeter file = testing::perimeter_file();
  EXPECT_EQ(let_in(R"("*")", asks("StringEquals", "aws:PrincipalType", "FederatedUser"), file), Verdict::leak);
  EXPECT_EQ(let_in(R"("*")", asks("ArnLike", "aws:PrincipalArn", "arn:aws:sts::*:federated-user/*"), file), Verdict::leak);
}

constexpr const char* key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555";

// AWS's policy of the key aws/s3, and the account's that may read about it.
std::string managed_key(const std::string& account) {
  return R"({"Sid":"Allow access through S3 for all principals in the account that are authorized to use S3","Effect":"Allow","Principal":{"AWS":"*"},)"
         R"("Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"],"Resource":"*","Condition":{"StringEquals":)"
         R"({"kms:CallerAccount":")" + account + R"(","kms:ViaService":"s3.us-east-1.amazonaws.com"}}},{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::)" +
         account + R"(:root"},"Action":["kms:Describe*","kms:Get*","kms:List*"],"Resource":"*"})";
}

TEST(Callers, WhoWasNotAskedIsSaidInTheReport) {
  const Report report = prove(testing::small_organization({}).finish(), testing::perimeter_file(), options);
  std::string all;
  for (const std::string& what : report.not_asked) all += what + "\n";
  for (const char* what : {"root users of 3 accounts", "GetFederationToken", "service-linked roles", "grants of KMS keys", "those of s3, sns"})
    EXPECT_NE(all.find(what), std::string::npos) << what << "\n" << all;
}

TEST(Keys, ThoseThatAreTheCallersAccountAreNoOutsiders) {
  const perimeter::Perimeter file = testing::perimeter_file();
  EXPECT_EQ(verdict(with_queue(managed_key(testing::member), key_arn, authz::ResourceKind::key), file, Objective::resource_principals), Verdict::proved);
  EXPECT_EQ(verdict(with_queue(managed_key("999988887777"), key_arn, authz::ResourceKind::key), file, Objective::resource_principals), Verdict::leak);
  // The policy that SNS gives a topic.
  const auto topic = [&](const char* owner) {
    return verdict(with_queue(R"({"Effect":"Allow","Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission",)"
                              R"("SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":)"
                              R"("arn:aws:sns:us-east-1:111122223333:alarms","Condition":{"StringEquals":{"AWS:SourceOwner":")" + std::string(owner) + R"("}}})",
                              "arn:aws:sns:us-east-1:111122223333:alarms"),
                   file, Objective::resource_principals);
  };
  EXPECT_EQ(topic(testing::member), Verdict::proved);
  EXPECT_EQ(topic("999988887777"), Verdict::leak);
  // Of an account that nothing else names.
  const auto by_account = [&](const std::string& account) {
    return verdict(with_queue(R"({"Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:Decrypt","Resource":"*","Condition":)"
                              R"({"StringEquals":{"kms:CallerAccount":")" + account + R"("},"Bool":{"aws:PrincipalIsAWSService":"false"}}})", key_arn, authz::ResourceKind::key),
                   file, Objective::resource_principals);
  };
  EXPECT_EQ(by_account("999988887777"), Verdict::leak);
  EXPECT_EQ(by_account(testing::other_member), Verdict::proved);
  EXPECT_EQ(by_account("anonymous"), Verdict::proved);
}

TEST(Keys, ThoseOfOneServiceAreNotInTheRequestsOfAnother) {
  const perimeter::Perimeter file = testing::perimeter_file();
  EXPECT_EQ(let_in(R"("*")", asks("StringEquals", "ec2:Owner", "amazon"), file), Verdict::proved);
  EXPECT_EQ(let_in(R"("*")", asks("StringEqualsIfExists", "ec2:Owner", "amazon"), file), Verdict::leak);
  EXPECT_EQ(let_in(R"("*")", asks("StringNotEquals", "ec2:Owner", "amazon"), file), Verdict::leak);
  EXPECT_EQ(let_in(R"("*")", asks("ArnLike", "ec2:SourceInstanceArn", "arn:aws:ec2:us-east-1:999988887777:instance/*"), file), Verdict::leak);
  EXPECT_EQ(let_in(R"("*")", asks("StringEquals", "nobody:KnowsThis", "x"), file), Verdict::leak);  // a key of tomorrow
}

}  // namespace
}  // namespace ringwall::prove
