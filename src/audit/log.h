#pragma once
// The audit log: append-only JSON lines, a file a day, written by one thread.

#include <condition_variable>
#include <deque>
#include <mutex>
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

// One call or sign-in. Never holds a secret, a token or a request body.
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
};

void append_line(std::string& out, const Record& record);  // JSON without the newline

inline constexpr std::size_t queue_records_max = 65536;

// Thread-safe. The destructor writes what is queued.
class Log {
 public:
  // Appends to `folder`/audit-YYYY-MM-DD.jsonl, owner-only.
  static Result<std::unique_ptr<Log>> open(std::string folder);
  ~Log();

  // Queues the record. False: the log cannot be written or the queue is full, and what the
  // record tells of must be refused. Does not block on the disk.
  [[nodiscard]] bool record(Record record);
  bool healthy() const;

 private:
  explicit Log(std::string folder) : folder_(std::move(folder)) {}
  void run();
  Result<> write(const std::deque<Record>& batch);
  Result<> open_day(const std::string& day);

  std::string folder_;
  std::string day_;      // of the open file
  os::UniqueFd file_;    // used by the writing thread alone, once it runs
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Record> queue_;
  bool healthy_ = true;
  bool stopping_ = false;
  std::thread writer_;
};

}  // namespace ringwall::audit
