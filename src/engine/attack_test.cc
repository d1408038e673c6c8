// Attacks by SQL, as tables: each is refused with the state it names, and what outlives a session
// is after each test as it was before. One database serves them all.

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <vector>

#include "engine/testing_database.h"

namespace ringwall::engine {
namespace {

constexpr const char* password = "Attack-Pass-1";

// Whoever changed anything that outlives a statement changed this. As the administrator.
constexpr const char* everything = R"(
  SELECT md5(string_agg(line, E'\n' ORDER BY line)) FROM (
    SELECT 'role ' || a::text FROM pg_authid a
    UNION ALL SELECT 'member ' || m::text FROM pg_auth_members m
    UNION ALL SELECT 'setting ' || s::text FROM pg_db_role_setting s
    UNION ALL SELECT 'comment ' || d::text FROM pg_shdescription d
    UNION ALL SELECT 'label ' || l::text FROM pg_shseclabel l
    UNION ALL SELECT 'parameter ' || p::text FROM pg_parameter_acl p
    UNION ALL SELECT 'database ' || datname || datdba || coalesce(datacl::text, '') || datallowconn || datconnlimit
                FROM pg_database
    UNION ALL SELECT 'tablespace ' || spcname FROM pg_tablespace
    UNION ALL SELECT 'subscription ' || subname FROM pg_subscription
    UNION ALL SELECT 'slot ' || slot_name FROM pg_replication_slots
    UNION ALL SELECT 'schema ' || n::text FROM pg_namespace n WHERE nspname !~ '^pg_(toast_)?temp_'
    UNION ALL SELECT 'default ' || d::text FROM pg_default_acl d
    UNION ALL SELECT 'extension ' || e::text FROM pg_extension e
    UNION ALL SELECT 'language ' || l::text FROM pg_language l
    UNION ALL SELECT 'wrapper ' || w::text FROM pg_foreign_data_wrapper w
    UNION ALL SELECT 'event ' || t::text FROM pg_event_trigger t
    UNION ALL SELECT 'access method ' || m::text FROM pg_am m
    UNION ALL SELECT 'relation ' || oid || relname || relowner || relnamespace || coalesce(relacl::text, '')
                FROM pg_class WHERE relpersistence <> 't'
    UNION ALL SELECT 'function ' || oid || proname || proowner || pronamespace || coalesce(proacl::text, '')
                FROM pg_proc) all_of (line))";

std::string as_text(const std::string& sql) { return "$quoted$" + sql + "$quoted$"; }

class Attack : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (::geteuid() != 0) return;
    database_ = std::make_unique<TestingDatabase>();
    ASSERT_TRUE(succeeded(database_->initialise()));
    add_careless_script();
    ASSERT_TRUE(succeeded(database_->start())) << database_->host.log();
    administrator_ = std::make_unique<Client>("host=" + database_->host.socket_folder("") +
                                              " user=rdsadmin dbname=shop port=" +
                                              std::to_string(database_->instance.port));
    ASSERT_TRUE(administrator_->connected()) << administrator_->error();
    Client master(database_->master());
    // `evil` may make roles and no more; `deputy` and, through a group, `lead` are masters.
    const Outcome made = master.run(
        "CREATE ROLE evil LOGIN CREATEROLE CREATEDB PASSWORD 'Attack-Pass-1';"
        "CREATE ROLE reader LOGIN PASSWORD 'Attack-Pass-1' IN ROLE pg_read_all_data, pg_monitor;"
        "CREATE ROLE deputy LOGIN CREATEROLE CREATEDB PASSWORD 'Attack-Pass-1' IN ROLE rds_superuser;"
        "CREATE ROLE leaders IN ROLE rds_superuser;"
        "CREATE ROLE lead LOGIN CREATEROLE PASSWORD 'Attack-Pass-1' IN ROLE leaders;"
        "CREATE ROLE tokens IN ROLE rds_iam; CREATE ROLE ada LOGIN IN ROLE tokens;"
        "CREATE ROLE plain; CREATE ROLE app LOGIN;"
        "GRANT CREATE ON DATABASE shop TO evil; CREATE SCHEMA private; CREATE SCHEMA tools;"
        // Careless, and not to be a way in: it runs whatever it is given as the master user.
        "CREATE FUNCTION lent(text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN EXECUTE $1; END $$;"
        "CREATE TABLE rows_of_text (line text); CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN EXECUTE TG_ARGV[0]; RETURN NULL; END $$;");
    ASSERT_EQ(made.state, "") << made.message;
  }
  static void TearDownTestSuite() {
    administrator_.reset();
    database_.reset();
  }
  void SetUp() override {
    if (!database_) FAIL() << "needs root: run it with sudo, to run an engine under its own uid";
    before_ = administrator_->run(everything).value;
    ASSERT_FALSE(before_.empty());
  }

  void TearDown() override {
    RecordProperty("attacks", count_);
    ASSERT_TRUE(administrator_);
    EXPECT_EQ(administrator_->run(everything).value, before_) << "an attack left a trace";
  }

  Client& as(const std::string& user) {
    auto& client = clients_[user];
    if (!client || !client->connected()) {
      client = std::make_unique<Client>(user == database_->instance.master_user ? database_->master()
                                                                                : database_->conninfo(user, password));
      EXPECT_TRUE(client->connected()) << client->error();
    }
    return *client;
  }

  void refused(const std::string& user, const std::string& sql, const std::string& state = "42501") {
    const Outcome outcome = as(user).run(sql);
    EXPECT_EQ(outcome.state, state) << user << ": " << sql << ": " << outcome.message;
    as(user).run("ROLLBACK; RESET ROLE; RESET SESSION AUTHORIZATION; RESET search_path");
    ++count_;
  }
  // In every way that a statement can be reached.
  void refused_however_reached(const std::string& user, const std::string& sql) {
    refused(user, sql);
    refused(user, "BEGIN; SAVEPOINT a; " + sql + "; COMMIT");
    refused(user, "SELECT 1; " + sql);
    refused(user, "DO $do$ BEGIN EXECUTE " + as_text(sql) + "; END $do$");
    refused(user, "DO $do$ BEGIN BEGIN EXECUTE " + as_text(sql) +
                      "; EXCEPTION WHEN division_by_zero THEN END; END $do$");
    refused(user, "SELECT lent(" + as_text(sql) + ")");
  }
  void allowed(const std::string& user, const std::string& sql) {
    const Outcome outcome = as(user).run(sql);
    EXPECT_EQ(outcome.state, "") << user << ": " << sql << ": " << outcome.message;
    before_ = administrator_->run(everything).value;
  }

  // A version of citext whose script calls a function without saying whose.
  static void add_careless_script() {
    const std::string installed = "/usr/share/postgresql/" + database_->engine->version().major + "/extension";
    const std::string copy = database_->host.base() + "/extension";
    std::filesystem::copy(installed, copy);
    ASSERT_TRUE(os::write_file(copy + "/citext--1.6--careless.sql", "SELECT helped();\n", 0644));
    ASSERT_EQ(::chmod(copy.c_str(), 0755), 0);
    database_->host.extension_folder = installed;
  }

  static std::unique_ptr<TestingDatabase> database_;
  static std::unique_ptr<Client> administrator_;
  std::map<std::string, std::unique_ptr<Client>> clients_;
  std::string before_;
  int count_ = 0;
};
std::unique_ptr<TestingDatabase> Attack::database_;
std::unique_ptr<Client> Attack::administrator_;

