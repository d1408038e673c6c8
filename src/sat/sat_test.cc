#include "sat/sat.h"

#include <gtest/gtest.h>

#include "sat/testing_formulas.h"

namespace ringwall::sat {
namespace {

constexpr unsigned seed = 20260301;

Solver solver_of(const std::vector<Clause>& clauses) {
  Solver solver;
  for (const Clause& clause : clauses) solver.add(clause);
  return solver;
}

TEST(Sat, AgreesWithTryingAllAndItsModelsHold) {
  std::mt19937 random(seed);
  constexpr int variables = 10;
  int with_model = 0;
  for (int round = 0; round < 100; ++round) {
    const auto clauses = testing::random_formula(variables, random);
    Solver solver = solver_of(clauses);
    const Outcome outcome = solver.solve();
    ASSERT_EQ(outcome == Outcome::satisfiable, testing::has_model(clauses, variables)) << seed << " " << round;
    ASSERT_NE(outcome, Outcome::undecided);
    if (outcome != Outcome::satisfiable) continue;
    ++with_model;
    std::uint32_t model = 0;
    for (int variable = 1; variable <= variables; ++variable)
      model |= static_cast<std::uint32_t>(solver.value(variable)) << (variable - 1);
    for (const Clause& clause : clauses) EXPECT_TRUE(testing::holds(clause, model)) << round;
  }
  EXPECT_GT(with_model, 10);
  EXPECT_LT(with_model, 90);
}

TEST(Sat, ClausesStayAndAssumptionsDoNot) {
  Solver solver = solver_of({{1, 2}, {-1, 3}});
  const Literal without_two[] = {-2, -3};
  EXPECT_EQ(solver.solve(without_two), Outcome::unsatisfiable);
  ASSERT_EQ(solver.solve(), Outcome::satisfiable);
  const Literal two_less[] = {-2};
  ASSERT_EQ(solver.solve(two_less), Outcome::satisfiable);
  EXPECT_TRUE(solver.value(1) && !solver.value(2) && solver.value(3));
  solver.add(Clause{-3});
  EXPECT_EQ(solver.solve(two_less), Outcome::unsatisfiable);
  ASSERT_EQ(solver.solve(), Outcome::satisfiable);
  EXPECT_TRUE(!solver.value(1) && solver.value(2) && !solver.value(3));
}

TEST(Sat, VariablesThatNoClauseNamesAreFalse) {
  Solver solver = solver_of({{1}});
  ASSERT_EQ(solver.solve(), Outcome::satisfiable);
  EXPECT_TRUE(solver.value(1));
  EXPECT_FALSE(solver.value(2));
  EXPECT_FALSE(solver.value(1000));
}

TEST(Sat, NoClausesHaveAModelAndTheEmptyClauseHasNone) {
  Solver solver;
  EXPECT_EQ(solver.solve(), Outcome::satisfiable);
  solver.add({});
  EXPECT_EQ(solver.solve(), Outcome::unsatisfiable);
}

TEST(Sat, EndsUndecidedAtTheLimitAndGoesOnFromThere) {
  Solver solver = solver_of(testing::pigeons(6));
  EXPECT_EQ(solver.solve({}, 3), Outcome::undecided);
  EXPECT_EQ(solver.solve(), Outcome::unsatisfiable);
}

TEST(Sat, AValueOutsideAModelIsABug) {
  Solver solver = solver_of({{1}});
  EXPECT_DEATH((void)solver.value(1), "has_model");
  ASSERT_EQ(solver.solve(), Outcome::satisfiable);
  solver.add(Clause{2});
  EXPECT_DEATH((void)solver.value(1), "has_model");
}

TEST(Refute, EndsInTheEmptyClauseAndNowhereBefore) {
  for (const auto& clauses : {testing::pigeons(1), testing::pigeons(4), {{}}, {{1}, {-1}}}) {
    const auto proof = refute(clauses);
    ASSERT_TRUE(proof);
    ASSERT_TRUE(*proof == "0\n" || proof->ends_with("\n0\n")) << *proof;
    EXPECT_EQ(("\n" + *proof).find("\n0\n"), proof->size() - 2);
  }
}

TEST(Refute, SaysThatThereIsAModelOrThatItGaveUp) {
  EXPECT_EQ(refute(std::vector<Clause>{{1, 2}}).error().kind, Failure::conflict);
  const auto given_up = refute(testing::pigeons(6), 3);
  ASSERT_FALSE(given_up);
  EXPECT_EQ(given_up.error(), (Error{Failure::exhausted, "not decided within 3 conflicts"}));
}

}  // namespace
}  // namespace ringwall::sat
