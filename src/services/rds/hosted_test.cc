// The whole path on the real privileged half with a real PostgreSQL: what testing_host.h pretends.

#include <gtest/gtest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include <csignal>
#include <thread>

#include "engine/testing_database.h"
#include "host/fixture_test.h"
#include "host/sanitized.h"
#include "services/rds/detail/keeper.h"
#include "services/rds/testing.h"

namespace ringwall::rds {
namespace {

using detail::SteadyClock;

// Credentials belong to a thread and pass to those it starts: this one is the unprivileged server.
void as_server(const std::function<void()>& work) {
  std::thread([&] {
    const auto id = static_cast<long>(host::test_server_uid);
    ASSERT_EQ(::syscall(SYS_setgroups, 0, nullptr), 0);
    ASSERT_EQ(::syscall(SYS_setresgid, id, id, id), 0);
    ASSERT_EQ(::syscall(SYS_setresuid, id, id, id), 0);
    work();
  }).join();
}

class HostedReconciling : public host::WithHelper {
 protected:
  void SetUp() override {
    options_.plugin_folder = engine::built_plugins();
    host::WithHelper::SetUp();
    engines_ = engine::installed_engines(engine::built_plugins());
    ASSERT_FALSE(engines_.empty()) << "this test needs PostgreSQL";
    client_interface_ = world_.add_interface("").str("NetworkInterfaceId");
    authority_file_ = options_.data_folder + "/ca.pem";
    RW_ASSERT_OK(os::write_file(authority_file_, world_.authority.identity().certificate_pem, 0644));
    networks_ = std::make_unique<network::Reconciler>(*world_.store, *host_, [](const auto&, const auto&, auto) {});
    begin();
  }
  void TearDown() override {
    if (reconciler_) {
      EXPECT_TRUE(reconciler_->stop_all());
    }
    reconciler_.reset();
    networks_.reset();
    if (HasFailure()) std::fputs((logged() + engine_log()).c_str(), stderr);
    host::WithHelper::TearDown();
  }