// Master users, directly and through a group, the group, who signs in by token, the group of
// those, and who has a predefined role.
const char* const above_createrole[] = {"postgres_admin", "deputy", "leaders", "lead", "tokens", "ada", "reader"};

TEST_F(Attack, CreateroleGivesMembershipInNothingThatLeadsToTheServicesRoles) {
  for (const std::string role : above_createrole) {
    refused_however_reached("evil", "GRANT " + role + " TO evil");
    refused("evil", "GRANT plain, " + role + " TO app, evil WITH ADMIN OPTION");
    refused("evil", "GRANT " + role + " TO CURRENT_USER");
    refused("evil", "GRANT " + role + " TO SESSION_USER GRANTED BY CURRENT_USER");
    refused("evil", "CREATE ROLE e2 LOGIN IN ROLE " + role);
    refused("evil", "CREATE USER e2 IN GROUP plain, " + role);
    refused("evil", "CREATE ROLE e3 ADMIN evil IN ROLE " + role);
    refused("evil", "ALTER GROUP " + role + " ADD USER evil");
    refused("evil", "ALTER GROUP " + role + " DROP USER app");
    refused("evil", "REVOKE " + role + " FROM app");
    refused("evil", "REVOKE ADMIN OPTION FOR " + role + " FROM app CASCADE");
    refused("evil", "CREATE ROLE e2; GRANT e2 TO evil; GRANT " + role + " TO e2");
    refused("evil", "SET ROLE " + role);
    refused("evil", "SET SESSION AUTHORIZATION " + role);
  }
}

