// Accounts without an organisation, and endpoints that lead elsewhere than to a service that is known.

#include <gtest/gtest.h>

#include <algorithm>

#include "prove/prove.h"
#include "prove/testing_estate.h"

namespace ringwall::prove {
namespace {

using perimeter::Objective;

const Options options{.today = "2026-01-01", .threads = 2};

const Row& row_of(const Report& report, Objective objective) { return report.rows[static_cast<std::size_t>(objective)]; }

// One user, who may use a bucket of another account, but not where the key is absent (`absent`), or present.
std::string details(const char* key, bool absent) {
  return R"({"UserDetailList":[{"Path":"/","UserName":"ann","UserId":"AIDAANN","Arn":"arn:aws:iam::111122223333:user/ann","UserPolicyList":[{"PolicyName":"p","PolicyDocument":)"
         R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Null":{")" +
         std::string(key) + "\":\"" + (absent ? "true" : "false") +
         R"("}}}]}}],"GroupList":[],"AttachedManagedPolicies":[]}],"GroupDetailList":[],"RoleDetailList":[],"Policies":[]})";
}

enum class Organization { none, open };
loaders::Loaded alone(const char* key, bool absent, Organization organization) {
  const loaders::File file{"details.json", details(key, absent)};
  auto loaded = loaders::load({&file, 1}, {.no_organization = organization == Organization::none});
  EXPECT_TRUE(loaded.has_value()) << (loaded ? "" : loaded.error().message);
  return *std::move(loaded);
}

Verdict verdict(const loaders::Loaded& world, Objective objective) { return row_of(prove(world, {}, options), objective).verdict; }

TEST(Alone, APrincipalOfAnAccountWithoutAnOrganisationHasNoOrganisationKeys) {
  for (const char* key : {"aws:PrincipalOrgID", "aws:PrincipalOrgPaths"}) {
    EXPECT_EQ(verdict(alone(key, true, Organization::none), Objective::identity_resources), Verdict::proved) << key;
    EXPECT_EQ(verdict(alone(key, false, Organization::none), Objective::identity_resources), Verdict::leak) << key;
    // Whether there is one was not said, so what holds is what holds for both.
    EXPECT_EQ(verdict(alone(key, true, Organization::open), Objective::identity_resources), Verdict::leak) << key;
    EXPECT_EQ(verdict(alone(key, false, Organization::open), Objective::identity_resources), Verdict::leak) << key;
  }
}

