#include "generate/generate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "authz/authz.h"
#include "generate/detail/pack.h"
#include "catalogue/patterns.h"

namespace ringwall::generate {
namespace {

using policy::Request;
using text::Json;
using Keys = std::vector<std::pair<std::string, std::string>>;

constexpr const char* today = "2026-11-22";
constexpr const char* mine = "111122223333";
constexpr const char* organization = "o-a1b2c3d4e5";
constexpr const char* trusted = "444455556666";

constexpr const char* file = R"({
  "organization": "o-a1b2c3d4e5",
  "accounts": ["444455556666"],
  "networks": {"cidrs": ["192.0.2.0/24"], "vpcs": ["us-east-1/vpc-012abc01"], "endpoints": ["us-east-1/vpce-012abc01"]},
  "services": [{"principal": "cloudtrail.amazonaws.com", "actions": ["s3:PutObject"], "resources": ["arn:aws:s3:::trail/*"]}],
  "aws_owned": [{"resources": ["arn:aws:s3:::amazonlinux/*"], "actions": ["s3:GetObject"]}],
  "exceptions": [
    {"name": "auditor", "owner": "o", "reason": "r", "objectives": ["trust"], "principals": ["123456789012"],
     "external_id": "audit"},
    {"name": "partner", "owner": "o", "reason": "r", "expires": "2027-01-01",
     "objectives": ["resource/principals", "resource/networks"],
     "principals": ["arn:aws:iam::777788889999:role/reader"], "actions": ["s3:GetObject"],
     "resources": ["arn:aws:s3:::prices/*"]},
    {"name": "over", "owner": "o", "reason": "r", "expires": "2026-11-22", "objectives": ["identity/resources"],
     "actions": ["sqs:SendMessage"]},
    {"name": "nightly", "owner": "o", "reason": "r", "objectives": ["identity/networks"], "actions": ["s3:ListBucket"],
     "cidrs": ["198.51.100.0/24"]}
  ]})";

perimeter::Perimeter perimeter_of(const std::string& text) {
  auto read = perimeter::read(text);
  EXPECT_TRUE(read) << read.error().message;
  return read ? *read : perimeter::Perimeter{};
}

const Generated& generated() {
  static const Generated made = [] {
    auto result = generate(perimeter_of(file), catalogue::Catalogue::builtin(), today);
    EXPECT_TRUE(result);
    return result ? *std::move(result) : Generated{};
  }();
  return made;
}

// The document, or the statements of one as a document.
std::string text_of(const Policy& policy) {
  if (policy.document.contains("Version")) return policy.document.dump();
  Json document = policy.document;
  document.set("Version", "2012-10-17");
  return document.dump();
}

std::vector<authz::Named> named(const Generated& from, Layer layer,
                                const std::string& service = "") {
  std::vector<authz::Named> all;
  for (const Policy& policy : from.policies) {
    if (policy.layer != layer || policy.service != service) continue;
    auto document = policy::compile(text_of(policy), policy.kind);
    EXPECT_TRUE(document) << policy.name << ": " << document.error().message;
    if (document) all.push_back({policy.name, *document});
  }
  EXPECT_FALSE(all.empty());
  return all;
}

// Does a document say no? Of several, one is enough; an allowance that is missing is another
// matter.
bool denied(const std::vector<authz::Named>& documents, const Request& request) {
  const policy::Probe probe(request);
  return std::ranges::any_of(documents, [&](const authz::Named& one) {
    return one.document->next(policy::Effect::deny, 0, probe) != one.document->statements();
  });
}

bool allowed(const std::vector<authz::Named>& documents, const Request& request) {
  const policy::Probe probe(request);
  return std::ranges::any_of(documents, [&](const authz::Named& one) {
    return one.document->next(policy::Effect::allow, 0, probe) != one.document->statements();
  });
}

Request request(const std::string& account, const std::string& action, const std::string& resource,
                const Keys& keys) {
  Request one;
  one.principal.type = policy::Principal::Type::role_session;
  one.principal.account = account;
  one.principal.role_arn = "arn:aws:iam::" + account + ":role/reader";
  one.principal.arn = "arn:aws:sts::" + account + ":assumed-role/reader/s";
  one.action = action;
  one.resource = resource;
  one.context.set("aws:PrincipalArn", one.principal.role_arn);
  one.context.set("aws:PrincipalAccount", account);
  one.context.set("aws:PrincipalIsAWSService", "false");
  one.context.set("aws:ViaAWSService", "false");
  if (account == mine) one.context.set("aws:PrincipalOrgID", organization);
  for (const auto& [key, value] : keys) one.context.set(key, value);
  return one;
}

Request service_request(const std::string& service, const std::string& action,
                        const std::string& resource, const Keys& keys) {
  Request one = request("", action, resource, keys);
  one.principal = {.type = policy::Principal::Type::service, .service = service};
  for (const char* key : {"aws:PrincipalArn", "aws:PrincipalAccount"}) one.context.erase(key);
  one.context.set("aws:PrincipalIsAWSService", "true");
  one.context.set("aws:PrincipalServiceName", service);
  return one;
}

const Keys resource_of_mine = {{"aws:ResourceOrgID", organization}, {"aws:ResourceAccount", mine}};
const Keys resource_of_others = {{"aws:ResourceOrgID", "o-0000000000"},
                                 {"aws:ResourceAccount", "999999999999"}};