TEST_F(Attack, CreateroleChangesNobodyAboveIt) {
  for (const std::string role : above_createrole) {
    refused_however_reached("evil", "ALTER ROLE " + role + " PASSWORD 'known'");
    refused("evil", "ALTER USER " + role + " PASSWORD NULL");
    for (const char* attribute : {"NOLOGIN", "NOCREATEROLE", "NOCREATEDB", "NOINHERIT", "CONNECTION LIMIT 0",
                                  "VALID UNTIL '2000-01-01'", "SUPERUSER", "REPLICATION", "BYPASSRLS"}) {
      refused("evil", "ALTER ROLE " + role + " " + attribute);
    }
    refused("evil", "ALTER ROLE " + role + " SET search_path = evil");
    refused("evil", "ALTER ROLE " + role + " IN DATABASE shop SET role = 'evil'");
    refused("evil", "ALTER ROLE " + role + " RESET ALL");
    refused("evil", "ALTER ROLE " + role + " RENAME TO taken");
    refused("evil", "ALTER GROUP " + role + " RENAME TO taken");
    refused("evil", "DROP ROLE IF EXISTS plain, " + role);
    refused("evil", "DROP OWNED BY " + role + " CASCADE");
    refused("evil", "REASSIGN OWNED BY " + role + " TO evil");
    refused("evil", "COMMENT ON ROLE " + role + " IS 'mine'");
    refused("evil", "SECURITY LABEL ON ROLE " + role + " IS 'mine'");
    refused("evil", "ALTER DEFAULT PRIVILEGES FOR ROLE " + role + " GRANT ALL ON TABLES TO evil");
    refused("evil", "CREATE SCHEMA planted AUTHORIZATION " + role);
  }
}

TEST_F(Attack, NobodyButAMasterChangesWhatAMasterBelongsTo) {
  for (const std::string role : {"postgres_admin", "deputy", "leaders", "lead"}) {
    refused_however_reached("evil", "GRANT plain TO " + role);
    refused("evil", "CREATE ROLE e2 ROLE " + role);
    refused("evil", "CREATE ROLE e2 ADMIN " + role);
    refused("evil", "ALTER GROUP plain ADD USER " + role);
    refused("evil", "ALTER GROUP plain DROP USER " + role);
    refused("evil", "REVOKE plain FROM " + role);
    refused("evil", "GRANT rds_iam TO " + role);
    refused("evil", "GRANT tokens TO " + role);
  }
}

TEST_F(Attack, NobodyButAMasterGivesOrTakesSigningInByToken) {
  for (const std::string user : {"evil", "reader"}) {
    for (const std::string role : {"rds_iam", "tokens"}) {
      refused(user, "GRANT " + role + " TO app");
      refused(user, "REVOKE " + role + " FROM ada");
      refused(user, "ALTER GROUP " + role + " DROP USER ada");
    }
    refused(user, "REVOKE rds_iam FROM tokens");
    refused(user, "DROP ROLE tokens");
    refused(user, "ALTER ROLE ada PASSWORD 'known'");
  }
  refused("evil", "CREATE ROLE e2 LOGIN IN ROLE rds_iam");
}

