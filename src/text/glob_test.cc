#include "text/glob.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace ringwall::text {
namespace {

struct GlobCase {
  const char* pattern;
  const char* text;
  bool matches;
};

TEST(Glob, MatchesAsItsWildcardsSay) {
  const GlobCase cases[] = {
      {"", "", true},
      {"", "a", false},
      {"a", "a", true},
      {"a", "A", false},
      {"a", "ab", false},
      {"*", "", true},
      {"*", "a:b/c", true},
      {"a*", "a", true},
      {"a*", "abc", true},
      {"a*", "ba", false},
      {"*c", "abc", true},
      {"*c", "cb", false},
      {"a*c", "abcbc", true},
      {"a*c", "abcb", false},
      {"*a*b*", "xaxbx", true},
      {"*a*b*", "xbxax", false},
      {"?", "", false},
      {"?", "a", true},
      {"?", "ab", false},
      {"a?c", "abc", true},
      {"?*", "", false},
      {"*?", "a", true},
      {"**", "", true},
      {"a**b", "ab", true},
      {"a*b*c", "aXbXbc", true},
      {"*.example.com", "a.example.com", true},
      {"*.example.com", "example.com", false},
  };
  for (const auto& [pattern, text, matches] : cases) {
    EXPECT_EQ(Glob(pattern).matches(text), matches) << pattern << " against " << text;
    EXPECT_EQ(Glob(pattern).matches_plainly(text), matches) << pattern << " against " << text;
  }
}

TEST(Glob, AQuestionMarkStandsForACharacterAndNotForAByte) {
  EXPECT_TRUE(Glob("caf?").matches("café"));
  EXPECT_FALSE(Glob("caf??").matches("café"));
  EXPECT_TRUE(Glob("*?").matches("é"));
  EXPECT_FALSE(Glob("*??").matches("é"));
}

TEST(Glob, IgnoringCaseIsForAsciiLettersOnly) {
  EXPECT_TRUE(Glob("S3:Get*", Case::ignore).matches("s3:GETobject"));
  EXPECT_FALSE(Glob("É", Case::ignore).matches("é"));
}

TEST(Glob, AnAppendedLiteralNeverActsAsAWildcard) {
  Glob glob("home/");
  glob.add_literal("*");
  glob.add_pattern("/*");
  EXPECT_TRUE(glob.matches("home/*/file"));
  EXPECT_FALSE(glob.matches("home/bob/file"));
}

TEST(Glob, AConfinedWildcardStopsAtAColon) {
  Glob run("a");
  run.add_any_run_in_part();
  run.add_literal("c");
  EXPECT_TRUE(run.matches("axyc"));
  EXPECT_FALSE(run.matches("ax:yc"));
  Glob one("a");
  one.add_any_one_in_part();
  EXPECT_TRUE(one.matches("ab"));
  EXPECT_FALSE(one.matches("a:"));
}

TEST(Glob, TheScanAgreesWithTheDefinition) {
  std::mt19937 random(20261121);
  RecordProperty("seed", 20261121);
  const std::string alphabet = "ab:";
  std::size_t matched = 0;
  for (int round = 0; round < 20'000; ++round) {
    Glob glob;
    const std::size_t symbols = random() % 7;
    // As in an ARN pattern: confined wildcards and free runs come first, a free `?` in the last
    // part.
    const std::size_t last_part = random() % 7;
    for (std::size_t i = 0; i < symbols; ++i) {
      switch (random() % 8) {
        case 0:
          glob.add_any_run();
          break;
        case 1:
          i < last_part ? glob.add_any_run_in_part() : glob.add_any_run();
          break;
        case 2:
          i < last_part ? glob.add_any_one_in_part() : glob.add_any_one();
          break;
        case 3:
          glob.add_any_one_in_part();
          break;
        default:
          glob.add_literal(alphabet.substr(random() % 3, 1));
      }
    }
    std::string text;
    for (std::size_t i = random() % 9; i > 0; --i) text += alphabet[random() % 3];
    EXPECT_EQ(glob.matches(text), glob.matches_plainly(text))
        << "round " << round << ", text " << text;
    matched += glob.matches(text) ? 1 : 0;
  }
  EXPECT_GT(matched, 500U);
}

}  // namespace
}  // namespace ringwall::text
