#include "text/encode.h"

#include <gtest/gtest.h>

namespace ringwall::text {
namespace {

std::string round_trip(std::string_view plain) {
  const auto back = parse_base64(base64(bytes_of(plain)));
  return back ? std::string(text_of(*back)) : "refused: " + back.error().message;
}

TEST(Base64, TheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},           {"f", "Zg=="},         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},    {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(base64(bytes_of(plain)), encoded);
    EXPECT_EQ(round_trip(plain), plain);
  }
}

TEST(Base64, EveryByteSurvives) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  for (std::size_t cut = 0; cut < 4; ++cut) EXPECT_EQ(round_trip(all.substr(cut)), all.substr(cut));
}

TEST(Base64, RefusesWhatAnotherReaderCouldReadDifferently) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", " Zg==", "Zg==\n", "Zm-_", "Zm9v\xC3"}) {
    EXPECT_FALSE(parse_base64(text)) << text;
  }
}

TEST(Percent, UnreservedCharactersStayAndTheRestIsUpperHex) {
  EXPECT_EQ(percent_encode("aZ09-_.~ /+\xC3\xA9"), "aZ09-_.~%20%2F%2B%C3%A9");
  EXPECT_EQ(percent_encode("/a b/", true), "/a%20b/");
}

TEST(Percent, DecodingIsTheInverse) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(percent_decode(percent_encode(all), false), all);
  EXPECT_EQ(percent_decode(percent_encode(all), true), all);
  EXPECT_EQ(percent_decode("a+b%2b", true), "a b+");
  EXPECT_EQ(percent_decode("a+b", false), "a+b");
}

TEST(Percent, RefusesACutOrCrookedEscape) {
  for (const char* text : {"%", "%4", "a%", "%zz", "%4g", "%%41"}) EXPECT_FALSE(percent_decode(text, false)) << text;
  EXPECT_TRUE(percent_decode("%41", false));
}

TEST(Xml, WhatXmlCannotCarryIsReplaced) {
  EXPECT_EQ(xml_escape("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c'");
  EXPECT_EQ(xml_escape("\t\n\r"), "&#x9;&#xA;&#xD;");
  EXPECT_EQ(xml_escape(std::string_view("\x00\x1F", 2)), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(xml_escape("\xFF\xC3\xA9\xEF\xBF\xBF"), "\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD");
}

TEST(Utf8, AcceptsEveryLengthAndRefusesOverlongSurrogateAndCut) {
  for (const char* text : {"", "a", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(text));
  }
  for (const char* text : {"\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                           "\xF5\x80\x80\x80", "\xE2\x82"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(Lower, IsAsciiOnly) { EXPECT_EQ(lower("AbZ\xC3\x89[`"), "abz\xC3\x89[`"); }

}  // namespace
}  // namespace ringwall::text
