#pragma once
// What the benchmarks of this room measure with: the time of single decisions, and what they
// allocate. Linked into rw_authz_bench only, whose operators new and delete count.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "authz/question.h"

namespace ringwall::authz::measure {

// What this thread has allocated since it began, and what of it is still held: whole chunks of the
// allocator, with its own book-keeping.
struct Allocations {
  std::uint64_t count = 0;
  std::int64_t bytes_held = 0;
};
Allocations allocations();

// Times of one decision each, in nanoseconds: from a fenced read of the processor's time stamp to
// the next, less what two such reads take with nothing between them. No averages: interrupts and
// cache misses are in the tail, where they belong.
struct Quantiles {
  double p50_ns = 0;
  double p99_ns = 0;
};
Quantiles quantiles_of(std::size_t samples, const std::function<void(std::size_t)>& run_once);

// Seconds that this thread has had a processor.
double thread_seconds();

struct Case {
  std::string name;  // headline/denied-by-the-region
  Question question;
};
// The questions of bench/cases/<folder>, by name; aborts if one cannot be read.
std::vector<Case> read_cases(const std::string& folder);

}  // namespace ringwall::authz::measure
