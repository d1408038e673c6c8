#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "loaders/detail/endpoint_services.h"
#include "loaders/loaders.h"
#include "loaders/testing_export.h"

namespace ringwall::loaders {
namespace {

using Kind = Gap::Kind;

constexpr const char* organization = "o-a1b2c3d4e5";
constexpr const char* management = "111111111111";
constexpr const char* data = "222222222222";
constexpr const char* apps = "333333333333";
constexpr const char* ann = "arn:aws:iam::222222222222:user/people/ann";
constexpr const char* etl = "arn:aws:iam::222222222222:role/etl";
constexpr const char* key = "arn:aws:kms:us-east-1:222222222222:key/0f0f0f0f-1111-2222-3333-444444444444";

// The hand-written export: three accounts, two units.
std::vector<File> sample() {
  const std::filesystem::path root = std::string(RINGWALL_SOURCE_DIR) + "/src/loaders/testdata/export";
  std::vector<File> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream stream(entry.path());
    std::stringstream text;
    text << stream.rdbuf();
    files.push_back({.path = std::filesystem::relative(entry.path(), root).string(), .text = text.str()});
  }
  return files;
}

File& file_at(std::vector<File>& files, const std::string& path) {
  const auto found = std::ranges::find(files, path, &File::path);
  EXPECT_NE(found, files.end()) << path;
  return *found;
}
void replace(std::vector<File>& files, const std::string& path, std::string_view from, std::string_view to) {
  std::string& text = file_at(files, path).text;
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << path << " has no " << from;
  text.replace(at, from.size(), to);
}
void remove(std::vector<File>& files, const std::string& path) {
  ASSERT_EQ(std::erase_if(files, [&](const File& file) { return file.path == path; }), 1U) << path;
}

Loaded must(const std::vector<File>& files, const Options& options = {}) {
  Result<Loaded> loaded = load_export(files, options);
  EXPECT_TRUE(loaded.has_value()) << (loaded ? "" : loaded.error().message);
  return loaded ? *std::move(loaded) : Loaded{.estate = std::make_shared<estate::Estate>()};
}

std::string said(const std::vector<Gap>& gaps) {
  std::string all;
  for (const Gap& gap : gaps) {
    all += gap.path + ":" + std::to_string(gap.position.line) + ":" + std::to_string(gap.position.column) + " " + gap.subject + ": " + gap.message + "\n";
  }
  return all;
}
const Gap* gap_of(const Loaded& loaded, std::string_view subject) {
  const auto found = std::ranges::find(loaded.gaps, subject, &Gap::subject);
  return found == loaded.gaps.end() ? nullptr : &*found;
}
void expect_gap(const Loaded& loaded, Kind kind, std::string_view subject, std::string_view path, std::string_view words) {
  const auto fits = [&](const Gap& gap) { return gap.kind == kind && gap.subject == subject && gap.path == path && gap.message.contains(words); };
  EXPECT_TRUE(std::ranges::any_of(loaded.gaps, fits)) << "no gap of " << subject << " at " << path << " in:\n" << said(loaded.gaps);
}
void expect_refused(const std::vector<File>& files, std::string_view words, const Options& options = {}) {
  const Result<Loaded> loaded = load_export(files, options);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_TRUE(loaded.error().message.contains(words)) << loaded.error().message;
}
std::vector<std::string> names_of(const std::vector<authz::Named>& policies) {
  std::vector<std::string> names;
  for (const authz::Named& named : policies) names.push_back(named.name);
  return names;
}
std::vector<std::string> targets_of(const estate::Chain& chain) {
  std::vector<std::string> targets;
  for (const authz::Level& level : chain) targets.push_back(level.target + "=" + std::to_string(level.policies.size()));
  return targets;
}
using Strings = std::vector<std::string>;

TEST(LoadExport, ReadsTheOrganisationAndItsLevels) {
  const Loaded loaded = must(sample(), {.organization = organization});
  EXPECT_TRUE(loaded.gaps.empty()) << said(loaded.gaps);
  const estate::Estate& estate = *loaded.estate;
  EXPECT_EQ(estate.organization->id, organization);
  EXPECT_EQ(estate.organization->management_account, management);
  EXPECT_EQ(estate.organization->root_id, "r-ab12");
  EXPECT_EQ(estate.accounts.size(), 4U);
  const estate::Account& account = *estate.account(data);
  EXPECT_EQ(account.name, "data");
  EXPECT_EQ(account.path, (Strings{"r-ab12", "ou-ab12-workload1", "ou-ab12-dataunit"}));
  EXPECT_EQ(account.org_path, "o-a1b2c3d4e5/r-ab12/ou-ab12-workload1/ou-ab12-dataunit/");
  EXPECT_EQ(targets_of(account.scps), (Strings{"r-ab12=1", "ou-ab12-workload1=2", "ou-ab12-dataunit=1", "222222222222=1"}));
  EXPECT_EQ(targets_of(account.rcps), (Strings{"r-ab12=1", "ou-ab12-workload1=1", "ou-ab12-dataunit=2", "222222222222=1"}));
  EXPECT_TRUE(estate.account(management)->scps.empty());
  EXPECT_EQ(estate.account(management)->org_path, "o-a1b2c3d4e5/r-ab12/");
  EXPECT_NE(estate.account("444444444444"), nullptr) << "a suspended account is still one of the organisation";
}

TEST(LoadExport, ReadsWhoMayDoWhat) {
  const Loaded loaded = must(sample());
  const estate::Principal& user = *loaded.estate->principal(ann);
  EXPECT_EQ(user.unique_id, "AIDAANN00000000000001");
  EXPECT_EQ(user.name, "ann");
  EXPECT_EQ(user.tags, (estate::Tags{{"team", "data"}}));
  EXPECT_EQ(names_of(user.identity), (Strings{"inline policy `own` of user/ann", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
                                              "inline policy `query` of group/analysts"}));
  ASSERT_TRUE(user.boundary.has_value());
  EXPECT_EQ(user.boundary->name, "arn:aws:iam::222222222222:policy/edge");
  EXPECT_EQ(user.boundary->document->kind(), policy::Kind::boundary);
  EXPECT_FALSE(user.trust.has_value());
  const estate::Principal& role = *loaded.estate->principal(etl);
  EXPECT_EQ(role.type, policy::Principal::Type::role_session);
  ASSERT_TRUE(role.trust.has_value());
  EXPECT_EQ(role.trust->name, etl);
  EXPECT_TRUE(role.trust->document->source().contains("glue.amazonaws.com")) << "it was percent-encoded";
  const estate::Principal* linked = loaded.estate->principal("arn:aws:iam::111111111111:role/aws-service-role/organizations.amazonaws.com/AWSServiceRoleForOrganizations");
  ASSERT_NE(linked, nullptr);
  EXPECT_TRUE(linked->service_linked);
  EXPECT_FALSE(role.service_linked);
  EXPECT_EQ(loaded.estate->managed_policies.size(), 2U);
  // The default version, not the one that allows everything.
  EXPECT_TRUE(loaded.estate->managed_policy("arn:aws:iam::222222222222:policy/edge")->source().contains("athena"));
}

TEST(LoadExport, ReadsResourcesOfEveryService) {
  const Loaded loaded = must(sample());
  const auto& resources = loaded.estate->resources;
  EXPECT_EQ(resources.size(), 10U);
  EXPECT_EQ(resources.find(key)->kind, authz::ResourceKind::key);
  EXPECT_EQ(resources.find(key)->policy->document->kind(), policy::Kind::key);
  const auto has_policy = [&](const char* arn) {
    const estate::Resource* resource = resources.find(arn);
    EXPECT_NE(resource, nullptr) << arn;
    return resource != nullptr && resource->policy.has_value();
  };
  EXPECT_TRUE(has_policy("arn:aws:s3:::acme-lake"));
  EXPECT_FALSE(has_policy("arn:aws:s3:::acme-scratch"));
  EXPECT_EQ(resources.find("arn:aws:s3:::acme-lake")->account, data);
  EXPECT_TRUE(has_policy("arn:aws:sqs:us-east-1:222222222222:jobs"));
  EXPECT_TRUE(has_policy("arn:aws:sns:us-east-1:333333333333:news"));
  EXPECT_FALSE(has_policy("arn:aws:secretsmanager:us-east-1:333333333333:secret:db/main-AbCdEf"));
  EXPECT_TRUE(has_policy("arn:aws:lambda:us-east-1:333333333333:function:resize"));
  EXPECT_TRUE(has_policy("arn:aws:ecr:us-east-1:333333333333:repository/team/web"));
  EXPECT_FALSE(has_policy("arn:aws:dynamodb:us-east-1:222222222222:table/orders"));
  EXPECT_FALSE(has_policy("arn:aws:rds:us-east-1:222222222222:db:shop"));
}

TEST(LoadExport, ReadsNetworks) {
  const Loaded loaded = must(sample());
  const estate::Vpc* vpc = loaded.estate->vpcs.find("vpc-0a1b2c3d4e5f60718");
  ASSERT_NE(vpc, nullptr);
  EXPECT_EQ(vpc->account, data) << "another account sees it, shared";
  Strings cidrs;
  for (const text::Cidr& cidr : vpc->cidrs) cidrs.push_back(text::to_string(cidr));
  EXPECT_EQ(cidrs, (Strings{"10.20.0.0/16", "10.21.0.0/16", "2600:1f18:1234:5600::/56"}));
  const auto& endpoints = loaded.estate->endpoints;
  EXPECT_EQ(endpoints.size(), 3U) << "a deleted one is none";
  EXPECT_EQ(endpoints.find("vpce-0123456789abcdef0")->service, "s3");
  EXPECT_TRUE(endpoints.find("vpce-0123456789abcdef0")->policy.has_value());
  EXPECT_EQ(endpoints.find("vpce-0fedcba9876543210")->service, "cloudwatch");
  EXPECT_FALSE(endpoints.find("vpce-00000000000000001")->policy.has_value());
}

TEST(LoadExport, PointsAtTheTextOfADocument) {
  const std::vector<File> files = sample();
  const Loaded loaded = must(files);
  const policy::Document* own = loaded.estate->principal(ann)->identity.front().document.get();
  const Source& source = loaded.sources.at(own);
  EXPECT_TRUE(source.verbatim);
  std::vector<File> copy = files;
  const std::string& text = file_at(copy, source.path).text;
  EXPECT_EQ(text.substr(source.offset, own->source().size()), own->source());
  EXPECT_EQ(text::position_of(text, source.offset), source.position);
  // A statement's position in the document and the document's in the file add up.
  EXPECT_EQ(text[source.offset + own->offset(0)], '{');
  const policy::Document* trust = loaded.estate->principal(etl)->trust->document.get();
  EXPECT_FALSE(loaded.sources.at(trust).verbatim);
  EXPECT_EQ(text[loaded.sources.at(trust).offset], '"');
}

TEST(LoadExport, CompilesTheSameTextOnce) {
  const Loaded loaded = must(testing::make_export({.accounts = 4, .principals = 40, .resources = 12, .endpoints = 4, .distinct = 3}));
  EXPECT_EQ(loaded.estate->principals.size(), 40U);
  const policy::Document* first = nullptr;
  loaded.estate->managed_policies.for_each([&](const estate::ManagedPolicy& policy) { first = policy.document.get(); });
  std::size_t uses = 0;
  loaded.estate->principals.for_each([&](const estate::Principal& principal) { uses += principal.identity.back().document.get() == first ? 1 : 0; });
  EXPECT_EQ(uses, 40U);
}

TEST(LoadExport, WhatIsMadeByNumberIsWhole) {
  const Loaded loaded = must(testing::make_export());
  EXPECT_TRUE(loaded.gaps.empty()) << said(loaded.gaps);
  EXPECT_EQ(loaded.estate->principals.size(), 9U);
  EXPECT_EQ(loaded.estate->resources.size(), 6U);
  EXPECT_EQ(loaded.estate->endpoints.size(), 3U);
  EXPECT_EQ(loaded.estate->vpcs.size(), 3U);
}

TEST(LoadExport, WhatWasNotAskedForIsAGapUnlessItWasLeftOut) {
  std::vector<File> files = testing::make_export();
  replace(files, "export.json", "\"sqs\"", "\"sns\"");
  const Loaded without = must(files);
  EXPECT_EQ(without.estate->resources.find("arn:aws:sqs:us-east-1:100000000001:queue-00000-2"), nullptr);
  expect_gap(without, Kind::missing, testing::account_id(0), "accounts/100000000001/us-east-1/sns/topics.json", "not there");
  remove(files, "export.json");
  const Loaded by_hand = must(files);
  EXPECT_EQ(by_hand.gaps.size(), 6U) << said(by_hand.gaps);
  expect_gap(by_hand, Kind::missing, "arn:aws:lambda:*:*:*", "accounts/", "`lambda`");
  EXPECT_EQ(by_hand.estate->resources.size(), 6U);
}

TEST(LoadExport, ALiveExportIsAnExport) {
  text::Json live = text::Json::object();
  for (const File& file : sample()) live.set(file.path, *text::parse_json(file.text));
  const std::vector<File> files = files_of(live);
  EXPECT_EQ(files.size(), sample().size());
  const Loaded loaded = must(files);
  EXPECT_TRUE(loaded.gaps.empty()) << said(loaded.gaps);
  EXPECT_EQ(loaded.estate->principals.size(), must(sample()).estate->principals.size());
}

TEST(LoadExport, AMissingFileIsAGapOfWhatItWasOf) {
  const std::string details = "accounts/222222222222/authorization-details.json";
  for (const auto& [path, subject] : std::vector<std::pair<std::string, std::string>>{
           {details, data},
           {"organization.json", "*"},
           {"roots.json", "*"},
           {"accounts.json", "*"},
           {"tree/ou-ab12-dataunit/accounts.json", "ou-ab12-dataunit"},
           {"tree/ou-ab12-dataunit/organizational-units.json", "ou-ab12-dataunit"},
           {"policies/SERVICE_CONTROL_POLICY.json", "r-ab12"},
           {"policies/p-1regions0.json", "ou-ab12-workload1"},
           {"policies/p-1regions0.targets.json", "r-ab12"},
           {"accounts/333333333333/us-east-1/vpcs.json", apps},
           {"accounts/222222222222/us-east-1/vpc-endpoints.json", data},
           {"accounts/222222222222/us-east-1/kms/keys.json", data},
           {"accounts/222222222222/s3/acme-lake.policy.json", "arn:aws:s3:::acme-lake"}}) {
    std::vector<File> files = sample();
    remove(files, path);
    expect_gap(must(files), Kind::missing, subject, path, "not there");
    // An empty file is what a shell leaves of a call that failed.
    files.push_back({.path = path, .text = "\n"});
    expect_gap(must(files), Kind::truncated, subject, path, "empty");
  }
}

TEST(LoadExport, AnAccountWhosePlaceIsNotKnownMayDoNothing) {
  std::vector<File> files = sample();
  remove(files, "tree/ou-ab12-dataunit/accounts.json");
  const Loaded loaded = must(files);
  expect_gap(loaded, Kind::missing, data, "accounts.json", "is not known");
  EXPECT_EQ(targets_of(loaded.estate->account(data)->scps), (Strings{"222222222222=0"}));
}

TEST(LoadExport, AMissingPolicyDeniesEverything) {
  std::vector<File> files = sample();
  remove(files, "policies/p-1regions0.json");
  const Loaded loaded = must(files);
  const authz::Level& level = loaded.estate->account(apps)->scps.data()[1];
  const auto unknown = std::ranges::find(level.policies, "p-1regions0", &authz::Named::name);
  ASSERT_NE(unknown, level.policies.end());
  EXPECT_EQ(unknown->document->effect(0), policy::Effect::deny);
}

TEST(LoadExport, ALevelWithoutPoliciesIsEmpty) {
  std::vector<File> files = sample();
  replace(files, "policies/p-FullAWSAccess.targets.json", "\"ou-ab12-dataunit\"", "\"ou-ab12-workload1\"");
  const Loaded loaded = must(files);
  EXPECT_EQ(targets_of(loaded.estate->account(data)->scps)[2], "ou-ab12-dataunit=0");
  // Such a level denies everything: that it was read so must not become a proof.
  expect_gap(loaded, Kind::missing, "ou-ab12-dataunit", "policies/SERVICE_CONTROL_POLICY.json", "at least one");
}

TEST(LoadExport, TruncatedJsonIsAGapWithItsPosition) {
  std::vector<File> files = sample();
  const std::string path = "accounts/222222222222/authorization-details.json";
  std::string& text = file_at(files, path).text;
  text.resize(text.size() / 2);
  const Loaded loaded = must(files);
  expect_gap(loaded, Kind::truncated, data, path, "ends before");
  EXPECT_EQ(gap_of(loaded, data)->position, text::position_of(text, static_cast<std::uint32_t>(text.size())));
  EXPECT_EQ(loaded.estate->principal(ann), nullptr);
  EXPECT_NE(loaded.estate->principal("arn:aws:iam::333333333333:role/app"), nullptr) << "the other accounts are read";
}

TEST(LoadExport, MorePagesAreAGap) {
  std::vector<File> files = sample();
  replace(files, "accounts/222222222222/authorization-details.json", "{\n", "{\n    \"IsTruncated\": true,\n");
  replace(files, "accounts/333333333333/us-east-1/kms/keys.json", "{\n", "{\n    \"NextToken\": \"abc\",\n");
  const Loaded loaded = must(files);
  expect_gap(loaded, Kind::truncated, data, "accounts/222222222222/authorization-details.json", "more pages");
  EXPECT_EQ(gap_of(loaded, data)->position, (text::Position{2, 20}));
  expect_gap(loaded, Kind::truncated, apps, "accounts/333333333333/us-east-1/kms/keys.json", "more pages");
  EXPECT_NE(loaded.estate->principal(ann), nullptr) << "what is there is read";
}

TEST(LoadExport, APolicyThatDoesNotParseIsAGapOfAllWhoUseIt) {
  std::vector<File> files = sample();
  const std::string path = "accounts/222222222222/authorization-details.json";
  replace(files, path, "\"s3:Describe*\"", "17");
  const Loaded loaded = must(files);
  for (const char* subject : {ann, etl, "arn:aws:iam::222222222222:role/reader"}) expect_gap(loaded, Kind::unreadable, subject, path, "cannot be read");
  const std::string& text = file_at(files, path).text;
  EXPECT_EQ(gap_of(loaded, ann)->position, text::position_of(text, static_cast<std::uint32_t>(text.find("17,\n")))) << said(loaded.gaps);
  EXPECT_EQ(loaded.estate->principal(etl)->identity.back().document->effect(0), policy::Effect::deny);
  EXPECT_EQ(gap_of(loaded, "arn:aws:iam::333333333333:role/batch"), nullptr) << "that account has a text of its own";
}

TEST(LoadExport, ABucketThatRestrictsPublicAccessLetsOnlyItsAccountAndServicesIn) {
  const std::string folder = "accounts/222222222222/s3/";
  const auto statements = [&](const std::string& policy, const std::vector<File>& blocks) {
    std::vector<File> files = sample();
    file_at(files, folder + "acme-lake.policy.json").text = R"({"Policy": ")" + policy + R"("})";
    files.insert(files.end(), blocks.begin(), blocks.end());
    const Loaded loaded = must(files);
    return loaded.estate->resources.find("arn:aws:s3:::acme-lake")->policy->document->statements();
  };
  const auto allowing = [](const std::string& principal, const std::string& condition) {
    return R"({\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Principal\":)" + principal +
           R"(,\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::acme-lake/*\")" + condition + "}}";
  };
  const std::string open = allowing(R"(\"*\")", ""), fixed = allowing(R"(\"*\")", R"(,\"Condition\":{\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-a1b2c3d4e5\"}})"),
                    partner = allowing(R"({\"AWS\":\"999988887777\"})", "");
  const std::string yes = R"({"PublicAccessBlockConfiguration":{"RestrictPublicBuckets":true}})", no = R"({"PublicAccessBlockConfiguration":{"BlockPublicPolicy":true}})";
  EXPECT_EQ(statements(open, {}), 1U);
  EXPECT_EQ(statements(open, {{folder + "acme-lake.block.json", yes}}), 2U);
  EXPECT_EQ(statements(open, {{folder + "account.block.json", yes}, {folder + "acme-lake.block.json", "{}"}}), 2U);
  EXPECT_EQ(statements(open, {{folder + "acme-lake.block.json", no}, {folder + "account.block.json", "{}"}}), 1U);  // it refuses new ones only
  EXPECT_EQ(statements(fixed, {{folder + "acme-lake.block.json", yes}}), 1U);
  EXPECT_EQ(statements(partner, {{folder + "acme-lake.block.json", yes}}), 1U);  // not public, so the partner comes in
}

TEST(LoadExport, APolicyInAStringThatDoesNotParseIsAGap) {
  std::vector<File> files = sample();
  const std::string path = "accounts/222222222222/s3/acme-lake.policy.json";
  replace(files, path, "Deny", "Maybe");
  expect_gap(must(files), Kind::unreadable, "arn:aws:s3:::acme-lake", path, "`Effect` must be");
}

TEST(LoadExport, AnScpThatDoesNotParseIsAGapOfItsTargets) {
  std::vector<File> files = sample();
  replace(files, "policies/p-FullAWSAccess.json", "Allow", "Permit");
  const Loaded loaded = must(files);
  for (const char* target : {"r-ab12", "ou-ab12-dataunit", data}) expect_gap(loaded, Kind::unreadable, target, "policies/p-FullAWSAccess.json", "`Effect` must be");
}

TEST(LoadExport, APolicyThatIsAttachedAndNotThereIsAGap) {
  std::vector<File> files = sample();
  replace(files, "accounts/333333333333/authorization-details.json", "\"Arn\": \"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess\"", "\"Arn\": \"arn:aws:iam::aws:policy/Other\"");
  expect_gap(must(files), Kind::missing, "arn:aws:iam::333333333333:role/batch", "accounts/333333333333/authorization-details.json", "AmazonS3ReadOnlyAccess");
  replace(files, "accounts/222222222222/authorization-details.json", "\"GroupName\": \"analysts\"", "\"GroupName\": \"others\"");
  expect_gap(must(files), Kind::missing, ann, "accounts/222222222222/authorization-details.json", "`analysts`");
}

TEST(LoadExport, PlaceholdersAreGaps) {
  for (const char* placeholder : {"<account>", "${account_id}", "${AWS::AccountId}", "REPLACE_ME", "o-xxxxxxxxxx"}) {
    std::vector<File> files = sample();
    const std::string path = "accounts/222222222222/authorization-details.json";
    replace(files, path, "\"aws:PrincipalOrgID\": \"o-a1b2c3d4e5\"", "\"aws:PrincipalOrgID\": \"" + std::string(placeholder) + "\"");
    expect_gap(must(files), Kind::placeholder, "arn:aws:iam::222222222222:role/reader", path, placeholder);
  }
  std::vector<File> files = sample();
  replace(files, "accounts/222222222222/authorization-details.json", "arn:aws:sqs:us-east-1:222222222222:jobs", "arn:aws:sqs:us-east-1:*:${aws:username}-${*}");
  EXPECT_TRUE(must(files).gaps.empty()) << "policy variables are none";
  replace(files, "accounts.json", "\"Id\": \"222222222222\"", "\"Id\": \"<data>\"");
  expect_gap(must(files), Kind::placeholder, "*", "accounts.json", "<data>");
  replace(files, "organization.json", "\"Id\": \"o-a1b2c3d4e5\"", "\"Id\": \"o-xxxxxxxxxx\"");
  expect_refused(files, "do not mix");
}

TEST(LoadExport, AFileOfAnotherAccountIsAGap) {
  std::vector<File> files = sample();
  file_at(files, "accounts/333333333333/authorization-details.json").text = file_at(files, "accounts/222222222222/authorization-details.json").text;
  const Loaded loaded = must(files);
  expect_gap(loaded, Kind::unreadable, apps, "accounts/333333333333/authorization-details.json", "`222222222222`");
  EXPECT_EQ(loaded.gaps.size(), 1U) << said(loaded.gaps);
}

TEST(LoadExport, AnAnswerInTheWrongPlaceIsAGap) {
  std::vector<File> files = sample();
  file_at(files, "accounts/333333333333/us-east-1/vpcs.json").text = "{\"Keys\": []}";
  expect_gap(must(files), Kind::unreadable, apps, "accounts/333333333333/us-east-1/vpcs.json", "`Vpcs`");
  file_at(files, "accounts/333333333333/us-east-1/vpcs.json").text = "[]";
  expect_gap(must(files), Kind::unreadable, apps, "accounts/333333333333/us-east-1/vpcs.json", "not the answer");
}

TEST(LoadExport, WhatWasRefusedSaysWhy) {
  std::vector<File> files = sample();
  std::erase_if(files, [](const File& file) { return file.path.starts_with("accounts/222222222222/"); });
  remove(files, "accounts/333333333333/us-east-1/vpcs.json");
  files.push_back({.path = "refused.json",
                   .text = R"({"Refused": [{"Operation": "sts assume-role", "Account": "222222222222", "Path": "accounts/222222222222/", "Message": "AccessDenied: no"},
                                           {"Operation": "ec2 describe-vpcs", "Path": "accounts/333333333333/us-east-1/vpcs.json", "Message": "UnauthorizedOperation"}]})"});
  const Loaded loaded = must(files);
  expect_gap(loaded, Kind::missing, data, "accounts/222222222222/", "`sts assume-role` was refused: AccessDenied: no");
  EXPECT_EQ(loaded.gaps.size(), 2U) << "an account that was not read at all is one gap:\n" << said(loaded.gaps);
  expect_gap(loaded, Kind::missing, apps, "accounts/333333333333/us-east-1/vpcs.json", "UnauthorizedOperation");
  std::erase_if(files, [](const File& file) { return file.path == "accounts/333333333333/authorization-details.json"; });
  files.back().text = R"({"Refused": [{"Operation": "iam x", "Path": "accounts/333333333333/", "Message": "later"}]})";
  expect_gap(must(files), Kind::missing, apps, "accounts/333333333333/authorization-details.json", "`iam x` was refused: later");
  files.back().text = "{";
  expect_gap(must(files), Kind::unreadable, "*", "refused.json", "");
}

