// How long does the proof of a whole organisation take, cold and after one policy changed, and how
// much memory? The argument is by how much the organisation is smaller than the one aimed at:
// 1,000 accounts, 50,000 principals, 50,000 resources and 2,000 endpoints.

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdio>
#include <fstream>

#include "base/check.h"
#include "prove/prove.h"
#include "prove/testing_scale.h"

namespace {

using namespace ringwall;
using namespace ringwall::prove;
namespace testing = ringwall::prove::testing;

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// The most memory that this process ever held.
double peak_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  }
  return 0;
}

void tell(const char* what, const Report& report) {
  std::printf("%-22s %8.2f s  %8zu questions %7zu asked  %7.0f MiB at most\n", what,
              report.statistics.seconds, report.statistics.questions, report.statistics.asked, peak_mib());
  std::fflush(stdout);
}

void tell_rows(const Report& report) {
  for (const Row& row : report.rows) {
    std::printf("  %-22s %7zu proved %6zu leaking %6zu inconclusive\n",
                std::string(perimeter::name_of(row.objective)).c_str(), row.proved, row.leaking, row.inconclusive);
  }
}

// Each leak that was put in is found, and no subject beside those leaks.
void check(const Report& report, const std::set<std::string>& leaking) {
  std::set<std::string> found;
  for (const Row& row : report.rows) {
    for (const CellOf& cell : row.cells) {
      RW_CHECK(cell.verdict != Verdict::inconclusive);
      if (cell.verdict == Verdict::leak) found.insert(cell.subject);
    }
  }
  for (const std::string& subject : leaking) {
    if (!found.contains(subject)) std::printf("not found: %s\n", subject.c_str());
  }
  for (const std::string& subject : found) {
    if (!leaking.contains(subject)) std::printf("not put in: %s\n", subject.c_str());
  }
  RW_CHECK(found == leaking);
}

template <typename Value, typename Change>
loaders::Loaded changed(const loaders::Loaded& world, estate::Table<Value> estate::Estate::*table,
                        const std::string& key, const Change& change) {
  estate::Estate next = *world.estate;
  typename estate::Table<Value>::Editor editor(next.*table);
  Value value = *(next.*table).find(key);
  change(value);
  editor.put(std::move(value));
  next.*table = std::move(editor).finish();
  loaders::Loaded made = world;
  made.estate = std::make_shared<const estate::Estate>(std::move(next));
  return made;
}

void prove_an_organization(benchmark::State& state) {
  const auto part = static_cast<std::size_t>(state.range(0));
  const testing::Scale scale{1'000 / part, 50'000 / part, 50'000 / part, 2'000 / part};
  for (auto _ : state) {
    testing::ScaledWorld made;
    const double making = seconds_of([&] { made = testing::make_scaled(scale); });
    std::printf("\n%zu accounts, %zu principals, %zu resources, %zu endpoints, %zu distinct policies: made in %.2f s\n",
                scale.accounts, scale.principals, scale.resources, scale.endpoints, made.texts.size(), making);
    const perimeter::Perimeter file = testing::perimeter_file();
    const Options options{.today = "2026-01-01", .threads = 2};
    const auto memory = make_memory();
    const Report cold = prove::prove(made.world, file, options, memory);
    tell("cold", cold);
    tell_rows(cold);
    check(cold, made.leaking);
    state.SetIterationTime(cold.statistics.seconds);

    const Report same = prove::prove(made.world, file, options, memory);
    tell("nothing changed", same);
    const std::string account = testing::ScaledMaker::account_id(7);
    const auto again = [&](const char* what, const loaders::Loaded& world) {
      const Report report = prove::prove(world, file, options, memory);
      tell(what, report);
      check(report, made.leaking);
      state.counters[what] = report.statistics.seconds;
    };
    again("a role's policy", changed(made.world, &estate::Estate::principals, testing::ScaledMaker::role_arn(account, 7), [](estate::Principal& role) {
      role.identity.edit().front().document = testing::document(R"({"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Action":"ec2:*","Resource":"*"})", policy::Kind::identity);
    }));
    const std::string topic = "arn:aws:sns:us-east-1:" + testing::ScaledMaker::account_id(9) + ":events-9";
    again("a topic's policy", changed(made.world, &estate::Estate::resources, topic, [&](estate::Resource& resource) {
      resource.policy->document = testing::document(
          R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::)" + account + R"(:root"},"Action":"sns:Publish","Resource":"*"},)" +
              testing::only_my_principals(R"("sns:*")", "*") + "," + testing::ScaledMaker::my_networks(R"("Principal":"*",)", R"("sns:*")"),
          policy::Kind::resource);
    }));
    again("an account's SCP", changed(made.world, &estate::Estate::accounts, account, [](estate::Account& one) {
      std::vector<authz::Level> levels = one.scps;
      levels.back().policies.push_back({"more", testing::document(R"({"Effect":"Deny","Action":"iam:CreateUser","Resource":"*"})", policy::Kind::scp)});
      one.scps = std::move(levels);
    }));
    state.counters["asked"] = static_cast<double>(cold.statistics.asked);
    state.counters["peak_MiB"] = peak_mib();
  }
}
BENCHMARK(prove_an_organization)->Arg(50)->Arg(10)->Arg(1)->Iterations(1)->UseManualTime()->Unit(benchmark::kSecond);

}  // namespace