constexpr const char* object = "arn:aws:s3:::books/one";

TEST(Generate, EveryDocumentIsOneThatItsKindTakes) {
  for (const Policy& policy : generated().policies)
    EXPECT_TRUE(policy::compile(text_of(policy), policy.kind)) << policy.name;
  EXPECT_TRUE(generated().complete);
}

TEST(Generate, NamesAreUniqueAndInOrder) {
  std::set<std::string> names;
  for (const Policy& policy : generated().policies)
    EXPECT_TRUE(names.insert(policy.name).second) << policy.name;
  EXPECT_TRUE(std::ranges::is_sorted(generated().policies, [](const Policy& a, const Policy& b) {
    return std::tie(a.layer, a.name) < std::tie(b.layer, b.name);
  }));
  for (int index = 0; index <= static_cast<int>(Layer::trust_statement); ++index)
    EXPECT_EQ(layer_of(name_of(static_cast<Layer>(index))), static_cast<Layer>(index));
  EXPECT_EQ(layer_of("scp"), std::nullopt);
}

TEST(Generate, TheSamePerimeterGivesTheSameBytes) {
  const auto again = generate(perimeter_of(file), catalogue::Catalogue::builtin(), today);
  ASSERT_TRUE(again);
  EXPECT_EQ(as_json(*again), as_json(generated()));
  EXPECT_EQ(as_terraform(*again), as_terraform(generated()));
  EXPECT_EQ(as_cloudformation(*again), as_cloudformation(generated()));
}

TEST(Generate, APerimeterWithoutNetworksIsRefused) {
  const auto none = generate(
      perimeter_of(R"({"organization": "o-a1b2c3d4e5", "networks": {"estate_vpcs": false}})"),
      catalogue::Catalogue::builtin(), today);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("no network at all"), std::string::npos);
}

TEST(Generate, APerimeterWithoutAnOrganisationIsRefused) {
  for (const char* text : {"{}", R"({"organization": "none"})"}) {
    const auto none = generate(perimeter_of(text), catalogue::Catalogue::builtin(), today);
    ASSERT_FALSE(none);
    EXPECT_TRUE(none.error().message.contains("names no organisation")) << none.error().message;
  }
}

class OnlyMyResources : public testing::TestWithParam<Layer> {};

Request from_an_office(const std::string& action, const std::string& resource, Keys keys) {
  keys.emplace_back("aws:SourceIp", "192.0.2.7");
  return request(mine, action, resource, keys);
}

TEST_P(OnlyMyResources, DenyWhatIsNotMine) {
  const auto documents = named(generated(), GetParam());
  EXPECT_FALSE(denied(documents, from_an_office("s3:PutObject", object, resource_of_mine)));
  EXPECT_TRUE(denied(documents, from_an_office("s3:PutObject", object, resource_of_others)));
  EXPECT_TRUE(denied(
      documents,
      from_an_office("sqs:SendMessage", "arn:aws:sqs:us-east-1:999999999999:q", resource_of_others)))
      << "the exception is over";
  EXPECT_TRUE(denied(documents, from_an_office("s3:PutObject", object, {})))
      << "nobody says whose it is";
  EXPECT_FALSE(
      denied(documents, from_an_office("s3:PutObject", object, {{"aws:ResourceAccount", trusted}})));
}

TEST_P(OnlyMyResources, SpareThoseOfAwsForWhatIsListed) {
  const auto documents = named(generated(), GetParam());
  EXPECT_FALSE(denied(
      documents, from_an_office("s3:GetObject", "arn:aws:s3:::amazonlinux/a", resource_of_others)));
  EXPECT_TRUE(denied(
      documents, from_an_office("s3:PutObject", "arn:aws:s3:::amazonlinux/a", resource_of_others)));
  EXPECT_TRUE(denied(documents, from_an_office("s3:GetObjectAcl", "arn:aws:s3:::amazonlinux/a",
                                        resource_of_others)));
  EXPECT_TRUE(denied(documents, from_an_office("s3:GetObject", object, resource_of_others)));
}

INSTANTIATE_TEST_SUITE_P(Layers, OnlyMyResources,
                         testing::Values(Layer::identity_guardrail, Layer::scp_resources));

class OnlyMyNetworks : public testing::TestWithParam<Layer> {};

// A request on a resource of mine.
Request on_mine(const std::string& action, const std::string& resource, Keys keys) {
  keys.insert(keys.end(), resource_of_mine.begin(), resource_of_mine.end());
  return request(mine, action, resource, keys);
}

