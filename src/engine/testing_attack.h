#pragma once
// For tests: one database that all attacks share, with everyone who may mean harm in it. What
// outlives a session is after each test as it was before.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "engine/testing_database.h"

namespace ringwall::engine {

inline constexpr const char* attacker_password = "Attack-Pass-1";

// Whoever changed anything that outlives a statement changed this. As the administrator.
inline constexpr const char* everything = R"(
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

inline std::string as_text(const std::string& sql) { return "$quoted$" + sql + "$quoted$"; }

class Attack : public testing::Test {
 public:
  // The last test of all ends it, so that suites share one database.
  class End final : public testing::Environment {
    void TearDown() override {
      administrator_.reset();
      database_.reset();
    }
  };

 protected:
  static void SetUpTestSuite() {
    if (::geteuid() != 0 || database_) return;
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
  void SetUp() override {
    if (!database_) FAIL() << "needs root: run it with sudo, to run an engine under its own uid";
    ASSERT_NE(administrator_, nullptr) << "the database has not begun to serve";
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
      const bool is_master = user == database_->instance.master_user;
      client = std::make_unique<Client>(is_master ? database_->master()
                                                  : database_->conninfo(user, attacker_password));
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

  static inline std::unique_ptr<TestingDatabase> database_;
  static inline std::unique_ptr<Client> administrator_;
  std::map<std::string, std::unique_ptr<Client>> clients_;
  std::string before_;
  int count_ = 0;
};
inline const auto* const attack_end = testing::AddGlobalTestEnvironment(new Attack::End);

}  // namespace ringwall::engine
