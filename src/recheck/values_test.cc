#include <gtest/gtest.h>

#include <random>

#include "recheck/testing_values.h"

namespace ringwall::recheck {
namespace {

using Asks = detail::Test;  // Test is the framework's here
using testing::Sampled;
using testing::test_of;

std::string random_text(std::mt19937_64& random, std::string_view letters, std::size_t length_max) {
  std::string text;
  for (std::size_t length = random() % (length_max + 1); text.size() < length;) text += letters[random() % letters.size()];
  return text;
}

// Short texts of few letters, so that patterns meet.
std::string random_arn(std::mt19937_64& random, std::string_view letters) {
  std::string arn = "arn";
  for (int part = 0; part < 5; ++part) arn += ":" + random_text(random, letters, 2);
  return arn;
}

TEST(Values, WhateverAValueAnswersASampleDoes) {
  std::mt19937_64 random(20261130);
  std::size_t decided = 0;
  for (int round = 0; round < 4'000; ++round) {
    std::vector<Asks> tests;
    for (std::size_t count = 1 + random() % 5; tests.size() < count;) {
      std::string line;
      switch (random() % 5) {
        case 0:
          line = "StringLike " + random_text(random, "ab:*?", 6);
          break;
        case 1:
          line = "StringEqualsIgnoreCase " + random_text(random, "aAbB:", 4);
          break;
        case 2:
          line = "ArnLike " + random_arn(random, "ab*?");
          break;
        case 3:
          line = "Resource " + random_arn(random, "ab*?");
          break;
        default:
          line = "StringNotEquals " + random_text(random, "ab:", 4);
          break;
      }
      if (auto test = test_of(line)) tests.push_back(*std::move(test));
    }
    const std::string value = random() % 2 == 0 ? random_arn(random, "abA:/") : random_text(random, "abAB:x", 6);
    const Sampled sampled = testing::sampled(value, tests);
    decided += sampled.decided ? 1 : 0;
    std::string said;
    for (const Asks& test : tests) said += test.name + "\n";
    ASSERT_TRUE(!sampled.decided || sampled.found) << "`" << value << "`\n" << said;
  }
  EXPECT_GT(decided, 3'900);
}

TEST(Values, NumbersDatesAndAddressesAreSampledOnBothSidesOfEveryBound) {
  const auto holds = [](const std::string& value, std::initializer_list<const char*> lines) {
    std::vector<Asks> tests;
    for (const char* line : lines) tests.push_back(test_of(line).value());
    const Sampled found = testing::sampled(value, tests);
    return found.decided && found.found;
  };
  for (const char* value : {"16", "17", "17.25", "18", "18.5", "1e9", "-5", "x"}) EXPECT_TRUE(holds(value, {"NumericLessThan 18", "NumericGreaterThan 17", "NumericEquals 17"})) << value;
  for (const char* value : {"2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.500Z", "2026-01-01T00:00:01Z", "2030-01-01", "x"})
    EXPECT_TRUE(holds(value, {"DateLessThanEquals 2026-01-01T00:00:00Z", "DateGreaterThan 2026-01-01T00:00:01Z"})) << value;
  for (const char* value : {"9.255.255.255", "10.0.0.0", "10.0.0.7", "10.0.0.8", "255.255.255.255", "::", "fd00::1", "fe00::", "x"})
    EXPECT_TRUE(holds(value, {"IpAddress 10.0.0.0/29", "IpAddress 10.0.0.4/30", "NotIpAddress fd00::/8", "IpAddress 255.255.255.255/32"})) << value;
}

TEST(Values, TestsOfSeveralTypesAreNotDecided) {
  EXPECT_FALSE(testing::sampled("1", {test_of("NumericEquals 1").value(), test_of("StringLike 1*").value()}).decided);
}

TEST(Values, AWalkPastItsBoundIsNotDecided) {
  std::vector<Asks> tests;
  for (int i = 0; i < 12; ++i) tests.push_back(test_of("StringLike *" + std::string(1, static_cast<char>('a' + i)) + "????????????*").value());
  EXPECT_FALSE(testing::sampled("a", tests).decided);
}

}  // namespace
}  // namespace ringwall::recheck
