// Small worlds, exhausted: makes estates, proves each, and holds the proof to what deciding every
// request says. usage: small_worlds SEED WORLDS THREADS [SHRUNK]
//
// Worlds come one after the other, each once (testing_tiny.h): a few documents put together in every way; beside them tiny ones,
// every choice of up to three statements of a small alphabet for the places in which statements can stand; and one in so many is
// drawn at random and larger.
//
// Prints the seed, worlds, requests decided, differences by row, and the rate: at the end, and as they stand every minute, so that
// a run that is interrupted is a figure too. Of each kind of
// difference the first SHRUNK (1) worlds are shrunk and printed. Exit status 1: there were differences.
//
// small_worlds laws SEED WORLDS: which worlds does each law of requests exclude? Of each, in how many worlds
// and cells exhaustion would tell a leak more if requests did not keep it, and the first such request.
//
// small_worlds axioms SEED WORLDS: the same of the prover's axioms, each left out in turn.

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "findings.h"
#include "prove/testing_compare.h"
#include "prove/testing_tiny.h"

namespace {

using namespace ringwall;
using namespace ringwall::prove;
using namespace ringwall::prove::testing::worlds;

constexpr std::size_t letters = 8;                // statements of each sort, where all choices of them are tried
constexpr std::size_t letters_of_laws = 24;
constexpr std::size_t per_tiny = 40, per_large = 2'000;  // composed worlds to one of these
constexpr std::size_t worlds_per_question = 500;   // the other questions are asked of one world in so many
constexpr std::chrono::seconds between_lines(60);  // of progress

enum class Size : std::uint8_t { composed, tiny, large };

struct Tally {
  std::mutex mutex;
  std::size_t worlds = 0, of_size[3] = {}, cells = 0, leaking = 0, inconclusive = 0, doubtful = 0;
  std::uint64_t requests = 0, checked = 0, others = 0, questions = 0, asked = 0;
  std::map<std::string, std::size_t> differences, undecided;
  std::unordered_set<std::uint64_t> distinct;

  std::size_t all_differences() const {
    std::size_t all = 0;
    for (const auto& [kind, times] : differences) all += times;
    return all;
  }
};

// A run of worlds over one alphabet.
class Run {
 public:
  Run(std::uint64_t seed, Topic topic, Second second, std::size_t shrunk_max, Tally& tally, std::atomic<std::size_t>& left)
      : alphabet_(seed, topic, second, letters), sets_(alphabet_.universe()), choices_(seed + 1), pool_(choices_, alphabet_), second_(second),
        shrunk_max_(shrunk_max), tally_(tally), left_(left) {}

  // All composed worlds of the pool's documents; of tiny ones and of large ones a share.
  void go() {
    const Composed composed(pool_, alphabet_);
    std::size_t base = 0;
    std::optional<Tiny> tiny;
    for (std::size_t number = 0; number < Composed::count(); ++number) {
      const std::optional<World> world = composed.world(number);
      if (!world) continue;
      if (!take()) return;
      try_out(*world, Size::composed);
      World next;
      if (number % per_tiny == 0 && take()) {
        while (!tiny || !tiny->next(next)) {
          file_ = pool_.draw_file();
          tiny.emplace(alphabet_, Base{.person = static_cast<People>(base % people), .second = base / people % 2 != 0, .gate = base / 6 % 2 != 0, .management = base / 12 % 2 != 0}, file_);
          ++base;
        }
        try_out(next, Size::tiny);
      }
      if (number % per_large == 0 && take()) try_out(pool_.draw(), Size::large);
    }
  }

 private:
  bool take() {
    std::size_t left = left_;
    while (left != 0 && !left_.compare_exchange_weak(left, left - 1)) {
    }
    return left != 0;
  }
  const Written& drawn() {
    Letters chosen = {choices_.below(alphabet_.letters(Sort::identity))};
    if (choices_.one_in(2)) chosen.push_back(choices_.below(alphabet_.letters(Sort::identity)));
    return alphabet_.document(Sort::identity, chosen);
  }
  void try_out(const World& world, Size size);
  std::vector<std::string> other_questions(const World& world, const loaders::Loaded& loaded, const Oracle& oracle);
  void check(const World& world, const loaders::Loaded& loaded, const Oracle& oracle, std::uint64_t& checked);

