// The engine on the real privileged half: encrypted volume, private root, its own network
// namespace, no capabilities. What testing_host.h leaves out.

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <filesystem>
#include <functional>
#include <sstream>
#include <thread>

#include "engine/signin_listener.h"
#include "engine/testing_database.h"
#include "host/fixture_test.h"

namespace ringwall::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Credentials and namespaces belong to a thread: this one acts as the unprivileged server.
void as_server(const std::function<void()>& work) {
  std::thread([&] {
    const auto id = static_cast<long>(host::test_server_uid);
    ASSERT_EQ(::syscall(SYS_setgroups, 0, nullptr), 0);
    ASSERT_EQ(::syscall(SYS_setresgid, id, id, id), 0);
    ASSERT_EQ(::syscall(SYS_setresuid, id, id, id), 0);
    work();
  }).join();
}

class HostedPostgres : public host::WithHelper {
 protected:
  void SetUp() override {
    options_.plugin_folder = built_plugins();
    host::WithHelper::SetUp();
    host::Network network{.id = "vpc-one",
                          .cidr = "10.0.0.0/16",
                          .subnets = {{"subnet-one", "10.0.1.0/24"}},
                          .groups = {},
                          .interfaces = {}};
    host::Rule out{.direction = host::Rule::Direction::egress, .cidr = "0.0.0.0/0", .group = {}};
    host::Rule in{.protocol = 6, .from_port = 5432, .to_port = 5432, .cidr = {}, .group = "sg-app"};
    network.groups = {{"sg-db", {in, out}}, {"sg-app", {out}}, {"sg-other", {out}}};
    network.interfaces = {
        {"eni-db", "subnet-one", "10.0.1.10", "02:00:00:00:00:10", {"sg-db"}},
        {"eni-app", "subnet-one", "10.0.1.20", "02:00:00:00:00:20", {"sg-app"}},
        {"eni-other", "subnet-one", "10.0.1.30", "02:00:00:00:00:30", {"sg-other"}}};
    RW_ASSERT_OK(host_->apply_network(network));
    RW_ASSERT_OK(
        host_->open_volume({"db-one", 1U << 30U, testing_uid}, Secret(std::string(64, 'k'))));
  }
  void TearDown() override {
    if (host_) {
      EXPECT_TRUE(host_->stop("db-one", host::Stop::immediate));
    }
    host::WithHelper::TearDown();
  }

  Result<> probe() {
    Result<> outcome;
    as_server([&] { outcome = engine_->probe(*host_, instance_); });
    return outcome;
  }
  Result<> wait_until_ready(const host::Running& running) {
    for (;;) {
      const auto ready = probe();
      pollfd ended{running.pidfd.get(), POLLIN, 0};
      if (ready || ::poll(&ended, 1, 5) != 0) return ready;
    }
  }
  crypto::Identity identity() {
    auto made =
        authority_.issue({.common_name = "db", .dns_names = {"db"}, .addresses = {"10.0.1.10"}},
                         os::SystemClock().now());
    RW_CHECK(made.has_value());
    return *std::move(made);
  }
  // Runs with a client that connects from inside an interface.
  void from(const std::string& interface, const std::string& conninfo,
            const std::function<void(Client&)>& work) {
    auto where = host_->interface_namespace("vpc-one", interface);
    RW_ASSERT_OK(where);
    std::thread([&] {
      ASSERT_EQ(::setns(where->get(), CLONE_NEWNET), 0);
      Client client("host=10.0.1.10 port=5432 dbname=shop " + conninfo);
      work(client);
    }).join();
  }
  std::string log() const {
    std::string text;
    std::error_code none;
    const std::string folder = options_.data_folder + "/host/mounts/db-one/data/log/error";
    for (const auto& entry : std::filesystem::directory_iterator(folder, none))
      text += os::read_file(entry.path(), 64U << 20U).value_or("");
    return text;
  }

