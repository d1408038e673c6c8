// Attacks by SQL on the server, its extensions and its secrets: each is refused with the state it
// names and leaves no trace.

#include "engine/testing_attack.h"

namespace ringwall::engine {
namespace {

// ---- Extensions.

class Extensions : public Attack {};

TEST_F(Extensions, NoExtensionGoesIntoASchemaThatItsMakerMayNotCreateIn) {
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
TEST_F(Extensions, AScriptOfAnExtensionRunsNobodysFunctions) {
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
    if (HasFatalFailure()) return;
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
  EXPECT_EQ(told("SELECT count(*) FROM pg_stats WHERE tablename = 'rows_of_text'"),
      "1") << "others are shown as ever";
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
  for (const char* sql : {"ALTER ROLE plain PASSWORD 'Marker-Secret-1'",
                          "CREATE ROLE plain PASSWORD 'Marker-Secret-1'",
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

// ---- The server: what a master user tries first, and what needs no right at all.

class Server : public Attack {
 protected:
  void all_refused(const std::string& user, std::initializer_list<const char*> statements,
                   const std::string& state = "42501") {
    for (const char* sql : statements) refused(user, sql, state);
  }
};

TEST_F(Server, GivesNoRoleThatReachesItsFilesOrPrograms) {
  for (const std::string role :
       {"pg_execute_server_program", "pg_read_server_files", "pg_write_server_files", "rdsadmin"}) {
    for (const std::string& sql :
         {"GRANT " + role + " TO CURRENT_USER", "GRANT pg_monitor, " + role + " TO app WITH ADMIN OPTION",
          "GRANT " + role + " TO rds_superuser", "CREATE ROLE e2 IN ROLE " + role, "CREATE USER e2 IN GROUP " + role,
          "ALTER GROUP " + role + " ADD USER app", "CREATE ROLE e2; GRANT " + role + " TO e2",
          "SET ROLE " + role, "SET SESSION AUTHORIZATION " + role, "ALTER ROLE " + role + " LOGIN PASSWORD 'x'"}) {
      refused("postgres_admin", sql);
      refused("evil", sql);
    }
    refused_however_reached("postgres_admin", "GRANT " + role + " TO CURRENT_USER");
  }
}

TEST_F(Server, GivesNoAttributeOfASuperuser) {
  for (const std::string attribute : {"SUPERUSER", "REPLICATION", "BYPASSRLS"}) {
    for (const std::string user : {"postgres_admin", "evil"}) {
      refused(user, "CREATE ROLE e2 " + attribute);
      refused(user, "CREATE USER e2 LOGIN NO" + attribute + " CREATEDB; ALTER USER e2 " + attribute);
      refused(user, "ALTER ROLE CURRENT_USER " + attribute);
      refused(user, "DO $$ BEGIN ALTER ROLE app " + attribute + "; END $$");
    }
  }
  all_refused("postgres_admin", {"UPDATE pg_authid SET rolsuper = true",
                                 "INSERT INTO pg_auth_members VALUES (10, 10, 10, true)",
                                 "DELETE FROM pg_authid", "TRUNCATE pg_auth_members",
                                 "UPDATE pg_database SET datdba = 10",
                                 "UPDATE pg_proc SET prolang = 12", "UPDATE pg_language SET lanpltrusted = true",
                                 "INSERT INTO pg_db_role_setting VALUES (0, 0, NULL)",
                                 "BEGIN; LOCK TABLE pg_authid"});
}

TEST_F(Server, RunsNoProgramAndOpensNoFile) {
  for (const char* sql : {"COPY rows_of_text FROM PROGRAM 'id'", "COPY rows_of_text TO PROGRAM 'cat'",
                          "COPY (SELECT 1) TO PROGRAM 'id'", "COPY rows_of_text FROM '/etc/passwd'",
                          "COPY rows_of_text TO '/data/pg/x'",
                          "COPY (SELECT 1) TO '/data/pg/postgresql.auto.conf'"}) {
    refused_however_reached("postgres_admin", sql);
  }
  all_refused("postgres_admin",
              {"COPY rows_of_text FROM 'PG_VERSION' WITH (FORMAT csv)", "COPY pg_class FROM '/dev/zero'",
               "SELECT pg_read_file('PG_VERSION')", "SELECT pg_read_file('/etc/passwd', 0, 10)",
               "SELECT pg_read_file('/etc/passwd', 0, 10, true)", "SELECT pg_read_binary_file('PG_VERSION')",
               "SELECT pg_read_binary_file('PG_VERSION', 0, 1, true)", "SELECT pg_ls_dir('.')",
               "SELECT pg_ls_dir('.', true, true)",
               "SELECT pg_stat_file('PG_VERSION')", "SELECT pg_stat_file('x', true)",
               "SELECT lo_import('/etc/passwd')",
               "SELECT lo_import('/etc/passwd', 4242)", "SELECT lo_export(1, '/data/pg/x')",
               "SELECT pg_current_logfile('x')",
               "SELECT * FROM pg_hba_file_rules", "SELECT * FROM pg_ident_file_mappings",
               "SELECT * FROM pg_file_settings",
               "SELECT pg_reload_conf()", "SELECT pg_rotate_logfile()", "SELECT pg_promote()",
               "SELECT pg_switch_wal()",
               "SELECT pg_create_restore_point('x')", "SELECT pg_backup_start('x')", "SELECT pg_backup_stop()"});
}

TEST_F(Server, LoadsNoCode) {
  for (const std::string setting : {"shared_preload_libraries", "session_preload_libraries",
                                    "local_preload_libraries",
                                    "dynamic_library_path", "jit_provider"}) {
    for (const std::string& sql :
         {"ALTER SYSTEM SET " + setting + " = 'x'", "ALTER ROLE CURRENT_USER SET " + setting + " = 'x'",
          "ALTER ROLE app IN DATABASE shop SET \"" + setting + "\" TO 'x'",
          "ALTER DATABASE shop SET " + setting + " TO 'x'",
          "ALTER ROLE ALL SET " + setting + " = 'x'", "SET " + setting + " = 'x'",
          "SET LOCAL " + setting + " TO DEFAULT",
          "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET " + setting + " = 'x' AS 'SELECT 1'",
          "CREATE PROCEDURE f() LANGUAGE sql SET " + setting + " FROM CURRENT AS 'SELECT 1'",
          "ALTER FUNCTION lent(text) SET " + setting + " TO 'x'", "GRANT SET ON PARAMETER " + setting + " TO app",
          "GRANT ALTER SYSTEM ON PARAMETER " + setting + " TO PUBLIC"}) {
      refused("postgres_admin", sql);
    }
  }
  refused("postgres_admin", "SELECT set_config('session_preload_libraries', 'x', false)");
  refused("postgres_admin", "SELECT set_config('shared_preload_libraries', 'x', false)", "55P02");
  all_refused("postgres_admin",
              {"ALTER SYSTEM RESET ALL", "ALTER SYSTEM SET archive_command = 'id'", "LOAD 'plpgsql'",
               "LOAD '$libdir/plugins/x'",
               "LOAD '/data/pg/x.so'", "CREATE FUNCTION f(text) RETURNS int LANGUAGE c AS 'libc.so.6', 'system'",
               "CREATE FUNCTION f(text) RETURNS int AS '$libdir/pgcrypto', 'pg_digest' LANGUAGE 'c' STRICT",
               "CREATE OR REPLACE PROCEDURE f() LANGUAGE \"c\" AS '$libdir/x'",
               "CREATE FUNCTION f(text) RETURNS text LANGUAGE internal AS 'pg_read_file'",
               "CREATE LANGUAGE plperlu", "CREATE LANGUAGE plpython3u",
               "CREATE TRUSTED LANGUAGE mine HANDLER plpgsql_call_handler",
               "ALTER LANGUAGE plpgsql OWNER TO postgres_admin", "DROP LANGUAGE plpgsql",
               "CREATE FOREIGN DATA WRAPPER mine",
               "CREATE FOREIGN DATA WRAPPER mine HANDLER fmgr_c_validator",
               "CREATE ACCESS METHOD mine TYPE TABLE HANDLER heap_tableam_handler",
               "CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION int4_sum(bigint, int))",
               "CREATE EVENT TRIGGER mine ON ddl_command_start EXECUTE FUNCTION fired()",
               "CREATE OPERATOR CLASS mine FOR TYPE int USING btree AS STORAGE int",
               "ALTER EXTENSION plpgsql ADD FUNCTION lent(text)"});
}

TEST_F(Server, InstallsNoExtensionThatReachesOut) {
  for (const std::string extension :
       {"adminpack", "autoinc", "bloom", "dblink", "dict_xsyn", "earthdistance", "file_fdw", "insert_username",
        "intagg", "moddatetime", "old_snapshot", "pageinspect", "pg_surgery", "pg_walinspect", "plperl", "plperlu",
        "plpython3u", "pltcl", "pltclu", "postgres_fdw", "refint", "xml2", "pg_cron"}) {
    for (const std::string user : {"postgres_admin", "evil"}) {
      refused(user, "CREATE EXTENSION " + extension);
      refused(user, "CREATE EXTENSION IF NOT EXISTS \"" + extension + "\" SCHEMA tools VERSION '1.0' CASCADE");
      refused(user, "ALTER EXTENSION " + extension + " UPDATE");
    }
    refused_however_reached("postgres_admin", "CREATE EXTENSION " + extension);
  }
}

TEST_F(Server, ReplicatesToNobody) {
  all_refused("postgres_admin",
              {"SELECT pg_create_physical_replication_slot('s')",
               "SELECT pg_create_logical_replication_slot('s', 'pgoutput')",
               "SELECT pg_drop_replication_slot('s')", "SELECT pg_replication_origin_create('o')",
               "SELECT pg_logical_slot_peek_changes('s', NULL, NULL)",
               "CREATE SUBSCRIPTION s CONNECTION 'host=/run/ringwall' PUBLICATION p",
               "ALTER SUBSCRIPTION s DISABLE", "CREATE TABLESPACE elsewhere LOCATION '/data/pg'",
               "DROP TABLESPACE pg_default",
               "ALTER TABLESPACE pg_default SET (seq_page_cost = 1)", "ALTER TABLESPACE pg_default RENAME TO mine",
               "CREATE DATABASE copied TEMPLATE rdsadmin", "DROP DATABASE rdsadmin",
               "ALTER DATABASE rdsadmin OWNER TO evil",
               "GRANT CONNECT ON DATABASE rdsadmin TO evil"});
}

}  // namespace
}  // namespace ringwall::engine
