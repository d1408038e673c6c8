// What an index remembers is what its documents say, one by one.

#include "policy/index.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "policy/detail/hash.h"
#include "policy/testing_documents.h"
#include "policy/testing_requests.h"

namespace ringwall::policy {
namespace {

using testing::Choices;
using Documents = std::vector<DocumentPtr>;

Request request_for(std::string action) {
  Request request;
  request.principal.type = Principal::Type::user;
  request.action = std::move(action);
  request.resource = "*";
  return request;
}

DocumentPtr listing(const std::string& actions, const std::string& rest = "",
                    std::string_view effect = "Allow") {
  const auto document =
      compile(R"({"Version":"2012-10-17","Statement":[{"Effect":")" + std::string(effect) +
                  R"(",)" + actions + R"(,"Resource":"*")" + rest + "}]}",
              Kind::identity);
  EXPECT_TRUE(document) << actions << (document ? "" : document.error().message);
  return document.value_or(nullptr);
}
const std::string on_mondays = R"(,"Condition":{"StringEquals":{"aws:PrincipalTag/day":"monday"}})";

// What `candidates.first` has to answer: each document in turn.
std::optional<Candidates::Place> first_of(const Documents& documents, Effect effect,
                                          const Probe& probe) {
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const std::size_t statement = documents[i]->next(effect, 0, probe);
    if (statement < documents[i]->statements()) return Candidates::Place{i, statement};
  }
  return std::nullopt;
}

std::string described(const std::optional<Candidates::Place>& place) {
  return place ? std::to_string(place->document) + "#" + std::to_string(place->statement) : "none";
}

bool every_level_allows(const Documents& documents, const std::vector<std::uint32_t>& levels,
                        const Probe& probe) {
  auto document = documents.begin();
  for (const std::uint32_t count : levels) {
    const auto end = document + count;
    const auto allows = [&](const DocumentPtr& one) {
      return one->next(Effect::allow, 0, probe) < one->statements();
    };
    if (std::none_of(document, end, allows)) return false;
    document = end;
  }
  return true;
}

// The first difference between an index and its documents, about one request.
std::string difference(const Index& index, const Request& request) {
  for (const Exemptions exemptions : {Exemptions::listed, Exemptions::none}) {
    const Probe probe(request, exemptions);
    const Candidates* candidates = index.about(probe);
    if (candidates == nullptr) return "remembers nothing of " + request.action;
    for (const Effect effect : {Effect::deny, Effect::allow}) {
      const std::string answer = described(candidates->first(effect, probe));
      const std::string expected = described(first_of(index.documents(), effect, probe));
      if (answer != expected) return request.action + ": " + answer + " instead of " + expected;
    }
    if (candidates->every_level_allows(probe) !=
        every_level_allows(index.documents(), index.levels(), probe))
      return request.action + ": another answer about the levels";
  }
  return "";
}

TEST(Index, AnswersAsItsDocumentsDoAboutWhateverIsAsked) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    Choices choices(seed);
    const Kind kind = choices.of<Kind>({Kind::identity, Kind::scp, Kind::rcp, Kind::resource});
    Documents documents;
    std::vector<std::uint32_t> levels;
    for (std::size_t n = choices.below(5); n > 0; --n) {
      std::uint32_t& level = levels.emplace_back(0);
      for (std::size_t wanted = choices.below(5); wanted > 0; --wanted) {
        const auto document = compile(testing::document(choices, {kind, "s3"}).dump(), kind);
        if (!document) continue;
        documents.push_back(*document);
        ++level;
      }
    }
    const Index index(documents, levels);
    for (int i = 0; i < 100; ++i)
      ASSERT_EQ(difference(index, testing::request(choices, "s3")), "") << "seed " << seed;
  }
}

TEST(Index, KnowsAnActionInWhateverCaseItIsAskedFor) {
  const Index index({listing(R"("Action":"s3:GetObject")")}, {1});
  const Request small = request_for("s3:getobject"), large = request_for("S3:GETOBJECT");
  const Probe first(small), second(large);
  EXPECT_EQ(index.about(first), index.about(second));
  EXPECT_EQ(described(index.about(second)->first(Effect::allow, second)), "0#0");
}

TEST(Index, TellsRequestsForOneActionApartByWhatElseTheyAre) {
  const Index index({listing(R"("Action":"s3:*")", on_mondays)}, {1});
  Request monday = request_for("s3:GetObject");
  monday.context.set("aws:PrincipalTag/day", "monday");
  const Request sunday = request_for("s3:GetObject");
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(difference(index, monday), "");
    EXPECT_EQ(difference(index, sunday), "");
  }
  const Probe on_monday(monday), on_sunday(sunday);
  EXPECT_TRUE(index.about(on_monday)->every_level_allows(on_monday));
  EXPECT_FALSE(index.about(on_sunday)->every_level_allows(on_sunday));
}

