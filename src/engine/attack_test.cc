// Attacks by SQL on roles: each is refused with the state it names and leaves no trace.

#include "engine/testing_attack.h"

namespace ringwall::engine {
namespace {

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

// A reset of its password makes it a master again, with all who belong to it.
TEST_F(Attack, TheMasterUserIsReservedAlsoWhileItIsNoMaster) {
  allowed("deputy", "REVOKE rds_superuser FROM postgres_admin");
  refused("evil", "GRANT postgres_admin TO evil");
  refused("evil", "CREATE ROLE e2 IN ROLE postgres_admin");
  refused("evil", "ALTER ROLE postgres_admin PASSWORD 'known'");
  refused("evil", "GRANT plain TO postgres_admin");
  refused("evil", "DROP ROLE postgres_admin");
  refused("deputy", "ALTER ROLE postgres_admin RENAME TO other");
  allowed("deputy", "GRANT rds_superuser TO postgres_admin");
  ASSERT_EQ(administrator_->run("ALTER ROLE postgres_admin RENAME TO former").state, "");
  for (const std::string user : {"evil", "deputy"}) {
    const Outcome made = as(user).run("CREATE ROLE postgres_admin LOGIN ADMIN evil");
    EXPECT_EQ(made.state, "42501") << user;
    EXPECT_EQ(as(user).run("ALTER ROLE app RENAME TO postgres_admin").state, "42501") << user;
  }
  ASSERT_EQ(administrator_->run("ALTER ROLE former RENAME TO postgres_admin").state, "");
  const std::string back = "ALTER ROLE postgres_admin PASSWORD '" + std::string(testing_password) + "'";
  ASSERT_EQ(administrator_->run(back).state, "");
  before_ = administrator_->run(everything).value;
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

// The same database again, as whoever owns the instance resets the password.
TEST_F(Attack, APasswordResetRestoresTheMasterUserWhole) {
  const auto reset = [&] {
    clients_.erase("postgres_admin");
    EXPECT_TRUE(succeeded(database_->engine->set_master_password(database_->host, database_->instance,
                                                                 Secret(std::string_view(testing_password)))));
    before_ = administrator_->run(everything).value;
    const Client to_postgres(
        database_->conninfo("postgres_admin", testing_password, "dbname=postgres sslmode=require"));
    EXPECT_TRUE(to_postgres.connected()) << to_postgres.error();
    return as("postgres_admin")
        .run("SELECT concat_ws(' ', rolcanlogin, rolcreaterole, rolcreatedb, rolinherit, rolsuper, rolconnlimit,"
             " rolvaliduntil, pg_has_role('rds_superuser', 'USAGE'), pg_has_role('rds_iam', 'MEMBER'))"
             " FROM pg_roles WHERE rolname = current_user")
        .value;
  };
  const std::string whole = "t t t t f -1 infinity t f";
  EXPECT_EQ(reset(), whole);
  for (const char* harm :
       {"ALTER ROLE postgres_admin NOLOGIN", "REVOKE rds_superuser FROM postgres_admin",
        "ALTER ROLE postgres_admin NOCREATEROLE NOCREATEDB NOINHERIT CONNECTION LIMIT 0 VALID UNTIL '2000-01-01'",
        "ALTER ROLE postgres_admin PASSWORD NULL", "GRANT rds_iam TO postgres_admin",
        "GRANT tokens TO postgres_admin",
        "CREATE ROLE \"a way\" IN ROLE tokens; GRANT \"a way\" TO postgres_admin",
        "GRANT postgres_admin TO deputy; ALTER DATABASE postgres ALLOW_CONNECTIONS false",
        "ALTER DATABASE postgres CONNECTION LIMIT 0; ALTER DATABASE postgres OWNER TO deputy;"
        "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC, postgres_admin; REVOKE postgres_admin FROM deputy",
        "REVOKE rds_superuser, rds_iam FROM postgres_admin; ALTER ROLE postgres_admin NOLOGIN PASSWORD 'stolen'"}) {
    SCOPED_TRACE(harm);
    allowed("deputy", harm);
    EXPECT_EQ(reset(), whole);
  }
  // Another name, from a time when it could be given.
  ASSERT_EQ(administrator_->run("ALTER ROLE postgres_admin RENAME TO former").state, "");
  EXPECT_EQ(reset(), whole);
  allowed("postgres_admin", "GRANT former TO postgres_admin; DROP ROLE \"a way\"");
}

TEST_F(Attack, APasswordResetWaitsForNobodysOpenTransaction) {
  for (const char* change :
       {"REVOKE rds_superuser FROM postgres_admin", "ALTER DATABASE postgres CONNECTION LIMIT 0"}) {
    SCOPED_TRACE(change);
    for (const char* sql : {"ALTER DATABASE postgres OWNER TO deputy",
                            "ALTER DATABASE postgres CONNECTION LIMIT 3"}) {
      ASSERT_EQ(administrator_->run(sql).state, "");
    }
    EXPECT_EQ(as("deputy").run("BEGIN; " + std::string(change)).state, "");
    EXPECT_TRUE(succeeded(database_->engine->set_master_password(database_->host, database_->instance,
                                                                 Secret(std::string_view(testing_password)))));
    EXPECT_TRUE(Client(database_->master()).connected());
    EXPECT_NE(as("deputy").run("COMMIT").state, "") << "its session was ended";
  }
  ASSERT_EQ(administrator_->run("ALTER DATABASE postgres OWNER TO postgres_admin").state, "");
  before_ = administrator_->run(everything).value;
}

}  // namespace
}  // namespace ringwall::engine
