#include <arpa/inet.h>
#include <unistd.h>

#include <array>

#include "dns/dns.h"
#include "network/detail/resolver.h"
#include "network/fixture_test.h"

namespace ringwall::network {
namespace {

struct Told {
  std::string endpoint;
  service::NetworkContext context;
  bool has_socket = false;
};

class Reconcile : public WithDocuments {
 protected:
  void SetUp() override {
    put_vpc();
    put_subnet("subnet-a", "10.0.1.0/24");
    put_group("sg-default", "default");
  }
  Reconciler& start() {
    reconciler_ = std::make_unique<Reconciler>(
        *store_, host_,
        [this](const std::string& id, const service::NetworkContext& context, os::UniqueFd socket) {
          const std::lock_guard lock(mutex_);
          told_.push_back({id, context, static_cast<bool>(socket)});
          if (socket) sockets_.push_back(std::move(socket));
        },
        Reconciler::Options{.dns_suffix = "ringwall.internal", .log = [](const std::string&) {}});
    return *reconciler_;
  }
  std::vector<Told> told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }

  NotingHost host_;
  std::mutex mutex_;
  std::vector<Told> told_;
  std::vector<os::UniqueFd> sockets_;
  std::unique_ptr<Reconciler> reconciler_;  // last: ends before what its callbacks use
};

using Networks = std::map<std::string, host::Network>;

TEST_F(Reconcile, AtStartWhatIsStoredIsAppliedAndTheRestRemoved) {
  host_.pretend("vpc-orphan");
  start();
  EXPECT_TRUE(host_.wait_until([](const Networks& networks) { return networks.size() == 1 && networks.contains(test_vpc); }));
}

TEST_F(Reconcile, ChangesReachTheKernelWithoutBeingAskedFor) {
  start();
  ASSERT_TRUE(host_.wait_until([](const Networks& networks) { return networks.contains(test_vpc); }));
  place({.account = test_account, .subnet_id = "subnet-a", .groups = {}, .description = "", .requester = ""});
  EXPECT_TRUE(host_.wait_until([](const Networks& networks) { return networks.at(test_vpc).interfaces.size() == 1; }));
}

TEST_F(Reconcile, SettleReturnsOnceTheChangeIsAppliedAndCostsNothingWithoutOne) {
  Reconciler& reconciler = start();
  for (int i = 1; i <= 20; ++i) {
    place({.account = test_account, .subnet_id = "subnet-a", .groups = {}, .description = "", .requester = ""});
    ASSERT_TRUE(reconciler.settle(test_vpc));
    ASSERT_TRUE(host_.wait_until([&](const Networks& networks) { return networks.at(test_vpc).interfaces.size() == static_cast<std::size_t>(i); }));
  }
  const int before = host_.applications();
  EXPECT_TRUE(reconciler.settle(test_vpc));
  EXPECT_TRUE(reconciler.settle("vpc-unknown"));
  EXPECT_EQ(host_.applications(), before);
}

TEST_F(Reconcile, AFailureIsToldToWhoSettlesAndTriedAgain) {
  Reconciler& reconciler = start();
  ASSERT_TRUE(reconciler.settle(test_vpc));
  host_.fail_next(2);
  put_subnet("subnet-b", "10.0.2.0/24");
  const auto settled = reconciler.settle(test_vpc);
  ASSERT_FALSE(settled);
  EXPECT_EQ(settled.error().message, "the kernel is out of sorts");
  EXPECT_TRUE(host_.wait_until([](const Networks& networks) { return networks.at(test_vpc).subnets.size() == 2; }));
}

TEST_F(Reconcile, ADeletedVpcIsRemoved) {
  Reconciler& reconciler = start();
  ASSERT_TRUE(reconciler.settle(test_vpc));
  erase(tables::vpcs.key(test_account, test_vpc));
  ASSERT_TRUE(reconciler.settle(test_vpc));
  EXPECT_TRUE(host_.wait_until([](const Networks& networks) { return networks.empty(); }));
}

TEST_F(Reconcile, EndpointsAreOpenedReplacedAndClosed) {
  Reconciler& reconciler = start();
  Endpoint endpoint = put_endpoint("vpce-1", "rds", allow_all);
  ASSERT_TRUE(reconciler.settle(test_vpc));
  ASSERT_EQ(told().size(), 1U);
  const Told opened = told()[0];
  EXPECT_TRUE(opened.has_socket);
  EXPECT_EQ(opened.context.vpc_id, test_vpc);
  EXPECT_EQ(opened.context.vpc_arn, "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-1");
  EXPECT_EQ(opened.context.vpce_id, "vpce-1");
  EXPECT_EQ(opened.context.vpce_account, test_account);
  EXPECT_EQ(opened.context.vpce_service, "rds");
  EXPECT_TRUE(opened.context.source_ip.empty());
  ASSERT_TRUE(opened.context.endpoint_policy);
  EXPECT_NE(host_.port_of("vpc-1 10.0.1.4:443/tcp"), 0);

  endpoint.policy = service::bound_own(R"({"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]})");
  put(endpoint);
  ASSERT_TRUE(reconciler.settle(test_vpc));
  ASSERT_EQ(told().size(), 2U);
  EXPECT_FALSE(told()[1].has_socket);
  EXPECT_EQ(told()[1].context.endpoint_policy->document->effect(0), policy::Effect::deny);

  erase(tables::endpoints.key(test_account, "vpce-1"));
  ASSERT_TRUE(reconciler.settle(test_vpc));
  ASSERT_EQ(told().size(), 3U);
  EXPECT_FALSE(told()[2].has_socket);
  EXPECT_TRUE(told()[2].context.vpce_id.empty());
}