TEST(LoadExport, WithoutAnOrganisationAnAccountStandsAlone) {
  std::vector<File> files = sample();
  std::erase_if(files, [](const File& file) { return !file.path.starts_with("accounts/222222222222/"); });
  files.push_back({.path = "organization.json", .text = "{}"});
  const Loaded loaded = must(files);
  EXPECT_TRUE(loaded.gaps.empty()) << said(loaded.gaps);
  EXPECT_FALSE(loaded.estate->organization.has_value());
  EXPECT_EQ(loaded.estate->accounts.size(), 1U);
  EXPECT_TRUE(loaded.estate->account(data)->scps.empty());
  expect_refused(files, "was expected", {.organization = organization});
}

TEST(LoadExport, RefusesWhatIsNoEstate) {
  expect_refused({}, "no account");
  expect_refused({{.path = "accounts.json", .text = "{\"Accounts\": []}"}}, "no account");
  expect_refused(sample(), "`o-a1b2c3d4e5`, and `o-other00000` was expected", {.organization = "o-other00000"});
  std::vector<File> files = sample();
  replace(files, "accounts.json", "account/o-a1b2c3d4e5/222222222222", "account/o-other00000/222222222222");
  expect_refused(files, "`accounts.json` is of the organisation `o-other00000`");
}

