#include "services/accessanalyzer/detail/analysis.h"
#include "services/accessanalyzer/testing.h"

namespace ringwall::accessanalyzer {
namespace {

using testing::allowing;
using testing::Analyzing;
using testing::Lines;
using testing::parsed;
using text::Json;
using testing::trusting;

class Findings : public Analyzing {
 protected:
  Json only_finding(const std::string& analyzer) {
    const Json output = good("ListFindings", R"({"analyzerArn":")" + analyzer + R"("})");
    EXPECT_EQ(output["findings"].items().size(), 1U) << output.dump();
    return output["findings"].items().empty() ? Json() : output["findings"].items().front();
  }
  void set_rcp(const std::string& document) {
    store::Transaction transaction(world_.store());
    namespace tables = directory::tables;
    directory::Root root = tables::roots.list(transaction).front().record;
    if (!directory::is_enabled(root, directory::rcp_type)) root.policy_types.push_back({.type = std::string(directory::rcp_type)});
    tables::roots.put(transaction, root, root.id);
    const directory::PolicySummary summary{.id = "p-closed", .arn = "arn:aws:organizations::1:policy/p-closed", .name = "closed", .type = std::string(directory::rcp_type)};
    tables::control_policies.put(transaction, {.summary = summary, .content = document}, summary.id);
    tables::attachments.put(transaction, {}, root.id, summary.id);
    tables::attachments.put(transaction, {}, root.id, directory::full_access_rcp);
    for (const auto& row : tables::accounts.list(transaction)) tables::attachments.put(transaction, {}, row.record.id, directory::full_access_rcp);
    commit(transaction);
  }
};

TEST_F(Findings, NameEachPrincipalFromOutsideAndNobodyFromWithin) {
  const std::string analyzer = new_analyzer(), own = account();
  put_role(own, "inside", trusting(R"({"AWS":"arn:aws:iam::)" + own + R"(:root"})"));
  put_role(own, "service", trusting(R"({"Service":"ec2.amazonaws.com"})"));
  put_role(own, "partner", trusting(R"({"AWS":["arn:aws:iam::111122223333:root","arn:aws:iam::444455556666:user/eve",")" + own + R"("]})"));
  put_role(own, "open", trusting(R"("*")"));
  put_role(own, "saml", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::)" + own + R"(:saml-provider/desk"},"Action":"sts:AssumeRoleWithSAML"}]})");
  EXPECT_EQ(findings(analyzer), (Lines{R"(open: {"AWS":"*"} public {} ACTIVE)", R"(partner: {"AWS":"111122223333"} {} ACTIVE)", R"(partner: {"AWS":"arn:aws:iam::444455556666:user/eve"} {} ACTIVE)",
                                       R"(saml: {"Federated":"arn:aws:iam::)" + own + R"(:saml-provider/desk"} {} ACTIVE)"}));
}

// One such role ended the server at every listing.
TEST_F(Findings, ARoleWhoseTrustHasAVariableInAnArnHidesNoOther) {
  const std::string analyzer = new_analyzer(), own = account();
  put_role(own, "partner", trusting(R"({"AWS":"111122223333"})"));
  const std::string condition = R"({"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::${aws:PrincipalAccount}:role/x"}})";
  put_role(own, "same", trusting(R"("*")", condition));
  put_role(own, "source", trusting(R"("*")", R"({"ArnLike":{"aws:SourceArn":"arn:aws:events:us-east-1:${aws:SourceAccount}:rule/n"}})"));
  const Lines lines = findings(analyzer);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], R"(partner: {"AWS":"111122223333"} {} ACTIVE)");
  EXPECT_TRUE(lines[1].starts_with(R"(same: {"AWS":"*"} public)")) << lines[1];
  EXPECT_TRUE(lines[2].starts_with(R"(source: {"AWS":"*"} public)")) << lines[2];
}

