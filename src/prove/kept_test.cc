// Answers that are kept from one proof to the next: whatever a question rests on is in its key. And what exhaustion found in
// small worlds, each by itself (worlds_test.cc).

#include <gtest/gtest.h>

#include <algorithm>

#include "prove/prove.h"
#include "prove/testing_estate.h"

namespace ringwall::prove {
namespace {

using perimeter::Objective;

constexpr const char* partner = "999988887777";

Options options() {
  Options options;
  options.today = "2026-01-01";
  options.depth = false;
  options.threads = 1;
  return options;
}

const CellOf* cell_of(const Report& report, Objective row, const std::string& subject) {
  const auto& cells = report.rows[static_cast<std::size_t>(row)].cells;
  const auto cell = std::ranges::find(cells, subject, &CellOf::subject);
  return cell != cells.end() ? &*cell : nullptr;
}
Verdict verdict_of(const Report& report, Objective row, const std::string& subject) {
  const CellOf* cell = cell_of(report, row, subject);
  return cell != nullptr ? cell->verdict : Verdict::inconclusive;
}
std::vector<Verdict> whole_of(const Report& report) {
  std::vector<Verdict> verdicts;
  for (const CellOf& cell : report.rows[static_cast<std::size_t>(Objective::whole)].cells) verdicts.push_back(cell.verdict);
  return verdicts;
}

policy::DocumentPtr identity(const std::string& statements) { return testing::document(statements, policy::Kind::identity); }
policy::DocumentPtr trusted() {
  return testing::document(R"({"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"})", policy::Kind::trust);
}

// A role that may do one thing, through an endpoint or around it; networks of the estate are not expected.
loaders::Loaded behind_an_endpoint(const std::string& endpoint_policy, const std::string& service = "s3", const std::string& vpc = "vpc-0b") {
  testing::Builder builder;
  builder.account(testing::member, "ou-1", {}, {});
  builder.role(testing::member, "app",
               identity(R"({"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::theirs/*","Condition":{"StringEquals":{"aws:SourceVpce":"vpce-0b"}}})"),
               trusted());
  builder.vpc(vpc, testing::member);
  builder.endpoint("vpce-0b", testing::member, vpc, service,
                   testing::document(endpoint_policy, policy::Kind::endpoint));
  return std::move(builder).finish();
}

const char* open_to_all = R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"})";
const char* closed = R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"arn:aws:s3:::nothing"})";

// With memory of the first estate, the second is proved as it is without.
void expect_nothing_stale(const loaders::Loaded& first, const loaders::Loaded& second, const perimeter::Perimeter& before, const perimeter::Perimeter& after) {
  const std::shared_ptr<Memory> memory = make_memory();
  const std::vector<Verdict> was = whole_of(prove(first, before, options(), memory));
  const std::vector<Verdict> is = whole_of(prove(second, after, options(), memory));
  EXPECT_EQ(is, whole_of(prove(second, after, options())));
  EXPECT_NE(is, was);  // else this would hold nothing
}

TEST(Kept, AnswersOfAnEndpointAreOfItsPolicy) {
  perimeter::Perimeter file = testing::perimeter_file();
  file.networks.estate_vpcs = false;
  file.aws_owned = {{{"arn:aws:s3:::theirs/*"}, {}, 0}};
  expect_nothing_stale(behind_an_endpoint(open_to_all), behind_an_endpoint(closed), file, file);
  expect_nothing_stale(behind_an_endpoint(closed), behind_an_endpoint(open_to_all), file, file);
}

TEST(Kept, AnswersOfAnEndpointAreOfWhereItLeads) {
  perimeter::Perimeter file = testing::perimeter_file();
  file.networks.estate_vpcs = false;
  file.aws_owned = {{{"arn:aws:s3:::theirs/*"}, {}, 0}};
  expect_nothing_stale(behind_an_endpoint(open_to_all, "sqs"), behind_an_endpoint(open_to_all, "s3"), file, file);
}

// The organisation's endpoints are expected whether or not the estate lists one.
TEST(Kept, AnswersAreOfWhetherTheOrganisationsNetworksAreExpected) {
  testing::Builder builder;
  builder.account(testing::member, "ou-1", {}, {});
  builder.role(testing::member, "app",
               identity(R"({"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::theirs/*","Condition":{"StringEquals":{"aws:VpceOrgID":"o-ringwall01"}}})"),
               trusted());
  const loaders::Loaded loaded = std::move(builder).finish();
  perimeter::Perimeter expected = testing::perimeter_file(), unexpected = expected;
  expected.aws_owned = unexpected.aws_owned = {{{"arn:aws:s3:::theirs/*"}, {}, 0}};
  unexpected.networks.estate_vpcs = false;
  expect_nothing_stale(loaded, loaded, expected, unexpected);
}

// ----- what small worlds found -------------------------------------------------------------------

Report proof_of(testing::Builder builder) { return prove(std::move(builder).finish(), testing::perimeter_file(), options()); }

// Nobody signs a request with a token, and no session's tags come without a session.
TEST(SmallWorlds, ARoleThatNobodyMayAssumeIsNotLetOutByActionsBesideIt) {
  testing::Builder builder;
  builder.account(testing::member, "ou-1", {}, {});
  const std::string trust = std::string(R"({"Effect":"Allow","Principal":{"AWS":")") + partner +
                            R"("},"Action":"sts:*"},{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"})";
  builder.role(testing::member, "app", identity(R"({"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"})"), testing::document(trust, policy::Kind::trust));
  EXPECT_EQ(verdict_of(proof_of(std::move(builder)), Objective::trust, testing::app_role), Verdict::proved);
}

TEST(SmallWorlds, AResourceOfAnAccountOfMineIsOfMyOrganisation) {
  const auto role_with = [](const std::string& conditions) {
    testing::Builder builder;
    builder.account(testing::member, "ou-1", {}, {});
    builder.account(testing::other_member, "ou-1", {}, {});
    builder.role(testing::member, "app", identity(R"({"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":)" + conditions + "}"), trusted());
    return proof_of(std::move(builder));
  };
  const std::string stranger = R"({"StringEquals":{"aws:ResourceOrgID":"o-ringwall01","aws:ResourceAccount":"999988887777"}})";
  const std::string other = R"({"StringEquals":{"aws:ResourceAccount":"111122223333"},"StringNotEquals":{"aws:ResourceOrgID":"o-ringwall01"}})";
  const std::string nobody_else = R"({"StringEquals":{"aws:ResourceOrgID":"o-ringwall01"},"StringNotEquals":{"aws:ResourceAccount":["111122223333","222233334444"]}})";
  for (const std::string& conditions : {stranger, other, nobody_else})
    EXPECT_EQ(verdict_of(role_with(conditions), Objective::identity_networks, testing::app_role), Verdict::proved) << conditions;
  const std::string mine = R"({"StringEquals":{"aws:ResourceOrgID":"o-ringwall01"},"StringNotEquals":{"aws:ResourceAccount":"111122223333"}})";
  const Report report = role_with(mine);
  EXPECT_EQ(verdict_of(report, Objective::identity_networks, testing::app_role), Verdict::leak);
  ASSERT_FALSE(report.leaks.empty());
  const std::vector<std::string>* owner = report.leaks.front().finding.request.context.find("aws:ResourceAccount");
  ASSERT_NE(owner, nullptr);
  EXPECT_EQ(owner->front(), testing::other_member);
}

// An owner who may be the caller's own account grants nothing by itself: the principal's own policies are what is asked.
TEST(SmallWorlds, WhoMayDoNothingIsProvedWhoeverOwnsTheResource) {
  testing::Builder builder;
  builder.account(testing::member, "ou-1", {}, {});
  builder.role(testing::member, "app",
               identity(R"({"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:ResourceAccount":"111122223333"}}})"), trusted());
  EXPECT_EQ(verdict_of(proof_of(std::move(builder)), Objective::identity_networks, testing::app_role), Verdict::proved);
}

// Systems Manager's actions name buckets, and consult no bucket's policy.
TEST(SmallWorlds, AnActionOfAnotherServiceOnAListedBucketIsAskedOfThePrincipal) {
  testing::Builder builder;
  builder.account(testing::member, "ou-1", {}, {});
  builder.role(testing::member, "app", identity(R"({"Effect":"Allow","Action":"ssm:SendCommand","Resource":"arn:aws:s3:::mine-data"})"), trusted());
  builder.resource(testing::bucket, testing::member, nullptr);
  const Report report = proof_of(std::move(builder));
  EXPECT_EQ(verdict_of(report, Objective::identity_networks, testing::app_role), Verdict::leak);
  EXPECT_EQ(verdict_of(report, Objective::whole, testing::app_role), Verdict::leak);
}

TEST(SmallWorlds, AServiceActsForAnAccountOfTheOrganisationThatItSays) {
  testing::Builder builder;
  builder.account(testing::member, "ou-1", {}, {});
  builder.resource(testing::bucket, testing::member,
                   testing::document(R"({"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"*","Condition":)"
                                     R"({"StringEquals":{"aws:SourceOrgID":"o-ringwall01","aws:SourceAccount":"999988887777"}}})",
                                     policy::Kind::resource));
  EXPECT_EQ(verdict_of(proof_of(std::move(builder)), Objective::resource_principals, testing::bucket), Verdict::proved);
}

}  // namespace
}  // namespace ringwall::prove
