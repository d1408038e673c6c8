#include "store/detail/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "os/files.h"

namespace ringwall::store::detail {
namespace {

constexpr std::int64_t application_id = 0x52574c31;  // "RWL1"

constexpr std::size_t page_bytes_min = 512;  // of any SQLite file

constexpr const char* schema = R"(
  PRAGMA application_id = 1381452849;
  PRAGMA user_version = 1;
  CREATE TABLE entry (
    key BLOB NOT NULL UNIQUE,
    document TEXT NOT NULL,
    revision INTEGER NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    revision INTEGER NOT NULL
  ) STRICT;
  INSERT INTO state VALUES (1, 0);
)";
static_assert(application_id == 1381452849 && format_version == 1);

// FNV-1a, 64 bits: against damage, not against malice, which could rewrite it as well.
class Checksum {
 public:
  void add(std::string_view bytes) {
    add(static_cast<std::int64_t>(bytes.size()));
    for (const char byte : bytes) step(static_cast<unsigned char>(byte));
  }
  void add(std::int64_t number) {
    for (int shift = 0; shift < 64; shift += 8) {
      step(static_cast<unsigned char>(static_cast<std::uint64_t>(number) >> shift));
    }
  }
  std::int64_t value() const { return std::bit_cast<std::int64_t>(hash_); }

 private:
  void step(unsigned char byte) { hash_ = (hash_ ^ byte) * 0x100000001b3; }
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

std::int64_t checksum_of(std::string_view key, std::string_view document, Revision revision) {
  Checksum checksum;
  checksum.add(key);
  checksum.add(document);
  checksum.add(revision);
  return checksum.value();
}

std::string_view bytes_at(sqlite3_stmt* statement, int column) {
  const void* data = sqlite3_column_blob(statement, column);
  const int size = sqlite3_column_bytes(statement, column);
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

std::size_t size_of(const std::string& path) {
  std::error_code ignored;
  const auto size = std::filesystem::file_size(path, ignored);
  return ignored ? 0 : static_cast<std::size_t>(size);
}

Result<os::UniqueFd> lock(const std::string& path) {
  const std::string file = path + ".lock";
  os::UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return std::unexpected(os::system_error("cannot open `" + file + "`", errno));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno == EWOULDBLOCK)
    return fail(Failure::conflict, "another ringwall has `" + path + "` open");
  return std::unexpected(os::system_error("cannot lock `" + file + "`", errno));
}

Failure kind_of(int code, int system_code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return Failure::exhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Failure::corrupt;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return Failure::denied;
    case SQLITE_IOERR:
      return system_code == ENOSPC || system_code == EDQUOT || system_code == EFBIG
                 ? Failure::exhausted
                 : Failure::io;
    default:
      return Failure::io;  // also SQLITE_BUSY: a commit may answer conflict for reads only
  }
}

}  // namespace

void Database::Close::operator()(sqlite3* database) const noexcept {
  sqlite3_close_v2(database);
}
void Database::Close::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

Error Database::damaged(std::string_view how) const {
  return {Failure::corrupt, "the store `" + path_ + "` is damaged (" + std::string(how) +
                                "): it was left as it is; restore it from a backup"};
}

Error Database::failure(std::string_view doing) const {
  const int code = sqlite3_extended_errcode(connection_.get());
  const Failure kind = kind_of(code, sqlite3_system_errno(connection_.get()));
  const char* reason = sqlite3_errmsg(connection_.get());
  if (kind == Failure::corrupt) return damaged(reason);
  std::string message = "cannot " + std::string(doing) + " the store `" + path_ + "`: " + reason;
  if (kind == Failure::exhausted) message += ": free some space on its disk";
  return {kind, std::move(message)};
}

Result<> Database::connect(const std::string& path, int flags) {
  sqlite3* raw = nullptr;
  // One thread at a time uses the connection, so SQLite need not lock.
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  connection_.reset(raw);
  if (raw == nullptr) return fail(Failure::exhausted, "no memory to open `" + path + "`");
  if (code != SQLITE_OK) return std::unexpected(failure("open"));
  sqlite3_extended_result_codes(raw, 1);
  // The schema comes from the file, so it may be hostile until verified.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // Closing would merge the log into the file; one that is refused must stay as it was.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return {};
}

