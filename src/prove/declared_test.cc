// What a perimeter file declares, and what trust policies ask of strangers.

#include <gtest/gtest.h>

#include <algorithm>

#include "prove/prove.h"
#include "prove/testing_estate.h"

namespace ringwall::prove {
namespace {

using perimeter::Objective;

const Options options{.today = "2026-01-01", .threads = 2};

const Row& row_of(const Report& report, Objective objective) {
  return report.rows[static_cast<std::size_t>(objective)];
}

Verdict verdict(const loaders::Loaded& world, const perimeter::Perimeter& file, Objective objective) {
  return row_of(prove(world, file, options), objective).verdict;
}

TEST(Declared, AServiceMayComeInWhereTheFileSaysSo) {
  testing::Builder builder = testing::small_organization({});
  builder.resource(testing::queue, testing::member,
                   testing::document(R"({"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*",)"
                                     R"("Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}})",
                                     policy::Kind::resource));
  // An RCP that lets services pass, as those that are generated do.
  const loaders::Loaded world = std::move(builder).finish();
  estate::Estate estate = *world.estate;
  estate::Table<estate::Account>::Editor accounts(estate.accounts);
  estate::Account member = *estate.accounts.find(testing::member);
  member.rcps = {};
  accounts.put(std::move(member));
  estate.accounts = std::move(accounts).finish();
  const loaders::Loaded open{std::make_shared<const estate::Estate>(std::move(estate)), {}, {}};
  perimeter::Perimeter file = testing::perimeter_file();
  EXPECT_EQ(verdict(open, file, Objective::resource_principals), Verdict::leak);
  file.services = {{"events.amazonaws.com", {"sqs:SendMessage"}, {testing::queue}, 0}};
  EXPECT_EQ(verdict(open, file, Objective::resource_principals), Verdict::proved);
  file.services = {{"events.amazonaws.com", {"sqs:SendMessage"}, {"arn:aws:sqs:us-east-1:111122223333:other"}, 0}};
  EXPECT_EQ(verdict(open, file, Objective::resource_principals), Verdict::leak);
}

TEST(Declared, AnEndpointsOwnerIsSaidByTheServicesOnAwssListAlone) {
  // The policy turns away whatever comes through an endpoint of mine, as far as the request says so.
  const auto passing = [](const char* service) {
    testing::Builder builder = testing::small_organization({});
    builder.endpoint("vpce-0b", testing::member, "vpc-0a", service,
                     testing::document(R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},)"
                                       R"({"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:VpceOrgID":"o-ringwall01"}}})",
                                       policy::Kind::endpoint));
    const Row row = row_of(prove(std::move(builder).finish(), testing::perimeter_file(), options), Objective::network_principals);
    return std::ranges::find(row.cells, std::string("vpce-0b"), &CellOf::subject)->verdict;
  };
  EXPECT_EQ(passing("s3"), Verdict::proved);
  EXPECT_EQ(passing("rds"), Verdict::leak);
  EXPECT_EQ(passing("secretsmanager"), Verdict::leak);
  EXPECT_EQ(passing("execute-api"), Verdict::leak);
  EXPECT_EQ(passing("ringwall"), Verdict::leak);  // of every service
}

TEST(Declared, AccountsThatAreNamedInPartAreNotAllTriedSoNothingIsProved) {
  testing::Builder builder = testing::small_organization({});
  builder.resource(testing::queue, testing::member,
                   testing::document(R"({"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*","Condition":{"StringLike":{"aws:PrincipalAccount":"12*"},"StringNotLike":{"aws:PrincipalOrgID":"12000*"}}})",
                                     policy::Kind::resource));
  const loaders::Loaded world = std::move(builder).finish();
  const Row row = row_of(prove(world, testing::perimeter_file(), options), Objective::resource_principals);
  const auto queue = std::ranges::find(row.cells, std::string(testing::queue), &CellOf::subject);
  ASSERT_NE(queue, row.cells.end());
  EXPECT_NE(queue->verdict, Verdict::proved);
  ASSERT_FALSE(queue->undecided.empty());
  EXPECT_NE(queue->undecided.front().find("in part"), std::string::npos);
}

