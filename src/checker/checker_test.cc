#include "checker/checker.h"

#include <gtest/gtest.h>

namespace ringwall::checker {
namespace {

// Every pair of two variables is excluded, and a proof for it in which no step is needless.
const std::string head =
    "ringwall certificate 2\n"
    "question is anything allowed\n"
    "policy 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef books.json\n"
    "policy ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff SCP of r-1\n"
    "axiom vpc-of-vpce: a request through an endpoint comes from its VPC\n"
    "variable 1 aws:SourceVpc is `vpc-1`\n"
    "variable 2 aws:SourceVpce is there\n"
    "cnf 3 4\n";
const std::string clauses = "1 2 0\n-1 2 0\n1 -2 0\n-1 -2 0\n";  // lines 9 to 12
const std::string proof = "proof\n2 0\nd 1 2 0\n0\nend\n";         // lines 13 to 17
const std::string good = head + clauses + proof;

std::string with(std::string text, std::string_view old, std::string_view changed) {
  const std::size_t at = text.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return text.replace(at, old.size(), changed);
}

Result<std::size_t> check(std::string_view text) {
  return checker::check(text, [](const Verified&) {});
}

// Refused, with the line.
void expect_refused(std::string_view text, Failure kind, int line, std::string_view why) {
  const auto checked = check(text);
  ASSERT_FALSE(checked) << text;
  EXPECT_EQ(checked.error().kind, kind) << checked.error().message;
  EXPECT_TRUE(checked.error().message.starts_with("line " + std::to_string(line) + ": ")) << checked.error().message;
  EXPECT_NE(checked.error().message.find(why), std::string::npos) << checked.error().message;
}

std::string certificate(std::string_view cnf, std::string_view steps) {
  return "ringwall certificate 2\nquestion q\n" + std::string(cnf) + "proof\n" + std::string(steps) + "end\n";
}

TEST(Checker, TellsWhatItVerified) {
  std::vector<Verified> told;
  const auto count = checker::check(good + good, [&](const Verified& each) { told.push_back(each); });
  ASSERT_TRUE(count) << count.error().message;
  EXPECT_EQ(*count, 2);
  ASSERT_EQ(told.size(), 2);
  EXPECT_EQ(told[1].question, "is anything allowed");
  EXPECT_EQ(told[1].policies.size(), 2);
  EXPECT_EQ(told[1].policies[1], std::string(64, 'f') + " SCP of r-1");
  EXPECT_EQ(told[1].axioms, std::vector<std::string>{"vpc-of-vpce: a request through an endpoint comes from its VPC"});
  EXPECT_EQ(told[1].variables, 3);
  EXPECT_EQ(told[1].clauses, 4);
  EXPECT_EQ(told[1].steps, 3);
}

TEST(Checker, ToldOneWhereTheNextDoesNotHold) {
  std::size_t told = 0;
  const auto checked = checker::check(good + with(good, "\n2 0\n", "\n3 0\n"), [&](const Verified&) { ++told; });
  EXPECT_FALSE(checked);
  EXPECT_EQ(told, 1);
}

TEST(Checker, RefusesAProofThatWasTamperedWith) {
  using enum Failure;
  expect_refused(with(good, "\n2 0\n", "\n"), corrupt, 15, "does not follow");
  expect_refused(with(good, "\n2 0\n", "\n3 0\n"), corrupt, 16, "does not follow");  // fine in itself: RAT
  expect_refused(with(good, "\n2 0\n", "\n-2 0\n1 -3 0\n3 0\nd -1 0\n"), corrupt, 17, "no such clause");
  expect_refused(with(good, "d 1 2 0\n0\n", "d 1 2 0\n"), corrupt, 16, "does not end in the empty clause");
  expect_refused(with(good, "d 1 2 0\n0\n", "0\nd 1 2 0\n"), corrupt, 16, "goes on after the empty clause");
  expect_refused(with(good, "d 1 2 0", "d 1 3 0"), corrupt, 15, "no such clause");
  expect_refused(with(good, "proof\n2 0\n", "proof\n"), corrupt, 15, "does not follow");
}

TEST(Checker, RefusesAFormulaThatWasTamperedWith) {
  using enum Failure;
  expect_refused(with(good, "-1 -2 0\n", "-1 -3 0\n"), corrupt, 16, "does not follow");
  expect_refused(with(good, "1 -2 0\n", "1 3 0\n"), corrupt, 16, "does not follow");
  expect_refused(with(good, "cnf 3 4", "cnf 3 5"), invalid, 13, "`proof` stands where clause 5 of 5 is expected");
  expect_refused(with(good, "cnf 3 4", "cnf 3 3"), invalid, 12, "`-1 -2 0` stands where `proof`, after 3 clauses");
  expect_refused(with(good, "cnf 3 4", "cnf 1 4"), invalid, 8, "variable 2 is told, and there are only 1");
  expect_refused(with(with(good, "cnf 3 4", "cnf 2 4"), "\n2 0\n", "\n3 0\n"), invalid, 14, "a step of the proof");
}

TEST(Checker, RefusesWhateverIsCutOff) {
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto checked = check(std::string_view(good).substr(0, size));
    ASSERT_FALSE(checked) << size;
    EXPECT_EQ(checked.error().kind, Failure::invalid) << checked.error().message;
  }
  EXPECT_TRUE(check(good));
}

TEST(Checker, RefusesWhateverIsAdded) {
  using enum Failure;
  expect_refused("", invalid, 1, "the text ends where `ringwall certificate 3` is expected");
  expect_refused("\n" + good, invalid, 1, "ringwall certificate 3");
  expect_refused(good + "\n", invalid, 18, "ringwall certificate 3");
  expect_refused(good + "x", invalid, 18, "the text ends within a line");
  expect_refused(with(good, "end\n", "c done\nend\n"), invalid, 17, "`c done` stands where a step");
  expect_refused(with(good, "2\n", "4\n"), invalid, 1, "ringwall certificate 3");
  expect_refused(with(good, "cnf", "note x\ncnf"), invalid, 8, "`note x`");
}

TEST(Checker, ReadsNumbersAndSpacesOneWay) {
  for (const std::string_view clause : {"+1 2 0", "01 2 0", "-01 2 0", "1  2 0", " 1 2 0", "1 2 0 ", "1 2 00", "1 2 -0", "1 2", "1 2 0 0",
                                        "1 2 4 0", "-4 2 0", "1\t2 0", "1 2 0\r", "99999999999 0", "-2147483648 0", "", "d 1 2 0"})
    expect_refused(with(good, "\n1 2 0\n", "\n" + std::string(clause) + "\n"), Failure::invalid, 9, "clause 1 of 4");
  for (const std::string_view step : {"d", "d ", "d  2 0", "D 2 0", "2", "2 0 ", "4 0", "", "a 2 0", "END"})
    expect_refused(with(good, "\n2 0\n", "\n" + std::string(step) + "\n"), Failure::invalid, 14, "a step of the proof");
}

TEST(Checker, ReadsTheHeadStrictly) {
  using enum Failure;
  expect_refused(with(good, "question is", "question: is"), invalid, 2, "`question TEXT`");
  expect_refused(with(good, "question is anything allowed", "question "), invalid, 2, "`question TEXT`");
  expect_refused(with(good, "is anything", "is \x1b[2Janything"), invalid, 2, "`question is ?[2Janything allowed`");
  expect_refused(with(good, "policy 0123", "policy 012"), invalid, 3, "a further line of the head");
  expect_refused(with(good, "policy 0123", "policy 012G"), invalid, 3, "a further line of the head");
  expect_refused(with(good, "vpc-of-vpce: a", "vpc-of-vpce a"), invalid, 5, "a further line of the head");
  expect_refused(with(good, "variable 1 ", "variable 2 "), invalid, 7, "variable 2 is told twice");
  expect_refused(with(good, "variable 1 ", "variable 0 "), invalid, 6, "`variable N TEXT`");
  expect_refused(with(good, "axiom", "question again\naxiom"), invalid, 5, "a further line of the head");
}

TEST(Checker, TakesAsManyVariablesAsItSaysAndNoneMore) {
  const std::string last = std::to_string(variables_max), past = std::to_string(variables_max + 1);
  EXPECT_TRUE(check(certificate("cnf " + last + " 2\n" + last + " 0\n-" + last + " 0\n", "0\n")));
  expect_refused(certificate("cnf " + past + " 1\n0\n", "0\n"), Failure::invalid, 3, "at most " + last + " variables");
}

TEST(Checker, FindsWhatClausesAloneForce) {
  EXPECT_TRUE(check(certificate("cnf 0 1\n0\n", "0\n")));
  EXPECT_TRUE(check(certificate("cnf 3 4\n1 0\n-1 2 0\n-2 -1 3 0\n-3 -2 -1 0\n", "0\n")));
  EXPECT_TRUE(check(certificate("cnf 1 2\n1 1 0\n-1 -1 -1 0\n", "0\n")));
  expect_refused(certificate("cnf 0 0\n", "0\n"), Failure::corrupt, 5, "does not follow");
  expect_refused(certificate("cnf 2 2\n1 -1 0\n2 -2 1 0\n", "0\n"), Failure::corrupt, 7, "does not follow");
}

// `3` may be defined as 1 and 2, for nothing else speaks of it.
TEST(Checker, AdmitsADefinitionByItsFirstLiteralOnly) {
  const std::string cnf = "cnf 3 4\n1 2 0\n-1 2 0\n1 -2 0\n-1 -2 0\n";
  EXPECT_TRUE(check(certificate(cnf, "3 -1 -2 0\n-3 1 0\n-3 2 0\n2 0\n0\n")));
  // Without -1, a clause with 1 can be kept by making it true. That with 2 in front cannot.
  expect_refused(certificate("cnf 3 1\n-2 3 0\n", "1 2 0\n0\n"), Failure::corrupt, 7, "does not follow");
  expect_refused(certificate("cnf 3 1\n-2 3 0\n", "2 1 0\n0\n"), Failure::corrupt, 6, "does not follow");
}

// Nothing follows from a step that went in by RAT but what follows with it.
TEST(Checker, HoldsADefinitionAgainstLaterSteps) {
  // After `3` joins, `-3` has clauses to resolve with, and no longer may.
  expect_refused(certificate("cnf 3 1\n1 2 0\n", "3 0\n-3 0\n0\n"), Failure::corrupt, 7, "does not follow");
}

TEST(Checker, KeepsAClauseThatForcesALiteral) {
  // The deletion of `1 0`, which forces 1, is passed over; that of its twin is not.
  EXPECT_TRUE(check(certificate("cnf 2 4\n1 0\n1 0\n-1 2 0\n-1 -2 0\n", "d 1 0\nd 1 0\n0\n")));
  // `1 2 0` forces nothing, and is gone.
  expect_refused(certificate("cnf 2 4\n1 2 0\n-1 2 0\n1 -2 0\n-1 -2 0\n", "d 2 1 0\n2 0\n0\n"), Failure::corrupt, 10, "does not follow");
  expect_refused(certificate("cnf 2 4\n1 2 0\n-1 2 0\n1 -2 0\n-1 -2 0\n", "d 1 2 0\nd 1 2 0\n"), Failure::corrupt, 10, "no such clause");
}

TEST(Checker, NamesAreWrittenWithoutControlCharactersInTheOneRightWay) {
  const auto named = [](std::string_view name) { return with(good, "books.json", name); };
  for (const char* name : {"\\.", "a\\x09b", "\\x00", "\\x1f\\x7f", "\\x80\\xff", "a\\\\b", "\\\\.", "\\\\x41"}) EXPECT_TRUE(check(named(name))) << name;
  for (const char* name : {"\\", "a\\", "\\x4", "\\x41", "\\x0A", "\\x20", "\\x7e", "\\n", "\\.x", "x\\.", ""})
    expect_refused(named(name), Failure::invalid, 3, "is expected");
  expect_refused(with(good, "is anything", "\\q"), Failure::invalid, 2, "is expected");
  expect_refused(with(good, "`vpc-1`", "\\q"), Failure::invalid, 6, "is expected");
  expect_refused(with(good, "a request", "\\q"), Failure::invalid, 5, "is expected");
}

TEST(Checker, InACertificateOfTheFirstFormatABackslashIsOne) {
  const std::string before = with(good, "certificate 2", "certificate 1");
  EXPECT_TRUE(check(before));
  EXPECT_TRUE(check(with(before, "books.json", "a\\b\\")));
  EXPECT_TRUE(check(before + good + before));
}

// A certificate of the present format, about a cell.
const std::string of_a_cell =
    "ringwall certificate 3\n"
    "row trust\n"
    "part on arn:aws:s3:::books\n"
    "subject arn:aws:iam::111122223333:role/a\n"
    "subject arn:aws:iam::111122223333:role/b\n"
    "resources of 111122223333, of any type\n"
    "policy rcp-1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef a name\n"
    "policy trust ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff another name\n"
    "case anybody: 1 action, sts:AssumeRole\n"
    "axiom vpc-of-vpce: a request through an endpoint comes from its VPC\n"
    "variable 1 something\n"
    "cnf 1 2\n1 0\n-1 0\nproof\n0\nend\n";
const std::string claims =
    "ringwall proof 3\ntoday 2026-06-01\nnetwork-keys listed\n"
    "cell proved trust arn:aws:iam::111122223333:role/a\ncell leak trust arn:aws:iam::111122223333:role/b\n";

TEST(Checker, TellsWhatACertificateOfACellIsAbout) {
  Verified told;
  const auto held = check_proof(claims + of_a_cell, [&](const Verified& each) { told = each; });
  ASSERT_TRUE(held) << held.error().message;
  EXPECT_EQ(held->certificates, 1);
  EXPECT_EQ(held->today, "2026-06-01");
  ASSERT_EQ(held->claims.size(), 2);
  EXPECT_EQ(held->claims[1].verdict + " " + held->claims[1].row + " " + held->claims[1].subject, "leak trust arn:aws:iam::111122223333:role/b");
  EXPECT_EQ(told.question, "trust of arn:aws:iam::111122223333:role/a, on arn:aws:s3:::books and of 1 more");
  EXPECT_EQ(told.row, "trust");
  EXPECT_EQ(told.subjects.size(), 2);
  EXPECT_EQ(told.policies.at(0), "rcp-1 " + std::string("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef a name"));
  EXPECT_EQ(told.cases, std::vector<std::string>{"anybody: 1 action, sts:AssumeRole"});
  EXPECT_EQ(told.line, 6);
}

// All but the first line, the subjects and the proof: what is compared.
TEST(Checker, TheStatementIsEveryLineThatMeansSomething) {
  Verified told;
  ASSERT_TRUE(checker::check(of_a_cell, [&](const Verified& each) { told = each; }));
  std::string expected = of_a_cell.substr(0, of_a_cell.find("proof\n"));
  for (const char* left_out : {"ringwall certificate 3\n", "subject arn:aws:iam::111122223333:role/a\n", "subject arn:aws:iam::111122223333:role/b\n"})
    expected = with(expected, left_out, "");
  EXPECT_EQ(told.statement, expected);
}

TEST(Checker, AProofMayClaimAndHoldNoCertificate) {
  const auto held = check_proof(claims, [](const Verified&) {});
  ASSERT_TRUE(held) << held.error().message;
  EXPECT_EQ(held->certificates, 0);
}

TEST(Checker, RefusesWhatTheFormatOfCellsDoesNotSay) {
  using enum Failure;
  expect_refused(with(of_a_cell, "row trust\n", ""), invalid, 2, "`row ROW`");
  expect_refused(with(of_a_cell, "row trust", "row Trust"), invalid, 2, "`row ROW`");
  expect_refused(with(with(of_a_cell, "subject arn:aws:iam::111122223333:role/a\n", ""), "subject arn:aws:iam::111122223333:role/b\n", ""), invalid, 4, "`subject TEXT`");
  expect_refused(with(of_a_cell, "resources of 111122223333, of any type\n", ""), invalid, 6, "`resources TEXT`");
  expect_refused(with(of_a_cell, "policy rcp-1 ", "policy "), invalid, 7, "stands where");
  expect_refused(with(of_a_cell, "row trust", "question trust"), invalid, 2, "`row ROW`");
  expect_refused(claims + claims, invalid, 6, "`ringwall certificate 3`");
  expect_refused(of_a_cell + claims, invalid, 18, "`ringwall certificate 3`");
  expect_refused(with(claims, "today 2026-06-01\n", ""), invalid, 2, "`today DATE`");
  expect_refused(with(claims, "listed", "elsewhere"), invalid, 3, "`network-keys listed`");
  expect_refused(with(claims, "cell leak", "cell lost"), invalid, 5, "stands where");
  expect_refused("ringwall proof 3\ntoday 2026-06-01\nnetwork-keys listed\n", invalid, 4, "`cell VERDICT ROW TEXT`");
}

}  // namespace
}  // namespace ringwall::checker