TEST_P(OnlyMyNetworks, DenyFromElsewhereUnlessAServicePassesItOn) {
  const auto documents = named(generated(), GetParam());
  const auto from = [&](const Keys& keys) {
    return denied(documents, on_mine("s3:PutObject", object, keys));
  };
  EXPECT_FALSE(from({{"aws:SourceIp", "192.0.2.7"}}));
  EXPECT_TRUE(from({{"aws:SourceIp", "198.51.100.7"}}));
  const std::pair<std::string, std::string> here{"aws:RequestedRegion", "us-east-1"}, elsewhere{"aws:RequestedRegion", "eu-west-1"};
  EXPECT_FALSE(from({{"aws:SourceVpc", "vpc-012abc01"}, here}));
  EXPECT_TRUE(from({{"aws:SourceVpc", "vpc-09999999"}, here}));
  EXPECT_FALSE(from({{"aws:SourceVpc", "vpc-09999999"}, {"aws:SourceVpce", "vpce-012abc01"}, here}));
  // Another Region may have a VPC or an endpoint of the same id; a VPC's ARN says where it lies.
  EXPECT_TRUE(from({{"aws:SourceVpc", "vpc-012abc01"}, elsewhere}));
  EXPECT_TRUE(from({{"aws:SourceVpc", "vpc-012abc01"}}));
  EXPECT_TRUE(from({{"aws:SourceVpc", "vpc-09999999"}, {"aws:SourceVpce", "vpce-012abc01"}, elsewhere}));
  EXPECT_FALSE(from({{"aws:SourceVpc", "vpc-012abc01"}, elsewhere, {"aws:SourceVpcArn", "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-012abc01"}}));
  EXPECT_TRUE(from({{"aws:SourceVpc", "vpc-012abc01"}, elsewhere, {"aws:SourceVpcArn", "arn:aws:ec2:eu-west-1:999999999999:vpc/vpc-012abc01"}}));
  EXPECT_FALSE(from({{"aws:SourceVpc", "vpc-09999999"}, {"aws:VpceOrgID", organization}}));
  EXPECT_TRUE(from({}));
  EXPECT_FALSE(from({{"aws:SourceIp", "198.51.100.7"}, {"aws:ViaAWSService", "true"}}));
}

TEST_P(OnlyMyNetworks, SpareTheNetworkOfAnExceptionForItsActionOnly) {
  const auto documents = named(generated(), GetParam());
  const Keys nightly = {{"aws:SourceIp", "198.51.100.7"}};
  EXPECT_FALSE(denied(documents, on_mine("s3:ListBucket", "arn:aws:s3:::books", nightly)));
  EXPECT_TRUE(denied(documents, on_mine("s3:DeleteBucket", "arn:aws:s3:::books", nightly)));
  EXPECT_TRUE(denied(documents, on_mine("s3:ListBucket", "arn:aws:s3:::books",
                                        {{"aws:SourceIp", "203.0.113.1"}})));
}

INSTANTIATE_TEST_SUITE_P(Layers, OnlyMyNetworks,
                         testing::Values(Layer::identity_guardrail, Layer::scp_networks));

// RCPs and the statements of resource policies say the same of what they reach.
class OnResources : public testing::TestWithParam<std::pair<Layer, const char*>> {
 protected:
  std::vector<authz::Named> documents_ = named(generated(), GetParam().first, GetParam().second);
  static Keys inside(Keys keys = {}) {
    keys.emplace_back("aws:SourceIp", "192.0.2.7");
    return keys;
  }
};

TEST_P(OnResources, DenyOutsiders) {
  EXPECT_FALSE(denied(documents_, request(mine, "s3:GetObject", object, inside())));
  EXPECT_FALSE(denied(documents_, request(trusted, "s3:GetObject", object, inside())));
  EXPECT_TRUE(denied(documents_, request("999999999999", "s3:GetObject", object, inside())));
  Request anonymous =
      request("", "s3:GetObject", object, inside({{"aws:PrincipalType", "Anonymous"}}));
  anonymous.principal = {};
  for (const char* key : {"aws:PrincipalArn", "aws:PrincipalAccount"}) anonymous.context.erase(key);
  EXPECT_TRUE(denied(documents_, anonymous));
}

TEST_P(OnResources, DenyOtherNetworks) {
  EXPECT_TRUE(denied(documents_,
                     request(mine, "s3:GetObject", object, {{"aws:SourceIp", "198.51.100.7"}})));
  EXPECT_FALSE(denied(documents_,
                      request(mine, "s3:GetObject", object,
                              {{"aws:SourceIp", "198.51.100.7"}, {"aws:ViaAWSService", "true"}})));
}

TEST_P(OnResources, LetMyServicesDoTheirWorkAndNoOthers) {
  const char* log = "arn:aws:s3:::trail/log";
  const Keys for_me = {{"aws:SourceAccount", mine}, {"aws:SourceOrgID", organization}};
  EXPECT_FALSE(
      denied(documents_, service_request("cloudtrail.amazonaws.com", "s3:PutObject", log, for_me)));
  EXPECT_FALSE(
      denied(documents_, service_request("cloudtrail.amazonaws.com", "s3:PutObject", log, {})));
  EXPECT_TRUE(
      denied(documents_, service_request("cloudtrail.amazonaws.com", "s3:GetObject", log, for_me)));
  EXPECT_TRUE(denied(documents_,
                     service_request("cloudtrail.amazonaws.com", "s3:PutObject", object, for_me)));
  EXPECT_TRUE(
      denied(documents_, service_request("config.amazonaws.com", "s3:PutObject", log, for_me)));
  const Keys for_others = {{"aws:SourceAccount", "999999999999"},
                           {"aws:SourceOrgID", "o-0000000000"}};
  EXPECT_TRUE(denied(documents_,
                     service_request("cloudtrail.amazonaws.com", "s3:PutObject", log, for_others)));
  EXPECT_FALSE(denied(documents_, service_request("cloudtrail.amazonaws.com", "s3:PutObject", log,
                                                  {{"aws:SourceAccount", trusted}})));
}

