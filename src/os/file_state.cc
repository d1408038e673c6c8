#include "os/file_state.h"

#include <sys/stat.h>

#include <chrono>

namespace ringwall::os {
namespace {

std::int64_t nanoseconds(const timespec& time) {
  constexpr std::int64_t second = 1'000'000'000;
  return time.tv_sec * second + time.tv_nsec;
}

}  // namespace

FileState state_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {true, found.st_dev, found.st_ino, static_cast<std::uint64_t>(found.st_size), nanoseconds(found.st_mtim), nanoseconds(found.st_ctim)};
}

bool is_young(const FileState& state, TimePoint now) {
  const std::int64_t age_ns = std::chrono::nanoseconds(now.time_since_epoch()).count() - state.changed_ns;
  return state.exists && age_ns < young_ns && age_ns > -young_ns;
}

}  // namespace ringwall::os
