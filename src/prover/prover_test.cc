#include "prover/prover.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "checker/checker.h"
#include "prover/callers.h"

namespace ringwall::prover {
namespace {

policy::DocumentPtr document(std::string_view json, policy::Kind kind = policy::Kind::identity) {
  auto compiled = policy::compile(json, kind);
  EXPECT_TRUE(compiled.has_value()) << compiled.error().message;
  return *compiled;
}

std::string statement(std::string_view effect, std::string_view actions, std::string_view resources, std::string_view condition = {}) {
  std::string text = R"({"Effect":")" + std::string(effect) + R"(","Action":)" + std::string(actions) + R"(,"Resource":)" + std::string(resources);
  if (!condition.empty()) text += R"(,"Condition":)" + std::string(condition);
  return text + "}";
}
std::string policy_of(std::initializer_list<std::string> statements) {
  std::string text = R"({"Version":"2012-10-17","Statement":[)";
  for (const std::string& one : statements) text += one + ",";
  text.back() = ']';
  return text + "}";
}

class ProverTest : public ::testing::Test {
 protected:
  // Requests that `a` allows and `b` does not.
  Answer beyond(const std::string& a, const std::string& b) {
    documents_ = {document(a), document(b)};
    query_ = {};
    query_.universe.callers = {{}};
    query_.allowing = {{.document = documents_[0]}};
    query_.refusing = {{.document = documents_[1]}};
    return prover_.ask(query_);
  }
  std::vector<policy::DocumentPtr> documents_;
  Query query_;
  Prover prover_;
};

TEST_F(ProverTest, APolicyAllowsNothingBeyondItself) {
  const std::string policy = policy_of({statement("Allow", R"(["s3:Get*","ec2:Describe*"])", R"("*")", R"({"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}})"),
                                        statement("Deny", R"("s3:GetObject")", R"("arn:aws:s3:::secret/*")")});
  const Answer answer = beyond(policy, policy);
  EXPECT_EQ(answer.verdict, Verdict::none);
  EXPECT_TRUE(answer.findings.empty());
}

TEST_F(ProverTest, WhoseEndpointARequestCameThroughOnlyServicesOnAwssListSay) {
  const auto allowed = [&](const char* action, const char* condition) {
    documents_ = {document(policy_of({statement("Allow", std::string("\"") + action + "\"", R"("*")", condition)}))};
    query_ = {};
    query_.universe.callers = {{}};
    query_.universe.actions = Actions::known;
    query_.allowing = {{.document = documents_[0]}};
    return prover_.ask(query_);
  };
  constexpr const char* mine = R"({"StringEquals":{"aws:VpceOrgID":"o-mine000000"}})";
  EXPECT_EQ(allowed("s3:GetObject", mine).verdict, Verdict::found);
  EXPECT_EQ(allowed("rds:CreateDBInstance", mine).verdict, Verdict::none);
  EXPECT_EQ(allowed("iam:PassRole", mine).verdict, Verdict::none);
  EXPECT_EQ(allowed("rds:CreateDBInstance", R"({"StringNotEquals":{"aws:VpceOrgID":"o-mine000000"}})").verdict, Verdict::found);
  EXPECT_EQ(allowed("rds:*", R"({"Null":{"aws:SourceVpcArn":"false"}})").verdict, Verdict::none);
  const Answer some = allowed("dynamodb:GetItem", R"({"ArnLike":{"aws:SourceVpcArn":"arn:aws:ec2:us-east-1:*:vpc/*"}})");
  EXPECT_EQ(some.verdict, Verdict::none);  // dynamodb has the account of an endpoint, and not the VPC's ARN
  const Answer all = allowed("*", mine);
  ASSERT_EQ(all.verdict, Verdict::found);
  for (const Finding& finding : all.findings) {
    EXPECT_TRUE(std::ranges::binary_search(finding.actions, std::string_view("s3:GetObject")));
    EXPECT_FALSE(std::ranges::binary_search(finding.actions, std::string_view("ec2:RunInstances")));
  }
  // Where a server may have been told to say it everywhere, both are possible.
  allowed("rds:CreateDBInstance", mine);
  query_.universe.network_keys_everywhere = true;
  EXPECT_EQ(prover_.ask(query_).verdict, Verdict::found);
}

TEST_F(ProverTest, ACertificateNamesTheAxiomOfNetworkKeys) {
  documents_ = {document(policy_of({statement("Allow", R"("rds:*")", R"("*")", R"({"StringEquals":{"aws:VpceOrgID":"o-mine000000"}})")}))};
  query_ = {};
  query_.universe.callers = {{}};
  query_.allowing = {{.document = documents_[0]}};
  query_.universe.where = on_actions({"rds:*"}).value();
  const auto certificate = prover_.certify(query_);
  ASSERT_TRUE(certificate) << certificate.error().message;
  EXPECT_NE(certificate->find("axiom network-keys-of-services: "), std::string::npos) << *certificate;
}

TEST_F(ProverTest, WhatNoServiceHasDoesNotEndTheSearchForWhatOneHas) {
  documents_ = {document(policy_of({statement("Allow", R"("aaa:Future")", R"("*")"), statement("Allow", R"("s3:GetObject")", R"("*")"),
                                    statement("Allow", R"("zzz:Future")", R"("*")")}))};
  query_.universe.callers = {{}};
  query_.universe.actions = Actions::known;
  query_.allowing = {{.document = documents_[0]}};
  query_.classes_max = 1;
  const Answer answer = prover_.ask(query_);
  ASSERT_EQ(answer.verdict, Verdict::found);
  EXPECT_TRUE(answer.findings.front().callable);
}

TEST_F(ProverTest, FindsACallableRequestThatOnlyTheFirstAllows) {
  const Answer answer = beyond(policy_of({statement("Allow", R"("s3:*")", R"("*")")}),
                               policy_of({statement("Allow", R"("s3:*")", R"("arn:aws:s3:::mine/*")")}));
  ASSERT_EQ(answer.verdict, Verdict::found);
  const Finding& finding = answer.findings.front();
  EXPECT_TRUE(finding.callable);
  EXPECT_TRUE(finding.request.action.starts_with("s3:"));
  EXPECT_FALSE(finding.request.resource.starts_with("arn:aws:s3:::mine/"));
  EXPECT_FALSE(finding.actions.empty());
}

TEST_F(ProverTest, ConditionsNarrowAndWiden) {
  const auto with = [](std::string_view condition) { return policy_of({statement("Allow", R"("s3:GetObject")", R"("*")", condition)}); };
  const std::string narrow = with(R"({"IpAddress":{"aws:SourceIp":"10.1.0.0/16"}})"), wide = with(R"({"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}})");
  EXPECT_EQ(beyond(narrow, wide).verdict, Verdict::none);
  const Answer answer = beyond(wide, narrow);
  ASSERT_EQ(answer.verdict, Verdict::found);
  ASSERT_NE(answer.findings.front().request.context.find("aws:SourceIp"), nullptr);
  EXPECT_EQ(beyond(with(R"({"NumericLessThan":{"s3:max-keys":"5"}})"), with(R"({"NumericLessThanEquals":{"s3:max-keys":"5"}})")).verdict, Verdict::none);
  EXPECT_EQ(beyond(with(R"({"NumericLessThanEquals":{"s3:max-keys":"5"}})"), with(R"({"NumericLessThan":{"s3:max-keys":"5"}})")).verdict, Verdict::found);
  EXPECT_EQ(beyond(with(R"({"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-mine"}})"), with(R"({"StringEquals":{"aws:PrincipalOrgID":"o-mine"}})")).verdict, Verdict::found);
  EXPECT_EQ(beyond(with(R"({"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]},"Null":{"aws:TagKeys":"false"}})"), with(R"({"ForAnyValue:StringEquals":{"aws:TagKeys":["a","b"]}})")).verdict, Verdict::none);
  EXPECT_EQ(beyond(with(R"({"ForAnyValue:StringEquals":{"aws:TagKeys":["a","b"]}})"), with(R"({"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}})")).verdict, Verdict::found);
}

TEST_F(ProverTest, AxiomsRelateKeys) {
  const auto with = [](std::string_view condition) { return policy_of({statement("Allow", R"("s3:GetObject")", R"("*")", condition)}); };
  EXPECT_EQ(beyond(with(R"({"Null":{"aws:SourceVpce":"false"}})"), with(R"({"Null":{"aws:SourceVpc":"false"}})")).verdict, Verdict::none);
  query_.universe.axioms = false;
  EXPECT_EQ(prover_.ask(query_).verdict, Verdict::found);
}

TEST_F(ProverTest, TheSameVariableMatchesTheSame) {
  const auto home = [](std::string_view tail) { return policy_of({statement("Allow", R"("s3:GetObject")", R"("arn:aws:s3:::home/${aws:username}/)" + std::string(tail) + R"(")")}); };
  EXPECT_EQ(beyond(home("*"), home("*")).verdict, Verdict::none);
  EXPECT_EQ(beyond(home("*"), home("a*")).verdict, Verdict::found);
}

TEST_F(ProverTest, AVariableComparedWholeIsTriedForEveryKindOfValue) {
  const auto with = [](std::string_view condition) { return policy_of({statement("Allow", R"("s3:GetObject")", R"("*")", condition)}); };
  const std::string own = with(R"({"StringEquals":{"aws:ResourceOrgID":"${aws:PrincipalOrgID}","aws:PrincipalOrgID":"o-mine"}})");
  const Answer answer = beyond(own, with(R"({"StringEquals":{"aws:ResourceOrgID":"o-mine"}})"));
  EXPECT_EQ(answer.verdict, Verdict::none) << (answer.undecided.empty() ? "" : answer.undecided.front());
  EXPECT_EQ(beyond(with(R"({"StringEquals":{"aws:ResourceOrgID":"${aws:PrincipalOrgID}"}})"), with(R"({"StringEquals":{"aws:ResourceOrgID":"o-mine"}})")).verdict, Verdict::found);
}

TEST_F(ProverTest, ActionsOfNoServiceAreToldApart) {
  const Answer answer = beyond(policy_of({statement("Allow", R"("s3:FutureThing")", R"("*")")}), policy_of({statement("Allow", R"("s3:GetObject")", R"("*")")}));
  ASSERT_EQ(answer.verdict, Verdict::found);
  EXPECT_FALSE(answer.findings.front().callable);
  query_.universe.actions = Actions::known;
  EXPECT_EQ(prover_.ask(query_).verdict, Verdict::none);
}

TEST_F(ProverTest, EveryGrantingStatementIsTold) {
  const Answer answer = beyond(policy_of({statement("Allow", R"("s3:GetObject")", R"("arn:aws:s3:::a/*")"), statement("Allow", R"("s3:GetObject")", R"("arn:aws:s3:::b/*")"),
                                          statement("Allow", R"("kms:Decrypt")", R"("*")")}),
                               policy_of({statement("Allow", R"("s3:PutObject")", R"("*")")}));
  EXPECT_EQ(answer.findings.size(), 3u);
}

TEST_F(ProverTest, CrossAccountNeedsBothSides) {
  const auto allow_all = authz::Named{"identity", document(policy_of({statement("Allow", R"("*")", R"("*")")}))};
  const auto mine = authz::Named{"scp", document(policy_of({statement("Allow", R"("*")", R"("*")"), statement("Deny", R"("*")", R"("*")", R"({"StringNotEquals":{"aws:ResourceOrgID":"o-mine"}})")}), policy::Kind::scp)};
  const auto open = authz::Named{"resource", document(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]})", policy::Kind::resource)};
  const std::vector<authz::Level> scps = {{"r-root", {mine}}};
  authz::Layers layers{.identity = std::span(&allow_all, 1), .resource = &open, .scps = scps};
  Query query;
  query.universe.callers = {*caller_of("arn:aws:iam::111111111111:role/app")};
  query.universe.owners = {{Owner::Kind::others, {"111111111111"}}};
  query.universe.actions = Actions::on_resources;
  query.universe.where = none_of({*condition("StringEquals", "aws:ResourceOrgID", {"o-mine"})});
  query.allowing = {{.layers = layers}};
  query.title = "identity/resources";
  EXPECT_EQ(prover_.ask(query).verdict, Verdict::none);
  const auto certificate = prover_.certify(query);
  ASSERT_TRUE(certificate.has_value());
  const auto verified = checker::check(*certificate, [](const checker::Verified&) {});
  ASSERT_TRUE(verified.has_value()) << verified.error().message;
  EXPECT_GT(*verified, 0u);
  layers.scps = {};
  query.allowing = {{.layers = layers}};
  const Answer answer = prover_.ask(query);
  ASSERT_EQ(answer.verdict, Verdict::found);
  EXPECT_NE(answer.findings.front().request.resource_account, "111111111111");
  layers.resource = nullptr;
  query.allowing = {{.layers = layers}};
  EXPECT_EQ(prover_.ask(query).verdict, Verdict::none);
}

TEST_F(ProverTest, CallersOfAResourcePolicyAreAllTried) {
  const auto open = document(R"({"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/admin*"}}},
    {"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"}]})", policy::Kind::resource);
  const policy::Document* const documents[] = {open.get()};
  const Callers callers = callers_of(documents);
  EXPECT_TRUE(callers.undecided.empty());
  Query query;
  query.universe.callers = callers.all;
  query.allowing = {{.document = open}};
  const Answer answer = prover_.ask(query);
  std::set<std::string> who;
  for (const Finding& finding : answer.findings) who.insert(finding.request.principal.service + finding.request.principal.role_arn);
  EXPECT_EQ(who, (std::set<std::string>{"cloudtrail.amazonaws.com", "arn:aws:iam::222222222222:role/admin"})) << who.size();
}

TEST(CallersOf, WhomConditionsNameAreAmongThem) {
  const policy::DocumentPtr named = document(
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":{
          "ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"},"StringEquals":{"kms:CallerAccount":"444455556666"},
          "StringLike":{"aws:userid":"555566667777"},"StringEqualsIgnoreCase":{"aws:PrincipalServiceName":"config.amazonaws.com"}}}})",
      policy::Kind::resource);
  const policy::Document* const documents[] = {named.get()};
  const Callers callers = callers_of(documents, {});
  EXPECT_TRUE(callers.undecided.empty());
  for (const char* account : {"111122223333", "444455556666", "555566667777"})
    EXPECT_TRUE(std::ranges::any_of(callers.all, [&](const Caller& one) { return one.principal.account == account; })) << account;
  EXPECT_TRUE(std::ranges::any_of(callers.all, [](const Caller& one) { return one.principal.service == "config.amazonaws.com"; }));
}

TEST(CallersOf, AnAccountNamedInPartIsSaid) {
  const policy::DocumentPtr named = document(
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":{
          "ArnLike":{"aws:PrincipalArn":"arn:aws:iam::1111*:role/x"}}}})",
      policy::Kind::resource);
  const policy::Document* const documents[] = {named.get()};
  EXPECT_FALSE(callers_of(documents, {}).undecided.empty());
}

// EC2 and others do not say aws:ViaAWSService, and unsigned requests not aws:PrincipalIsAWSService.
TEST_F(ProverTest, KeysThatAwsDoesNotPromiseMayBeAbsent) {
  const auto without = [&](std::string_view condition) {
    return policy_of({statement("Allow", R"("ec2:*")", R"("*")"), statement("Deny", R"("*")", R"("*")", condition)});
  };
  documents_ = {document(without(R"({"Bool":{"aws:ViaAWSService":["true","false"]}})"))};
  query_.universe.callers = {{}};
  query_.allowing = {{.document = documents_[0]}};
  EXPECT_EQ(prover_.ask(query_).verdict, Verdict::found);
  const auto nobody = caller_of("anonymous");
  ASSERT_TRUE(nobody.has_value());
  documents_ = {document(without(R"({"Bool":{"aws:PrincipalIsAWSService":"false"}})"))};
  query_.universe.callers = {*nobody};
  query_.allowing = {{.document = documents_[0]}};
  EXPECT_EQ(prover_.ask(query_).verdict, Verdict::found);
}

// Somebody of another account on a bucket of 111122223333 with this policy.
Query on_bucket(const std::string& action, const std::string& condition, std::vector<authz::Named>& kept) {
  kept = {{"the policy", document(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":")" + action +
                                      R"(","Resource":"*","Condition":)" + condition + "}]}", policy::Kind::resource)},
          {"open", document(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})", policy::Kind::identity)}};
  Query query;
  query.universe.callers = {caller_of("arn:aws:iam::999988887777:user/ann").value()};
  query.universe.owners = {{Owner::Kind::account, {"111122223333"}}};
  query.universe.actions = Actions::on_resources;
  query.allowing = {{.layers = authz::Layers{.identity = std::span(kept).subspan(1), .resource = kept.data()}}};
  return query;
}

TEST(KeysOfActions, WhatOnlyAKeyLetsThroughThatAwsDoesNotListIsNeitherALeakNorAProof) {
  std::vector<authz::Named> kept;
  Prover prover;
  const std::string home = R"({"StringLike":{"s3:prefix":"home/*"}})";
  EXPECT_EQ(prover.ask(on_bucket("s3:ListBucket", home, kept)).verdict, Verdict::found);
  const Answer answer = prover.ask(on_bucket("s3:AbortMultipartUpload", home, kept));
  EXPECT_EQ(answer.verdict, Verdict::inconclusive);
  ASSERT_EQ(answer.undecided.size(), 1U);
  EXPECT_EQ(answer.undecided.front(),
            "a policy asks for `s3:prefix`, which AWS does not list for s3:AbortMultipartUpload: whether such a request has it is not known");
  // Of many actions the one that has the key is told.
  const Answer many = prover.ask(on_bucket("s3:*", home, kept));
  ASSERT_EQ(many.verdict, Verdict::found);
  for (const Finding& finding : many.findings) {
    EXPECT_NE(finding.request.action, "s3:AbortMultipartUpload");
    EXPECT_EQ(std::ranges::count(finding.actions, std::string_view("s3:AbortMultipartUpload")), 0);
  }
  // A key of another service is in no such request.
  EXPECT_EQ(prover.ask(on_bucket("s3:GetObject", R"({"StringEquals":{"ec2:Owner":"amazon"}})", kept)).verdict, Verdict::none);
  EXPECT_EQ(prover.ask(on_bucket("s3:GetObject", R"({"StringNotEquals":{"ec2:Owner":"amazon"}})", kept)).verdict, Verdict::found);
}

TEST(Certificates, EveryProofHasOneThatSaysWhatItRestsOn) {
  std::vector<authz::Named> kept;
  Prover prover;
  const auto certified = [&](Query query) {
    EXPECT_EQ(prover.ask(query).verdict, Verdict::none);
    const auto text = prover.certify(query);
    EXPECT_TRUE(text) << text.error().message;
    const auto held = checker::check(text ? *text : "", [](const checker::Verified&) {});
    EXPECT_TRUE(held) << held.error().message;
    return text ? *text : std::string();
  };
  // Only what the action acts on makes it impossible: a bucket is no object.
  Query elsewhere = on_bucket("s3:ListBucket", R"({"Bool":{"aws:SecureTransport":"true"}})", kept);
  elsewhere.universe.where = on_resources({"arn:aws:s3:::mine/*"}).value();
  EXPECT_NE(certified(elsewhere).find("axiom resources-of-actions: s3:ListBucket and actions like it act on "), std::string::npos);
  // No service has the action.
  EXPECT_NE(certified(on_bucket("s3:NoSuchAction", R"({"Bool":{"aws:SecureTransport":"true"}})", kept)).find("axiom actions-of-today: "), std::string::npos);
  EXPECT_NE(certified(on_bucket("s3:GetObject", R"({"StringEquals":{"ec2:Owner":"amazon"}})", kept)).find("axiom keys-of-services: "), std::string::npos);
}

}  // namespace
}  // namespace ringwall::prover
