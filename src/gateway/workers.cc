#include "gateway/workers.h"

#include <algorithm>

namespace ringwall::gateway {

Workers::Workers(unsigned threads, Limits limits) : running_per_account_max_(std::max(1U, threads / 2)), limits_(limits) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Workers::post(std::string_view account, Job& job) {
  const std::lock_guard lock(mutex_);
  if (queued_ >= limits_.queued_max) return false;
  auto found = accounts_.find(account);
  if (found == accounts_.end()) found = accounts_.emplace(account, Account{}).first;
  if (found->second.queue.size() >= limits_.queued_per_account_max) return false;
  found->second.queue.push_back(std::move(job));
  ++queued_;
  give_turn(found);
  return true;
}

// Queues the account for a thread if it has work and may run more.
void Workers::give_turn(Accounts::iterator account) {
  Account& one = account->second;
  if (one.has_turn || one.queue.empty() || one.running >= running_per_account_max_) return;
  one.has_turn = true;
  turns_.push_back(account);
  wake_.notify_one();
}

void Workers::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    // While stopping, jobs may wait for their account's running ones, whose threads then take them.
    wake_.wait(lock, [&] { return !turns_.empty() || (stopping_ && queued_ == 0); });
    if (turns_.empty()) return;
    const auto account = turns_.front();
    turns_.pop_front();
    account->second.has_turn = false;
    Job job = std::move(account->second.queue.front());
    account->second.queue.pop_front();
    --queued_;
    ++account->second.running;
    give_turn(account);
    lock.unlock();
    job();
    job = nullptr;  // what it holds is released outside the lock
    lock.lock();
    --account->second.running;
    give_turn(account);
    if (account->second.queue.empty() && account->second.running == 0) accounts_.erase(account);
    if (stopping_ && queued_ == 0) wake_.notify_all();
  }
}

}  // namespace ringwall::gateway