TEST(Alone, AResourceOfAnAccountWithoutAnOrganisationHasNoOrganisationKeys) {
  const auto of_bucket = [](bool absent) {
    const loaders::Loaded bare = alone("aws:PrincipalOrgID", true, Organization::none);
    estate::Estate estate = *bare.estate;
    estate::Table<estate::Resource>::Editor resources{{}};
    resources.put({"arn:aws:s3:::b", "111122223333", authz::ResourceKind::plain,
                   authz::Named{"p", testing::document(std::string(R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"Null":{"aws:ResourceOrgID":")") +
                                                           (absent ? "true" : "false") + R"("}}})", policy::Kind::resource)}});
    estate.resources = std::move(resources).finish();
    const loaders::Loaded world{std::make_shared<const estate::Estate>(std::move(estate)), {}, {}};
    return verdict(world, Objective::resource_principals);
  };
  EXPECT_EQ(of_bucket(true), Verdict::leak);
  EXPECT_EQ(of_bucket(false), Verdict::proved);
}

TEST(Alone, ABareFileProvesItsIdentitiesAndLeavesItsResourcesOpen) {
  const Report report = prove(alone("aws:PrincipalOrgID", true, Organization::none), {}, options);
  EXPECT_EQ(row_of(report, Objective::identity_resources).verdict, Verdict::proved);
  EXPECT_EQ(row_of(report, Objective::trust).verdict, Verdict::proved);
  for (const Objective open : {Objective::resource_principals, Objective::resource_networks, Objective::whole})
    EXPECT_EQ(row_of(report, open).verdict, Verdict::inconclusive) << perimeter::name_of(open);
}

// The small organisation, whose one endpoint is this one and takes everything.
Report with_endpoint(const std::string& service, bool aws, perimeter::Perimeter file, const testing::Layers& layers = {}) {
  const loaders::Loaded small = testing::small_organization(layers).finish();
  estate::Estate estate = *small.estate;
  estate::Table<estate::Endpoint>::Editor endpoints{{}};
  endpoints.put({.id = "vpce-0a", .account = testing::member, .vpc = "vpc-0a", .service = service, .takes_policy = aws, .aws = aws});
  estate.endpoints = std::move(endpoints).finish();
  return prove({std::make_shared<const estate::Estate>(std::move(estate)), {}, {}}, file, options);
}

TEST(Endpoints, AServiceOfSomeoneElseIsOpenUntilTheFileAcceptsIt) {
  const std::string service = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0";
  perimeter::Perimeter file = testing::perimeter_file();
  for (const Objective objective : {Objective::network_principals, Objective::network_resources}) {
    const Report open = with_endpoint(service, false, file);
    const Row& row = row_of(open, objective);
    ASSERT_EQ(row.cells.size(), 1U);
    EXPECT_EQ(row.cells[0].verdict, Verdict::inconclusive);
    ASSERT_EQ(row.cells[0].undecided.size(), 1U);
    EXPECT_NE(row.cells[0].undecided[0].find("list the endpoint under `networks.endpoints`"), std::string::npos);
  }
  file.networks.endpoints = {{"us-east-1", "vpce-0a"}};
  EXPECT_EQ(row_of(with_endpoint(service, false, file), Objective::network_principals).verdict, Verdict::proved);
  EXPECT_EQ(row_of(with_endpoint(service, false, file), Objective::network_resources).verdict, Verdict::proved);
}

// Who signs in with a token has no credentials, so no identity's policy holds him: he takes the data to a role of others.
TEST(Endpoints, WhoSignsInWithATokenBecomesNoRoleOfOthers) {
  const auto row = [&](const std::string& more, Objective objective) {
    const loaders::Loaded small = testing::small_organization({}).finish();
    estate::Estate estate = *small.estate;
    estate::Table<estate::Endpoint>::Editor endpoints{{}};
    const auto policy = testing::document(R"({"Effect":"Allow","Principal":"*","Action":["sts:AssumeRoleWithSAML","sts:AssumeRoleWithWebIdentity"],"Resource":"*","Condition":{)"
                                          R"("StringNotEqualsIfExists":{"aws:PrincipalType":"Anonymous"},"Null":{"aws:PrincipalAccount":"true"},"Bool":{"aws:PrincipalIsAWSService":"false"})" +
                                              more + "}}",
                                          policy::Kind::endpoint);
    endpoints.put({.id = "vpce-0a", .account = testing::member, .vpc = "vpc-0a", .service = "sts", .policy = authz::Named{"the policy of vpce-0a", policy}});
    estate.endpoints = std::move(endpoints).finish();
    const Report report = prove({std::make_shared<const estate::Estate>(std::move(estate)), {}, {}}, testing::perimeter_file(), options);
    const auto& cells = row_of(report, objective).cells;
    return std::ranges::find(cells, "vpce-0a", &CellOf::subject)->verdict;
  };
  for (const Objective objective : {Objective::network_resources, Objective::whole}) {
    EXPECT_EQ(row("", objective), Verdict::leak);
    EXPECT_EQ(row(R"(,"StringEquals":{"aws:ResourceOrgID":"o-ringwall01"})", objective), Verdict::proved);
  }
}

TEST(Endpoints, WhatAnUnknownServiceLetsThroughIsNotTakenToBeNothing) {
  const Report report = with_endpoint("brand-new", true, testing::perimeter_file(), {.scp_resources = false});
  EXPECT_EQ(row_of(report, Objective::network_resources).verdict, Verdict::leak);
  EXPECT_EQ(row_of(report, Objective::whole).verdict, Verdict::leak);
}

TEST(Endpoints, WhereNoPolicyCanBeAttachedNoneIsAdvised) {
  const loaders::Loaded small = testing::small_organization({}).finish();
  estate::Estate estate = *small.estate;
  estate::Table<estate::Endpoint>::Editor endpoints{{}};
  endpoints.put({.id = "vpce-0a", .account = testing::member, .vpc = "vpc-0a", .service = "datasync", .takes_policy = false});
  estate.endpoints = std::move(endpoints).finish();
  const Report report = prove({std::make_shared<const estate::Estate>(std::move(estate)), {}, {}}, testing::perimeter_file(), options);
  const auto leak = std::ranges::find(report.leaks, Objective::network_principals, &Leak::objective);
  ASSERT_NE(leak, report.leaks.end());
  EXPECT_EQ(leak->fix, "the endpoint `vpce-0a` takes no policy: remove it, or accept what passes with an exception for `datasync:*` to network/principals and network/resources");
}

}  // namespace
}  // namespace ringwall::prove
