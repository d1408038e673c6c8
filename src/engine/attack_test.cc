// Attacks by SQL, as tables: each is refused with the state it names, and what outlives a session
// is after each test as it was before. One database serves them all.

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace ringwall::engine