// Two actions of the same hash, which anyone can make who knows how it is made: of two words, the
// second makes up for what the first changed.
std::pair<std::string, std::string> colliding() {
  const auto words_of = [](const std::string& text) {
    std::pair<detail::Word, detail::Word> words;
    std::memcpy(&words.first, text.data(), sizeof(detail::Word));
    std::memcpy(&words.second, text.data() + sizeof(detail::Word), sizeof(detail::Word));
    return words;
  };
  // The state behind the first word, as hash_of has it.
  const auto behind_first = [](detail::Word word) {
    constexpr std::uint64_t factor = 0x9e3779b97f4a7c15;
    std::uint64_t hash = (16 * factor ^ word) * factor;
    return hash ^ hash >> 32;
  };
  const std::string one = "s3:getobjectsnow";
  const auto [first, second] = words_of(one);
  for (int n = 0;; ++n) {
    std::string other = "s3:" + std::to_string(10000 + n) + "........";
    const detail::Word makes_up =
        behind_first(first) ^ second ^ behind_first(words_of(other).first);
    std::memcpy(other.data() + sizeof(detail::Word), &makes_up, sizeof makes_up);
    if (std::ranges::none_of(other, [](char c) { return c >= 'A' && c <= 'Z'; }))
      return {one, other};
  }
}

TEST(Index, TellsActionsOfOneHashApart) {
  const auto [one, other] = colliding();
  ASSERT_NE(one, other);
  ASSERT_EQ(detail::hash_of(one), detail::hash_of(other));
  const Index index({listing(R"("Action":"s3:GetObjectsNow")")}, {1});
  const Request allowed = request_for(one), refused = request_for(other);
  for (const Request* request : {&allowed, &refused, &allowed, &refused})
    EXPECT_EQ(difference(index, *request), "");
  const Probe probe(refused);
  EXPECT_EQ(described(index.about(probe)->first(Effect::allow, probe)), "none");
}

TEST(Index, OfNothingDeniesNothingAndAllowsNothing) {
  const Request request = request_for("s3:GetObject");
  const Probe probe(request);
  const Index nothing({}, {}), empty_level({}, {0});
  EXPECT_FALSE(nothing.about(probe)->first(Effect::deny, probe));
  EXPECT_FALSE(nothing.about(probe)->first(Effect::allow, probe));
  EXPECT_TRUE(nothing.about(probe)->every_level_allows(probe));       // there is none
  EXPECT_FALSE(empty_level.about(probe)->every_level_allows(probe));  // there is one
}

TEST(Index, RemembersSoManyActionsAndIsStillRightAboutThem) {
  const Index index(
      {listing(R"("Action":"s3:*")", on_mondays), listing(R"("Action":"s3:A7")", "", "Deny")}, {2});
  const auto asked = [&](std::size_t n) {
    return difference(index, request_for("s3:A" + std::to_string(n)));
  };
  for (std::size_t n = 0; n < remembered_actions_max; ++n) ASSERT_EQ(asked(n), "");
  EXPECT_EQ(asked(remembered_actions_max), "remembers nothing of s3:A512");
  for (std::size_t n = 0; n < remembered_actions_max; ++n) ASSERT_EQ(asked(n), "");
  EXPECT_EQ(asked(remembered_actions_max), "remembers nothing of s3:A512");
}

TEST(Index, RemembersSoManyStatements) {
  constexpr std::size_t documents = 128;
  static_assert(remembered_candidates_max % documents == 0);
  const Index index(Documents(documents, listing(R"("Action":"s3:*")", on_mondays)), {documents});
  const auto asked = [&](std::size_t n) {
    return difference(index, request_for("s3:A" + std::to_string(n)));
  };
  constexpr std::size_t last = remembered_candidates_max / documents;
  for (std::size_t n = 0; n < last; ++n) ASSERT_EQ(asked(n), "");
  EXPECT_EQ(asked(last), "remembers nothing of s3:A32");
  EXPECT_EQ(asked(0), "");
}

TEST(Index, ManyThreadsAskItAtOnceAndAllAreAnsweredRight) {
  constexpr int threads = 4, rounds = 20, actions = 60;
  for (int round = 0; round < rounds; ++round) {
    const Index index({listing(R"("Action":["s3:A1*","s3:A2"])"),
                       listing(R"("NotAction":"s3:A3*")", on_mondays, "Deny"),
                       listing(R"("Action":"*")", on_mondays)},
                      {1, 2});
    std::atomic<int> wrong = 0, waiting = threads;
    {
      std::vector<std::jthread> all;
      for (int thread = 0; thread < threads; ++thread) {
        all.emplace_back([&, thread] {
          for (--waiting; waiting > 0;) std::this_thread::yield();
          for (int i = 0; i < actions; ++i) {
            Request request = request_for("s3:A" + std::to_string((i * 7 + thread * 13) % actions));
            if (i % 2 == 0) request.context.set("aws:PrincipalTag/day", "monday");
            const Probe probe(request);
            const Candidates* candidates = index.about(probe);
            if (candidates == nullptr) continue;  // another thread was adding
            for (const Effect effect : {Effect::deny, Effect::allow})
              wrong += described(candidates->first(effect, probe)) !=
                       described(first_of(index.documents(), effect, probe));
            wrong += candidates->every_level_allows(probe) !=
                     every_level_allows(index.documents(), index.levels(), probe);
          }
        });
      }
    }
    ASSERT_EQ(wrong, 0);
    // Whoever asks alone is always remembered.
    for (int i = 0; i < actions; ++i)
      ASSERT_EQ(difference(index, request_for("s3:A" + std::to_string(i))), "");
  }
}

TEST(Index, HoldsItsDocuments) {
  auto document = listing(R"("Action":"s3:*")");
  const std::weak_ptr<const Document> watched = document;
  auto index =
      std::make_unique<const Index>(Documents{std::move(document)}, std::vector<std::uint32_t>{1});
  EXPECT_FALSE(watched.expired());
  EXPECT_EQ(difference(*index, request_for("s3:GetObject")), "");
  index.reset();
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace ringwall::policy
