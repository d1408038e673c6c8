// Variables whose values stand in ARNs, names that look like variables, and what is not known of either: as the
// evaluator has them, piece by piece. And what the prover does where it finds itself wrong.

#include <gtest/gtest.h>

#include <tuple>

#include "checker/checker.h"
#include "prover/callers.h"
#include "prover/compare.h"
#include "prover/prover.h"
#include "prover/testing_pinned.h"

namespace ringwall::prover {
namespace {

policy::DocumentPtr document(std::string_view json, policy::Kind kind = policy::Kind::identity) {
  auto compiled = policy::compile(json, kind);
  EXPECT_TRUE(compiled.has_value()) << compiled.error().message;
  return *compiled;
}

std::string allowing_under(std::string_view condition) {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":)" + std::string(condition) + "}]}";
}

// One question of a document by itself, asked with the keys of a caller.
Answer asked(const std::string& text, const policy::Context& keys) {
  const policy::DocumentPtr policy = document(text);
  Query query;
  query.universe.callers = {{.keys = keys, .absent = {"*"}}};
  query.allowing = {{.document = policy}};
  Prover prover;
  const Answer answer = prover.ask(query);
  EXPECT_FALSE(answer.bug) << answer.bug->what << "\n" << answer.bug->question;
  policy::Request request{.action = "s3:GetObject", .resource = "*", .context = keys};
  const bool allowed = policy->match(0, request) == policy::Mismatch::none;
  EXPECT_EQ(answer.verdict, allowed ? Verdict::found : Verdict::none) << text;
  return answer;
}

policy::Context keys(std::initializer_list<std::pair<const char*, const char*>> values) {
  policy::Context context;
  for (const auto& [key, value] : values) context.set(key, std::string(value));
  return context;
}

TEST(Variables, AValueWithAColonMakesNoTwoPartsOfAnArn) {
  const std::string policy = allowing_under(R"({"ArnLike":{"aws:SourceArn":"arn:aws:${aws:PrincipalTag/team}:::x"}})");
  EXPECT_EQ(asked(policy, keys({{"aws:SourceArn", "arn:aws:iam::1:::x"}, {"aws:PrincipalTag/team", "iam::1"}})).verdict, Verdict::none);
  EXPECT_EQ(asked(policy, keys({{"aws:SourceArn", "arn:aws:iam:::x"}, {"aws:PrincipalTag/team", "iam"}})).verdict, Verdict::found);
  const std::string last = allowing_under(R"({"ArnLike":{"aws:SourceArn":"arn:aws:sns:::${aws:PrincipalTag/team}"}})");
  EXPECT_EQ(asked(last, keys({{"aws:SourceArn", "arn:aws:sns:::iam::1"}, {"aws:PrincipalTag/team", "iam::1"}})).verdict, Verdict::found);
}

// The caller is known, and whose the resource is, is not: it may be the caller's.
TEST(Variables, AFreeVariableMayHoldWhatAKeyIsKnownToHold) {
  for (const char* op : {"StringEquals", "StringLike", "StringEqualsIgnoreCase"}) {
    for (const char* asks : {R"("aws:PrincipalAccount":"${aws:ResourceAccount}")", R"("aws:PrincipalTag/team":"${aws:ResourceTag/team}")"}) {
      const policy::DocumentPtr policy = document(allowing_under("{\"" + std::string(op) + "\":{" + asks + "}}"));
      Query query;
      query.universe.callers = {{.keys = keys({{"aws:PrincipalAccount", "999988887777"}, {"aws:PrincipalTag/team", "Red"}})}};
      query.allowing = {{.document = policy}};
      EXPECT_EQ(Prover().ask(query).verdict, Verdict::found) << op << " " << asks;
    }
  }
}

TEST(Variables, AVariableThatHoldsNoArnMatchesNone) {
  const std::string policy = allowing_under(R"({"ArnLike":{"aws:SourceArn":"${aws:PrincipalTag/team}"}})");
  for (const char* value : {"arn", "arn:aws", "", "*", "arn:aws:s3:::b"}) {
    const Answer answer = asked(policy, keys({{"aws:SourceArn", "arn:aws:s3:::b"}, {"aws:PrincipalTag/team", value}}));
    EXPECT_EQ(answer.verdict, value == std::string_view("arn:aws:s3:::b") ? Verdict::found : Verdict::none) << value;
  }
}

TEST(Variables, OfATextThatCannotBeEvaluatedNothingCountsBehindItsFirstVariable) {
  for (const char* op : {"StringNotLike", "StringNotEquals", "StringNotEqualsIgnoreCase"}) {
    const std::string policy = allowing_under(R"({")" + std::string(op) + R"(":{"aws:username":"x${aws:PrincipalTag/team}y${aws:PrincipalTag/absent}"}})");
    EXPECT_EQ(asked(policy, keys({{"aws:username", "xelse"}, {"aws:PrincipalTag/team", "red"}})).verdict, Verdict::none) << op;
    EXPECT_EQ(asked(policy, keys({{"aws:username", "else"}, {"aws:PrincipalTag/team", "red"}})).verdict, Verdict::found) << op;
  }
  const std::string arn = allowing_under(R"({"ArnNotLike":{"aws:SourceArn":"arn:aws:${aws:PrincipalTag/team}a${aws:PrincipalTag/absent}::1:x"}})");
  EXPECT_EQ(asked(arn, keys({{"aws:SourceArn", "arn:aws:s3::1:x"}, {"aws:PrincipalTag/team", "red"}})).verdict, Verdict::none);
  EXPECT_EQ(asked(arn, keys({{"aws:SourceArn", "arn:aws:s3::2:x"}, {"aws:PrincipalTag/team", "red"}})).verdict, Verdict::found);
}

// What ended the server: three documents with a variable before the fifth colon, of which nothing is known.
TEST(Variables, BeforeTheFifthColonTheyAreDecidedAsAnywhere) {
  const auto compared = [](std::string_view a, std::string_view b, policy::Kind kind) {
    Prover prover;
    const Comparison comparison = compare(prover, document(a, kind), document(b, kind));
    EXPECT_FALSE(comparison.bug) << comparison.bug->what << "\n" << comparison.bug->question;
    return comparison.verdict;
  };
  using enum Comparison::Verdict;
  const std::string deny = R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}]})";
  const std::string lambda = allowing_under(R"({"ArnLike":{"lambda:SourceFunctionArn":"arn:aws:lambda:${aws:RequestedRegion}:111122223333:function:f"}})");
  EXPECT_EQ(compared(lambda, deny, policy::Kind::identity), not_subset);
  EXPECT_EQ(compared(deny, lambda, policy::Kind::identity), subset);
  const auto trusting = [](std::string_view condition) {
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":)" + std::string(condition) + "}]}";
  };
  const std::string trust = trusting(R"({"ArnLike":{"aws:SourceArn":"arn:aws:events:us-east-1:${aws:SourceAccount}:rule/n"}})");
  EXPECT_NE(compared(trust, trust, policy::Kind::trust), not_subset);
  const std::string own = trusting(R"({"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::${aws:PrincipalAccount}:role/x"}})");
  EXPECT_EQ(compared(own, own, policy::Kind::trust), inconclusive);  // not every caller can be tried
  EXPECT_EQ(compared(trusting(R"({"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}})"), own, policy::Kind::trust), not_subset);
}

