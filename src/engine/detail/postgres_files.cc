#include "engine/detail/postgres_files.h"

#include <algorithm>

namespace ringwall::engine::detail {
namespace {

constexpr std::size_t name_bytes_max = 63;  // PostgreSQL's NAMEDATALEN - 1
constexpr unsigned connections_min = 10, connections_max = 262'143;
constexpr std::uint64_t mebibyte = 1024 * 1024;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

Result<> check_name(std::string_view what, const std::string& name) {
  const bool well_formed =
      !name.empty() && name.size() <= name_bytes_max && is_letter(name.front()) &&
      std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c); });
  if (!well_formed) {
    return fail(Failure::invalid, std::string(what) + " `" + name +
                                      "` must be 1 to 63 letters, digits and underscores, not "
                                      "beginning with a digit");
  }
  for (const std::string_view reserved :
       {"rdsadmin", "rds_superuser", "rds_iam", "rds_replication", "rds_password", "public", "none",
        "template0", "template1"}) {
    if (name == reserved)
      return fail(Failure::invalid, std::string(what) + " `" + name + "` is reserved");
  }
  if (name.starts_with("pg_")) {
    return fail(Failure::invalid, std::string(what) + " `" + name + "` must not begin with `pg_`");
  }
  return {};
}

bool is_address(const std::string& text) {
  return !text.empty() && text.size() <= 15 && std::ranges::count(text, '.') == 3 &&
         std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.'; });
}

// As RDS documents its master user.
constexpr const char* master_attributes =
    " LOGIN CREATEROLE CREATEDB INHERIT NOSUPERUSER NOREPLICATION NOBYPASSRLS CONNECTION LIMIT -1"
    " VALID UNTIL 'infinity'";

std::string quoted(const std::string& name) {
  return '"' + name + '"';
}

std::string megabytes(std::uint64_t bytes, std::uint64_t least) {
  return std::to_string(std::max(bytes / mebibyte, least)) + "MB";
}

}  // namespace

Result<> check(const Instance& instance) {
  RW_DO(check_name("master user name", instance.master_user));
  if (!instance.database.empty()) RW_DO(check_name("database name", instance.database));
  if (!is_address(instance.address)) {
    return fail(Failure::invalid, "`" + instance.address + "` is not an IPv4 address");
  }
  if (instance.port == 0) return fail(Failure::invalid, "port `0` cannot be listened on");
  if (instance.connections_max < connections_min || instance.connections_max > connections_max) {
    return fail(Failure::invalid, "`" + std::to_string(instance.connections_max) +
                                      "` connections: must be 10 to 262143");
  }
  return {};
}

std::string first_statements(const Instance& instance, std::string_view verifier) {
  const std::string master = quoted(instance.master_user);
  std::string sql =
      "CREATE ROLE rds_superuser NOLOGIN;\n"
      "CREATE ROLE rds_iam NOLOGIN;\n"
      "CREATE ROLE rds_replication NOLOGIN;\n"
      "CREATE ROLE rds_password NOLOGIN;\n"
      "GRANT pg_monitor, pg_signal_backend, pg_checkpoint TO rds_superuser WITH ADMIN OPTION;\n"
      "CREATE ROLE " +
      master +
      master_attributes + " IN ROLE rds_superuser PASSWORD '" + std::string(verifier) +
      "';\n"
      "ALTER DATABASE postgres OWNER TO " +
      master +
      ";\n"
      "ALTER DATABASE template1 OWNER TO " +
      master +
      ";\n\n"
      // The administrator works in a database of its own, where no one can have left anything.
      // Copied as files, because through the log each would cost its size a second time.
      "CREATE DATABASE rdsadmin TEMPLATE template0 STRATEGY file_copy;\n\n"
      "REVOKE ALL ON DATABASE rdsadmin FROM PUBLIC;\n\n";
  if (!instance.database.empty() && instance.database != "postgres") {
    sql += "CREATE DATABASE " + quoted(instance.database) + " OWNER " + master +
           " STRATEGY file_copy;\n\n";
  }
  return sql;
}

