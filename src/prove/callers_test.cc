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

}  // namespace
}  // namespace ringwall::prove
