#pragma once
// Says when processes have ended.

#include <cstdint>
#include <functional>
#include <thread>

#include "base/result.h"
#include "os/fd.h"

namespace ringwall::rds::detail {

class ProcessWatch {
 public:
  // `on_end` is called from a thread of the watch's, once for each process that ended.
  explicit ProcessWatch(std::function<void(std::uint64_t tag)> on_end);
  ~ProcessWatch();  // waits for a call in progress
  ProcessWatch(const ProcessWatch&) = delete;
  ProcessWatch& operator=(const ProcessWatch&) = delete;

  // Until `pidfd`, which stays the caller's, is closed. Thread-safe.
  Result<> add(const os::UniqueFd& pidfd, std::uint64_t tag);

 private:
  void run();
  std::function<void(std::uint64_t)> on_end_;
  os::UniqueFd poll_;
  os::UniqueFd stop_;
  std::thread thread_;
};

// Has the process behind `pidfd` ended?
bool has_ended(const os::UniqueFd& pidfd);

}  // namespace ringwall::rds::detail
