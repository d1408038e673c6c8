#pragma once
// Delivers commits to watchers from one thread, in the order they were posted.

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "store/store.h"

namespace ringwall::store::detail {

class WatchHub {
 public:
  WatchHub();
  ~WatchHub() { stop(); }
  WatchHub(const WatchHub&) = delete;
  WatchHub& operator=(const WatchHub&) = delete;

  // Delivers what was posted, and what callbacks still post meanwhile; nothing after.
  void stop();

  // Will hear of commits after `since`.
  std::unique_ptr<Watch> add(std::string prefix, Store::OnChange on_change, Revision since);

  // Called by one thread, with growing revisions. Never blocks for a callback.
  void post(Revision revision, std::vector<Change> changes);

  // Waits until fewer than watch_backlog_max commits are undelivered. At once for a callback,
  // which would wait for itself.
  void wait_for_room();

 private:
  struct Subscription;
  class Handle;
  struct Commit {
    Revision revision;
    std::vector<Change> changes;
  };

  void deliver_until_stopped();
  void deliver(const Commit& commit);
  std::vector<std::shared_ptr<Subscription>> live_subscriptions();

  std::mutex mutex_;  // guards the three below
  std::deque<Commit> backlog_;
  std::vector<std::shared_ptr<Subscription>> subscriptions_;
  bool stopping_ = false;
  std::condition_variable posted_;
  std::condition_variable delivered_;
  std::thread thread_;
};

}  // namespace ringwall::store::detail