  Alphabet alphabet_;
  const Sets sets_;
  Choices choices_;
  Pool pool_;
  const Second second_;
  const std::size_t shrunk_max_;
  Tally& tally_;
  std::atomic<std::size_t>& left_;
  std::size_t tried_ = 0;
  World file_;
  const std::shared_ptr<Memory> memory_ = make_memory(proofs_kept);
  const std::unique_ptr<prover::Prover> prover_ = std::make_unique<prover::Prover>();
  authz::plain::Evaluator evaluator_;
};

// One request of the world, by the composed plain evaluator.
void Run::check(const World& world, const loaders::Loaded& loaded, const Oracle& oracle, std::uint64_t& checked) {
  const std::size_t at = choices_.below(alphabet_.universe().size());
  if (!oracle.requests().test(at)) return;
  ++checked;
  const bool allowed = oracle.decide(at, loaded, evaluator_).verdict == authz::Verdict::allow;
  if (allowed == oracle.allowed().test(at)) return;
  const std::lock_guard lock(tally_.mutex);
  ++tally_.differences["the oracle itself differs from the plain evaluator"];
  std::printf("oracle: %s\n%s", written(alphabet_.request(at)).c_str(), written(world, alphabet_).c_str());
}

std::vector<std::string> Run::other_questions(const World& world, const loaders::Loaded& loaded, const Oracle& oracle) {
  std::vector<std::string> others;
  others.push_back(who_differs(loaded, oracle, choices_.of(std::span(alphabet_.universe().spots()))));
  others.push_back(what_differs(loaded, world, oracle, static_cast<People>(choices_.below(people))));
  const World after = changed(world, pool_.draw(), choices_);
  others.push_back(change_differs(loaded, oracle, Maker(after, alphabet_).make(), Oracle(after, alphabet_, sets_)));
  if (!others.back().empty()) others.back() += "\nthen\n" + written(after, alphabet_);
  others.push_back(comparison_differs(*prover_, drawn(), drawn(), sets_));
  others.push_back(findings_differ(loaded, world, oracle));
  return others;
}

void Run::try_out(const World& world, Size size) {
  const loaders::Loaded loaded = Maker(world, alphabet_).make();
  const Report report = prove::prove(loaded, perimeter_of(world, second_), proof_options(), memory_);
  const Oracle oracle(world, alphabet_, sets_);
  const Compared all = compared(report, world, oracle);
  std::uint64_t checked = 0;
  check(world, loaded, oracle, checked);
  std::vector<std::string> others;
  if (tried_++ % worlds_per_question == 0) others = other_questions(world, loaded, oracle);
  const std::lock_guard lock(tally_.mutex);
  for (const std::string& other : others) {
    if (other.empty()) continue;
    const std::string kind = other.substr(0, other.find(' ', other.find(' ') + 1));
    if (tally_.differences[kind]++ < shrunk_max_) std::printf("%s\n%s\n", other.c_str(), written(world, alphabet_).c_str());
  }
  tally_.others += others.size();
  ++tally_.worlds;
  ++tally_.of_size[static_cast<std::size_t>(size)];
  tally_.distinct.insert(hash_of(world, alphabet_));
  tally_.cells += all.cells;
  tally_.leaking += all.leaking;
  tally_.inconclusive += all.inconclusive;
  tally_.doubtful += all.doubtful;
  tally_.requests += oracle.requests().count();
  tally_.checked += checked;
  tally_.questions += report.statistics.questions;
  tally_.asked += report.statistics.asked;
  for (const auto& [why, times] : all.undecided) tally_.undecided[why] += times;
  for (const Disagreement& difference : all.differences) {
    const std::size_t before = tally_.differences[kind_of(difference)]++;
    if (before >= shrunk_max_) continue;
    std::printf("%s\n", shrunk(world, difference, alphabet_, sets_).c_str());
    std::fflush(stdout);
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

// Of each axiom of the prover: in how many worlds and cells a proof would tell a leak more if the prover did not know it.
int tell_axioms(std::uint64_t seed, std::size_t worlds) {
  struct Without {
    std::size_t worlds = 0, cells = 0;
    std::string first = {};
  };
  const std::vector<prover::Axiom> all = prover::axioms();
  std::map<std::string_view, Without> without;
  for (const prover::Axiom& axiom : all) without[axiom.name];
  constexpr std::size_t alphabets = topics * 3;
  for (std::size_t n = 0; n < alphabets; ++n) {
    const auto second = static_cast<Second>(n / topics % 3);
    Alphabet alphabet(seed * 1'000'003 + n * 7, static_cast<Topic>(n % topics), second, letters);
    Choices choices(seed + n);
    Pool pool(choices, alphabet);
    std::map<std::string_view, std::shared_ptr<Memory>> memories;
    const auto proof_of = [&](const World& world, std::string_view off) {
      std::shared_ptr<Memory>& memory = memories[off];
      if (memory == nullptr) memory = make_memory(proofs_kept);
      Options options = proof_options();
      options.axiom_off = off;
      return prove::prove(Maker(world, alphabet).make(), perimeter_of(world, second), options, memory);
    };
    for (std::size_t i = 0; i < worlds / alphabets; ++i) {
      const World world = pool.draw();
      const Report with = proof_of(world, {});
      for (auto& [name, found] : without) {
        const Report report = proof_of(world, name);
        std::size_t more = 0;
        for (std::size_t row = 0; row < report.rows.size(); ++row) {
          for (std::size_t cell = 0; cell < report.rows[row].cells.size(); ++cell) {
            const CellOf& one = report.rows[row].cells[cell];
            if (one.verdict == with.rows[row].cells[cell].verdict) continue;
            if (found.first.empty() && !one.leaks.empty()) found.first = written(report.leaks[one.leaks.front()].finding.request);
            ++more;
          }
        }
        found.cells += more;
        found.worlds += more != 0 ? 1 : 0;
      }
    }
  }
  std::printf("seed %llu, %zu worlds\n%8s %8s  without the axiom\n", static_cast<unsigned long long>(seed), worlds, "worlds", "cells");
  for (const prover::Axiom& axiom : all) {
    const Without& found = without[axiom.name];
    std::printf("%8zu %8zu  %s\n", found.worlds, found.cells, std::string(axiom.name).c_str());
    if (!found.first.empty()) std::printf("                   %s\n", found.first.c_str());
  }
  return 0;
}

int tell_laws(std::uint64_t seed, std::size_t worlds) {
  struct Without {
    std::size_t worlds = 0, cells = 0;
    std::string first = {};
  };
  std::vector<Without> without(std::size(laws));
  constexpr std::size_t alphabets = topics * 3;
  for (std::size_t n = 0; n < alphabets; ++n) {
    Alphabet alphabet(seed * 1'000'003 + n * 7, static_cast<Topic>(n % topics), static_cast<Second>(n / topics % 3), letters_of_laws, Breadth::everything);
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
  if (count == 4 && std::string_view(arguments[1]) == "axioms")
    return tell_axioms(std::strtoull(arguments[2], nullptr, 10), std::strtoull(arguments[3], nullptr, 10));
  if (count != 4 && count != 5) {
    std::fprintf(stderr, "usage: small_worlds SEED WORLDS THREADS [SHRUNK]\n");
    return 2;
  }
  const std::uint64_t seed = std::strtoull(arguments[1], nullptr, 10);
  const std::size_t worlds = std::strtoull(arguments[2], nullptr, 10);
  const std::size_t threads = std::strtoull(arguments[3], nullptr, 10);
  const std::size_t shrunk_max = count == 5 ? std::strtoull(arguments[4], nullptr, 10) : 1;
  Tally tally;
  std::atomic<std::size_t> next = 0, left = worlds;
  const auto begin = std::chrono::steady_clock::now();
  const auto tell = [&] {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::printf("seed %llu: %zu worlds (%zu distinct; %zu composed, %zu tiny, %zu large), %zu cells (%zu leaking), %llu requests decided (%llu of them by the composed plain "
                "evaluator as well), %llu questions of who-can, what-can, diff, compare and findings; %zu differences; %.0f s\n",
                static_cast<unsigned long long>(seed), tally.worlds, tally.distinct.size(), tally.of_size[0], tally.of_size[1], tally.of_size[2], tally.cells, tally.leaking,
                static_cast<unsigned long long>(tally.requests), static_cast<unsigned long long>(tally.checked), static_cast<unsigned long long>(tally.others),
                tally.all_differences(), seconds);
    std::fflush(stdout);
    return seconds;
  };
  {
    std::vector<std::jthread> all;
    for (std::size_t i = 0; i < threads; ++i) {
      all.emplace_back([&] {
        while (left != 0) {
          const std::size_t n = next++;
          Run(seed * 1'000'003 + n * 7, static_cast<Topic>(n % topics), static_cast<Second>(n / topics % 3), shrunk_max, tally, left).go();
        }
      });
    }
    std::mutex waiting;
    std::condition_variable_any ended;
    std::jthread teller([&](const std::stop_token& stop) {
      std::unique_lock lock(waiting);
      while (!ended.wait_for(lock, stop, between_lines, [] { return false; }) && !stop.stop_requested()) {
        const std::lock_guard tallied(tally.mutex);
        tell();
      }
    });
    all.clear();
  }
  const double seconds = tell();
  std::printf("%.0f worlds a second on %zu threads\n", static_cast<double>(tally.worlds) / seconds, threads);
  std::printf("%llu questions of proofs, %llu of them asked anew\n", static_cast<unsigned long long>(tally.questions), static_cast<unsigned long long>(tally.asked));
  std::printf("%zu cells inconclusive, %zu with requests only that come through an endpoint which leads elsewhere\n", tally.inconclusive, tally.doubtful);
  for (const auto& [why, times] : tally.undecided) std::printf("  %8zu %s\n", times, why.c_str());
  for (const auto& [kind, times] : tally.differences) std::printf("  %8zu %s\n", times, kind.c_str());
  std::printf("%zu differences\n", tally.all_differences());
  return tally.all_differences() == 0 ? 0 : 1;
}
