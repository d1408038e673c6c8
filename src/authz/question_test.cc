#include "authz/question.h"

#include <gtest/gtest.h>

namespace ringwall::authz {
namespace {

Result<std::string> no_files(const std::string& path) { return fail(Failure::not_found, "no file `" + path + "`"); }

std::string verdict_of(std::string_view question) {
  const auto json = text::parse_json(question);
  if (!json) return json.error().message;
  const auto read = read_question(*json, no_files);
  if (!read) return read.error().message;
  return std::string(name_of(answer(*read).verdict));
}

TEST(Question, IsDecidedByTheLayersGiven) {
  const std::string request = R"("request": {"principal": "arn:aws:iam::111122223333:user/ann", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"})";
  const std::string allow = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}})";
  const std::string deny = R"({"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}})";
  EXPECT_EQ(verdict_of("{" + request + R"(, "policies": {"identity": [)" + allow + "]}}"), "allow");
  EXPECT_EQ(verdict_of("{" + request + R"(, "policies": {}})"), "implicit-deny");
  EXPECT_EQ(verdict_of("{" + request + R"(, "policies": {"identity": [)" + allow + R"(], "scp": [{"target": "r-1", "policies": [)" + deny + "]}]}}"),
            "explicit-deny");
}

TEST(Question, NamesTheMemberThatIsWrong) {
  EXPECT_EQ(verdict_of("{}"), "`request`: is missing");
  EXPECT_EQ(verdict_of(R"({"request": {"principal": "anonymous", "action": "a:b"}})"), "`request.resource`: is missing or not a string");
  EXPECT_TRUE(verdict_of(R"({"request": {"principal": "nobody", "action": "a:b", "resource": "*"}})").starts_with("`request.principal`"));
  EXPECT_TRUE(verdict_of(R"({"request": {"principal": "anonymous", "action": "a:b", "resource": "*"}, "policies": {"scps": []}})").starts_with("`policies.scps`"));
  EXPECT_EQ(verdict_of(R"({"request": {"principal": "anonymous", "action": "a:b", "resource": "*"}, "policies": {"identity": ["p.json"]}})"), "no file `p.json`");
}

TEST(Question, WhatIsMisspeltIsRefusedNotLeftOut) {
  const auto asking = [](const std::string& more, const std::string& in_request = "") {
    return verdict_of(R"({"request": {"principal": "anonymous", "action": "a:b", "resource": "*")" + in_request + "}" + more + "}");
  };
  EXPECT_EQ(asking(""), "implicit-deny");
  EXPECT_EQ(asking(R"(, "polices": {})"), "`question.polices`: is not known");
  EXPECT_EQ(asking(R"(, "policies": [])"), "`policies`: takes an object");
  EXPECT_EQ(asking("", R"(, "contexts": {})"), "`request.contexts`: is not known");
  EXPECT_EQ(asking("", R"(, "context": [])"), "`request.context`: takes an object");
  EXPECT_EQ(asking("", R"(, "context": {"k": null})"), "`request.context.k`: takes a value or a list of values");
  EXPECT_EQ(asking(R"(, "policies": {"scp": [{"target": "r-1", "policy": []}]})"), "`policies.scp[0].policy`: is not known");
  EXPECT_EQ(asking(R"(, "policies": {"rcp": [[]]})"), "`policies.rcp[0]`: takes an object");
}

TEST(Question, AnOperationOnEveryKeyIsStillOneOnKeys) {
  const std::string layers =
      R"("policies": {"identity": [{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}]})";
  const auto asked = [&](const std::string& action) {
    return verdict_of(R"({"request": {"principal": "arn:aws:iam::111122223333:user/ann", "action": ")" + action +
                      R"(", "resource": "*"}, )" + layers + "}");
  };
  EXPECT_EQ(asked("kms:Decrypt"), "implicit-deny");
  EXPECT_EQ(asked("kms:ListKeys"), "allow");
}

// AWS answers it even to those whom an administrator denies it.
TEST(Question, WhoAmIIsAnsweredWhateverPoliciesSay) {
  const std::string denied =
      R"("policies": {"identity": [{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}],
      "scp": [{"target": "r-1", "policies": []}],
      "endpoint": {"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}})";
  const auto asked = [&](const std::string& principal, const std::string& action) {
    return verdict_of(R"({"request": {"principal": ")" + principal + R"(", "action": ")" + action +
                      R"(", "resource": "*"}, )" + denied + "}");
  };
  for (const char* who : {"arn:aws:iam::111122223333:user/ann", "arn:aws:iam::111122223333:role/app",
                          "arn:aws:sts::111122223333:federated-user/ann"}) {
    EXPECT_EQ(asked(who, "sts:GetCallerIdentity"), "allow") << who;
    EXPECT_EQ(asked(who, "STS:getcalleridentity"), "allow") << who;
    EXPECT_EQ(asked(who, "sts:GetSessionToken"), "explicit-deny") << who;
  }
  // A root's identity is not given, and nothing denies it more than what is around it.
  const std::string around = R"("policies": {"scp": [{"target": "r-1", "policies": []}]})";
  const auto read = read_question(
      *text::parse_json(
          R"({"request": {"principal": "arn:aws:iam::111122223333:root", "action": "sts:GetCallerIdentity", "resource": "*"}, )" +
          around + "}"),
      no_files);
  ASSERT_TRUE(read);
  EXPECT_EQ(answer(*read), Decision{.verdict = Verdict::allow});
  EXPECT_EQ(explain(read->request, read->layers).text("because"), "needs no permission: no policy is asked");
  // Nobody has signed these requests.
  EXPECT_EQ(asked("anonymous", "sts:GetCallerIdentity"), "explicit-deny");
  EXPECT_EQ(asked("accounts.google.com", "sts:GetCallerIdentity"), "explicit-deny");
}

