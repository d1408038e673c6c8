#pragma once
// Transactional key-value documents with revisions and watch. One interface; SQLite embedded,
// etcd later: the model is etcd's, so nothing here may promise what etcd cannot keep.
//
// All state is small enough to live in memory: reads never touch the disk. A transaction reads
// what it needs, then commits; the commit succeeds only if nothing it read has changed, and
// returns once it is durable (concurrent commits share one fsync).

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/json.h"

namespace ringwall::store {

using Revision = std::int64_t;  // grows by one with every commit of the whole store

struct Entry {
  std::string key;
  std::shared_ptr<const text::Json> document;  // immutable; outlives the store's copy
  Revision revision = 0;                       // of the commit that wrote it; 0: not committed yet
};

struct Change {
  std::string key;
  std::shared_ptr<const text::Json> document;  // null: erased
};

using Prefixes = std::span<const std::string_view>;

// What lies under some prefixes, all as of one revision.
struct Snapshot {
  std::vector<Entry> entries;  // in key order, each once
  Revision revision = 0;
};

// What later commits made of the keys they changed, all as of one revision.
struct Changes {
  std::vector<Change> changes;  // in key order, each key once
  Revision revision = 0;
};

inline constexpr std::size_t key_bytes_max = 512;  // and at least 1
inline constexpr std::size_t document_bytes_max = 1024UL * 1024;  // as Json::dump writes it
inline constexpr std::size_t transaction_writes_max = 10'000;
inline constexpr std::size_t changes_kept_max = 65'536;  // that `changes_since` can look back over

class Store;

// A unit of work. Reads see the store as it is plus this transaction's own writes; commit
// checks that everything read (single keys, absences and ranges) is still as it was. Reads are
// not of one moment: until the commit, two of them may disagree, and the commit then conflicts.
// Not thread-safe; must not outlive its Store.
class Transaction {
 public:
  explicit Transaction(Store& store) : store_(store) {}

  // The document, or null. The pointer stays valid after later writes and commits.
  std::shared_ptr<const text::Json> get(std::string_view key);
  // Every entry whose key begins with `prefix`, in key order.
  std::vector<Entry> list(std::string_view prefix);
  // The first `limit` of them whose key is not before `from`. Depends on no more than it answers.
  std::vector<Entry> list(std::string_view prefix, std::string_view from, std::size_t limit);
  bool contains(std::string_view key) { return get(key) != nullptr; }

  void put(std::string_view key, text::Json document);
  void erase(std::string_view key);
  bool writes() const { return !writes_.empty(); }

 private:
  friend class Store;
  friend class SqliteStore;
  // Keys and revisions seen under `prefix`, from `from` up to `end`, which is not of it; empty: all.
  struct Range {
    std::string prefix, from, end;
    std::vector<std::pair<std::string, Revision>> seen;
  };
  void remember(std::string_view prefix, std::string_view from, std::string end, const std::vector<Entry>& stored);
  std::vector<Entry> with_own_writes(std::string_view prefix, std::string_view from, std::vector<Entry> stored);

  Store& store_;
  std::map<std::string, Revision, std::less<>> reads_;  // key -> revision seen; 0: absent
  std::vector<Range> ranges_;
  std::map<std::string, std::shared_ptr<const text::Json>, std::less<>> writes_;              // null: erase
};

// Stops the watch when destroyed, by any thread, also within its own callback and after the
// Store; afterwards the callback will not run again. Another thread waits for a callback that
// is running, so it must hold no lock which that callback takes.
class Watch {
 public:
  virtual ~Watch() = default;
};

// Thread-safe. Its destructor delivers what watches still have to hear; nobody may use the store
// meanwhile, and no callback may destroy it.
class Store {
 public:
  virtual ~Store() = default;

