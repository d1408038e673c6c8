// The guard against a master user who means harm, in a PostgreSQL that really runs. The first
// test shows that the harm is real without it.

#include <gtest/gtest.h>

#include <filesystem>

#include "engine/detail/postgres_files.h"
#include "engine/testing_database.h"

namespace ringwall::engine {
namespace {

TEST(WithoutTheGuard, TheMasterUserRunsProgramsAsTheEngine) {
  if (::geteuid() != 0) FAIL() << "needs root: run it with sudo, to run an engine under its own uid";
  TestingDatabase database;
  ASSERT_TRUE(succeeded(database.initialise()));
  host::Launch launch;
  launch.files = {{"bare_hba.conf",
                    "local all rdsadmin peer map=ringwall\nhost all all 0.0.0.0/0 scram-sha-256\n"},
                   {"bare_ident.conf", detail::peer_names()}};
  launch.arguments = {"/usr/lib/postgresql/" + database.engine->version().major + "/bin/postgres",
                       "-D",
                       "/data/pg",
                       "-c",
                       "hba_file=/data/bare_hba.conf",
                       "-c",
                       "ident_file=/data/bare_ident.conf",
                       "-c",
                       "listen_addresses=127.0.0.1",
                       "-c",
                       "unix_socket_directories=/run/ringwall",
                       "-p",
                       std::to_string(database.instance.port)};
  const auto running = database.host.start(launch);
  ASSERT_TRUE(running);
  ASSERT_TRUE(succeeded(database.wait_until_ready(*running))) << database.host.log();
  Client master(database.conninfo("postgres_admin", testing_password, "dbname=shop"));
  ASSERT_TRUE(master.connected()) << master.error();
  EXPECT_EQ(master.run("GRANT pg_execute_server_program TO CURRENT_USER").state, "");
  EXPECT_EQ(master.run("COPY (SELECT 1) TO PROGRAM 'cat > /data/pg/escaped'").state, "");
  EXPECT_TRUE(std::filesystem::exists(database.host.base() + "/data/pg/escaped"));
}

class Guard : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (::geteuid() != 0) return;
    database = std::make_unique<TestingDatabase>();
    ASSERT_TRUE(succeeded(database->initialise()));
    ASSERT_TRUE(succeeded(database->start())) << database->host.log();
  }
  static void TearDownTestSuite() { database.reset(); }
  void SetUp() override {
    if (!database) FAIL() << "needs root: run it with sudo, to run an engine under its own uid";
    master = std::make_unique<Client>(database->master());
    ASSERT_TRUE(master->connected()) << master->error();
  }

  // The guard's own refusal, not PostgreSQL's.
  void refuses(const std::string& sql, const std::string& named) {
    const Outcome outcome = master->run(sql);
    EXPECT_EQ(outcome.state, "42501") << sql << ": " << outcome.message;
    EXPECT_NE(outcome.message.find("is not permitted in a managed database"), std::string::npos)
        << sql << ": " << outcome.message;
    EXPECT_NE(outcome.message.find(named), std::string::npos) << sql << ": " << outcome.message;
    master->run("ROLLBACK");
  }
  // Whoever refuses: the guard or PostgreSQL.
  void denies(const std::string& sql) {
    const Outcome outcome = master->run(sql);
    EXPECT_EQ(outcome.state, "42501") << sql << ": " << outcome.message;
  }
  void permits(const std::string& sql) {
    const Outcome outcome = master->run(sql);
    EXPECT_EQ(outcome.state, "") << sql << ": " << outcome.message;
  }

  static std::unique_ptr<TestingDatabase> database;
  std::unique_ptr<Client> master;
};
std::unique_ptr<TestingDatabase> Guard::database;

TEST_F(Guard, RefusesMembershipThatReachesTheServer) {
  permits("DROP ROLE IF EXISTS bob; CREATE ROLE bob");
  for (const std::string role :
       {"pg_execute_server_program", "pg_read_server_files", "pg_write_server_files", "rdsadmin"}) {
    refuses("GRANT " + role + " TO CURRENT_USER", role);
    refuses("GRANT pg_monitor, " + role + " TO bob", role);
    refuses("GRANT \"" + role + "\" TO postgres_admin WITH ADMIN OPTION", role);
    refuses("GRANT " + role + " TO rds_superuser", role);
    refuses("CREATE ROLE carol IN ROLE " + role, role);
    refuses("CREATE USER carol IN GROUP " + role, role);
    refuses("ALTER GROUP " + role + " ADD USER bob", role);
    refuses("DO $$ BEGIN EXECUTE 'GRANT " + role + " TO bob'; END $$", role);
  }
  EXPECT_EQ(master
                ->run("SELECT count(*) FROM pg_auth_members WHERE roleid IN (SELECT oid FROM "
                      "pg_roles WHERE rolname LIKE 'pg_%server%' OR rolsuper)")
                .value,
            "0");
  permits("DROP ROLE bob");
}

