#pragma once
// For tests: a real database under a TestingHost, and a client for it.

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <poll.h>

#include <chrono>
#include <memory>
#include <string>

#include "crypto/crypto.h"
#include "engine/engine.h"
#include "engine/testing_host.h"

namespace ringwall::engine {

// For EXPECT_TRUE: says the error when there is one.
inline testing::AssertionResult succeeded(const Result<>& result) {
  return result ? testing::AssertionSuccess()
                : testing::AssertionFailure() << result.error().message;
}

// What a statement came to. `state` is empty on success.
struct Outcome {
  std::string state, message, value;
};

class Client {
 public:
  explicit Client(const std::string& conninfo) : connection_(PQconnectdb(conninfo.c_str())) {
    PQsetNoticeProcessor(connection_, [](void*, const char*) {}, nullptr);
  }
  ~Client() { PQfinish(connection_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return PQstatus(connection_) == CONNECTION_OK; }
  std::string error() const { return PQerrorMessage(connection_); }
  bool encrypted() const { return PQsslInUse(connection_) != 0; }

  Outcome run(const std::string& sql) {
    PGresult* result = PQexec(connection_, sql.c_str());
    Outcome outcome;
    const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COPY_IN) {
      PQclear(result);
      PQputCopyEnd(connection_, nullptr);
      result = PQgetResult(connection_);
      state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    } else if (status == PGRES_COPY_OUT) {
      char* row = nullptr;
      while (PQgetCopyData(connection_, &row, 0) > 0) PQfreemem(row);
    } else if (PQntuples(result) > 0) {
      outcome.value = PQgetvalue(result, 0, 0);
    }
    if (state != nullptr) outcome.state = state;
    if (state != nullptr) outcome.message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (!connected()) outcome.state = "lost";
    PQclear(result);
    while ((result = PQgetResult(connection_)) != nullptr) PQclear(result);
    return outcome;
  }

 private:
  PGconn* connection_;
};

inline constexpr uid_t testing_uid = host::engine_uid_min + 7;
inline constexpr const char* testing_password = "Correct-Horse-1";

// An engine with its host. `host` outlives nothing: destroying this stops the database.
struct TestingDatabase {
  TestingHost host{testing_uid};
  std::unique_ptr<Engine> engine = std::move(installed_engines(built_plugins()).at(0));
  crypto::Authority authority = crypto::Authority::create("engine tests", os::SystemClock().now());
  Instance instance{.id = "db-TEST",
                    .interface_id = "eni-1",
                    .address = "127.0.0.1",
                    .port = free_port(),
                    .uid = testing_uid,
                    .master_user = "postgres_admin",
                    .database = "shop",
                    .memory_bytes = 0,
                    .connections_max = 40};

  crypto::Identity identity() const {
    auto made = authority.issue(
        {.common_name = "localhost", .dns_names = {"localhost"}, .addresses = {"127.0.0.1"}},
        os::SystemClock().now());
    RW_CHECK(made.has_value());
    return *std::move(made);
  }
  Result<> initialise() { return engine->initialise(host, instance, Secret(testing_password)); }
  Result<> start() {
    RW_TRY(const host::Running running, engine->start(host, instance, identity()));
    return wait_until_ready(running);
  }
  // Asks until it serves; between two questions it waits a moment for the process's end.
  Result<> wait_until_ready(const host::Running& running) {
    for (;;) {
      const auto ready = engine->probe(host, instance);
      pollfd ended{running.pidfd.get(), POLLIN, 0};
      if (ready || ::poll(&ended, 1, 10) != 0) return ready;
    }
  }

  std::string conninfo(const std::string& user, const std::string& password,
                       const std::string& more = "sslmode=require dbname=shop") const {
    return "host=127.0.0.1 port=" + std::to_string(instance.port) + " user=" + user +
           " password='" + password + "' connect_timeout=20 " + more;
  }
  std::string master() const { return conninfo(instance.master_user, testing_password); }
};

}  // namespace ringwall::engine
