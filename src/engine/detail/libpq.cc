#include "engine/detail/libpq.h"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

namespace ringwall::engine::detail {
namespace {

using Moment = std::chrono::steady_clock::time_point;

constexpr std::string_view lock_not_available = "55P03";

// False when the moment has passed.
bool wait_for(int fd, short events, Moment until) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd one{fd, events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

std::unexpected<Error> failure(Failure kind, const char* message) {
  std::string_view text(message);
  text = text.substr(0, text.find('\n'));
  return fail(kind, "postgres: " + std::string(text.empty() ? "no connection" : text));
}

// What a refused connection says of the server: that it starts or recovers, that it serves others, or
// nothing at all.
std::unexpected<Error> refusal(PGconn* connection) {
  const std::string_view said = PQerrorMessage(connection);
  const auto says = [&](const char* words) { return said.find(words) != std::string_view::npos; };
  if (says("the database system is")) return failure(Failure::unavailable, said.data());
  return failure(says("FATAL:") || says("could not fork") ? Failure::denied : Failure::io, said.data());
}

bool peer_is(int fd, uid_t uid) {
  ucred peer{};
  socklen_t length = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == uid;
}

}  // namespace

Result<std::string> scram_verifier(const Secret& password) {
  if (password.empty() || password.reveal_text().find('\0') != std::string_view::npos) {
    return fail(Failure::invalid, "a password must not be empty or hold a zero byte");
  }
  // libpq wants a connection only to ask it for the default algorithm, which is named here; one
  // that was refused for its options never touches the network.
  PGconn* nowhere = PQconnectStart("unconnected=1");
  std::string text(password.reveal_text());
  char* made = PQencryptPasswordConn(nowhere, text.c_str(), "", "scram-sha-256");
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  std::string verifier = made == nullptr ? "" : made;
  PQfreemem(made);
  PQfinish(nowhere);
  if (!verifier.starts_with("SCRAM-SHA-256$")) {
    return fail(Failure::exhausted, "cannot make a SCRAM verifier: out of memory or randomness");
  }
  return verifier;
}

void Administrator::Close::operator()(pg_conn* connection) const noexcept {
  PQfinish(connection);
}

Result<Administrator> Administrator::connect(const Place& place,
                                             std::chrono::milliseconds patience) {
  const Moment until = std::chrono::steady_clock::now() + patience;
  const std::string port = std::to_string(place.port);
  // What is not said here libpq would take from the environment.
  const std::array keywords{"host",
                            "port",
                            "user",
                            "dbname",
                            "options",
                            "passfile",
                            "sslmode",
                            "gssencmode",
                            "application_name",
                            "client_encoding",
                            static_cast<const char*>(nullptr)};
  const std::array values{place.socket_folder.c_str(),
                          port.c_str(),
                          "rdsadmin",
                          "rdsadmin",
                          // Others see what a session does, and this one sets passwords.
                          "-c search_path=pg_catalog -c track_activities=off -c client_min_messages=error"
                          " -c lock_timeout=2s",
                          "/dev/null/none",
                          "disable",
                          "disable",
                          "ringwall",
                          "UTF8",
                          static_cast<const char*>(nullptr)};
  Administrator administrator(PQconnectStartParams(keywords.data(), values.data(), 0));
  PGconn* connection = administrator.connection_.get();
  if (connection == nullptr) return fail(Failure::exhausted, "no memory for a connection");
  if (PQstatus(connection) == CONNECTION_BAD) return refusal(connection);
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;
  while (status != PGRES_POLLING_OK) {
    if (status == PGRES_POLLING_FAILED) return refusal(connection);
    const short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (!wait_for(PQsocket(connection), events, until)) {
      return fail(Failure::io, "postgres: no answer in time");
    }
    status = PQconnectPoll(connection);
  }
  if (!peer_is(PQsocket(connection), place.engine_uid)) {
    return fail(Failure::denied,
                "postgres: the socket in `" + place.socket_folder + "` is not the engine's");
  }
  return administrator;
}

Result<> Administrator::run(const std::string& sql, std::chrono::milliseconds patience) {
  const Moment until = std::chrono::steady_clock::now() + patience;
  PGconn* connection = connection_.get();
  if (PQsendQuery(connection, sql.c_str()) != 1) {
    return failure(Failure::unavailable, PQerrorMessage(connection));
  }
  Result<> outcome;
  for (;;) {
    while (PQisBusy(connection) != 0) {
      if (!wait_for(PQsocket(connection), POLLIN, until)) {
        return fail(Failure::unavailable, "postgres: no answer in time");
      }
      if (PQconsumeInput(connection) != 1) {
        return failure(Failure::unavailable, PQerrorMessage(connection));
      }
    }
    PGresult* result = PQgetResult(connection);
    if (result == nullptr) return outcome;
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && outcome) {
      const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
      const bool locked = state != nullptr && std::string_view(state) == lock_not_available;
      outcome = failure(locked ? Failure::conflict : Failure::denied, PQresultErrorMessage(result));
    }
    PQclear(result);
  }
}

}  // namespace ringwall::engine::detail
