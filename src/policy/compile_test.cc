#include <gtest/gtest.h>

#include "policy/binding.h"
#include "policy/policy.h"

namespace ringwall::policy {
namespace {

std::string refusal(std::string_view json, Kind kind = Kind::identity) {
  const auto document = compile(json, kind);
  return document ? "accepted" : document.error().message;
}

std::string document_of(std::string_view statement) {
  return R"({"Version":"2012-10-17","Statement":[)" + std::string(statement) + "]}";
}

TEST(Compile, EveryGrammarFormIsAccepted) {
  struct Case {
    const char* json;
    Kind kind;
  };
  const Case cases[] = {
      {R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})", Kind::identity},
      {R"({"Version":"2008-10-17","Statement":[{"Sid":"","Effect":"Deny","NotAction":["s3:*","ec2:Describe?"],"NotResource":["arn:aws:s3:::b/*"]}]})",
       Kind::boundary},
      {R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*:*","Resource":"arn:aws:s3:::${aws:username}/*"}]})",
       Kind::session},
      {R"({"Version":"2012-10-17","Id":"any id","Statement":[{"Sid":"with a space","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{}}]})",
       Kind::resource},
      {R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotPrincipal":{"AWS":["111122223333","arn:aws:iam::111122223333:root"],"Service":"rds.amazonaws.com","Federated":"accounts.google.com","CanonicalUser":"79a5"},"Action":"s3:*","Resource":"*"}]})",
       Kind::resource},
      {R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/a/b"},"Action":["sts:AssumeRole","sts:TagSession"],"Condition":{"StringEquals":{"sts:ExternalId":"x"}}}]})",
       Kind::trust},
      {R"({"Version":"2012-10-17","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:*","Resource":"*"}]})",
       Kind::key},
      {R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"iam:*","NotResource":"arn:aws:s3:::b","Condition":{"Bool":{"aws:SecureTransport":true}}}]})",
       Kind::scp},
      {R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]})",
       Kind::rcp},
      {R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","NotResource":"arn:aws:s3:::public/*","Condition":{"BoolIfExists":{"aws:SecureTransport":"false"}}}]})",
       Kind::rcp},
      {R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]})",
       Kind::endpoint},
  };
  for (const auto& [json, kind] : cases) EXPECT_EQ(refusal(json, kind), "accepted") << json;
}

TEST(Compile, WhatTheGrammarDoesNotKnowIsRefusedWithItsPosition) {
  struct Case {
    const char* json;
    const char* message;
  };
  const Case cases[] = {
      {"[]", "line 1, column 1: a policy document must be an object"},
      {R"({"Version":"2012-10-17"})", "line 1, column 1: `Statement` is missing"},
      {R"({"Statement":[]})", "line 1, column 14: an empty list of statements"},
      {R"({"Statement":"x"})",
       "line 1, column 14: `Statement` must be a statement or a list of them"},
      {R"({"Statement":["x"]})", "line 1, column 15: a statement must be an object"},
      {R"({"Version":"2012-10-18","Statement":[]})",
       "line 1, column 12: `Version` must be `2012-10-17` or `2008-10-17`"},
      {R"({"Version":2012,"Statement":[]})",
       "line 1, column 12: `Version` must be `2012-10-17` or `2008-10-17`"},
      {R"({"Id":"x","Statement":[]})", "line 1, column 2: an identity-based policy has no `Id`"},
      {"{\"Statement\":[],\n\"Comment\":1}",
       "line 2, column 1: unknown element `Comment` in a policy document"},
  };
  for (const auto& [json, message] : cases) EXPECT_EQ(refusal(json), message) << json;
}

TEST(Compile, WhatAStatementLacksOrMisspellsIsRefused) {
  struct Case {
    const char* statement;
    const char* message;
  };
  const Case cases[] = {
      {R"({"Action":"*","Resource":"*"})", "`Effect` is missing"},
      {R"({"Effect":"allow","Action":"*","Resource":"*"})", "`Effect` must be `Allow` or `Deny`"},
      {R"({"Effect":"Allow","Resource":"*"})", "`Action` is missing"},
      {R"({"Effect":"Allow","Action":"*"})", "`Resource` is missing"},
      {R"({"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"})",
       "`NotAction` cannot stand beside `Action`"},
      {R"({"Effect":"Allow","Action":"*","Resource":"*","NotResource":"*"})",
       "`NotResource` cannot stand beside `Resource`"},
      {R"({"Effect":"Allow","Action":[],"Resource":"*"})", "an empty list of `Action`"},
      {R"({"Effect":"Allow","Action":"*","Resource":[]})", "an empty list of `Resource`"},
      {R"({"Effect":"Allow","Action":[1],"Resource":"*"})", "`Action` takes strings only"},
      {R"({"Effect":"Allow","Action":"*","Resource":{"a":1}})", "`Resource` takes strings only"},
      {R"({"Effect":"Allow","Action":"GetObject","Resource":"*"})", "`GetObject` is not an action"},
      {R"({"Effect":"Allow","Action":"s3:","Resource":"*"})", "`s3:` is not an action"},
      {R"({"Effect":"Allow","Action":"s*:Get","Resource":"*"})", "`s*:Get` is not an action"},
      {R"({"Effect":"Allow","Action":"s3:Get Object","Resource":"*"})", "is not an action"},
      {R"({"Effect":"Allow","Action":"s3:${aws:username}","Resource":"*"})", "is not an action"},
      {R"({"Effect":"Allow","Action":"*","Resource":"bucket"})", "neither an ARN nor `*`"},
      {R"({"Effect":"Allow","Action":"*","Resource":""})", "neither an ARN nor `*`"},
      {R"({"Effect":"Allow","Action":"*","Resource":"arn::s3:::b"})", "neither an ARN nor `*`"},
      {R"({"Effect":"Allow","Action":"*","Resource":"arn:aws:s*:::b"})",
       "must name its service in full"},
      {R"({"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:b"})", "fewer than six parts"},
      {R"({"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username"})",
       "lacks its `}`"},
      {R"({"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${}"})", "names no key"},
      {R"({"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${username}"})",
       "needs a key with its service"},
      {R"({"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username, x}"})",
       "single quotes"},
      {R"({"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws: username}"})",
       "a character that no key has"},
      {R"({"Effect":"Allow","Action":"*","Resource":"arn:aws:iam::${aws:PrincipalAccount}:role/x"})",
       "only behind the fifth colon"},
      {R"({"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"})", "names no principal"},
      {R"({"Effect":"Allow","Action":"*","Resource":"*","NotPrincipal":"*"})",
       "names no principal"},
      {R"({"Effect":"Allow","Action":"*","Resource":"*","effect":"Deny"})",
       "unknown element `effect` in a statement"},
      {R"({"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"})",
       "the key `Effect` stands here a second time"},
      {R"({"Sid":"a b","Effect":"Allow","Action":"*","Resource":"*"})", "letters and digits only"},
      {R"({"Sid":1,"Effect":"Allow","Action":"*","Resource":"*"})", "`Sid` must be a string"},
      {R"({"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"})",
       "the `Sid` `a` stands here a second time"},
  };
  for (const auto& [statement, message] : cases) {
    const std::string why = refusal(document_of(statement));
    EXPECT_TRUE(why.contains(message)) << statement << ": " << why;
    EXPECT_TRUE(why.starts_with("line 1, column ")) << why;
  }
}

TEST(Compile, ConditionsOfTheWrongShapeOrTypeAreRefused) {
  struct Case {
    const char* condition;
    const char* message;
  };
  const Case cases[] = {
      {R"([])", "`Condition` must be an object of operators"},
      {R"({"StringEqual":{"aws:a":"x"}})", "unknown condition operator `StringEqual`"},
      {R"({"stringequals":{"aws:a":"x"}})", "unknown condition operator `stringequals`"},
      {R"({"ForSomeValues:StringEquals":{"aws:a":"x"}})", "unknown condition operator"},
      {R"({"NullIfExists":{"aws:a":"true"}})", "`Null` takes neither"},
      {R"({"ForAnyValue:Null":{"aws:a":"true"}})", "`Null` takes neither"},
      {R"({"StringEquals":"x"})", "`StringEquals` must hold an object"},
      {R"({"StringEquals":{"SourceIp":"x"}})", "lacks its service"},
      {R"({"StringEquals":{"aws:a":"x","AWS:A":"y"}})", "a second time, in different case"},
      {R"({"StringEquals":{"aws:a":[]}})", "an empty list of condition values"},
      {R"({"StringEquals":{"aws:a":null}})", "must be a string, a number or a boolean"},
      {R"({"StringEquals":{"aws:a":{"b":"c"}}})", "must be a string, a number or a boolean"},
      {R"({"NumericEquals":{"aws:a":"ten"}})", "`ten` is not a number"},
      {R"({"NumericEquals":{"aws:a":"inf"}})", "`inf` is not a number"},
      {R"({"NumericEquals":{"aws:a":"${aws:b}"}})", "a variable cannot stand here"},
      {R"({"DateEquals":{"aws:a":"tomorrow"}})", "neither an ISO 8601 date"},
      {R"({"DateEquals":{"aws:a":"2026-02-30"}})", "neither an ISO 8601 date"},
      {R"({"Bool":{"aws:a":"yes"}})", "neither `true` nor `false`"},
      {R"({"Null":{"aws:a":"maybe"}})", "`Null` asks for `true` or `false`"},
      {R"({"BinaryEquals":{"aws:a":"!"}})", "is not base64"},
      {R"({"IpAddress":{"aws:SourceIp":"10.0.0.1/"}})", "is not a CIDR block"},
      {R"({"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}})", "is not a CIDR block"},
      {R"({"ArnLike":{"aws:a":"arn:aws:s3"}})", "is not an ARN"},
      {R"({"StringLike":{"aws:a":"${aws:b"}})", "lacks its `}`"},
  };
  for (const auto& [condition, message] : cases) {
    const std::string why =
        refusal(document_of(R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":)" +
                            std::string(condition) + "}"));
    EXPECT_TRUE(why.contains(message)) << condition << ": " << why;
  }
}

TEST(Compile, PrincipalsOfTheWrongFormAreRefused) {
  struct Case {
    const char* principal;
    const char* message;
  };
  const Case cases[] = {
      {R"("111122223333")", "a principal is `*` or an object"},
      {R"({})", "must be `*` or an object that names someone"},
      {R"({"AWS":[]})", "an empty list of principals"},
      {R"({"AWS":1})", "a principal must be a string"},
      {R"({"aws":"*"})", "unknown type of principal `aws`"},
      {R"({"AWS":"11112222333"})", "neither an account, nor an ARN"},
      {R"({"AWS":"arn:aws:iam::111122223333:user/*"})", "holds a wildcard or variable"},
      {R"({"AWS":"arn:aws:iam::111122223333:group/admins"})",
       "names no account, user, role or session"},
      {R"({"AWS":"arn:aws:iam::1:root"})", "is not an ARN of IAM or STS"},
      {R"({"AWS":"arn:aws:sts::111122223333:assumed-role/r"})",
       "names no account, user, role or session"},
      {R"({"AWS":"arn:aws:s3:::bucket"})", "is not an ARN of IAM or STS"},
      {R"({"Service":"*"})", "may hold no wildcard"},
      {R"({"Service":"rds"})", "is not of the form"},
      {R"({"Federated":""})", "an empty principal"},
  };
  for (const auto& [principal, message] : cases) {
    const std::string statement = R"({"Effect":"Allow","Action":"*","Resource":"*","Principal":)" +
                                  std::string(principal) + "}";
    const std::string why = refusal(document_of(statement), Kind::resource);
    EXPECT_TRUE(why.contains(message)) << principal << ": " << why;
  }
}

TEST(Compile, EachKindRefusesWhatItDoesNotTake) {
  struct Case {
    Kind kind;
    const char* statement;
    const char* message;
  };
  const Case cases[] = {
      {Kind::resource, R"({"Effect":"Allow","Action":"*","Resource":"*"})",
       "`Principal` is missing"},
      {Kind::endpoint, R"({"Effect":"Allow","Action":"*","Resource":"*"})",
       "`Principal` is missing"},
      {Kind::key, R"({"Effect":"Allow","Action":"*","Resource":"*"})", "`Principal` is missing"},
      {Kind::resource,
       R"({"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"*","Resource":"*"})",
       "would allow everyone else"},
      {Kind::resource,
       R"({"Effect":"Deny","Principal":"*","NotPrincipal":"*","Action":"*","Resource":"*"})",
       "cannot stand beside"},
      {Kind::trust,
       R"({"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"})",
       "names no resource"},
      {Kind::trust, R"({"Effect":"Allow","Principal":"*","Action":"*"})", "actions of `sts:` only"},
      {Kind::trust, R"({"Effect":"Allow","Principal":"*","NotAction":"sts:AssumeRole"})",
       "takes `Action` only"},
      {Kind::trust,
       R"({"Effect":"Allow","Principal":{"CanonicalUser":"79a5"},"Action":"sts:AssumeRole"})",
       "`CanonicalUser` is not known"},
      {Kind::scp, R"({"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"})",
       "names no principal"},
      {Kind::scp, R"({"Effect":"Deny","NotPrincipal":"*","Action":"*","Resource":"*"})",
       "names no principal"},
      {Kind::rcp, R"({"Effect":"Deny","Action":"s3:*","Resource":"*"})", "`Principal` is missing"},
      {Kind::rcp, R"({"Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":"*"})",
       "must say `\"Principal\": \"*\"`"},
      {Kind::rcp, R"({"Effect":"Deny","NotPrincipal":"*","Action":"s3:*","Resource":"*"})",
       "must say `\"Principal\": \"*\"`"},
      {Kind::rcp, R"({"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"})",
       "must name the service"},
      {Kind::rcp, R"({"Effect":"Deny","Principal":"*","NotAction":"s3:*","Resource":"*"})",
       "takes `Action` only"},
      {Kind::rcp, R"({"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"})",
       "can only deny"},
      {Kind::rcp,
       R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"aws:a":"true"}}})",
       "can only deny"},
  };
  for (const auto& [kind, statement, message] : cases) {
    const std::string why = refusal(document_of(statement), kind);
    EXPECT_TRUE(why.contains(message)) << statement << ": " << why;
  }
  EXPECT_TRUE(refusal(R"({"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]})", Kind::scp)
                  .contains("must say `\"Version\""));
  EXPECT_TRUE(
      refusal(
          R"({"Version":"2008-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]})",
          Kind::scp)
          .contains("`Version` must be"));
}

// A document of exactly `characters`, of which `blanks` are white space between elements.
std::string document_of_size(std::size_t characters, std::size_t blanks, bool principal,
                             bool resource) {
  std::string head = R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny",)";
  if (principal) head += R"("Principal":"*",)";
  if (resource) head += R"("Resource":"*",)";
  head += R"("Action":["sts:AssumeRole")";
  const std::string tail = "]}]}";
  head += std::string(blanks, ' ') + R"(,"sts:)";
  return head + std::string(characters - head.size() - 1 - tail.size(), 'a') + '"' + tail;
}

TEST(Compile, EachKindHasItsSizeAndIsRefusedOnePastIt) {
  for (const Kind kind : {Kind::identity, Kind::boundary, Kind::session, Kind::resource,
                          Kind::trust, Kind::key, Kind::scp, Kind::rcp, Kind::endpoint}) {
    const bool named = kind != Kind::identity && kind != Kind::boundary && kind != Kind::session &&
                       kind != Kind::scp;
    const auto sized = [&](std::size_t size, std::size_t blanks) {
      return document_of_size(size, blanks, named, kind != Kind::trust);
    };
    // An identity-based policy may be inline in a role, with a limit of its own.
    const std::size_t most =
        kind == Kind::identity ? inline_policy_characters_max : characters_max(kind);
    EXPECT_EQ(refusal(sized(most, 0), kind), "accepted") << name_of(kind);
    EXPECT_TRUE(refusal(sized(most + 1, 0), kind).contains("the limit is")) << name_of(kind);
    const bool blanks_are_free =
        kind == Kind::identity || kind == Kind::boundary || kind == Kind::trust;
    EXPECT_EQ(refusal(sized(most + 100, 100), kind) == "accepted", blanks_are_free)
        << name_of(kind);
  }
}

// What AWS keeps and is refused here when it is written means, where it is read, what it means there.
TEST(Compile, WhatAwsKeepsIsReadAsAwsMeansItWhereQuotasAreWaived) {
  const auto document = [](std::string_view statements) {
    return R"({"Version":"2012-10-17","Statement":)" + std::string(statements) + "}";
  };
  const auto ask = [](const DocumentPtr& read, std::string action, std::string resource, std::string user) {
    const Request request{.principal = {.type = Principal::Type::user,
                                        .arn = "arn:aws:iam::111122223333:user/" + user,
                                        .account = "111122223333"},
                          .action = std::move(action),
                          .resource = std::move(resource),
                          .resource_account = {},
                          .context = {}};
    return read->match(0, request) == Mismatch::none;
  };
  struct Case {
    Kind kind;
    std::string_view statements;
    std::string_view refused;
  };
  const Case cases[] = {
      {Kind::resource,
       R"({"Effect":"Allow","NotPrincipal":{"AWS":["111122223333","arn:aws:iam::111122223333:user/ann"]},"Action":"s3:*","Resource":"*"})",
       "`NotPrincipal` with `Allow`"},
      {Kind::trust, R"({"Effect":"Allow","Principal":"*","NotAction":"sts:AssumeRole"})", "takes `Action` only"},
      {Kind::resource, R"({"Effect":"Allow","Principal":"*","Action":"ecr:*"})", "`Resource` is missing"},
      {Kind::resource, "[]", "an empty list of statements"},
  };
  std::vector<DocumentPtr> read;
  for (const Case& one : cases) {
    EXPECT_TRUE(refusal(document(one.statements), one.kind).contains(one.refused)) << one.statements;
    // To allow all but someone is read where it is asked for alone.
    const bool excludes = one.statements.contains("NotPrincipal");
    EXPECT_EQ(compile(document(one.statements), one.kind, Quota::waived).has_value(), !excludes);
    const auto compiled = compile_bound(document(one.statements), one.kind, Quota::waived);
    ASSERT_TRUE(compiled) << compiled.error().message;
    read.push_back(*compiled);
  }
  EXPECT_FALSE(ask(read[0], "s3:GetObject", "arn:aws:s3:::b/k", "ann"));
  EXPECT_TRUE(ask(read[0], "s3:GetObject", "arn:aws:s3:::b/k", "bob"));
  EXPECT_EQ(read[0]->naming(0, Principal{}), Naming::everyone);  // anonymous callers too
  EXPECT_FALSE(ask(read[1], "sts:AssumeRole", "arn:aws:iam::111122223333:role/r", "ann"));
  EXPECT_TRUE(ask(read[1], "sts:TagSession", "arn:aws:iam::111122223333:role/r", "ann"));
  EXPECT_TRUE(ask(read[2], "ecr:GetDownloadUrlForLayer", "arn:aws:ecr:us-east-1:111122223333:repository/r", "ann"));
  EXPECT_EQ(read[3]->statements(), 0U);
  const std::string with_id =
      R"({"Version":"2012-10-17","Id":"x","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})";
  EXPECT_FALSE(compile(with_id, Kind::identity));
  EXPECT_TRUE(compile(with_id, Kind::identity, Quota::waived));
  EXPECT_FALSE(compile(with_id, Kind::scp, Quota::waived));
  // No kind takes more than AWS keeps of it.
  for (const auto& [kind, statements] :
       {std::pair{Kind::identity, R"({"Effect":"Allow","Action":"ecr:*"})"},
        {Kind::identity, "[]"},
        {Kind::scp, "[]"},
        {Kind::key, R"({"Effect":"Allow","Principal":"*","Action":"kms:*"})"},
        {Kind::trust, R"({"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"})"},
        {Kind::trust, R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject"})"}}) {
    EXPECT_FALSE(compile_bound(document(statements), kind, Quota::waived)) << statements;
  }
}

TEST(Compile, NoDocumentIsReadPastItsBytes) {
  const std::string document = R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})";
  EXPECT_EQ(refusal(document + std::string(document_bytes_max - document.size(), ' ')), "accepted");
  EXPECT_TRUE(refusal(document + std::string(document_bytes_max - document.size() + 1, ' '))
                  .contains("the limit is 131072"));
}

TEST(Compile, AStatementKnowsItsPlaceAndName) {
  const auto document = compile(
      "{\"Statement\":[\n {\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"},\n\n  "
      "{\"Sid\":\"x\",\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}]}",
      Kind::identity);
  ASSERT_TRUE(document);
  ASSERT_EQ((*document)->statements(), 2U);
  EXPECT_EQ((*document)->position(0), (text::Position{2, 2}));
  EXPECT_EQ((*document)->position(1), (text::Position{4, 3}));
  EXPECT_EQ((*document)->sid(1), "x");
  EXPECT_EQ((*document)->effect(1), Effect::deny);
}

}  // namespace
}  // namespace ringwall::policy
