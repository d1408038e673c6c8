#include "text/json_patch.h"

#include <gtest/gtest.h>

namespace ringwall::text {
namespace {

Json json(std::string_view text) {
  auto read = parse_json(text);
  EXPECT_TRUE(read) << text;
  return read ? *std::move(read) : Json();
}

TEST(MergePatch, AnswersTheExamplesOfTheRfc) {
  struct Example {
    const char* original;
    const char* patch;
    const char* result;
  };
  // RFC 7396, appendix A.
  const Example examples[] = {
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", R"({})"},
      {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
      {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
      {R"({"a":"foo"})", "null", "null"},
      {R"({"a":"foo"})", R"("bar")", R"("bar")"},
      {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
      {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
      {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
  };
  for (const auto& [original, patch, result] : examples) {
    EXPECT_EQ(merge_patch(json(original), json(patch)), json(result)) << original << " " << patch;
  }
}

TEST(MergePatch, KeepsTheOrderOfWhatItDoesNotTouch) {
  EXPECT_EQ(merge_patch(json(R"({"z":1,"a":{"y":1,"b":2}})"), json(R"({"a":{"b":3}})")).dump(),
            R"({"z":1,"a":{"y":1,"b":3}})");
}

TEST(MergePatch, GoesAsDeepAsADocumentMay) {
  std::string deep;
  for (std::size_t i = 1; i < json_depth_max; ++i) deep += R"({"a":)";
  deep += "1" + std::string(json_depth_max - 1, '}');
  EXPECT_EQ(merge_patch(Json(), json(deep)), json(deep));
}

}  // namespace
}  // namespace ringwall::text