  std::unique_ptr<Engine> engine_ = std::move(installed_engines(built_plugins()).at(0));
  crypto::Authority authority_ = crypto::Authority::create("engine tests", os::SystemClock().now());
  Instance instance_{.id = "db-one",
                     .interface_id = "eni-db",
                     .address = "10.0.1.10",
                     .port = 5432,
                     .uid = testing_uid,
                     .master_user = "master",
                     .database = "shop",
                     .memory_bytes = 1U << 30U,
                     .connections_max = 100};
};

TEST_F(HostedPostgres, ServesInsideItsPerimeterAndSignsInByTokenAndReloads) {
  const auto begun = steady_clock::now();
  const auto record = [&](const char* what) {
    RecordProperty(what, std::to_string((steady_clock::now() - begun) / milliseconds(1)));
  };
  RW_ASSERT_OK(engine_->initialise(*host_, instance_, Secret(testing_password)));
  record("initialised_ms");
  {
    const auto running = engine_->start(*host_, instance_, identity());
    RW_ASSERT_OK(running);
    ASSERT_TRUE(succeeded(wait_until_ready(*running))) << log();
  }
  record("serving_ms");

  const std::string password =
      "user=master connect_timeout=2 password=" + std::string(testing_password);
  from("eni-app", password + " sslmode=require", [&](Client& master) {
    ASSERT_TRUE(master.connected()) << master.error() << log();
    EXPECT_EQ(master.run("SELECT count(*) FROM pg_roles WHERE rolname = 'rdsadmin'").value, "1");
    EXPECT_EQ(master.run("CREATE ROLE ada LOGIN; GRANT rds_iam TO ada").state, "");
    EXPECT_EQ(master.run("COPY (SELECT 1) TO PROGRAM 'id'").state, "42501");
    EXPECT_EQ(
        master
            .run("SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0;"
                 "SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;"
                 "SELECT sum(a.attnum) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid")
            .state,
        "");
  });
  from("eni-app", password + " sslmode=disable", [](Client& plain) {
    EXPECT_NE(plain.error().find("no encryption"), std::string::npos) << plain.error();
  });
  from("eni-other", password + " sslmode=require", [](Client& stranger) {
    EXPECT_NE(stranger.error().find("timeout expired"), std::string::npos) << stranger.error();
  });

  const std::string token = std::string(2048, 't');
  Result<std::unique_ptr<SigninListener>> listener = nullptr;
  as_server([&] {
    listener = SigninListener::open(host_->socket_folder("db-one"), testing_uid,
                                    [&](const SigninRequest& request, std::string&) {
                                      return request.user == "ada" &&
                                             request.origin == "10.0.1.20" &&
                                             request.token.reveal_text() == token;
                                    });
  });
  RW_ASSERT_OK(listener);
  from("eni-app", "user=ada sslmode=require password=" + token,
       [&](Client& ada) { EXPECT_TRUE(ada.connected()) << ada.error() << log(); });
  from("eni-app", "user=ada sslmode=require password=" + token + "x",
       [](Client& ada) { EXPECT_FALSE(ada.connected()); });

  as_server([&] {
    EXPECT_TRUE(
        succeeded(engine_->set_master_password(*host_, instance_, Secret("Another-Pass-2"))));
    EXPECT_TRUE(succeeded(engine_->reload(*host_, instance_, identity())));
  });
  from("eni-app", "user=master sslmode=require password=Another-Pass-2",
       [&](Client& master) { EXPECT_TRUE(master.connected()) << master.error(); });
}