TEST_P(OnResources, SpareThePartnerAndNobodyElse) {
  const char* prices = "arn:aws:s3:::prices/today";
  EXPECT_FALSE(denied(documents_, request("777788889999", "s3:GetObject", prices, {})));
  EXPECT_TRUE(denied(documents_, request("777788889999", "s3:PutObject", prices, {})));
  EXPECT_TRUE(denied(documents_, request("777788889999", "s3:GetObjectAcl", prices, {})));
  EXPECT_TRUE(denied(documents_, request("777788889999", "s3:GetObject", object, {})));
  EXPECT_TRUE(denied(documents_, request("999999999999", "s3:GetObject", prices, inside())));
}

INSTANTIATE_TEST_SUITE_P(Layers, OnResources,
                         testing::Values(std::pair(Layer::rcp, ""),
                                         std::pair(Layer::resource_statement, ""),
                                         std::pair(Layer::resource_statement, "s3")));

constexpr const char* role = "arn:aws:iam::111122223333:role/app";

TEST(Rcp, ServicesAssumeTheRolesThatTrustThemButForNobodyElse) {
  const auto documents = named(generated(), Layer::rcp);
  const auto assumes = [&](const Keys& keys) {
    return !denied(documents, service_request("lambda.amazonaws.com", "sts:AssumeRole",
                                              "arn:aws:iam::111122223333:role/f", keys));
  };
  EXPECT_TRUE(assumes({}));
  EXPECT_TRUE(assumes({{"aws:SourceAccount", mine}, {"aws:SourceOrgID", organization}}));
  EXPECT_FALSE(assumes({{"aws:SourceAccount", "999999999999"}}));
  EXPECT_TRUE(denied(documents, service_request("lambda.amazonaws.com", "sqs:SendMessage",
                                                "arn:aws:sqs:us-east-1:111122223333:q", {})))
      << "the perimeter does not list it";
}

TEST(Trust, OutsidersAssumeRolesByExceptionAndExternalIdOnly) {
  const auto statements = named(generated(), Layer::trust_statement, "sts");
  const auto rcps = named(generated(), Layer::rcp);
  for (const auto* documents : {&statements, &rcps}) {
    const Keys inside = {{"aws:SourceIp", "192.0.2.7"}};
    EXPECT_FALSE(denied(*documents, request(mine, "sts:AssumeRole", role, inside)));
    EXPECT_TRUE(denied(*documents, request("999999999999", "sts:AssumeRole", role, inside)));
    EXPECT_TRUE(denied(*documents, request("123456789012", "sts:AssumeRole", role, inside)));
    EXPECT_TRUE(denied(*documents, request("123456789012", "sts:AssumeRole", role,
                                           {{"sts:ExternalId", "other"}})));
    EXPECT_FALSE(denied(*documents, request("123456789012", "sts:AssumeRole", role,
                                            {{"sts:ExternalId", "audit"}})));
    EXPECT_TRUE(denied(*documents, request("999999999999", "sts:AssumeRole", role,
                                           {{"sts:ExternalId", "audit"}})));
  }
  EXPECT_FALSE(
      denied(statements, service_request("ec2.amazonaws.com", "sts:AssumeRole", role, {})));
  EXPECT_TRUE(denied(statements, service_request("ec2.amazonaws.com", "sts:AssumeRole", role,
                                                 {{"aws:SourceAccount", "999999999999"}})));
}

TEST(Trust, AProviderVouchesForCallersWithoutAnOrganisation) {
  Request caller = request("", "sts:AssumeRoleWithWebIdentity", role, {});
  caller.principal = {.type = policy::Principal::Type::federated,
                      .provider = "accounts.google.com"};
  for (const char* key : {"aws:PrincipalArn", "aws:PrincipalAccount"}) caller.context.erase(key);
  EXPECT_FALSE(denied(named(generated(), Layer::trust_statement, "sts"), caller));
  EXPECT_FALSE(denied(named(generated(), Layer::rcp), caller));
  caller.context.set("aws:ResourceOrgID", organization);
  EXPECT_TRUE(allowed(named(generated(), Layer::endpoint, "sts"), caller));
  caller.context.set("aws:ResourceOrgID", "o-0000000000");
  EXPECT_FALSE(allowed(named(generated(), Layer::endpoint, "sts"), caller));
}

TEST(Trust, AnExceptionForSomeRolesHasAStatementOfItsOwn) {
  const auto made =
      generate(perimeter_of(R"({"organization": "o-a1b2c3d4e5", "exceptions": [{"name": "vendor",
      "owner": "o", "reason": "r", "objectives": ["trust"], "principals": ["123456789012"],
      "resources": ["arn:aws:iam::111122223333:role/app"]}]})"),
               catalogue::Catalogue::builtin(), today);
  ASSERT_TRUE(made);
  const Request vendor = request("123456789012", "sts:AssumeRole", role, {});
  for (const Policy& policy : made->policies) {
    if (policy.layer != Layer::trust_statement) continue;
    const auto document = policy::compile(text_of(policy), policy.kind);
    ASSERT_TRUE(document);
    EXPECT_EQ(denied({{policy.name, *document}}, vendor),
              policy.name == "ringwall-trust-statement");
  }
}