Result<> Database::execute(const char* sql) {
  if (sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return std::unexpected(failure("use"));
}

Result<Database::Statement> Database::prepare(const char* sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v3(connection_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr) !=
      SQLITE_OK) {
    return std::unexpected(failure("use"));
  }
  return Statement(raw);
}

Result<std::int64_t> Database::number(const char* sql) {
  RW_TRY(const Statement statement, prepare(sql));
  if (sqlite3_step(statement.get()) != SQLITE_ROW) return std::unexpected(failure("read"));
  return sqlite3_column_int64(statement.get(), 0);
}

// A new store is built beside its place and renamed into it, so a crash leaves none or a whole
// one: never a file that the next start would have to call damaged.
Result<> Database::create(const std::string& path) {
  const std::string building = path + ".new";
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
    std::remove((building + suffix).c_str());  // what a crash left; the lock makes them ours
  }
  {
    // SQLite would apply the umask; the store holds secrets, so the mode is set first.
    const os::UniqueFd file(::open(building.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file || ::fchmod(file.get(), 0600) != 0) {
      return std::unexpected(os::system_error("cannot make `" + building + "`", errno));
    }
    Database database;
    database.path_ = building;
    RW_DO(database.connect(building, SQLITE_OPEN_READWRITE));
    sqlite3_db_config(database.connection_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
    RW_DO(database.execute("PRAGMA synchronous = FULL; BEGIN IMMEDIATE;"));
    RW_DO(database.execute(schema));
    RW_DO(database.execute("COMMIT; PRAGMA journal_mode = WAL;"));
    database.connection_.reset();
    if (::fsync(file.get()) != 0 || ::rename(building.c_str(), path.c_str()) != 0) {
      return std::unexpected(os::system_error("cannot make `" + path + "`", errno));
    }
  }
  std::string folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const os::UniqueFd parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent || ::fsync(parent.get()) != 0) {
    return std::unexpected(os::system_error("cannot sync `" + folder + "`", errno));
  }
  return {};
}

Result<> Database::verify() {
  RW_TRY(const std::int64_t application, number("PRAGMA application_id"));
  if (application != application_id) {
    return fail(Failure::corrupt,
                "`" + path_ + "` is a database, but not a ringwall store: it was left as it is");
  }
  RW_TRY(const std::int64_t version, number("PRAGMA user_version"));
  if (version > format_version) {
    return fail(Failure::corrupt, "the store `" + path_ + "` has format version " +
                                      std::to_string(version) + ", this ringwall reads up to " +
                                      std::to_string(format_version) +
                                      ": start the newer ringwall, or restore a backup");
  }
  if (version < 1) return std::unexpected(damaged("it has no format version"));
  RW_TRY(const Statement check, prepare("PRAGMA quick_check(1)"));
  if (sqlite3_step(check.get()) != SQLITE_ROW) return std::unexpected(failure("check"));
  const std::string_view verdict = bytes_at(check.get(), 0);
  if (verdict != "ok") return std::unexpected(damaged(verdict));
  return {};
}

Result<> Database::prepare_all() {
  RW_TRY(begin_, prepare("BEGIN IMMEDIATE"));
  RW_TRY(commit_, prepare("COMMIT"));
  RW_TRY(put_, prepare("INSERT INTO entry VALUES (?1, ?2, ?3, ?4) ON CONFLICT (key) DO UPDATE "
                       "SET document = ?2, revision = ?3, checksum = ?4"));
  RW_TRY(erase_, prepare("DELETE FROM entry WHERE key = ?1"));
  RW_TRY(set_revision_, prepare("UPDATE state SET revision = ?1"));
  return {};
}

