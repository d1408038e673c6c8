// The loop that keeps VPCs as their documents say. One worker applies VPCs one after another;
// every VPC counts how often it was wanted and up to which wish it has been done, so that any
// number of changes during one application cost one more, and settle() knows what to wait for.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <mutex>
#include <thread>

#include "network/detail/applier.h"
#include "network/documents.h"
#include "network/network.h"
#include "network/records.h"

namespace ringwall::network {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
using namespace std::chrono_literals;

constexpr auto retry_first = 100ms;
constexpr auto retry_last = 10s;

void log_to_standard_error(const std::string& line) { std::fputs((line + "\n").c_str(), stderr); }

std::chrono::milliseconds retry_after(int failures) {
  const int doublings = std::min(failures - 1, 7);
  return std::min<std::chrono::milliseconds>(retry_first * (1 << doublings), retry_last);
}

}  // namespace

class Reconciler::Loop {
 public:
  Loop(store::Store& store, host::Host& host, OnListener on_listener, Options options)
      : store_(store),
        host_(host),
        log_(options.log ? std::move(options.log) : log_to_standard_error),
        applier_(store, host, std::move(on_listener), std::move(options.dns_suffix)) {
    watch_ = store.watch(std::string(documents_prefix), [this](const std::vector<store::Change>& changes) { note(changes); });
    worker_ = std::thread([this] { work(); });
  }

  ~Loop() {
    watch_.reset();
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    worker_.join();
  }

  Result<> settle(const std::string& vpc_id) {
    std::unique_lock lock(mutex_);
    Vpc& vpc = vpcs_[vpc_id];
    const std::uint64_t wish = want(vpc);
    ++vpc.waiting;
    changed_.notify_all();
    changed_.wait(lock, [&] { return vpc.done >= wish || stop_; });
    --vpc.waiting;
    const Result<> outcome = vpc.done >= wish ? vpc.outcome : Result<>(fail(Failure::unavailable, "the server is stopping"));
    forget_if_idle(vpc_id);
    return outcome;
  }

 private:
  struct Vpc {
    std::string account;
    std::uint64_t wanted = 0, done = 0;
    SteadyTime due = {};
    int failures = 0;
    int waiting = 0;       // callers inside settle()
    bool removed = false;  // the world has nothing of it left
    Result<> outcome;
  };

  static std::uint64_t want(Vpc& vpc) {
    vpc.due = {};
    return ++vpc.wanted;
  }

  // Which VPC a changed document is of. An erased one cannot say, so it is remembered.
  void note(const std::vector<store::Change>& changes) {
    const std::lock_guard lock(mutex_);
    for (const auto& change : changes) note_one(change.key, change.document.get());
    changed_.notify_all();
  }

  void note_one(const std::string& key, const Json* document) {
    std::string vpc_id;
    if (document != nullptr) {
      vpc_id = document->str("VpcId");
      if (!vpc_id.empty()) vpc_of_[key] = vpc_id;
    } else if (const auto known = vpc_of_.find(key); known != vpc_of_.end()) {
      vpc_id = known->second;
      vpc_of_.erase(known);
    }
    if (vpc_id.empty()) return;
    Vpc& vpc = vpcs_[vpc_id];
    if (const auto parts = parts_of(key)) vpc.account = parts->account;
    want(vpc);
  }

  void work() {
    take_stock();
    std::unique_lock lock(mutex_);
    while (!stop_) {
      const auto next = std::ranges::min_element(vpcs_, {}, [](const auto& item) { return due_of(item.second); });
      if (next == vpcs_.end() || due_of(next->second) == SteadyTime::max()) {
        changed_.wait(lock);
      } else if (const SteadyTime due = due_of(next->second); due > std::chrono::steady_clock::now()) {
        changed_.wait_until(lock, due);
      } else {
        apply(lock, next->first);
      }
    }
  }

  static SteadyTime due_of(const Vpc& vpc) { return vpc.done < vpc.wanted ? vpc.due : SteadyTime::max(); }