TEST(Endpoint, LetsMyPrincipalsToMyResources) {
  for (const char* service : {"", "s3"}) {
    const auto documents = named(generated(), Layer::endpoint, service);
    EXPECT_TRUE(allowed(documents, request(mine, "s3:PutObject", object, resource_of_mine)));
    EXPECT_TRUE(allowed(documents, request(trusted, "s3:PutObject", object, resource_of_mine)));
    EXPECT_TRUE(allowed(documents,
                        request(mine, "s3:PutObject", object, {{"aws:ResourceAccount", trusted}})));
    EXPECT_FALSE(
        allowed(documents, request("999999999999", "s3:PutObject", object, resource_of_mine)));
    EXPECT_FALSE(allowed(documents, request(mine, "s3:PutObject", object, resource_of_others)));
    EXPECT_TRUE(allowed(documents, request(mine, "s3:GetObject", "arn:aws:s3:::amazonlinux/a",
                                           resource_of_others)));
    EXPECT_FALSE(allowed(documents, request("999999999999", "s3:GetObject",
                                            "arn:aws:s3:::amazonlinux/a", resource_of_others)));
    EXPECT_TRUE(allowed(documents, service_request("cloudtrail.amazonaws.com", "s3:PutObject",
                                                   "arn:aws:s3:::trail/a", resource_of_mine)));
    EXPECT_FALSE(allowed(documents, service_request("config.amazonaws.com", "s3:PutObject",
                                                    "arn:aws:s3:::trail/a", resource_of_mine)));
  }
}

TEST(Endpoint, LetsAnonymousReadersThroughWhereThePerimeterSaysSo) {
  Request anonymous = request("", "s3:GetObject", object, {{"aws:PrincipalType", "Anonymous"}});
  anonymous.principal = {};
  for (const char* key : {"aws:PrincipalArn", "aws:PrincipalAccount"}) anonymous.context.erase(key);
  EXPECT_FALSE(allowed(named(generated(), Layer::endpoint, "s3"), anonymous));
  const auto open =
      generate(perimeter_of(R"({"organization": "o-a1b2c3d4e5", "anonymous_get_object": true})"),
               catalogue::Catalogue::builtin(), today);
  ASSERT_TRUE(open);
  EXPECT_TRUE(allowed(named(*open, Layer::endpoint, "s3"), anonymous));
  anonymous.action = "s3:PutObject";
  EXPECT_FALSE(allowed(named(*open, Layer::endpoint, "s3"), anonymous));
  EXPECT_FALSE(allowed(named(*open, Layer::endpoint, "s3"),
                       request("999999999999", "s3:GetObject", object, {})));
}

TEST(Endpoint, AnExceptionOpensTheSideThatItNames) {
  const auto made = generate(perimeter_of(R"({"organization": "o-a1b2c3d4e5", "exceptions": [
      {"name": "read", "owner": "o", "reason": "r", "objectives": ["network/resources"], "actions": ["s3:GetObject"],
       "resources": ["arn:aws:s3:::public/*"]},
      {"name": "vendor", "owner": "o", "reason": "r", "objectives": ["network/principals"], "principals": ["123456789012"],
       "actions": ["s3:PutObject"], "vpcs": ["us-east-1/vpc-012abc01"]}]})"),
                             catalogue::Catalogue::builtin(), today);
  ASSERT_TRUE(made);
  const auto documents = named(*made, Layer::endpoint, "s3");
  EXPECT_TRUE(allowed(documents,
                      request(mine, "s3:GetObject", "arn:aws:s3:::public/a", resource_of_others)));
  EXPECT_FALSE(allowed(documents, request("123456789012", "s3:GetObject", "arn:aws:s3:::public/a",
                                          resource_of_others)));
  Keys keys = resource_of_mine;
  EXPECT_FALSE(allowed(documents, request("123456789012", "s3:PutObject", object, keys)));
  keys.emplace_back("aws:SourceVpc", "vpc-012abc01");
  EXPECT_FALSE(allowed(documents, request("123456789012", "s3:PutObject", object, keys)));
  keys.emplace_back("aws:RequestedRegion", "us-east-1");
  EXPECT_TRUE(allowed(documents, request("123456789012", "s3:PutObject", object, keys)));
  keys = resource_of_others;
  keys.emplace_back("aws:SourceVpc", "vpc-012abc01");
  keys.emplace_back("aws:RequestedRegion", "us-east-1");
  EXPECT_FALSE(allowed(documents, request("123456789012", "s3:PutObject", object, keys)));
}

TEST(Governance, WhatSetsTheTagsOfPrincipalsSaysWhichTags) {
  for (const char* name : {"iam:TagRole", "iam:TagUser", "iam:UntagRole", "iam:UntagUser", "iam:CreateRole", "iam:CreateUser", "sts:TagSession"}) {
    const auto action = catalogue::Catalogue::builtin().action(name);
    ASSERT_TRUE(action) << name;
    EXPECT_TRUE(action->lists("aws:TagKeys")) << name;
  }
}

