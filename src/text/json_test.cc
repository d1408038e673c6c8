#include "text/json.h"

#include <gtest/gtest.h>

#include "text/utf8.h"

namespace ringwall::text {
namespace {

std::string error_of(std::string_view text) {
  const auto json = parse_json(text);
  return json ? "accepted: " + json->dump() : json.error().message;
}

TEST(Json, WhatIsReadIsWrittenBack) {
  for (const char* text : {"{}", "[]", "null", "true", "-12", "1.5", R"("a\"b")",
                           R"({"a":[1,{"b":null},"x"],"c":{"d":false}})"}) {
    const auto json = parse_json(text);
    ASSERT_TRUE(json) << text << ": " << json.error().message;
    EXPECT_EQ(json->dump(), text);
  }
}

TEST(Json, WhatWasWrittenIsWrittenAgainAsItWas) {
  for (const char* text : {"-0", "-0.0", "-0e79", "1.0", "1e2", "0.1", "-2.5e-7", "9223372036854775808"}) {
    const std::string once = parse_json(text)->dump();
    EXPECT_EQ(parse_json(once)->dump(), once) << text;
  }
}

TEST(Json, RefusesWithAPosition) {
  EXPECT_EQ(error_of("{\"a\":1,\n \"a\":2}"), "line 2, column 2: the key `a` stands here a second time");
  for (const char* text : {"", "{", "[1,]", "{\"a\"}", "1 2", "{} x", "[1 2]", "nul", "\"\\ud800\"", "\"a", "01",
                           "{\"a\":1,}", "{'a':1}", "[1}", "\"\x01\""}) {
    EXPECT_TRUE(error_of(text).starts_with("line ")) << text << ": " << error_of(text);
  }
}

TEST(Json, DepthHasALimitThatHolds) {
  const std::string at = std::string(json_depth_max, '[') + std::string(json_depth_max, ']');
  EXPECT_TRUE(parse_json(at)) << error_of(at);
  EXPECT_FALSE(parse_json("[" + at + "]"));
}

TEST(Json, AReaderMayHaveOtherLimits) {
  const JsonLimits limits{.bytes_max = 90, .depth_max = 40};
  const std::string at = std::string(40, '[') + std::string(40, ']');
  EXPECT_FALSE(parse_json(at));
  EXPECT_TRUE(parse_json(at, limits));
  EXPECT_FALSE(parse_json("[" + at + "]", limits));
  EXPECT_TRUE(parse_json(at + std::string(10, ' '), limits));
  const auto past = parse_json(at + std::string(11, ' '), limits);
  ASSERT_FALSE(past);
  EXPECT_EQ(past.error().message, "a JSON document of 91 bytes: the limit is 90");
}

TEST(Json, AWordIsADocumentByItself) {
  for (const char* text : {"null", "null\n", " null  ", "\ttrue", "false "}) EXPECT_TRUE(parse_json(text)) << text;
  for (const char* text : {"null'\n", "nullx\n", "nul", "null null", " falsef", "truex\n"}) EXPECT_FALSE(parse_json(text)) << text;
}

TEST(Json, OffsetsPointIntoTheText) {
  const auto json = parse_json("{\n  \"a\": [1, \"x\"]}");
  ASSERT_TRUE(json);
  EXPECT_EQ(position_of("{\n  \"a\": [1, \"x\"]}", (*json)["a"].items()[1].offset()), (Position{2, 12}));
}

TEST(Json, WhatIsNotUtf8IsWrittenAsTheReplacementCharacter) {
  const std::string_view replaced = "\xEF\xBF\xBD";
  const auto written = [](std::string_view value) { return Json(value).dump(); };
  EXPECT_EQ(written("a\xff" "b"), "\"a" + std::string(replaced) + "b\"");
  for (const std::string_view bad : {"\xff", "\x80", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\"\xC3\"", "\xC3\\"}) {
    Json object = Json::object();
    object.set(bad, bad);
    for (const std::string& text : {object.dump(), object.dump_pretty(), written(bad)}) {
      EXPECT_TRUE(parse_json(text)) << text;
      EXPECT_TRUE(text.contains(replaced)) << text;
    }
  }
  for (const std::string_view good : {"\x7f", "\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEF\xBF\xBD"}) {
    EXPECT_EQ(written(good), "\"" + std::string(good) + "\"");
  }
}

TEST(Json, WhatIsTextIsToldFromWhatIsNot) {
  EXPECT_TRUE(all_utf8(*parse_json(R"({"ä":[1,null,"ö",{"x":true}]})")));
  EXPECT_FALSE(all_utf8(Json("\xff")));
  EXPECT_FALSE(all_utf8(Json::array({Json(1), Json("\xff")})));
  EXPECT_FALSE(all_utf8(Json::object({{"a", Json::object({{"\xff", 1}})}})));
}

TEST(Json, EqualityIgnoresMemberOrder) {
  EXPECT_EQ(*parse_json(R"({"a":1,"b":[2]})"), *parse_json(R"({"b":[2],"a":1})"));
  EXPECT_FALSE(*parse_json(R"({"a":1})") == *parse_json(R"({"a":1,"b":1})"));
}

TEST(Json, ReadingWhatIsAbsentIsNull) {
  const Json json = Json::object({{"a", Json::object({{"b", "c"}})}});
  EXPECT_EQ(json["a"].text("b"), "c");
  EXPECT_TRUE(json["x"]["y"]["z"].is_null());
}

}  // namespace
}  // namespace ringwall::text
