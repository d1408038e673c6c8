#pragma once
// The audit log: append-only JSON lines, a file a day, written by one thread.

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "authz/authz.h"
#include "base/ports.h"
#include "base/result.h"
#include "os/fd.h"

namespace ringwall::audit {

struct Answer {
  std::string action;
  std::string resource;
  authz::Decision decision;
};

// A sign-in to a database.
struct Signin {
  std::string instance;  // db-…; empty: the record is of no sign-in
  std::string owner;     // the instance's account
  std::string endpoint;  // name:port
  std::string user;      // of the database
  std::string database;  // where known
  std::string method;    // "token" or "password"
  std::string tls;       // the protocol's version, or "required" where only that much is known
};

// One call or sign-in, or several refusals of strangers. Never holds a secret, a token or a request
// body.
struct Record {
  TimePoint time{};
  std::string request_id;
  std::string source;       // "rds.amazonaws.com"
  std::string event;        // the operation, or "SignIn"
  std::string region;
  std::string principal;    // ARN; empty: anonymous or not authenticated
  std::string account;
  std::string access_key;
  std::string source_address;
  std::string vpc_id, vpce_id;
  std::string user_agent;
  Signin signin;
  std::vector<Answer> answers;
  std::string error_code;   // empty: it succeeded
  std::string error_message;
  std::uint64_t refusals = 1;  // over 1: so many like this one, from `since` to `time`, none of them recorded elsewhere
  TimePoint since{};
};

// JSON without the newline. Nothing in it is hidden from whoever reads it on a terminal.
void append_line(std::string& out, const Record& record);

// What of a record may be as long as somebody outside likes is cut, and the cut says how long it was.
inline constexpr std::size_t user_agent_bytes_max = 512;
inline constexpr std::size_t error_message_bytes_max = 1024;
inline constexpr std::size_t resource_bytes_max = 2048;  // of an answer; an ARN's limit
inline constexpr std::size_t name_bytes_max = 256;       // every other field
void cut_fields(Record& record);

inline constexpr std::size_t queue_records_max = 65536;

// Refusals of strangers: callers whose signature was not verified. The first of its kind (address,
// place, service, error, access key, database and its user) is recorded in full; those that follow within the interval are
// counted, and one record says how many there were. Kinds past their number, and records past the
// budget of bytes, are counted together, so that no flood of strangers fills the disk and nothing is
// left out without a number.
inline constexpr std::chrono::seconds strangers_counted_for{60};
inline constexpr std::size_t stranger_kinds_max = 1024;
inline constexpr std::size_t stranger_bytes_per_second_max = 16UL * 1024;
inline constexpr std::size_t stranger_bytes_burst_max = 256UL * 1024;

// A value: not thread-safe.
class Strangers {
 public:
  // The record, if it is to be written; else it is counted.
  std::optional<Record> take(Record record);
  // What was counted, once the interval is over.
  std::vector<Record> due(TimePoint now);
  std::vector<Record> drain();
  bool counting() const { return counted_; }

 private:
  struct Kind {
    Record last;
    std::uint64_t refusals = 0;  // counted, not written
    TimePoint since{};
  };
  bool may_write(const Record& record);
  static void count(Kind& kind, Record record);

  std::map<std::string, Kind, std::less<>> kinds_;
  Kind others_;
  TimePoint started_{};  // of the interval; meaningful while kinds_ is not empty
  TimePoint refilled_{};
  std::size_t budget_bytes_ = stranger_bytes_burst_max;
  bool counted_ = false;
};

// Thread-safe. The destructor writes what is queued.
class Log {
 public:
  // Appends to `folder`/audit-YYYY-MM-DD.jsonl, owner-only.
  // When the disk is full, `make_room` is asked for more, on the writing thread; true: try again.
  static Result<std::unique_ptr<Log>> open(std::string folder, std::function<bool()> make_room = {});
  ~Log();

  // Queues the record. False: the log cannot be written or the queue is full, and what the
  // record tells of must be refused. Does not block on the disk.
  [[nodiscard]] bool record(Record record);
  // The refusal of somebody unverified: recorded or counted. What was counted is written within two
  // intervals and by the destructor; a kill loses the counts of the last.
  void record_stranger(Record record);
  bool healthy() const;

 private:
  Log(std::string folder, std::function<bool()> make_room) : folder_(std::move(folder)), make_room_(std::move(make_room)) {}
  bool push(Record record);  // under mutex_
  void run();
  Result<> write(const std::deque<Record>& batch);
  Result<> append(const std::string& day, std::string_view lines);
  void set_aside(off_t bytes);
  void close_day();
  Result<> open_day(const std::string& day);

  std::string folder_;
  std::function<bool()> make_room_;
  off_t set_aside_ = 0;  // blocks up to there are the open file's
  std::string day_;      // of the open file
  os::UniqueFd file_;    // used by the writing thread alone, once it runs
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Record> queue_;
  Strangers strangers_;
  bool healthy_ = true;
  bool stopping_ = false;
  std::thread writer_;
};

}  // namespace ringwall::audit