// Whom no SCP binds has them as a managed policy, and what is excepted from agents is spared in both.
TEST(Agents, AreHeldInTheManagementAccountAndSparedWhereExcepted) {
  const auto made = generate(perimeter_of(R"({"organization": "o-a1b2c3d4e5", "agents": {"services": ["s3"]}, "exceptions": [
      {"name": "cleaning", "owner": "a", "reason": "b", "objectives": ["agents"], "actions": ["s3:DeleteObject"], "resources": ["arn:aws:s3:::scratch/*"]},
      {"name": "reaching", "owner": "a", "reason": "b", "objectives": ["perimeter"], "actions": ["s3:PutObject"], "resources": ["arn:aws:s3:::partner/*"]}]})"),
                             catalogue::Catalogue::builtin(), today);
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->complete);
  std::size_t documents = 0;
  for (const Policy& policy : made->policies) {
    const std::string text = policy.document.dump();
    if (!text.contains("aws:ViaAWSMCPService")) continue;
    ++documents;
    EXPECT_TRUE(policy.layer == Layer::scp_agents || policy.layer == Layer::identity_guardrail) << policy.name;
    EXPECT_TRUE(text.contains("s3:DeleteObject") && text.contains("arn:aws:s3:::scratch/*")) << text;
    EXPECT_FALSE(text.contains("partner")) << text;
  }
  EXPECT_EQ(documents, 2U);
}

TEST(Agents, WhatTheyMayDoOnlyReads) {
  const auto made = generate(perimeter_of(R"({"organization": "o-a1b2c3d4e5", "agents": {"services": ["s3", "ec2", "iam", "kms", "dynamodb", "nothing"]}})"),
                             catalogue::Catalogue::builtin(), today);
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->complete);
  EXPECT_TRUE(std::ranges::any_of(made->notes, [](const std::string& note) { return note.contains("there is no service `nothing`"); }));
  std::size_t documents = 0, read = 0;
  for (const Policy& policy : made->policies) {
    if (policy.layer != Layer::scp_agents) continue;
    ++documents;
    for (const Json& statement : policy.document["Statement"].items()) {
      for (const Json& pattern : statement["NotAction"].items())
        catalogue::Catalogue::builtin().for_each_action(pattern.as_string(), [&](const catalogue::Action& action) {
          EXPECT_TRUE(action.access() == catalogue::Access::read || action.access() == catalogue::Access::list) << action.full_name();
          ++read;
          return true;
        });
    }
  }
  EXPECT_EQ(documents, 1U);
  EXPECT_GT(read, 300U);
  EXPECT_TRUE(std::ranges::none_of(generated().policies, [](const Policy& one) { return one.layer == Layer::scp_agents || one.layer == Layer::scp_governance; }));
}

TEST(Rollout, ByTagsDenialsBindThoseWhoHaveOneTagAndNotTheOther) {
  const auto made = generate(perimeter_of(R"({"organization": "o-a1b2c3d4e5", "networks": {"cidrs": ["192.0.2.0/24"]},
      "governance": {"administrators": ["arn:aws:iam::*:role/admin"]}, "rollout": {"tags": true, "networks_for": ["users", "ec2"]}})"),
                             catalogue::Catalogue::builtin(), today);
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->complete);
  const auto networks = named(*made, Layer::scp_networks);
  const std::string user = "arn:aws:iam::111122223333:user/ann";
  const auto from_elsewhere = [&](Keys keys) {
    keys.emplace_back("aws:SourceIp", "198.51.100.7");
    Request asked = on_mine("s3:PutObject", object, keys);
    for (const auto& [key, value] : keys) asked.context.set(key, value);
    return denied(networks, asked);
  };
  EXPECT_FALSE(from_elsewhere({{"aws:PrincipalArn", user}}));
  EXPECT_TRUE(from_elsewhere({{"aws:PrincipalArn", user}, {"aws:PrincipalTag/dp:include:network", "true"}}));
  EXPECT_FALSE(from_elsewhere({{"aws:PrincipalArn", user}, {"aws:PrincipalTag/dp:include:network", "true"}, {"aws:PrincipalTag/dp:exclude:network", "true"}}));
  const std::pair<std::string, std::string> app{"aws:PrincipalArn", "arn:aws:iam::111122223333:role/app"}, tag{"aws:PrincipalTag/dp:include:network", "true"};
  EXPECT_FALSE(from_elsewhere({app, tag}));
  EXPECT_TRUE(from_elsewhere({app, tag, {"ec2:SourceInstanceArn", "arn:aws:ec2:us-east-1:111122223333:instance/i-1"}}));
}

