// The store on SQLite.
//
// Readers use a map in memory and never wait for the disk. Commits queue; one writer thread
// takes all that wait as a batch, validates each against the map and the batch's earlier
// writes, writes the accepted ones in one SQLite transaction (one fsync), and only then changes
// the map and answers. So what anyone can read is durable, and a batch that fails has changed
// nothing. Rejected: writing to SQLite from the committing threads, which is an fsync each.

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "base/check.h"
#include "store/detail/database.h"
#include "store/detail/history.h"
#include "store/detail/watch_hub.h"
#include "store/copy.h"
#include "text/utf8.h"

namespace ringwall::store {
namespace {

struct Stored {
  std::shared_ptr<const text::Json> document;  // null, in a batch's writes only: erased
  Revision revision = 0;
};
using Entries = std::map<std::string, Stored, std::less<>>;

struct Write {
  std::string_view key;  // the transaction's, which outlives the commit
  std::shared_ptr<const text::Json> document;
  std::string text;
};

// The document as it will read back. This is also the proof that it will: a string that is not
// UTF-8 or one level too many would else be found at the next start, as damage.
Result<Write> encode(std::string_view key, const text::Json* document) {
  if (key.empty() || key.size() > key_bytes_max) {
    return fail(Failure::invalid, "a key of " + std::to_string(key.size()) +
                                      " bytes: it must have 1 to " + std::to_string(key_bytes_max));
  }
  Write write{key, nullptr, {}};
  if (document == nullptr) return write;
  write.text = document->dump();
  if (write.text.size() > document_bytes_max) {
    return fail(Failure::invalid, "the document `" + std::string(key) + "` has " +
                                      std::to_string(write.text.size()) + " bytes: the limit is " +
                                      std::to_string(document_bytes_max));
  }
  if (!text::all_utf8(*document)) return fail(Failure::invalid, "the document `" + std::string(key) + "` cannot be stored: a text in it is not UTF-8");
  auto readable = text::parse_json(write.text);
  if (!readable)
    return fail(readable.error(), "the document `" + std::string(key) + "` cannot be stored");
  write.document = std::make_shared<const text::Json>(*std::move(readable));
  return write;
}

Revision revision_of(std::string_view key, const Entries& entries, const Entries& newer) {
  if (const auto found = newer.find(key); found != newer.end()) return found->second.revision;
  const auto found = entries.find(key);
  return found == entries.end() ? 0 : found->second.revision;
}

// Is what lies in the range, newer writes over entries, exactly what was seen?
template <typename Range>
bool range_is(const Range& range, const Entries& entries, const Entries& newer) {
  const auto& seen = range.seen;
  auto expected = seen.begin();
  const auto next_is = [&](const Entries::value_type& entry) {
    return expected != seen.end() && expected->first == entry.first &&
           expected++->second == entry.second.revision;
  };
  const std::string& start = std::max(range.prefix, range.from);
  const auto is_within = [&](const std::string& key) {
    return key.starts_with(range.prefix) && (range.end.empty() || key < range.end);
  };
  auto old = entries.lower_bound(start);
  auto fresh = newer.lower_bound(start);
  for (;;) {
    const bool old_left = old != entries.end() && is_within(old->first);
    const bool fresh_left = fresh != newer.end() && is_within(fresh->first);
    if (!old_left && !fresh_left) return expected == seen.end();
    if (!fresh_left || (old_left && old->first < fresh->first)) {
      if (!next_is(*old++)) return false;
      continue;
    }
    if (old_left && old->first == fresh->first) ++old;
    if (fresh->second.document != nullptr && !next_is(*fresh)) return false;
    ++fresh;
  }
}

}  // namespace

class SqliteStore final : public Store {
 public:
  SqliteStore(detail::Database database, Entries entries, Revision revision, std::function<bool()> make_room)
      : database_(std::move(database)),
        make_room_(std::move(make_room)),
        entries_(std::move(entries)),
        revision_(revision),
        history_(revision),
        writer_([this] { write_until_stopped(); }) {}

  ~SqliteStore() override {
    hub_.stop();  // first, because its last callbacks may commit
    {
      const std::lock_guard lock(queue_mutex_);
      stopping_ = true;
    }
    queued_.notify_one();
    writer_.join();
  }

