// What SigV4 costs a request: hashes and HMACs of short texts; and one certificate.

#include <benchmark/benchmark.h>

#include "crypto/certificate.h"
#include "crypto/crypto.h"

namespace ringwall::crypto {
namespace {

void hash(benchmark::State& state) {
  const Bytes data(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(sha256(data));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(hash)->Arg(64)->Arg(1024)->Arg(65536);

void authenticate(benchmark::State& state) {
  const Bytes key(32, 'k');
  const Bytes data(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(hmac_sha256(key, data));
}
BENCHMARK(authenticate)->Arg(32)->Arg(1024);

void seal_and_open(benchmark::State& state) {
  SystemRandom random;
  const Bytes key(32, 'k');
  const Bytes data(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(open(key, seal(key, data, {}, random), {}));
}
BENCHMARK(seal_and_open)->Arg(64)->Arg(4096);

void issue_a_certificate(benchmark::State& state) {
  const TimePoint now = std::chrono::sys_days(std::chrono::year(2030) / 1 / 1);
  const Authority authority = Authority::create("bench", now);
  for (auto _ : state) benchmark::DoNotOptimize(authority.issue({"db", {"db.example"}, {}}, now));
}
BENCHMARK(issue_a_certificate);

}  // namespace
}  // namespace ringwall::crypto