// What can be executed in a process's root, and what is both writable and executable, as the
// kernel's own tables of the running engine say.
struct Seen {
  std::vector<std::string> programs, loose_mounts;
};
Seen look_into(pid_t pid) {
  const std::string process = "/proc/" + std::to_string(pid);
  Seen seen;
  std::istringstream mounts(os::read_file(process + "/mountinfo", 1U << 20U).value_or(""));
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string skipped, point, options;
    words >> skipped >> skipped >> skipped >> skipped >> point >> options;
    // Null, zero and the like are devices: whoever executes them executes nothing.
    const bool device = point.starts_with("/dev/") && point != "/dev/shm";
    if (options.starts_with("rw") && options.find("noexec") == std::string::npos && !device)
      seen.loose_mounts.push_back(point);
  }
  const std::string root = process + "/root";
  std::error_code none;
  for (std::filesystem::recursive_directory_iterator entry(root + "/", none), end; entry != end;
       entry.increment(none)) {
    const std::string path = entry->path().string().substr(root.size());
    if (path == "/data" || path == "/dev") entry.disable_recursion_pending();
    struct stat facts{};
    const bool runs = ::lstat(entry->path().c_str(), &facts) == 0 && S_ISREG(facts.st_mode) &&
                      (facts.st_mode & 0111) != 0;
    if (runs && path.find(".so") == std::string::npos) seen.programs.push_back(path);
  }
  return seen;
}

TEST_F(HostedPostgres, WorksWithOneProgramTheSystemCallsOfTheListAndNothingWritableToExecute) {
  RW_ASSERT_OK(engine_->initialise(*host_, instance_, Secret(testing_password)));
  pid_t first = 0;
  {
    const auto running = engine_->start(*host_, instance_, identity());
    RW_ASSERT_OK(running);
    first = running->pid;
    ASSERT_TRUE(succeeded(wait_until_ready(*running))) << log();
  }
  const Seen seen = look_into(first);
  EXPECT_EQ(seen.programs, std::vector<std::string>{"/usr/lib/postgresql/15/bin/postgres"});
  EXPECT_EQ(seen.loose_mounts, std::vector<std::string>{});
  const std::string status =
      os::read_file("/proc/" + std::to_string(first) + "/status", 1U << 16U).value_or("");
  EXPECT_NE(status.find("NSpid:\t" + std::to_string(first) + "\t1\n"), std::string::npos) << status;
  for (const char* gone : {"/proc/self", "/usr/local", "/usr/include", "/usr/bin/python3", "/bin/sh",
                           "/home", "/var", "/usr/lib/x86_64-linux-gnu/libperl.so.5.36"}) {
    EXPECT_FALSE(std::filesystem::exists("/proc/" + std::to_string(first) + "/root" + gone)) << gone;
  }

  from("eni-app", "user=master sslmode=require password=" + std::string(testing_password),
       [&](Client& master) {
         ASSERT_TRUE(master.connected()) << master.error() << log();
         for (const char* statement :
              {"CREATE TABLE t AS SELECT i, md5(i::text) AS text FROM generate_series(1, 100000) i",
               "SET max_parallel_maintenance_workers = 2", "SET min_parallel_table_scan_size = 0",
               "SET min_parallel_index_scan_size = 0", "SET parallel_setup_cost = 0",
               "CREATE INDEX ON t (text)", "CREATE INDEX ON t (i)", "ALTER TABLE t ADD PRIMARY KEY (i)",
               "VACUUM (PARALLEL 2, ANALYZE) t", "SET work_mem = '64kB'",
               "SELECT count(*) FROM (SELECT text FROM t ORDER BY text) s", "COPY t TO STDOUT",
               "SET jit_above_cost = 0", "SET jit = on", "SELECT sum(i) FROM t WHERE i % 7 = 3",
               "CREATE DATABASE more", "DROP DATABASE more WITH (FORCE)", "LISTEN here", "NOTIFY here",
               "SET timezone = 'Europe/Berlin'", "SELECT now()::date", "TRUNCATE t", "CHECKPOINT",
               "SELECT '<a>\u00e4</a>'::xml", "REINDEX DATABASE shop",
               "CREATE COLLATION german (provider = icu, locale = 'de')",
               "SELECT 'b' < 'A' COLLATE german"}) {
           EXPECT_EQ(master.run(statement).state, "") << statement << log();
         }
         for (const char* extension :
              {"btree_gin", "citext", "hstore", "intarray", "ltree", "pg_trgm", "pgcrypto", "unaccent",
               "\"uuid-ossp\"", "pg_stat_statements", "pg_prewarm", "amcheck", "pgstattuple", "sslinfo"}) {
           const Outcome made = master.run("CREATE EXTENSION " + std::string(extension));
           EXPECT_EQ(made.state, "") << extension << made.message;
         }
         EXPECT_EQ(master.run("SELECT length(crypt('a', gen_salt('bf')))").value, "60");
         EXPECT_EQ(master.run("SELECT length(uuid_generate_v1()::text)").value, "36");
         EXPECT_EQ(master.run("SELECT pg_jit_available()").value, "f");
       });

  // Even the superuser, as whom a server that was taken over can come, starts nothing.
  as_server([&] {
    Client administrator("host=" + host_->socket_folder("db-one") + " user=rdsadmin dbname=rdsadmin port=5432");
    ASSERT_TRUE(administrator.connected()) << administrator.error();
    EXPECT_NE(administrator.run("COPY (SELECT 1) TO PROGRAM 'true'").state, "");
    EXPECT_NE(administrator.run("COPY (SELECT 1) TO PROGRAM '/usr/lib/postgresql/15/bin/postgres -V'").state, "");
    EXPECT_EQ(administrator.run("ALTER SYSTEM SET archive_mode = on").state, "");
    EXPECT_EQ(administrator.run("ALTER SYSTEM SET archive_command = 'true'").state, "");
    EXPECT_EQ(administrator.run("ALTER SYSTEM SET shared_preload_libraries = ''").state, "");
  });
  RW_ASSERT_OK(host_->stop("db-one", host::Stop::graceful));
  const auto again = engine_->start(*host_, instance_, identity());
  RW_ASSERT_OK(again);
  ASSERT_TRUE(succeeded(wait_until_ready(*again))) << log();
  as_server([&] {
    Client administrator("host=" + host_->socket_folder("db-one") + " user=rdsadmin dbname=rdsadmin port=5432");
    ASSERT_TRUE(administrator.connected()) << administrator.error();
    EXPECT_EQ(administrator.run("SHOW archive_mode").value, "off");
    EXPECT_EQ(administrator.run("SHOW archive_command").value, "(disabled)");
    EXPECT_EQ(administrator.run("SHOW shared_preload_libraries").value, "/opt/ringwall/ringwall_guard.so");
  });
}