TEST(Variables, InNamesAndValuesThatAreAskedAboutThereAreNone) {
  const policy::DocumentPtr everything = document(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]})");
  Query query;
  query.universe.callers = {{.keys = keys({{"aws:username", "bob"}})}};
  query.allowing = {{.document = everything}};
  for (const std::string name : {"b/${aws:username}", "b/${Name}", "${", "${a:b", "${$}{x"}) {
    const std::string arn = "arn:aws:s3:::" + name;
    const auto resources = on_resources({arn});
    ASSERT_TRUE(resources) << name << ": " << resources.error().message;
    const auto tagged = condition("StringEquals", "aws:RequestTag/name", {name});
    ASSERT_TRUE(tagged) << name << ": " << tagged.error().message;
    query.universe.where = all_of({*resources, *tagged});
    Prover prover;
    const Answer answer = prover.ask(query);
    ASSERT_EQ(answer.verdict, Verdict::found) << name << ": " << (answer.bug ? answer.bug->what : "");
    EXPECT_EQ(answer.findings.front().request.resource, arn);
    EXPECT_EQ(*answer.findings.front().request.context.find("aws:requesttag/name"), std::vector<std::string>{name});
  }
}

TEST(Variables, NamesThatAreNotTextAreRefused) {
  EXPECT_EQ(on_resources({"arn:aws:s3:::a\xff"}).error().kind, Failure::invalid);
  EXPECT_EQ(condition("StringEquals", "s3:prefix", {"\xff"}).error().kind, Failure::invalid);
}

TEST(Variables, ListsThatReadAlikeAreNotTheSame) {
  const std::string one = allowing_under(R"({"StringEquals":{"s3:prefix":["bar\u0000\n0foo"]}})");
  const std::string two = allowing_under(R"({"StringEquals":{"s3:prefix":["bar","foo"]}})");
  Prover prover;
  EXPECT_EQ(compare(prover, document(one), document(two)).verdict, Comparison::Verdict::not_subset);
  EXPECT_EQ(compare(prover, document(two), document(one)).verdict, Comparison::Verdict::not_subset);
}

