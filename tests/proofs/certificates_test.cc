// What the prover certifies, the checker verifies; and nothing once a clause is taken out of it.

#include <gtest/gtest.h>

#include "checker/checker.h"
#include "pairs.h"
#include "prover/prover.h"

namespace ringwall {
namespace {

Result<std::size_t> check(const std::string& text) {
  return checker::check(text, [](const checker::Verified&) {});
}

TEST(Certificates, OfTheProverHold) {
  std::size_t certified = 0, found = 0;
  for (const proofs::Pair& pair : proofs::mutated_pairs(20260403, 123)) {
    const auto mutated = policy::compile(pair.mutated, pair.kind), original = policy::compile(pair.original, pair.kind);
    ASSERT_TRUE(mutated && original);
    const prover::Query query = proofs::question(*mutated, *original);
    prover::Prover prover;
    const auto text = prover.certify(query);
    if (!text) {
      EXPECT_EQ(text.error().kind, Failure::conflict) << text.error().message;
      EXPECT_NE(prover.ask(query).verdict, prover::Verdict::none) << pair.mutated;
      ++found;
      continue;
    }
    const auto checked = check(*text);
    EXPECT_TRUE(checked) << checked.error().message << "\n" << pair.mutated << "\n" << pair.original << "\n" << text->substr(0, 3000);
    ++certified;
  }
  EXPECT_GT(certified, 30);
  EXPECT_GT(found, 30);
}

}  // namespace
}  // namespace ringwall
