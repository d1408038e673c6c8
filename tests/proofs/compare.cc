// Times the prover, z3 and cvc5 on the same questions, and counts where they disagree.
//
//     compare_solvers [PAIRS [SEED]]    changed policies in their originals (default: 964 pairs)
//     compare_solvers large             policies of thousands of actions in each other
//
// Ours is timed in process, from both texts to the answer, with a prover that has seen nothing and
// with one that has seen the pairs before. The others are processes; what starting one costs is told
// beside, to be taken off. Times are of the processor, which a busy machine does not blur.

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <optional>

#include "base/check.h"
#include "catalogue/catalogue.h"
#include "pairs.h"
#include "policy/syntax.h"
#include "prover/detail/smtlib.h"
#include "solvers.h"
#include "text/json.h"

namespace ringwall::proofs {
namespace {

using prover::Verdict;
using text::Json;
constexpr int timeout_ms = 10'000, large_timeout_ms = 60'000;
constexpr std::size_t pairs_default = 964, starts = 20, large_actions = 3'000, slowest_told = 5;

double processor_ms() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

// Not empty.
double at(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

struct Series {
  std::string name;
  std::vector<double> ms = {};
  std::size_t timed_out = 0, unknown = 0, disagreed = 0;
  double start_ms = 0;
};

struct Ours {
  double ms = 0;
  Verdict verdict = Verdict::inconclusive;
};

Ours ask_ours(const Pair& pair, prover::Prover* seasoned) {
  const double begun = processor_ms();
  const auto mutated = policy::compile(pair.mutated, pair.kind, policy::Quota::waived);
  const auto original = policy::compile(pair.original, pair.kind, policy::Quota::waived);
  RW_CHECK(mutated && original);
  std::optional<prover::Prover> fresh;
  if (seasoned == nullptr) seasoned = &fresh.emplace();
  const Verdict verdict = seasoned->ask(question(*mutated, *original)).verdict;
  return {processor_ms() - begun, verdict};
}

Result<std::string> smtlib(const Pair& pair) {
  RW_TRY(const policy::Syntax mutated, policy::read(pair.mutated, pair.kind, policy::Quota::waived));
  RW_TRY(const policy::Syntax original, policy::read(pair.original, pair.kind, policy::Quota::waived));
  const policy::Syntax* allowing[] = {&mutated};
  const policy::Syntax* refusing[] = {&original};
  return prover::detail::smtlib_of(allowing, refusing);
}

void ask_theirs(const Program& program, const Pair& pair, const std::string& text, int limit_ms, Verdict verdict, Series& series) {
  const auto told = ask(program, text, limit_ms);
  RW_CHECK(told.has_value());
  series.ms.push_back(told->processor_ms);
  if (told->timed_out) {
    ++series.timed_out;
    return;
  }
  const std::string answer = told->lines.empty() ? "" : told->lines.front();
  if (answer == "unknown") {
    ++series.unknown;
    return;
  }
  if (answer == (verdict == Verdict::found ? "sat" : "unsat")) return;
  ++series.disagreed;
  fmt::print("{} says {} of {}:\n  {}\n  {}\n", program.name, answer, pair.name, pair.mutated.substr(0, 2000), pair.original.substr(0, 2000));
}

void measure_start(const Program& program, Series& series) {
  std::vector<double> ms;
  for (std::size_t i = 0; i < starts; ++i) {
    const auto told = ask(program, "(set-logic ALL)\n(check-sat)\n", timeout_ms);
    if (told) ms.push_back(told->processor_ms);
  }
  if (!ms.empty()) series.start_ms = at(ms, 0.5);
}

void print(const Series& series) {
  if (series.ms.empty()) return;
  fmt::print("{:<10} median {:>9.3f} ms  p99 {:>9.3f} ms  max {:>9.3f} ms  of which start {:>6.2f} ms  time-outs {}  unknown {}  disagreements {}\n",
             series.name, at(series.ms, 0.5), at(series.ms, 0.99), at(series.ms, 1.0), series.start_ms, series.timed_out, series.unknown, series.disagreed);
}

int compare(const std::vector<Pair>& pairs, int limit_ms) {
  Series ours{"ringwall"}, seasoned{"seasoned"};
  prover::Prover prover;
  std::vector<std::pair<double, std::string>> slowest;
  std::vector<std::pair<Program, Series>> theirs;
  for (const Program& program : {z3, cvc5}) {
    if (is_installed(program)) measure_start(program, theirs.emplace_back(program, Series{program.name}).second);
  }
  (void)ask_ours(pairs.front(), nullptr);  // reads the catalogue, once in a process's life
  std::size_t found = 0, unsaid = 0;
  for (const Pair& pair : pairs) {
    const Ours answer = ask_ours(pair, nullptr);
    ours.ms.push_back(answer.ms);
    slowest.emplace_back(answer.ms, pair.name);
    const Ours again = ask_ours(pair, &prover);
    seasoned.ms.push_back(again.ms);
    RW_CHECK(again.verdict == answer.verdict);
    found += answer.verdict == Verdict::found ? 1 : 0;
    ours.unknown += answer.verdict == Verdict::inconclusive ? 1 : 0;
    const auto text = smtlib(pair);
    if (!text) ++unsaid;
    if (!text || answer.verdict == Verdict::inconclusive) continue;
    for (auto& [program, series] : theirs) ask_theirs(program, pair, *text, limit_ms, answer.verdict, series);
  }
  fmt::print("{} pairs, {} with new access; {} not said in SMT-LIB\n", pairs.size(), found, unsaid);
  print(ours);
  print(seasoned);
  std::ranges::sort(slowest, std::greater());
  for (std::size_t i = 0; i < std::min(slowest.size(), slowest_told); ++i) fmt::print("  {:>9.3f} ms  {}\n", slowest[i].first, slowest[i].second);
  std::size_t disagreed = 0;
  for (const auto& [program, series] : theirs) {
    print(series);
    disagreed += series.disagreed;
  }
  return disagreed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

// As many reading actions of the catalogue as AWS's widest policies list, one by one, without each
// `leave_out`th.
std::string policy_of(std::size_t leave_out) {
  Json actions = Json::array();
  std::size_t count = 0;
  for (const catalogue::Service& service : catalogue::Catalogue::builtin().services()) {
    for (std::size_t i = 0; i < service.action_count() && count < large_actions; ++i) {
      const std::string name = service.action_at(i).full_name();
      const bool reads = name.contains(":Get") || name.contains(":List") || name.contains(":Describe");
      if (reads && ++count % leave_out != 0) actions.push(name);
    }
  }
  return Json::object({{"Version", "2012-10-17"}, {"Statement", Json::array({Json::object({{"Effect", "Allow"}, {"Action", actions}, {"Resource", "*"}})})}}).dump();
}

std::vector<Pair> large_pairs() {
  constexpr std::size_t none = large_actions + 1;
  const auto kind = policy::Kind::identity;
  const std::string all = policy_of(none), fewer = policy_of(97), half = policy_of(2);
  return {{"some less in all", kind, fewer, all}, {"all in some less", kind, all, fewer}, {"half in all", kind, half, all}, {"all in half", kind, all, half}};
}

}  // namespace
}  // namespace ringwall::proofs

int main(int argc, char** argv) {
  using namespace ringwall::proofs;
  const std::string first = argc > 1 ? argv[1] : "";
  if (first == "large") return compare(large_pairs(), large_timeout_ms);
  const std::size_t count = first.empty() ? pairs_default : std::strtoul(argv[1], nullptr, 10);
  return compare(mutated_pairs(argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 20260401, std::max<std::size_t>(count, 1)), timeout_ms);
}
