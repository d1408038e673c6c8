#include "yaml/yaml.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace ringwall::yaml {
namespace {

using text::Json;
using text::Position;

std::string read(std::string_view text, Tags tags = Tags::refused) {
  const auto json = parse(text, tags);
  return json ? json->dump() : json.error().message;
}

std::string value_of(std::string_view scalar) { return read(fmt::format("a: {}\n", scalar)); }

Position place(std::string_view text, const Json& value) {
  return text::position_of(text, value.offset());
}

TEST(Yaml, PlainScalarsAreThoseOfTheCoreSchema) {
  EXPECT_EQ(value_of("null"), R"({"a":null})");
  EXPECT_EQ(value_of("~"), R"({"a":null})");
  EXPECT_EQ(value_of(""), R"({"a":null})");
  EXPECT_EQ(value_of("True"), R"({"a":true})");
  EXPECT_EQ(value_of("false"), R"({"a":false})");
  EXPECT_EQ(value_of("12"), R"({"a":12})");
  EXPECT_EQ(value_of("+12"), R"({"a":12})");
  EXPECT_EQ(value_of("-12"), R"({"a":-12})");
  EXPECT_EQ(value_of("1.5"), R"({"a":1.5})");
  EXPECT_EQ(value_of("-.5"), R"({"a":-0.5})");
  EXPECT_EQ(value_of("+1.5e3"), R"({"a":1500})");
  EXPECT_EQ(value_of("0x1F"), R"({"a":31})");
  EXPECT_EQ(value_of("0o17"), R"({"a":15})");
}

TEST(Yaml, WhatOnlyYaml11TakesForSomethingElseIsText) {
  for (const char* word : {"yes", "no", "on", "off", "Y", "NO", "2012-10-17", "1:30", "1_000", "0b11",
                           "tRue", "1.2.3", ".", "-", "+.", "e3", "1e", "0x", "0o8", "10.0.0.0/8"}) {
    if (std::string_view(word) == "-") continue;  // begins a list
    EXPECT_EQ(value_of(word), fmt::format(R"({{"a":"{}"}})", word));
  }
  EXPECT_EQ(value_of("010"), R"({"a":10})");
}

TEST(Yaml, AnAccountNumberIsText) {
  EXPECT_EQ(value_of("012345678901"), R"({"a":"012345678901"})");
  EXPECT_EQ(value_of("111122223333"), R"({"a":"111122223333"})");
  EXPECT_EQ(value_of("11112222333"), R"({"a":11112222333})");
  EXPECT_EQ(value_of("1111222233334"), R"({"a":1111222233334})");
}

TEST(Yaml, QuotedAndBlockScalarsAreText) {
  EXPECT_EQ(value_of("\"123\""), R"({"a":"123"})");
  EXPECT_EQ(value_of("'null'"), R"({"a":"null"})");
  EXPECT_EQ(value_of("''"), R"({"a":""})");
  EXPECT_EQ(value_of("'it''s'"), R"({"a":"it's"})");
  EXPECT_EQ(value_of(R"("\u00e9\t\"")"), "{\"a\":\"\xc3\xa9\\t\\\"\"}");
  EXPECT_EQ(value_of("! 12"), R"({"a":"12"})");
  EXPECT_EQ(read("a: |\n  one\n  two\n"), R"({"a":"one\ntwo\n"})");
  EXPECT_EQ(read("a: >-\n  one\n  two\n"), R"({"a":"one two"})");
  EXPECT_EQ(read("a: |-\n  12\n"), R"({"a":"12"})");
}

TEST(Yaml, CollectionsNest) {
  EXPECT_EQ(read("a:\n- 1\n- b: c\n  d: [x, {y: z}]\n- - 2\n"),
            R"({"a":[1,{"b":"c","d":["x",{"y":"z"}]},[2]]})");
  EXPECT_EQ(read("{a, b: [p: q]}"), R"({"a":null,"b":[{"p":"q"}]})");
  EXPECT_EQ(read(R"({"Version": "2012-10-17", "Statement": []})"),
            R"({"Version":"2012-10-17","Statement":[]})");
  EXPECT_EQ(read("---\na: 1\n...\n"), R"({"a":1})");
  EXPECT_EQ(read("text"), R"("text")");
}

TEST(Yaml, AliasesExpandToWhatTheyName) {
  EXPECT_EQ(read("a: &x [1, &y 2]\nb: *x\nc: *y\n"), R"({"a":[1,2],"b":[1,2],"c":2})");
  EXPECT_EQ(read("a: &x 1\nb: &x 2\nc: *x\n"), R"({"a":1,"b":2,"c":2})");
  EXPECT_EQ(read("a: &x\nb: *x\n"), R"({"a":null,"b":null})");
  EXPECT_EQ(read("a: *x\n"), "line 1, column 4: the referenced anchor is not defined");
  EXPECT_EQ(read("a: &x [*x]\n"), "line 1, column 8: this alias stands within what it names");
}

TEST(Yaml, ShortTagsReadAsTheFunctionsTheyStandFor) {
  const auto of = [](std::string_view text) { return read(text, Tags::cloudformation); };
  EXPECT_EQ(of("a: !Ref Key"), R"({"a":{"Ref":"Key"}})");
  EXPECT_EQ(of("a: !Ref 12"), R"({"a":{"Ref":"12"}})");
  EXPECT_EQ(of("a: !GetAtt Role.Arn"), R"({"a":{"Fn::GetAtt":["Role","Arn"]}})");
  EXPECT_EQ(of("a: !GetAtt Nested.Outputs.Arn"), R"({"a":{"Fn::GetAtt":["Nested","Outputs.Arn"]}})");
  EXPECT_EQ(of("a: !GetAtt [Role, Arn]"), R"({"a":{"Fn::GetAtt":["Role","Arn"]}})");
  EXPECT_EQ(of("a: !Sub 'x${y}'"), R"({"a":{"Fn::Sub":"x${y}"}})");
  EXPECT_EQ(of("a: !Sub\n- x${y}\n- {y: 1}\n"), R"({"a":{"Fn::Sub":["x${y}",{"y":1}]}})");
  EXPECT_EQ(of("a: !Sub |\n  x\n  y\n"), R"({"a":{"Fn::Sub":"x\ny\n"}})");
  EXPECT_EQ(of("a: !Join ['', [a, !Ref b]]"), R"({"a":{"Fn::Join":["",["a",{"Ref":"b"}]]}})");
  EXPECT_EQ(of("a: !Condition B"), R"({"a":{"Condition":"B"}})");
  EXPECT_EQ(of("a: !Transform {Name: B}"), R"({"a":{"Fn::Transform":{"Name":"B"}}})");
  EXPECT_EQ(of("a: &x !Ref k\nb: *x"), R"({"a":{"Ref":"k"},"b":{"Ref":"k"}})");
}

TEST(Yaml, OtherTagsAreRefused) {
  EXPECT_EQ(read("a: !Ref b"), "line 1, column 4: the tag `!Ref` is not read here: leave it out");
  EXPECT_EQ(read("a: !!str 1"),
            "line 1, column 4: the tag `tag:yaml.org,2002:str` is not read here: leave it out");
  EXPECT_EQ(read("a:\n- !Wrong b", Tags::cloudformation),
            "line 2, column 3: the tag `!Wrong` is none of CloudFormation's");
  EXPECT_EQ(read("!Ref a: b", Tags::cloudformation), "line 1, column 1: a tag on a key is not read here");
}

TEST(Yaml, OffsetsAreThoseOfTheTextBehindItsTagAndAnchor) {
  const std::string text =
      "\xef\xbb\xbf# \xc3\xa9\r\n\"\xc3\xbc\xe2\x82\xac\": \xf0\x9f\x98\x80 \r\nb: &x  # why\n  [1, 'z']\n"
      "c: !Sub\n  - \"q\"\nd: *x\n";
  const auto json = parse(text, Tags::cloudformation);
  ASSERT_TRUE(json) << json.error().message;
  const auto& members = json->members();
  ASSERT_EQ(members.size(), 4u);
  EXPECT_EQ(text.substr(members[0].key_offset, 7), "\"\xc3\xbc\xe2\x82\xac\"");
  EXPECT_EQ(text.substr(members[0].value.offset(), 4), "\xf0\x9f\x98\x80");
  EXPECT_EQ(place(text, members[1].value), (Position{4, 3}));
  EXPECT_EQ(place(text, members[1].value.items()[1]), (Position{4, 7}));
  EXPECT_EQ(place(text, members[2].value), (Position{5, 4}));
  const Json& parts = members[2].value["Fn::Sub"];
  EXPECT_EQ(place(text, parts), (Position{6, 3}));
  EXPECT_EQ(place(text, parts.items()[0]), (Position{6, 5}));
  EXPECT_EQ(place(text, members[3].value), (Position{4, 3}));  // an alias: what it names
}

TEST(Yaml, ErrorsCarryLineAndColumn) {
  EXPECT_EQ(read("a: 1\nb: 2\na: 3\n"), "line 3, column 1: the key `a` stands here a second time");
  EXPECT_EQ(read("a: 1\n\"a\": 3\n"), "line 2, column 1: the key `a` stands here a second time");
  EXPECT_EQ(read("a: 1\n---\nb: 2\n"), "line 2, column 1: a second document begins here");
  EXPECT_EQ(read("a: 1\nb\n"), "line 2, column 1: no `:` follows the key `b`");
  EXPECT_EQ(read("[1,\n ,2]"), "line 2, column 2: no value stands before this comma");
  EXPECT_EQ(read("a: \"x\n"), "line 1, column 4: a `\"` that closes this text is missing");
  EXPECT_EQ(read("a: b: c\n"), "line 1, column 5: illegal map value");
  EXPECT_EQ(read("a: [1, 2"), "line 1, column 9: end of sequence flow not found");
  EXPECT_EQ(read("<<: {a: 1}"), "line 1, column 1: the merge key `<<` is not read here");
  EXPECT_EQ(read("[a]: b"), "line 1, column 1: a key that is a list or a map is not read here");
  EXPECT_EQ(read("~: b"), "line 1, column 1: a key that is null: quote it if it is text");
  EXPECT_EQ(read("x: &a b\n*a : c"), "line 2, column 1: an alias as a key is not read here");
  EXPECT_EQ(read("&a x: b"), "line 1, column 1: an anchor on a key is not read here");
  EXPECT_EQ(read("\xc3\xa9: .inf"),
            "line 1, column 5: `.inf` is a number past all that can be held: quote it if it is text");
  EXPECT_TRUE(value_of("1e999").contains("is a number past all")) << value_of("1e999");
  EXPECT_EQ(read("a: \xff"), "line 1, column 1: not UTF-8");
  EXPECT_EQ(read(std::string_view("a: \0b", 5)),
            "line 1, column 4: the control character 0x00 has no place in YAML");
  EXPECT_EQ(read("a: 1\n\x04 b: 2"),
            "line 2, column 1: the control character 0x04 has no place in YAML");
  EXPECT_EQ(read("a: 1\rb: 2"),
            "line 1, column 5: the control character 0x0d has no place in YAML");
  EXPECT_EQ(read(""), "line 1, column 1: an empty document");
  EXPECT_EQ(read("# nothing\n"), "line 1, column 1: an empty document");
}

TEST(Yaml, DepthHasALimitThatHolds) {
  const std::string at = std::string(depth_max, '[') + std::string(depth_max, ']');
  EXPECT_EQ(read(at), at);
  EXPECT_TRUE(read("[" + at + "]").ends_with("more than 64 levels deep")) << read("[" + at + "]");
  std::string block;
  for (std::size_t i = 0; i < 100'000; ++i) block += "- ";
  EXPECT_FALSE(parse(block));
  EXPECT_FALSE(parse(std::string(100'000, '[')));
  EXPECT_FALSE(parse(std::string(100'000, '{')));
}

TEST(Yaml, DepthCountsShortTagsAndAliases) {
  const auto within = [](std::size_t levels, std::string_view value) {
    return std::string(levels, '[') + std::string(value) + std::string(levels, ']');
  };
  EXPECT_TRUE(parse(within(depth_max - 2, "!Ref x"), Tags::cloudformation));
  EXPECT_FALSE(parse(within(depth_max - 1, "!Ref x"), Tags::cloudformation));
  EXPECT_TRUE(parse(within(depth_max - 2, "!If []"), Tags::cloudformation));
  EXPECT_FALSE(parse(within(depth_max - 1, "!If []"), Tags::cloudformation));
  // The anchored list is three levels, its anchor stands two deep.
  EXPECT_TRUE(parse("[&a [[1]], " + within(depth_max - 4, "*a") + "]"));
  EXPECT_FALSE(parse("[&a [[1]], " + within(depth_max - 3, "*a") + "]"));
}

TEST(Yaml, AliasBombsEnd) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    bomb += fmt::format("a{0}: &a{0} [", i);
    for (int j = 0; j < 10; ++j) bomb += fmt::format("{}*a{}", j == 0 ? "" : ", ", i - 1);
    bomb += "]\n";
  }
  EXPECT_TRUE(read(bomb).ends_with("more than 2000000 values, aliases expanded")) << read(bomb);
}

TEST(Yaml, NodesHaveALimitThatHolds) {
  // 1 list, 1 anchored list of 999, kept again for its anchor: 2,001 values; each alias is 1,000.
  std::string list = "- &a [";
  for (int i = 0; i < 999; ++i) list += i == 0 ? "1" : ",1";
  list += "]\n";
  for (std::size_t used = 2001; used + 1000 <= nodes_max; used += 1000) list += "- *a\n";
  for (std::size_t used = 0; used < (nodes_max - 2001) % 1000; ++used) list += "- 1\n";
  EXPECT_TRUE(parse(list));
  EXPECT_TRUE(read(list + "- 1\n").ends_with("values, aliases expanded"));
}

TEST(Yaml, BytesHaveALimitThatHolds) {
  std::string text = "a: 1\n#";
  text.resize(bytes_max, ' ');
  EXPECT_EQ(read(text), R"({"a":1})");
  text += ' ';
  EXPECT_EQ(read(text), "a YAML document of 16777217 bytes: the limit is 16777216");
}

}  // namespace
}  // namespace ringwall::yaml
