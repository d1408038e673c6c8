// Decisions by indexes that many callers share, while policies come, change and go, against the
// plain evaluator, which knows no index. With RINGWALL_SEED it runs again, with RINGWALL_DECISIONS
// longer.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "authz/testing_cases.h"

namespace ringwall::authz::testing {
namespace {

std::uint64_t environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

policy::DocumentPtr some_document(Choices& choices, Kind kind) {
  while (true) {
    if (auto document =
            policy::compile(policy::testing::document(choices, Topic{kind, "s3"}).dump(), kind))
      return *std::move(document);
  }
}

// Callers whose policies come from a small stock, so that many have the same, or all but one.
class Population {
 public:
  explicit Population(Choices& choices) : choices_(choices) {
    for (auto& [kind, stock] : stocks_) {
      for (int i = 0; i < 6; ++i) stock.push_back(some_document(choices, kind));
    }
    for (Caller& caller : callers_)
      caller = {.identity = list(Kind::identity), .scps = tree(Kind::scp), .rcps = tree(Kind::rcp)};
  }

  // Something changes for one caller, or for all who have a policy.
  void change() {
    Caller& caller = callers_[choices_.below(std::size(callers_))];
    const Caller& other = callers_[choices_.below(std::size(callers_))];
    switch (choices_.below(7)) {
      case 0:
        return change_everywhere();
      case 1:
        return void(caller = other);  // all the same
      case 2:
        caller.identity = other.identity;  // all but one
        return edit(caller.identity, Kind::identity);
      case 3:
        return edit(caller.identity, Kind::identity);
      case 4:
        return edit(caller.scps, Kind::scp);
      case 5:
        return edit(caller.rcps, Kind::rcp);
      default:
        return void(caller = {.identity = list(Kind::identity),
                              .scps = tree(Kind::scp),
                              .rcps = tree(Kind::rcp)});
    }
  }

  // The first difference among some decisions; empty if there is none.
  std::string ask(int decisions) {
    plain::Evaluator twin;
    for (; decisions > 0; --decisions) {
      const Caller& caller = callers_[choices_.below(std::size(callers_))];
      const policy::Request request = policy::testing::request(choices_, "s3");
      Layers layers{.identity = caller.identity, .scps = caller.scps, .rcps = caller.rcps};
      if (choices_.one_in(8))
        layers.identity = std::span<const Named>(caller.identity)
                              .subspan(caller.identity.size() / 2);  // has no index
      const Decision decision = authorize(request, layers),
                     expected = twin.authorize(request, layers);
      if (decision != expected)
        return request.action + ": decided " + described(decision) + ", but the plain twin " +
               described(expected);
    }
    return "";
  }

  // Whoever has the same documents shares an index, and nobody else does; of fewer than four
  // policies there is none. Empty if that is so.
  std::string ill_shared() const {
    for (const Caller& one : callers_) {
      if ((one.identity.index() != nullptr) != (one.identity.size() >= 4)) return "few policies";
      for (const Caller& other : callers_) {
        const bool indexed = one.identity.size() >= 4;
        if (indexed &&
            same(one.identity, other.identity) != (one.identity.index() == other.identity.index()))
          return "identity";
        for (const auto chain : {&Caller::scps, &Caller::rcps}) {
          const bool equal = std::ranges::equal(one.*chain, other.*chain, same, &Level::policies,
                                                &Level::policies);
          if (equal != ((one.*chain).index() == (other.*chain).index())) return "levels";
        }
      }
    }
    return "";
  }

 private:
  struct Caller {
    Policies identity;
    Chain scps, rcps;
  };

  static bool same(std::span<const Named> one, std::span<const Named> other) {
    return std::ranges::equal(one, other, {}, &Named::document, &Named::document);
  }

  std::vector<policy::DocumentPtr>& stock(Kind kind) {
    return std::ranges::find(stocks_, kind,
                             &std::pair<Kind, std::vector<policy::DocumentPtr>>::first)
        ->second;
  }
  // Names differ where documents do not: an inline policy is named after who has it.
  Named one(Kind kind) {
    return {"policy " + std::to_string(names_++), choices_.of<policy::DocumentPtr>(stock(kind))};
  }
  std::vector<Named> some(Kind kind) {
    std::vector<Named> all;
    for (std::size_t n = choices_.below(8); n > 0; --n) all.push_back(one(kind));
    return all;
  }
  Policies list(Kind kind) { return {some(kind), indexes_}; }
  Chain tree(Kind kind) {
    std::vector<Level> levels;
    for (std::size_t n = choices_.below(3); n > 0; --n) levels.push_back({"level", some(kind)});
    return {std::move(levels), indexes_};
  }

