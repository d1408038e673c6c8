#include "prover/domain.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "prover/testing_relations.h"
#include "text/encode.h"

namespace ringwall::prover {
namespace {

using namespace std::literals;
using policy::testing::Choices;
using testing::About;
using testing::made;
using enum Truth;
using Type = KeyFacts::Type;

constexpr std::size_t states_max = 50'000;

Domain domain_of(const KeyFacts& facts, const std::vector<Relation>& relations,
                 std::size_t states = states_max) {
  return make_domain(facts, testing::pointers_to(relations), states);
}

std::string shown(const std::vector<Relation>& relations) {
  std::string text;
  for (const Relation& relation : relations) {
    text += "[" + std::to_string(static_cast<int>(relation.kind)) + "/" +
            std::to_string(static_cast<int>(relation.family)) + "/" +
            std::to_string(static_cast<int>(relation.comparison));
    for (const policy::Listed& listed : relation.values) text += " `" + listed.text + "`";
    text += "]";
  }
  return text;
}

std::vector<std::string> words_of(const Domain& domain) {
  std::vector<std::string> words;
  for (const Atom& atom : domain.atoms) words.push_back(atom.word);
  return words;
}

const Atom* atom_of(const Domain& domain, const std::vector<Truth>& truths) {
  const auto atom = std::ranges::find(domain.atoms, truths, &Atom::truths);
  return atom == domain.atoms.end() ? nullptr : &*atom;
}

// What every domain keeps: its atoms are apart, and what they say is so.
void expect_right(const Domain& domain, const std::vector<Relation>& relations) {
  for (std::size_t i = 0; i < domain.atoms.size(); ++i) {
    const Atom& atom = domain.atoms[i];
    EXPECT_EQ(atom.truths, testing::truths_of(relations, atom.word)) << shown(relations) << atom.word;
    EXPECT_EQ(atom_of(domain, atom.truths), &atom) << "two atoms alike: " << shown(relations);
  }
}

TEST(Domain, AKeyWithoutTestsHasOneKindOfValue) {
  for (const Type type : {Type::text, Type::arn, Type::boolean, Type::number, Type::date,
                          Type::address}) {
    const Domain domain = domain_of({type}, {});
    ASSERT_EQ(domain.atoms.size(), 1U) << static_cast<int>(type);
    EXPECT_FALSE(domain.atoms[0].word.empty());
    EXPECT_FALSE(domain.incomplete);
  }
}

TEST(Domain, ALiteralIsOneKindAndAllElseTheOther) {
  const Domain domain = domain_of({}, {made("StringEquals", {"red"})});
  EXPECT_EQ(words_of(domain), (std::vector<std::string>{"x", "red"}));
  EXPECT_EQ(domain.atoms[0].truths, std::vector{no});
  EXPECT_EQ(domain.atoms[1].truths, std::vector{yes});
}

TEST(Domain, WordsAreShortestAndReadable) {
  const Domain domain = domain_of(
      {}, {made("StringLike", {"bucket/*"}), made("StringLike", {"buck*", "*key"})});
  EXPECT_EQ(words_of(domain), (std::vector<std::string>{"x", "key", "bucket/x"}));
}

TEST(Domain, TheEmptyTextIsAValueOnlyIfATestListsIt) {
  const std::vector<Relation> without = {made("StringLike", {"*"}), made("StringLike", {"a*"})};
  for (const std::string& word : words_of(domain_of({}, without))) EXPECT_NE(word, "");
  const std::vector<Relation> with = {made("StringLike", {"?*"}), made("StringEquals", {""})};
  const Domain domain = domain_of({}, with);
  EXPECT_NE(atom_of(domain, {no, yes}), nullptr);
  EXPECT_NE(atom_of(domain, {yes, no}), nullptr);
  EXPECT_EQ(domain.atoms.size(), 2U);
}

TEST(Domain, LettersCaseMattersOnlyToTestsThatAskForIt) {
  const std::vector<Relation> relations = {made("StringEquals", {"Red"}),
                                           made("StringEqualsIgnoreCase", {"rED"})};
  const Domain domain = domain_of({}, relations);
  EXPECT_EQ(domain.atoms.size(), 3U);
  ASSERT_NE(atom_of(domain, {yes, yes}), nullptr);
  EXPECT_EQ(atom_of(domain, {yes, yes})->word, "Red");
  EXPECT_NE(atom_of(domain, {no, yes}), nullptr);
  expect_right(domain, relations);
}

TEST(Domain, AQuestionMarkIsOneCharacter) {
  const std::vector<Relation> relations = {made("StringLike", {"?"}), made("StringLike", {"é"}),
                                           made("StringLike", {"??"})};
  const Domain domain = domain_of({}, relations);
  EXPECT_NE(atom_of(domain, {yes, yes, no}), nullptr);
  EXPECT_EQ(atom_of(domain, {no, yes, yes}), nullptr);
  EXPECT_EQ(domain.atoms.size(), 4U);
  expect_right(domain, relations);
}

TEST(Domain, ActionsAreComparedWithoutCaseAndShownAsWritten) {
  using enum Relation::Kind;
  const std::vector<Relation> relations = {made("", {"s3:GetObject"}, action),
                                           made("", {"s3:get*"}, action), made("", {"*:*"}, action)};
  const Domain domain = domain_of({}, relations);
  EXPECT_EQ(domain.atoms.size(), 3U);
  ASSERT_NE(atom_of(domain, {yes, yes, yes}), nullptr);
  EXPECT_EQ(text::lower(atom_of(domain, {yes, yes, yes})->word), "s3:getobject");
}

TEST(Domain, AResourcesWildcardGoesPastAColonOnlyAtItsPartsEnd) {
  using enum Relation::Kind;
  const std::vector<Relation> relations = {made("", {"arn:aws:s3:*"}, resource),
                                           made("", {"arn:aws:s3:a*b:c:d"}, resource),
                                           made("", {"arn:aws:s3:a*:c:d"}, resource)};
  const Domain domain = domain_of({}, relations);
  expect_right(domain, relations);
  EXPECT_NE(atom_of(domain, {yes, yes, yes}), nullptr);  // arn:aws:s3:ab:c:d
  EXPECT_NE(atom_of(domain, {yes, no, yes}), nullptr);   // arn:aws:s3:a:b:c:d
  EXPECT_EQ(atom_of(domain, {yes, yes, no}), nullptr);
}

TEST(Domain, WhatIsNoArnCannotBeEvaluatedAsOne) {
  const std::vector<Relation> relations = {made("ArnLike", {"arn:aws:s3:::a*"})};
  const Domain any = domain_of({Type::untyped}, relations);
  EXPECT_NE(atom_of(any, {unknown}), nullptr);
  EXPECT_EQ(any.atoms.size(), 3U);
  const Domain arns = domain_of({Type::arn}, relations);
  EXPECT_EQ(arns.atoms.size(), 2U);
  EXPECT_EQ(atom_of(arns, {unknown}), nullptr);
}

TEST(Domain, ABooleanIsTrueOrFalse) {
  const std::vector<Relation> relations = {made("Bool", {"true"})};
  EXPECT_EQ(words_of(domain_of({Type::boolean}, relations)),
            (std::vector<std::string>{"true", "false"}));
  EXPECT_EQ(domain_of({Type::untyped}, relations).atoms.size(), 3U);
  const std::vector<Relation> exact = {made("Bool", {"true"}), made("StringEquals", {"true"})};
  EXPECT_EQ(domain_of({Type::boolean}, exact).atoms.size(), 3U);  // TRUE, too
}

TEST(Domain, ShapesLimitTheValues) {
  KeyFacts facts{Type::text, {}, {"vpc-*"}, {}};
  const std::vector<Relation> relations = {made("StringEquals", {"vpc-1", "red"}),
                                           made("StringEquals", {"red"})};
  const Domain domain = domain_of(facts, relations);
  EXPECT_EQ(words_of(domain), (std::vector<std::string>{"vpc-x", "vpc-1"}));
  facts.shapes = {"????????????"};
  EXPECT_EQ(words_of(domain_of(facts, {made("StringEquals", {"111122223333"})})),
            (std::vector<std::string>{"000000000000", "111122223333"}));
}

TEST(Domain, ShapesThatAdmitNothingLeaveNoAtom) {
  EXPECT_TRUE(domain_of({Type::address, {}, {"vpc-*"}, {}}, {}).atoms.empty());
}

TEST(Domain, AClosedSetHasNoOtherValues) {
  const KeyFacts facts{Type::text, {"a", "b", "c"}, {}, {}};
  const Domain domain = domain_of(facts, {made("StringEquals", {"b", "d"})});
  EXPECT_EQ(words_of(domain), (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(domain.incomplete);
}

TEST(Domain, ExamplesAreTheWordsOfTheirKinds) {
  const KeyFacts facts{Type::text, {}, {}, {"alice", "team-red", "bob"}};
  const Domain domain = domain_of(facts, {made("StringLike", {"team-*"})});
  EXPECT_EQ(words_of(domain), (std::vector<std::string>{"alice", "team-red"}));
}

TEST(Domain, NumbersCutPointsAndIntervals) {
  const std::vector<Relation> relations = {made("NumericLessThan", {"3600"}),
                                           made("NumericEquals", {"3600"})};
  const Domain domain = domain_of({Type::number}, relations);
  EXPECT_EQ(words_of(domain), (std::vector<std::string>{"0", "3600", "3601"}));
  EXPECT_FALSE(domain.incomplete);
}

TEST(Domain, IntegersAndDoublesAreComparedAsPoliciesCompareThem) {
  const std::vector<Relation> relations = {made("NumericEquals", {"9007199254740993"}),
                                           made("NumericEquals", {"9007199254740992"}),
                                           made("NumericEquals", {"9007199254740992.0"})};
  const Domain domain = domain_of({Type::number}, relations);
  expect_right(domain, relations);
  // The integer 9007199254740993 is, to a double, 9007199254740992.
  EXPECT_NE(atom_of(domain, {yes, no, yes}), nullptr);
  EXPECT_NE(atom_of(domain, {no, yes, yes}), nullptr);
  EXPECT_NE(atom_of(domain, {yes, yes, yes}), nullptr);  // 9007199254740992.0
  EXPECT_NE(atom_of(domain, {no, no, no}), nullptr);
}

TEST(Domain, DatesCutMilliseconds) {
  const std::vector<Relation> relations = {made("DateGreaterThan", {"2026-01-02T03:04:05Z"}),
                                           made("DateLessThan", {"2026-01-02T03:04:05.001Z"})};
  const Domain domain = domain_of({Type::date}, relations);
  expect_right(domain, relations);
  EXPECT_EQ(domain.atoms.size(), 2U);
  EXPECT_FALSE(domain.incomplete);
}

TEST(Domain, AddressesCutRangesOfBothFamilies) {
  const std::vector<Relation> relations = {made("IpAddress", {"10.0.0.0/8", "2001:db8::/32"}),
                                           made("IpAddress", {"10.0.0.7"})};
  const Domain domain = domain_of({Type::address}, relations);
  EXPECT_EQ(words_of(domain), (std::vector<std::string>{"203.0.113.7", "10.0.0.1", "10.0.0.7"}));
  EXPECT_FALSE(domain.incomplete);
}

TEST(Domain, AnUntypedKeyHasValuesThatAreNoAddresses) {
  const Domain domain = domain_of({Type::untyped}, {made("IpAddress", {"10.0.0.0/8"})});
  EXPECT_EQ(domain.atoms.size(), 3U);
  EXPECT_NE(atom_of(domain, {unknown}), nullptr);
}

TEST(Domain, LiteralsBesideAddressesAreComplete) {
  const std::vector<Relation> relations = {made("IpAddress", {"203.0.113.0/24"}),
                                           made("StringEquals", {"203.0.113.7", "no address"})};
  const Domain domain = domain_of({Type::address}, relations);
  EXPECT_FALSE(domain.incomplete);
  EXPECT_EQ(domain.atoms.size(), 3U);
  ASSERT_NE(atom_of(domain, {yes, no}), nullptr);
  EXPECT_NE(atom_of(domain, {yes, no})->word, "203.0.113.7");
}

TEST(Domain, AKindWhoseValuesAreAllListedHasNoOther) {
  const std::vector<Relation> relations = {made("IpAddress", {"10.0.0.1/32"}),
                                           made("StringEquals", {"10.0.0.1"})};
  const Domain domain = domain_of({Type::address}, relations);
  EXPECT_FALSE(domain.incomplete);
  EXPECT_EQ(domain.atoms.size(), 2U);
}

TEST(Domain, PatternsBesideAddressesAreToldAsIncomplete) {
  const std::vector<Relation> relations = {made("IpAddress", {"10.0.0.0/8"}),
                                           made("StringLike", {"10.*.7"})};
  const Domain domain = domain_of({Type::address}, relations);
  EXPECT_EQ(domain.incomplete, "its values are compared as addresses and text");
  expect_right(domain, relations);
}

TEST(Domain, AnArnIsNeverANumber) {
  const std::vector<Relation> relations = {made("NumericLessThan", {"7"}),
                                           made("ArnLike", {"arn:aws:s3:::a"})};
  const Domain domain = domain_of({Type::arn}, relations);
  EXPECT_FALSE(domain.incomplete);
  EXPECT_EQ(domain.atoms.size(), 2U);
  expect_right(domain, relations);
}

// ---- bounds

std::vector<Relation> stars(std::size_t count, std::size_t each) {
  std::vector<Relation> relations;
  for (std::size_t i = 0; i < count; ++i) {
    std::string pattern;
    for (std::size_t j = 0; j < each; ++j)
      pattern += "*" + std::string(1, static_cast<char>('a' + (i * 7 + j * 3) % 26));
    relations.push_back(made("StringLike", {pattern + "*"}));
  }
  return relations;
}

TEST(Domain, TheBoundOnStatesIsKeptAndTold) {
  const std::vector<Relation> relations = {made("StringLike", {"ab*", "a?c", "abd"})};
  std::size_t enough = 1;
  while (domain_of({}, relations, enough).incomplete) ++enough;
  EXPECT_FALSE(domain_of({}, relations, enough).incomplete);
  const Domain cut = domain_of({}, relations, enough - 1);
  EXPECT_EQ(cut.incomplete, "its patterns tell more kinds of text apart than " +
                                std::to_string(enough - 1) + " states of their automaton can");
  expect_right(cut, relations);
}

TEST(Domain, ManyStarsEndAtTheBound) {
  const std::vector<Relation> relations = stars(40, 6);
  const Domain domain = domain_of({}, relations, 2'000);
  EXPECT_TRUE(domain.incomplete);
  EXPECT_EQ(domain.atoms.size(), 27U);  // 26 patterns, each with a word of its own, and none
  expect_right(domain, relations);
}

TEST(Domain, ManyQuestionMarksAreWalkedOnce) {
  std::vector<Relation> relations;
  for (std::size_t i = 1; i <= 40; ++i)
    relations.push_back(made("StringLike", {std::string(i, '?') + "*"}));
  const Domain domain = domain_of({}, relations);
  EXPECT_FALSE(domain.incomplete);
  EXPECT_EQ(domain.atoms.size(), 40U);
  expect_right(domain, relations);
}

TEST(Domain, ThousandsOfRelationsKeepTheirPlaces) {
  std::vector<Relation> relations;
  for (std::size_t i = 0; i < 200; ++i)
    relations.push_back(made("StringEquals", {"name" + std::to_string(i)}));
  const Domain domain = domain_of({}, relations);
  EXPECT_EQ(domain.atoms.size(), 201U);
  expect_right(domain, relations);
}

// ---- properties

KeyFacts facts_of(Choices& choices, About about) {
  KeyFacts facts;
  switch (about) {
    case About::text:
    case About::resources:
    case About::actions:
      break;
    case About::arns:
      facts.type = choices.of({Type::untyped, Type::arn, Type::text});
      break;
    case About::numbers:
      facts.type = choices.of({Type::untyped, Type::number, Type::number});
      break;
    case About::dates:
      facts.type = choices.of({Type::untyped, Type::date, Type::date});
      break;
    case About::addresses:
      facts.type = choices.of({Type::untyped, Type::address, Type::address});
      break;
    case About::mixed:
      facts.type = choices.of({Type::untyped, Type::text, Type::number, Type::address});
      break;
  }
  const bool text = about == About::text || about == About::arns;
  if (text && choices.one_in(3)) facts.shapes = {testing::small_text(choices, 5, true) + "*"};
  return facts;
}

// Is this a value of the key?
class Admission {
 public:
  explicit Admission(const KeyFacts& facts, const std::vector<Relation>& relations) {
    if (facts.type == Type::arn) typed_ = made("ArnLike", {"*"});
    if (facts.type == Type::number) typed_ = made("NumericEquals", {"1"});
    if (facts.type == Type::date) typed_ = made("DateEquals", {"2026-01"});
    if (facts.type == Type::address) typed_ = made("IpAddress", {"::"});
    if (!facts.shapes.empty()) shape_ = made("StringLike", facts.shapes);
    for (const Relation& relation : relations)
      for (const policy::Listed& listed : relation.values) lists_empty_ |= listed.text.empty();
  }
  bool takes(std::string_view word) const {
    if (word.empty() && !lists_empty_) return false;
    if (typed_ && relate(*typed_, word) == unknown) return false;
    return !shape_ || relate(*shape_, word) == yes;
  }

 private:
  std::optional<Relation> typed_, shape_;
  bool lists_empty_ = false;
};

void run(About about, std::uint64_t seed) {
  Choices choices(seed);
  std::vector<Relation> relations;
  for (std::size_t n = 1 + choices.below(4); n > 0; --n)
    if (auto relation = testing::relation(choices, about)) relations.push_back(*std::move(relation));
  const KeyFacts facts = facts_of(choices, about);
  const Admission admission(facts, relations);
  const Domain domain = domain_of(facts, relations);
  expect_right(domain, relations);
  for (const Atom& atom : domain.atoms)
    EXPECT_TRUE(admission.takes(atom.word)) << atom.word << shown(relations);
  EXPECT_TRUE(!domain.incomplete || about == About::mixed) << *domain.incomplete;
  for (std::size_t n = 20; n > 0; --n) {
    const std::string word = testing::word(choices, about);
    const std::vector<Truth> truths = testing::truths_of(relations, word);
    for (std::size_t i = 0; i < relations.size(); ++i)
      EXPECT_EQ(truths[i], testing::plainly(relations[i], word)) << shown({relations[i]}) << word;
    if (domain.incomplete || !admission.takes(word)) continue;
    EXPECT_NE(atom_of(domain, truths), nullptr)
        << "seed " << seed << ", `" << word << "`, type " << static_cast<int>(facts.type) << " "
        << (facts.shapes.empty() ? "" : facts.shapes[0]) << " " << shown(relations);
  }
}

class RandomRelations : public ::testing::TestWithParam<About> {};

TEST_P(RandomRelations, NoWordIsOfAKindThatNoAtomHas) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    run(GetParam(), seed);
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Domain, RandomRelations, ::testing::ValuesIn(testing::all_abouts));

}  // namespace
}  // namespace ringwall::prover