TEST_F(Guard, RefusesProgramsAndFilesOfTheServer) {
  permits("CREATE TABLE IF NOT EXISTS rows_of_text (line text)");
  refuses("COPY rows_of_text FROM PROGRAM 'id'", "PROGRAM");
  refuses("COPY (SELECT 1) TO PROGRAM 'id'", "PROGRAM");
  refuses("COPY rows_of_text FROM '/etc/passwd'", "file");
  refuses("COPY rows_of_text TO '/data/pg/x'", "file");
  denies("SELECT pg_read_file('/etc/passwd')");
  denies("SELECT pg_read_file('PG_VERSION', 0, 10)");
  denies("SELECT pg_read_binary_file('PG_VERSION')");
  denies("SELECT pg_ls_dir('.')");
  denies("SELECT pg_stat_file('PG_VERSION')");
  denies("SELECT lo_import('/etc/passwd')");
  denies("SELECT lo_import('/etc/passwd', 4242)");
  denies("SELECT lo_export(1, '/data/pg/x')");
  denies(
      "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO PUBLIC; SELECT pg_read_file('PG_VERSION')");
}

TEST_F(Guard, IsNotFooledByTheWayAStatementIsReached) {
  permits(
      "CREATE OR REPLACE FUNCTION reach() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS"
      " $$ BEGIN EXECUTE 'COPY (SELECT 1) TO PROGRAM ''id'''; END $$");
  refuses("SELECT reach()", "PROGRAM");
  refuses("SET ROLE rds_superuser; COPY (SELECT 1) TO PROGRAM 'id'", "PROGRAM");
  permits("RESET ROLE");
  refuses("BEGIN; SAVEPOINT a; ALTER SYSTEM SET work_mem = '1MB'", "ALTER SYSTEM");
  refuses(
      "DO $$ BEGIN BEGIN COPY pg_class FROM PROGRAM 'id'; EXCEPTION WHEN division_by_zero THEN "
      "END; END $$",
      "PROGRAM");
  permits(
      "CREATE TABLE IF NOT EXISTS trap (id int);"
      "CREATE OR REPLACE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS"
      " $$ BEGIN LOAD 'plpgsql'; RETURN NEW; END $$;"
      "CREATE OR REPLACE TRIGGER trap BEFORE INSERT ON trap EXECUTE FUNCTION trap()");
  refuses("INSERT INTO trap VALUES (1)", "LOAD");
}

TEST_F(Guard, RefusesCodeAndSettingsThatLoadCode) {
  refuses("ALTER SYSTEM SET shared_preload_libraries = ''", "ALTER SYSTEM");
  refuses("ALTER SYSTEM RESET ALL", "ALTER SYSTEM");
  refuses("LOAD '$libdir/plugins/anything'", "LOAD");
  refuses("CREATE FUNCTION run(text) RETURNS int LANGUAGE c AS 'libc.so.6', 'system'", "language");
  refuses("CREATE FUNCTION run(text) RETURNS int LANGUAGE C STRICT AS '$libdir/pgcrypto'",
          "language");
  refuses("CREATE FUNCTION run(text) RETURNS text LANGUAGE internal AS 'pg_read_file'", "language");
  refuses("CREATE LANGUAGE plperlu", "plperlu");
  refuses("CREATE LANGUAGE mine HANDLER plpgsql_call_handler", "CREATE LANGUAGE");
  refuses("CREATE FOREIGN DATA WRAPPER mine", "CREATE FOREIGN DATA WRAPPER");
  for (const std::string setting : {"shared_preload_libraries", "session_preload_libraries",
                                    "local_preload_libraries", "dynamic_library_path"}) {
    refuses("ALTER ROLE CURRENT_USER SET " + setting + " = 'x'", setting);
    refuses("ALTER DATABASE shop SET " + setting + " = 'x'", setting);
    refuses("ALTER ROLE CURRENT_USER IN DATABASE shop SET \"" + setting + "\" TO 'x'", setting);
    refuses("CREATE FUNCTION f() RETURNS int LANGUAGE sql SET " + setting + " = 'x' AS 'SELECT 1'",
            setting);
  }
  refuses("GRANT SET ON PARAMETER session_preload_libraries TO postgres_admin", "PARAMETER");
  refuses("CREATE TABLESPACE elsewhere LOCATION '/data/pg'", "CREATE TABLESPACE");
  refuses("CREATE SUBSCRIPTION s CONNECTION 'host=/run/ringwall' PUBLICATION p",
          "CREATE SUBSCRIPTION");
}