TEST_F(HostedPostgres, RecoversAfterItsFirstProcessIsKilled) {
  RW_ASSERT_OK(engine_->initialise(*host_, instance_, Secret(testing_password)));
  pid_t first = 0;
  {
    const auto running = engine_->start(*host_, instance_, identity());
    RW_ASSERT_OK(running);
    first = running->pid;
    ASSERT_TRUE(succeeded(wait_until_ready(*running))) << log();
  }
  const std::string password =
      "user=master sslmode=require password=" + std::string(testing_password);
  from("eni-app", password, [&](Client& master) {
    EXPECT_EQ(master.run("CREATE TABLE kept AS SELECT 42 AS answer").state, "");
    RW_ASSERT_OK(host_->signal("db-one", SIGKILL));
  });
  auto again = engine_->start(*host_, instance_, identity());
  while (!again && again.error().kind == Failure::conflict)
    again = engine_->start(*host_, instance_, identity());
  RW_ASSERT_OK(again);
  EXPECT_NE(again->pid, first);
  ASSERT_TRUE(succeeded(wait_until_ready(*again))) << log();
  from("eni-app", password,
       [&](Client& master) { EXPECT_EQ(master.run("SELECT answer FROM kept").value, "42"); });
}

}  // namespace
}  // namespace ringwall::engine