TEST(LoadExport, RefusesATreeThatIsNone) {
  std::vector<File> files = sample();
  replace(files, "tree/ou-ab12-dataunit/organizational-units.json", "[]", R"([{"Id": "ou-ab12-workload1"}])");
  remove(files, "tree/r-ab12/organizational-units.json");
  expect_refused(files, "`ou-ab12-dataunit` in `ou-ab12-workload1` in `ou-ab12-dataunit`");
  files = sample();
  replace(files, "tree/ou-ab12-dataunit/organizational-units.json", "[]", R"([{"Id": "ou-ab12-workload1"}])");
  expect_refused(files, "cycle");
  files = sample();
  replace(files, "tree/r-ab12/organizational-units.json", "[", R"([{"Id": "ou-ab12-dataunit"},)");
  expect_refused(files, "is in both");
  files = sample();
  replace(files, "tree/ou-ab12-workload1/accounts.json", "[", R"([{"Id": "222222222222"},)");
  expect_refused(files, "the account `222222222222` is in both");
}

TEST(LoadExport, ANameThatNothingCanHaveIsAGapOfTheAccount) {
  std::vector<File> files = sample();
  replace(files, "accounts/222222222222/s3/buckets.json", "\"acme-scratch\"", "\"*\"");
  replace(files, "accounts/222222222222/authorization-details.json", "arn:aws:iam::222222222222:role/etl", "arn:aws:iam::222222222222:role/${role}");
  const Loaded loaded = must(files);
  EXPECT_EQ(loaded.estate->resources.find("arn:aws:s3:::*"), nullptr);
  EXPECT_EQ(loaded.estate->principal("arn:aws:iam::222222222222:role/${role}"), nullptr);
  expect_gap(loaded, Kind::unreadable, data, "accounts/222222222222/s3/buckets.json", "`arn:aws:s3:::*` is no resource's ARN, for `*` is in it");
  expect_gap(loaded, Kind::unreadable, data, "accounts/222222222222/authorization-details.json", "is no principal's ARN, for `${role}` is in it");
}

