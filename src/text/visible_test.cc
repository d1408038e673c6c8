#include "text/visible.h"

#include <gtest/gtest.h>

#include "text/json.h"

namespace ringwall::text {
namespace {

// As a file's name, a principal's or a client's name of itself would carry them.
constexpr std::string_view hidden_ones[] = {
    "\x00", "\x1b", "\x7f", "\xc2\x85", "\xc2\x9b", "\xc2\xad", "\xd8\x9c", "\xe2\x80\x8b", "\xe2\x80\x8f", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xae",
    "\xe2\x81\xa6", "\xe2\x81\xa9", "\xef\xbb\xbf", "\xef\xbf\xbe", "\xf3\xa0\x80\xa1"};

TEST(Visible, NoDirectionMarkLineSeparatorOrControlCharacterIsShownAsItIs) {
  EXPECT_EQ(visible("a\xe2\x80\xae" "b\xe2\x80\xa8" "c\x1b[2Jd\ne"), "a\\u{202e}b\\u{2028}c\\u{1b}[2Jd\\u{a}e");
  EXPECT_EQ(visible_lines("a\n\tb"), "a\n\\u{9}b");
  for (const std::string_view one : hidden_ones) {
    const std::string text = "<" + std::string(one.data(), std::max<std::size_t>(one.size(), 1)) + ">";
    EXPECT_TRUE(visible(text).starts_with("<\\u{")) << visible(text);
  }
}

TEST(Visible, WhatHasAShapeStaysAsItIs) {
  constexpr std::string_view text = "caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x94\x91 \\ \" ~";
  EXPECT_EQ(visible(text), text);
}

TEST(Visible, BytesThatAreNotUtf8AreNamed) {
  EXPECT_EQ(visible("a\xff" "b"), "a\\xffb");
  EXPECT_EQ(visible("\xc0\xaf"), "\\xc0\\xaf");          // too long a form
  EXPECT_EQ(visible("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // half a surrogate pair
  EXPECT_EQ(visible("\xe2\x80"), "\\xe2\\x80");          // cut short
}

TEST(Visible, AJsonStringHidesNothingAndReadsBackAsItWas) {
  for (const std::string_view one : hidden_ones) {
    if (one.empty()) continue;
    const std::string text = "\"x\\" + std::string(one) + "y";
    std::string json;
    append_visible_json_string(json, text);
    EXPECT_EQ(json.find(one), std::string::npos) << json;
    const auto read = parse_json(json);
    ASSERT_TRUE(read) << json;
    EXPECT_EQ(read->as_string(), text);
  }
  std::string broken;
  append_visible_json_string(broken, "a\xff");
  EXPECT_EQ(broken, "\"a\\ufffd\"");
}

TEST(Visible, APrefixEndsBetweenCharacters) {
  EXPECT_EQ(prefix_of("abc", 3), "abc");
  EXPECT_EQ(prefix_of("abcd", 3), "abc");
  EXPECT_EQ(prefix_of("a\xf0\x9f\x94\x91", 5), "a\xf0\x9f\x94\x91");
  for (std::size_t size = 1; size < 5; ++size) EXPECT_EQ(prefix_of("a\xf0\x9f\x94\x91", size), "a") << size;
}

}  // namespace
}  // namespace ringwall::text
