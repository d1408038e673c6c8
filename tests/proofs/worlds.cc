// Small worlds, exhausted: draws estates, proves each, and holds the proof to what deciding every
// request says. usage: small_worlds SEED WORLDS THREADS [SHRUNK]
//
// Prints the seed, worlds, requests decided, differences by row, and the rate. Of each kind of
// difference the first SHRUNK (1) worlds are shrunk and printed. Exit status 1: there were differences.
//
// small_worlds laws SEED WORLDS: which worlds does each law of requests exclude? Of each, in how many worlds
// and cells exhaustion would tell a leak more if requests did not keep it, and the first such request.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "prove/testing_compare.h"

namespace {

using namespace ringwall;
using namespace ringwall::prove;
using namespace ringwall::prove::testing::worlds;

constexpr std::size_t letters = 24;              // statements of each sort
constexpr std::size_t worlds_per_alphabet = 20'000;
constexpr std::size_t worlds_per_memory = 2'000;
constexpr std::size_t worlds_per_line = 1'000;   // of progress
constexpr std::size_t worlds_per_question = 20;  // who-can, diff and compare are asked of one world in so many

struct Tally {
  std::mutex mutex;
  std::size_t worlds = 0, cells = 0, leaking = 0, inconclusive = 0;
  std::uint64_t requests = 0, checked = 0, others = 0, questions = 0, asked = 0;
  std::map<std::string, std::size_t> differences, undecided;
};

const Written& drawn(Choices& choices, Alphabet& alphabet) {
  Letters chosen = {choices.below(alphabet.letters(Sort::identity))};
  if (choices.one_in(2)) chosen.push_back(choices.below(alphabet.letters(Sort::identity)));
  return alphabet.document(Sort::identity, chosen);
}

void run(std::uint64_t seed, std::size_t count, Topic topic, Second second, std::size_t shrunk_max, Tally& tally) {
  Alphabet alphabet(seed, topic, second, letters);
  const Sets sets(alphabet.universe());
  Choices choices(seed + 1);
  Pool pool(choices, alphabet);
  std::shared_ptr<Memory> memory = make_memory(proofs_kept);
  auto prover = std::make_unique<prover::Prover>();
  authz::plain::Evaluator evaluator;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % worlds_per_memory == 0) memory = make_memory(proofs_kept);
    const World world = pool.draw();
    const loaders::Loaded loaded = Maker(world, alphabet).make();
    const perimeter::Perimeter file = perimeter_of(world, second);
    const Options options = proof_options();
    const Report report = prove::prove(loaded, file, options, memory);
    const Oracle oracle(world, alphabet, sets);
    const Compared all = compared(report, oracle);
    std::uint64_t checked = 0;
    for (int n = 0; n < 8; ++n) {
      const std::size_t at = choices.below(alphabet.universe().size());
      if (!oracle.requests().test(at)) continue;
      ++checked;
      const bool allowed = oracle.decide(at, loaded, evaluator).verdict == authz::Verdict::allow;
      if (allowed == oracle.allowed().test(at)) continue;
      const std::lock_guard lock(tally.mutex);
      ++tally.differences["the oracle itself differs from the plain evaluator"];
      std::printf("oracle: %s\n%s", written(alphabet.request(at)).c_str(), written(world, alphabet).c_str());
    }
    std::vector<std::string> others;
    if (i % worlds_per_question == 0) {
      others.push_back(who_differs(loaded, oracle, choices.of(std::span(alphabet.universe().spots()))));
      const World after = changed(world, pool.draw(), choices);
      others.push_back(change_differs(loaded, oracle, Maker(after, alphabet).make(), Oracle(after, alphabet, sets)));
      others.push_back(comparison_differs(*prover, drawn(choices, alphabet), drawn(choices, alphabet), sets));
    }
    const std::lock_guard lock(tally.mutex);
    for (const std::string& other : others) {
      if (other.empty()) continue;
      const std::string kind = other.substr(0, other.find(' ', other.find(' ') + 1));
      if (tally.differences[kind]++ < shrunk_max) std::printf("%s\n%s\n", other.c_str(), written(world, alphabet).c_str());
    }
    tally.others += others.size();
    ++tally.worlds;
    tally.cells += all.cells;
    tally.leaking += all.leaking;
    tally.inconclusive += all.inconclusive;
    tally.requests += oracle.requests().count();
    tally.checked += checked;
    tally.questions += report.statistics.questions;
    tally.asked += report.statistics.asked;
    for (const auto& [why, times] : all.undecided) tally.undecided[why] += times;
    for (const Disagreement& difference : all.differences) {
      const std::size_t before = tally.differences[kind_of(difference)]++;
      if (before >= shrunk_max) continue;
      std::printf("%s\n", shrunk(world, difference, alphabet, sets).c_str());
      std::fflush(stdout);
    }
    if (tally.worlds % worlds_per_line == 0) {
      std::size_t differences = 0;
      for (const auto& [kind, times] : tally.differences) differences += times;
      std::fprintf(stderr, "%zu worlds, %zu differences, %llu of %llu questions asked anew\n", tally.worlds, differences,
                   static_cast<unsigned long long>(tally.asked), static_cast<unsigned long long>(tally.questions));
    }
  }
}

