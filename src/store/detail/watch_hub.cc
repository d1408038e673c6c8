#include "store/detail/watch_hub.h"

#include <algorithm>
#include <atomic>

namespace ringwall::store::detail {

// Shared by the hub and the Watch, because either may go first.
struct WatchHub::Subscription {
  std::string prefix;
  Store::OnChange on_change;
  Revision since = 0;
  std::recursive_mutex running;  // held during the callback, which may destroy its own Watch
  std::atomic<bool> cancelled = false;
};

class WatchHub::Handle final : public Watch {
 public:
  explicit Handle(std::shared_ptr<Subscription> subscription)
      : subscription_(std::move(subscription)) {}
  ~Handle() override {
    const std::lock_guard lock(subscription_->running);
    subscription_->cancelled = true;
  }

 private:
  std::shared_ptr<Subscription> subscription_;
};

WatchHub::WatchHub() : thread_([this] { deliver_until_stopped(); }) {}

void WatchHub::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  posted_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::unique_ptr<Watch> WatchHub::add(std::string prefix, Store::OnChange on_change,
                                     Revision since) {
  auto subscription = std::make_shared<Subscription>();
  subscription->prefix = std::move(prefix);
  subscription->on_change = std::move(on_change);
  subscription->since = since;
  auto handle = std::make_unique<Handle>(subscription);
  const std::lock_guard lock(mutex_);
  subscriptions_.push_back(std::move(subscription));
  return handle;
}

void WatchHub::post(Revision revision, std::vector<Change> changes) {
  {
    const std::lock_guard lock(mutex_);
    if (subscriptions_.empty()) return;
    backlog_.push_back({revision, std::move(changes)});
  }
  posted_.notify_one();
}

void WatchHub::wait_for_room() {
  if (std::this_thread::get_id() == thread_.get_id()) return;
  std::unique_lock lock(mutex_);
  delivered_.wait(lock, [&] { return backlog_.size() < watch_backlog_max; });
}

void WatchHub::deliver_until_stopped() {
  std::unique_lock lock(mutex_);
  for (;;) {
    posted_.wait(lock, [&] { return stopping_ || !backlog_.empty(); });
    if (backlog_.empty()) return;
    const Commit commit = std::move(backlog_.front());
    lock.unlock();
    deliver(commit);
    lock.lock();
    backlog_.pop_front();  // only now: a commit being delivered still counts
    delivered_.notify_all();
  }
}

std::vector<std::shared_ptr<WatchHub::Subscription>> WatchHub::live_subscriptions() {
  // What a callback captured may destroy anything, so it must not go under the lock.
  std::vector<std::shared_ptr<Subscription>> dead;  // outlives the lock: made before it
  const std::lock_guard lock(mutex_);
  const auto cancelled = std::ranges::stable_partition(
      subscriptions_, [](const auto& subscription) { return !subscription->cancelled; });
  dead.assign(cancelled.begin(), cancelled.end());
  subscriptions_.erase(cancelled.begin(), cancelled.end());
  return subscriptions_;
}

void WatchHub::deliver(const Commit& commit) {
  for (const auto& subscription : live_subscriptions()) {
    if (commit.revision <= subscription->since) continue;
    std::vector<Change> matching;
    for (const Change& change : commit.changes) {
      if (change.key.starts_with(subscription->prefix)) matching.push_back(change);
    }
    if (matching.empty()) continue;
    const std::lock_guard lock(subscription->running);
    if (!subscription->cancelled) subscription->on_change(matching);
  }
}

}  // namespace ringwall::store::detail
