#pragma once
// The one file that names libpq: the administrator's connection and SCRAM verifiers.

#include <chrono>
#include <memory>
#include <string>

#include <sys/types.h>

#include "base/bytes.h"
#include "base/result.h"

struct pg_conn;

namespace ringwall::engine::detail {

// What PostgreSQL stores for a password (RFC 5803), made on this side so that the password
// itself travels nowhere. Failure::invalid for an empty password or one with a zero byte.
Result<std::string> scram_verifier(const Secret& password);

// A session of rdsadmin in the database rdsadmin, over a unix socket. Every wait is bounded.
class Administrator {
 public:
  struct Place {
    std::string socket_folder;
    unsigned port = 0;
    uid_t engine_uid = 0;  // a listener with another uid is not talked to
  };
  // Failure::unavailable while it starts or recovers and says so, denied when it refuses this one for
  // another reason (it has no process left for it, say), io when nothing answers.
  static Result<Administrator> connect(const Place& place, std::chrono::milliseconds patience);
  // Failure::conflict when somebody else holds what it needs locked, which is not waited for long.
  Result<> run(const std::string& sql, std::chrono::milliseconds patience);

 private:
  struct Close {
    void operator()(pg_conn* connection) const noexcept;
  };
  explicit Administrator(pg_conn* connection) : connection_(connection) {}
  std::unique_ptr<pg_conn, Close> connection_;
};

}  // namespace ringwall::engine::detail