// What a master user runs with its rights by mistake is not a master user's statement.
TEST_F(Attack, AFunctionThatAMasterOwnsLendsNobodyItsPlace) {
  refused("evil", "SELECT lent('ALTER ROLE CURRENT_USER PASSWORD ''known''')");
  refused("evil", "SELECT lent('ALTER ROLE CURRENT_USER SET search_path = evil')");
  refused("evil", "SELECT lent('CREATE ROLE e2 LOGIN IN ROLE CURRENT_USER')");
  refused("evil", "SELECT lent('GRANT rds_superuser TO evil')");
  refused("evil", "SELECT lent('GRANT pg_read_all_data TO SESSION_USER')");
}

TEST_F(Attack, AMasterChangesNoRoleOfTheService) {
  for (const std::string role : {"rdsadmin", "rds_superuser", "rds_iam", "rds_password", "rds_replication",
                                 "pg_monitor", "pg_read_all_data", "pg_execute_server_program"}) {
    for (const std::string user : {"postgres_admin", "deputy", "lead", "evil"}) {
      refused(user, "GRANT plain TO " + role);
      refused(user, "REVOKE plain FROM " + role);
      refused(user, "CREATE ROLE e2 ROLE " + role);
      refused(user, "COMMENT ON ROLE " + role + " IS 'mine'");
      refused(user, "ALTER DEFAULT PRIVILEGES FOR ROLE " + role + " GRANT ALL ON TABLES TO evil");
      refused(user, "REASSIGN OWNED BY " + role + " TO CURRENT_USER");
      refused(user, "DROP OWNED BY " + role);
    }
    refused("postgres_admin", "SET SESSION AUTHORIZATION " + role);
  }
}

TEST_F(Attack, NobodyRenamesOrDropsTheMasterUser) {
  for (const std::string user : {"deputy", "lead", "evil", "reader"}) {
    refused(user, "ALTER ROLE postgres_admin RENAME TO other");
    refused(user, "DROP ROLE postgres_admin");
    refused(user, "DO $$ BEGIN DROP USER plain, postgres_admin; END $$");
  }
}

TEST_F(Attack, CreateroleStillManagesOrdinaryRoles) {
  allowed("evil", "CREATE ROLE e2 LOGIN PASSWORD 'known' IN ROLE plain ADMIN app; GRANT e2 TO evil");
  allowed("evil", "SET ROLE e2; RESET ROLE; COMMENT ON ROLE e2 IS 'mine'");
  allowed("evil", "ALTER ROLE e2 PASSWORD 'other' CONNECTION LIMIT 3; ALTER ROLE e2 SET work_mem = '8MB'");
  allowed("evil", "GRANT plain TO ada; REVOKE plain FROM ada; ALTER GROUP plain ADD USER app; REVOKE plain FROM app");
  allowed("evil", "ALTER ROLE e2 RENAME TO e3; DROP ROLE e3; ALTER ROLE CURRENT_USER PASSWORD 'Attack-Pass-1'");
  allowed("reader", "ALTER ROLE reader PASSWORD 'Attack-Pass-1'; ALTER ROLE CURRENT_USER SET work_mem = '8MB'");
  allowed("reader", "ALTER ROLE reader RESET ALL");
}

TEST_F(Attack, MastersManageOneAnotherAndThemselves) {
  for (const std::string user : {"postgres_admin", "lead"}) {
    allowed(user, "ALTER ROLE deputy PASSWORD 'Attack-Pass-1' NOLOGIN; ALTER ROLE deputy LOGIN");
    allowed(user, "GRANT plain TO deputy; REVOKE plain FROM deputy; GRANT deputy TO app; REVOKE deputy FROM app");
    allowed(user, "GRANT rds_iam TO app; ALTER GROUP rds_iam DROP USER app");
    allowed(user, "CREATE ROLE m2 IN ROLE leaders ROLE app; ALTER ROLE m2 RENAME TO m3; DROP ROLE m3");
  }
  allowed("deputy", "REVOKE rds_superuser FROM postgres_admin; ALTER ROLE postgres_admin NOLOGIN");
  allowed("deputy", "GRANT rds_superuser TO postgres_admin; ALTER ROLE postgres_admin LOGIN");
}

