#pragma once
// Threads for what may wait for a disk or takes long, shared fairly by accounts.

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace ringwall::gateway {

// Accounts take turns, a job each; an account's own jobs start in the order given, several at once but
// never on more than half of the threads, so that no account makes another wait for the end of its
// work. The destructor finishes what is queued.
class Workers {
 public:
  using Job = std::move_only_function<void()>;

  struct Limits {
    std::size_t queued_max;              // in all
    std::size_t queued_per_account_max;
  };
  Workers(unsigned threads, Limits limits);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // False, and `job` untouched, when the queue or the account's part of it is full.
  [[nodiscard]] bool post(std::string_view account, Job& job);

 private:
  struct Account {
    std::deque<Job> queue;
    unsigned running = 0;
    bool has_turn = false;  // stands in turns_
  };
  using Accounts = std::map<std::string, Account, std::less<>>;

  void run();
  void give_turn(Accounts::iterator account);  // under mutex_

  const unsigned running_per_account_max_;
  const Limits limits_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Accounts accounts_;  // with jobs that wait or run
  std::deque<Accounts::iterator> turns_;
  std::size_t queued_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace ringwall::gateway
