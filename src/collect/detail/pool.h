#pragma once
// Tasks on a few threads, where a task may add tasks.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ringwall::collect::detail {

class Pool {
 public:
  using Task = std::function<void()>;

  // From any thread, also from within a task.
  void add(Task task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    ++added_;
    changed_.notify_one();
  }

  // Runs all tasks, and those that they add, on `threads` threads; returns when there are no more.
  void run(unsigned threads) {
    std::vector<std::thread> workers;
    for (unsigned i = 1; i < threads; ++i) workers.emplace_back([this] { work(); });
    work();
    for (std::thread& worker : workers) worker.join();
  }

  std::size_t added() const {
    const std::lock_guard lock(mutex_);
    return added_;
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return !tasks_.empty() || running_ == 0; });
      if (tasks_.empty()) return;
      // The newest first: what one account asks for is done before the next account is begun, so the
      // queue stays short and a role's credentials are used while they are fresh.
      const Task task = std::move(tasks_.back());
      tasks_.pop_back();
      ++running_;
      lock.unlock();
      task();
      lock.lock();
      --running_;
      changed_.notify_all();
    }
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  std::size_t running_ = 0, added_ = 0;
};

}  // namespace ringwall::collect::detail