// Every cell that a proof of the world has.
std::vector<std::pair<Objective, std::string>> cells_of(const World& world, Second second) {
  std::vector<std::pair<Objective, std::string>> cells;
  std::set<std::string> subjects;
  const auto add = [&](std::initializer_list<Objective> rows, const std::string& subject) {
    for (const Objective row : rows) cells.emplace_back(row, subject);
    subjects.insert(subject);
  };
  for (std::size_t i = 0; i < people; ++i) {
    const std::string arn = arn_of(static_cast<People>(i));
    if (world.persons[i].there) add({Objective::identity_resources, Objective::identity_networks}, arn);
    if (world.persons[i].there && i != 1) add({Objective::trust}, arn);
  }
  if (world.bucket.there) add({Objective::resource_principals, Objective::resource_networks}, bucket_arn);
  if (world.second.there) add({Objective::resource_principals, Objective::resource_networks}, second_arn(second, home));
  if (world.gate.there) add({Objective::network_principals, Objective::network_resources}, my_endpoint);
  for (const std::string& subject : subjects) cells.emplace_back(Objective::whole, subject);
  return cells;
}

int tell_laws(std::uint64_t seed, std::size_t worlds) {
  struct Without {
    std::size_t worlds = 0, cells = 0;
    std::string first = {};
  };
  std::vector<Without> without(std::size(laws));
  constexpr std::size_t alphabets = topics * 3;
  for (std::size_t n = 0; n < alphabets; ++n) {
    Alphabet alphabet(seed * 1'000'003 + n * 7, static_cast<Topic>(n % topics), static_cast<Second>(n / topics % 3), letters, Breadth::everything);
    const Sets all(alphabet.universe());
    std::vector<std::unique_ptr<const Sets>> fewer;
    for (std::size_t law = 0; law < std::size(laws); ++law) fewer.push_back(std::make_unique<const Sets>(alphabet.universe(), law));
    Choices choices(seed + n);
    Pool pool(choices, alphabet);
    for (std::size_t i = 0; i < worlds / alphabets; ++i) {
      const World world = pool.draw();
      const Oracle oracle(world, alphabet, all);
      for (std::size_t law = 0; law < std::size(laws); ++law) {
        const Oracle lawless(world, alphabet, *fewer[law]);
        std::size_t more = 0;
        for (const auto& [row, subject] : cells_of(world, second_of(alphabet))) {
          if (oracle.cell(row, subject).any()) continue;
          const Bits leaking = lawless.cell(row, subject);
          if (!leaking.any()) continue;
          if (without[law].cells + more == 0) without[law].first = written(alphabet.request(leaking.first()));
          ++more;
        }
        without[law].cells += more;
        without[law].worlds += more != 0 ? 1 : 0;
      }
    }
  }
  std::printf("seed %llu, %zu worlds\n%8s %8s  without the law that\n", static_cast<unsigned long long>(seed), worlds, "worlds", "cells");
  for (std::size_t law = 0; law < std::size(laws); ++law) {
    std::printf("%8zu %8zu  %s\n", without[law].worlds, without[law].cells, std::string(laws[law].name).c_str());
    if (!without[law].first.empty()) std::printf("                   %s\n", without[law].first.c_str());
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 4 && std::string_view(arguments[1]) == "laws")
    return tell_laws(std::strtoull(arguments[2], nullptr, 10), std::strtoull(arguments[3], nullptr, 10));
  if (count != 4 && count != 5) {
    std::fprintf(stderr, "usage: small_worlds SEED WORLDS THREADS [SHRUNK]\n");
    return 2;
  }
  const std::uint64_t seed = std::strtoull(arguments[1], nullptr, 10);
  const std::size_t worlds = std::strtoull(arguments[2], nullptr, 10);
  const std::size_t threads = std::strtoull(arguments[3], nullptr, 10);
  const std::size_t shrunk_max = count == 5 ? std::strtoull(arguments[4], nullptr, 10) : 1;
  Tally tally;
  std::atomic<std::size_t> next = 0;
  const auto begin = std::chrono::steady_clock::now();
  const std::size_t share = std::min(worlds_per_alphabet, std::max<std::size_t>(worlds / (topics * 3), 1));
  {
    std::vector<std::jthread> all;
    for (std::size_t i = 0; i < threads; ++i) {
      all.emplace_back([&] {
        for (std::size_t n = next++; n * share < worlds; n = next++) {
          run(seed * 1'000'003 + n * 7, std::min(share, worlds - n * share), static_cast<Topic>(n % topics), static_cast<Second>(n / topics % 3), shrunk_max, tally);
        }
      });
    }
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("seed %llu: %zu worlds, %zu cells (%zu leaking), %llu requests decided (%llu of them by the composed plain evaluator as well)\n",
              static_cast<unsigned long long>(seed), tally.worlds, tally.cells, tally.leaking, static_cast<unsigned long long>(tally.requests),
              static_cast<unsigned long long>(tally.checked));
  std::printf("%llu questions of who-can, diff and compare\n", static_cast<unsigned long long>(tally.others));
  std::printf("%.0f s, %.0f worlds a second on %zu threads\n", seconds, static_cast<double>(tally.worlds) / seconds, threads);
  std::printf("%llu questions of proofs, %llu of them asked anew\n", static_cast<unsigned long long>(tally.questions), static_cast<unsigned long long>(tally.asked));
  std::printf("%zu cells inconclusive\n", tally.inconclusive);
  for (const auto& [why, times] : tally.undecided) std::printf("  %8zu %s\n", times, why.c_str());
  std::size_t differences = 0;
  for (const auto& [kind, times] : tally.differences) {
    std::printf("  %8zu %s\n", times, kind.c_str());
    differences += times;
  }
  std::printf("%zu differences\n", differences);
  return differences == 0 ? 0 : 1;
}