Result<Database> Database::open(const std::string& path) {
  Database database;
  database.path_ = path;
  RW_TRY(database.lock_, lock(path));
  if (size_of(path) == 0) {
    // The log alone cannot be read, but it may hold commits: nothing may overwrite it.
    if (size_of(path + "-wal") != 0) {
      return std::unexpected(
          database.damaged("it is empty, but its log `" + path + "-wal` is not"));
    }
    RW_DO(create(path));
  }
  // SQLite takes a file without a whole first page for a new database.
  if (size_of(path) < page_bytes_min) return std::unexpected(database.damaged("it is cut short"));
  RW_DO(database.connect(path, SQLITE_OPEN_READWRITE));
  // Exclusive locking keeps the log's index in memory; it holds even against the sqlite3 tool.
  RW_DO(
      database.execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA cell_size_check = ON;"
                       "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;"));
  RW_DO(database.verify());
  RW_TRY(const Statement mode, database.prepare("PRAGMA journal_mode = WAL"));
  if (sqlite3_step(mode.get()) != SQLITE_ROW || bytes_at(mode.get(), 0) != "wal") {
    return std::unexpected(database.failure("use a write-ahead log for"));
  }
  RW_DO(database.prepare_all());
  return database;
}

Result<Revision> Database::load(const Row& row) {
  RW_TRY(const Revision last, number("SELECT revision FROM state"));
  RW_TRY(const Statement rows, prepare("SELECT key, document, revision, checksum FROM entry"));
  int code = sqlite3_step(rows.get());
  for (; code == SQLITE_ROW; code = sqlite3_step(rows.get())) {
    const std::string_view key = bytes_at(rows.get(), 0);
    const std::string_view document = bytes_at(rows.get(), 1);
    const Revision revision = sqlite3_column_int64(rows.get(), 2);
    if (sqlite3_column_int64(rows.get(), 3) != checksum_of(key, document, revision)) {
      return std::unexpected(damaged("the checksum of `" + std::string(key) + "` is wrong"));
    }
    auto json = text::parse_json(document);
    if (!json || revision < 1 || revision > last) {
      return std::unexpected(damaged("the entry `" + std::string(key) + "` cannot be right"));
    }
    row(std::string(key), std::make_shared<const text::Json>(*std::move(json)), revision);
  }
  if (code != SQLITE_DONE) return std::unexpected(failure("read"));
  sqlite3_db_config(connection_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  return last;
}

// Runs a statement that answers nothing, and makes it ready for the next time.
Result<> Database::run(sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  Result<> outcome;
  if (code != SQLITE_DONE) outcome = std::unexpected(failure("write"));
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  return outcome;
}

Result<> Database::begin() {
  return run(begin_.get());
}

Result<> Database::put(std::string_view key, std::string_view document, Revision revision) {
  sqlite3_stmt* const put = put_.get();
  if (sqlite3_bind_blob64(put, 1, key.data(), key.size(), SQLITE_STATIC) != SQLITE_OK ||
      sqlite3_bind_text64(put, 2, document.data(), document.size(), SQLITE_STATIC, SQLITE_UTF8) !=
          SQLITE_OK ||
      sqlite3_bind_int64(put, 3, revision) != SQLITE_OK ||
      sqlite3_bind_int64(put, 4, checksum_of(key, document, revision)) != SQLITE_OK) {
    return std::unexpected(failure("write"));
  }
  return run(put);
}

Result<> Database::erase(std::string_view key) {
  if (sqlite3_bind_blob64(erase_.get(), 1, key.data(), key.size(), SQLITE_STATIC) != SQLITE_OK) {
    return std::unexpected(failure("write"));
  }
  return run(erase_.get());
}

Result<> Database::commit(Revision revision) {
  if (sqlite3_bind_int64(set_revision_.get(), 1, revision) != SQLITE_OK) {
    return std::unexpected(failure("write"));
  }
  RW_DO(run(set_revision_.get()));
  return run(commit_.get());
}

void Database::roll_back() {
  // SQLite has rolled back by itself after some failures. A failed ROLLBACK leaves nothing
  // worse than the next begin failing.
  if (sqlite3_get_autocommit(connection_.get()) == 0) {
    sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

}  // namespace ringwall::store::detail