TEST_F(Guard, RefusesExtensionsOutsideItsList) {
  for (const std::string extension :
       {"file_fdw", "dblink", "postgres_fdw", "adminpack", "pageinspect", "xml2"}) {
    refuses("CREATE EXTENSION " + extension, extension);
    refuses("CREATE EXTENSION IF NOT EXISTS " + extension + " CASCADE", extension);
  }
  refuses("CREATE EXTENSION earthdistance CASCADE", "earthdistance");
}

TEST_F(Guard, RefusesToChangeTheServicesRoles) {
  for (const std::string role :
       {"rdsadmin", "rds_superuser", "rds_iam", "rds_password", "rds_replication"}) {
    refuses("ALTER ROLE " + role + " PASSWORD 'known'", role);
    refuses("ALTER ROLE " + role + " LOGIN", role);
    refuses("ALTER ROLE " + role + " SET work_mem = '1MB'", role);
    refuses("ALTER ROLE " + role + " RENAME TO mine", role);
    refuses("DROP ROLE " + role, role);
    refuses("DROP OWNED BY " + role, role);
  }
  denies("ALTER ROLE pg_monitor LOGIN");
  refuses("CREATE ROLE root SUPERUSER", "superuser");
  refuses("CREATE ROLE root REPLICATION", "isreplication");
  refuses("CREATE ROLE root BYPASSRLS", "bypassrls");
  refuses("ALTER ROLE CURRENT_USER SUPERUSER", "superuser");
  denies("SET SESSION AUTHORIZATION rdsadmin");
  denies("SET ROLE rdsadmin");
  denies("UPDATE pg_authid SET rolsuper = true");
  denies("CREATE DATABASE copied TEMPLATE rdsadmin");
  denies("DROP DATABASE rdsadmin");
  denies("ALTER DATABASE rdsadmin OWNER TO postgres_admin");
}

TEST_F(Guard, CreateroleAloneDoesNotReachTheMastersRights) {
  permits(
      "DROP ROLE IF EXISTS helper, underling; CREATE ROLE helper LOGIN CREATEROLE PASSWORD "
      "'Helper-Pass-1'");
  master = std::make_unique<Client>(database->conninfo("helper", "Helper-Pass-1"));
  ASSERT_TRUE(master->connected()) << master->error();
  refuses("GRANT rds_superuser TO helper", "rds_superuser");
  refuses("GRANT pg_read_all_data TO helper", "pg_read_all_data");
  refuses("ALTER ROLE postgres_admin PASSWORD 'taken'", "postgres_admin");
  refuses("DROP ROLE postgres_admin", "postgres_admin");
  refuses("CREATE EXTENSION pgstattuple", "pgstattuple");
  permits("CREATE ROLE underling");
  refuses("GRANT rds_iam TO underling", "rds_iam");
  permits("DROP ROLE underling");
  master = std::make_unique<Client>(database->master());
  permits("DROP ROLE helper");
}

TEST_F(Guard, KeepsPasswordVerifiersFromThoseWhoMayReadAllData) {
  permits("CREATE ROLE reader LOGIN PASSWORD 'Reader-Pass-1'");
  permits("GRANT pg_read_all_data, pg_write_all_data TO reader");
  master = std::make_unique<Client>(database->conninfo("reader", "Reader-Pass-1"));
  ASSERT_TRUE(master->connected()) << master->error();
  refuses("SELECT rolpassword FROM pg_authid", "verifiers");
  refuses("SELECT passwd FROM pg_shadow", "verifiers");
  refuses("COPY pg_authid TO STDOUT", "verifiers");
  refuses("WITH all_of AS (SELECT * FROM pg_authid) SELECT count(*) FROM all_of", "verifiers");
  denies("UPDATE pg_authid SET rolsuper = true");
  denies("DELETE FROM pg_auth_members");
  permits("SELECT rolname, rolpassword FROM pg_roles; SELECT * FROM pg_user");
  master = std::make_unique<Client>(database->master());
  permits("DROP ROLE reader");
}

