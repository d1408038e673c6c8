#pragma once
// Threads for what may wait for a disk.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ringwall::gateway {

// Runs jobs in the order given, several at once. The destructor finishes what is queued.
class Workers {
 public:
  using Job = std::move_only_function<void()>;

  Workers(unsigned threads, std::size_t queue_max);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // False, and `job` untouched, when the queue is full.
  [[nodiscard]] bool post(Job& job);

 private:
  void run();

  const std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace ringwall::gateway
