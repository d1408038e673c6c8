// Over a real socket, with real reconciliation onto a host that only remembers.

#include "control/control.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <semaphore>

#include "base/check.h"
#include "control/detail/line.h"
#include "network/fixture_test.h"

namespace ringwall::control {
namespace {

using network::Kind;

// Networks always come up; an interface's namespace is our own.
class Host final : public host::Host {
 public:
  Result<> apply_network(const host::Network&) override {
    if (broken) return fail(Failure::io, "the kernel is out of sorts");
    return {};
  }
  Result<> remove_network(const std::string&) override { return {}; }
  Result<os::UniqueFd> listen(const std::string&, const std::string&, std::uint16_t, host::Transport) override { return never(); }
  Result<std::size_t> sever(const std::string& vpc_id, const std::vector<std::string>& addresses) override {
    if (broken) return fail(Failure::io, "the kernel is out of sorts");
    severed = vpc_id;
    for (const std::string& address : addresses) severed += ' ' + address;
    return addresses.size();
  }
  Result<host::Inventory> inventory() override { return host::Inventory{}; }
  Result<os::UniqueFd> interface_namespace(const std::string&, const std::string&) override {
    if (without_namespaces) return fail(Failure::not_found, "no such interface");
    return os::UniqueFd(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  }
  Result<> open_volume(const host::Volume&, const Secret&) override { return never(); }
  Result<> close_volume(const std::string&) override { return never(); }
  Result<> remove_volume(const std::string&) override { return never(); }
  Result<os::UniqueFd> copy_volume(const std::string&) override { return never(); }
  Result<> label_volume(const std::string&, const std::string&) override { return never(); }
  Result<std::vector<host::VolumeFacts>> volumes() override { return never(); }
  Result<host::VolumeFacts> volume(const std::string&) override { return never(); }
  Result<std::string> kept_installation() override { return never(); }
  Result<> keep_installation(const std::string&) override { return never(); }
  Result<host::Finished> run(const host::Process&) override { return never(); }
  Result<host::Running> start(const host::Process&) override { return never(); }
  Result<host::Running> adopt(const std::string&) override { return never(); }
  Result<> limit(const std::string&, const host::Limits&) override { return never(); }
  Result<> signal(const std::string&, int) override { return never(); }
  Result<> stop(const std::string&, host::Stop) override { return never(); }
  std::string socket_folder(const std::string&) const override { return {}; }

  std::atomic<bool> broken = false, without_namespaces = false;
  std::string severed;  // what was severed last

 private:
  static std::unexpected<Error> never() { return fail(Failure::unavailable, "not asked for by the control socket"); }
};

class FixedClock final : public Clock {
 public:
  TimePoint now() const override { return TimePoint(std::chrono::milliseconds(1'700'000'000'000)); }
};

class Control : public network::WithDocuments {
 protected:
  Control() {
    RW_CHECK(::mkdtemp(folder_.data()) != nullptr);
    std::filesystem::create_directories(folder_ + "/run");
    put_vpc("10.0.0.0/16", false);
    put_subnet("subnet-a", "10.0.1.0/24");
    put_group("sg-default", "default");
    watch_ = store_->watch("ec2/", [this](const std::vector<store::Change>& changes) {
      for (const store::Change& change : changes) {
        if (!change.document && change.key.contains("/interface/")) released_.release();
      }
    });
    reconciler_.emplace(*store_, host_, [](const std::string&, const service::NetworkContext&, os::UniqueFd) {},
                        network::Reconciler::Options{.log = [](const std::string&) {}});
    auto started = Server::start(folder_, environment_, host_, *reconciler_,
                                 {.status = [this] { return Json::object({{"state", state_}}); },
                                  .databases = [this](const std::string& name) { return name == "app" || name == "db-A1" ? databases_ : std::vector<Place>(); },
                                  .live_question = [](const Json& question) -> Result<Json> {
                                    if (!question.contains("request")) return fail(Failure::invalid, "`request` is missing");
                                    return Json::object({{"filled", question}});
                                  },
                                  .live_export = [this]() -> Result<Json> {
                                    if (exported_.is_null()) return fail(Failure::conflict, "it changed while it was read");
                                    return exported_;
                                  },
                                  .record_sever = [this](const std::string& whose, const std::string& vpc_id) {
                                    recorded_.push_back(whose + " in " + vpc_id);
                                    return can_record_;
                                  },
                                  .volumes = [](const Json& request) -> Result<Json> {
                                    if (request.text("do") != "list") return fail(Failure::denied, "`db-ONE` is not removed");
                                    return Json::object({{"volumes", Json::array()}});
                                  }});
    RW_CHECK(started.has_value());
    server_ = *std::move(started);
  }
  ~Control() override {
    server_.reset();
    reconciler_.reset();
    std::filesystem::remove_all(folder_);
  }