TEST(LoadExport, AnAccountMayBeInNoOrganisation) {
  std::vector<File> files = sample();
  const auto is_of_the_organisation = [](const File& file) {
    return file.path == "roots.json" || file.path == "accounts.json" || file.path.starts_with("tree/") || file.path.starts_with("policies/") || !(file.path.contains("222222222222") || !file.path.starts_with("accounts/"));
  };
  std::erase_if(files, is_of_the_organisation);
  file_at(files, "organization.json").text = "{}";
  const Loaded loaded = must(files);
  EXPECT_TRUE(loaded.estate->no_organization);
  EXPECT_EQ(loaded.estate->accounts.size(), 1U);
  expect_refused(files, "the accounts are in no organisation: `o-a1b2c3d4e5` was expected", {.organization = organization});
  remove(files, "organization.json");
  EXPECT_FALSE(must(files).estate->no_organization) << "nobody has said";
  EXPECT_TRUE(must(files, {.no_organization = true}).estate->no_organization);
  expect_refused(sample(), "the perimeter file says `organization: none`", {.no_organization = true});
}

TEST(LoadExport, ABareFileOfAuthorizationDetailsIsAnAccount) {
  std::vector<File> files = sample();
  const File bare{"mine.json", file_at(files, "accounts/222222222222/authorization-details.json").text};
  EXPECT_EQ(format_of(std::span(&bare, 1)), Format::authorization_details);
  const auto loaded = load({&bare, 1}, {});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->estate->accounts.size(), 1U);
  EXPECT_NE(loaded->estate->account(data), nullptr);
  EXPECT_NE(loaded->estate->principal(etl), nullptr);
  EXPECT_EQ(loaded->gaps.size(), 1U) << said(loaded->gaps);
  expect_gap(*loaded, Kind::missing, "arn:aws:*:*:222222222222:*", "mine.json", "users and roles are here, and no resources");
  const auto within = load({&bare, 1}, {.organization = organization});
  ASSERT_TRUE(within) << within.error().message;
  expect_gap(*within, Kind::missing, data, "mine.json", "where the account `222222222222` is in the organisation");

  const auto refused = [](std::string text) {
    const File file{"mine.json", std::move(text)};
    const auto read = load_authorization_details({&file, 1}, {});
    return read ? "read" : read.error().message;
  };
  EXPECT_EQ(refused(R"({"RoleDetailList": [)"), "cannot read `mine.json`: line 1, column 21: the file ends before its JSON does");
  EXPECT_EQ(refused("[\"RoleDetailList\"]"), "cannot read `mine.json`: line 1, column 1: this is not the answer that belongs here: it has no `RoleDetailList`");
  EXPECT_EQ(refused(R"({"RoleDetailList": [], "UserDetailList": [], "GroupDetailList": [], "Policies": []})"), "`mine.json` names no account: say whose it is with `--account`");
}

