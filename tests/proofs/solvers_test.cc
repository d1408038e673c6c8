// The prover and other solvers, asked the same: no disagreement.

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "pairs.h"
#include "policy/syntax.h"
#include "policy/testing_documents.h"
#include "prover/detail/smtlib.h"
#include "solvers.h"

namespace ringwall {
namespace {

using policy::testing::Choices;
using prover::Verdict;

constexpr int timeout_ms = 3'000;

policy::DocumentPtr compiled(const std::string& text, policy::Kind kind) {
  auto document = policy::compile(text, kind);
  EXPECT_TRUE(document) << text;
  return *document;
}

struct Tally {
  int found = 0, none = 0, unasked = 0, undecided = 0;
};

// What the prover answers is what the solvers do that answer in time.
void compare(const proofs::Pair& pair, const std::vector<proofs::Program>& programs, Tally& tally) {
  const auto mutated = policy::read(pair.mutated, pair.kind), original = policy::read(pair.original, pair.kind);
  ASSERT_TRUE(mutated && original);
  const policy::Syntax* allowing[] = {&*mutated};
  const policy::Syntax* refusing[] = {&*original};
  const auto text = prover::detail::smtlib_of(allowing, refusing);
  const policy::DocumentPtr one = compiled(pair.mutated, pair.kind), other = compiled(pair.original, pair.kind);
  prover::Prover ours;
  const prover::Answer answer = ours.ask(proofs::question(one, other));
  if (!text) {
    ++tally.unasked;
    return;
  }
  if (answer.verdict == Verdict::inconclusive) {
    ++tally.undecided;
    return;
  }
  ++(answer.verdict == Verdict::found ? tally.found : tally.none);
  const std::string expected = answer.verdict == Verdict::found ? "sat" : "unsat";
  for (const proofs::Program& program : programs) {
    const auto told = proofs::ask(program, *text, timeout_ms);
    ASSERT_TRUE(told) << told.error().message;
    if (told->timed_out || told->lines == std::vector<std::string>{"unknown"}) continue;
    const std::string request = answer.findings.empty() ? "" : answer.findings.front().request.action + " on " + answer.findings.front().request.resource;
    EXPECT_EQ(told->lines, std::vector<std::string>{expected})
        << program.name << "\n" << pair.mutated << "\n" << pair.original << "\n" << request << "\n" << *text;
  }
}

std::vector<proofs::Program> installed() {
  std::vector<proofs::Program> programs;
  for (const proofs::Program& program : {proofs::z3, proofs::cvc5})
    if (proofs::is_installed(program)) programs.push_back(program);
  return programs;
}

TEST(Solvers, AgreeOnChangedPolicies) {
  const auto programs = installed();
  if (programs.empty()) GTEST_SKIP() << "neither z3 nor cvc5 is installed";
  Tally tally;
  for (const proofs::Pair& pair : proofs::mutated_pairs(20260401, 41)) compare(pair, programs, tally);
  EXPECT_GT(tally.found, 10);
  EXPECT_GT(tally.none, 10);
  EXPECT_EQ(tally.undecided, 0);
}

TEST(Solvers, AgreeOnRandomPolicies) {
  const auto programs = installed();
  if (programs.empty()) GTEST_SKIP() << "neither z3 nor cvc5 is installed";
  Choices choices(20260402);
  Tally tally;
  while (tally.found + tally.none < 30) {
    const policy::testing::Topic topic{policy::Kind::identity, choices.of(policy::testing::services)};
    proofs::Pair pair{"random", topic.kind, policy::testing::document(choices, topic).dump(), policy::testing::document(choices, topic).dump()};
    if (policy::read(pair.mutated, pair.kind) && policy::read(pair.original, pair.kind)) compare(pair, programs, tally);
  }
  EXPECT_GT(tally.found, 2);
  EXPECT_GT(tally.none, 2);
}

}  // namespace
}  // namespace ringwall
