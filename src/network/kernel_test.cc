// The whole way, with the real host: documents to namespaces, packets, names and listeners.

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>

#include <thread>

#include "dns/dns.h"
#include "host/fixture_test.h"
#include "network/fixture_test.h"

namespace ringwall::network {
namespace {

constexpr int answer_ms_max = 5000;   // what is allowed arrives long before
constexpr int dropped_ms = 400;       // what is filtered never does

class Kernel : public host::WithHelper {
 protected:
  void SetUp() override {
    WithHelper::SetUp();  // forks, so that threads may only begin after it
    if (HasFatalFailure() || host_ == nullptr) return;
    store_ = store::open_temporary();
  }
  void TearDown() override {
    reconciler_.reset();
    listener_.reset();
    WithHelper::TearDown();
  }

  template <typename T>
  void put(store::Transaction& transaction, const records::Table<T, 2>& table, T record) {
    if constexpr (requires { record.vpc_id; }) record.vpc_id = test_vpc;
    record.owner = test_account;
    table.put(transaction, record, test_account, record.id);
  }
  void put_subnet(store::Transaction& transaction, const char* id, const char* cidr) {
    Subnet subnet{.id = id};
    subnet.cidr = cidr;
    put(transaction, tables::subnets, subnet);
  }
  void put_group(store::Transaction& transaction, const char* id, const std::vector<Rule>& rules) {
    Group group{.id = id, .name = id};
    group.rules = rules;
    put(transaction, tables::groups, group);
  }
  std::string place(store::Transaction& transaction, const std::string& subnet, const std::string& group, bool local) {
    Placement placement;
    placement.account = test_account;
    placement.subnet_id = subnet;
    placement.groups = {group};
    placement.local = local;
    const auto interface = add_interface(transaction, random_, placement);
    EXPECT_TRUE(interface);
    return interface ? interface->str("NetworkInterfaceId") : "";
  }
  // Runs `work` in the namespace of an interface, on a thread that ends in it.
  void inside(const std::string& interface, const std::function<void()>& work) {
    auto space = host_->interface_namespace(test_vpc, interface);
    ASSERT_TRUE(space) << space.error().message;
    std::thread([&] {
      ASSERT_EQ(::setns(space->get(), CLONE_NEWNET), 0) << errno;
      work();
    }).join();
  }
  static os::UniqueFd connecting(int type, const char* address, std::uint16_t port) {
    os::UniqueFd socket(::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    EXPECT_EQ(::inet_pton(AF_INET, address, &to.sin_addr), 1);
    const int begun = ::connect(socket.get(), reinterpret_cast<sockaddr*>(&to), sizeof to);
    EXPECT_TRUE(begun == 0 || errno == EINPROGRESS) << errno;
    return socket;
  }
  static bool becomes(const os::UniqueFd& socket, short event, int wait_ms) {
    pollfd waiting{socket.get(), event, 0};
    return ::poll(&waiting, 1, wait_ms) == 1 && (waiting.revents & event) != 0 && (waiting.revents & POLLERR) == 0;
  }
  static Result<dns::Reply> ask(const Bytes& query) {
    const auto socket = connecting(SOCK_DGRAM, "10.0.0.2", 53);
    if (::send(socket.get(), query.data(), query.size(), 0) < 0) return fail(Failure::io, "cannot ask");
    Bytes reply(dns::query_bytes_max);
    if (!becomes(socket, POLLIN, answer_ms_max)) return fail(Failure::unavailable, "no answer");
    const ssize_t received = ::recv(socket.get(), reply.data(), reply.size(), 0);
    return dns::read_reply(ByteView(reply).first(received > 0 ? static_cast<std::size_t>(received) : 0));
  }

  std::unique_ptr<store::Store> store_;
  SeededRandom random_;
  os::UniqueFd listener_;
  service::NetworkContext context_;
  std::unique_ptr<Reconciler> reconciler_;
};

TEST_F(Kernel, APermittedInterfaceReachesTheEndpointByNameAndAnotherDoesNot) {
  Rule from_clients{.protocol = "tcp", .from_port = 443, .to_port = 443}, to_all{.protocol = "-1"};
  from_clients.peer = {.group_id = "sg-client", .account = test_account};
  to_all.is_egress = true;
  to_all.cidr = "0.0.0.0/0";
  std::string client, stranger;
  const auto stored = store::transact(*store_, [&](store::Transaction& transaction) -> Result<> {
    Vpc vpc{.id = test_vpc};
    vpc.cidr = "10.0.0.0/16";
    vpc.arn = "arn:vpc";
    put(transaction, tables::vpcs, vpc);
    put_subnet(transaction, "subnet-a", "10.0.1.0/24");
    put_subnet(transaction, "subnet-b", "10.0.2.0/24");
    put_group(transaction, "sg-api", {from_clients, to_all});
    for (const char* group : {"sg-client", "sg-other"}) put_group(transaction, group, {to_all});
    const std::string api = place(transaction, "subnet-a", "sg-api", true);
    client = place(transaction, "subnet-b", "sg-client", false);
    stranger = place(transaction, "subnet-b", "sg-other", false);
    Endpoint endpoint{.id = "vpce-1"};
    endpoint.policy = service::bound_own(allow_all);
    endpoint.service = "com.amazonaws.us-east-1.rds";
    endpoint.interface_ids = {api};
    put(transaction, tables::endpoints, endpoint);
    tables::names.put(transaction, {.address = "10.0.1.4", .addresses = {}}, test_vpc, "rds.ringwall.internal");
    return {};
  });
  ASSERT_TRUE(stored);
  reconciler_ = std::make_unique<Reconciler>(*store_, *host_, [this](const std::string&, const service::NetworkContext& context, os::UniqueFd socket) {
    context_ = context;
    if (socket) listener_ = std::move(socket);
  });
  const auto settled = reconciler_->settle(test_vpc);
  ASSERT_TRUE(settled) << settled.error().message;
  ASSERT_TRUE(static_cast<bool>(listener_));
  EXPECT_EQ(context_.vpce_id, "vpce-1");

  Bytes query = {0, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 'r', 'd', 's', 8, 'r', 'i', 'n', 'g', 'w', 'a', 'l', 'l', 8, 'i', 'n', 't', 'e', 'r', 'n', 'a', 'l', 0, 0, 1, 0, 1};
  inside(client, [&] {
    const auto reply = ask(query);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->addresses, std::vector{*text::parse_address("10.0.1.4")});
    const auto socket = connecting(SOCK_STREAM, "10.0.1.4", 443);
    ASSERT_TRUE(becomes(socket, POLLOUT, answer_ms_max));
    ASSERT_TRUE(becomes(listener_, POLLIN, answer_ms_max));
    sockaddr_in peer{};
    socklen_t bytes = sizeof peer;
    const os::UniqueFd accepted(::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&peer), &bytes, SOCK_CLOEXEC));
    ASSERT_TRUE(static_cast<bool>(accepted));
    char text[INET_ADDRSTRLEN] = {};
    EXPECT_STREQ(::inet_ntop(AF_INET, &peer.sin_addr, text, sizeof text), "10.0.2.4");
  });
  inside(stranger, [&] {
    EXPECT_TRUE(ask(query)) << "names are there for everyone in the VPC";
    EXPECT_FALSE(becomes(connecting(SOCK_STREAM, "10.0.1.4", 443), POLLOUT, dropped_ms));
  });

