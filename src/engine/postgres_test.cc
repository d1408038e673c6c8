#include "engine/postgres.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <mutex>

#include "engine/signin_listener.h"
#include "engine/testing_database.h"

namespace ringwall::engine {
namespace {

TEST(PostgresVersion, IsReadFromWhatTheBinarySays) {
  EXPECT_EQ(version_of("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n"), "15.20");
  EXPECT_EQ(version_of("postgres (PostgreSQL) 17.1\n"), "17.1");
  EXPECT_EQ(version_of("mysqld 8"), "");
}

TEST(PostgresVersion, NothingInstalledIsNoEngine) {
  EXPECT_TRUE(installed_postgres("/nowhere", "/nowhere/either").empty());
}

class PostgresDatabase : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) FAIL() << "needs root: run it with sudo, to run an engine under its own uid";
  }
};

TEST_F(PostgresDatabase, TheMasterUserSignsInOverTlsOnlyAndIsNoSuperuser) {
  TestingDatabase database;
  const auto begun = std::chrono::steady_clock::now();
  const auto elapsed_ms = [&] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 begun)
        .count();
  };
  ASSERT_TRUE(succeeded(database.initialise()));
  RecordProperty("initialised_ms", std::to_string(elapsed_ms()));
  ASSERT_TRUE(succeeded(database.start())) << database.host.log();
  RecordProperty("serving_ms", std::to_string(elapsed_ms()));

  Client master(database.master());
  ASSERT_TRUE(master.connected()) << master.error();
  EXPECT_TRUE(master.encrypted());
  EXPECT_EQ(master
                .run("SELECT rolsuper::text || rolcreaterole || rolcreatedb || rolreplication ||"
                     " rolbypassrls FROM pg_roles WHERE rolname = current_user")
                .value,
            "falsetruetruefalsefalse");
  EXPECT_EQ(
      master.run("SELECT count(*) FROM pg_roles WHERE rolsuper AND rolname <> 'rdsadmin'").value,
      "0");
  EXPECT_EQ(master.run("SHOW data_checksums").value, "on");
  EXPECT_EQ(master.run("SHOW server_encoding").value, "UTF8");
  EXPECT_EQ(master.run("SELECT pg_has_role('rds_superuser', 'MEMBER')").value, "t");

  const Client plain(
      database.conninfo("postgres_admin", testing_password, "sslmode=disable dbname=shop"));
  EXPECT_FALSE(plain.connected());
  EXPECT_NE(plain.error().find("no pg_hba.conf entry"), std::string::npos) << plain.error();
  EXPECT_NE(plain.error().find("no encryption"), std::string::npos) << plain.error();
  const Client wrong(database.conninfo("postgres_admin", "wrong"));
  EXPECT_NE(wrong.error().find("password authentication failed"), std::string::npos);
  const Client administrator(database.conninfo("rdsadmin", testing_password));
  EXPECT_NE(administrator.error().find("pg_hba.conf rejects"), std::string::npos);
  const Client inside(
      database.conninfo("postgres_admin", testing_password, "sslmode=require dbname=rdsadmin"));
  EXPECT_NE(inside.error().find("permission denied for database"), std::string::npos)
      << inside.error();
  const Client replication(
      database.conninfo("postgres_admin", testing_password, "sslmode=require replication=true"));
  EXPECT_NE(replication.error().find("pg_hba.conf rejects"), std::string::npos)
      << replication.error();
  const Client local(
      "host=" + database.host.socket_folder("") +
      " user=postgres_admin dbname=shop port=" + std::to_string(database.instance.port));
  EXPECT_NE(local.error().find("pg_hba.conf rejects"), std::string::npos) << local.error();
}

TEST_F(PostgresDatabase, AProbeTellsAnEngineThatSaysNothingFromOneThatSaysItStarts) {
  TestingDatabase database;
  const auto absent = database.engine->probe(database.host, database.instance);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().kind, Failure::io);
  ASSERT_TRUE(succeeded(database.initialise()));
  const auto running = database.engine->start(database.host, database.instance, database.identity());
  ASSERT_TRUE(running) << running.error().message;
  ASSERT_TRUE(succeeded(database.wait_until_ready(*running)));
  ASSERT_EQ(::kill(running->pid, SIGSTOP), 0);
  const auto stopped = database.engine->probe(database.host, database.instance);
  ASSERT_EQ(::kill(running->pid, SIGCONT), 0);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, Failure::io);
  // Smart shutdown: it waits for the session that is there, and says so to everybody else.
  Client session(database.master());
  ASSERT_TRUE(session.connected()) << session.error();
  ASSERT_EQ(::kill(running->pid, SIGTERM), 0);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  auto ending = database.engine->probe(database.host, database.instance);
  while (ending && std::chrono::steady_clock::now() < until) ending = database.engine->probe(database.host, database.instance);
  ASSERT_FALSE(ending);
  EXPECT_EQ(ending.error().kind, Failure::unavailable) << ending.error().message;
}