// ---- Extensions.

TEST_F(Attack, NoExtensionGoesIntoASchemaThatItsMakerMayNotCreateIn) {
  allowed("postgres_admin", "CREATE SCHEMA open_to_all; GRANT ALL ON SCHEMA open_to_all TO PUBLIC");
  // 3F000: PostgreSQL finds no such schema, by that name or on a path that may not be used.
  const auto refused_in = [&](const std::string& user, const std::string& extension, const std::string& schema) {
    refused(user, "CREATE EXTENSION " + extension + " SCHEMA " + schema, schema == "pg_temp" ? "3F000" : "42501");
    refused(user, "SET search_path = " + schema + "; CREATE EXTENSION " + extension,
            schema == "pg_toast" ? "3F000" : "42501");
    refused(user, "DO $$ BEGIN EXECUTE 'CREATE EXTENSION " + extension +
                      " SCHEMA ' || pg_my_temp_schema()::regnamespace; END $$");
  };
  allowed("evil", "CREATE TEMP TABLE t()");
  allowed("postgres_admin", "CREATE TEMP TABLE t()");
  for (const std::string schema : {"pg_catalog", "information_schema", "pg_toast", "pg_temp"}) {
    for (const std::string extension : {"citext", "pgcrypto", "btree_gist"}) {
      refused_in("evil", extension, schema);
      refused_in("postgres_admin", extension, schema);
    }
    for (const std::string extension : {"pgstattuple", "amcheck", "pg_buffercache"}) {
      refused_in("postgres_admin", extension, schema);
    }
  }
  allowed("evil", "DROP TABLE t");
  allowed("postgres_admin", "DROP TABLE t; GRANT USAGE ON SCHEMA private, tools TO PUBLIC");
  for (const std::string extension : {"pgstattuple", "amcheck", "pg_buffercache"}) {
    refused("deputy", "SET search_path = private; CREATE EXTENSION " + extension);
    refused("evil", "CREATE EXTENSION " + extension + " SCHEMA open_to_all");
  }
  for (const std::string user : {"evil", "deputy"}) {
    refused(user, "CREATE EXTENSION citext SCHEMA private");
    refused(user, "SET search_path = private; CREATE EXTENSION citext CASCADE");
    refused(user, "DO $$ BEGIN PERFORM set_config('search_path', 'private', true); CREATE EXTENSION hstore; END $$");
  }
  allowed("evil", "CREATE SCHEMA rdsadmin; GRANT ALL ON SCHEMA rdsadmin TO PUBLIC; CREATE SCHEMA evil");
  allowed("evil", "CREATE EXTENSION citext SCHEMA evil; CREATE EXTENSION hstore SCHEMA open_to_all");
  allowed("postgres_admin", "SET search_path = \"$user\", tools; CREATE EXTENSION pgrowlocks; RESET search_path");
  EXPECT_EQ(administrator_->run("SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'pgrowlocks'")
                .value,
            "tools")
      << "the user's own search path counts, not that of the rights it is lent";
  for (const std::string schema : {"pg_catalog", "information_schema", "private"}) {
    refused("evil", "ALTER EXTENSION citext SET SCHEMA " + schema);
  }
  refused("postgres_admin", "ALTER EXTENSION pgrowlocks SET SCHEMA pg_catalog");
  refused("deputy", "ALTER EXTENSION citext SET SCHEMA open_to_all");
  refused("deputy", "ALTER EXTENSION citext UPDATE TO '1.5'");
  refused("deputy", "DROP EXTENSION citext");
  refused("evil", "ALTER FUNCTION evil.citext_eq(evil.citext, evil.citext) OWNER TO evil");
  refused("evil", "CREATE OR REPLACE FUNCTION evil.citext_eq(evil.citext, evil.citext) RETURNS bool LANGUAGE sql"
                  " AS 'SELECT true'");
  allowed("evil", "DROP EXTENSION citext; DROP EXTENSION hstore; DROP SCHEMA rdsadmin, evil");
}