// As stored: a role's session by the role's id. Nothing of it can be written by people, and it ended the server.
TEST_F(Findings, APolicyThatNamesASessionByItsRolesIdIsReadAsItIsStored) {
  const std::string analyzer = new_analyzer(), own = account();
  put_role(own, "bound", trusting(R"({"AWS":"AROAAPPAPPAPPAPPAPP1:s1"})"));
  put_role(own, "partner", trusting(R"({"AWS":"111122223333"})"));
  const Lines lines = findings(analyzer);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].starts_with(R"(bound: {"AWS":"AROAAPPAPPAPPAPPAPP1)")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("partner: ")) << lines[1];
}

TEST_F(Findings, AConditionThatOnlyTheZoneMeetsClosesAStar) {
  const std::string analyzer = new_analyzer(), own = account();
  const std::string organization = world_.directory().current()->organization->id;
  put_role(own, "own-account", trusting(R"("*")", R"({"StringEquals":{"aws:PrincipalAccount":")" + own + R"("}})"));
  put_role(own, "own-arn", trusting(R"("*")", R"({"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::)" + own + R"(:role/*"}})"));
  put_role(own, "own-org", trusting(R"("*")", R"({"StringEquals":{"aws:PrincipalOrgID":")" + organization + R"("}})"));
  put_role(own, "external-id", trusting(R"({"AWS":"111122223333"})", R"({"StringEquals":{"sts:ExternalId":"secret"}})"));
  put_role(own, "never", trusting(R"("*")", R"({"StringEquals":{"aws:PrincipalIsAWSService":"neither"}})"));
  EXPECT_EQ(findings(analyzer), (Lines{R"(external-id: {"AWS":"111122223333"} {"sts:ExternalId":"secret"} ACTIVE)", R"(own-org: {"AWS":"*"} {"aws:PrincipalOrgID":")" + organization + R"("} ACTIVE)"}));
  EXPECT_EQ(findings(new_analyzer("ORGANIZATION", "all")), Lines{R"(external-id: {"AWS":"111122223333"} {"sts:ExternalId":"secret"} ACTIVE)"});
}

TEST_F(Findings, AnOrganizationsAnalyzerTrustsItsAccountsAndSeesTheirResources) {
  const std::string member = other_account(), own = account();
  put_role(own, "for-member", trusting(R"({"AWS":")" + member + R"("})"));
  put_role(member, "for-manager", trusting(R"({"AWS":")" + own + R"("})"));
  put_role(member, "for-partner", trusting(R"({"AWS":"111122223333"})"));
  EXPECT_EQ(findings(new_analyzer("ACCOUNT", "own")), Lines{R"(for-member: {"AWS":")" + member + R"("} {} ACTIVE)"});
  EXPECT_EQ(findings(new_analyzer("ORGANIZATION", "all")), Lines{R"(for-partner: {"AWS":"111122223333"} {} ACTIVE)"});
}

TEST_F(Findings, AKeysPolicyAndItsGrantsBothCount) {
  const std::string analyzer = new_analyzer(), own = account();
  const std::string key = put_key(own, R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":")" + own + R"("},"Action":"kms:*","Resource":"*"},
    {"Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:CallerAccount":"111122223333"}}},
    {"Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:*","Resource":"*","Condition":{"StringEquals":{"kms:CallerAccount":")" + own + R"("}}}]})");
  EXPECT_EQ(findings(analyzer), Lines{R"({"AWS":"*"} {"kms:CallerAccount":"111122223333"} ACTIVE)"});
  store::Transaction transaction(world_.store());
  const std::string id = key.substr(key.rfind('/') + 1);
  const keyring::Grant grant{.key_arn = key, .grantee = "arn:aws:iam::444455556666:role/reader", .operations = {"Encrypt", "DescribeKey"}, .id = "g1"};
  keyring::tables::grants.put(transaction, grant, own, id, grant.id);
  commit(transaction);
  EXPECT_EQ(findings(analyzer), (Lines{R"({"AWS":"*"} {"kms:CallerAccount":"111122223333"} ACTIVE)", R"({"AWS":"arn:aws:iam::444455556666:role/reader"} {} ACTIVE)", R"({"AWS":"arn:aws:iam::444455556666:role/reader"} {} ACTIVE)"}))
      << "one for each statement of the grant: with and without an encryption context";
}

TEST_F(Findings, ActionsAreThoseThatAreReallyOpen) {
  const std::string analyzer = new_analyzer(), own = account();
  put_key(own, R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":["kms:*Grant","s3:GetObject"],"Resource":"*"},
    {"Effect":"Deny","Principal":"*","Action":"kms:CreateGrant","Resource":"*"}]})");
  EXPECT_EQ(only_finding(analyzer)["action"].dump(), R"(["kms:RetireGrant","kms:RevokeGrant"])");
}

TEST_F(Findings, AResourceControlPolicyClosesWhatAPolicyOpens) {
  const std::string analyzer = new_analyzer(), member = other_account();
  (void)analyzer;
  put_role(member, "open", trusting(R"("*")"));
  put_role(member, "partner", trusting(R"({"AWS":"111122223333"})"));
  const std::string all = new_analyzer("ORGANIZATION", "all");
  EXPECT_EQ(findings(all).size(), 2U);
  EXPECT_EQ(good("ListFindings", R"({"analyzerArn":")" + all + R"("})")["findings"].items().at(0).text("resourceControlPolicyRestriction"), "NOT_APPLICABLE");
  const std::string organization = world_.directory().current()->organization->id;
  set_rcp(R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:*","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":")" + organization +
          R"(","aws:PrincipalAccount":"111122223333"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}]})");
  const Lines now = findings(all, R"(,"filter":{"status":{"eq":["ACTIVE"]}})");
  // Only the partner is excepted, and the star lets it in as well; but the public is shut out.
  EXPECT_EQ(now, (Lines{R"(open: {"AWS":"*"} {} ACTIVE)", R"(partner: {"AWS":"111122223333"} {} ACTIVE)"}));
  EXPECT_EQ(good("ListFindings", R"({"analyzerArn":")" + all + R"(","filter":{"status":{"eq":["ACTIVE"]}}})")["findings"].items().at(0).text("resourceControlPolicyRestriction"), "APPLIED");
}

TEST_F(Findings, AreResolvedWhenTheAccessIsGoneAndForgottenInTheEnd) {
  const std::string analyzer = new_analyzer(), own = account();
  put_role(own, "open", trusting(R"("*")"));
  const std::string id = only_finding(analyzer).str("id");
  world_.clock().advance(std::chrono::seconds(60));
  put_role(own, "open", trusting(R"({"AWS":")" + own + R"("})"));
  const Json resolved = only_finding(analyzer);
  EXPECT_EQ(resolved.text("id"), id);
  EXPECT_EQ(resolved.text("status"), "RESOLVED");
  EXPECT_EQ(resolved["updatedAt"].as_integer(), resolved["createdAt"].as_integer() + 60'000);
  put_role(own, "open", trusting(R"("*")"));
  EXPECT_EQ(only_finding(analyzer).text("status"), "ACTIVE") << "the same access again is the same finding";
  EXPECT_EQ(only_finding(analyzer).text("id"), id);
  delete_role(own, "open");
  EXPECT_EQ(only_finding(analyzer).text("status"), "RESOLVED");
  world_.clock().advance(std::chrono::seconds(detail::resolved_kept_ms / 1000));
  EXPECT_EQ(findings(analyzer).size(), 1U);
  world_.clock().advance(std::chrono::seconds(1));
  EXPECT_EQ(findings(analyzer).size(), 0U);
}

TEST_F(Findings, AnArchivedFindingStaysSoUntilItsAccessChanges) {
  const std::string analyzer = new_analyzer(), own = account();
  put_role(own, "partner", trusting(R"({"AWS":"111122223333"})"));
  const std::string id = only_finding(analyzer).str("id"), update = R"({"analyzerArn":")" + analyzer + R"(","ids":[")" + id + R"("],"status":)";
  good("UpdateFindings", update + R"("ARCHIVED"})");
  EXPECT_EQ(only_finding(analyzer).text("status"), "ARCHIVED");
  good("UpdateFindings", update + R"("ACTIVE"})");
  EXPECT_EQ(only_finding(analyzer).text("status"), "ACTIVE");
  good("UpdateFindings", R"({"analyzerArn":")" + analyzer + R"(","resourceArn":"arn:aws:iam::)" + own + R"(:role/partner","status":"ARCHIVED"})");
  EXPECT_EQ(only_finding(analyzer).text("status"), "ARCHIVED");
  put_role(own, "partner", trusting(R"({"AWS":["111122223333","444455556666"]})"));
  EXPECT_EQ(findings(analyzer), (Lines{R"(partner: {"AWS":"111122223333"} {} ARCHIVED)", R"(partner: {"AWS":"444455556666"} {} ACTIVE)"}));
  put_role(own, "partner", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":["sts:AssumeRole","sts:TagSession"]}]})");
  EXPECT_EQ(findings(analyzer, R"(,"filter":{"status":{"eq":["ACTIVE"]}})"), Lines{R"(partner: {"AWS":"111122223333"} {} ACTIVE)"}) << "more than was archived";
}

TEST_F(Findings, UpdatesNameWhatThereIs) {
  const std::string analyzer = R"({"analyzerArn":")" + new_analyzer() + '"';
  EXPECT_EQ(code("UpdateFindings", analyzer + R"(,"status":"ARCHIVED"})"), "ValidationException");
  EXPECT_EQ(code("UpdateFindings", analyzer + R"(,"status":"ARCHIVED","ids":["none"]})"), "ResourceNotFoundException");
  EXPECT_EQ(code("UpdateFindings", analyzer + R"(,"status":"ARCHIVED","resourceArn":"arn:aws:iam::1:role/x"})"), "ResourceNotFoundException");
  EXPECT_EQ(code("GetFinding", analyzer + R"(,"id":"none"})"), "ResourceNotFoundException");
  EXPECT_EQ(code("GetFindingV2", analyzer + R"(,"id":"none"})"), "ResourceNotFoundException");
  EXPECT_EQ(code("ListFindings", analyzer + R"(,"filter":{"colour":{"eq":["x"]}}})"), "ValidationException");
  EXPECT_EQ(code("ListFindings", analyzer + R"(,"sort":{"attributeName":"colour"}})"), "ValidationException");
}

TEST_F(Findings, RulesArchiveWhatComesAndOnRequestWhatIsThere) {
  const std::string analyzer = new_analyzer(), own = account();
  put_role(own, "before", trusting(R"({"AWS":"111122223333"})"));
  EXPECT_EQ(findings(analyzer).size(), 1U);
  good("CreateArchiveRule", R"({"analyzerName":"watch","ruleName":"partner","filter":{"principal.AWS":{"eq":["111122223333"]},"resourceType":{"neq":["AWS::KMS::Key"]}}})");
  put_role(own, "later", trusting(R"({"AWS":["111122223333","444455556666"]})"));
  EXPECT_EQ(findings(analyzer), (Lines{R"(before: {"AWS":"111122223333"} {} ACTIVE)", R"(later: {"AWS":"111122223333"} {} ARCHIVED)", R"(later: {"AWS":"444455556666"} {} ACTIVE)"}));
  good("ApplyArchiveRule", R"({"analyzerArn":")" + analyzer + R"(","ruleName":"partner"})");
  EXPECT_EQ(findings(analyzer, R"(,"filter":{"status":{"eq":["ACTIVE"]}})"), Lines{R"(later: {"AWS":"444455556666"} {} ACTIVE)"});
  EXPECT_EQ(code("ApplyArchiveRule", R"({"analyzerArn":")" + analyzer + R"(","ruleName":"none"})"), "ResourceNotFoundException");
}

TEST_F(Findings, AreFilteredSortedAndPaged) {
  const std::string analyzer = new_analyzer(), own = account();
  for (const char* name : {"b", "a", "c"}) put_role(own, name, trusting(R"({"AWS":"111122223333"})"));
  put_role(own, "open", trusting(R"("*")"));
  const auto filtered = [&](const std::string& filter) { return findings(analyzer, R"(,"filter":)" + filter).size(); };
  EXPECT_EQ(filtered(R"({"isPublic":{"eq":["true"]}})"), 1U);
  EXPECT_EQ(filtered(R"({"isPublic":{"neq":["true"]}})"), 3U);
  EXPECT_EQ(filtered(R"({"resource":{"contains":["role/a","role/b"]}})"), 2U);
  EXPECT_EQ(filtered(R"({"resourceOwnerAccount":{"eq":[")" + own + R"("]},"principal.AWS":{"eq":["*","111122223333"]}})"), 4U);
  EXPECT_EQ(filtered(R"({"error":{"exists":true}})"), 0U);
  EXPECT_EQ(filtered(R"({"error":{"exists":false}})"), 4U);
  EXPECT_EQ(filtered(R"({"condition.aws:SourceIp":{"neq":["1.2.3.4"]}})"), 0U) << "what is not there is not unequal";
  EXPECT_EQ(filtered(R"({"findingType":{"eq":["ExternalAccess"]}})"), 4U);
  std::string order, token;
  const std::string page = R"({"analyzerArn":")" + analyzer + R"(","maxResults":3,"sort":{"attributeName":"resource","orderBy":"DESC"})";
  for (int pages = 0; pages < 2; ++pages) {
    const Json output = good("ListFindingsV2", page + (token.empty() ? "}" : R"(,"nextToken":")" + token + R"("})"));
    for (const Json& finding : output["findings"].items()) order += finding.str("resource").substr(finding.str("resource").rfind('/')) ;
    token = output.str("nextToken");
  }
  EXPECT_EQ(order, "/open/c/b/a");
  EXPECT_EQ(token, "");
}

TEST_F(Findings, BothFormsSayTheSame) {
  const std::string analyzer = new_analyzer();
  put_role(account(), "open", trusting(R"("*")"));
  const Json listed = only_finding(analyzer);
  const std::string one = R"({"analyzerArn":")" + analyzer + R"(","id":")" + listed.str("id") + R"("})";
  const Json first = good("GetFinding", one)["finding"], second = good("GetFindingV2", one);
  EXPECT_EQ(second.text("findingType"), "ExternalAccess");
  const Json& details = second["findingDetails"].items().at(0)["externalAccessDetails"];
  for (const char* member : {"principal", "action", "condition", "isPublic"}) EXPECT_EQ(details[member], first[member]) << member;
  for (const char* member : {"id", "resource", "resourceType", "resourceOwnerAccount", "status", "createdAt", "updatedAt", "analyzedAt"}) {
    EXPECT_EQ(second[member], first[member]) << member;
    EXPECT_FALSE(first[member].is_null()) << member;
  }
}

TEST_F(Findings, WhatCannotBeDecidedIsAFinding) {
  const std::string analyzer = new_analyzer();
  put_role(account(), "odd", trusting(R"("*")", R"({"StringLike":{"aws:PrincipalAccount":"12?"}})"));
  EXPECT_EQ(findings(analyzer), Lines{R"(odd: {"AWS":"*"} public {"aws:PrincipalAccount":"12?"} ACTIVE INTERNAL_ERROR)"});
}

TEST_F(Findings, OneCallAnalysesSoManyResourcesAndTheNextGoesOn) {
  const std::string analyzer = new_analyzer(), own = account(), closed = trusting(R"({"AWS":")" + own + R"("})");
  const auto others = good("ListAnalyzedResources", R"({"analyzerArn":")" + analyzer + R"("})")["analyzedResources"].items().size();
  store::Transaction transaction(world_.store());
  for (std::size_t i = others + 2; i <= analyses_per_call_max; ++i) {
    const std::string name = "closed-" + std::to_string(i);
    transaction.put(directory::iam_key(own, "role", name), directory::new_role(world_.environment(), own, "/", name, service::bound_own(closed), world_.clock().now()));
  }
  commit(transaction);
  put_role(own, "open-1", trusting(R"("*")"));  // the last by its name of just as many as one call analyses
  EXPECT_EQ(findings(analyzer).size(), 1U);
  good("DeleteAnalyzer", R"({"analyzerName":"watch"})");
  put_role(own, "open-2", trusting(R"("*")"));
  const std::string again = new_analyzer();
  EXPECT_EQ(findings(again).size(), 1U);
  EXPECT_EQ(findings(again).size(), 2U);
}

TEST_F(Findings, ResourcesAreListedShownAndScanned) {
  const std::string analyzer = new_analyzer(), own = account(), on = R"({"analyzerArn":")" + analyzer + '"';
  const std::string role = put_role(own, "open", trusting(R"("*")"));
  const std::string key = put_key(own, allowing(R"({"AWS":")" + own + R"("})", "kms:*"));
  const Json keys = good("ListAnalyzedResources", on + R"(,"resourceType":"AWS::KMS::Key"})");
  ASSERT_EQ(keys["analyzedResources"].items().size(), 1U);
  EXPECT_EQ(keys["analyzedResources"].items().at(0), Json::object({{"resourceArn", key}, {"resourceOwnerAccount", own}, {"resourceType", "AWS::KMS::Key"}}));
  const Json shown = good("GetAnalyzedResource", on + R"(,"resourceArn":")" + role + R"("})")["resource"];
  EXPECT_TRUE(shown["isPublic"].as_bool());
  EXPECT_EQ(shown["actions"].dump(), R"(["sts:AssumeRole"])");
  EXPECT_EQ(shown.text("status"), "ACTIVE");
  const Json closed = good("GetAnalyzedResource", on + R"(,"resourceArn":")" + key + R"("})")["resource"];
  EXPECT_FALSE(closed["isPublic"].as_bool());
  EXPECT_FALSE(closed.contains("status"));
  world_.clock().advance(std::chrono::seconds(60));
  good("ListFindings", on + "}");
  EXPECT_EQ(good("GetAnalyzedResource", on + R"(,"resourceArn":")" + role + R"("})")["resource"]["analyzedAt"], shown["analyzedAt"]) << "nothing has changed";
  good("StartResourceScan", on + R"(,"resourceArn":")" + role + R"("})");
  EXPECT_EQ(good("GetAnalyzedResource", on + R"(,"resourceArn":")" + role + R"("})")["resource"]["analyzedAt"].as_integer(), shown["analyzedAt"].as_integer() + 60'000);
  EXPECT_EQ(good("GetAnalyzer", R"({"analyzerName":"watch"})")["analyzer"].text("lastResourceAnalyzed"), role);
  for (const char* operation : {"StartResourceScan", "GetAnalyzedResource"}) EXPECT_EQ(code(operation, on + R"(,"resourceArn":"arn:aws:iam::1:role/none"})"), "ResourceNotFoundException") << operation;
  EXPECT_EQ(code("StartResourceScan", on + R"(,"resourceOwnerAccount":"111122223333","resourceArn":")" + role + R"("})"), "ValidationException");
}

}  // namespace
}  // namespace ringwall::accessanalyzer
