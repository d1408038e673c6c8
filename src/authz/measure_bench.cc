// How the benchmarks of this room measure: see testing_measure.h.

#include <malloc.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>

#include "authz/testing_measure.h"
#include "base/check.h"

namespace {

thread_local ringwall::authz::measure::Allocations counted;

// The allocator writes the size of a chunk in front of it.
constexpr std::int64_t chunk_head_bytes = sizeof(std::size_t);

void* allocate(std::size_t bytes) {
  void* memory = std::malloc(bytes);
  RW_CHECK(memory != nullptr);
  ++counted.count;
  counted.bytes_held += static_cast<std::int64_t>(malloc_usable_size(memory)) + chunk_head_bytes;
  return memory;
}

void release(void* memory) {
  if (memory == nullptr) return;
  counted.bytes_held -= static_cast<std::int64_t>(malloc_usable_size(memory)) + chunk_head_bytes;
  std::free(memory);
}

}  // namespace

// The array and nothrow forms of the library call these.
void* operator new(std::size_t bytes) { return allocate(bytes); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }

namespace ringwall::authz::measure {
namespace {

using Clock = std::chrono::steady_clock;

std::uint64_t ticks() {
#if defined(__x86_64__)
  _mm_lfence();  // what came before has finished
  const std::uint64_t now = __rdtsc();
  _mm_lfence();  // what comes after has not begun
  return now;
#else
  return static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
#endif
}

double nanoseconds_per_tick() {
  constexpr auto long_enough = std::chrono::milliseconds(20);
  const auto began = Clock::now();
  const std::uint64_t first = ticks();
  auto now = began;
  while (now - began < long_enough) now = Clock::now();
  const auto elapsed_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now - began);
  return static_cast<double>(elapsed_ns.count()) / static_cast<double>(ticks() - first);
}

double at_quantile(std::vector<std::uint64_t>& sorted, double quantile) {
  return static_cast<double>(sorted[static_cast<std::size_t>(quantile * static_cast<double>(sorted.size() - 1))]);
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) std::fprintf(stderr, "%s cannot be read\n", path.c_str());
  RW_CHECK(static_cast<bool>(file));
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

Allocations allocations() { return counted; }

Quantiles quantiles_of(std::size_t samples, const std::function<void(std::size_t)>& run_once) {
  static const double scale = nanoseconds_per_tick();
  const auto nothing = [](std::size_t) {};
  const std::function<void(std::size_t)> empty = nothing;
  std::vector<std::uint64_t> taken(samples);
  const auto take = [&](const std::function<void(std::size_t)>& run) {
    for (std::size_t i = 0; i < samples; ++i) {
      const std::uint64_t began = ticks();
      run(i);
      taken[i] = ticks() - began;
    }
    std::ranges::sort(taken);
  };
  take(empty);
  const double overhead = at_quantile(taken, 0.5);
  take(run_once);
  const auto net_ns = [&](double quantile) { return std::max(0.0, at_quantile(taken, quantile) - overhead) * scale; };
  return {net_ns(0.5), net_ns(0.99)};
}

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::vector<Case> read_cases(const std::string& folder) {
  const auto path = std::filesystem::path(RINGWALL_SOURCE_DIR) / "bench" / "cases" / folder;
  std::vector<Case> cases;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.path().extension() != ".json") continue;
    const auto json = text::parse_json(read_text(entry.path()));
    RW_CHECK(json.has_value());
    auto question = read_question(*json, [&](const std::string& name) -> Result<std::string> { return read_text(path / name); });
    if (!question) std::fprintf(stderr, "%s: %s\n", entry.path().c_str(), question.error().message.c_str());
    RW_CHECK(question.has_value());
    cases.push_back({folder + "/" + entry.path().stem().string(), *std::move(question)});
  }
  std::ranges::sort(cases, {}, &Case::name);
  RW_CHECK(!cases.empty());
  return cases;
}

}  // namespace ringwall::authz::measure