TEST_F(Reconcile, AnEndpointWhosePolicyCannotBeReadIsClosed) {
  Reconciler& reconciler = start();
  Endpoint endpoint = put_endpoint("vpce-1", "ringwall", allow_all);
  ASSERT_TRUE(reconciler.settle(test_vpc));
  EXPECT_EQ(told()[0].context.vpce_service, "");
  endpoint.policy = service::bound_own(R"({"Statement":)");
  put(endpoint);
  EXPECT_FALSE(reconciler.settle(test_vpc));
  EXPECT_TRUE(told().back().context.vpce_id.empty());
}

TEST_F(Reconcile, AnEndpointThatLosesASubnetIsOpenedAnewWithoutIt) {
  Reconciler& reconciler = start();
  Endpoint endpoint = put_endpoint("vpce-1", "rds", allow_all);
  const Json second = place({.account = test_account, .subnet_id = "subnet-a", .groups = {}, .description = "", .requester = "amazon-vpce", .local = true});
  const std::vector<std::string> one = endpoint.interface_ids;
  endpoint.interface_ids.push_back(second.str("NetworkInterfaceId"));
  put(endpoint);
  ASSERT_TRUE(reconciler.settle(test_vpc));
  const std::size_t opened = told().size();
  EXPECT_EQ(opened, 2U);
  endpoint.interface_ids = one;
  put(endpoint);
  ASSERT_TRUE(reconciler.settle(test_vpc));
  ASSERT_EQ(told().size(), opened + 2);
  EXPECT_TRUE(told()[opened].context.vpce_id.empty());
  EXPECT_TRUE(told()[opened + 1].has_socket);
}