TEST_F(PostgresDatabase, InitialisingRemovesHalfMadeDataAndKeepsFinishedData) {
  TestingDatabase database;
  const std::string data = database.host.base() + "/data/pg.new";
  std::filesystem::create_directories(data + "/base");  // as a crash in initdb leaves it
  for (const std::string& folder : {data, data + "/base"}) {
    ASSERT_EQ(::chown(folder.c_str(), testing_uid, testing_uid), 0);
  }
  ASSERT_TRUE(succeeded(database.initialise()));
  ASSERT_TRUE(succeeded(database.start())) << database.host.log();
  {
    Client master(database.master());
    EXPECT_EQ(master.run("CREATE TABLE kept AS SELECT 42 AS answer").state, "");
  }
  ASSERT_TRUE(database.host.stop("", host::Stop::graceful));
  ASSERT_TRUE(succeeded(database.initialise()));
  EXPECT_FALSE(std::filesystem::exists(database.host.base() + "/data/initialise.sql"));
  ASSERT_TRUE(succeeded(database.start())) << database.host.log();
  Client master(database.master());
  EXPECT_EQ(master.run("SELECT answer FROM kept").value, "42");
}

TEST_F(PostgresDatabase, InitialisingMakesNothingOverDataThatLostItsMarker) {
  TestingDatabase database;
  const std::string data = database.host.base() + "/data/";
  ASSERT_TRUE(succeeded(database.initialise()));
  // Killed when it was marked, and before it had its name.
  std::filesystem::rename(data + "pg", data + "pg.new");
  ASSERT_TRUE(succeeded(database.initialise()));
  EXPECT_FALSE(std::filesystem::exists(data + "pg.new"));
  const auto made = std::filesystem::last_write_time(data + "pg/PG_VERSION");
  std::filesystem::remove(data + "initialised");
  const auto refused = database.initialise();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("nothing is made over it"), std::string::npos) << refused.error().message;
  EXPECT_EQ(std::filesystem::last_write_time(data + "pg/PG_VERSION"), made);
}

TEST_F(PostgresDatabase, ANewPasswordReplacesTheOldAndReachesNoLog) {
  TestingDatabase database;
  ASSERT_TRUE(succeeded(database.initialise()));
  ASSERT_TRUE(succeeded(database.start())) << database.host.log();
  const auto set = [&](const char* password) {
    return database.engine->set_master_password(database.host, database.instance, Secret(password));
  };
  ASSERT_TRUE(succeeded(set("It's \\new\" $1")));
  EXPECT_FALSE(Client(database.master()).connected());
  EXPECT_TRUE(Client(database.conninfo("postgres_admin", "It\\'s \\\\new\" $1")).connected());
  EXPECT_FALSE(set(""));
  ASSERT_TRUE(succeeded(set(testing_password)));
  Client master(database.master());
  // A failing statement is logged with its text, unless that holds a password.
  EXPECT_NE(master.run("ALTER ROLE nobody_here PASSWORD 'Marker-Secret-9'").state, "");
  EXPECT_NE(
      master.run("DO $$ BEGIN EXECUTE 'ALTER ROLE nobody PASSWORD ''Marker-Secret-9'''; END $$")
          .state,
      "");
  EXPECT_NE(master.run("SELECT marker_in_log").state, "");
  EXPECT_EQ(database.host.log().find("Marker-Secret-9"), std::string::npos) << database.host.log();
  EXPECT_NE(database.host.log().find("SELECT marker_in_log"), std::string::npos);
}

TEST_F(PostgresDatabase, ReloadingBringsANewCertificateWithoutARestart) {
  TestingDatabase database;
  ASSERT_TRUE(succeeded(database.initialise()));
  ASSERT_TRUE(succeeded(database.start())) << database.host.log();
  Client before(database.master());
  // An authority that the client trusts only after the reload.
  const auto other = crypto::Authority::create("another authority", os::SystemClock().now());
  const std::string root = database.host.base() + "/root.pem";
  ASSERT_TRUE(os::write_file(root, other.identity().certificate_pem, 0644));
  const std::string verifying = database.conninfo(
      "postgres_admin", testing_password, "dbname=shop sslmode=verify-full sslrootcert=" + root);
  EXPECT_FALSE(Client(verifying).connected());
  auto identity = other.issue(
      {.common_name = "127.0.0.1", .dns_names = {"localhost"}, .addresses = {"127.0.0.1"}},
      os::SystemClock().now());
  ASSERT_TRUE(succeeded(database.engine->reload(database.host, database.instance, *identity)));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  bool trusted = false;
  while (!trusted && std::chrono::steady_clock::now() < until)
    trusted = Client(verifying).connected();
  EXPECT_TRUE(trusted);
  EXPECT_EQ(before.run("SELECT 1").value, "1");
}

TEST_F(PostgresDatabase, DoesNotStartWithoutItsPlugins) {
  TestingDatabase database;
  const auto engines = installed_engines(database.host.base());
  const auto refused = engines.at(0)->start(database.host, database.instance, database.identity());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::unavailable);
  EXPECT_NE(refused.error().message.find("ringwall_guard.so"), std::string::npos);
}

