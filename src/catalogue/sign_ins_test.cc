#include "catalogue/sign_ins.h"

#include <gtest/gtest.h>

namespace ringwall::catalogue {
namespace {

TEST(SignIns, AnIssuerIsSharedOrOneTenantsOrUnknown) {
  for (const char* issuer : {"token.actions.githubusercontent.com", "Token.Actions.GitHubUserContent.com", "gitlab.com", "app.terraform.io",
                             "accounts.google.com", "oidc.vercel.com", "api.pulumi.com/oidc", "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/"}) {
    EXPECT_EQ(tenancy_of(issuer), Tenancy::shared) << issuer;
  }
  for (const char* issuer : {"oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE", "oidc.circleci.com/org/1b2c",
                             "api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc", "sts.windows.net/5f0c/",
                             "token.actions.githubusercontent.com/acme", "oidc.vercel.com/acme"}) {
    EXPECT_EQ(tenancy_of(issuer), Tenancy::single) << issuer;
  }
  for (const char* issuer : {"sso.example.com", "gitlab.example.com", "oidc.circleci.com/org/", "api.pulumi.com", "", "xgitlab.com"})
    EXPECT_EQ(tenancy_of(issuer), Tenancy::unknown) << issuer;
}

TEST(SignIns, ATenantIsNamedOnlyToTheEndOfItsName) {
  const auto named = [](std::string_view shape, std::string_view beginning, bool whole) {
    const auto tenant = tenant_named(shape, beginning, whole);
    return !tenant ? "-" : tenant->text + (tenant->is_beginning ? "*" : "");
  };
  EXPECT_EQ(named("repo:{}/", "repo:acme/app:ref", false), "repo:acme/*");
  EXPECT_EQ(named("repo:{}/", "repo:acme/", false), "repo:acme/*");
  EXPECT_EQ(named("repo:{}/", "repo:acme", false), "-");
  EXPECT_EQ(named("repo:{}/", "repo:", false), "-");
  EXPECT_EQ(named("repo:{}/", "repo:/app", true), "-");
  EXPECT_EQ(named("repo:{}/", "repository:acme/app", true), "-");
  EXPECT_EQ(named("organization:{}:", "organization:acme:project:", false), "organization:acme:*");
  EXPECT_EQ(named("organization:{}:", "organization:acme", true), "organization:acme");
  EXPECT_EQ(named("{}", "client-1", true), "client-1");
  EXPECT_EQ(named("{}", "client-1", false), "-");
  EXPECT_EQ(named("{}", "", true), "-");
}

TEST(SignIns, AClaimWithAColonIsAKeyOfItsOwn) {
  EXPECT_EQ(claim_key("gitlab.com", "sub"), "gitlab.com:sub");
  EXPECT_EQ(claim_key("sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d", "sts:RoleSessionName"), "sts:RoleSessionName");
}

}  // namespace
}  // namespace ringwall::catalogue
