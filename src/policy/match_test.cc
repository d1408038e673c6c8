// What one statement says about one request, in small cases.

#include <gtest/gtest.h>

#include "policy/plain.h"
#include "policy/policy.h"

namespace ringwall::policy {
namespace {

constexpr std::string_view alice_arn = "arn:aws:iam::111122223333:user/alice";

Request request_for(std::string_view action, std::string_view resource) {
  Request request;
  request.principal = {Principal::Type::user,
                       std::string(alice_arn),
                       "",
                       "111122223333",
                       "AIDAALICEALICEALICE1",
                       "",
                       "",
                       false};
  request.action = action;
  request.resource = resource;
  request.resource_account = "111122223333";
  return request;
}

DocumentPtr compiled(const std::string& statement, Kind kind = Kind::identity,
                     std::string_view version = "2012-10-17") {
  const auto document = compile(
      R"({"Version":")" + std::string(version) + R"(","Statement":[)" + statement + "]}", kind);
  EXPECT_TRUE(document) << statement << ": " << (document ? "" : document.error().message);
  return document.value_or(nullptr);
}

// What the first statement says, and the plain twin with it.
Mismatch match(const DocumentPtr& document, const Request& request) {
  const Mismatch answer = document->match(0, request);
  EXPECT_EQ(answer, plain::Policy(*document).match(0, request)) << document->source();
  return answer;
}
Naming naming(const DocumentPtr& document, const Principal& principal) {
  const Naming answer = document->naming(0, principal);
  EXPECT_EQ(answer, plain::Policy(*document).naming(0, principal)) << document->source();
  return answer;
}

// Does a condition hold in an Allow, given these keys?
Mismatch with_condition(const std::string& condition, const Context& context,
                        std::string_view effect = "Allow",
                        std::string_view version = "2012-10-17") {
  const auto document =
      compiled(R"({"Effect":")" + std::string(effect) +
                   R"(","Action":"*","Resource":"*","Condition":)" + condition + "}",
               Kind::identity, version);
  Request request = request_for("s3:GetObject", "*");
  request.context = context;
  return match(document, request);
}

bool holds(const std::string& condition, const Context& context) {
  return with_condition(condition, context) == Mismatch::none;
}

Context keys(std::initializer_list<std::pair<const char*, std::vector<std::string>>> list) {
  Context context;
  for (const auto& [key, values] : list) context.set(key, values);
  return context;
}

TEST(Match, ActionsIgnoreCaseAndKnowWildcards) {
  struct Case {
    const char* element;
    const char* action;
    bool applies;
  };
  const Case cases[] = {
      {R"("Action":"s3:GetObject")", "S3:getobject", true},
      {R"("Action":"s3:Get*")", "s3:GetObject", true},
      {R"("Action":"s3:Get?bject")", "s3:GetObject", true},
      {R"("Action":"s3:*Object")", "s3:ListBucket", false},
      {R"("Action":"*")", "iam:CreateUser", true},
      {R"("Action":"*:*")", "iam:CreateUser", true},
      {R"("Action":["ec2:*","s3:List*"])", "s3:ListBucket", true},
      {R"("Action":"s3:*")", "s3x:Get", false},
      {R"("NotAction":["s3:*","ec2:*"])", "ec2:RunInstances", false},
      {R"("NotAction":["s3:*","ec2:*"])", "iam:CreateUser", true},
  };
  for (const auto& [element, action, applies] : cases) {
    const auto document =
        compiled(R"({"Effect":"Allow","Resource":"*",)" + std::string(element) + "}");
    EXPECT_EQ(match(document, request_for(action, "*")),
              applies ? Mismatch::none : Mismatch::action)
        << element << " and " << action;
  }
}