// A role that may read one bucket, and that nothing else holds.
loaders::Loaded reader_of(const std::string& pattern) {
  testing::Builder builder;
  const auto scps = builder.chain("r-1", {testing::document(testing::allow_all(), policy::Kind::scp)}, "scp-");
  builder.account(testing::management, "", {}, {});
  builder.account(testing::member, "ou-1", scps, {});
  builder.user(testing::member, "ann",
               testing::document(R"({"Effect":"Allow","Action":"s3:GetObject","Resource":")" + pattern + R"("})" +
                                     (pattern == "*" ? "," + testing::only_my_resources() : ""),
                                 policy::Kind::identity));
  return std::move(builder).finish();
}

TEST(Declared, ABucketOfAwsMayBeReadWhereTheFileSaysSo) {
  const loaders::Loaded world = reader_of("arn:aws:s3:::patches-of-aws/*");
  perimeter::Perimeter file = testing::perimeter_file();
  EXPECT_EQ(verdict(world, file, Objective::identity_resources), Verdict::leak);
  file.aws_owned = {{{"arn:aws:s3:::patches-of-aws/*"}, {"s3:GetObject"}, 0}};
  EXPECT_EQ(verdict(world, file, Objective::identity_resources), Verdict::proved);
  file.aws_owned = {{{"arn:aws:s3:::patches-of-aws/*"}, {"s3:PutObject"}, 0}};
  EXPECT_EQ(verdict(world, file, Objective::identity_resources), Verdict::leak);
}

TEST(Depth, AnScpOfFullAccessIsNoGuard) {
  const perimeter::Perimeter file = testing::perimeter_file();
  const Report report = prove(reader_of("*"), file, options);
  const Row& row = row_of(report, Objective::identity_resources);
  EXPECT_EQ(row.verdict, Verdict::proved);
  EXPECT_EQ(row.sole_guards, std::vector<Guard>{Guard::identity});
  ASSERT_EQ(row.cells.size(), 1U);
  EXPECT_EQ(row.cells.front().guards, std::vector<Guard>{Guard::identity});
}

loaders::Loaded trusting(const std::string& statement) {
  testing::Builder builder = testing::small_organization({.rcp = false});
  builder.role(testing::member, "trusting", testing::document(testing::allow_all(), policy::Kind::identity),
               testing::document(statement, policy::Kind::trust));
  return std::move(builder).finish();
}

std::string oidc(const std::string& tests) {
  return R"({"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},)"
         R"("Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{)" + tests + "}}}";
}

TEST(Trust, ASignInOfAnyonesCountsOnlyWithItsSubject) {
  const perimeter::Perimeter file = testing::perimeter_file();
  const std::string audience = R"("token.actions.githubusercontent.com:aud":"sts.amazonaws.com")";
  EXPECT_EQ(verdict(trusting(oidc(audience)), file, Objective::trust), Verdict::leak);
  const std::string subject = R"(,"token.actions.githubusercontent.com:sub":"repo:mine/app:ref:refs/heads/main")";
  EXPECT_EQ(verdict(trusting(oidc(audience + subject)), file, Objective::trust), Verdict::proved);
}

TEST(Trust, AnExternalIdCountsOnlyIfItIsDeclared) {
  const loaders::Loaded world =
      trusting(R"({"Effect":"Allow","Principal":{"AWS":"999988887777"},"Action":"sts:AssumeRole",)"
               R"("Condition":{"StringEquals":{"sts:ExternalId":"of-the-vendor"}}})");
  perimeter::Perimeter file = testing::perimeter_file();
  EXPECT_EQ(verdict(world, file, Objective::trust), Verdict::leak);
  perimeter::Exception vendor;
  vendor.name = "the vendor";
  vendor.objectives = {Objective::trust};
  vendor.principals = {"999988887777"};
  vendor.external_id = "of-the-vendor";
  file.exceptions = {vendor};
  EXPECT_EQ(verdict(world, file, Objective::trust), Verdict::proved);
  file.exceptions.front().external_id = "of-another";
  EXPECT_EQ(verdict(world, file, Objective::trust), Verdict::leak);
}