  void edit(std::vector<Named>& all, Kind kind) {
    switch (choices_.below(3)) {
      case 0:
        return all.push_back(one(kind));
      case 1:
        if (!all.empty()) all[choices_.below(all.size())] = one(kind);
        return;
      default:
        if (!all.empty())
          all.erase(all.begin() + static_cast<std::ptrdiff_t>(choices_.below(all.size())));
    }
  }
  void edit(Policies& policies, Kind kind) {
    std::vector<Named> all(policies.begin(), policies.end());
    edit(all, kind);
    policies = {std::move(all), indexes_};
  }
  void edit(Chain& chain, Kind kind) {
    std::vector<Level> levels = chain;
    // A document that passes from one level to the next leaves the list of all as it was.
    if (levels.size() > 1 && choices_.one_in(3) && !levels[0].policies.empty()) {
      levels[1].policies.insert(levels[1].policies.begin(), levels[0].policies.back());
      levels[0].policies.pop_back();
    } else if (!levels.empty()) {
      edit(levels[choices_.below(levels.size())].policies, kind);
    } else {
      levels.push_back({"level", some(kind)});
    }
    chain = {std::move(levels), indexes_};
  }
  // A policy gets another text: the old document goes, and the new one may well take its place in
  // memory.
  void change_everywhere() {
    auto& [kind, documents] = stocks_[choices_.below(std::size(stocks_))];
    policy::DocumentPtr& document = documents[choices_.below(documents.size())];
    policy::DocumentPtr before = std::exchange(document, some_document(choices_, kind));
    const auto replace = [&](std::vector<Named>& all) {
      for (Named& named : all) {
        if (named.document == before) named.document = document;
      }
    };
    for (Caller& caller : callers_) {
      std::vector<Named> identity(caller.identity.begin(), caller.identity.end());
      replace(identity);
      caller.identity = {std::move(identity), indexes_};
      for (Chain* chain : {&caller.scps, &caller.rcps}) {
        std::vector<Level> levels = *chain;
        for (Level& level : levels) replace(level.policies);
        *chain = {std::move(levels), indexes_};
      }
    }
  }

  Choices& choices_;
  Indexes indexes_;
  std::pair<Kind, std::vector<policy::DocumentPtr>> stocks_[3] = {
      {Kind::identity, {}}, {Kind::scp, {}}, {Kind::rcp, {}}};
  int names_ = 0;
  Caller callers_[6];
};

TEST(SharedIndexes, DecideAsTheEvaluatorWhilePoliciesComeChangeAndGo) {
  constexpr int changes_per_world = 40, decisions_per_change = 25;
  const std::uint64_t seed = environment("RINGWALL_SEED", std::random_device{}());
  const std::uint64_t decisions = environment("RINGWALL_DECISIONS", 60'000);
  std::printf("RINGWALL_SEED=%llu\n", static_cast<unsigned long long>(seed));
  constexpr std::uint64_t decisions_per_world = changes_per_world * decisions_per_change;
  for (std::uint64_t n = 0; n * decisions_per_world < decisions; ++n) {
    Choices choices(seed + n);
    Population population(choices);
    for (int change = 0; change < changes_per_world; ++change) {
      population.change();
      ASSERT_EQ(population.ill_shared(), "")
          << "world RINGWALL_SEED=" << seed + n << ", change " << change;
      ASSERT_EQ(population.ask(decisions_per_change), "")
          << "world RINGWALL_SEED=" << seed + n << ", change " << change;
    }
  }
}

TEST(SharedIndexes, AreMadeAgainWhenNobodyHasThemAnyMore) {
  const auto document = policy::compile(
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})",
      Kind::identity);
  ASSERT_TRUE(document);
  Indexes indexes;
  const std::vector<Named> policies(4, {"all", *document});
  IndexPtr first = indexes.over(policies), second = indexes.over(policies);
  EXPECT_EQ(first, second);
  const std::weak_ptr<const policy::Index> watched = first;
  first.reset();
  second.reset();
  EXPECT_TRUE(watched.expired());
  EXPECT_NE(indexes.over(policies), nullptr);
  EXPECT_EQ(indexes.over(std::span(policies).first(3)),
            nullptr);  // of three each is asked by itself
}

TEST(SharedIndexes, ChangingPoliciesTakesTheirIndexAway) {
  const auto document = policy::compile(
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})",
      Kind::identity);
  ASSERT_TRUE(document);
  Indexes indexes;
  Policies policies(std::vector<Named>(4, {"all", *document}), indexes);
  Layers layers{.identity = policies};
  EXPECT_EQ(layers.identity.index(), policies.index());
  EXPECT_NE(policies.index(), nullptr);
  layers.identity =
      std::span<const Named>(policies).first(0);  // others than those that have the index
  EXPECT_EQ(layers.identity.index(), nullptr);
  policies.edit().clear();
  EXPECT_EQ(policies.index(), nullptr);
}

}  // namespace
}  // namespace ringwall::authz::testing