TEST(LoadExport, AnEndpointLeadsToTheActionsOfItsService) {
  const auto prefix = [](std::string_view name) { return endpoint_service(name).service; };
  struct Case { const char *name, *service; };
  for (const Case& one : {Case{"com.amazonaws.us-east-1.s3", "s3"}, {"com.amazonaws.s3-global.accesspoint", "s3"}, {"com.amazonaws.iam", "iam"},
                          {"cn.com.amazonaws.cn-north-1.monitoring", "cloudwatch"}, {"com.amazonaws.us-gov-west-1.kms-fips", "kms"},
                          {"com.amazonaws.eu-west-1.transfer.server", "transfer"}, {"com.amazonaws.eu-west-1.codeartifact.api", "codeartifact"},
                          {"com.amazonaws.eu-west-1.codeartifact.repositories", "codeartifact"}, {"com.amazonaws.eu-west-1.iot.data", "iot"},
                          {"com.amazonaws.eu-west-1.iot.fleethub.api", "iotfleethub"}, {"com.amazonaws.eu-west-1.airflow.env-fips", "airflow"},
                          {"com.amazonaws.eu-west-1.guardduty-data", "guardduty"}, {"aws.sagemaker.us-west-2.notebook", "sagemaker"},
                          {"com.amazonaws.us-west-2.sagemaker.featurestore-runtime", "sagemaker"}, {"aws.api.us-east-1.bcm-data-exports", "bcm-data-exports"},
                          {"aws.api.global.codecatalyst", "codecatalyst"}, {"api.aws.us-east-1.cassandra-streams", "cassandra"},
                          {"com.amazonaws.us-east-1.timestream.ingest-cell2", "timestream"}, {"com.amazonaws.us-east-1.dsql-fnh4", "dsql"},
                          {"com.amazonaws.us-east-1.cloudcontrolapi", "cloudformation"}, {"com.amazonaws.us-east-1.models-v2-lex", "lex"},
                          {"com.amazonaws.us-east-1.no-such-service", "com.amazonaws.us-east-1.no-such-service"}, {"", ""}}) {
    EXPECT_EQ(prefix(one.name), one.service) << one.name;
    EXPECT_TRUE(endpoint_service(one.name).aws) << one.name;
  }
  for (const char* foreign : {"com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0", "cn.com.amazonaws.vpce.cn-north-1.vpce-svc-1", "arn:aws:vpc-lattice:us-east-1:111122223333:resourceconfiguration/rcfg-1"})
    EXPECT_FALSE(endpoint_service(foreign).aws) << foreign;
  EXPECT_FALSE(endpoint_service("com.amazonaws.us-east-1.transfer.server").takes_policy);
  EXPECT_FALSE(endpoint_service("com.amazonaws.us-east-1.datasync").takes_policy);
  EXPECT_FALSE(endpoint_service("com.amazonaws.us-east-1.deviceadvisor.iot").takes_policy);
  EXPECT_TRUE(endpoint_service("com.amazonaws.us-east-1.s3").takes_policy);
}

