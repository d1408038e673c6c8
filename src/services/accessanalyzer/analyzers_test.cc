#include "services/accessanalyzer/detail/common.h"
#include "services/accessanalyzer/testing.h"

namespace ringwall::accessanalyzer {
namespace {

using testing::Analyzing;
using testing::parsed;
using text::Json;

class Analyzers : public Analyzing {
 protected:
  std::string names(const std::string& input = "{}") {
    std::string out;
    const Json output = good("ListAnalyzers", input);
    for (const Json& analyzer : output["analyzers"].items()) out += (out.empty() ? "" : " ") + analyzer.str("name");
    return out;
  }
  void register_administrator(const std::string& account, bool is_one = true) {
    store::Transaction transaction(world_.store());
    const std::string service = "access-analyzer.amazonaws.com";
    if (is_one) directory::tables::delegations.put(transaction, {.service = service}, account, service);
    else directory::tables::delegations.erase(transaction, account, service);
    commit(transaction);
  }
};

TEST_F(Analyzers, AreMadeShownListedAndDeleted) {
  const std::string arn = good("CreateAnalyzer", R"({"analyzerName":"watch","type":"ACCOUNT","tags":{"team":"blue"}})").str("arn");
  EXPECT_EQ(arn, "arn:aws:access-analyzer:us-east-1:" + account() + ":analyzer/watch");
  const Json shown = good("GetAnalyzer", R"({"analyzerName":"watch"})")["analyzer"];
  EXPECT_EQ(shown.text("arn"), arn);
  EXPECT_EQ(shown.text("type"), "ACCOUNT");
  EXPECT_EQ(shown.text("status"), "ACTIVE");
  EXPECT_EQ(shown["tags"].dump(), R"({"team":"blue"})");
  EXPECT_FALSE(shown.contains("lastResourceAnalyzed"));
  good("CreateAnalyzer", R"({"analyzerName":"all","type":"ORGANIZATION"})");
  EXPECT_EQ(names(), "all watch");
  EXPECT_EQ(names(R"({"type":"ORGANIZATION"})"), "all");
  good("DeleteAnalyzer", R"({"analyzerName":"watch"})");
  EXPECT_EQ(names(), "all");
  for (const char* operation : {"GetAnalyzer", "DeleteAnalyzer", "ListArchiveRules"}) EXPECT_EQ(code(operation, R"({"analyzerName":"watch"})"), "ResourceNotFoundException") << operation;
}

TEST_F(Analyzers, AreRefusedInTheServicesOwnWords) {
  new_analyzer();
  const auto again = call("CreateAnalyzer", R"({"analyzerName":"watch","type":"ACCOUNT"})");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, "ConflictException");
  EXPECT_EQ(again.error().members.dump(), R"({"resourceId":"watch","resourceType":"Analyzer"})");
  for (const char* type : {"ACCOUNT_UNUSED_ACCESS", "ORGANIZATION_UNUSED_ACCESS", "ACCOUNT_INTERNAL_ACCESS", "ORGANIZATION_INTERNAL_ACCESS"}) {
    const auto refused = call("CreateAnalyzer", R"({"analyzerName":"other","type":")" + std::string(type) + R"("})");
    ASSERT_FALSE(refused) << type;
    EXPECT_EQ(refused.error().code, "ValidationException");
    EXPECT_EQ(refused.error().members.text("reason"), "fieldValidationFailed");
  }
  EXPECT_EQ(code("CreateAnalyzer", R"({"analyzerName":"other","type":"ORGANIZATION","configuration":{"unusedAccess":{}}})"), "ValidationException");
  EXPECT_EQ(code("CreateAnalyzer", R"({"analyzerName":"other","type":"ORGANIZATION","tags":{"aws:x":"y"}})"), "ValidationException");
  EXPECT_EQ(code("ListAnalyzers", R"({"maxResults":0})"), "ValidationException");
  EXPECT_EQ(code("ListAnalyzers", R"({"maxResults":1000})"), "");
  EXPECT_EQ(code("ListAnalyzers", R"({"maxResults":1001})"), "ValidationException");
  EXPECT_EQ(code("ListAnalyzers", R"({"nextToken":"bm9uZQ=="})"), "ValidationException");
}

TEST_F(Analyzers, TheSameRequestTwiceMakesOne) {
  const std::string request = R"({"analyzerName":"watch","type":"ACCOUNT","clientToken":"a"})";
  EXPECT_EQ(good("CreateAnalyzer", request).str("arn"), good("CreateAnalyzer", request).str("arn"));
  EXPECT_EQ(code("CreateAnalyzer", R"({"analyzerName":"watch","type":"ACCOUNT","clientToken":"b"})"), "ConflictException");
  EXPECT_EQ(code("CreateAnalyzer", R"({"analyzerName":"watch","type":"ORGANIZATION","clientToken":"a"})"), "ConflictException");
}

TEST_F(Analyzers, HaveAwsQuotas) {
  for (std::size_t i = 0; i < account_analyzers_max; ++i) new_analyzer("ACCOUNT", "a" + std::to_string(i));
  EXPECT_EQ(code("CreateAnalyzer", R"({"analyzerName":"past","type":"ACCOUNT"})"), "ServiceQuotaExceededException");
  for (std::size_t i = 0; i < organization_analyzers_max; ++i) new_analyzer("ORGANIZATION", "o" + std::to_string(i));
  EXPECT_EQ(code("CreateAnalyzer", R"({"analyzerName":"past","type":"ORGANIZATION"})"), "ServiceQuotaExceededException");
}

TEST_F(Analyzers, PagesFollowEachOther) {
  for (const char* name : {"c", "a", "b"}) new_analyzer("ORGANIZATION", name);
  const Json first = good("ListAnalyzers", R"({"maxResults":2})");
  EXPECT_EQ(first["analyzers"].items().size(), 2U);
  EXPECT_EQ(names(R"({"maxResults":2,"nextToken":")" + first.str("nextToken") + R"("})"), "c");
  EXPECT_EQ(code("ListAnalyzers", R"({"type":"ACCOUNT","nextToken":")" + first.str("nextToken") + R"("})"), "ValidationException") << "a token of another list";
}

TEST_F(Analyzers, OnlyWhoSpeaksForTheOrganizationWatchesIt) {
  const std::string member = other_account();
  const service::Caller caller = user(member, "root-ish", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"access-analyzer:*","Resource":"*"}]})");
  EXPECT_EQ(code("CreateAnalyzer", caller, R"({"analyzerName":"all","type":"ORGANIZATION"})"), "ValidationException");
  register_administrator(member);
  const std::string arn = good("CreateAnalyzer", caller, R"({"analyzerName":"all","type":"ORGANIZATION"})").str("arn");
  put_role(account(), "open", testing::trusting(R"("*")"));
  EXPECT_EQ(good("ListFindings", caller, R"({"analyzerArn":")" + arn + R"("})")["findings"].items().size(), 1U);
  register_administrator(member, false);
  put_role(account(), "open-too", testing::trusting(R"("*")"));
  const Json shown = good("GetAnalyzer", caller, R"({"analyzerName":"all"})")["analyzer"];
  EXPECT_EQ(shown.text("status"), "DISABLED");
  EXPECT_EQ(shown["statusReason"].text("code"), "DELEGATED_ADMINISTRATOR_DEREGISTERED");
  EXPECT_EQ(good("ListFindings", caller, R"({"analyzerArn":")" + arn + R"("})")["findings"].items().size(), 1U) << "analyses nothing more";
}