  // The stranger joins the group: the next connection passes.
  const auto joined = store::transact(*store_, [&](store::Transaction& transaction) -> Result<> {
    if (!set_groups(transaction, test_account, stranger, {"sg-client"})) return fail(Failure::invalid, "cannot join");
    return {};
  });
  ASSERT_TRUE(joined);
  ASSERT_TRUE(reconciler_->settle(test_vpc));
  inside(stranger, [&] { EXPECT_TRUE(becomes(connecting(SOCK_STREAM, "10.0.1.4", 443), POLLOUT, answer_ms_max)); });

  // A new reconciler, as after a restart, adopts what is there; then the VPC goes.
  reconciler_.reset();
  listener_.reset();
  reconciler_ = std::make_unique<Reconciler>(*store_, *host_, [this](const std::string&, const service::NetworkContext&, os::UniqueFd socket) { listener_ = std::move(socket); });
  const auto adopted = reconciler_->settle(test_vpc);
  ASSERT_TRUE(adopted) << adopted.error().message;
  inside(client, [&] { EXPECT_TRUE(ask(query)); });
  const auto erased = store::transact(*store_, [&](store::Transaction& transaction) -> Result<> {
    for (const auto& entry : transaction.list(documents_prefix)) transaction.erase(entry.key);
    return {};
  });
  ASSERT_TRUE(erased);
  ASSERT_TRUE(reconciler_->settle(test_vpc));
  EXPECT_TRUE(host_->inventory()->networks.empty());
  EXPECT_FALSE(static_cast<bool>(listener_));
}

}  // namespace
}  // namespace ringwall::network
