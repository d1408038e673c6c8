#include "authz/rule_file.h"

#include <gtest/gtest.h>

namespace ringwall::authz {
namespace {

constexpr const char* sample = R"(# A comment, and a blank line.

rule: Identity policies allow
source: https://example.com/rule

given: {"request": {"principal": "arn:aws:iam::111122223333:user/ann", "action": "s3:GetObject",
                    "resource": "arn:aws:s3:::b/{k}", "context": {"aws:username": "ann"}},
        "policies": {"identity": [
          {"Version": "2012-10-17", "Statement": {"Sid": "S1", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}]}}

case: what is allowed
  expect: allow by identity-based policy statement S1 of identity[0]

  # Between the cases.
case: what is not
  with: {"request": {"action": "s3:PutObject"}}
  context: {"aws:username": null,
            "aws:SourceIp": "10.0.0.1"}
  expect: implicit-deny by identity-based policy

given: {"request": {"principal": "nobody", "action": "a:b", "resource": "*"}}
case: who is nobody
  expect: refused not `anonymous`
)";

Result<std::string> no_files(const std::string& path) {
  return fail(Failure::not_found, "no file `" + path + "`");
}

RuleFile file_of(std::string_view text) {
  auto file = read_rule_file(text);
  EXPECT_TRUE(file) << (file ? "" : file.error().message);
  return file ? *std::move(file) : RuleFile();
}

std::string message_of(std::string_view text) {
  const auto file = read_rule_file(text);
  return file ? "" : file.error().message;
}

// The difference that the case `expect: …` of an allowed question shows.
std::string difference_of(std::string_view expected) {
  const std::string begin(sample, std::string_view(sample).find("  expect:"));
  const RuleFile file = file_of(begin + "  expect: " + std::string(expected));
  if (file.cases.empty()) return "no cases";
  const auto difference = check(file.cases[0], authorize, no_files);
  return difference ? difference->expected + " / " + difference->got : "";
}

TEST(RuleFile, IsItsRuleAndItsCases) {
  const RuleFile file = file_of(sample);
  EXPECT_EQ(file.rule, "Identity policies allow");
  EXPECT_EQ(file.source, "https://example.com/rule");
  ASSERT_EQ(file.cases.size(), 3U);
  EXPECT_EQ(file.cases[0].name, "what is allowed");
  EXPECT_EQ(file.cases[0].line, 11U);
  EXPECT_EQ(file.cases[1].line, 15U);
  for (const RuleCase& one : file.cases) {
    const auto difference = check(one, authorize, no_files);
    EXPECT_FALSE(difference) << one.name << ": " << (difference ? difference->got : "");
  }
}

TEST(RuleFile, ACaseIsTheQuestionWithItsPatches) {
  const RuleFile file = file_of(sample);
  const text::Json request = file.cases.at(1).question()["request"];
  EXPECT_EQ(request.text("action"), "s3:PutObject");
  EXPECT_EQ(request.text("resource"), "arn:aws:s3:::b/{k}");
  EXPECT_EQ(request["context"].dump(), R"({"aws:SourceIp":"10.0.0.1"})");
  EXPECT_EQ(file.cases.at(0).question()["request"]["context"].dump(), R"({"aws:username":"ann"})");
}

TEST(RuleFile, ComparesWhatTheCaseSays) {
  EXPECT_EQ(difference_of("allow"), "");
  EXPECT_EQ(difference_of("allow by identity-based policy"), "");
  EXPECT_EQ(difference_of("allow by identity-based policy statement S1"), "");
  const std::string got = " / allow by identity-based policy statement S1 of identity[0]";
  for (const char* wrong :
       {"implicit-deny", "explicit-deny by service control policy",
        "allow by resource-based policy", "allow by identity-based policy statement S2",
        "allow by identity-based policy statement S1 of identity[1]", "refused unknown element"}) {
    EXPECT_EQ(difference_of(wrong), wrong + got);
  }
}

TEST(RuleFile, ComparesTheWordsOfARefusal) {
  const RuleFile file = file_of(sample);
  RuleCase nobody = file.cases.at(2);
  nobody.expectation.words = "no such words";
  ASSERT_TRUE(check(nobody, authorize, no_files));
  EXPECT_TRUE(check(nobody, authorize, no_files)->got.starts_with("refused `request.principal`"));
  nobody.expectation = {};
  EXPECT_TRUE(check(nobody, authorize, no_files));
}

TEST(RuleFile, AsksTheEvaluatorItIsGiven) {
  const RuleFile file = file_of(sample);
  const auto never = [](const policy::Request&, const Layers&) { return Decision(); };
  EXPECT_TRUE(check(file.cases.at(0), never, no_files));
}

TEST(RuleFile, SaysWhichLineIsWrong) {
  const std::string head = "rule: r\ngiven: {}\n";
  struct Case {
    std::string text;
    const char* message;
  };
  const Case cases[] = {
      {"", "line 0: the file has no cases"},
      {"rule: r\n", "line 1: the file has no cases"},
      {"\ncase: c\n", "line 2: a file begins with `rule`, not `case`"},
      {"rule: r\nrule: s\n", "line 2: `rule` stands here a second time"},
      {"rule: r\nwords\n", "line 2: a line begins with a word and a colon, not `words`"},
      {"rule: r\nsource:\n", "line 2: `source` says nothing"},
      {"rule: r\ncase: c\n", "line 2: a `given` must stand above the first case"},
      {"rule: r\ngiven: []\n", "line 2: `given` takes a JSON object"},
      {"rule: r\ngiven: {\"}\n}\n", "line 2: the braces of `given` do not balance"},
      {"rule: r\n\ngiven: {\"a\": 1,\n  b}\n", "`given`: line 3, column 8: "},
      {"rule: r\ngiven: {} {}\n", "line 2: behind the object of `given` stands `{}`"},
      {"rule: r\ngiven: {\n} }\n", "line 3: behind the object of `given` stands `}`"},
      {head + "with: {}\n", "line 3: `with` belongs to a `case`"},
      {head + "case: c\nexpekt: allow\n", "line 4: `expekt` is not known: there are `rule`"},
      {head + "case: c\nwith: {}\nwith: {}\n", "line 5: `with` stands in this case a second time"},
      {head + "case: c\ncase: d\n", "line 4: the case above this `case` lacks its `expect`"},
      {head + "case: c\ngiven: {}\n", "line 4: the case above this `given` lacks its `expect`"},
      {head + "case: c\n# end\n", "line 3: the case lacks its `expect`"},
      {head + "case: c\nexpect: allow\nexpect: allow\n", "line 5: `expect` belongs to a `case`"},
      {head + "case: c\nexpect: allow\nsource: s\n", "line 5: `source` stands above the cases"},
      {head + "case: c\nexpect: denied\n", "line 4: a case expects `allow`"},
      {head + "case: c\nexpect: allowed\n", "line 4: a case expects `allow`"},
      {head + "case: c\nexpect: refused\n", "line 4: `refused` takes words"},
      {head + "case: c\nexpect: allow through x\n", "line 4: behind the verdict comes `by`"},
      {head + "case: c\nexpect: allow by identity\n",
       "line 4: no layer begins `identity`: there are `identity-based policy`"},
      {head + "case: c\nexpect: implicit-deny by permissions boundary statement S\n",
       "line 4: no statement causes"},
      {head + "case: c\nexpect: allow by session policy S\n",
       "line 4: behind the layer comes `statement`"},
      {head + "case: c\nexpect: allow by session policy statement S of\n",
       "line 4: behind the statement comes `of`"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_TRUE(message_of(text).starts_with(message)) << text << "\n" << message_of(text);
  }
}

TEST(RuleFile, IsNotReadBeyondItsLimit) {
  const std::string file = "rule: r\ngiven: {}\ncase: c\nexpect: allow\n#";
  EXPECT_EQ(message_of(file + std::string(rule_file_bytes_max - file.size(), '#')), "");
  EXPECT_EQ(message_of(file + std::string(rule_file_bytes_max - file.size() + 1, '#')),
            "a rule file of 1048577 bytes: the limit is 1048576");
}

}  // namespace
}  // namespace ringwall::authz