// PostgreSQL runs the scripts of extensions as a superuser, whoever installs them.
TEST_F(Attack, AScriptOfAnExtensionRunsNobodysFunctions) {
  allowed("evil", "CREATE SCHEMA evil");
  for (const char* deed : {"UPDATE pg_authid SET rolsuper = true WHERE rolname = 'evil'", "ALTER ROLE evil SUPERUSER",
                           "INSERT INTO pg_auth_members SELECT 'rds_superuser'::regrole, 'evil'::regrole, 10, true",
                           "CREATE FUNCTION evil.read(text) RETURNS text LANGUAGE internal AS 'pg_read_file'",
                           "PERFORM set_config('session_preload_libraries', 'x', false)"}) {
    const std::string body = "LANGUAGE plpgsql AS $$ BEGIN " + std::string(deed) + "; END $$";
    allowed("evil", "CREATE OR REPLACE FUNCTION evil.helped() RETURNS void " + body);
    refused("evil", "CREATE EXTENSION citext SCHEMA evil VERSION 'careless'");
    refused("evil", "CREATE EXTENSION citext SCHEMA evil; ALTER EXTENSION citext UPDATE TO 'careless'");
    allowed("evil", "ALTER FUNCTION evil.helped() SECURITY DEFINER");
    refused("evil", "CREATE EXTENSION citext SCHEMA evil VERSION 'careless'");
  }
  allowed("evil", "DROP FUNCTION evil.helped; DROP SCHEMA evil");
}

// ---- Secrets.

class Secrets : public Attack {
 protected:
  void SetUp() override {
    Attack::SetUp();
    // As autovacuum does after enough changes to roles.
    allowed("postgres_admin",
            "TRUNCATE rows_of_text; INSERT INTO rows_of_text SELECT i::text FROM generate_series(1, 100) i");
    ASSERT_EQ(administrator_->run("ANALYZE pg_authid; ANALYZE rows_of_text").state, "");
    ASSERT_NE(administrator_->run("SELECT count(*) FROM pg_stats WHERE tablename = 'pg_authid'").value, "0");
    before_ = administrator_->run(everything).value;
  }
};

TEST_F(Secrets, VerifiersAreReadNowhere) {
  for (const std::string relation : {"pg_authid", "pg_shadow", "pg_statistic"}) {
    refused("reader", "SELECT * FROM " + relation);
    refused("reader", "COPY " + relation + " TO STDOUT");
    refused("reader", "COPY (SELECT x::text FROM " + relation + " x) TO STDOUT");
    refused("reader", "SELECT table_to_xml('" + relation + "', true, false, '')");
    refused("reader", "SELECT query_to_xml('SELECT * FROM " + relation + "', true, false, '')");
    refused("reader", "BEGIN; DECLARE c CURSOR FOR TABLE " + relation + "; FETCH ALL FROM c");
    refused("reader", "PREPARE p AS SELECT * FROM " + relation + "; EXECUTE p");
    refused("reader", "EXPLAIN ANALYZE SELECT * FROM " + relation);
    refused("reader", "DO $$ BEGIN PERFORM * FROM " + relation + "; END $$");
    refused("reader", "CREATE TEMP VIEW v AS SELECT x::text FROM " + relation + " x; TABLE v");
    refused("reader", "CREATE TEMP TABLE t AS SELECT x::text FROM " + relation + " x");
    as("reader").run("DEALLOCATE ALL");
    refused("reader", "SELECT 1 WHERE EXISTS (SELECT FROM " + relation + ")");
    refused("evil", "SELECT * FROM " + relation);
    refused("postgres_admin", "SELECT lent('CREATE TEMP TABLE t AS SELECT x::text FROM " + relation + " x')");
  }
}