// One VPC of mine, in us-east-1, and an SCP that says which networks are mine in one of these ways.
loaders::Loaded from_one_vpc(const std::string& more_conditions, const std::string& more_statements) {
  testing::Builder builder;
  const std::string statement =
      R"({"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddressIfExists":{"aws:SourceIp":["203.0.113.0/24"]},)" +
      more_conditions + R"("BoolIfExists":{"aws:ViaAWSService":"false","aws:PrincipalIsAWSService":"false"}}})";
  const auto scps = builder.chain("r-1", {testing::document(testing::allow_all(), policy::Kind::scp),
                                          testing::document(statement + more_statements, policy::Kind::scp)}, "scp-");
  builder.account(testing::management, "", {}, {});
  builder.account(testing::member, "ou-1", scps, {});
  builder.user(testing::member, "ann", testing::document(testing::allow_all(), policy::Kind::identity));
  builder.vpc("vpc-0a", testing::member);
  return std::move(builder).finish();
}

constexpr const char* by_id = R"("StringNotEqualsIfExists":{"aws:SourceVpc":"vpc-0a"},)";
constexpr const char* by_arn = R"("ArnNotLikeIfExists":{"aws:SourceVpcArn":"arn:aws:ec2:us-east-1:*:vpc/vpc-0a"},)";
constexpr const char* in_its_region =
    R"(,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-0a"},"StringNotEqualsIfExists":{"aws:RequestedRegion":"us-east-1"}}})";

TEST(Networks, AVpcOfAnotherRegionWithTheSameIdIsNotMine) {
  const Report report = prove(from_one_vpc(by_id, ""), testing::perimeter_file(), options);
  EXPECT_EQ(row_of(report, Objective::identity_networks).verdict, Verdict::leak);
  const auto leak = std::ranges::find(report.leaks, Objective::identity_networks, &Leak::objective);
  ASSERT_NE(leak, report.leaks.end());
  const policy::Context& witness = leak->finding.request.context;
  EXPECT_EQ(*witness.find("aws:SourceVpc"), std::vector<std::string>{"vpc-0a"});
  ASSERT_NE(witness.find("aws:RequestedRegion"), nullptr);
  EXPECT_NE(witness.find("aws:RequestedRegion")->front(), "us-east-1");
}

TEST(Networks, AVpcIsHeldToItsRegionOrNamedByItsArn) {
  const auto networks = [](const loaders::Loaded& world) { return verdict(world, testing::perimeter_file(), Objective::identity_networks); };
  EXPECT_EQ(networks(from_one_vpc(by_id, in_its_region)), Verdict::proved);
  EXPECT_EQ(networks(from_one_vpc(by_arn, "")), Verdict::proved);
  // Either way in, and one of them is open.
  EXPECT_EQ(networks(from_one_vpc(std::string(by_id) + by_arn, "")), Verdict::leak);
  // As it is generated: who comes by an endpoint that leads to another Region says so by its ARN.
  constexpr const char* generated =
      R"(,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-0a"},"StringNotEqualsIfExists":{"aws:RequestedRegion":"us-east-1"},"ArnNotLikeIfExists":{"aws:SourceVpcArn":"arn:aws:ec2:us-east-1:*:vpc/*"}}})";
  EXPECT_EQ(networks(from_one_vpc(by_id, generated)), Verdict::proved);
  std::string elsewhere = generated;
  elsewhere.replace(elsewhere.rfind("us-east-1"), 9, "eu-west-1");
  EXPECT_EQ(networks(from_one_vpc(by_id, elsewhere)), Verdict::leak);
}