TEST_F(Guard, PermitsWhatAMasterUserDoes) {
  permits("CREATE ROLE app LOGIN PASSWORD 'App-Pass-1'; CREATE ROLE readers; GRANT readers TO app");
  permits("GRANT rds_iam TO app");
  permits("REVOKE rds_iam FROM app");
  permits("GRANT pg_monitor, pg_signal_backend, pg_read_all_data TO app");
  permits("CREATE ROLE second LOGIN CREATEROLE CREATEDB IN ROLE rds_superuser PASSWORD 'Second-1'");
  permits("ALTER ROLE second PASSWORD 'Second-2'; ALTER ROLE second SET work_mem = '8MB'");
  permits("ALTER ROLE second RENAME TO third; DROP ROLE third");
  permits("CREATE DATABASE other OWNER postgres_admin");
  permits("ALTER DATABASE other SET work_mem = '8MB'");
  permits("DROP DATABASE other");
  permits(
      "CREATE SCHEMA sales CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY "
      "KEY, note text)");
  permits("GRANT SELECT ON sales.orders TO readers");
  permits("INSERT INTO sales.orders (note) SELECT 'x' FROM generate_series(1, 1000)");
  permits("COPY sales.orders (note) FROM STDIN");
  permits("COPY sales.orders TO STDOUT");
  permits("CREATE FUNCTION double(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2'");
  permits(
      "CREATE PROCEDURE tidy() LANGUAGE plpgsql AS $$ BEGIN DELETE FROM sales.orders; COMMIT; END "
      "$$");
  permits("CALL tidy()");
  permits("ALTER FUNCTION double(int) SET work_mem = '8MB'");
  permits("DO $$ BEGIN PERFORM double(2); END $$");
  permits("VACUUM ANALYZE sales.orders");
  permits("CHECKPOINT");
  permits("SET work_mem = '16MB'; RESET work_mem");
  permits("CREATE PUBLICATION p FOR TABLE sales.orders");
  permits("SELECT count(*) FROM pg_stat_activity; SELECT pg_size_pretty(pg_database_size('shop'))");
  permits("SELECT count(*) FROM pg_ls_waldir()");
  permits("DROP SCHEMA sales CASCADE; DROP ROLE app, readers");
}

TEST_F(Guard, PermitsTheListedExtensionsAndTheyBelongToWhoMadeThem) {
  for (const std::string extension : {"pgcrypto",
                                      "citext",
                                      "hstore",
                                      "ltree",
                                      "intarray",
                                      "btree_gin",
                                      "btree_gist",
                                      "cube",
                                      "pg_trgm",
                                      "\"uuid-ossp\"",
                                      "unaccent",
                                      "tablefunc",
                                      "fuzzystrmatch",
                                      "isn",
                                      "lo",
                                      "seg",
                                      "tcn",
                                      "dict_int",
                                      "tsm_system_rows",
                                      "tsm_system_time",
                                      "pg_stat_statements",
                                      "pg_buffercache",
                                      "pgstattuple",
                                      "amcheck",
                                      "pg_visibility",
                                      "pg_freespacemap",
                                      "pg_prewarm",
                                      "pgrowlocks",
                                      "sslinfo"}) {
    permits("CREATE EXTENSION " + extension);
    permits("CREATE EXTENSION IF NOT EXISTS " + extension);
  }
  EXPECT_EQ(master
                ->run("SELECT count(*) FROM pg_extension WHERE extname <> 'plpgsql' AND "
                      "extowner <> 'postgres_admin'::regrole")
                .value,
            "0");
  EXPECT_EQ(master->run("SELECT encode(digest('a', 'md5'), 'hex')").value,
            "0cc175b9c0f1b6a831c399e269772661");
  EXPECT_EQ(master->run("SELECT current_user").value, "postgres_admin");
  refuses("COPY (SELECT 1) TO PROGRAM 'id'", "PROGRAM");
  permits("CREATE TABLE measured (id int); SELECT count(*) FROM pg_buffercache");
  refuses("ALTER EXTENSION pgcrypto ADD TABLE measured", "ALTER EXTENSION");
  permits("DROP EXTENSION pg_stat_statements; DROP EXTENSION pgstattuple; DROP EXTENSION pgcrypto");
  permits("CREATE SCHEMA tools; CREATE EXTENSION pgstattuple SCHEMA tools");
  // With lent rights the script runs as the administrator: not into a schema of another.
  refuses("CREATE EXTENSION pg_stat_statements SCHEMA pg_catalog", "a schema of the server");
}

}  // namespace
}  // namespace ringwall::engine