TEST_F(Secrets, StatisticsTellNothingOfVerifiers) {
  const auto told = [&](const std::string& sql) {
    const Outcome outcome = as("reader").run(sql);
    EXPECT_EQ(outcome.state, "") << sql << ": " << outcome.message;
    return outcome.value;
  };
  const std::string about_roles = " FROM pg_stats WHERE tablename = 'pg_authid'";
  EXPECT_EQ(told("SELECT count(*)" + about_roles), "0");
  EXPECT_EQ(told("SELECT count(*) FROM pg_stats WHERE histogram_bounds::text LIKE '%SCRAM%'"), "0");
  EXPECT_EQ(told("WITH c AS MATERIALIZED (SELECT *" + about_roles + ") SELECT (SELECT count(*) FROM c)"), "0");
  EXPECT_EQ(told("SELECT count(*) FROM pg_class LEFT JOIN pg_stats ON relname = tablename WHERE relname = 'pg_authid'"
                 " AND attname IS NOT NULL"), "0");
  told("CREATE FUNCTION pg_temp.inlined() RETURNS SETOF pg_stats STABLE LANGUAGE sql AS 'SELECT *" +
       std::string(" FROM pg_stats WHERE tablename = ''pg_authid''") + "'");
  EXPECT_EQ(told("SELECT count(*) FROM pg_temp.inlined()"), "0");
  told("CREATE TEMP VIEW mine AS SELECT tablename, attname, histogram_bounds::text" + about_roles);
  EXPECT_EQ(told("SELECT count(*) FROM mine"), "0");
  EXPECT_EQ(told("PREPARE q AS SELECT count(*) FROM mine; EXECUTE q"), "0");
  EXPECT_EQ(told("SELECT count(*) FROM pg_stats WHERE tablename = 'rows_of_text'"), "1") << "others are shown as ever";
  as("reader").run("DISCARD ALL");
  // The planner hands statistics to operators; a user's own would tell what it was given.
  told("CREATE FUNCTION pg_temp.tell(text, text) RETURNS bool LANGUAGE plpgsql"
       " AS $$ BEGIN RAISE EXCEPTION '%', $1; END $$");
  told("CREATE OPERATOR pg_temp.<<<< (FUNCTION = pg_temp.tell, LEFTARG = text, RIGHTARG = text,"
       " RESTRICT = scalarltsel)");
  refused("reader", "EXPLAIN SELECT * FROM pg_authid WHERE rolpassword OPERATOR(pg_temp.<<<<) 'x'");
  refused("reader", "SELECT * FROM pg_authid WHERE rolpassword OPERATOR(pg_temp.<<<<) 'x'");
  as("reader").run("DISCARD ALL");
}

TEST_F(Secrets, NoPasswordStandsInTheViewOfWhatSessionsDo) {
  const auto seen = [&] {
    return as("reader").run("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%Marker' || '-Secret%'").value;
  };
  for (const char* sql : {"ALTER ROLE plain PASSWORD 'Marker-Secret-1'", "CREATE ROLE plain PASSWORD 'Marker-Secret-1'",
                          "DO $$ BEGIN ALTER ROLE plain PASSWORD 'Marker-Secret-1'; END $$",
                          "ALTER ROLE plain PASSWORD 'Marker-Secret-1' NONSENSE"}) {
    as("postgres_admin").run(sql);
    EXPECT_EQ(seen(), "0") << sql;
  }
  as("postgres_admin").run("SET debug_print_parse = on");
  as("postgres_admin").run("ALTER ROLE plain PASSWORD 'Marker-Secret-2'");
  as("postgres_admin").run("RESET debug_print_parse");
  as("postgres_admin").run("DO $$ BEGIN EXECUTE 'ALTER ROLE plain PASSWORD ''Marker-Secret-3'' NONSENSE'; END $$");
  EXPECT_EQ(database_->host.log().find("Marker-Secret"), std::string::npos);
  allowed("postgres_admin", "ALTER ROLE plain PASSWORD NULL");
}

}  // namespace
}  // namespace ringwall::engine
