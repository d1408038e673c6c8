// Each member of a question: what it may hold, and what is refused with the member's name.

#include <gtest/gtest.h>

#include <map>

#include "authz/question.h"

namespace ringwall::authz {
namespace {

const std::string allow = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})";
const std::string deny = R"({"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}})";
const std::string anyone = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}})";
const std::string nobody = R"({"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}})";

Result<std::string> from_files(const std::string& path) {
  static const std::map<std::string, std::string> files = {{"allow.json", allow}, {"bad.json", "{"}};
  const auto found = files.find(path);
  if (found == files.end()) return fail(Failure::not_found, "no file `" + path + "`");
  return found->second;
}

Result<Question> question_of(const std::string& json) {
  const auto read = text::parse_json(json);
  EXPECT_TRUE(read) << json << ": " << (read ? "" : read.error().message);
  return read_question(read.value_or(text::Json()), from_files);
}

std::string request_of(const std::string& principal, const std::string& more = "", const std::string& action = "s3:GetObject") {
  return R"("request":{"principal":")" + principal + R"(","action":")" + action + R"(","resource":"arn:aws:s3:::b/k")" + more + "}";
}
const std::string ann = "arn:aws:iam::111122223333:user/ann";

std::string with_policies(const std::string& policies, const std::string& action = "s3:GetObject") {
  const auto question = question_of("{" + request_of(ann, "", action) + R"(,"policies":)" + policies + "}");
  if (!question) return question.error().message;
  const Decision decision = authorize(question->request, question->layers);
  return std::string(name_of(decision.verdict)) + ": " + std::string(name_of(decision.layer));
}

TEST(QuestionPrincipal, MayBeOfAnyType) {
  using Type = policy::Principal::Type;
  const auto principal = [](const std::string& name) {
    const auto question = question_of("{" + request_of(name) + "}");
    EXPECT_TRUE(question) << name << ": " << (question ? "" : question.error().message);
    return question ? question->request.principal : policy::Principal{};
  };
  EXPECT_EQ(principal("anonymous").type, Type::anonymous);
  EXPECT_EQ(principal("rds.amazonaws.com").service, "rds.amazonaws.com");
  EXPECT_EQ(principal("rds.amazonaws.com").type, Type::service);
  EXPECT_EQ(principal("arn:aws:iam::111122223333:root").type, Type::root);
  EXPECT_EQ(principal(ann).type, Type::user);
  EXPECT_EQ(principal("arn:aws:iam::111122223333:user/x.amazonaws.com").type, Type::user);
  EXPECT_EQ(principal("arn:aws:sts::111122223333:federated-user/bob").type, Type::federated);
  const policy::Principal session = principal("arn:aws:sts::111122223333:assumed-role/app/s1");
  EXPECT_EQ(session.type, Type::role_session);
  EXPECT_EQ(session.role_arn, "arn:aws:iam::111122223333:role/app");
  EXPECT_TRUE(principal("arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/X").service_linked);
  EXPECT_FALSE(principal("arn:aws:iam::111122223333:role/aws-service").service_linked);
}

TEST(QuestionPrincipal, OfAFormThatAwsDoesNotKnowIsRefused) {
  for (const char* name : {"", "ann", "arn:aws:iam", "arn:aws:iam::111122223333:group/g", "arn:aws:sts::111122223333:user/ann",
                           "arn:aws:s3:::b", "arn:aws:sts::111122223333:assumed-role/app"}) {
    const auto question = question_of("{" + request_of(name) + "}");
    ASSERT_FALSE(question) << name;
    EXPECT_TRUE(question.error().message.starts_with("`request.principal`: ")) << question.error().message;
  }
}

TEST(QuestionRequest, AccountsFollowFromArnsUnlessTheyAreSaid) {
  const auto plain = question_of("{" + request_of(ann) + "}");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->request.principal.account, "111122223333");
  EXPECT_EQ(plain->request.resource_account, "111122223333");
  const auto said = question_of("{" + request_of(ann, R"(,"principalAccount":"444455556666","resourceAccount":"777788889999")") + "}");
  ASSERT_TRUE(said);
  EXPECT_EQ(said->request.principal.account, "444455556666");
  EXPECT_EQ(said->request.resource_account, "777788889999");
  EXPECT_EQ(said->request.context.find("aws:ResourceAccount")->front(), "777788889999");
  // A key that is given stays as it is given.
  const auto given = question_of("{" + request_of(ann, R"(,"context":{"aws:principalarn":"other"})") + "}");
  ASSERT_TRUE(given);
  EXPECT_EQ(given->request.context.find("aws:PrincipalArn")->front(), "other");
}