TEST(Match, ResourcesFollowTheSegmentRulesOfTheIamReference) {
  struct Case {
    const char* pattern;
    const char* resource;
    bool covers;
  };
  const Case cases[] = {
      {"*", "*", true},
      {"arn:aws:s3:::*", "*", false},
      {"arn:aws:s3:::b/*", "arn:aws:s3:::b/1/test/object.jpg", true},
      {"arn:aws:s3:::b/*/test/*", "arn:aws:s3:::b/1///test///object.jpg", true},
      {"arn:aws:s3:::b/*/test/*", "arn:aws:s3:::b/1-test/object.jpg", false},
      {"arn:aws:s3:::B", "arn:aws:s3:::b", false},
      {"arn:aws:s3:::b?", "arn:aws:s3:::bc", true},
      {"arn:aws:s3:::b?", "arn:aws:s3:::bcd", false},
      // A `*` that ends its segment expands past the colon, one within it does not.
      {"arn:aws:ec2:*", "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-1", true},
      {"arn:aws:ec2:us-*:vpc/a:b", "arn:aws:ec2:us-east-1:111122223333:vpc/a:b", true},
      {"arn:aws:ec2:us*1:111122223333:vpc/*", "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-1", true},
      {"arn:aws:ec2:us*3:vpc/vpc-1:x", "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-1:x", false},
      {"arn:aws:ec2:us-east-1?111122223333:vpc:x", "arn:aws:ec2:us-east-1:111122223333:vpc:x",
       false},
      {"arn:aws:rds:us-?as?-1:111122223333:db:*", "arn:aws:rds:us-east-1:111122223333:db:orders",
       true},
      // The sixth part runs to the end: its colons are ordinary characters.
      {"arn:aws:logs:us-east-1:111122223333:log-group:*x:stream",
       "arn:aws:logs:us-east-1:111122223333:log-group:a:bx:stream", true},
      {"arn:aws:rds:us-east-1:111122223333:db?orders",
       "arn:aws:rds:us-east-1:111122223333:db:orders", true},
      {"arn:*:s3:::b", "arn:aws-cn:s3:::b", true},
  };
  for (const auto& [pattern, resource, covers] : cases) {
    const auto listed =
        compiled(R"({"Effect":"Allow","Action":"*","Resource":")" + std::string(pattern) + "\"}");
    const auto all_but = compiled(R"({"Effect":"Allow","Action":"*","NotResource":")" +
                                  std::string(pattern) + "\"}");
    EXPECT_EQ(match(listed, request_for("a:b", resource)),
              covers ? Mismatch::none : Mismatch::resource)
        << pattern << " and " << resource;
    EXPECT_EQ(match(all_but, request_for("a:b", resource)),
              covers ? Mismatch::resource : Mismatch::none)
        << pattern << " and " << resource;
  }
}

TEST(Match, OperatorsCompareByTheirType) {
  struct Case {
    const char* operation;
    const char* listed;
    const char* actual;
    bool holds;
  };
  const Case cases[] = {
      {"StringEquals", "\"a*\"", "a*", true},
      {"StringEquals", "\"a*\"", "ab", false},
      {"StringEquals", "\"A\"", "a", false},
      {"StringEquals", "5", "5", true},
      {"StringEqualsIgnoreCase", "\"AbC\"", "aBc", true},
      {"StringNotEqualsIgnoreCase", "\"AbC\"", "aBc", false},
      {"StringLike", "\"a*c?\"", "abbcd", true},
      {"StringLike", "\"\"", "", true},
      {"StringNotLike", "\"a*\"", "ab", false},
      {"NumericEquals", "\"10\"", "10.0", true},
      {"NumericEquals", "10", "10", true},
      {"NumericEquals", "9007199254740993", "9007199254740992", false},
      {"NumericNotEquals", "\"10\"", "11", true},
      {"NumericLessThan", "1.5", "1.4", true},
      {"NumericLessThan", "1.5", "1.5", false},
      {"NumericLessThanEquals", "1.5", "1.5", true},
      {"NumericGreaterThan", "-1", "0", true},
      {"NumericGreaterThanEquals", "\"3600\"", "3599", false},
      {"DateEquals", "\"2026-01-02\"", "2026-01-02T00:00:00Z", true},
      {"DateEquals", "\"2026-01\"", "2026-01-01T00:00:00Z", true},
      {"DateNotEquals", "\"2026-01-02\"", "2026-01-02T00:00:00Z", false},
      {"DateLessThan", "\"2026-01-02T00:00:00Z\"", "1767225600", true},
      {"DateGreaterThan", "1767225600", "2026-01-01T00:00:00Z", false},
      {"DateGreaterThanEquals", "1767225600", "2026-01-01T00:00:00Z", true},
      {"DateLessThanEquals", "\"2026-01-02T01:00:00+01:00\"", "2026-01-02T00:00:00Z", true},
      {"Bool", "true", "true", true},
      {"Bool", "\"True\"", "true", true},
      {"Bool", "\"false\"", "true", false},
      {"BinaryEquals", "\"QUI=\"", "AB", true},
      {"BinaryEquals", "\"QUI=\"", "QUI=", false},
      {"IpAddress", "\"10.0.0.0/8\"", "10.255.0.1", true},
      {"IpAddress", "\"10.0.0.1/8\"", "10.2.0.1", true},
      {"IpAddress", "\"10.0.0.1\"", "10.0.0.2", false},
      {"IpAddress", "\"2001:db8::/32\"", "2001:db8:1::1", true},
      {"IpAddress", "\"::/0\"", "10.0.0.1", false},
      {"NotIpAddress", "\"10.0.0.0/8\"", "11.0.0.1", true},
      {"ArnEquals", "\"arn:aws:sns:*:111122223333:t*\"", "arn:aws:sns:us-east-1:111122223333:topic",
       true},
      {"ArnLike", "\"arn:aws:sns:*:topic:x:y\"", "arn:aws:sns:us-east-1:111122223333:topic:x:y",
       false},
      {"ArnLike", "\"arn:aws:iam::*:role/*\"", "arn:aws:iam::111122223333:role/a/b:c", true},
      {"ArnLike", "\"*\"", "arn:aws:iam::111122223333:role/a", true},
      {"ArnNotLike", "\"arn:aws:iam::*:role/*\"", "arn:aws:iam::111122223333:user/a", true},
      {"ArnNotEquals", "\"arn:aws:iam::*:role/*\"", "arn:aws:iam::111122223333:role/a", false},
      {"Null", "\"false\"", "anything", true},
      {"Null", "true", "anything", false},
  };
  for (const auto& [operation, listed, actual, expected] : cases) {
    const std::string condition =
        "{\"" + std::string(operation) + "\":{\"aws:key\":" + listed + "}}";
    EXPECT_EQ(holds(condition, keys({{"aws:key", {actual}}})), expected)
        << condition << " and " << actual;
  }
}

