#pragma once
// The one file that names SQLite: the store's rows on disk, and nothing of transactions' reads.
//
// Format, version 1. Table `entry`: key, document (JSON), the revision that wrote it, and a
// checksum of the three, because SQLite would not notice a bit that turned inside a document.
// Table `state`: one row, the revision of the last commit. The header's application id tells
// a store from other SQLite files; its user version is the format's.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "os/fd.h"
#include "store/store.h"

struct sqlite3;
struct sqlite3_stmt;

namespace ringwall::store::detail {

inline constexpr std::int64_t format_version = 1;

class Database {
 public:
  // As open_sqlite. Holds the lock on `path`.lock while it lives.
  static Result<Database> open(const std::string& path);

  // Every row, verified, in no order. Answers the last revision.
  using Row = std::function<void(std::string key, std::shared_ptr<const text::Json>, Revision)>;
  Result<Revision> load(const Row& row);

  // begin, then any writes, then commit; after a failure anywhere, roll_back. After commit the
  // writes are durable and `revision` is the last one.
  Result<> begin();
  Result<> put(std::string_view key, std::string_view document, Revision revision);
  Result<> erase(std::string_view key);
  Result<> commit(Revision revision);
  void roll_back();

 private:
  struct Close {
    void operator()(sqlite3* database) const noexcept;
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Close>;

  Database() = default;
  static Result<> create(const std::string& path);
  Result<> connect(const std::string& path, int flags);
  Result<> verify();
  Result<> prepare_all();
  Result<> execute(const char* sql);
  Result<Statement> prepare(const char* sql);
  Result<std::int64_t> number(const char* sql);
  Result<> run(sqlite3_stmt* statement);
  Error failure(std::string_view doing) const;
  Error damaged(std::string_view how) const;

  std::string path_;
  os::UniqueFd lock_;  // released after the connection closes, since members go in reverse
  std::unique_ptr<sqlite3, Close> connection_;
  Statement begin_;
  Statement put_;
  Statement erase_;
  Statement set_revision_;
  Statement commit_;
};

}  // namespace ringwall::store::detail