  void apply(std::unique_lock<std::mutex>& lock, const std::string id) {
    Vpc& vpc = vpcs_[id];  // stays where it is: only this thread and the last waiter erase, when idle
    const std::uint64_t wish = vpc.wanted;
    std::string account = vpc.account;
    ++vpc.waiting;
    lock.unlock();
    if (account.empty()) account = account_of(id);
    const Result<> outcome = applier_.apply(account, id);
    if (!outcome) log_("cannot apply " + id + ": " + outcome.error().message);
    const bool removed = outcome && !tables::vpcs.get(store_, account, id);
    lock.lock();
    --vpc.waiting;
    vpc.account = account;
    vpc.outcome = outcome;
    vpc.done = wish;
    vpc.removed = removed;
    if (outcome) {
      vpc.failures = 0;
    } else {
      // A wish that is not a caller's: it comes due later, unless somebody asks before.
      ++vpc.failures;
      if (vpc.wanted == wish) {
        ++vpc.wanted;
        vpc.due = std::chrono::steady_clock::now() + retry_after(vpc.failures);
      }
    }
    changed_.notify_all();
    forget_if_idle(id);
  }

  void forget_if_idle(const std::string& id) {
    const auto found = vpcs_.find(id);
    if (found == vpcs_.end()) return;
    const Vpc& vpc = found->second;
    if (vpc.removed && vpc.waiting == 0 && vpc.done == vpc.wanted) vpcs_.erase(found);
  }

  // The account whose VPC it is; empty if no document says so.
  std::string account_of(const std::string& vpc_id) const {
    for (const auto& entry : store_.list(documents_prefix)) {
      const auto parts = parts_of(entry.key);
      if (parts && parts->id == vpc_id) return parts->account;
    }
    return {};
  }

  // Tells whoever waits that it failed; what was wanted stays wanted. Needs the lock.
  void answer_all(const Error& error) {
    for (auto& [id, vpc] : vpcs_) {
      if (vpc.done == vpc.wanted) continue;
      vpc.outcome = std::unexpected(error);
      vpc.done = vpc.wanted++;
    }
    changed_.notify_all();
  }

  // At start: every VPC with a document is wanted, and every network the host has without one.
  void take_stock() {
    const auto documents = store_.list(documents_prefix);
    {
      const std::lock_guard lock(mutex_);
      for (const auto& entry : documents) {
        if (!vpc_of_.contains(entry.key)) note_one(entry.key, entry.document.get());
      }
    }
    for (int failures = 0;;) {
      const auto inventory = host_.inventory();
      std::unique_lock lock(mutex_);
      if (stop_) return;
      if (inventory) {
        for (const auto& id : inventory->networks) want(vpcs_[id]);
        return;
      }
      log_("cannot take stock of networks: " + inventory.error().message);
      answer_all(inventory.error());
      changed_.wait_for(lock, retry_after(++failures), [&] { return stop_; });
    }
  }

  store::Store& store_;
  host::Host& host_;
  const std::function<void(const std::string&)> log_;
  Applier applier_;  // the worker's alone

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool stop_ = false;
  std::map<std::string, Vpc> vpcs_;
  std::map<std::string, std::string> vpc_of_;  // key of a document -> its VPC

  std::unique_ptr<store::Watch> watch_;
  std::thread worker_;
};

Reconciler::Reconciler(store::Store& store, host::Host& host, OnListener on_listener)
    : Reconciler(store, host, std::move(on_listener), Options()) {}

Reconciler::Reconciler(store::Store& store, host::Host& host, OnListener on_listener, Options options)
    : loop_(std::make_unique<Loop>(store, host, std::move(on_listener), std::move(options))) {}

Reconciler::~Reconciler() = default;

Result<> Reconciler::settle(const std::string& vpc_id) { return loop_->settle(vpc_id); }

}  // namespace ringwall::network
