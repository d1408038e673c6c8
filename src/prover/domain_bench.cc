// What it costs to tell a key's kinds of value apart.

#include <benchmark/benchmark.h>

#include "prover/testing_relations.h"

namespace {

using namespace ringwall::prover;
using testing::made;

void run(benchmark::State& state, const KeyFacts& facts, const std::vector<Relation>& relations) {
  const auto pointers = testing::pointers_to(relations);
  std::size_t atoms = 0;
  for (auto _ : state) {
    const Domain domain = make_domain(facts, pointers, 50'000);
    atoms = domain.atoms.size();
    benchmark::DoNotOptimize(atoms);
  }
  state.counters["atoms"] = static_cast<double>(atoms);
}

void one_literal(benchmark::State& state) {
  run(state, {}, {made("StringEquals", {"o-1234567890"})});
}
BENCHMARK(one_literal);

void literals_of_a_pair(benchmark::State& state) {
  const std::vector<std::string> all = {"vpc-11112222", "vpc-33334444", "vpc-55556666"};
  run(state, {}, {made("StringEquals", all), made("StringEquals", all), made("StringLike", {"vpc-*"})});
}
BENCHMARK(literals_of_a_pair);

void resources_of_a_pair(benchmark::State& state) {
  const auto of = [](const std::vector<std::string>& values) {
    return made("", values, Relation::Kind::resource);
  };
  run(state, {KeyFacts::Type::text, {}, {"arn:*:s3:::*"}, {}},
      {of({"arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"}), of({"arn:aws:s3:::bucket/red/*"}),
       of({"arn:aws:s3:::*/key"})});
}
BENCHMARK(resources_of_a_pair);

void arns(benchmark::State& state) {
  run(state, {KeyFacts::Type::arn},
      {made("ArnLike", {"arn:aws:iam::111122223333:role/*"}),
       made("ArnLike", {"arn:aws:iam::*:role/app", "arn:aws:iam::111122223333:user/alice"})});
}
BENCHMARK(arns);

void addresses(benchmark::State& state) {
  run(state, {KeyFacts::Type::address},
      {made("IpAddress", {"10.0.0.0/8", "192.0.2.0/24"}), made("IpAddress", {"10.1.0.0/16"})});
}
BENCHMARK(addresses);

void numbers(benchmark::State& state) {
  run(state, {KeyFacts::Type::number}, {made("NumericLessThan", {"3600"})});
}
BENCHMARK(numbers);

// The size of the largest managed policies, half of them prefixes.
std::vector<std::string> actions(std::size_t count) {
  static constexpr std::string_view verbs[] = {"Get", "List", "Describe", "Create", "Delete", "Update"};
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) {
    std::string action = "service" + std::to_string(i % 150) + ":" + std::string(verbs[i % 6]) +
                         "Thing" + std::to_string(i / 6);
    if (i % 2 == 0) action += '*';
    all.push_back(std::move(action));
  }
  return all;
}

// The last of them is in one only, and another in the other only.
void patterns_of_a_pair(benchmark::State& state) {
  auto one = actions(3'188), other = one;
  one.pop_back();
  other.erase(other.begin());
  run(state, {}, {made("", one, Relation::Kind::action), made("", other, Relation::Kind::action)});
}
BENCHMARK(patterns_of_a_pair)->Unit(benchmark::kMillisecond);

// No two sets of relations alike, so everything is looked at.
void patterns_of_four(benchmark::State& state) {
  const auto all = actions(3'188);
  std::vector<Relation> relations;
  for (std::size_t part = 0; part < 4; ++part) {
    std::vector<std::string> some;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (i * 4 / all.size() == part) some.push_back(all[i]);
    relations.push_back(made("", some, Relation::Kind::action));
  }
  run(state, {}, relations);
}
BENCHMARK(patterns_of_four)->Unit(benchmark::kMillisecond);

void forty_stars(benchmark::State& state) {
  std::vector<Relation> relations;
  for (std::size_t i = 0; i < 40; ++i) {
    std::string pattern;
    for (std::size_t j = 0; j < 10; ++j)
      pattern += "*" + std::string(1, static_cast<char>('a' + (i * 7 + j * 3) % 26));
    relations.push_back(made("StringLike", {pattern + "*"}));
  }
  run(state, {}, relations);
}
BENCHMARK(forty_stars)->Unit(benchmark::kMillisecond);

}  // namespace