  os::UniqueFd raw() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket_path(folder_).c_str(), socket_path(folder_).size());
    os::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) socket.reset();
    return socket;
  }
  // What the server says to those bytes: a line, or nothing when it closes the connection.
  std::string said_to(std::string_view bytes) const {
    const os::UniqueFd socket = raw();
    for (std::string_view rest = bytes; !rest.empty();) {
      const ssize_t sent = ::send(socket.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    const auto line = detail::receive_line(socket.get(), 1 << 20);
    return line ? line->json.dump() : std::string();
  }
  std::size_t interfaces() const { return store_->list(network::prefix_of(Kind::interface, network::test_account)).size(); }
  Result<Lease> leased(const char* vpc = network::test_vpc, const char* subnet = "subnet-a", std::vector<std::string> groups = {}) const {
    return lease(folder_, {vpc, subnet, std::move(groups)});
  }

  std::string folder_ = (std::filesystem::temp_directory_path() / "ringwall-control.XXXXXX").string();
  std::string state_ = "running";
  Json exported_;
  std::vector<std::string> recorded_;
  bool can_record_ = true;
  std::vector<Place> databases_;
  Host host_;
  FixedClock clock_;
  Secret root_key_{std::string(32, 'r')};
  service::Environment environment_{*store_, clock_, random_, "us-east-1", "ringwall.internal", root_key_};
  std::counting_semaphore<> released_{0};
  std::unique_ptr<store::Watch> watch_;
  std::optional<network::Reconciler> reconciler_;
  std::unique_ptr<Server> server_;
};

TEST_F(Control, FlowsAreSeveredByDatabaseInterfaceGroupAndAddressAndRecorded) {
  const auto held = leased();
  ASSERT_TRUE(held) << held.error().message;
  databases_ = {{network::test_vpc, "10.0.1.9"}};
  const auto severed = [&](const SeverRequest& request) {
    const auto done = sever(folder_, request);
    EXPECT_TRUE(done) << done.error().message;
    return host_.severed;
  };
  const std::string vpc = network::test_vpc;
  EXPECT_EQ(severed({.database = "app"}), vpc + " 10.0.1.9");
  EXPECT_EQ(severed({.database = "db-A1"}), vpc + " 10.0.1.9");
  EXPECT_EQ(severed({.interface = held->interface_id}), vpc + " " + held->address);
  EXPECT_EQ(severed({.group = "sg-default"}), vpc + " " + held->address);
  EXPECT_EQ(severed({.address = "10.0.1.77", .vpc = vpc}), vpc + " 10.0.1.77");
  ASSERT_EQ(recorded_.size(), 5U);
  EXPECT_EQ(recorded_.front(), "the database `app` in " + vpc);
}

TEST_F(Control, NobodysFlowsAreSeveredByAWrongNameOrWithoutARecord) {
  const auto refused = [&](const SeverRequest& request) {
    const auto done = sever(folder_, request);
    EXPECT_FALSE(done);
    return done ? std::string() : done.error().message;
  };
  EXPECT_TRUE(refused({}).contains("is missing"));
  EXPECT_TRUE(refused({.database = "app"}).contains("there is no database `app`"));
  EXPECT_TRUE(refused({.interface = "eni-1"}).contains("there is no interface"));
  EXPECT_TRUE(refused({.group = "sg-1"}).contains("no interface has the group"));
  EXPECT_TRUE(refused({.address = "10.0.1.9"}).contains("needs its VPC"));
  EXPECT_TRUE(recorded_.empty());
  can_record_ = false;
  EXPECT_TRUE(refused({.address = "10.0.1.9", .vpc = network::test_vpc}).contains("cannot be recorded"));
  EXPECT_EQ(host_.severed, "");
  databases_ = {{network::test_vpc, "10.0.1.9"}, {network::test_vpc, "10.0.1.9"}};
  EXPECT_TRUE(refused({.database = "app"}).contains("several accounts"));
}

TEST_F(Control, StatusIsWhatTheServerSays) {
  const auto answered = status(folder_);
  ASSERT_TRUE(answered) << answered.error().message;
  EXPECT_EQ(*answered, Json::object({{"state", "running"}}));
  struct stat facts {};
  ASSERT_EQ(::stat(socket_path(folder_).c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST_F(Control, AQuestionIsFilledInOrRefused) {
  const Json question = Json::object({{"request", Json::object({{"action", "s3:GetObject"}})}});
  const auto filled = live_question(folder_, question);
  ASSERT_TRUE(filled) << filled.error().message;
  EXPECT_EQ((*filled)["filled"], question);
  const auto refused = live_question(folder_, Json::object());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "`request` is missing");
}

TEST_F(Control, AnExportArrivesWholeOrIsRefused) {
  const auto refused = live_export(folder_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "it changed while it was read");
  // More than any other answer may have.
  exported_ = Json::object({{"error", "a file of this name is no error"}, {"accounts.json", Json::object({{"Accounts", std::string(20'000'000, 'a')}})}});
  const auto answered = live_export(folder_);
  ASSERT_TRUE(answered) << answered.error().message;
  EXPECT_EQ(*answered, exported_);
}

TEST_F(Control, WhatIsAskedOfVolumesIsAnsweredOrRefused) {
  const auto listed = volumes(folder_, Json::object({{"do", "list"}}));
  ASSERT_TRUE(listed) << listed.error().message;
  EXPECT_EQ(*listed, Json::object({{"volumes", Json::array()}}));
  const auto refused = volumes(folder_, Json::object({{"do", "remove"}, {"volume", "db-ONE"}}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "`db-ONE` is not removed");
}

TEST_F(Control, ALongStatusArrivesWhole) {
  state_ = std::string(1'000'000, 's');
  EXPECT_EQ(status(folder_)->text("state").size(), state_.size());
}

TEST_F(Control, WithoutAServerTheRemedyIsSaid) {
  server_.reset();
  const auto answered = status(folder_);
  ASSERT_FALSE(answered);
  EXPECT_EQ(answered.error().kind, Failure::unavailable);
  EXPECT_NE(answered.error().message.find("ringwall serve"), std::string::npos);
}

TEST_F(Control, ALeaseHasAPlaceUntilItsConnectionCloses) {
  auto held = leased();
  ASSERT_TRUE(held) << held.error().message;
  EXPECT_EQ(held->vpc_id, network::test_vpc);
  EXPECT_EQ(held->subnet_id, "subnet-a");
  EXPECT_TRUE(held->address.starts_with("10.0.1.")) << held->address;
  EXPECT_EQ(held->resolver, "10.0.0.2");
  EXPECT_EQ(held->api_endpoint, "");
  struct stat ours {}, theirs {};
  ASSERT_EQ(::stat("/proc/self/ns/net", &ours), 0);
  ASSERT_EQ(::fstat(held->network_namespace.get(), &theirs), 0);
  EXPECT_EQ(ours.st_ino, theirs.st_ino);
  const auto interface = store_->get(network::key_of(Kind::interface, network::test_account, held->interface_id));
  ASSERT_TRUE(interface);
  EXPECT_EQ(interface->document->text("RequesterId"), lease_requester);
  held->connection.reset();
  EXPECT_TRUE(released_.try_acquire_for(std::chrono::seconds(20)));
  EXPECT_EQ(interfaces(), 0U);
}

TEST_F(Control, TwoLeasesHaveTwoAddresses) {
  const auto one = leased(), two = leased();
  ASSERT_TRUE(one && two);
  EXPECT_NE(one->address, two->address);
  EXPECT_EQ(interfaces(), 2U);
}

TEST_F(Control, ALeaseEndsWithTheServer) {
  const auto held = leased();
  ASSERT_TRUE(held);
  server_.reset();
  EXPECT_EQ(interfaces(), 0U);
}

TEST_F(Control, WhatIsNotThereIsSaidAndNothingIsLeft) {
  network::Vpc vpc{.id = "vpc-2", .owner = network::test_account};
  vpc.cidr = "10.0.0.0/16";
  put(network::tables::vpcs, vpc, network::test_account, vpc.id);
  EXPECT_NE(leased(network::test_vpc, "subnet-none").error().message.find("`subnet-none`"), std::string::npos);
  EXPECT_NE(leased("vpc-2").error().message.find("is not in `vpc-2`"), std::string::npos);
  EXPECT_FALSE(leased(network::test_vpc, ""));
  EXPECT_FALSE(leased(network::test_vpc, "subnet-a", {"sg-none"}));
  EXPECT_EQ(interfaces(), 0U);
}

TEST_F(Control, APlaceThatCannotBeMadeRealIsGivenBack) {
  host_.without_namespaces = true;
  EXPECT_NE(leased().error().message.find("no such interface"), std::string::npos);
  EXPECT_TRUE(released_.try_acquire_for(std::chrono::seconds(20)));
  host_.without_namespaces = false;
  host_.broken = true;
  EXPECT_NE(leased().error().message.find("out of sorts"), std::string::npos);
  EXPECT_TRUE(released_.try_acquire_for(std::chrono::seconds(20)));
  EXPECT_EQ(interfaces(), 0U);
}

TEST_F(Control, TheEndpointForAllOfTheApiIsNamed) {
  network::Endpoint endpoint{.id = "vpce-1"};
  endpoint.vpc_id = network::test_vpc;
  endpoint.owner = network::test_account;
  endpoint.service = "com.amazonaws.us-east-1.ringwall";
  endpoint.dns_names = {"api.ringwall.internal"};
  endpoint.policy = service::bound_own(network::allow_all);
  put(endpoint);
  const auto held = leased();
  ASSERT_TRUE(held) << held.error().message;
  EXPECT_EQ(held->api_endpoint, "https://api.ringwall.internal");
}

TEST_F(Control, OddRequestsAreRefused) {
  EXPECT_NE(said_to("{\"ask\":\"shutdown\"}\n").find("status"), std::string::npos);
  EXPECT_NE(said_to("{}\n").find("error"), std::string::npos);
  EXPECT_EQ(said_to("no json\n"), "");
  EXPECT_EQ(said_to("{\"ask\":\"status\"}{\"ask\":\"status\"}\n"), "");
  EXPECT_NE(said_to("{\"ask\":\"lease\",\"vpc\":1,\"subnet\":[]}\n").find("error"), std::string::npos);
  EXPECT_TRUE(status(folder_));
}

TEST_F(Control, ARequestIsTakenUpToItsLimit) {
  const std::string begin = R"({"ask":"status","x":")", end = "\"}\n";
  const std::string at = begin + std::string(request_bytes_max - begin.size() - end.size(), 'x') + end;
  EXPECT_NE(said_to(at).find("running"), std::string::npos);
  EXPECT_EQ(said_to(begin + std::string(request_bytes_max + 1 - begin.size() - end.size(), 'x') + end), "");
  EXPECT_EQ(said_to(std::string(request_bytes_max * 4, 'x')), "");
  EXPECT_TRUE(status(folder_));
}

TEST_F(Control, AClientThatSaysNothingDoesNotHoldUpTheEnd) {
  const os::UniqueFd silent = raw(), half = raw();
  ASSERT_TRUE(silent && half);
  ASSERT_EQ(::send(half.get(), "{\"ask\"", 6, MSG_NOSIGNAL), 6);
  EXPECT_TRUE(status(folder_));  // both are being served by now: connections are taken in order
  server_.reset();
  EXPECT_FALSE(raw());
}

TEST_F(Control, OnlyRootIsAnswered) {
  if (::geteuid() != 0) FAIL() << "needs root: run it with sudo, to become somebody else";
  // The folder and the socket's mode keep others out already; here they let them in.
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  ASSERT_EQ(::chmod((folder_ + "/run").c_str(), 0755), 0);
  ASSERT_EQ(::chmod(socket_path(folder_).c_str(), 0666), 0);
  const std::string path = socket_path(folder_);
  const pid_t child = ::fork();
  if (child == 0) {  // only system calls: other threads' locks are not ours
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(10);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) ::_exit(11);
    constexpr std::string_view request = "{\"ask\":\"status\"}\n";
    if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) < 0) ::_exit(0);
    char byte = 0;
    ::_exit(::recv(socket, &byte, 1, 0) > 0 ? 12 : 0);  // closed, or reset, without a word
  }
  ASSERT_GT(child, 0);
  int outcome = 0;
  ASSERT_EQ(::waitpid(child, &outcome, 0), child);
  ASSERT_TRUE(WIFEXITED(outcome));
  EXPECT_EQ(WEXITSTATUS(outcome), 0);
  EXPECT_TRUE(status(folder_));
}

TEST_F(Control, LeasesAnEarlierServerLeftAreReleased) {
  place({.account = network::test_account, .subnet_id = "subnet-a", .groups = {}, .description = "", .requester = std::string(lease_requester)});
  const Json other = place({.account = network::test_account, .subnet_id = "subnet-a", .groups = {}, .description = "", .requester = "amazon-rds"});
  ASSERT_TRUE(release_all(*store_));
  EXPECT_EQ(interfaces(), 1U);
  EXPECT_TRUE(store_->get(network::key_of(Kind::interface, network::test_account, other.text("NetworkInterfaceId"))));
}

TEST_F(Control, AFolderTooDeepForASocketIsRefused) {
  const std::string deep = folder_ + "/" + std::string(120, 'd');
  std::filesystem::create_directories(deep + "/run");
  EXPECT_EQ(Server::start(deep, environment_, host_, *reconciler_, {}).error().kind, Failure::invalid);
  EXPECT_EQ(status(deep).error().kind, Failure::invalid);
}

}  // namespace
}  // namespace ringwall::control
