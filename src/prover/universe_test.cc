// The prover's proofs against the evaluator: where the prover says that a universe has no request
// that the layers allow, none of many random requests of that universe may be allowed. Unlike the
// corpus tests, nothing is pinned: keys are free, callers are several, resources anybody's.

#include <gtest/gtest.h>

#include <charconv>
#include <cstdlib>
#include <cstdio>
#include <random>

#include "authz/testing_cases.h"
#include "catalogue/catalogue.h"
#include "prover/detail/keys.h"
#include "prover/testing_pinned.h"
#include "text/encode.h"

namespace ringwall::prover {
namespace {

using policy::testing::Choices;
using namespace std::literals;

constexpr std::size_t requests_per_proof = 1'000;

std::uint64_t environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  if (text == nullptr) return otherwise;
  const std::string_view digits(text);
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::string value_of(Choices& choices, KeyFacts::Type type, const std::string& random) {
  switch (type) {
    case KeyFacts::Type::boolean:
      return std::string(choices.of({"true"sv, "false"sv}));
    case KeyFacts::Type::number:
      return std::string(choices.of({"9"sv, "10"sv, "-1"sv, "9007199254740993"sv}));
    case KeyFacts::Type::date:
      return std::string(choices.of({"2026-01-02T03:04:05Z"sv, "2026-01-02T03:04:06Z"sv, "2030-01-01T00:00:00Z"sv}));
    case KeyFacts::Type::address:
      return std::string(choices.of({"10.0.0.1"sv, "10.1.0.1"sv, "192.168.1.1"sv, "2001:db8::1"sv}));
    case KeyFacts::Type::arn:
      return std::string(choices.of({"arn:aws:s3:::bucket"sv, "arn:aws:iam::111122223333:role/app"sv, "arn:aws:iam::444455556666:user/path/bob"sv}));
    default:
      return random;
  }
}

// Random keys as services send them: of their type, and several only where a key has several.
policy::Context keys_of(Choices& choices) {
  const policy::Context random = policy::testing::context(choices);
  policy::Context sent;
  for (const auto& entry : random.entries()) {
    const detail::KnownKey known = detail::known_key(text::lower(entry.key));
    std::vector<std::string> values;
    for (const std::string& value : entry.values) {
      if (!value.contains('\x80') && (known.several || values.empty())) values.push_back(value_of(choices, known.facts.type, value));
    }
    if (!values.empty()) sent.set(entry.key, std::move(values));
  }
  return sent;
}

Universe universe(Choices& choices) {
  Universe universe;
  for (std::size_t n = 1 + choices.below(3); n > 0; --n) {
    Caller caller{.principal = policy::testing::principal(choices)};
    if (choices.one_in(3)) caller.keys = keys_of(choices);
    universe.callers.push_back(std::move(caller));
  }
  const std::string account(choices.of(policy::testing::accounts));
  if (choices.one_in(3)) universe.owners = {{Owner::Kind::account, {account}}};
  else if (choices.one_in(2)) universe.owners = {{Owner::Kind::others, {account}}};
  universe.axioms = false;
  return universe;
}

std::string owner_of(Choices& choices, const Owner& owner) {
  if (owner.kind == Owner::Kind::unknown) return {};
  if (owner.kind == Owner::Kind::account) return owner.accounts.front();
  const auto account = std::string(choices.of({"111122223333"sv, "444455556666"sv, "777777777777"sv}));
  return account == owner.accounts.front() ? "777777777777" : account;
}

// Of a key that any request may carry a finding shows a value that people believe.
TEST(Universe, EveryGlobalKeyHasAValueToShow) {
  const auto& catalogue = catalogue::Catalogue::builtin();
  for (std::size_t index = 0; index < catalogue.global_key_count(); ++index) {
    const catalogue::ConditionKey key = catalogue.global_key_at(index);
    if (key.templated() || (key.type != catalogue::KeyType::string && key.type != catalogue::KeyType::arn)) continue;
    const detail::KnownKey known = detail::known_key(text::lower(key.name));
    EXPECT_FALSE(known.facts.examples.empty() && known.facts.only.empty()) << key.name;
  }
}

TEST(Universe, WhatIsProvedNoRandomRequestRefutes) {
  std::random_device device;
  const std::uint64_t first = environment("RINGWALL_SEED", device());
  const std::uint64_t worlds = environment("RINGWALL_WORLDS", 20);
  std::printf("RINGWALL_SEED=%s\n", std::to_string(first).c_str());
  std::size_t proved = 0, found = 0, undecided = 0, asked = 0;
  for (std::uint64_t seed = first; seed < first + worlds; ++seed) {
    Choices choices(seed);
    const authz::testing::World world = authz::testing::world(choices);
    const authz::Layers layers = world.owned.layers();
    Query query{.universe = universe(choices), .allowing = {{.layers = layers}}, .classes_max = 1};
    Prover prover;
    const Answer answer = prover.ask(query);  // what it finds it replays
    ASSERT_FALSE(answer.bug) << "the world of RINGWALL_SEED=" << seed << ": " << answer.bug->what << "\n" << answer.bug->question;
    ++(answer.verdict == Verdict::none ? proved : answer.verdict == Verdict::found ? found : undecided);
    if (answer.verdict != Verdict::none) continue;
    for (std::size_t i = 0; i < requests_per_proof; ++i) {
      policy::Request request = policy::testing::request(choices, world.service);
      const Caller& caller = query.universe.callers[choices.below(query.universe.callers.size())];
      request.principal = caller.principal;
      request.context = keys_of(choices);
      request.context.merge(caller.keys);
      request.resource_account = owner_of(choices, query.universe.owners.front());
      if (!testing::in_universe(request)) continue;
      ++asked;
      ASSERT_NE(authz::authorize(request, layers).verdict, authz::Verdict::allow)
          << "the world of RINGWALL_SEED=" << seed << ": `" << request.action << "` on `" << request.resource << "` of `" << request.resource_account << "`";
    }
  }
  std::printf("%zu proved, %zu found, %zu undecided; %zu requests\n", std::size_t{proved}, std::size_t{found}, std::size_t{undecided}, std::size_t{asked});
  EXPECT_GT(proved, worlds / 50);
  EXPECT_GT(asked, 0U);
}

}  // namespace
}  // namespace ringwall::prover
