// Whatever the relations: each atom is what it says it is, and no word is of a kind that no atom
// has. The bytes choose relations and words; the answers are the plain evaluator's.

#include <cstdint>

#include "prover/testing_relations.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall::prover;
  ringwall::policy::testing::Choices choices{std::span(data, size)};
  const testing::About about = choices.of(testing::all_abouts);
  std::vector<Relation> relations;
  for (std::size_t n = 1 + choices.below(4); n > 0; --n)
    if (auto relation = testing::relation(choices, about)) relations.push_back(*std::move(relation));
  const auto truths_of = [&](std::string_view word) {
    std::vector<Truth> truths;
    for (const Relation& relation : relations) truths.push_back(testing::plainly(relation, word));
    return truths;
  };
  const bool text = about == testing::About::resources || about == testing::About::actions;
  const KeyFacts facts{text ? KeyFacts::Type::text : KeyFacts::Type::untyped};
  const Domain domain = make_domain(facts, testing::pointers_to(relations), 5'000);
  for (const Atom& atom : domain.atoms) RW_CHECK(atom.truths == truths_of(atom.word));
  if (domain.incomplete) return 0;
  for (std::size_t n = 8; n > 0; --n) {
    const std::string word = testing::word(choices, about);
    if (word.empty()) continue;
    RW_CHECK(std::ranges::find(domain.atoms, truths_of(word), &Atom::truths) != domain.atoms.end());
  }
  return 0;
}
