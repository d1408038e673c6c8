#include "estate/table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace ringwall::estate {
namespace {

struct Word {
  std::string key;
  int value = 0;
};
std::string_view key_of(const Word& word) { return word.key; }

using Words = Table<Word>;

std::map<std::string, int> all_of(const Words& words) {
  std::map<std::string, int> all;
  words.for_each([&](const Word& word) { all.emplace(word.key, word.value); });
  return all;
}

TEST(Table, AnEmptyOneHasNothing) {
  const Words words;
  EXPECT_EQ(words.find("a"), nullptr);
  EXPECT_EQ(words.size(), 0U);
  EXPECT_TRUE(all_of(words).empty());
  Words::Editor editor(words);
  EXPECT_FALSE(editor.erase("a"));
  EXPECT_EQ(std::move(editor).finish().size(), 0U);
}

TEST(Table, AVersionStaysAsItIsWhileTheNextIsMade) {
  Words::Editor first({});
  first.put({"a", 1});
  first.put({"b", 2});
  const Words before = std::move(first).finish();
  Words::Editor second(before);
  second.put({"a", 10});
  second.put({"c", 3});
  EXPECT_TRUE(second.erase("b"));
  EXPECT_EQ(second.find("a")->value, 10);
  EXPECT_EQ(second.find("b"), nullptr);
  const Words after = std::move(second).finish();
  EXPECT_EQ(all_of(before), (std::map<std::string, int>{{"a", 1}, {"b", 2}}));
  EXPECT_EQ(all_of(after), (std::map<std::string, int>{{"a", 10}, {"c", 3}}));
}

// What `after` has that `before` has not, or not as the very same.
std::map<std::string, std::pair<int, int>> changes(const Words& before, const Words& after) {
  std::map<std::string, std::pair<int, int>> all;
  after.for_each_change(before, [&](const Word* was, const Word* is) {
    EXPECT_NE(was, is);
    const bool is_new = all.emplace((was != nullptr ? was : is)->key, std::pair(was != nullptr ? was->value : 0, is != nullptr ? is->value : 0)).second;
    EXPECT_TRUE(is_new);
  });
  return all;
}

TEST(Table, ChangesAreWhatWasPutAndErased) {
  Words::Editor first({});
  for (int i = 1; i <= 5000; ++i) first.put({std::to_string(i), i});
  const Words before = std::move(first).finish();
  Words::Editor second(before);
  second.put({"77", -1});
  second.put({"78", 78});  // another value that says the same
  second.put({"new", 1});
  EXPECT_TRUE(second.erase("79"));
  const Words after = std::move(second).finish();
  EXPECT_EQ(changes(before, after), (std::map<std::string, std::pair<int, int>>{{"77", {77, -1}}, {"78", {78, 78}}, {"79", {79, 0}}, {"new", {0, 1}}}));
  EXPECT_EQ(changes(after, before).size(), 4U);
  EXPECT_TRUE(changes(before, before).empty());
  EXPECT_TRUE(changes(Words(), Words()).empty());
  EXPECT_EQ(changes(Words(), before).size(), 5000U);
  EXPECT_EQ(changes(before, Words()).size(), 5000U);
}

TEST(Table, WhatWasNotPutAgainIsTheSameObjectInEveryVersion) {
  Words::Editor first({});
  for (int i = 0; i < 5000; ++i) first.put({std::to_string(i), i});
  const Words before = std::move(first).finish();
  Words::Editor second(before);
  second.put({"77", -1});
  const Words after = std::move(second).finish();
  int differ = 0;
  before.for_each([&](const Word& word) { differ += after.find(word.key) != &word; });
  EXPECT_EQ(differ, 1);
}

TEST(Table, VisitsInTheOrderOfKeys) {
  Words::Editor editor({});
  for (const char* key : {"m", "z", "a", "mm"}) editor.put({key, 0});
  std::string keys;
  std::move(editor).finish().for_each([&](const Word& word) { keys += word.key + " "; });
  EXPECT_EQ(keys, "a m mm z ");
}

TEST(Table, EqualsAMapAfterAnyEdits) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::map<std::string, int> expected;
  Words words;
  for (int version = 0; version < 60; ++version) {
    Words::Editor editor(words);
    for (int edit = 0; edit < 100; ++edit) {
      const std::string key = std::to_string(random() % 3000);
      if (random() % 3 == 0) {
        EXPECT_EQ(editor.erase(key), expected.erase(key) == 1);
      } else {
        expected[key] = edit;
        editor.put({key, edit});
      }
      const auto found = expected.find(key);
      const Word* word = editor.find(key);
      ASSERT_EQ(word != nullptr, found != expected.end());
      EXPECT_TRUE(word == nullptr || word->value == found->second);
    }
    words = std::move(editor).finish();
    ASSERT_EQ(words.size(), expected.size());
    ASSERT_EQ(all_of(words), expected);
  }
}

}  // namespace
}  // namespace ringwall::estate
