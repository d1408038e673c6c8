// What is said to other solvers is what policies mean: a request nailed down in SMT-LIB satisfies
// the text exactly if the plain evaluator lets it through.

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "policy/detail/values.h"
#include "policy/plain.h"
#include "policy/testing_documents.h"
#include "prover/detail/smtlib.h"
#include "prover/detail/smtlib_terms.h"
#include "solvers.h"
#include "text/encode.h"

namespace ringwall {
namespace {

using namespace prover::detail;
using policy::Effect;
using policy::Family;
using policy::Request;
using policy::Syntax;
using policy::testing::Choices;

constexpr int timeout_ms = 60'000;

// Does a statement allow, and none deny?
bool allows(const Syntax& syntax, const Request& request) {
  const policy::plain::Policy plain(syntax);
  bool allowed = false;
  for (std::size_t i = 0; i < plain.statements(); ++i) {
    if (plain.match(i, request) != policy::Mismatch::none) continue;
    if (syntax.statements[i].effect == Effect::deny) return false;
    allowed = true;
  }
  return allowed;
}

// The families that ask for each key's value.
std::map<std::string, std::set<Family>> families_of(const std::vector<const Syntax*>& documents) {
  std::map<std::string, std::set<Family>> families;
  for (const Syntax* document : documents) {
    for (const policy::Statement& statement : document->statements) {
      for (const policy::Condition& condition : statement.conditions) {
        std::set<Family>& of_key = families[condition.key];
        if (condition.op->family != Family::null) of_key.insert(condition.op->family);
      }
    }
  }
  return families;
}

// Says that the key has the value, or that it has one of another type.
Result<std::string> nailed(const std::string& key, const std::string& value, Family family) {
  const std::string symbol = smt_symbol(key), ill = smt_symbol(key, "!");
  const auto equals = [&](const std::string& what) { return "(and (not " + ill + ") (= " + symbol + " " + what + "))"; };
  switch (family) {
    case Family::number: {
      if (!policy::detail::parse_number(value)) return ill;
      RW_TRY(const std::string number, smt_real(value));
      return equals(number);
    }
    case Family::date: {
      const auto date = policy::detail::parse_date(value);
      return date ? equals(smt_integer(*date)) : ill;
    }
    case Family::address: {
      const auto address = text::parse_address(value);
      if (!address) return ill;
      const Bounds bounds = smt_bounds({*address, address->v6 ? 128 : 32});
      return "(and " + equals(bounds.first) + " (= " + smt_symbol(key, "/6") + (address->v6 ? " true))" : " false))");
    }
    default: {
      RW_TRY(const std::string text, smt_text(value));
      return "(= " + symbol + " " + text + ")";
    }
  }
}

// The text with the request nailed down. Failure::invalid: it cannot be.
Result<std::string> nailed(std::string text, const Request& request, const std::map<std::string, std::set<Family>>& families) {
  std::string pins;
  const auto pin = [&](const std::string& term) { pins += "(assert " + term + ")\n"; };
  const auto pin_text = [&](const std::string& variable, const std::string& value) -> Result<> {
    RW_TRY(const std::string quoted, smt_text(value));
    pin("(= " + variable + " " + quoted + ")");
    return {};
  };
  RW_DO(pin_text("action", text::lower(request.action)));
  RW_DO(pin_text("resource", request.resource));
  for (const auto& [key, of_key] : families) {
    const auto* values = request.context.find(key);
    const bool there = values != nullptr && !values->empty();
    pin(there ? smt_symbol(key, "?") : smt_not(smt_symbol(key, "?")));
    if (!there || of_key.empty()) continue;
    if (values->size() > 1) return fail(Failure::invalid, "several values");
    RW_TRY(const std::string term, nailed(key, values->front(), *of_key.begin()));
    pin(term);
  }
  if (text.contains("principal-type")) {
    const policy::Principal& caller = request.principal;
    pin("(= principal-type " + std::to_string(static_cast<int>(caller.type)) + ")");
    RW_DO(pin_text("principal-arn", caller.arn));
    RW_DO(pin_text("principal-role", caller.role_arn));
    RW_DO(pin_text("principal-account", caller.account));
    RW_DO(pin_text("principal-id", caller.unique_id));
    RW_DO(pin_text("principal-service", caller.service));
    RW_DO(pin_text("principal-provider", caller.provider));
    RW_DO(pin_text("principal-issuer", caller.issuer_arn));
  }
  return text.insert(text.rfind("(check-sat)"), pins);
}

struct Question {
  std::string document, smtlib;
  bool allowed;
};

std::vector<Question> random_questions(std::uint64_t seed, std::size_t count) {
  Choices choices(seed);
  std::vector<Question> questions;
  const policy::Kind kinds[] = {policy::Kind::identity, policy::Kind::resource, policy::Kind::scp, policy::Kind::trust, policy::Kind::endpoint};
  while (questions.size() < count) {
    const std::string_view service = choices.of(policy::testing::services);
    const policy::Kind kind = choices.of(kinds);
    const std::string source = policy::testing::document(choices, {kind, service}).dump();
    const auto syntax = policy::read(source, kind);
    if (!syntax) continue;
    const Syntax* one[] = {&*syntax};
    const auto text = smtlib_of(one, {}, Typing::none);
    if (!text) continue;
    for (int tries = 0; tries < 8; ++tries) {
      Request request = policy::testing::request(choices, service);
      if (choices.one_in(2)) request.context = {};
      auto pinned = nailed(*text, request, families_of({&*syntax}));
      if (pinned) questions.push_back({source, *std::move(pinned), allows(*syntax, request)});
    }
  }
  return questions;
}

void expect_agreement(const proofs::Program& program, std::uint64_t seed, std::size_t count) {
  const std::vector<Question> questions = random_questions(seed, count);
  std::string all;
  std::size_t allowed = 0;
  for (const Question& question : questions) {
    all += question.smtlib + "(reset)\n";
    allowed += question.allowed ? 1 : 0;
  }
  EXPECT_GT(allowed, count / 20);
  EXPECT_LT(allowed, count * 19 / 20);
  const auto told = proofs::ask(program, all, timeout_ms);
  ASSERT_TRUE(told) << told.error().message;
  ASSERT_EQ(told->lines.size(), questions.size()) << (told->lines.empty() ? "" : told->lines.back());
  for (std::size_t i = 0; i < questions.size(); ++i)
    ASSERT_EQ(told->lines[i], questions[i].allowed ? "sat" : "unsat") << questions[i].document << "\n" << questions[i].smtlib;
}

TEST(Smtlib, MeansToZ3WhatPoliciesMean) {
  if (!proofs::is_installed(proofs::z3)) GTEST_SKIP() << "z3 is not installed";
  expect_agreement(proofs::z3, 1, 150);
}

TEST(Smtlib, MeansToCvc5WhatPoliciesMean) {
  if (!proofs::is_installed(proofs::cvc5)) GTEST_SKIP() << "cvc5 is not installed";
  expect_agreement(proofs::cvc5, 2, 150);
}

}  // namespace
}  // namespace ringwall