  std::optional<Entry> get(std::string_view key) const override {
    const std::shared_lock lock(entries_mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    return Entry{found->first, found->second.document, found->second.revision};
  }

  std::vector<Entry> list(std::string_view prefix) const override {
    std::vector<Entry> found;
    const std::shared_lock lock(entries_mutex_);
    append_entries(prefix, found);
    return found;
  }

  std::vector<Entry> list(std::string_view prefix, std::string_view from,
                          std::size_t limit) const override {
    std::vector<Entry> found;
    const std::shared_lock lock(entries_mutex_);
    for (auto at = entries_.lower_bound(std::max(prefix, from));
         at != entries_.end() && at->first.starts_with(prefix) && found.size() < limit; ++at) {
      found.push_back({at->first, at->second.document, at->second.revision});
    }
    return found;
  }

  Snapshot snapshot(Prefixes prefixes) const override {
    // In order, a prefix comes before those within it, which have nothing to add.
    std::vector<std::string_view> sorted(prefixes.begin(), prefixes.end());
    std::ranges::sort(sorted);
    Snapshot found;
    std::optional<std::string_view> last;
    const std::shared_lock lock(entries_mutex_);
    found.revision = revision_;
    for (const std::string_view prefix : sorted) {
      if (last && prefix.starts_with(*last)) continue;
      append_entries(prefix, found.entries);
      last = prefix;
    }
    return found;
  }

  std::optional<Changes> changes_since(Revision since, Prefixes prefixes) const override {
    const std::shared_lock lock(entries_mutex_);
    if (since > revision_) return std::nullopt;  // another store's, or one that was restored
    const auto keys = history_.since(since, prefixes);
    if (!keys) return std::nullopt;
    Changes found{.changes = {}, .revision = revision_};
    for (const std::string& key : *keys) {
      const auto at = entries_.find(key);
      found.changes.push_back({key, at == entries_.end() ? nullptr : at->second.document});
    }
    return found;
  }

  bool current(const Transaction& transaction) const override {
    const std::shared_lock lock(entries_mutex_);
    return still_as_read(transaction, {});
  }

  Result<Revision> commit(const Transaction& transaction) override {
    if (!transaction.writes()) {
      const std::shared_lock lock(entries_mutex_);
      if (still_as_read(transaction, {})) return revision_;
      return conflict();
    }
    if (transaction.writes_.size() > transaction_writes_max) {
      return fail(Failure::invalid,
                  "a transaction of " + std::to_string(transaction.writes_.size()) +
                      " writes: the limit is " + std::to_string(transaction_writes_max));
    }
    Pending pending(transaction);
    for (const auto& [key, document] : transaction.writes_) {
      RW_TRY(Write write, encode(key, document.get()));
      pending.writes.push_back(std::move(write));
    }
    hub_.wait_for_room();
    std::future<Result<Revision>> answer = pending.answer.get_future();
    {
      const std::lock_guard lock(queue_mutex_);
      queue_.push_back(std::move(pending));
    }
    queued_.notify_one();
    return answer.get();
  }

  std::unique_ptr<Watch> watch(std::string prefix, OnChange on_change) override {
    // Shared with the writer's change of the map: no commit falls between revision and watch.
    const std::shared_lock lock(entries_mutex_);
    return hub_.add(std::move(prefix), std::move(on_change), revision_);
  }

 private:
  // One commit on its way. At most one per thread that commits, so the queue needs no limit.
  struct Pending {
    explicit Pending(const Transaction& of) : transaction(&of) {}
    const Transaction* transaction;
    std::vector<Write> writes = {};
    Revision revision = 0;  // given when accepted
    std::promise<Result<Revision>> answer = {};
  };
  using Batch = std::vector<Pending>;

  static std::unexpected<Error> conflict() {
    return fail(Failure::conflict, "something this transaction read has changed: try again");
  }

  // Under the lock.
  void append_entries(std::string_view prefix, std::vector<Entry>& found) const {
    for (auto at = entries_.lower_bound(prefix);
         at != entries_.end() && at->first.starts_with(prefix); ++at) {
      found.push_back({at->first, at->second.document, at->second.revision});
    }
  }

  bool still_as_read(const Transaction& transaction, const Entries& newer) const {
    for (const auto& [key, revision] : transaction.reads_) {
      if (revision_of(key, entries_, newer) != revision) return false;
    }
    for (const auto& range : transaction.ranges_) {
      if (!range_is(range, entries_, newer)) return false;
    }
    return true;
  }

  void write_until_stopped() {
    std::unique_lock lock(queue_mutex_);
    for (;;) {
      queued_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      Batch batch = std::exchange(queue_, {});
      lock.unlock();
      process(batch);
      lock.lock();
    }
  }

  // Answers every commit of the batch. When the disk refuses the whole, each is tried alone:
  // one that is too large for the space left must not fail its neighbours.
  void process(Batch& batch) {
    Result<> written = attempt(batch);
    if (!written && written.error().kind == Failure::exhausted && make_room_ && make_room_()) written = attempt(batch);
    if (written) return;
    if (batch.size() == 1) {
      batch.front().answer.set_value(std::unexpected(std::move(written).error()));
      return;
    }
    for (Pending& pending : batch) {
      Batch alone;
      alone.push_back(std::move(pending));
      if (auto outcome = attempt(alone); !outcome) {
        alone.front().answer.set_value(std::unexpected(std::move(outcome).error()));
      }
    }
  }

  // Writes what is valid and answers all, or has changed nothing and answered none. Only this
  // thread changes the map, so it reads it without the lock.
  Result<> attempt(Batch& batch) {
    Entries newer;
    Revision last = revision_;
    for (Pending& pending : batch) {
      pending.revision = 0;
      if (!still_as_read(*pending.transaction, newer)) continue;
      pending.revision = ++last;
      for (const Write& write : pending.writes) {
        const Revision revision = write.document != nullptr ? last : 0;
        newer.insert_or_assign(std::string(write.key), Stored{write.document, revision});
      }
    }
    if (last != revision_) {
      if (auto written = persist(batch, last); !written) {
        database_.roll_back();
        return written;
      }
      publish(batch, last);
    }
    for (Pending& pending : batch) {
      // A conflict is answered after the commit it lost to is readable, so a retry can win.
      pending.answer.set_value(pending.revision != 0 ? Result<Revision>(pending.revision)
                                                     : Result<Revision>(conflict()));
    }
    return {};
  }

  Result<> persist(const Batch& batch, Revision last) {
    RW_DO(database_.begin());
    for (const Pending& pending : batch) {
      if (pending.revision == 0) continue;
      for (const Write& write : pending.writes) {
        RW_DO(write.document != nullptr ? database_.put(write.key, write.text, pending.revision)
                                        : database_.erase(write.key));
      }
    }
    return database_.commit(last);
  }

  void publish(const Batch& batch, Revision last) {
    // Documents replaced here are freed after the lock, not under it.
    std::vector<std::shared_ptr<const text::Json>> replaced;
    const std::unique_lock lock(entries_mutex_);
    for (const Pending& pending : batch) {
      if (pending.revision == 0) continue;
      std::vector<Change> changes;
      for (const Write& write : pending.writes) {
        const auto at = entries_.find(write.key);
        if (at != entries_.end()) replaced.push_back(at->second.document);
        if (write.document != nullptr) {
          entries_.insert_or_assign(std::string(write.key),
                                    Stored{write.document, pending.revision});
        } else if (at != entries_.end()) {
          entries_.erase(at);
        } else {
          continue;  // erasing what is absent changes nothing
        }
        history_.add(pending.revision, write.key);
        changes.push_back({std::string(write.key), write.document});
      }
      hub_.post(pending.revision, std::move(changes));
    }
    revision_ = last;
  }

  detail::Database database_;  // the writer's alone
  const std::function<bool()> make_room_;
  mutable std::shared_mutex entries_mutex_;
  Entries entries_;    // INVARIANT: holds exactly what is durable
  Revision revision_;  // of the last durable commit; guarded as entries_
  detail::History history_;  // guarded as entries_
  detail::WatchHub hub_;
  std::mutex queue_mutex_;  // guards the two below
  Batch queue_;
  bool stopping_ = false;
  std::condition_variable queued_;
  std::thread writer_;  // last: it uses all of the above
};

Result<std::unique_ptr<Store>> open_sqlite(const std::string& path, std::function<bool()> make_room) {
  RW_TRY(detail::Database database, detail::Database::open(path));
  Entries entries;
  RW_TRY(const Revision revision,
         database.load(
             [&](std::string key, std::shared_ptr<const text::Json> document, Revision written) {
               entries.insert_or_assign(std::move(key), Stored{std::move(document), written});
             }));
  return std::make_unique<SqliteStore>(std::move(database), std::move(entries), revision, std::move(make_room));
}

namespace {

Result<> write_all(const Snapshot& snapshot, const std::string& path) {
  RW_TRY(detail::Database database, detail::Database::open(path));
  RW_TRY(const Revision none, database.load([](auto&&...) {}));
  static_cast<void>(none);
  RW_DO(database.begin());
  for (const Entry& entry : snapshot.entries) RW_DO(database.put(entry.key, entry.document->dump(), entry.revision));
  return database.commit(snapshot.revision);
}

}  // namespace

Result<Revision> copy_sqlite(const Store& store, const std::string& path) {
  if (std::filesystem::exists(std::filesystem::symlink_status(path))) {
    return fail(Failure::conflict, "there is a file `" + path + "` already");
  }
  constexpr std::string_view everything[] = {""};
  const Snapshot snapshot = store.snapshot(everything);
  const auto written = write_all(snapshot, path);  // closed when it returns: the log is in the file
  std::error_code ignored;
  std::filesystem::remove(path + ".lock", ignored);
  if (written) return snapshot.revision;
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix, ignored);
  return std::unexpected(written.error());
}

}  // namespace ringwall::store