  virtual std::optional<Entry> get(std::string_view key) const = 0;
  virtual std::vector<Entry> list(std::string_view prefix) const = 0;
  // The first `limit` of them whose key is not before `from` (etcd: a range with a limit). Costs
  // what it answers, not what lies under the prefix.
  virtual std::vector<Entry> list(std::string_view prefix, std::string_view from, std::size_t limit) const = 0;

  // Everything under any of `prefixes`, and the revision to ask for changes since.
  virtual Snapshot snapshot(Prefixes prefixes) const = 0;

  // The keys under any of `prefixes` that commits after `since` wrote or erased, as they are now.
  // Nothing when that cannot be known: the store looks back over changes_kept_max changes, and
  // no further than it has been open (etcd: than it was compacted). Then take a snapshot again.
  // Cost: grows with the changes after `since` under whatever prefix, not with the store.
  virtual std::optional<Changes> changes_since(Revision since, Prefixes prefixes) const = 0;

  // Applies the transaction's writes atomically and durably, or fails with
  //   invalid    a key or a document is past its limit, or not representable as JSON
  //   conflict   something it read has changed: build it again from new reads
  //   exhausted  the disk is full: nothing was written
  //   io         the disk failed: nothing was acknowledged
  // Blocks for the fsync. A transaction without writes only checks its reads. Thread-safe, and
  // atomic in the order of the revisions answered. Documents are kept as they read back, so
  // what a reader sees does not depend on a restart (`1.0` is the integer 1 at once).
  virtual Result<Revision> commit(const Transaction& transaction) = 0;

  // Is everything that the transaction read still as it was?
  virtual bool current(const Transaction& transaction) const = 0;

  // Calls `on_change` once per later commit that changes keys under `prefix`, in commit order,
  // from one thread of the store's, after the commit is durable. Keep callbacks short: when
  // watch_backlog_max commits wait for them, further commits do too. A callback may commit,
  // but must not wait for another thread that does.
  using OnChange = std::function<void(const std::vector<Change>&)>;
  [[nodiscard]] virtual std::unique_ptr<Watch> watch(std::string prefix, OnChange on_change) = 0;

  // Held by `transact` while it retries, so that retries go one at a time: N contenders would
  // else need about N attempts each. Recursive, since work may itself transact.
  std::recursive_mutex& retry_turn() { return retry_turn_; }

 private:
  std::recursive_mutex retry_turn_;
};

inline constexpr std::size_t watch_backlog_max = 4096;

// Opens the store at `path` (SQLite, WAL, synchronous=FULL), or makes it, readable by its owner
// only, when there is no file or an empty one. Refuses a file that is damaged, is not a store or
// was written by a newer version (Failure::corrupt, naming both versions), and one that is open
// already (conflict); a file refused is left as it was. Cost: reads and checks the whole file.
// When a commit finds the disk full, `make_room` is asked for more, on the writing thread; true: try again.
Result<std::unique_ptr<Store>> open_sqlite(const std::string& path, std::function<bool()> make_room = {});

// Runs `work` in a fresh transaction and commits, again from the start on conflict (at most
// `attempts` times). `work` returns a Result<T>; its error, if the reads it came from still
// hold, is returned. `work` may run several times, so it must have no effects of its own.
template <typename Work>
auto transact(Store& store, Work&& work, int attempts = 64)
    -> decltype(work(std::declval<Transaction&>())) {
  std::unique_lock turn(store.retry_turn(), std::defer_lock);
  for (int attempt = 1;; ++attempt) {
    Transaction transaction(store);
    auto outcome = work(transaction);
    if (!outcome) {
      if (attempt >= attempts || store.current(transaction)) return outcome;
    } else {
      const Result<Revision> committed = store.commit(transaction);
      if (committed) return outcome;
      if (committed.error().kind != Failure::conflict || attempt >= attempts) {
        return std::unexpected(committed.error());
      }
    }
    if (!turn.owns_lock()) turn.lock();
  }
}

}  // namespace ringwall::store