// A key's policy must allow by itself; identity policies count only where it names the account.
TEST(Question, AKeyIsAKeyInWhateverCaseItsActionIsWritten) {
  const std::string layers = R"("policies": {"identity": [{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}],
      "resource": {"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/bob"},"Action":"kms:*","Resource":"*"}}})";
  for (const char* action : {"kms:Decrypt", "KMS:Decrypt", "Kms:decrypt"}) {
    EXPECT_EQ(verdict_of(R"({"request": {"principal": "arn:aws:iam::111122223333:user/ann", "action": ")" + std::string(action) +
                         R"(", "resource": "arn:aws:kms:us-east-1:111122223333:key/k"}, )" + layers + "}"),
              "implicit-deny")
        << action;
  }
}

TEST(Question, ARoleOrATrustPolicyIsReadForWhatItIs) {
  const std::string trust = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/ann"},"Action":"sts:AssumeRole"}})";
  for (const char* action : {"sts:AssumeRole", "STS:assumerole"}) {
    EXPECT_EQ(verdict_of(R"({"request": {"principal": "arn:aws:iam::111122223333:user/ann", "action": ")" + std::string(action) +
                         R"(", "resource": "arn:aws:iam::111122223333:role/r"}, "policies": {"resource": )" + trust + "}}"),
              "allow")
        << action;
  }
  const auto json = text::parse_json(R"({"request": {"principal": "arn:aws:iam::111122223333:role/path/r", "action": "a:b", "resource": "arn:aws:s3:::b"}})");
  const auto read = read_question(*json, no_files);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->request.principal.role_arn, "arn:aws:iam::111122223333:role/path/r");
  EXPECT_EQ(read->request.resource_account, "111122223333");
  EXPECT_EQ(read->request.context.find("aws:PrincipalArn")->front(), "arn:aws:iam::111122223333:role/path/r");
}

policy::Principal principal_of(const std::string& members) {
  const auto json = text::parse_json(R"({"request": {"action": "a:b", "resource": "arn:aws:s3:::b", )" + members + "}}");
  EXPECT_TRUE(json) << members;
  const auto read = read_question(*json, no_files);
  EXPECT_TRUE(read) << members;
  return read ? read->request.principal : policy::Principal();
}

TEST(Question, APrincipalIsWhoItsNameSays) {
  using Type = policy::Principal::Type;
  const auto session = principal_of(R"("principal": "arn:aws:iam::111122223333:role/path/r", "sessionName": "s", "context": {"aws:userid": "AROARRRRRRRRRRRRRRRR1:s"})");
  EXPECT_EQ(session.arn, "arn:aws:sts::111122223333:assumed-role/r/s");
  EXPECT_EQ(session.unique_id, "AROARRRRRRRRRRRRRRRR1");
  EXPECT_FALSE(session.service_linked);
  const std::string linked = "arn:aws:iam::111122223333:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS";
  EXPECT_TRUE(principal_of(R"("principal": ")" + linked + "\"").service_linked);
  for (const char* provider : {"accounts.google.com", "cognito-identity.amazonaws.com", "arn:aws:iam::111122223333:saml-provider/corp",
                               "arn:aws:iam::111122223333:oidc-provider/token.example.com"}) {
    const auto federated = principal_of(R"("principal": ")" + std::string(provider) + "\"");
    EXPECT_EQ(federated.type, Type::federated);
    EXPECT_EQ(federated.provider, provider);
    EXPECT_EQ(federated.account, "");
  }
  EXPECT_EQ(principal_of(R"("principal": "rds.amazonaws.com")").type, Type::service);
}

TEST(Question, ASessionNameIsForARole) {
  EXPECT_EQ(verdict_of(R"({"request": {"principal": "anonymous", "sessionName": "s", "action": "a:b", "resource": "*"}})"),
            "`request.sessionName`: is for a principal that is given as a role");
}

TEST(Question, ARootMayDoWhatTheOtherLayersLeaveAndHasNoPolicies) {
  const std::string request = R"({"request": {"principal": "arn:aws:iam::111122223333:root", "action": "a:b", "resource": "*"})";
  EXPECT_EQ(verdict_of(request + "}"), "allow");
  EXPECT_EQ(verdict_of(request + R"(, "policies": {"scp": [{"target": "r-1", "policies": []}]}})"), "implicit-deny");
  EXPECT_EQ(verdict_of(request + R"(, "policies": {"session": []}})"), "`policies.session`: does not apply to an account's root");
}

TEST(Question, AnAnswerSaysOnlyWhatThereIs) {
  EXPECT_EQ(answer_of({}).dump(), R"({"verdict":"implicit-deny"})");
  EXPECT_EQ(answer_of({Verdict::allow, Layer::identity, "p", "#0", {}}).text("statement"), "#0");
}

}  // namespace
}  // namespace ringwall::authz
