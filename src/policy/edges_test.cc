// The less trodden ways through the language: each form that a value, a name or a list may take, and
// the nearest one that it may not. `tools/coverage` says which ways no test has taken.

#include <gtest/gtest.h>

#include <set>

#include "policy/detail/reader.h"
#include "policy/detail/values.h"
#include "policy/plain.h"
#include "policy/policy.h"

namespace ringwall::policy {
namespace {

std::string refusal(std::string_view json, Kind kind = Kind::identity) {
  const auto document = compile(json, kind);
  return document ? "accepted" : document.error().message;
}

std::string document_of(const std::string& statement) {
  return R"({"Version":"2012-10-17","Statement":[)" + statement + "]}";
}

std::string with_resource(const std::string& resource) {
  return document_of(R"({"Effect":"Allow","Action":"*","Resource":")" + resource + R"("})");
}
std::string with_action(const std::string& action) {
  return document_of(R"({"Effect":"Allow","Action":")" + action + R"(","Resource":"*"})");
}
std::string with_condition(const std::string& condition) {
  return document_of(R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":)" + condition + "}");
}
std::string with_principal(const std::string& element, const std::string& principal, const std::string& effect) {
  return document_of(R"({"Effect":")" + effect + R"(",")" + element + R"(":)" + principal +
                     R"(,"Action":"*","Resource":"*"})");
}

DocumentPtr compiled(const std::string& json, Kind kind = Kind::identity) {
  const auto document = compile(json, kind);
  EXPECT_TRUE(document) << json << ": " << (document ? "" : document.error().message);
  return document.value_or(nullptr);
}

// Both evaluators must agree.
Mismatch match(const DocumentPtr& document, const Context& context) {
  Request request;
  request.action = "s3:GetObject";
  request.resource = "arn:aws:s3:::b";
  request.context = context;
  const Mismatch answer = document->match(0, request);
  EXPECT_EQ(answer, plain::Policy(*document).match(0, request)) << document->source();
  return answer;
}
bool holds(const std::string& condition, const Context& context) {
  return match(compiled(with_condition(condition)), context) == Mismatch::none;
}
Context one_key(std::vector<std::string> values) {
  Context context;
  context.set("aws:x", std::move(values));
  return context;
}

TEST(Names, EveryEnumeratorHasOneOfItsOwn) {
  std::set<std::string_view> kinds, mismatches, namings;
  for (int i = 0; i <= static_cast<int>(Kind::endpoint); ++i) kinds.insert(name_of(static_cast<Kind>(i)));
  for (int i = 0; i <= static_cast<int>(Mismatch::unevaluable); ++i)
    mismatches.insert(name_of(static_cast<Mismatch>(i)));
  for (int i = 0; i <= static_cast<int>(Naming::federated); ++i)
    namings.insert(name_of(static_cast<Naming>(i)));
  EXPECT_EQ(kinds.size(), 9U);
  EXPECT_EQ(mismatches.size(), 6U);
  EXPECT_EQ(namings.size(), 8U);
  EXPECT_FALSE(kinds.contains("") || mismatches.contains("") || namings.contains(""));
}

TEST(Context, KeepsEveryKeyHoweverManyThereAre) {
  Context context;
  constexpr int keys = 500;
  for (int i = 0; i < keys; ++i) context.set("aws:Key" + std::to_string(i), std::to_string(i));
  for (int i = 0; i < keys; ++i) {
    const auto* values = context.find("AWS:KEY" + std::to_string(i));
    ASSERT_NE(values, nullptr) << i;
    EXPECT_EQ(values->front(), std::to_string(i));
  }
  EXPECT_EQ(context.find("aws:key500"), nullptr);
  context.erase("aws:KEY7");
  EXPECT_EQ(context.find("aws:key7"), nullptr);
  EXPECT_NE(context.find("aws:key499"), nullptr);
  EXPECT_EQ(context.entries().size(), keys - 1U);
}

TEST(Context, MergingTakesTheOthersValues) {
  Context context, other;
  context.set("aws:a", "1");
  context.set("aws:b", "2");
  other.set("AWS:B", "3");
  other.set("aws:c", "4");
  context.merge(other);
  EXPECT_EQ(context.entries().size(), 3U);
  EXPECT_EQ(context.find("aws:a")->front(), "1");
  EXPECT_EQ(context.find("aws:b")->front(), "3");
  EXPECT_EQ(context.find("aws:c")->front(), "4");
}

TEST(Context, AKeyIsFoundByItsNameAndNotByItsHashAlone) {
  Context context;
  context.set("aws:a", "1");
  EXPECT_EQ(hash_ignoring_case("AWS:A"), hash_ignoring_case("aws:a"));
  EXPECT_NE(hash_ignoring_case("AWS:[A"), hash_ignoring_case("aws:{a"));
  EXPECT_NE(context.find(hash_ignoring_case("aws:a"), "aws:a"), nullptr);
  EXPECT_EQ(context.find(hash_ignoring_case("aws:a"), "aws:b"), nullptr);
}

TEST(Values, NumbersAreDecimalAndFinite) {
  using detail::parse_number;
  for (const char* text : {"", "-", "x", "+1", " 1", "1x", "1e999", "inf", "nan", "0x10"})
    EXPECT_FALSE(parse_number(text)) << text;
  EXPECT_EQ(parse_number("-7")->integer, -7);
  EXPECT_EQ(parse_number("9223372036854775807")->integer, INT64_MAX);
  EXPECT_FALSE(parse_number("9223372036854775808")->integer);
  EXPECT_EQ(parse_number("9223372036854775808")->real, 9223372036854775808.0);
  // An integer beside a fraction compares as a double; two integers compare exactly.
  EXPECT_TRUE(holds(R"({"NumericLessThan":{"aws:x":1.5}})", one_key({"1"})));
  EXPECT_TRUE(holds(R"({"NumericGreaterThan":{"aws:x":1}})", one_key({"1.5"})));
  EXPECT_TRUE(holds(R"({"NumericLessThan":{"aws:x":"9007199254740993"}})", one_key({"9007199254740992"})));
}

TEST(Values, DatesAreSecondsBeforeTheYear10000OrIso8601) {
  using detail::parse_date;
  EXPECT_EQ(parse_date("253402300799"), 253'402'300'799'000);
  EXPECT_FALSE(parse_date("253402300800"));
  EXPECT_FALSE(parse_date("1.2.3"));
  EXPECT_EQ(parse_date("1.5"), 1500);
  EXPECT_EQ(parse_date("2026-01"), parse_date("2026-01-01T00:00:00Z"));
  EXPECT_FALSE(parse_date("2026/01"));
}

TEST(Values, AFalseThatIsNoStringIsTheTextFalse) {
  EXPECT_TRUE(holds(R"({"Bool":{"aws:x":false}})", one_key({"FALSE"})));
  EXPECT_FALSE(holds(R"({"Bool":{"aws:x":false}})", one_key({"true"})));
}

TEST(Values, AnArnIsComparedWholeAndWhatIsNoneCannotBeCompared) {
  const std::string condition = R"({"ArnEquals":{"aws:x":"arn:aws:s3:::b"}})";
  EXPECT_TRUE(holds(condition, one_key({"arn:aws:s3:::b"})));
  EXPECT_FALSE(holds(condition, one_key({"arn:aws:s3:::c"})));
  EXPECT_EQ(match(compiled(with_condition(condition)), one_key({"urn:aws:s3:::b"})), Mismatch::unevaluable);
}

TEST(Variables, AnEmptyKeyTakesTheDefault) {
  const std::string condition = R"({"StringEquals":{"aws:y":"${aws:x, 'none'}"}})";
  Context context = one_key({});
  context.set("aws:y", "none");
  EXPECT_TRUE(holds(condition, context));
  context.set("aws:x", "some");
  EXPECT_FALSE(holds(condition, context));
}

TEST(Variables, OneThatIsUnresolvedStaysUnknownBesideAValueThatDiffers) {
  for (const char* listed : {R"(["${aws:none}","other"])", R"(["other","${aws:none}"])", R"(["${aws:none}","${aws:no}"])"}) {
    const auto document = compiled(with_condition(R"({"StringNotLike":{"aws:x":)" + std::string(listed) + "}}"));
    EXPECT_EQ(match(document, one_key({"value"})), Mismatch::unevaluable) << listed;
  }
}

TEST(Variables, MalformedOnesAreRefused) {
  for (const char* text : {"${aws:x, 'a}", "${aws:x, a'}", "${aws:x, '}", "${aws:x,}"})
    EXPECT_TRUE(refusal(with_resource("arn:aws:s3:::" + std::string(text))).contains("single quotes")) << text;
  EXPECT_TRUE(refusal(with_condition(R"({"Bool":{"aws:x":"${"}})")).contains("lacks its `}`"));
  EXPECT_TRUE(refusal(with_condition(R"({"ArnLike":{"aws:x":"${"}})")).contains("lacks its `}`"));
}

TEST(Resources, AreArnsThatNameTheirService) {
  struct Case {
    const char* resource;
    const char* refusal;
  };
  const Case cases[] = {
      {"*:aws:s3:::b", "neither an ARN nor `*`"},
      {"?", "neither an ARN nor `*`"},
      {"arn:aws", "neither an ARN nor `*`"},
      {"arn::s3:::b", "neither an ARN nor `*`"},
      {"arn:aws::::b", "must name its service"},
      {"arn:aws:s?:::b", "must name its service"},
      {"arn:aws:s3:", "fewer than six parts"},
      {"arn:aws:s3:x", "fewer than six parts"},
  };
  for (const auto& [resource, why] : cases)
    EXPECT_TRUE(refusal(with_resource(resource)).contains(why)) << resource;
  EXPECT_EQ(refusal(with_resource("arn:aws:s3:*")), "accepted");
}

TEST(Actions, HoldLettersDigitsAndAFewSigns) {
  for (const char* action : {"aws-portal:ViewBilling", "lex:a-b", "lex:a_b", "lex:a.b", "s3:Get?bject*", "ec2:V2"})
    EXPECT_EQ(refusal(with_action(action)), "accepted") << action;
  for (const char* action : {":GetObject", "s3:", "s3", "s*:GetObject", "s3:Get{", "s3:Get Object", "s3:[", "s3:Get\xC3\xBC"})
    EXPECT_TRUE(refusal(with_action(action)).contains("is not an action")) << action;
}

TEST(Sizes, CountCharactersAndNotBytesAndSpaceInStrings) {
  // A session policy counts its white space, a permissions boundary only what stands in strings.
  const auto of_size = [](std::size_t characters, const std::string& filler, const std::string& around) {
    const std::string head = "{" + around + R"("Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:x":")",
                      tail = R"("}}}})";
    std::string text = head;
    const std::size_t fixed = head.size() - around.size() + tail.size();
    for (std::size_t i = fixed; i < characters; ++i) text += filler;
    return text + tail;
  };
  const std::string blank = " \t\r\n";
  for (const char* filler : {"a", " ", "\xC3\xBC"}) {
    EXPECT_EQ(refusal(of_size(6'144, filler, blank), Kind::boundary), "accepted") << filler;
    EXPECT_TRUE(refusal(of_size(6'145, filler, blank), Kind::boundary).contains("6145 characters")) << filler;
  }
  EXPECT_TRUE(refusal(of_size(2'048, "a", blank), Kind::session).contains("2052 characters"));
  // An escaped quotation mark does not end its string, and an escaped backslash does not escape.
  const std::string escapes = R"(\"\\)";
  EXPECT_TRUE(refusal(of_size(6'145, "a", "").insert(120, escapes), Kind::boundary).contains("6149 characters"));
}

TEST(Problems, AreCountedUpToTheirLimit) {
  std::string actions;
  for (std::size_t i = 0; i <= problems_max; ++i) actions += R"(,"no action")";
  const auto found = [&](std::string_view list) {
    return parse(R"({"Statement":{"Effect":"Allow","Resource":"*","Action":[)" + std::string(list) + "]}}", Kind::identity).problems.size();
  };
  const std::size_t one = std::string_view(R"(,"no action")").size();
  EXPECT_EQ(found(std::string_view(actions).substr(1, problems_max * one - 1)), problems_max);
  EXPECT_EQ(found(std::string_view(actions).substr(1)), problems_max);
}

TEST(Header, AnIdIsAString) {
  EXPECT_TRUE(refusal(R"({"Version":"2012-10-17","Id":5,"Statement":[]})", Kind::resource).contains("`Id` must be a string"));
}

TEST(ResourceControl, OnlyTheUnconditionalPassMayAllow) {
  const auto allow = [](const std::string& more) {
    return refusal(document_of(R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*")" + more + "}"), Kind::rcp);
  };
  EXPECT_EQ(allow(""), "accepted");
  EXPECT_TRUE(allow(R"(,"Condition":{"Bool":{"aws:SecureTransport":"true"}})").contains("can only deny"));
  const std::string some = R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"arn:aws:s3:::b"})";
  EXPECT_TRUE(refusal(document_of(some), Kind::rcp).contains("can only deny"));
}

TEST(PrincipalElement, IsTheStarOrAnObject) {
  EXPECT_TRUE(refusal(with_principal("Principal", R"(["*"])", "Allow"), Kind::resource).contains("must be `*` or an object"));
  EXPECT_TRUE(refusal(with_principal("Principal", "{}", "Allow"), Kind::resource).contains("must be `*` or an object"));
  for (const Kind kind : {Kind::key, Kind::resource}) {
    EXPECT_EQ(refusal(with_principal("Principal", R"({"CanonicalUser":"79a5"})", "Allow"), kind) == "accepted",
              kind == Kind::resource);
  }
}

TEST(PrincipalElement, NamesAccountsUsersRolesAndSessionsExactly) {
  const auto aws = [](const std::string& name) {
    return refusal(with_principal("Principal", R"({"AWS":")" + name + R"("})", "Allow"), Kind::resource);
  };
  const std::string unique = "AIDA" + std::string(12, 'X');
  for (const std::string& name :
       {std::string("111122223333"), unique, "AROA" + std::string(124, '7'),
        std::string("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"),
        std::string("arn:aws:sts::111122223333:federated-user/bob"),
        std::string("arn:aws:sts::111122223333:assumed-role/app/s1")}) {
    EXPECT_EQ(aws(name), "accepted") << name;
  }
  for (const std::string& name :
       {std::string("1111-2223333"), std::string("1111a2223333"), std::string("abcdefghijkl"), unique.substr(1),
        unique.substr(0, 15), "AROA" + std::string(125, '7'), unique + "x", unique + "-", unique + "@", unique + "[",
        std::string("arn:aws:iam::cloudfront:role/x"), std::string("arn:aws:iam::cloud:user/x"),
        std::string("arn::iam::111122223333:user/x"), std::string("arn:aws:iam:us-east-1:111122223333:user/x"),
        std::string("arn:aws:iam::111122223333:user/"), std::string("arn:aws:iam::111122223333:group/g"),
        std::string("arn:aws:sts::111122223333:assumed-role/app"), std::string("arn:aws:sts::111122223333:user/x")}) {
    EXPECT_NE(aws(name), "accepted") << name;
  }
}

// Callers of every type, asked of Principal and NotPrincipal.
TEST(Naming, KnowsFederatedUsersRootsAndServices) {
  const Principal web{Principal::Type::federated, "", "", "", "", "", "accounts.google.com", false};
  const Principal federated_user{
      Principal::Type::federated, "arn:aws:sts::111122223333:federated-user/bob", "", "111122223333", "", "", "", false};
  const Principal root{Principal::Type::root, "arn:aws:iam::111122223333:root", "", "111122223333", "", "", "", false};
  const Principal service{Principal::Type::service, "", "", "", "", "rds.amazonaws.com", "", false};
  const auto named = [](const Principal& caller, const std::string& principal, const std::string& element = "Principal") {
    const auto document = compiled(
        with_principal(element, principal, element == "Principal" ? "Allow" : "Deny"), Kind::resource);
    const Naming answer = document->naming(0, caller);
    EXPECT_EQ(answer, plain::Policy(*document).naming(0, caller)) << document->source();
    return answer;
  };
  const std::string google = R"({"Federated":"accounts.google.com"})", account = R"({"AWS":"111122223333"})",
                    bob = R"({"AWS":"arn:aws:sts::111122223333:federated-user/bob"})",
                    both = R"({"AWS":["111122223333","arn:aws:sts::111122223333:federated-user/bob"]})",
                    rds = R"({"Service":"rds.amazonaws.com"})";
  EXPECT_EQ(named(web, google), Naming::federated);
  EXPECT_EQ(named(web, rds), Naming::not_named);
  EXPECT_EQ(named(federated_user, bob), Naming::session);
  EXPECT_EQ(named(federated_user, account), Naming::account);
  EXPECT_EQ(named(federated_user, google), Naming::not_named);
  EXPECT_EQ(named(root, account), Naming::account);
  EXPECT_EQ(named(service, rds), Naming::service);
  EXPECT_EQ(named(service, google), Naming::not_named);

  const auto exempt = [&](const Principal& caller, const std::string& principal) {
    return named(caller, principal, "NotPrincipal") == Naming::not_named;
  };
  EXPECT_TRUE(exempt(web, google));
  EXPECT_FALSE(exempt(web, account));
  EXPECT_TRUE(exempt(federated_user, both));
  EXPECT_FALSE(exempt(federated_user, account));
  EXPECT_FALSE(exempt(federated_user, bob));
  EXPECT_TRUE(exempt(root, account));
  EXPECT_FALSE(exempt(root, google));
  EXPECT_TRUE(exempt(service, rds));
  EXPECT_FALSE(exempt(service, account));
  EXPECT_FALSE(exempt(Principal{}, both));
}

TEST(Problems, OneOfTheJsonReaderThatSaysNoPlaceStandsAtTheStart) {
  for (const char* message : {"no place", "line x, column 1: y", "line 99999999999, column 1: y", "line 2, row 1: y", "line 2, column x: y",
                              "line 2, column 3 y"}) {
    std::vector<Problem> problems;
    detail::Reader("{", Kind::identity, problems).report_json(message);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems[0].message, message);
    EXPECT_EQ(problems[0].position, (text::Position{1, 1})) << message;
  }
}

// The compiled form, where it takes another way than the plain twin does.

TEST(Compiled, FindsOneOfManyActionsAndMissesTheOthers) {
  std::string actions, services;
  for (int i = 0; i < 40; ++i) {
    actions += (i > 0 ? "," : "") + std::string("\"s3:Do") + std::to_string(i) + '"';
    services += (i > 0 ? "," : "") + std::string("\"svc") + std::to_string(i) + R"(:Get*")";
  }
  const auto listing = [](const std::string& list) {
    return compiled(document_of(R"({"Effect":"Allow","Action":[)" + list + R"(],"Resource":"*"})"));
  };
  const DocumentPtr many = listing(actions), wild = listing(services);
  const auto applies = [](const DocumentPtr& document, const std::string& action) {
    Request request;
    request.action = action;
    request.resource = "*";
    const bool answer = document->match(0, request) == Mismatch::none;
    EXPECT_EQ(answer, plain::Policy(*document).match(0, request) == Mismatch::none) << action;
    return answer;
  };
  for (int i = 0; i < 40; ++i) {
    EXPECT_TRUE(applies(many, "S3:do" + std::to_string(i)));
    EXPECT_FALSE(applies(many, "s3:Do" + std::to_string(40 + i)));
    EXPECT_TRUE(applies(wild, "svc" + std::to_string(i) + ":GetX"));
    EXPECT_FALSE(applies(wild, "svc" + std::to_string(40 + i) + ":GetX"));
  }
  EXPECT_GT(many->bytes(), listing("\"s3:Do1\"")->bytes());
}

TEST(Compiled, AnActionMayBeOfAnyLengthAndMayLackItsService) {
  const DocumentPtr document = compiled(with_action("s3:Get*"));
  for (const std::size_t size : {127U, 128U, 129U, 1000U}) {
    Request request;
    request.action = "s3:Get" + std::string(size - 6, 'X');
    request.resource = "*";
    EXPECT_EQ(document->match(0, request), Mismatch::none) << size;
    request.action = "s3:Put" + std::string(size - 6, 'X');
    EXPECT_EQ(document->match(0, request), Mismatch::action) << size;
  }
  Request request;
  request.resource = "*";
  for (const char* action : {"", "GetObject", "s3"}) {
    request.action = action;
    EXPECT_EQ(document->match(0, request), plain::Policy(*document).match(0, request));
    EXPECT_EQ(document->match(0, request), Mismatch::action) << action;
  }
}

TEST(Compiled, WildcardsWithinAPartEndWithTheTextToo) {
  const auto applies = [](const std::string& pattern, const std::string& resource) {
    const DocumentPtr document = compiled(with_resource(pattern));
    Request request;
    request.action = "s3:GetObject";
    request.resource = resource;
    const Mismatch answer = document->match(0, request);
    EXPECT_EQ(answer, plain::Policy(*document).match(0, request)) << pattern << " " << resource;
    return answer == Mismatch::none;
  };
  EXPECT_TRUE(applies("arn:aws:s3:us-east-?::b", "arn:aws:s3:us-east-1::b"));
  EXPECT_FALSE(applies("arn:aws:s3:us-east-?::b", "arn:aws:s3:us-east-::b"));
  EXPECT_FALSE(applies("arn:aws:s3:us-east-?::b", "arn:aws:s3:us-east-"));
  EXPECT_TRUE(applies("arn:aws:s3:*a:x:b", "arn:aws:s3:banana:x:b"));
  EXPECT_FALSE(applies("arn:aws:s3:*a:x:b", "arn:aws:s3:banan"));
  EXPECT_FALSE(applies("arn:aws:s3:*a:x:b", "arn:aws:s3:ban:ana:x:b"));
}

TEST(Compiled, LettersOfEitherCaseAreFoldedAndOtherSignsAreNot) {
  const std::string condition = R"({"StringEqualsIgnoreCase":{"aws:x":"a-B[1"}})";
  EXPECT_TRUE(holds(condition, one_key({"A-b[1"})));
  EXPECT_FALSE(holds(condition, one_key({"a-b{1"})));
  for (const char* text : {"true", "TRUE", "trUe"}) EXPECT_EQ(detail::parse_bool(text), true) << text;
  for (const char* text : {"tru1", "trux", "TRUX", "tru", "falsE "}) EXPECT_FALSE(detail::parse_bool(text)) << text;
}

TEST(Compiled, AnArnWithAnUnresolvedVariableIsUnknownWhereItsOtherPartsFit) {
  const auto with = [](const std::string& op, const std::string& actual) {
    const std::string condition = R"({")" + op + R"(":{"aws:x":"arn:aws:iam::111122223333:user/${aws:none}"}})";
    return match(compiled(with_condition(condition)), one_key({actual}));
  };
  EXPECT_EQ(with("ArnLike", "arn:aws:iam::111122223333:user/ann"), Mismatch::condition);
  EXPECT_EQ(with("ArnNotLike", "arn:aws:iam::111122223333:user/ann"), Mismatch::unevaluable);
  EXPECT_EQ(with("ArnNotLike", "arn:aws:iam::444455556666:user/ann"), Mismatch::none);
}

}  // namespace
}  // namespace ringwall::policy