TEST(Match, AllOperatorsAndKeysMustHoldAndOneListedValueSuffices) {
  const std::string condition =
      R"({"StringEquals":{"aws:a":["1","2"],"aws:b":"3"},"Bool":{"aws:c":"true"}})";
  EXPECT_TRUE(holds(condition, keys({{"aws:a", {"2"}}, {"aws:b", {"3"}}, {"aws:c", {"true"}}})));
  EXPECT_FALSE(holds(condition, keys({{"aws:a", {"2"}}, {"aws:b", {"4"}}, {"aws:c", {"true"}}})));
  EXPECT_FALSE(holds(condition, keys({{"aws:a", {"2"}}, {"aws:b", {"3"}}, {"aws:c", {"false"}}})));
}

TEST(Match, KeysIgnoreCase) {
  EXPECT_TRUE(holds(R"({"StringEquals":{"AWS:PrincipalTag/Team":"Red"}})",
                    keys({{"aws:principaltag/TEAM", {"Red"}}})));
}

TEST(Trap1, NegatedOperatorsExcludeEveryListedValueAndHoldOnAbsentKeys) {
  const std::string condition = R"({"StringNotEquals":{"aws:SourceVpc":["vpc-a","vpc-b"]}})";
  EXPECT_FALSE(holds(condition, keys({{"aws:SourceVpc", {"vpc-a"}}})));
  EXPECT_FALSE(holds(condition, keys({{"aws:SourceVpc", {"vpc-b"}}})));
  EXPECT_TRUE(holds(condition, keys({{"aws:SourceVpc", {"vpc-c"}}})));
  for (const char* negated : {"StringNotEquals", "StringNotLike", "StringNotEqualsIgnoreCase"})
    EXPECT_TRUE(holds("{\"" + std::string(negated) + R"(":{"aws:x":"1"}})", {}));
  EXPECT_TRUE(holds(R"({"NumericNotEquals":{"aws:x":"1"}})", {}));
  EXPECT_TRUE(holds(R"({"DateNotEquals":{"aws:x":"2026-01-01"}})", {}));
  EXPECT_TRUE(holds(R"({"NotIpAddress":{"aws:x":"10.0.0.0/8"}})", {}));
  EXPECT_TRUE(holds(R"({"ArnNotLike":{"aws:x":"arn:aws:s3:::*"}})", {}));
  for (const char* positive : {"StringEquals", "StringLike", "StringEqualsIgnoreCase"})
    EXPECT_FALSE(holds("{\"" + std::string(positive) + R"(":{"aws:x":"1"}})", {}));
  EXPECT_FALSE(holds(R"({"Bool":{"aws:x":"false"}})", {}));
  EXPECT_FALSE(holds(R"({"IpAddress":{"aws:x":"0.0.0.0/0"}})", {}));
}