TEST(LoadExport, AFileOverTheLimitIsAGapThatNamesIt) {
  std::vector<File> files = sample();
  file_at(files, "accounts/222222222222/authorization-details.json").text.resize(export_file_bytes_max + 1, ' ');
  expect_gap(must(files), Kind::unreadable, data, "accounts/222222222222/authorization-details.json", std::to_string(export_file_bytes_max));
  file_at(files, "accounts/222222222222/authorization-details.json").text.resize(export_file_bytes_max);
  EXPECT_TRUE(must(files).gaps.empty());
}

TEST(LoadExport, TellsWhatFilesLookLike) {
  EXPECT_EQ(format_of(sample()), Format::export_folder);
  EXPECT_EQ(format_of(std::vector<File>{{.path = "plan.json", .text = R"({"format_version":"1.2","terraform_version":"1.9.0"})"}}), Format::terraform);
  EXPECT_EQ(format_of(std::vector<File>{{.path = "t.yaml", .text = "Resources:\n  B:\n    Type: AWS::S3::Bucket\n"}}), Format::cloudformation);
  EXPECT_EQ(format_of(std::vector<File>{{.path = "notes.txt", .text = "hello"}}), std::nullopt);
  EXPECT_EQ(format_of({}), std::nullopt);
}

}  // namespace
}  // namespace ringwall::loaders