TEST(Rollout, ByTagsRcpsLeaveOutTheResourcesThatCarryOne) {
  const std::string text = R"({"organization": "o-a1b2c3d4e5", "networks": {"cidrs": ["192.0.2.0/24"], "vpcs": ["us-east-1/vpc-012abc01"]},
      "governance": {"administrators": ["arn:aws:iam::*:role/admin"]}, "rollout": {"tags": )";
  const auto tagged = generate(perimeter_of(text + "true}}"), catalogue::Catalogue::builtin(), today), plain = generate(perimeter_of(text + "false}}"), catalogue::Catalogue::builtin(), today);
  ASSERT_TRUE(tagged && plain && tagged->complete);
  const Keys identity = {{"aws:ResourceTag/dp:exclude:identity", "true"}}, network = {{"aws:ResourceTag/dp:exclude:network", "true"}};
  const auto is_denied = [](const Generated& by, Request asked, const Keys& keys) {
    for (const auto& [key, value] : keys) asked.context.set(key, value);
    return denied(named(by, Layer::rcp), asked);
  };
  const Request outsider = request("999988887777", "s3:GetObject", object, {{"aws:SourceIp", "192.0.2.7"}}), elsewhere = request(mine, "s3:GetObject", object, {{"aws:SourceIp", "198.51.100.7"}}),
                same_name = request(mine, "s3:GetObject", object, {{"aws:SourceVpc", "vpc-012abc01"}, {"aws:RequestedRegion", "eu-west-1"}});
  for (const auto& [asked, tag] : {std::pair{&outsider, &identity}, std::pair{&elsewhere, &network}, std::pair{&same_name, &network}}) {
    EXPECT_TRUE(is_denied(*tagged, *asked, {}));
    EXPECT_FALSE(is_denied(*tagged, *asked, *tag));
    EXPECT_TRUE(is_denied(*tagged, *asked, tag == &identity ? network : identity));
    EXPECT_TRUE(is_denied(*plain, *asked, *tag));
  }
  // A bucket's tags count once ABAC is asked for, and may have been set by an action that does not say which.
  const auto governance = named(*tagged, Layer::scp_governance);
  EXPECT_TRUE(denied(governance, request(mine, "s3:PutBucketAbac", "arn:aws:s3:::b", {})));
  EXPECT_FALSE(denied(governance, request(mine, "s3:PutBucketAbac", "arn:aws:s3:::b", {{"aws:PrincipalArn", "arn:aws:iam::111122223333:role/admin"}})));
  EXPECT_TRUE(denied(governance, request(mine, "sqs:TagQueue", "arn:aws:sqs:us-east-1:111122223333:q", {{"aws:TagKeys", "dp:exclude:identity"}})));
}

TEST(Generate, ExceptionsThatOverlapStayDeniedAndAreNoted) {
  const auto made = generate(perimeter_of(R"({"organization": "o-a1b2c3d4e5", "exceptions": [
      {"name": "wide", "owner": "o", "reason": "r", "objectives": ["identity/resources"],
       "principals": ["arn:aws:iam::*:role/a"], "resources": ["arn:aws:s3:::a/*"]},
      {"name": "narrow", "owner": "o", "reason": "r", "objectives": ["identity/resources"],
       "principals": ["arn:aws:iam::*:role/b"], "resources": ["arn:aws:s3:::a/b/*"]}]})"),
                             catalogue::Catalogue::builtin(), today);
  ASSERT_TRUE(made);
  EXPECT_TRUE(std::ranges::any_of(
      made->notes, [](const std::string& note) { return note.starts_with("`narrow` overlaps"); }));
}

TEST(Generate, WhatDoesNotFitIsLeftOutAndSaid) {
  std::string vpcs;
  for (int index = 0; index < 400; ++index) {
    std::string digits = std::to_string(index);
    digits.insert(0, 8 - digits.size(), '0');
    vpcs += (index == 0 ? "\"us-east-1/vpc-" : ",\"us-east-1/vpc-") + digits + "\"";
  }
  const auto made = generate(
      perimeter_of(R"({"organization": "o-a1b2c3d4e5", "networks": {"vpcs": [)" + vpcs + "]}}"),
      catalogue::Catalogue::builtin(), today);
  ASSERT_TRUE(made);
  EXPECT_FALSE(made->complete);
  EXPECT_TRUE(std::ranges::any_of(made->notes, [](const std::string& note) {
    return note.starts_with("`OnlyMyNetworks` of `ringwall-scp-networks`");
  }));
}

TEST(Pack, AStatementThatIsTooLongIsCutAndSaysTheSame) {
  detail::Statement statement{.sid = "Long", .actions = {detail::Sense::listed, {}}};
  for (int index = 0; index < 600; ++index)
    statement.actions.listed.push_back("s3:Action" + std::to_string(index));
  const auto packed = detail::pack({statement}, policy::Kind::scp);
  EXPECT_TRUE(packed.unfit.empty());
  EXPECT_GT(packed.documents.size(), 1U);
  std::multiset<std::string> actions;
  for (const Json& document : packed.documents) {
    EXPECT_LE(document.dump().size(), policy::characters_max(policy::Kind::scp));
    EXPECT_TRUE(policy::compile(document.dump(), policy::Kind::scp));
    for (const Json& one : document["Statement"].items())
      for (const Json& action : one["Action"].items()) actions.emplace(action.as_string());
  }
  EXPECT_EQ(actions, std::multiset<std::string>(statement.actions.listed.begin(),
                                                statement.actions.listed.end()));
}

// A statement of exactly the room there is, and of one character more.
TEST(Pack, ADocumentIsFilledToItsLastCharacter) {
  const auto of_length = [](std::size_t length) {
    detail::Statement statement{.sid = "A",
                                .tests = {{"StringNotEquals", "aws:PrincipalOrgID", {""}}}};
    const std::size_t bare = detail::document_of({detail::to_json(statement)}).dump().size();
    statement.tests[0].values[0] = std::string(length - bare, 'o');
    return statement;
  };
  const std::size_t most =
      policy::characters_max(policy::Kind::scp) - 1;  // a comma's place stays free
  EXPECT_EQ(detail::pack({of_length(most)}, policy::Kind::scp).documents.at(0).dump().size(), most);
  EXPECT_EQ(detail::pack({of_length(most + 1)}, policy::Kind::scp).unfit,
            std::vector<std::string>{"A"});
}

