// When each instance is looked at, and by whom. What is done then: detail/keeper.h.

#include "services/rds/reconciler.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "services/rds/detail/keeper.h"

namespace ringwall::rds {

using detail::Keeper;
using detail::Next;
using detail::SteadyClock;
using service::Json;

namespace {

constexpr std::size_t workers_count = 4;  // instances that are worked on at the same time
constexpr std::size_t stops_at_once_max = 16;  // stopping is mostly waiting

// A process or volume of a database instance: a resource id, or a step of its.
std::string resource_of(const std::string& id) {
  if (!id.starts_with("db-")) return {};
  return id.substr(0, id.find('-', 3));
}

}  // namespace

class Reconciler::Loop {
 public:
  explicit Loop(ReconcilerParts parts)
      : parts_(std::move(parts)), ends_([this](std::uint64_t tag) { note_end(tag); }) {
    store::Store& store = parts_.environment.store;
    instances_watch_ = store.watch(tables::instances.prefix(), [this](const std::vector<store::Change>& changes) { note(changes); });
    keys_watch_ = store.watch(keyring::tables::keys.prefix(), [this](const std::vector<store::Change>&) { note_keys(); });
    for (const auto& row : tables::instances.list(store)) {
      const std::lock_guard lock(mutex_);
      note_one(tables::instances.key(row.parts[0], row.parts[1]), row.record.wanted.resource_id);
    }
    for (std::size_t i = 0; i < workers_count; ++i) {
      workers_.emplace_back([this, first = i == 0] {
        if (first) take_stock();
        work();
      });
    }
  }

  ~Loop() { halt(); }

  Result<> stop_all() {
    halt();
    // Without an inventory those that are known are put to rest all the same.
    const auto inventory = parts_.host.inventory();
    if (inventory) {
      const std::lock_guard lock(mutex_);
      for (const auto* found : {&inventory->processes, &inventory->open_volumes}) {
        for (const std::string& id : *found) {
          if (const std::string resource = resource_of(id); !resource.empty()) slot(resource);
        }
      }
    }
    auto rested = rest_all();
    return inventory ? rested : std::unexpected(inventory.error());
  }

 private:
  struct Slot {
    explicit Slot(const ReconcilerParts& parts, detail::ProcessWatch& ends, std::uint64_t tag, const std::string& id)
        : keeper(parts, ends, tag, id) {}
    Keeper keeper;
    std::string document_key;  // empty: there is no document
    SteadyClock::time_point due{};
    bool busy = false;   // a worker has it
    bool again = false;  // and something happened meanwhile
  };

  Slot& slot(const std::string& id) {
    const auto found = slots_.find(id);
    if (found != slots_.end()) return found->second;
    return slots_.try_emplace(id, parts_, ends_, ++tags_, id).first->second;
  }

  void wake(Slot& slot) {
    slot.due = {};
    slot.again = slot.busy;
    changed_.notify_all();
  }

  void note(const std::vector<store::Change>& changes) {
    const std::lock_guard lock(mutex_);
    for (const store::Change& change : changes) {
      if (!tables::instances.parts_of(change.key)) continue;
      const bool is_there = change.document != nullptr;
      note_one(change.key, is_there ? tables::instances.decode(change.key, *change.document).wanted.resource_id : std::string());
    }
  }

  // A document that is gone, or is another instance's now, concerns whose it was.
  void note_one(const std::string& key, const std::string& resource_id) {
    if (!resource_id.empty()) slot(resource_id).document_key = key;
    for (auto& [id, one] : slots_) {
      if (one.document_key == key) wake(one);
    }
  }

  void note_keys() {
    const std::lock_guard lock(mutex_);
    for (auto& [id, one] : slots_) wake(one);
  }

  void note_end(std::uint64_t tag) {
    const std::lock_guard lock(mutex_);
    for (auto& [id, one] : slots_) {
      if (one.keeper.tag() == tag) wake(one);
    }
  }

