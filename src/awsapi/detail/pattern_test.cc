#include "awsapi/detail/pattern.h"

#include <gtest/gtest.h>

namespace ringwall::awsapi::detail {
namespace {

bool matches(std::string_view source, std::string_view text) {
  const auto pattern = Pattern::compile(source);
  EXPECT_TRUE(pattern) << source << ": " << (pattern ? "" : pattern.error().message);
  return pattern && pattern->matches(text);
}

TEST(Pattern, MatchesWholeValuesOnly) {
  EXPECT_TRUE(matches("[\\w+=,.@-]+", "a.user@x-1"));
  EXPECT_FALSE(matches("[\\w+=,.@-]+", "a user"));
  EXPECT_FALSE(matches("[\\w+=,.@-]+", ""));
  EXPECT_FALSE(matches("^\\d{12}$", "1234567890123"));
  EXPECT_FALSE(matches("^\\d{12}$", "12345678901"));
  EXPECT_TRUE(matches("^\\d{12}$", "123456789012"));
  EXPECT_FALSE(matches("^\\d{12}$", "123456789012\n"));
}

TEST(Pattern, GroupsAlternativesAndRepetitions) {
  const char* path = "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)";
  for (const char* text : {"/", "/a/", "/a/b/"}) EXPECT_TRUE(matches(path, text)) << text;
  for (const char* text : {"", "a", "/a", "//", "/a b/"}) EXPECT_FALSE(matches(path, text)) << text;
  const char* target = "^(r-[0-9a-z]{4,32})|(\\d{12})|(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$";
  for (const char* text : {"r-ab12", "123456789012", "ou-ab12-abcdefgh"}) EXPECT_TRUE(matches(target, text)) << text;
  for (const char* text : {"r-ab1", "ou-ab12-abcdefg", "r-ab12-", "x123456789012"}) EXPECT_FALSE(matches(target, text)) << text;
  EXPECT_TRUE(matches("((/[A-Za-z0-9\\.,\\+@=_-]+)*)/", "/a.b/c/"));
  EXPECT_TRUE(matches("v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?", "v12.x-"));
  EXPECT_FALSE(matches("v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?", "v0"));
}

TEST(Pattern, LooksOneCharacterAhead) {
  const char* alias = "^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$";
  EXPECT_TRUE(matches(alias, "my-account"));
  EXPECT_FALSE(matches(alias, "my--account"));
  EXPECT_FALSE(matches(alias, "ab"));
  EXPECT_FALSE(matches(alias, "-ab"));
}

TEST(Pattern, ReadsClassesBeyondAscii) {
  const char* tag = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*";
  for (const char* text : {"", "caf\xC3\xA9 1-2", "\xE6\x97\xA5\xE6\x9C\xAC", "\xD9\xA3"}) EXPECT_TRUE(matches(tag, text)) << text;
  for (const char* text : {"a,b", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) EXPECT_FALSE(matches(tag, text)) << text;
  EXPECT_TRUE(matches("[\\u0020-\\u00FF]+", "\xC3\xBF"));
  EXPECT_FALSE(matches("[\\u0020-\\u00FF]+", "\xC4\x80"));
  EXPECT_TRUE(matches("[^\\s@]+@[^\\s@]+", "a@b"));
  EXPECT_FALSE(matches("[^\\s@]+@[^\\s@]+", "a@@b"));
}

TEST(Pattern, WhatWouldBacktrackForeverEndsAtOnce) { EXPECT_FALSE(matches("((a*)*)*b", std::string(20000, 'a'))); }

TEST(Pattern, RefusesWhatItDoesNotRead) {
  for (const char* source : {"(", ")", "[a", "a{2,1}", "a{x}", "*", "(?<=a)b", "(?!ab)", "\\b", "\\1", "\\p{Lu}", "\\u12", "a\\", "[b-a]", "a{1025}"}) {
    EXPECT_FALSE(Pattern::compile(source)) << source;
  }
}

TEST(Pattern, ItsSizeHasALimit) {
  EXPECT_TRUE(Pattern::compile("((a{60}){60})"));
  EXPECT_FALSE(Pattern::compile("((a{100}){100})"));
}

}  // namespace
}  // namespace ringwall::awsapi::detail