TEST(Contradictions, LeaveTheQuestionWithoutAnAnswerAndTheNextOneWithOne) {
  Query query;
  query.title = "who may read";
  query.universe.callers = {{}};
  query.allowing = {{.document = document(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]})")}};
  Prover prover;
  Query of_nobody = query;
  of_nobody.universe.callers.clear();
  Query ungrounded = query;
  ungrounded.universe.where = {.kind = Constraint::Kind::resources, .listed = {{"arn:aws:s3:::${x}", {{.text = "arn:aws:s3:::"}, {.kind = policy::Piece::Kind::variable, .text = "x"}}, 0}}};
  for (const Query& wrong : {of_nobody, ungrounded}) {
    const Answer answer = prover.ask(wrong);
    EXPECT_EQ(answer.verdict, Verdict::inconclusive);
    EXPECT_TRUE(answer.findings.empty());
    ASSERT_TRUE(answer.bug);
    EXPECT_FALSE(answer.undecided.empty());
    const auto question = text::parse_json(answer.bug->question);
    ASSERT_TRUE(question) << answer.bug->question;
    EXPECT_EQ(question->text("title"), "who may read");
    EXPECT_EQ(question->text("bug"), answer.bug->what);
    EXPECT_EQ((*question)["allowing"].items().at(0)["policies"].items().at(0).text("document"), query.allowing[0].document->source());
    EXPECT_FALSE(prover.certify(wrong));
    EXPECT_EQ(prover.ask(query).verdict, Verdict::found);
  }
}

TEST(Budgets, WithinThemTheAnswerIsTheSameAndPastThemItIsUndecided) {
  const auto patterns = [](std::size_t from) {
    std::string listed;
    for (std::size_t i = from; i < from + 6; ++i) listed += (listed.empty() ? "\"*" : ",\"*") + std::string(1, static_cast<char>('a' + i)) + "*" + std::string(1, static_cast<char>('h' - i % 8)) + "*\"";
    return allowing_under(R"({"StringLike":{"s3:prefix":[)" + listed + "]}}");
  };
  const policy::DocumentPtr narrow = document(patterns(0)), wide = document(patterns(0)), other = document(patterns(4));
  for (const auto& [a, b, verdict] : {std::tuple(narrow, wide, Comparison::Verdict::subset), std::tuple(narrow, other, Comparison::Verdict::not_subset)}) {
    Prover unbounded;
    const Comparison free = compare(unbounded, a, b);
    ASSERT_EQ(free.verdict, verdict);
    ASSERT_GT(free.statistics.steps, 10U);
    Prover at;
    const Comparison within = compare(at, a, b, 256, free.statistics.steps);
    EXPECT_EQ(within.verdict, verdict);
    EXPECT_TRUE(within.undecided.empty());
    EXPECT_EQ(within.statistics.steps, free.statistics.steps);
    for (const std::uint64_t steps : {free.statistics.steps - 1, free.statistics.steps / 2, std::uint64_t{0}}) {
      Prover past;  // a prover keeps what it has found
      const Comparison over = compare(past, a, b, 256, steps);
      EXPECT_NE(over.verdict, Comparison::Verdict::subset) << steps;
      ASSERT_FALSE(over.undecided.empty()) << steps;
      EXPECT_TRUE(over.undecided.back().contains("would take more than " + std::to_string(steps) + " steps")) << over.undecided.back();
      EXPECT_EQ(compare(past, a, b).verdict, verdict);  // and nothing that is unfinished
    }
  }
}

TEST(Certificates, HoldWhateverCharactersAreInTheNamesOfPolicies) {
  const policy::DocumentPtr nothing = document(R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]})");
  for (const std::string& name : {std::string("a\tb"), std::string("\x01\x1f\x7f"), std::string("a\0b", 3), std::string(), std::string("\n"),
                                  std::string("a\\b\\"), std::string("\\."), std::string("\xff\x80"), std::string("b\xC3\xBC""cher")}) {
    const authz::Named policy{name, nothing};
    Query query;
    query.title = name;
    query.universe.callers = {{.principal = {.type = policy::Principal::Type::user, .arn = "arn:aws:iam::111122223333:user/" + name, .account = "111122223333"}}};
    query.allowing = {{.layers = authz::Layers{.identity = std::span(&policy, 1)}}};
    Prover prover;
    const auto certificate = prover.certify(query);
    ASSERT_TRUE(certificate) << certificate.error().message;
    const auto checked = checker::check(*certificate, [](const checker::Verified&) {});
    EXPECT_TRUE(checked) << checked.error().message << "\n" << *certificate;
  }
}

}  // namespace
}  // namespace ringwall::prover