TEST_F(Analyzers, TagsAreSetShownAndTakenAway) {
  const std::string on = R"({"resourceArn":")" + new_analyzer() + '"';
  good("TagResource", on + R"(,"tags":{"team":"blue","stage":"test"}})");
  good("TagResource", on + R"(,"tags":{"team":"red"}})");
  EXPECT_EQ(good("ListTagsForResource", on + "}")["tags"], parsed(R"({"stage":"test","team":"red"})"));
  good("UntagResource", on + R"(,"tagKeys":["stage","none"]})");
  EXPECT_EQ(good("ListTagsForResource", on + "}")["tags"], parsed(R"({"team":"red"})"));
  EXPECT_EQ(code("TagResource", on + R"(,"tags":{"aws:team":"red"}})"), "ValidationException");
  EXPECT_EQ(code("TagResource", R"({"resourceArn":"arn:aws:access-analyzer:us-east-1:)" + account() + R"(:analyzer/none","tags":{}})"), "ResourceNotFoundException");
}

TEST_F(Analyzers, AreAskedAboutByTheirArnsAndTags) {
  const std::string arn = new_analyzer();
  good("TagResource", R"({"resourceArn":")" + arn + R"(","tags":{"team":"blue"}})");
  const auto with = [&](const char* name, const std::string& statement) { return user(account(), name, R"({"Version":"2012-10-17","Statement":[)" + statement + "]}"); };
  const auto nobody = with("nobody", R"({"Effect":"Allow","Action":"access-analyzer:*","Resource":"arn:aws:access-analyzer:*:*:analyzer/other"})");
  const auto reader = with("reader", R"({"Effect":"Allow","Action":["access-analyzer:Get*","access-analyzer:ListFindings"],"Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"blue"}}})");
  const auto ruler = with("ruler", R"({"Effect":"Allow","Action":"access-analyzer:*ArchiveRule","Resource":")" + arn + R"(/archive-rule/mine"})");
  const std::string named = R"({"analyzerName":"watch"})", by_arn = R"({"analyzerArn":")" + arn + R"("})";
  for (const char* operation : {"GetAnalyzer", "DeleteAnalyzer", "ListArchiveRules"}) EXPECT_EQ(code(operation, nobody, named), "AccessDenied") << operation;
  for (const char* operation : {"ListFindings", "ListFindingsV2", "ListAnalyzedResources"}) EXPECT_EQ(code(operation, nobody, by_arn), "AccessDenied") << operation;
  EXPECT_EQ(code("ListAnalyzers", nobody, "{}"), "AccessDenied");
  EXPECT_EQ(code("CheckNoPublicAccess", nobody, R"({"policyDocument":"{}","resourceType":"AWS::S3::Bucket"})"), "AccessDenied");
  EXPECT_EQ(code("GetAnalyzer", reader, named), "");
  EXPECT_EQ(code("ListFindingsV2", reader, by_arn), "");
  EXPECT_EQ(code("UpdateFindings", reader, R"({"analyzerArn":")" + arn + R"(","ids":["x"],"status":"ARCHIVED"})"), "AccessDenied");
  EXPECT_EQ(code("CreateArchiveRule", ruler, R"({"analyzerName":"watch","ruleName":"mine","filter":{"isPublic":{"eq":["false"]}}})"), "");
  EXPECT_EQ(code("CreateArchiveRule", ruler, R"({"analyzerName":"watch","ruleName":"yours","filter":{"isPublic":{"eq":["false"]}}})"), "AccessDenied");
  // Of another account: refused before anything is said of it.
  EXPECT_EQ(code("ListFindings", R"({"analyzerArn":"arn:aws:access-analyzer:us-east-1:111122223333:analyzer/watch"})"), "AccessDenied");
  EXPECT_EQ(code("ListFindings", R"({"analyzerArn":"arn:aws:access-analyzer:us-east-1:)" + account() + R"(:analyzer/none"})"), "ResourceNotFoundException");
}