// Names are letters, digits and underscores (see check), so they stand in text as they are.
std::string master_statements(const Instance& instance, std::string_view verifier) {
  const std::string master = quoted(instance.master_user);
  // Locked first, so that no change that somebody has yet to commit undoes this afterwards.
  return "LOCK TABLE pg_authid, pg_auth_members IN SHARE ROW EXCLUSIVE MODE;\n"
         "DO $$ BEGIN IF to_regrole('" + master + "') IS NULL THEN CREATE ROLE " + master +
         "; END IF; END $$;\n"
         "ALTER ROLE " +
         master + master_attributes + " PASSWORD '" + std::string(verifier) +
         "';\n"
         "GRANT rds_superuser TO " +
         master +
         ";\n"
         "DO $$ DECLARE way regrole; BEGIN\n"
         "  FOR way IN SELECT roleid FROM pg_auth_members WHERE member = to_regrole('" +
         master +
         "')\n"
         "             AND pg_has_role(roleid, 'rds_iam', 'MEMBER') LOOP\n"
         "    EXECUTE format('REVOKE %s FROM " +
         master +
         "', way);\n"
         "  END LOOP;\n"
         "END $$;\n";
}

std::string way_in_statement(const Instance& instance) {
  const std::string& name = instance.master_user;
  return "DO $$ BEGIN\n"
         "  IF EXISTS (SELECT FROM pg_database WHERE datname = 'postgres' AND NOT\n"
         "             (datallowconn AND datconnlimit = -1 AND has_database_privilege('" +
         name +
         "', oid, 'CONNECT'))) THEN\n"
         "    ALTER DATABASE postgres ALLOW_CONNECTIONS true CONNECTION LIMIT -1;\n"
         "    GRANT CONNECT ON DATABASE postgres TO " +
         quoted(name) +
         ";\n"
         "  END IF;\n"
         "END $$;\n";
}

std::string unlock_statement() {
  return "SELECT pg_terminate_backend(pid, 1000) FROM pg_locks WHERE locktype = 'relation' AND granted"
         " AND database = 0 AND relation IN"
         " ('pg_authid'::regclass, 'pg_auth_members'::regclass, 'pg_database'::regclass)"
         " AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()";
}

std::string settings(const Instance& instance) {
  // A quarter of the memory for buffers and a half as what the planner may expect cached, as
  // RDS's default parameter groups have it; PostgreSQL's own defaults where none is stated.
  const std::uint64_t memory = instance.memory_bytes == 0 ? 512 * mebibyte : instance.memory_bytes;
  return "port = " + std::to_string(instance.port) +
         "\n"
         "max_connections = " +
         std::to_string(instance.connections_max) +
         "\n"
         "shared_buffers = " +
         megabytes(memory / 4, 32) +
         "\n"
         "effective_cache_size = " +
         megabytes(memory / 2, 64) +
         "\n"
         "maintenance_work_mem = " +
         megabytes(memory / 64, 64) +
         "\n"
         "max_wal_size = 2GB\n"
         "default_transaction_read_only = " +
         (instance.read_only ? "on" : "off") +
         "\n"
         "fsync = on\n"
         "full_page_writes = on\n"
         "synchronous_commit = on\n"
         "wal_level = replica\n"
         "password_encryption = 'scram-sha-256'\n"
         "ssl_cert_file = '/data/server.pem'\n"
         "ssl_key_file = '/data/server.pem'\n"
         "ssl_min_protocol_version = 'TLSv1.2'\n"
         "log_destination = 'stderr'\n"
         "logging_collector = off\n"
         "log_line_prefix = '%t:%r:%u@%d:[%p]:'\n"
         "log_statement = 'none'\n"
         "log_timezone = 'UTC'\n"
         "timezone = 'UTC'\n"
         "datestyle = 'iso, mdy'\n"
         "lc_messages = 'C.UTF-8'\n"
         "lc_monetary = 'C.UTF-8'\n"
         "lc_numeric = 'C.UTF-8'\n"
         "lc_time = 'C.UTF-8'\n"
         "default_text_search_config = 'pg_catalog.english'\n";
}

// The first line that matches decides. Nothing matches a connection without TLS except the
// lines that reject, so PostgreSQL itself answers "no pg_hba.conf entry … no encryption".
std::string access_rules() {
  return "local   all          rdsadmin             peer map=ringwall\n"
         "local   all          all                  reject\n"
         "host    all          rdsadmin  0.0.0.0/0  reject\n"
         "host    replication  all       0.0.0.0/0  reject\n"
         "hostssl all          +rds_iam  0.0.0.0/0  pam pamservice=ringwall\n"
         "hostssl all          all       0.0.0.0/0  scram-sha-256\n";
}

// Only the server's uid is the administrator. The engine's own uid is not: a connection that
// the database makes to itself (a foreign server, say) must not arrive as its administrator.
std::string peer_names() {
  return "ringwall ringwall rdsadmin\n";
}

}  // namespace ringwall::engine::detail
