#include "text/json.h"

#include <gtest/gtest.h>

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
