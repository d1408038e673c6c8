#pragma once
// For tests and fuzzing: whatever a value answers to some tests, one of the samples answers too.

#include <string>
#include <string_view>
#include <vector>

#include "recheck/detail/asking.h"

namespace ringwall::recheck::testing {

using detail::answer;
using detail::condition_of;
using detail::samples;
using detail::Test;
using detail::Truth;

// One test, as `OPERATOR value` or `Resource pattern`; nothing where no policy could say so.
inline std::optional<Test> test_of(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string op(line.substr(0, space)), value(line.substr(space + 1));
  Test test;
  test.name = line;
  if (op == "Resource") {
    const text::Json statement = text::Json::object({{"Effect", "Allow"}, {"Action", "*"}, {"Resource", value}});
    const auto read = policy::read(text::Json::object({{"Version", "2012-10-17"}, {"Statement", statement}}).dump(), policy::Kind::identity);
    if (!read) return std::nullopt;
    test.kind = Test::Kind::resource;
    test.listed = read->statements.front().resources;
    return test;
  }
  auto condition = condition_of(op, "aws:RequestTag/key", {value});
  if (!condition || condition->op->family == policy::Family::null) return std::nullopt;
  condition->quantifier = policy::Quantifier::single;
  condition->if_exists = false;
  test.condition = *std::move(condition);
  return test;
}

struct Sampled {
  bool decided = false;  // are there samples?
  bool found = false;    // one of them answers as the value does
};
inline Sampled sampled(const std::string& value, const std::vector<Test>& tests) {
  std::vector<const Test*> asked;
  for (const Test& test : tests) asked.push_back(&test);
  const auto words = samples({.may_be_empty = true}, asked);
  if (!words) return {};
  const auto answers = [&](const std::string& word) {
    std::vector<Truth> all;
    for (const Test& test : tests) all.push_back(answer(test, word));
    return all;
  };
  const std::vector<Truth> wanted = answers(value);
  for (const std::string& word : *words) {
    if (answers(word) == wanted) return {true, true};
  }
  return {true, false};
}

}  // namespace ringwall::recheck::testing