class Resolving : public Reconcile {
 protected:
  static Bytes query(const std::vector<std::string>& labels) {
    Bytes out = {0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    for (const auto& label : labels) {
      out.push_back(static_cast<std::uint8_t>(label.size()));
      out.insert(out.end(), label.begin(), label.end());
    }
    for (const int byte : {0, 0, 1, 0, 1}) out.push_back(static_cast<std::uint8_t>(byte));
    return out;
  }
  os::UniqueFd connected(int type, std::uint16_t port) {
    os::UniqueFd socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{10, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    return socket;
  }
  Result<dns::Reply> ask(const std::vector<std::string>& labels) {
    const auto socket = connected(SOCK_DGRAM, host_.port_of("vpc-1 10.0.0.2:53/udp"));
    const Bytes message = query(labels);
    EXPECT_EQ(::send(socket.get(), message.data(), message.size(), 0), static_cast<ssize_t>(message.size()));
    Bytes reply(dns::query_bytes_max);
    const ssize_t received = ::recv(socket.get(), reply.data(), reply.size(), 0);
    return dns::read_reply(ByteView(reply).first(received > 0 ? static_cast<std::size_t>(received) : 0));
  }
};

TEST_F(Resolving, NamesOfTheVpcAreAnsweredAndNothingElse) {
  put_name("db.ringwall.internal", {.address = "10.0.1.5", .addresses = {}});
  put_name("other.ringwall.internal", {.address = "10.0.1.6", .addresses = {}}, "vpc-2");
  put_name("two.ringwall.internal", {.address = "10.0.1.5", .addresses = std::vector<std::string>{"10.0.1.5", "10.0.2.5"}});
  put_name("broken.ringwall.internal", {.address = "here", .addresses = {}});
  ASSERT_TRUE(start().settle(test_vpc));
  EXPECT_EQ(ask({"DB", "ringwall", "internal"})->addresses, std::vector{*text::parse_address("10.0.1.5")});
  EXPECT_EQ(ask({"other", "ringwall", "internal"})->code, dns::Code::name_error);
  EXPECT_EQ(ask({"example", "com"})->code, dns::Code::refused);
  EXPECT_EQ(ask({"evilringwall", "internal"})->code, dns::Code::refused);
  EXPECT_EQ(ask({"broken", "ringwall", "internal"})->code, dns::Code::server_failure);
  EXPECT_EQ(ask({"two", "ringwall", "internal"})->addresses.size(), 2U);
}

TEST_F(Resolving, QueriesOverTcpAreAnsweredOneAfterAnother) {
  put_name("db.ringwall.internal", {.address = "10.0.1.5", .addresses = {}});
  ASSERT_TRUE(start().settle(test_vpc));
  const auto socket = connected(SOCK_STREAM, host_.port_of("vpc-1 10.0.0.2:53/tcp"));
  const Bytes message = query({"db", "ringwall", "internal"});
  Bytes two;
  for (int i = 0; i < 2; ++i) {
    two.push_back(0);
    two.push_back(static_cast<std::uint8_t>(message.size()));
    two.insert(two.end(), message.begin(), message.end());
  }
  ASSERT_EQ(::send(socket.get(), two.data(), 3, 0), 3);  // a length in one segment, the rest in another
  ASSERT_EQ(::send(socket.get(), two.data() + 3, two.size() - 3, 0), static_cast<ssize_t>(two.size() - 3));
  for (int i = 0; i < 2; ++i) {
    std::array<std::uint8_t, 2> length{};
    ASSERT_EQ(::recv(socket.get(), length.data(), length.size(), MSG_WAITALL), 2);
    Bytes reply(static_cast<std::size_t>(length[0]) << 8 | length[1]);
    ASSERT_EQ(::recv(socket.get(), reply.data(), reply.size(), MSG_WAITALL), static_cast<ssize_t>(reply.size()));
    EXPECT_EQ(dns::read_reply(reply)->addresses.size(), 1U);
  }
  const std::array<std::uint8_t, 2> too_long = {0x02, 0x01};
  ASSERT_EQ(::send(socket.get(), too_long.data(), too_long.size(), 0), 2);
  std::uint8_t byte = 0;
  EXPECT_EQ(::recv(socket.get(), &byte, 1, 0), 0) << "a message over 512 bytes ends the connection";
}

TEST_F(Resolving, AsManyConnectionsAsTheLimitAndNoMore) {
  put_name("db.ringwall.internal", {.address = "10.0.1.5", .addresses = {}});
  ASSERT_TRUE(start().settle(test_vpc));
  const Bytes message = query({"db", "ringwall", "internal"});
  Bytes framed = {0, static_cast<std::uint8_t>(message.size())};
  framed.insert(framed.end(), message.begin(), message.end());
  std::vector<os::UniqueFd> held;
  for (std::size_t i = 0; i <= connections_per_vpc_max; ++i) {
    held.push_back(connected(SOCK_STREAM, host_.port_of("vpc-1 10.0.0.2:53/tcp")));
    // The one past the limit may be closed before it could ask.
    [[maybe_unused]] const auto sent = ::send(held.back().get(), framed.data(), framed.size(), MSG_NOSIGNAL);
    std::uint8_t byte = 0;
    EXPECT_EQ(::recv(held.back().get(), &byte, 1, 0) == 1, i < connections_per_vpc_max) << i;
  }
}

TEST_F(Resolving, AVpcWithoutDnsSupportHasNoResolver) {
  put_vpc("10.0.0.0/16", false);
  Reconciler& reconciler = start();
  ASSERT_TRUE(reconciler.settle(test_vpc));
  EXPECT_EQ(host_.port_of("vpc-1 10.0.0.2:53/udp"), 0);
  put_vpc("10.0.0.0/16", true);
  ASSERT_TRUE(reconciler.settle(test_vpc));
  EXPECT_NE(host_.port_of("vpc-1 10.0.0.2:53/udp"), 0);
}

}  // namespace
}  // namespace ringwall::network