TEST_F(Analyzers, RulesAreMadeChangedAndDeleted) {
  new_analyzer();
  const std::string mine = R"({"analyzerName":"watch","ruleName":"mine")";
  good("CreateArchiveRule", mine + R"(,"filter":{"resourceType":{"eq":["AWS::IAM::Role"]},"principal.AWS":{"contains":["1111"]}}})");
  EXPECT_EQ(code("CreateArchiveRule", mine + R"(,"filter":{"isPublic":{"eq":["false"]}}})"), "ConflictException");
  world_.clock().advance(std::chrono::seconds(5));
  good("UpdateArchiveRule", mine + R"(,"filter":{"error":{"exists":true}}})");
  const Json rule = good("GetArchiveRule", mine + "}")["archiveRule"];
  EXPECT_EQ(rule["filter"].dump(), R"({"error":{"exists":true}})");
  EXPECT_EQ(rule["updatedAt"].as_integer(), rule["createdAt"].as_integer() + 5000);
  EXPECT_EQ(good("ListArchiveRules", R"({"analyzerName":"watch"})")["archiveRules"].items().size(), 1U);
  good("DeleteArchiveRule", mine + "}");
  for (const char* operation : {"GetArchiveRule", "DeleteArchiveRule"}) EXPECT_EQ(code(operation, mine + "}"), "ResourceNotFoundException") << operation;
  EXPECT_EQ(code("UpdateArchiveRule", mine + R"(,"filter":{"error":{"exists":true}}})"), "ResourceNotFoundException");
}

TEST_F(Analyzers, RulesAskOnlyWhatARuleCan) {
  new_analyzer();
  for (const char* filter : {"{}", R"({"status":{"eq":["ACTIVE"]}})", R"({"id":{"eq":["x"]}})", R"({"colour":{"eq":["x"]}})", R"({"condition.":{"eq":["x"]}})", R"({"isPublic":{}})"}) {
    EXPECT_EQ(code("CreateArchiveRule", R"({"analyzerName":"watch","ruleName":"r","filter":)" + std::string(filter) + "}"), "ValidationException") << filter;
  }
}

TEST_F(Analyzers, RulesEndAtTheQuota) {
  new_analyzer();
  const auto make = [&](std::size_t i) { return code("CreateArchiveRule", R"({"analyzerName":"watch","ruleName":"r)" + std::to_string(i) + R"(","filter":{"isPublic":{"eq":["false"]}}})"); };
  for (std::size_t i = 0; i < archive_rules_max; ++i) ASSERT_EQ(make(i), "");
  EXPECT_EQ(make(archive_rules_max), "ServiceQuotaExceededException");
}

TEST_F(Analyzers, NothingOfADeletedAnalyzerComesBackWithItsName) {
  new_analyzer();
  good("CreateArchiveRule", R"({"analyzerName":"watch","ruleName":"r","filter":{"isPublic":{"eq":["true"]}}})");
  good("DeleteAnalyzer", R"({"analyzerName":"watch"})");
  new_analyzer();
  EXPECT_EQ(good("ListArchiveRules", R"({"analyzerName":"watch"})")["archiveRules"].items().size(), 0U);
}

}  // namespace
}  // namespace ringwall::accessanalyzer