TEST(Patterns, CoverAndOverlap) {
  using text::Case;
  EXPECT_TRUE(catalogue::covers("s3:*", "s3:Get*", Case::ignore));
  EXPECT_TRUE(catalogue::covers("S3:get*", "s3:GetObject", Case::ignore));
  EXPECT_FALSE(catalogue::covers("s3:Get*", "s3:*", Case::ignore));
  EXPECT_TRUE(catalogue::covers("a?c", "abc", Case::exact));
  EXPECT_FALSE(catalogue::covers("a?c", "a*c", Case::exact));
  EXPECT_TRUE(catalogue::overlap("a*c", "ab*", Case::exact));
  EXPECT_TRUE(catalogue::overlap("*b", "a*", Case::exact));
  EXPECT_FALSE(catalogue::overlap("a*", "b*", Case::exact));
  EXPECT_FALSE(catalogue::overlap("ab", "abc", Case::exact));
  EXPECT_TRUE(catalogue::overlap("", "*", Case::exact));
}

// The rest of a service is each of its actions that is not excluded, and none that is.
TEST(Patterns, TheRestOfAServiceIsExact) {
  for (const char* prefix : {"dynamodb", "kms", "lambda", "s3", "sqs", "sts"}) {
    const catalogue::Service* service = catalogue::Catalogue::builtin().service(prefix);
    ASSERT_NE(service, nullptr);
    const std::string all = std::string(prefix) + ":*", some = std::string(prefix) + ":Ge*";
    const std::string first = service->action_at(service->action_count() / 2).full_name();
    std::vector<text::Glob> rest;
    for (const std::string& pattern : catalogue::all_but(*service, all, {first, some}))
      rest.emplace_back(pattern, text::Case::ignore);
    EXPECT_LT(rest.size(), service->action_count());
    for (std::size_t index = 0; index < service->action_count(); ++index) {
      const std::string name = service->action_at(index).full_name();
      const bool excluded = name == first || text::Glob(some, text::Case::ignore).matches(name);
      EXPECT_NE(
          std::ranges::any_of(rest, [&](const text::Glob& glob) { return glob.matches(name); }),
          excluded)
          << name;
    }
  }
}

TEST(Formats, NameEveryPolicyOnce) {
  const Files files = as_json(generated());
  EXPECT_EQ(files.size(), generated().policies.size() + 2);
  EXPECT_TRUE(files.contains("scp-resources/ringwall-scp-resources-1.json"));
  EXPECT_TRUE(files.contains("proxy/squid.conf"));
  const auto terraform = text::parse_json(as_terraform(generated()).at("ringwall.tf.json"));
  ASSERT_TRUE(terraform);
  EXPECT_TRUE(
      (*terraform)["resource"]["aws_organizations_policy"].contains("ringwall-scp-resources-1"));
  const auto template_file =
      text::parse_json(as_cloudformation(generated()).at("ringwall.template.json"));
  ASSERT_TRUE(template_file);
  EXPECT_EQ((*template_file)["Resources"]["RingwallRcp1"].text("Type"),
            "AWS::Organizations::Policy");
}

TEST(Formats, SayWhatEveryStatementHolds) {
  const auto held = text::parse_json(as_json(generated()).at("protections.json"));
  ASSERT_TRUE(held);
  for (const Policy& policy : generated().policies)
    for (const Json& one : policy.document["Statement"].items()) {
      const Json& named = (*held)[std::string(name_of(policy.layer)) + "/" + policy.name + ".json"][one.str("Sid")];
      EXPECT_FALSE(named.items().empty()) << policy.name << " " << one.str("Sid");
    }
  EXPECT_EQ(held_by(Layer::rcp, "OnlyMyPrincipals3"), std::vector{perimeter::Objective::resource_principals});
  EXPECT_EQ(held_by(Layer::rcp, "OnlyMyPrincipalsAssume3"), std::vector{perimeter::Objective::trust});
  EXPECT_EQ(held_by(Layer::scp_governance, "NoSharing"), std::vector<perimeter::Objective>{});
}

TEST(Proxy, KnowsEveryRegionAndSendsOthersNowhere) {
  const auto made = generate(
      perimeter_of(R"({"organization": "o-a1b2c3d4e5", "regions": ["us-east-1", "eu-west-1"],
      "networks": {"on_premises": ["10.1.0.0/16"]}})"),
      catalogue::Catalogue::builtin(), today);
  ASSERT_TRUE(made);
  for (const char* line :
       {"acl my_networks src 10.1.0.0/16\n", "acl us_east_1 dstdomain .us-east-1.amazonaws.com\n",
        "acl us_east_1 dstdomain .iam.amazonaws.com\n", "http_access allow my_networks eu_west_1\n",
        "cache_peer eu-west-1.proxy.local parent 3128 0 no-query proxy-only name=eu_west_1_peer\n",
        "http_access deny aws\n", "http_access deny all\n"})
    EXPECT_NE(made->proxy.find(line), std::string::npos) << line;
  EXPECT_EQ(made->proxy.find("cache_peer us-east-1"), std::string::npos)
      << "the proxy's own Region";
}

}  // namespace
}  // namespace ringwall::generate
