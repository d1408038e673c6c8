#pragma once
// Transactional key-value documents with revisions and watch. One interface; SQLite embedded,
// etcd later: the model is etcd's, so nothing here may promise what etcd cannot keep.
//
// All state is small enough to live in memory: reads never touch the disk. A transaction reads
// what it needs, then commits; the commit succeeds only if nothing it read has changed, and
// returns once it is durable (concurrent commits share one fsync).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <map>
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
  Revision revision = 0;                       // of the commit that wrote it
};

struct Change {
  std::string key;
  std::shared_ptr<const text::Json> document;  // null: erased
};

inline constexpr std::size_t key_bytes_max = 512;
inline constexpr std::size_t document_bytes_max = 1024UL * 1024;

class Store;

// A unit of work. Reads see the store as it is plus this transaction's own writes; commit
// checks that everything read (single keys, absences and ranges) is still as it was.
// Not thread-safe; must not outlive its Store.
class Transaction {
 public:
  explicit Transaction(Store& store) : store_(store) {}

  // The document, or null. The pointer stays valid after later writes and commits.
  std::shared_ptr<const text::Json> get(std::string_view key);
  // Every entry whose key begins with `prefix`, in key order.
  std::vector<Entry> list(std::string_view prefix);
  bool contains(std::string_view key) { return get(key) != nullptr; }

  void put(std::string_view key, text::Json document);
  void erase(std::string_view key);
  bool writes() const { return !writes_.empty(); }

 private:
  friend class Store;
  friend class SqliteStore;
  Store& store_;
  std::map<std::string, Revision, std::less<>> reads_;           // key -> revision seen; 0: absent
  std::map<std::string, std::vector<std::pair<std::string, Revision>>, std::less<>> ranges_;  // prefix -> seen
  std::map<std::string, std::shared_ptr<const text::Json>, std::less<>> writes_;              // null: erase
};

// Stops the watch when destroyed; afterwards the callback will not run again.
class Watch {
 public:
  virtual ~Watch() = default;
};

class Store {
 public:
  virtual ~Store() = default;

  virtual std::optional<Entry> get(std::string_view key) const = 0;
  virtual std::vector<Entry> list(std::string_view prefix) const = 0;

  // Applies the transaction's writes atomically and durably, or fails with
  //   conflict   something it read has changed: build it again from new reads
  //   exhausted  the disk is full: nothing was written
  //   io         the disk failed: nothing was acknowledged
  // Blocks for the fsync. A transaction without writes only checks its reads.
  virtual Result<Revision> commit(const Transaction& transaction) = 0;

  // Calls `on_change` once per commit that touches keys under `prefix`, in commit order, from
  // one thread of the store's, after the commit is durable. Keep callbacks short.
  using OnChange = std::function<void(const std::vector<Change>&)>;
  [[nodiscard]] virtual std::unique_ptr<Watch> watch(std::string prefix, OnChange on_change) = 0;
};

// Opens or makes the store at `path` (SQLite, WAL, synchronous=FULL). Refuses a file that is
// damaged or was written by a newer version (Failure::corrupt, naming both versions), and one
// that another process holds open (conflict).
Result<std::unique_ptr<Store>> open_sqlite(const std::string& path);

// Runs `work` in a fresh transaction and commits, again from the start on conflict (at most
// `attempts` times). `work` returns a Result<T>; its error ends the attempt and is returned.
template <typename Work>
auto transact(Store& store, Work&& work, int attempts = 16) -> decltype(work(std::declval<Transaction&>())) {
  for (int attempt = 1;; ++attempt) {
    Transaction transaction(store);
    auto outcome = work(transaction);
    if (!outcome) return outcome;
    const Result<Revision> committed = store.commit(transaction);
    if (committed) return outcome;
    if (committed.error().kind != Failure::conflict || attempt >= attempts) {
      return std::unexpected(committed.error());
    }
  }
}

}  // namespace ringwall::store