TEST(Trap1, SetQualifiersTreatAbsentAndEmptyKeysAsAwsDoes) {
  struct Case {
    const char* operation;
    std::vector<std::string> actual;
    bool holds;
  };
  const Case cases[] = {
      {"ForAllValues:StringEquals", {}, true},
      {"ForAllValues:StringEquals", {"a"}, true},
      {"ForAllValues:StringEquals", {"a", "b"}, true},
      {"ForAllValues:StringEquals", {"a", "c"}, false},
      {"ForAllValues:StringNotEquals", {}, true},
      {"ForAllValues:StringNotEquals", {"c", "d"}, true},
      {"ForAllValues:StringNotEquals", {"c", "a"}, false},
      {"ForAnyValue:StringEquals", {}, false},
      {"ForAnyValue:StringEquals", {"c", "b"}, true},
      {"ForAnyValue:StringEquals", {"c"}, false},
      {"ForAnyValue:StringNotEquals", {}, false},
      {"ForAnyValue:StringNotEquals", {"a", "c"}, true},
      {"ForAnyValue:StringNotEquals", {"a", "b"}, false},
      {"ForAnyValue:StringEqualsIfExists", {}, true},
      {"ForAllValues:StringEqualsIfExists", {"c"}, false},
      {"StringEquals", {"c", "a"}, true},
      {"StringNotEquals", {"c", "a"}, false},
      {"StringNotEquals", {"c", "d"}, true},
  };
  for (const auto& [operation, actual, expected] : cases) {
    const std::string condition =
        "{\"" + std::string(operation) + R"(":{"aws:TagKeys":["a","b"]}})";
    EXPECT_EQ(holds(condition, keys({{"aws:TagKeys", actual}})), expected) << operation;
    if (actual.empty()) {
      EXPECT_EQ(holds(condition, {}), expected) << operation << " on an absent key";
    }
  }
}

TEST(Trap2, IfExistsAndNullHoldOnAbsentKeys) {
  EXPECT_TRUE(holds(R"({"StringEqualsIfExists":{"aws:x":"1"}})", {}));
  EXPECT_FALSE(holds(R"({"StringEqualsIfExists":{"aws:x":"1"}})", keys({{"aws:x", {"2"}}})));
  EXPECT_TRUE(holds(R"({"StringNotEqualsIfExists":{"aws:x":"1"}})", {}));
  EXPECT_TRUE(holds(R"({"BoolIfExists":{"aws:x":"true"}})", {}));
  EXPECT_TRUE(holds(R"({"Null":{"aws:x":"true"}})", {}));
  EXPECT_FALSE(holds(R"({"Null":{"aws:x":"false"}})", {}));
  EXPECT_TRUE(holds(R"({"Null":{"aws:x":"true"}})", keys({{"aws:x", {}}})));
  EXPECT_FALSE(holds(R"({"Null":{"aws:x":"true"}})", keys({{"aws:x", {""}}})));
}

TEST(Trap10, WhatCannotBeEvaluatedDoesNotAllowAndDoesDeny) {
  const Context odd = keys({{"aws:n", {"ten"}},
                            {"aws:d", {"soon"}},
                            {"aws:i", {"10.0.0"}},
                            {"aws:b", {"1"}},
                            {"aws:a", {"no arn"}},
                            {"aws:ok", {"x"}}});
  for (const char* condition :
       {R"({"NumericLessThan":{"aws:n":"1"}})", R"({"NumericNotEquals":{"aws:n":"1"}})",
        R"({"DateLessThan":{"aws:d":"2026-01-01"}})", R"({"IpAddress":{"aws:i":"10.0.0.0/8"}})",
        R"({"NotIpAddress":{"aws:i":"10.0.0.0/8"}})", R"({"Bool":{"aws:b":"true"}})",
        R"({"ArnLike":{"aws:a":"arn:aws:s3:::b"}})",
        R"({"ForAnyValue:NumericEquals":{"aws:n":"1"}})"}) {
    EXPECT_EQ(with_condition(condition, odd, "Allow"), Mismatch::unevaluable) << condition;
    EXPECT_EQ(with_condition(condition, odd, "Deny"), Mismatch::none) << condition;
  }
  // What another condition settles stays settled.
  const char* settled = R"({"NumericLessThan":{"aws:n":"1"},"StringEquals":{"aws:ok":"y"}})";
  EXPECT_EQ(with_condition(settled, odd, "Allow"), Mismatch::condition);
  EXPECT_EQ(with_condition(settled, odd, "Deny"), Mismatch::condition);
}