TEST(QuestionContext, TakesValuesAndListsOfThem) {
  const auto question = question_of("{" + request_of(ann, R"(,"context":{"k:text":"t","k:flag":true,"k:number":7,"k:list":["a",false],"k:none":[]})") + "}");
  ASSERT_TRUE(question);
  const auto values = [&](const char* key) { return *question->request.context.find(key); };
  EXPECT_EQ(values("k:text"), std::vector<std::string>{"t"});
  EXPECT_EQ(values("k:flag"), std::vector<std::string>{"true"});
  EXPECT_EQ(values("k:number"), std::vector<std::string>{"7"});
  EXPECT_EQ(values("k:list"), (std::vector<std::string>{"a", "false"}));
  EXPECT_TRUE(values("k:none").empty());
  const auto object = question_of("{" + request_of(ann, R"(,"context":{"k":{}})") + "}");
  EXPECT_EQ(object.error().message, "`request.context.k`: takes a value or a list of values");
}

TEST(QuestionPolicies, EveryLayerIsReadAsWhatItIs) {
  EXPECT_EQ(with_policies(R"({"identity":["allow.json"]})"), "allow: identity-based policy");
  EXPECT_EQ(with_policies(R"({"identity":[)" + allow + R"(],"boundary":)" + deny + "}"), "explicit-deny: permissions boundary");
  EXPECT_EQ(with_policies(R"({"identity":[)" + allow + R"(],"session":[)" + deny + "]}"), "explicit-deny: session policy");
  EXPECT_EQ(with_policies(R"({"identity":[)" + allow + R"(],"session":[]})"), "implicit-deny: session policy");
  EXPECT_EQ(with_policies(R"({"resource":)" + anyone + "}"), "allow: resource-based policy");
  EXPECT_EQ(with_policies(R"({"endpoint":)" + nobody + "}"), "explicit-deny: VPC endpoint policy");
  EXPECT_EQ(with_policies(R"({"identity":[)" + allow + R"(],"rcp":[{"target":"r-1","policies":[)" + anyone + "]}]}"), "allow: identity-based policy");
}

TEST(QuestionPolicies, WhatIsWrongIsNamedByItsMember) {
  const auto begins = [](const std::string& policies, const std::string& message) {
    EXPECT_TRUE(with_policies(policies).starts_with(message)) << with_policies(policies);
  };
  begins(R"({"identity":{}})", "`policies.identity`: takes a list of policy documents");
  begins(R"({"identity":["bad.json"]})", "`policies.identity[0]`: line 1, column ");
  begins(R"({"identity":[5]})", "`policies.identity[0]`: takes a policy document or the path of one");
  begins(R"({"boundary":"none.json"})", "no file `none.json`");
  begins(R"({"session":{}})", "`policies.session`: takes a list of policy documents");
  begins(R"({"resource":5})", "`policies.resource`: takes a policy document");
  begins(R"({"endpoint":5})", "`policies.endpoint`: takes a policy document");
  begins(R"({"scp":{}})", "`policies.scp`: takes a list of levels, the root first");
  begins(R"({"rcp":5})", "`policies.rcp`: takes a list of levels, the root first");
  begins(R"({"scp":[{"target":"r-1","policies":{}}]})", "`policies.scp[0].policies`: takes a list of policy documents");
  EXPECT_TRUE(with_policies(R"({"grants":{}})", "kms:Decrypt").starts_with("`policies.grants`: takes a list"));
  const auto of_root = question_of("{" + request_of("arn:aws:iam::111122223333:root") + R"(,"policies":{"resource":5}})");
  EXPECT_TRUE(of_root.error().message.starts_with("`policies.resource`: takes a policy document"));
}

TEST(QuestionPolicies, ADocumentMayHaveAName) {
  const auto policy_of = [](const std::string& one) {
    const auto question = question_of("{" + request_of(ann) + R"(,"policies":{"identity":[)" + one + "]}}");
    return question ? authorize(question->request, question->layers).policy : question.error().message;
  };
  EXPECT_EQ(policy_of(R"({"Name":"mine","Document":)" + allow + "}"), "mine");
  EXPECT_EQ(policy_of(R"({"Document":)" + text::Json(allow).dump() + "}"), "identity[0]");
  EXPECT_EQ(policy_of(R"({"Document":{},"Nmae":"mine"})"), "`policies.identity[0].Nmae`: is not known");
}

TEST(QuestionPolicies, AResourcesPolicyIsATrustPolicyForTheActionsThatAssume) {
  const std::string trust = R"({"resource":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:*"}}})";
  for (const char* action : {"sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"})
    EXPECT_EQ(with_policies(trust, action), "allow: role trust policy") << action;
  EXPECT_TRUE(with_policies(trust, "sts:GetFederationToken").starts_with("`policies.resource`: ")) << "read as a resource's policy";
}

}  // namespace
}  // namespace ringwall::authz
