#pragma once
// For tests and fuzz targets: relations over a small alphabet and the words they collide with, and
// what the plain evaluator says of a word.

#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "policy/detail/plain_conditions.h"
#include "policy/plain.h"
#include "policy/testing_requests.h"
#include "prover/domain.h"

namespace ringwall::prover::testing {

using namespace std::literals;
using policy::Family;
using policy::testing::Choices;

// The relation of a document of one statement, as its reader takes it apart.
inline std::optional<Relation> relation_of(Relation::Kind kind, std::string_view op,
                                           const std::vector<std::string>& values) {
  text::Json list = text::Json::array();
  for (const std::string& value : values) list.push(value);
  text::Json statement =
      text::Json::object({{"Effect", "Allow"}, {"Action", "*"}, {"Resource", "*"}});
  if (kind == Relation::Kind::condition) {
    statement.edit("Condition").edit(op).set("aws:x", std::move(list));
  } else {
    statement.set(kind == Relation::Kind::action ? "Action" : "Resource", std::move(list));
  }
  const auto document = text::Json::object({{"Version", "2012-10-17"}, {"Statement", statement}});
  const auto syntax = policy::read(document.dump(), policy::Kind::identity, policy::Quota::waived);
  if (!syntax) return std::nullopt;
  const policy::Statement& read = syntax->statements.front();
  if (kind == Relation::Kind::action)
    return Relation{kind, Family::text, policy::Comparison::equal, read.actions};
  if (kind == Relation::Kind::resource)
    return Relation{kind, Family::text, policy::Comparison::equal, read.resources};
  const policy::Condition& condition = read.conditions.front();
  return Relation{kind, condition.op->family, condition.op->comparison, condition.values};
}

// The same, for values that are known to be good.
inline Relation made(std::string_view op, const std::vector<std::string>& values,
                     Relation::Kind kind = Relation::Kind::condition) {
  auto relation = relation_of(kind, op, values);
  RW_CHECK(relation.has_value());
  return *std::move(relation);
}

// What the policy room's plain evaluator says: the definition.
inline Truth plainly(const Relation& relation, std::string_view word) {
  using policy::plain::Truth;
  policy::Syntax syntax;
  policy::Statement statement;
  statement.effect = policy::Effect::allow;
  policy::Request request;
  request.action = "s3:GetObject";
  request.resource = "*";
  const auto as = [](Truth truth) { return static_cast<prover::Truth>(truth); };
  const policy::Listed star{"*", {policy::Piece{policy::Piece::Kind::any_run}}, 0};
  statement.actions = statement.resources = {star};
  if (relation.kind == Relation::Kind::condition) {
    policy::Condition condition;
    for (const policy::Operator& op : policy::operators())
      if (op.family == relation.family && op.comparison == relation.comparison && !op.negated)
        condition.op = &op;
    condition.key = "aws:x";
    condition.values = relation.values;
    request.context.set("aws:x", std::string(word));
    return as(policy::plain::holds(condition, request.context));
  }
  if (relation.kind == Relation::Kind::action) {
    statement.actions = relation.values;
    request.action = word;
  } else {
    statement.resources = relation.values;
    request.resource = word;
  }
  syntax.statements = {statement};
  const policy::plain::Policy policy(std::move(syntax));
  return policy.match(0, request) == policy::Mismatch::none ? prover::Truth::yes
                                                            : prover::Truth::no;
}

inline std::string small_text(Choices& choices, std::size_t size_max, bool wildcards) {
  std::string text;
  for (std::size_t n = choices.below(size_max + 1); n > 0; --n) {
    const std::size_t chosen = choices.below(wildcards ? 12 : 8);
    static constexpr std::string_view parts[] = {"a", "b", "A", "a", ":", "/", "\xC3\xA9", "x",
                                                 "*", "*", "?", "*"};
    text += parts[chosen];
  }
  return text;
}

inline std::string small_arn(Choices& choices, bool wildcards) {
  std::string text = wildcards && choices.one_in(6) ? "*" : "arn";
  for (std::size_t i = 0; i < 5; ++i) text += ":" + small_text(choices, 2, wildcards);
  return text;
}

inline std::string small_action(Choices& choices, bool wildcards) {
  std::string text = choices.of({"s"s, "ss"s, "S"s});
  text += ':';
  const std::size_t start = text.size();
  for (std::size_t n = 1 + choices.below(4); n > 0; --n)
    text += choices.of({'a', 'b', 'A', 'B', '-'});
  if (wildcards)
    for (std::size_t n = choices.below(3); n > 0; --n)
      text[start + choices.below(text.size() - start)] = choices.one_in(3) ? '?' : '*';
  return text;
}

enum class About : std::uint8_t { text, arns, resources, actions, numbers, dates, addresses, mixed };
inline constexpr About all_abouts[] = {About::text,    About::arns,  About::resources,
                                       About::actions, About::numbers, About::dates,
                                       About::addresses, About::mixed};

inline std::string small_number(Choices& choices) {
  static constexpr std::string_view all[] = {
      "0", "1", "2", "10", "10.0", "9.5", "-1", "-0", "1e1", "9007199254740993", "9007199254740992",
      "9007199254740992.0", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
      "1e300", "-1e300", "0.1", "1e-300"};
  return std::string(choices.of(all));
}

inline std::string small_date(Choices& choices) {
  static constexpr std::string_view all[] = {
      "2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z", "2026-01-02", "2026-01", "1767323045",
      "1767323045.5", "2026-01-02T03:04:05.678Z", "2026-01-02T04:04:05+01:00", "0", "1"};
  return std::string(choices.of(all));
}

inline std::string small_address(Choices& choices, bool prefix) {
  std::string text = choices.of({"10.0.0."s, "10.0.1."s, "10.1.0."s, "0.0.0."s, "255.255.255."s}) +
                     choices.of({"0"s, "1"s, "2"s, "7"s, "128"s, "255"s});
  if (choices.one_in(3)) text = choices.of({"2001:db8::1"s, "::"s, "::1"s, "2001:db8:1::"s, "ffff::"s});
  if (!prefix || choices.one_in(3)) return text;
  static constexpr std::string_view v4[] = {"/0", "/8", "/16", "/24", "/31", "/32"};
  static constexpr std::string_view v6[] = {"/0", "/32", "/48", "/127", "/128"};
  return text += text.contains(':') ? choices.of(v6) : choices.of(v4);
}

inline std::optional<Relation> relation(Choices& choices, About about) {
  using enum Relation::Kind;
  if (about == About::mixed)
    about = choices.of({About::text, About::arns, About::numbers, About::dates, About::addresses});
  const auto values = [&](auto make) {
    std::vector<std::string> all;
    for (std::size_t n = 1 + choices.below(3); n > 0; --n) all.push_back(make());
    return all;
  };
  switch (about) {
    case About::text: {
      static constexpr std::string_view ops[] = {"StringLike", "StringLike", "StringEquals",
                                                 "StringEqualsIgnoreCase"};
      return relation_of(condition, choices.of(ops),
                         values([&] { return small_text(choices, 6, true); }));
    }
    case About::arns:
      if (choices.one_in(4))
        return relation_of(condition, "StringLike",
                           values([&] { return small_text(choices, 6, true); }));
      return relation_of(condition, "ArnLike", values([&] { return small_arn(choices, true); }));
    case About::resources:
      return relation_of(resource, "", values([&] {
                           if (choices.one_in(8)) return "*"s;
                           std::string text = "arn:" + choices.of({"a"s, "*"s, "a*"s, "?"s}) + ":a";
                           for (std::size_t n = 3; n > 0; --n)
                             text += ":" + small_text(choices, 2, true);
                           return choices.one_in(4) ? text + "*" : text;
                         }));
    case About::actions:
      return relation_of(action, "", values([&] {
                           return choices.one_in(12) ? "*"s : small_action(choices, true);
                         }));
    case About::numbers: {
      static constexpr std::string_view ops[] = {"NumericEquals", "NumericLessThan",
                                                 "NumericLessThanEquals", "NumericGreaterThan",
                                                 "NumericGreaterThanEquals"};
      return relation_of(condition, choices.of(ops), values([&] { return small_number(choices); }));
    }
    case About::dates: {
      static constexpr std::string_view ops[] = {"DateEquals", "DateLessThan", "DateLessThanEquals",
                                                 "DateGreaterThan", "DateGreaterThanEquals"};
      return relation_of(condition, choices.of(ops), values([&] { return small_date(choices); }));
    }
    case About::addresses:
      return relation_of(condition, "IpAddress",
                         values([&] { return small_address(choices, true); }));
    case About::mixed:
      break;
  }
  return std::nullopt;
}

// A value that the relations may tell from others.
inline std::string word(Choices& choices, About about) {
  switch (about) {
    case About::text:
      return small_text(choices, 7, false);
    case About::arns:
      return choices.one_in(4) ? small_text(choices, 7, false) : small_arn(choices, false);
    case About::resources: {
      std::string text = "arn:a:a";
      for (std::size_t n = choices.below(5); n > 0; --n) text += ":" + small_text(choices, 2, false);
      return text;
    }
    case About::actions:
      return choices.one_in(12) ? small_text(choices, 4, false) : small_action(choices, false);
    case About::numbers:
      return small_number(choices);
    case About::dates:
      return small_date(choices);
    case About::addresses:
      return small_address(choices, false);
    case About::mixed:
      return word(choices, choices.of({About::text, About::arns, About::numbers, About::dates,
                                       About::addresses}));
  }
  return {};
}

inline std::vector<Truth> truths_of(const std::vector<Relation>& relations, std::string_view word) {
  std::vector<Truth> truths;
  for (const Relation& relation : relations) truths.push_back(relate(relation, word));
  return truths;
}

inline std::vector<const Relation*> pointers_to(const std::vector<Relation>& relations) {
  std::vector<const Relation*> all;
  for (const Relation& relation : relations) all.push_back(&relation);
  return all;
}

}  // namespace ringwall::prover::testing