TEST(Variables, AreReplacedAndTheirWildcardsAreLiteral) {
  const auto document = compiled(
      R"({"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::home/${aws:username}/*"})");
  Request request = request_for("s3:GetObject", "arn:aws:s3:::home/bob/file");
  request.context.set("aws:username", "bob");
  EXPECT_EQ(match(document, request), Mismatch::none);
  request.context.set("aws:username", "*");
  EXPECT_EQ(match(document, request), Mismatch::resource);
  request.resource = "arn:aws:s3:::home/*/file";
  EXPECT_EQ(match(document, request), Mismatch::none);
}

TEST(Variables, DefaultsEscapesAndVersions) {
  const Context red = keys({{"aws:PrincipalTag/team", {"red"}}, {"aws:x", {"red"}}});
  EXPECT_TRUE(holds(R"({"StringEquals":{"aws:x":"${aws:PrincipalTag/team, 'none'}"}})", red));
  EXPECT_TRUE(holds(R"({"StringEquals":{"aws:x":"${aws:PrincipalTag/team, 'none'}"}})",
                    keys({{"aws:x", {"none"}}})));
  EXPECT_TRUE(holds(R"({"StringEquals":{"aws:x":"${aws:PrincipalTag/team,''}"}})",
                    keys({{"aws:x", {""}}})));
  EXPECT_TRUE(
      holds(R"({"StringLike":{"aws:x":"a${*}b${?}c${$}{d}"}})", keys({{"aws:x", {"a*b?c${d}"}}})));
  EXPECT_FALSE(holds(R"({"StringLike":{"aws:x":"a${*}b"}})", keys({{"aws:x", {"axb"}}})));
  EXPECT_TRUE(holds(R"({"StringLike":{"aws:x":"${aws:y}*"}})",
                    keys({{"aws:x", {"?zz"}}, {"aws:y", {"?"}}})));
  EXPECT_FALSE(holds(R"({"StringLike":{"aws:x":"${aws:y}*"}})",
                     keys({{"aws:x", {"azz"}}, {"aws:y", {"?"}}})));
  EXPECT_TRUE(holds(R"({"ArnEquals":{"aws:x":"${aws:PrincipalArn}"}})",
                    keys({{"aws:x", {"arn:aws:iam::1:role/r"}},
                          {"aws:PrincipalArn", {"arn:aws:iam::1:role/r"}}})));
  EXPECT_TRUE(
      holds(R"({"Bool":{"aws:x":"${aws:y}"}})", keys({{"aws:x", {"true"}}, {"aws:y", {"true"}}})));
  const Context literal = keys({{"aws:x", {"${aws:y}"}}, {"aws:y", {"z"}}});
  EXPECT_EQ(
      with_condition(R"({"StringEquals":{"aws:x":"${aws:y}"}})", literal, "Allow", "2008-10-17"),
      Mismatch::none);
  EXPECT_EQ(
      with_condition(R"({"StringEquals":{"aws:x":"${aws:y}"}})", literal, "Allow", "2012-10-17"),
      Mismatch::condition);
}

TEST(Variables, WithoutAValueMatchNothingAndNeverAllowByNegation) {
  const Context context = keys({{"aws:x", {"1"}}, {"aws:many", {"1", "2"}}});
  for (const char* variable : {"${aws:none}", "${aws:many}"}) {
    const std::string value = "\"" + std::string(variable) + "\"";
    EXPECT_EQ(with_condition(R"({"StringEquals":{"aws:x":)" + value + "}}", context, "Allow"),
              Mismatch::condition);
    EXPECT_EQ(with_condition(R"({"StringEquals":{"aws:x":)" + value + "}}", context, "Deny"),
              Mismatch::condition);
    EXPECT_EQ(with_condition(R"({"StringNotEquals":{"aws:x":)" + value + "}}", context, "Allow"),
              Mismatch::unevaluable);
    EXPECT_EQ(with_condition(R"({"StringNotEquals":{"aws:x":)" + value + "}}", context, "Deny"),
              Mismatch::none);
  }
  EXPECT_TRUE(holds(R"({"StringEquals":{"aws:x":["${aws:none}","1"]}})", context));
  const Request request = request_for("s3:GetObject", "arn:aws:s3:::b/x");
  const auto match = [&](const char* effect, const char* element) {
    return compiled(R"({"Effect":")" + std::string(effect) + R"(","Action":"*",")" + element +
                    R"(":"arn:aws:s3:::b/${aws:username}"})")
        ->match(0, request);
  };
  EXPECT_EQ(match("Allow", "Resource"), Mismatch::resource);
  EXPECT_EQ(match("Deny", "Resource"), Mismatch::resource);
  EXPECT_EQ(match("Allow", "NotResource"), Mismatch::unevaluable);
  EXPECT_EQ(match("Deny", "NotResource"), Mismatch::none);
}