TEST_F(PostgresDatabase, NamesThatAreReservedOrNeedJudgementAreRefused) {
  TestingDatabase database;
  for (const char* name :
       {"", "rdsadmin", "rds_superuser", "pg_x", "a\"b", "a b", "1a", "public"}) {
    database.instance.master_user = name;
    const auto refused = database.initialise();
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().kind, Failure::invalid);
  }
  database.instance.master_user = std::string(64, 'a');
  EXPECT_FALSE(database.initialise());
}

// ---- Sign-in by token, through PAM.

class TokenSignin : public PostgresDatabase {};

TEST_F(TokenSignin, AdmitsWhomTheServerAllowsAndFailsClosed) {
  TestingDatabase database;
  ASSERT_TRUE(succeeded(database.initialise()));
  ASSERT_TRUE(succeeded(database.start())) << database.host.log();
  Client master(database.master());
  ASSERT_EQ(
      master.run("CREATE ROLE ada LOGIN; CREATE ROLE eve LOGIN; GRANT rds_iam TO ada, eve").state,
      "");

  const std::string token =
      "db.example:5432/?Action=connect&X-Amz-Signature=" + std::string(2000, 'a');
  const auto sign_in = [&](const std::string& user, const std::string& password,
                           const std::string& more = "sslmode=require dbname=shop") {
    return Client(database.conninfo(user, password, more)).connected();
  };
  EXPECT_FALSE(sign_in("ada", token)) << "nobody listens yet";

  const std::string longest(signin_token_bytes_max, 'x');
  std::string origin;
  std::mutex mutex;
  std::string told;
  const auto witness = [&](const SigninNotice& notice) {
    const std::lock_guard lock(mutex);
    told += notice.user + " " + notice.database + " " + notice.origin + " " + notice.tls +
            (notice.allowed ? " allowed\n" : " refused\n");
  };
  auto listener = SigninListener::open(
      database.host.socket_folder(""), testing_uid,
      [&](const SigninRequest& request, std::string& reason) {
        origin = request.origin;
        reason = "as the test says";
        return request.user == "ada" &&
               (request.token.reveal_text() == token || request.token.reveal_text() == longest);
      },
      {}, witness);
  ASSERT_TRUE(listener) << listener.error().message;
  EXPECT_TRUE(sign_in("ada", token)) << database.host.log();
  EXPECT_EQ(origin, "127.0.0.1");
  EXPECT_FALSE(sign_in("ada", token + "b"));
  EXPECT_FALSE(sign_in("eve", token));
  EXPECT_TRUE(sign_in("ada", longest));
  EXPECT_FALSE(sign_in("ada", longest + "x"));

  // What PostgreSQL judges by itself is told, before the next question is answered.
  EXPECT_FALSE(sign_in("postgres_admin", "Marker-Wrong-1"));
  EXPECT_TRUE(sign_in("postgres_admin", testing_password));
  EXPECT_FALSE(sign_in("nobody", "x", "sslmode=require dbname=nowhere"));
  EXPECT_TRUE(sign_in("ada", token));
  {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(told,
              "postgres_admin shop 127.0.0.1 TLSv1.3 refused\n"
              "postgres_admin shop 127.0.0.1 TLSv1.3 allowed\n"
              "nobody nowhere 127.0.0.1 TLSv1.3 refused\n");
  }

  const Client plain(database.conninfo("ada", token, "sslmode=disable dbname=shop"));
  EXPECT_FALSE(plain.connected());
  EXPECT_NE(plain.error().find("no encryption"), std::string::npos) << plain.error();
  EXPECT_EQ(master.run("ALTER ROLE ada PASSWORD 'a password'").state, "");
  EXPECT_FALSE(sign_in("ada", "a password")) << "a member of rds_iam signs in by token only";

  listener->reset();
  EXPECT_FALSE(sign_in("ada", token)) << "the listener is gone";
  EXPECT_EQ(database.host.log().find("X-Amz-Signature"), std::string::npos);
}

// What one costs is told with the test's result and not asserted: the machine may be busy.
TEST_F(TokenSignin, TwentyInARowSucceed) {
  TestingDatabase database;
  ASSERT_TRUE(succeeded(database.initialise()));
  ASSERT_TRUE(succeeded(database.start())) << database.host.log();
  Client master(database.master());
  ASSERT_EQ(master.run("CREATE ROLE ada LOGIN; GRANT rds_iam TO ada").state, "");
  const auto listener = SigninListener::open(database.host.socket_folder(""), testing_uid,
                                             [](const auto&, std::string&) { return true; });
  const auto time_of = [](const std::string& conninfo) {
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(Client(conninfo).connected());
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun)
               .count() /
           20;
  };
  const double password_ms = time_of(database.master());
  const double token_ms = time_of(database.conninfo("ada", std::string(2048, 't')));
  RecordProperty("password_ms", std::to_string(password_ms));
  RecordProperty("token_ms", std::to_string(token_ms));
}

}  // namespace
}  // namespace ringwall::engine