TEST(Networks, AResourceThatLiesInARegionIsAskedForThere) {
  const auto guarded = [](const std::string& arn, const char* region) {
    testing::Builder builder;
    builder.account(testing::management, "", {}, {});
    builder.account(testing::member, "ou-1", {}, {});
    builder.vpc("vpc-0a", testing::member, region);
    builder.resource(arn, testing::member,
                     testing::document(R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-0a"}}})",
                                       policy::Kind::resource));
    return verdict(std::move(builder).finish(), testing::perimeter_file(), Objective::resource_networks);
  };
  EXPECT_EQ(guarded(testing::queue, "us-east-1"), Verdict::proved);
  EXPECT_EQ(guarded(testing::queue, "eu-west-1"), Verdict::leak);
  EXPECT_EQ(guarded(testing::bucket, "us-east-1"), Verdict::leak);  // where it lies no file says
}

TEST(Networks, AnExceptedVpcIsExceptedInItsRegion) {
  const loaders::Loaded world = from_one_vpc(R"("StringNotEqualsIfExists":{"aws:SourceVpc":["vpc-0a","vpc-0b"]},)", in_its_region);
  perimeter::Perimeter file = testing::perimeter_file();
  perimeter::Exception other;
  other.name = "other";
  other.vpcs = {{"us-east-1", "vpc-0b"}};
  file.exceptions = {other};
  EXPECT_EQ(verdict(world, file, Objective::identity_networks), Verdict::leak);
  const std::string both = std::string(in_its_region) +
                           R"(,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-0b"},"StringNotEquals":{"aws:RequestedRegion":"us-east-1"}}})";
  EXPECT_EQ(verdict(from_one_vpc(R"("StringNotEqualsIfExists":{"aws:SourceVpc":["vpc-0a","vpc-0b"]},)", both), file, Objective::identity_networks),
            Verdict::proved);
}

// More networks than are always asked in full.
loaders::Loaded many_networks(const std::string& values, const std::string& op) {
  testing::Builder builder;
  const std::string statement =
      R"({"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddressIfExists":{"aws:SourceIp":["203.0.113.0/24"]},")" + op +
      R"(":{"aws:SourceVpc":)" + values + R"(},"BoolIfExists":{"aws:ViaAWSService":"false","aws:PrincipalIsAWSService":"false"}}})";
  const std::string region =
      R"({"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:SourceVpc":"vpc-1*"},)"
      R"("StringNotEqualsIfExists":{"aws:RequestedRegion":"us-east-1"}}})";
  const auto scps = builder.chain("r-1", {testing::document(testing::allow_all(), policy::Kind::scp),
                                          testing::document(statement + "," + region, policy::Kind::scp)}, "scp-");
  builder.account(testing::management, "", {}, {});
  builder.account(testing::member, "ou-1", scps, {});
  builder.user(testing::member, "ann", testing::document(testing::allow_all(), policy::Kind::identity));
  for (int i = 10; i < 50; ++i) builder.vpc("vpc-1" + std::to_string(i), testing::member);
  return std::move(builder).finish();
}

TEST(Networks, ManyAreAskedAsExactlyAsFew) {
  const perimeter::Perimeter file = testing::perimeter_file();
  std::vector<std::string> mine;
  for (int i = 10; i < 50; ++i) mine.push_back("vpc-1" + std::to_string(i));
  const auto networks = [&](const std::string& values, const std::string& op) {
    return verdict(many_networks(values, op), file, Objective::identity_networks);
  };
  EXPECT_EQ(networks(testing::quoted(mine), "StringNotEqualsIfExists"), Verdict::proved);
  mine.push_back("vpc-999");
  EXPECT_EQ(networks(testing::quoted(mine), "StringNotEqualsIfExists"), Verdict::leak);
  EXPECT_EQ(networks(R"(["vpc-1*"])", "StringNotLikeIfExists"), Verdict::leak);
  // A pattern that is only met by one of mine: without the whole list it would seem a leak.
  EXPECT_EQ(networks(R"(["vpc-110"])", "StringNotLikeIfExists"), Verdict::proved);
}

}  // namespace
}  // namespace ringwall::prove