TEST(Variables, DoNotMatterWhereTheTextBeforeThemDiffersAlready) {
  const Context context = keys({{"aws:x", {"1"}}});
  EXPECT_EQ(with_condition(R"({"StringNotEquals":{"aws:x":"2${aws:none}"}})", context, "Allow"),
            Mismatch::none);
  EXPECT_EQ(with_condition(R"({"StringNotEquals":{"aws:x":"1${aws:none}"}})", context, "Allow"),
            Mismatch::unevaluable);
}

TEST(Variables, WithoutValueInNotResourceLeaveAStatementUnevaluableWhateverItsConditionsSay) {
  const auto answer = [](const char* effect, const char* vpc) {
    const auto document = compiled(
        R"({"Effect":")" + std::string(effect) +
        R"(","Action":"*","NotResource":"arn:aws:s3:::b/${aws:none}","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}})");
    Request request = request_for("s3:GetObject", "arn:aws:s3:::b/1");
    request.context = keys({{"aws:SourceVpc", {vpc}}});
    return match(document, request);
  };
  EXPECT_EQ(answer("Allow", "vpc-1"), Mismatch::unevaluable);
  EXPECT_EQ(answer("Deny", "vpc-1"), Mismatch::none);
  EXPECT_EQ(answer("Deny", "vpc-2"), Mismatch::condition);
}

TEST(Principals, AreNamedByEachOfTheirForms) {
    using Type = Principal::Type;
  const Principal alice = request_for("a:b", "*").principal;
  const Principal session{Type::role_session,
                          "arn:aws:sts::111122223333:assumed-role/app/s1",
                          "arn:aws:iam::111122223333:role/path/app",
                          "111122223333",
                          "AROAAPPAPPAPPAPPAPP1",
                          "",
                          "",
                          false};
  const Principal root{Type::root, "arn:aws:iam::111122223333:root", "", "111122223333", "", "", "",
                       false};
  const Principal service{Type::service, "", "", "", "", "rds.amazonaws.com", "", false};
  const Principal web{Type::federated, "", "", "", "", "", "accounts.google.com", false};
  const Principal anonymous;
  struct Case {
    const char* element;
    Principal principal;
    Naming expected;
  };
  const Case cases[] = {
      {R"("*")", anonymous, Naming::everyone},
      {R"({"AWS":"*"})", anonymous, Naming::everyone},
      {R"("*")", service, Naming::everyone},
      {R"({"AWS":"111122223333"})", anonymous, Naming::not_named},
      {R"({"AWS":"111122223333"})", alice, Naming::account},
      {R"({"AWS":"arn:aws:iam::111122223333:root"})", session, Naming::account},
      {R"({"AWS":"arn:aws:iam::111122223333:root"})", root, Naming::account},
      {R"({"AWS":"999988887777"})", alice, Naming::not_named},
      {R"({"AWS":["999988887777","arn:aws:iam::111122223333:user/alice"]})", alice, Naming::user},
      {R"({"AWS":"arn:aws:iam::111122223333:user/Alice"})", alice, Naming::not_named},
      {R"({"AWS":"AIDAALICEALICEALICE1"})", alice, Naming::user},
      {R"({"AWS":"arn:aws:iam::111122223333:role/path/app"})", session, Naming::role},
      {R"({"AWS":"arn:aws:iam::111122223333:role/app"})", session, Naming::not_named},
      {R"({"AWS":"arn:aws:sts::111122223333:assumed-role/app/s1"})", session, Naming::session},
      {R"({"AWS":"arn:aws:sts::111122223333:assumed-role/app/s2"})", session, Naming::not_named},
      {R"({"AWS":["111122223333","arn:aws:iam::111122223333:role/path/app"]})", session,
       Naming::role},
      {R"({"Service":["ec2.amazonaws.com","rds.amazonaws.com"]})", service, Naming::service},
      {R"({"Service":"rds.amazonaws.com"})", alice, Naming::not_named},
      {R"({"Federated":"accounts.google.com"})", web, Naming::federated},
      {R"({"CanonicalUser":"79a59df900b949e55d96a1e698fbaced"})", alice, Naming::not_named},
  };
  for (const auto& [element, principal, expected] : cases) {
    const auto document = compiled(R"({"Effect":"Allow","Action":"*","Resource":"*","Principal":)" +
                                       std::string(element) + "}",
                                   Kind::resource);
    EXPECT_EQ(naming(document, principal), expected) << element << " and " << principal.arn;
  }
}

