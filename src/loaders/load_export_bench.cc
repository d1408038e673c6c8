// How long an organisation of a thousand accounts takes to load, and what it holds in memory.

#include <benchmark/benchmark.h>
#include <malloc.h>

#include "loaders/loaders.h"
#include "loaders/testing_export.h"

namespace ringwall::loaders {
namespace {

std::size_t heap_bytes() { return ::mallinfo2().uordblks + ::mallinfo2().hblkhd; }

void load_large_export(benchmark::State& state) {
  const std::vector<File> files = testing::make_export(testing::large_export);
  std::size_t bytes = 0;
  for (const File& file : files) bytes += file.text.size();
  for (auto _ : state) {
    const std::size_t before = heap_bytes();
    const Result<Loaded> loaded = load_export(files, {});
    if (!loaded) {
      state.SkipWithError(loaded.error().message.c_str());
      return;
    }
    state.counters["estate_MiB"] = static_cast<double>(heap_bytes() - before) / (1024 * 1024);
    state.counters["principals"] = static_cast<double>(loaded->estate->principals.size());
    state.counters["documents"] = static_cast<double>(loaded->sources.size());
  }
  state.counters["files_MiB"] = static_cast<double>(bytes) / (1024 * 1024);
}
BENCHMARK(load_large_export)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace ringwall::loaders