  void begin() {
    as_server([&] {
      reconciler_ = std::make_unique<Reconciler>(ReconcilerParts{
          .environment = world_.environment,
          .host = *host_,
          .networks = *networks_,
          .engines = engines_,
          .authority = world_.authority,
          .judge = [this](const SigninQuestion& question) -> std::optional<std::string> {
            const std::lock_guard lock(mutex_);
            asked_ = question.account + " " + question.vpc_id + " " + question.host + " " + std::to_string(question.port) + " " + question.user;
            if (!question.takes_tokens) asked_ += " in vain";
            return question.token == "the token" ? std::nullopt : std::optional<std::string>("not the token");
          },
          .witness = [this](const PasswordSignin& told) {
            {
              const std::lock_guard lock(mutex_);
              told_ += told.about.vpc_id + " " + told.about.user + " " + told.database + " " + told.tls +
                       (told.allowed ? " allowed\n" : " refused\n");
            }
            world_.signal.notify();
            return true;
          },
          .log = [this](const std::string& line) {
            {
              const std::lock_guard lock(mutex_);
              log_ += line + "\n";
            }
            world_.signal.notify();
          },
          .silence_patience = std::chrono::seconds(5),
          .storage_look = std::chrono::milliseconds(200)});
    });
  }
  std::string logged() {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  std::string told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  std::string asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  std::string engine_log() const {
    std::string text;
    std::error_code none;
    const std::string folder = options_.data_folder + "/host/mounts/" + id_ + "/data/log/error";
    for (const auto& entry : std::filesystem::directory_iterator(folder, none)) text += os::read_file(entry.path(), 64U << 20U).value_or("");
    return text;
  }
  pid_t pid() const {
    const auto running = host_->adopt(id_);
    return running ? running->pid : 0;
  }

  // What a client in another interface of the VPC gets for a statement; the server must prove its name.
  engine::Outcome run_from_the_vpc(const std::string& user, const std::string& password, const std::string& statement) {
    const auto document = world_.document("shop");
    auto where = host_->interface_namespace(test_vpc, client_interface_);
    RW_CHECK(where.has_value());
    engine::Outcome outcome;
    std::thread([&] {
      RW_CHECK(::setns(where->get(), CLONE_NEWNET) == 0);
      engine::Client client("host=" + (*document)["Endpoint"].str("Address") + " hostaddr=" + document->str("address") +
                            " port=5432 dbname=shop connect_timeout=5 sslmode=verify-full sslrootcert=" + authority_file_ +
                            " user=" + user + " password='" + password + "'");
      outcome = client.connected() ? client.run(statement) : engine::Outcome{.state = "no connection", .message = client.error(), .value = {}};
    }).join();
    return outcome;
  }

  World world_{true};
  std::vector<std::unique_ptr<engine::Engine>> engines_;
  std::unique_ptr<network::Reconciler> networks_;
  std::string client_interface_, authority_file_, id_;
  std::mutex mutex_;
  std::string log_, asked_, told_;
  std::unique_ptr<Reconciler> reconciler_;
};

TEST_F(HostedReconciling, LivesItsWholeLife) {
  const auto begun = SteadyClock::now();
  id_ = world_.create("shop", engines_[0]->version().version);
  ASSERT_TRUE(world_.becomes("shop", "available"));
  RecordProperty("available_ms", std::to_string((SteadyClock::now() - begun) / std::chrono::milliseconds(1)));
  ASSERT_TRUE(world_.signal.eventually([&] { return logged().find("available,") != std::string::npos; }));
  RecordProperty("steps", logged());

  // Signs in with the master password, over TLS, by the endpoint's name; and by token.
  EXPECT_EQ(run_from_the_vpc("master", test_password, "CREATE TABLE kept AS SELECT 42 AS answer").state, "");
  EXPECT_EQ(run_from_the_vpc("master", "Wrong-Pass-0", "SELECT 1").state, "no connection");
  const std::string signed_in = std::string(test_vpc) + " master shop TLSv1.3";
  EXPECT_TRUE(world_.signal.eventually([&] { return told().find(signed_in + " refused\n") != std::string::npos; }))
      << told();
  EXPECT_NE(told().find(signed_in + " allowed\n"), std::string::npos) << told();
  EXPECT_EQ(run_from_the_vpc("master", test_password, "CREATE ROLE ada LOGIN; GRANT rds_iam TO ada").state, "");
  EXPECT_EQ(run_from_the_vpc("ada", "the token", "SELECT 7").value, "7");
  EXPECT_EQ(asked(), std::string(test_account) + " " + test_vpc + " " + (*world_.document("shop"))["Endpoint"].str("Address") + " 5432 ada");
  EXPECT_EQ(run_from_the_vpc("ada", "no token", "SELECT 7").state, "no connection");

  // Without IAM authentication the same token is refused, at once.
  world_.ask("shop", [](text::Json& wanted) { wanted.set("IAMDatabaseAuthenticationEnabled", false); });
  EXPECT_EQ(run_from_the_vpc("ada", "the token", "SELECT 7").state, "no connection");
  EXPECT_NE(asked().find("5432 ada in vain"), std::string::npos) << "refused, and not without a record";
  world_.ask("shop", [](text::Json& wanted) { wanted.set("IAMDatabaseAuthenticationEnabled", true); });
  EXPECT_EQ(run_from_the_vpc("ada", "the token", "SELECT 7").value, "7");

  // A new password.
  world_.set_password("shop", "Another-Pass-2");
  ASSERT_TRUE(world_.becomes("shop", "available"));
  EXPECT_EQ(run_from_the_vpc("master", "Another-Pass-2", "SELECT 1").value, "1");
  EXPECT_EQ(run_from_the_vpc("master", test_password, "SELECT 1").state, "no connection");

  // Killed: another process on the same data.
  const pid_t first = pid();
  ASSERT_GT(first, 0);
  RW_ASSERT_OK(host_->signal(id_, SIGKILL));
  ASSERT_TRUE(world_.signal.eventually([&] { return logged().find("ended unexpectedly") != std::string::npos; }));
  ASSERT_TRUE(world_.becomes("shop", "available"));
  const pid_t second = pid();
  EXPECT_NE(second, first);
  EXPECT_EQ(run_from_the_vpc("master", "Another-Pass-2", "SELECT answer FROM kept").value, "42");

  // What was refused before is still in its log, which is on its own volume.
  EXPECT_NE(engine_log().find("password authentication failed for user \"master\""), std::string::npos) << engine_log();

  // More memory than a session of its class may have: an error to its client, and to nobody else.
  if (!host::is_sanitized) {
    EXPECT_EQ(run_from_the_vpc("master", "Another-Pass-2", "SELECT length(repeat('x', 1000000000))").state, "53200");
  }
  EXPECT_EQ(pid(), second);

  // Stopped from outside: noticed, ended and started again.
  ASSERT_EQ(::kill(second, SIGSTOP), 0);
  ASSERT_TRUE(world_.becomes("shop", "rebooting"));
  ASSERT_TRUE(world_.becomes("shop", "available"));
  const pid_t third = pid();
  EXPECT_NE(third, second);

  // Another reconciler: the same process, and tokens are judged again.
  reconciler_.reset();
  EXPECT_EQ(pid(), third);
  begin();
  ASSERT_TRUE(world_.signal.eventually([&] { return logged().find("adopted") != std::string::npos; }));
  EXPECT_EQ(pid(), third);
  EXPECT_EQ(run_from_the_vpc("ada", "the token", "SELECT 8").value, "8");

  // Stopped: nothing runs and the data is locked. Started: it is there again.
  world_.desire("shop", "stopped", "stopping");
  ASSERT_TRUE(world_.becomes("shop", "stopped"));
  EXPECT_EQ(pid(), 0);
  EXPECT_TRUE(host_->inventory()->open_volumes.empty());
  world_.desire("shop", "running", "starting");
  ASSERT_TRUE(world_.becomes("shop", "available"));
  EXPECT_EQ(run_from_the_vpc("master", "Another-Pass-2", "SELECT answer FROM kept").value, "42");

  // The key taken away and given back.
  world_.set_key_state("Disabled");
  ASSERT_TRUE(world_.becomes("shop", "inaccessible-encryption-credentials-recoverable"));
  EXPECT_TRUE(host_->inventory()->open_volumes.empty());
  world_.set_key_state("Enabled");
  ASSERT_TRUE(world_.becomes("shop", "available"));
  EXPECT_EQ(run_from_the_vpc("master", "Another-Pass-2", "SELECT answer FROM kept").value, "42");

  // Deleted: nothing is left.
  const std::string interface = world_.document("shop")->str("interface");
  world_.desire("shop", "deleted", "deleting");
  ASSERT_TRUE(world_.goes("shop"));
  const auto left = host_->inventory();
  RW_ASSERT_OK(left);
  EXPECT_TRUE(left->processes.empty());
  EXPECT_TRUE(left->volumes.empty());
  EXPECT_TRUE(left->open_volumes.empty());
  RW_ASSERT_OK(networks_->settle(test_vpc));
  EXPECT_FALSE(host_->interface_namespace(test_vpc, interface));
  EXPECT_TRUE(world_.store->list("dns/").empty());
}

// With everything that PostgreSQL writes when it is full, killed, stopped and grown.
TEST_F(HostedReconciling, AFullVolumeIsStorageFullThroughCrashAndStopUntilItHasGrown) {
  id_ = world_.create("shop", engines_[0]->version().version);
  ASSERT_TRUE(world_.becomes("shop", "available"));
  const std::string mount = options_.data_folder + "/host/mounts/" + id_;
  const auto space = [&] {
    struct statvfs facts = {};
    EXPECT_EQ(::statvfs(mount.c_str(), &facts), 0);
    return facts;
  };
  const auto take_all_but = [&](std::uint64_t bytes, const char* name) {
    const os::UniqueFd file(::open((mount + "/data/" + name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const auto free = [&] { return space().f_bavail * space().f_frsize; };
    // In pieces: what the file needs to say where its blocks are takes blocks too, and so does the engine meanwhile.
    constexpr std::uint64_t block = 4096;
    off_t end = 0;
    for (std::uint64_t piece = free(); free() > bytes && piece >= block;) {
      piece = std::min(piece, free() - bytes) / block * block;
      if (::fallocate(file.get(), 0, end, static_cast<off_t>(piece)) == 0) {
        end += static_cast<off_t>(piece);
      } else {
        piece /= 2;
      }
    }
    return free() <= bytes + 4 * block;
  };
  EXPECT_EQ(run_from_the_vpc("master", test_password, "CREATE TABLE kept AS SELECT 42 AS answer").state, "");
  ASSERT_TRUE(take_all_but(24U << 20U, "others"));

  // Writing on ends in an error, or in the engine's end: whichever, it is storage-full, and reads are answered.
  EXPECT_NE(run_from_the_vpc("master", test_password, "CREATE TABLE much AS SELECT repeat(g::text, 300) FROM generate_series(1, 200000) g").state, "");
  ASSERT_TRUE(world_.becomes("shop", "storage-full"));
  const auto answers = [&] { return run_from_the_vpc("master", test_password, "SELECT answer FROM kept").value == "42"; };
  const auto read_only = [&] { return run_from_the_vpc("master", test_password, "CREATE TABLE more (i int)").state == "25006"; };
  EXPECT_TRUE(world_.signal.eventually([&] { return answers() && read_only(); }));

  // Killed, it recovers on what was kept for that; stopped in order, it starts as it was.
  const pid_t before = pid();
  RW_ASSERT_OK(host_->signal(id_, SIGKILL));
  ASSERT_TRUE(world_.signal.eventually([&] { return pid() != 0 && pid() != before && answers(); }));
  EXPECT_TRUE(read_only());
  const auto status = [&] { return world_.document("shop")->str("DBInstanceStatus"); };
  EXPECT_EQ(status(), "storage-full");
  const auto stop_and_start = [&] {
    world_.desire("shop", "stopped", "stopping");
    ASSERT_TRUE(world_.becomes("shop", "stopped"));
    EXPECT_TRUE(host_->inventory()->open_volumes.empty());
    world_.desire("shop", "running", "starting");
    ASSERT_TRUE(world_.becomes("shop", "storage-full"));
  };
  stop_and_start();
  ASSERT_TRUE(world_.signal.eventually(answers));

  // Somebody used that up too: without a free block nothing runs, and it is storage-full all the same.
  ASSERT_TRUE(take_all_but(0, "the-rest"));
  RW_ASSERT_OK(host_->signal(id_, SIGKILL));
  ASSERT_TRUE(world_.signal.eventually([&] { return pid() == 0 && status() == "storage-full"; }));
  stop_and_start();

  // Grown: the file system has it before anybody is told, and writes are taken again.
  world_.ask("shop", [](text::Json& wanted) {
    wanted.set("PendingModifiedValues", text::Json::object({{"AllocatedStorage", 2}}));
    wanted.set("DBInstanceStatus", "modifying");
  });
  ASSERT_TRUE(world_.becomes("shop", "available"));
  EXPECT_EQ((*world_.document("shop"))["AllocatedStorage"].as_integer(), 2);
  EXPECT_GT(space().f_blocks * space().f_frsize, std::uint64_t{1900} << 20U);
  EXPECT_TRUE(answers());
  EXPECT_TRUE(world_.signal.eventually([&] { return run_from_the_vpc("master", test_password, "CREATE TABLE IF NOT EXISTS more (i int)").state.empty(); }));
}

}  // namespace
}  // namespace ringwall::rds