TEST(Trap6, NotPrincipalWithDenyMustListSessionRoleAndAccount) {
  const Principal session{Principal::Type::role_session,
                          "arn:aws:sts::111122223333:assumed-role/app/s1",
                          "arn:aws:iam::111122223333:role/app",
                          "111122223333",
                          "AROAAPPAPPAPPAPPAPP1",
                          "",
                          "",
                          false};
  const std::string s = R"("arn:aws:sts::111122223333:assumed-role/app/s1")",
                    r = R"("arn:aws:iam::111122223333:role/app")",
                    a = R"("arn:aws:iam::111122223333:root")";
  const auto denies = [&](const Principal& principal, const std::string& list) {
    Request request = request_for("s3:GetObject", "*");
    request.principal = principal;
    return compiled(R"({"Effect":"Deny","Action":"*","Resource":"*","NotPrincipal":{"AWS":[)" +
                        list + "]}}",
                    Kind::resource)
               ->match(0, request) == Mismatch::none;
  };
  EXPECT_FALSE(denies(session, s + "," + r + "," + a));
  EXPECT_TRUE(denies(session, s + "," + r));
  EXPECT_TRUE(denies(session, s + "," + a));
  EXPECT_TRUE(denies(session, r + "," + a));
  const Principal alice = request_for("a:b", "*").principal;
  const std::string u = R"("arn:aws:iam::111122223333:user/alice")";
  EXPECT_FALSE(denies(alice, u + "," + a));
  EXPECT_TRUE(denies(alice, u));
  EXPECT_TRUE(denies(alice, a));
  EXPECT_TRUE(denies(Principal{}, a));
  EXPECT_FALSE(denies(Principal{}, R"("*")"));
}

TEST(Trap9, ARoleMadeAgainIsNotNamedByItsOldUniqueId) {
  const auto document = compiled(
      R"({"Effect":"Allow","Action":"*","Resource":"*","Principal":{"AWS":"AROAOLDOLDOLDOLDOLD1"}})",
      Kind::resource);
  Principal session{Principal::Type::role_session,
                    "arn:aws:sts::111122223333:assumed-role/app/s1",
                    "arn:aws:iam::111122223333:role/app",
                    "111122223333",
                    "AROAOLDOLDOLDOLDOLD1",
                    "",
                    "",
                    false};
  EXPECT_EQ(naming(document, session), Naming::role);
  session.unique_id = "AROANEWNEWNEWNEWNEW1";
  EXPECT_EQ(naming(document, session), Naming::not_named);
}

TEST(Explain, NamesOperatorKeyListedAndActualValues) {
  const auto document = compiled(
      R"({"Sid":"Net","Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8"]},"StringEquals":{"aws:SourceVpc":"vpc-1"}}})");
  Request request = request_for("s3:GetObject", "*");
  request.context.set("aws:SourceIp", "192.0.2.1");
  const text::Json json = plain::Policy(*document).explain(0, request);
  EXPECT_EQ(json.text("sid"), "Net");
  EXPECT_EQ(json.text("effect"), "Deny");
  EXPECT_FALSE(json["applies"].as_bool(true));
  EXPECT_EQ(json.text("because"), "condition");
  EXPECT_EQ(
      json["conditions"].dump(),
      R"([{"operator":"NotIpAddress","key":"aws:SourceIp","listed":["10.0.0.0/8"],"actual":["192.0.2.1"],"holds":"yes"},)"
      R"({"operator":"StringEquals","key":"aws:SourceVpc","listed":["vpc-1"],"actual":null,"holds":"no"}])");
}

}  // namespace
}  // namespace ringwall::policy
