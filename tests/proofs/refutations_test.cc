// The solver's refutations, verified by the checker; and the same tampered with, refused.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>

#include "checker/checker.h"
#include "sat/sat.h"
#include "sat/testing_formulas.h"

namespace ringwall {
namespace {

using sat::Clause;
using Formula = std::vector<Clause>;
using Lines = std::vector<std::string>;

constexpr unsigned seed = 20260302;
constexpr int head_lines = 3;  // before the clauses

int variables_of(const Formula& formula) {
  int variables = 0;
  for (const Clause& clause : formula)
    for (const sat::Literal literal : clause) variables = std::max(variables, std::abs(literal));
  return variables;
}

std::string to_text(const Clause& clause) {
  std::string text;
  for (const sat::Literal literal : clause) text += std::to_string(literal) + " ";
  return text + "0";
}

Lines lines_of(const std::string& text) {
  std::istringstream in(text);
  Lines lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string certificate(const Formula& formula, const Lines& steps) {
  std::string text = "ringwall certificate 1\nquestion a formula\ncnf " + std::to_string(variables_of(formula)) + " " +
                     std::to_string(formula.size()) + "\n";
  for (const Clause& clause : formula) text += to_text(clause) + "\n";
  text += "proof\n";
  for (const std::string& step : steps) text += step + "\n";
  return text + "end\n";
}

Result<std::size_t> check(const std::string& text) {
  return checker::check(text, [](const checker::Verified&) {});
}

// The lines of `formula`'s certificate on which its steps stand.
std::string line_of_step(const Formula& formula, std::size_t step) {
  return "line " + std::to_string(head_lines + formula.size() + 1 + step + 1) + ": ";
}

TEST(Refutations, OfPigeonsHold) {
  for (int holes = 1; holes <= 7; ++holes) {
    const Formula formula = sat::testing::pigeons(holes);
    const auto proof = sat::refute(formula);
    ASSERT_TRUE(proof) << holes;
    const auto checked = check(certificate(formula, lines_of(*proof)));
    EXPECT_TRUE(checked) << holes << ": " << checked.error().message;
  }
}

TEST(Refutations, OfRandomFormulasHold) {
  std::mt19937 random(seed);
  int refuted = 0;
  for (const int variables : {5, 10, 20, 50, 80, 100}) {
    for (int round = 0; round < 20; ++round) {
      const Formula formula = sat::testing::random_formula(variables, random);
      const auto proof = sat::refute(formula);
      if (!proof) continue;  // it has a model
      ++refuted;
      const auto checked = check(certificate(formula, lines_of(*proof)));
      EXPECT_TRUE(checked) << seed << " " << variables << " " << round << ": " << checked.error().message;
    }
  }
  EXPECT_GT(refuted, 30);
}

TEST(Refutations, WithoutTheirStepsDoNotHold) {
  const Formula formula = sat::testing::pigeons(5);
  const Lines steps = lines_of(*sat::refute(formula));
  const auto bare = check(certificate(formula, {"0"}));
  ASSERT_FALSE(bare);
  EXPECT_EQ(bare.error(), (Error{Failure::corrupt, line_of_step(formula, 0) + "the step does not follow"}));
  // Cut after any step: the empty clause is missed, at the line where it should have been.
  for (std::size_t kept = 0; kept < steps.size(); ++kept) {
    const auto cut = check(certificate(formula, Lines(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(kept))));
    ASSERT_FALSE(cut) << kept;
    EXPECT_EQ(cut.error(), (Error{Failure::corrupt, line_of_step(formula, kept) + "the proof does not end in the empty clause"}));
  }
}

// A step dropped, doubled, swapped or with a literal turned may leave a proof that is as good. Of a
// formula that has a model no proof holds, whatever is done to it.
TEST(Refutations, DoNotHoldForAFormulaThatHasAModel) {
  std::mt19937 random(seed + 1);
  int tried = 0, refused_late = 0;
  while (tried < 2000) {
    Formula formula = sat::testing::random_formula(10, random);
    const auto proof = sat::refute(formula);
    if (!proof) continue;
    // Clauses go, one at a time, until there is a model. As few as that leave the proof plausible.
    while (!sat::testing::has_model(formula, 10))
      formula.erase(formula.begin() + static_cast<std::ptrdiff_t>(random() % formula.size()));
    formula.push_back({10, -10});  // as many variables as before
    for (int round = 0; round < 20; ++round, ++tried) {
      Lines steps = lines_of(*proof);
      std::erase_if(steps, [&](const std::string& step) { return step.starts_with("d ") && random() % 2 == 0; });
      for (auto change = random() % 3; change > 0 && steps.size() > 1; --change) {
        const std::size_t at = random() % (steps.size() - 1);
        switch (random() % 3) {
          case 0: steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(at)); break;
          case 1: std::swap(steps[at], steps[random() % (steps.size() - 1)]); break;
          default: steps[at] = steps[at].starts_with('-') ? steps[at].substr(1) : steps[at].starts_with('d') ? steps[at] : "-" + steps[at];
        }
      }
      std::erase(steps, "-0");
      const auto checked = check(certificate(formula, steps));
      ASSERT_FALSE(checked) << seed << "\n" << certificate(formula, steps);
      EXPECT_EQ(checked.error().kind, Failure::corrupt) << checked.error().message << certificate(formula, steps);
      refused_late += checked.error().message.starts_with(line_of_step(formula, 0)) ? 0 : 1;
    }
  }
  EXPECT_GT(refused_late, 200);  // else nothing much was tried
}

TEST(Refutations, AreRefusedWhereTheyTakeAwayWhatIsNotThere) {
  const Formula formula = sat::testing::pigeons(4);
  const Lines steps = lines_of(*sat::refute(formula));
  ASSERT_GT(steps.size(), 5);
  for (std::size_t at = 0; at < steps.size(); ++at) {
    Lines changed = steps;
    changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(at), "d 1 1 1 2 0");
    const auto checked = check(certificate(formula, changed));
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error(), (Error{Failure::corrupt, line_of_step(formula, at) + "there is no such clause to take away"}));
  }
}

}  // namespace
}  // namespace ringwall