  // What is there without a document gets a slot too, and a keeper that sets it aside. A volume is
  // only made for a document that was noted before, so that what is found here without one has none.
  void take_stock() {
    for (int failures = 0;;) {
      const auto inventory = parts_.host.inventory();
      std::unique_lock lock(mutex_);
      if (stop_) return;
      if (inventory) {
        for (const auto* found : {&inventory->processes, &inventory->volumes, &inventory->open_volumes}) {
          for (const std::string& id : *found) {
            if (const std::string resource = resource_of(id); !resource.empty()) wake(slot(resource));
          }
        }
        say_unknown(inventory->volumes);
        return;
      }
      if (parts_.log) parts_.log("cannot take stock of databases: " + inventory.error().message);
      changed_.wait_for(lock, detail::retry_after(++failures), [&] { return stop_; });
    }
  }

  // Needs the lock.
  void say_unknown(const std::vector<std::string>& volumes) const {
    std::string ids;
    for (const std::string& id : volumes) {
      const auto found = slots_.find(id);
      if (found != slots_.end() && found->second.document_key.empty()) ids += (ids.empty() ? "`" : ", `") + id + "`";
    }
    if (ids.empty() || !parts_.log) return;
    parts_.log("volumes without a document in the store: " + ids + ": each is kept as it is, and none is opened");
  }

  void work() {
    std::unique_lock lock(mutex_);
    while (!stop_) {
      const auto next = std::ranges::min_element(slots_, {}, [](const auto& item) {
        return item.second.busy ? SteadyClock::time_point::max() : item.second.due;
      });
      if (next == slots_.end() || next->second.busy || next->second.due == SteadyClock::time_point::max()) {
        changed_.wait(lock);
      } else if (const auto due = next->second.due; due > SteadyClock::now()) {
        changed_.wait_until(lock, due);
      } else {
        work_on(lock, next);
      }
    }
  }

  void work_on(std::unique_lock<std::mutex>& lock, std::map<std::string, Slot>::iterator item) {
    Slot& one = item->second;  // stays where it is: only who has it busy erases it
    one.busy = true;
    one.again = false;
    const std::string document_key = one.document_key;
    lock.unlock();
    const Next next = one.keeper.pass(document_key);
    lock.lock();
    one.busy = false;
    if (one.again || next.when == Next::When::at_once) {
      one.due = {};
    } else if (next.when == Next::When::later) {
      one.due = SteadyClock::now() + next.delay;
    } else if (next.when == Next::When::on_change) {
      one.due = SteadyClock::time_point::max();
    } else {
      slots_.erase(item);
    }
    changed_.notify_all();
  }

  // No step begins after this; the databases run on.
  void halt() {
    instances_watch_.reset();
    keys_watch_.reset();
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
  }

  // After halt(): nobody else has a keeper.
  Result<> rest_all() {
    std::vector<Keeper*> keepers;
    {
      const std::lock_guard lock(mutex_);
      for (auto& [id, one] : slots_) keepers.push_back(&one.keeper);
    }
    std::atomic<std::size_t> next = 0;
    std::mutex outcome_mutex;
    Result<> outcome;
    const auto rest_some = [&] {
      for (std::size_t i = next++; i < keepers.size(); i = next++) {
        auto rested = keepers[i]->put_to_rest();
        const std::lock_guard lock(outcome_mutex);
        if (outcome && !rested) outcome = std::move(rested);
      }
    };
    std::vector<std::thread> helpers;
    for (std::size_t i = 0; i < std::min(stops_at_once_max, keepers.size()); ++i) helpers.emplace_back(rest_some);
    for (std::thread& helper : helpers) helper.join();
    return outcome;
  }

  const ReconcilerParts parts_;

  std::mutex mutex_;  // guards what follows, but the keepers: each belongs to who has its slot busy
  std::condition_variable changed_;
  bool stop_ = false;
  std::uint64_t tags_ = 0;
  std::map<std::string, Slot> slots_;

  detail::ProcessWatch ends_;
  std::unique_ptr<store::Watch> instances_watch_, keys_watch_;
  std::vector<std::thread> workers_;
};

Reconciler::Reconciler(ReconcilerParts parts) : loop_(std::make_unique<Loop>(std::move(parts))) {}

Reconciler::~Reconciler() = default;

Result<> Reconciler::stop_all() { return loop_->stop_all(); }

}  // namespace ringwall::rds
