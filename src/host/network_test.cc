#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

#include "host/fixture_test.h"

namespace ringwall::host {
namespace {

constexpr int answer_ms = 2000;  // what is allowed answers within this
constexpr int silence_ms = 300;  // what is dropped stays silent for this

sockaddr_in at(const char* address, int port) {
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, address, &name.sin_addr);
  return name;
}

// A thread may be in another namespace than its process; a socket stays where it was made.
void inside(const os::UniqueFd& network_namespace, const std::function<void()>& work) {
  std::thread([&] {
    ASSERT_EQ(::setns(network_namespace.get(), CLONE_NEWNET), 0);
    work();
  }).join();
}

os::UniqueFd make_socket(const os::UniqueFd& where, int type, int protocol = 0) {
  os::UniqueFd made;
  inside(where, [&] {
    made = os::UniqueFd(::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
  });
  EXPECT_TRUE(made);
  return made;
}

os::UniqueFd serve(const os::UniqueFd& where, const char* address, int port,
                   int type = SOCK_STREAM) {
  os::UniqueFd socket = make_socket(where, type);
  const sockaddr_in name = at(address, port);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0)
      << std::strerror(errno);
  EXPECT_TRUE(type != SOCK_STREAM || ::listen(socket.get(), 16) == 0);
  return socket;
}

bool ready(const os::UniqueFd& socket, short events, int timeout_ms) {
  pollfd watched = {socket.get(), events, 0};
  return ::poll(&watched, 1, timeout_ms) == 1;
}

// A connected socket, or none when nothing came back within the time.
os::UniqueFd connected(const os::UniqueFd& where, const char* address, int port, int timeout_ms,
                       std::uint16_t own_port = 0) {
  os::UniqueFd socket = make_socket(where, SOCK_STREAM);
  const int on = 1;
  const sockaddr_in own = at("0.0.0.0", own_port);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) return {};
  const sockaddr_in name = at(address, port);
  const int begun = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name);
  if (begun != 0 && errno != EINPROGRESS) return {};
  int failure = 0;
  socklen_t size = sizeof failure;
  if (!ready(socket, POLLOUT, timeout_ms)) return {};
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &failure, &size);
  return failure == 0 ? std::move(socket) : os::UniqueFd();
}

bool connects(const os::UniqueFd& where, const char* address, int port) {
  return static_cast<bool>(connected(where, address, port, answer_ms));
}
bool is_dropped(const os::UniqueFd& where, const char* address, int port) {
  return !connected(where, address, port, silence_ms);
}

Rule rule(Rule::Direction direction, int protocol, int port, const std::string& cidr,
          const std::string& group = "") {
  return {direction, protocol, port, port, cidr, group};
}
constexpr auto in = Rule::Direction::ingress;
constexpr auto out = Rule::Direction::egress;

class NetworkTest : public WithHelper {
 protected:
  // A client and a database in two subnets, each in its own group; an endpoint; an outsider
  // in the client's subnet whose group may send everything but is let in nowhere.
  static Network example() {
    Network network{"vpc-0a1",
                    "10.0.0.0/16",
                    {{"subnet-1", "10.0.1.0/24"}, {"subnet-2", "10.0.2.0/24"}},
                    {},
                    {}};
    network.groups = {
        {"sg-client", {rule(out, -1, -1, "0.0.0.0/0")}},
        {"sg-database", {rule(in, 6, 5432, "", "sg-client"), rule(in, 17, 7000, "10.0.1.0/24")}},
        {"sg-endpoint", {rule(in, 6, 443, "10.0.1.10/32")}},
        {"sg-outsider", {rule(out, -1, -1, "0.0.0.0/0")}},
        {"sg-silent", {}},
    };
    network.interfaces = {
        {"eni-client00000000001",
         "subnet-1",
         "10.0.1.10",
         "02:00:00:00:01:10",
         {"sg-client"},
         false},
        {"eni-outsider000000002",
         "subnet-1",
         "10.0.1.11",
         "02:00:00:00:01:11",
         {"sg-outsider"},
         false},
        {"eni-database000000003",
         "subnet-2",
         "10.0.2.10",
         "02:00:00:00:02:10",
         {"sg-database"},
         false},
        {"eni-endpoint000000004",
         "subnet-1",
         "10.0.1.20",
         "02:00:00:00:01:20",
         {"sg-endpoint"},
         true},
        {"eni-silent00000000005",
         "subnet-1",
         "10.0.1.12",
         "02:00:00:00:01:12",
         {"sg-silent"},
         false},
    };
    return network;
  }
  os::UniqueFd enter(const std::string& interface_id) {
    auto found = host_->interface_namespace("vpc-0a1", interface_id);
    EXPECT_TRUE(found) << found.error().message;
    return found ? std::move(*found) : os::UniqueFd();
  }

  void apply(const Network& network) { RW_ASSERT_OK(host_->apply_network(network)); }

  void SetUp() override {
    options_.launch = launch_script;
    WithHelper::SetUp();
    if (HasFatalFailure()) return;
    apply(example());
    if (HasFatalFailure()) return;
    client_ = enter("eni-client00000000001");
    outsider_ = enter("eni-outsider000000002");
    database_ = enter("eni-database000000003");
    silent_ = enter("eni-silent00000000005");
  }

  os::UniqueFd client_, outsider_, database_, silent_;
};

TEST_F(NetworkTest, OnlyMembersOfTheNamedGroupReachTheDatabase) {
  const auto server = serve(database_, "10.0.2.10", 5432);
  EXPECT_TRUE(connects(client_, "10.0.2.10", 5432));
  EXPECT_TRUE(is_dropped(outsider_, "10.0.2.10", 5432));
}

TEST_F(NetworkTest, AnotherPortIsDropped) {
  const auto server = serve(database_, "10.0.2.10", 5433);
  EXPECT_TRUE(is_dropped(client_, "10.0.2.10", 5433));
}

TEST_F(NetworkTest, NeighboursInOneSubnetAreFilteredToo) {
  const auto server = serve(outsider_, "10.0.1.11", 8080);
  EXPECT_TRUE(is_dropped(client_, "10.0.1.11", 8080));
  Network network = example();
  network.groups[3].rules.push_back(rule(in, 6, 8080, "10.0.1.0/24"));
  apply(network);
  EXPECT_TRUE(connects(client_, "10.0.1.11", 8080));
}

TEST_F(NetworkTest, AGroupWithoutEgressRulesSendsNothing) {
  Network network = example();
  network.groups[1].rules.push_back(rule(in, -1, -1, "0.0.0.0/0"));
  apply(network);
  const auto server = serve(database_, "10.0.2.10", 5432);
  EXPECT_TRUE(connects(outsider_, "10.0.2.10", 5432));
  EXPECT_TRUE(is_dropped(silent_, "10.0.2.10", 5432));
}

TEST_F(NetworkTest, APacketWithAForeignSourceAddressIsDropped) {
  const auto receiver = serve(database_, "10.0.2.10", 7000, SOCK_DGRAM);
  const auto raw = make_socket(client_, SOCK_RAW, IPPROTO_RAW);
  const auto send_from = [&](const char* source, char mark) {
    struct {
      iphdr ip;
      udphdr udp;
      char body;
    } __attribute__((packed)) packet = {};
    packet.ip.version = 4;
    packet.ip.ihl = 5;
    packet.ip.ttl = 64;
    packet.ip.protocol = IPPROTO_UDP;
    packet.ip.saddr = at(source, 0).sin_addr.s_addr;
    packet.ip.daddr = at("10.0.2.10", 0).sin_addr.s_addr;
    packet.ip.tot_len = htons(sizeof packet);
    packet.udp.source = htons(9);
    packet.udp.dest = htons(7000);
    packet.udp.len = htons(sizeof packet.udp + 1);
    packet.body = mark;
    const sockaddr_in to = at("10.0.2.10", 0);
    EXPECT_EQ(::sendto(raw.get(), &packet, sizeof packet, 0, reinterpret_cast<const sockaddr*>(&to),
                       sizeof to),
              static_cast<ssize_t>(sizeof packet))
        << std::strerror(errno);
  };
  send_from("10.0.1.11", 'f');  // the neighbour's address, which the rule would let through
  send_from("10.0.1.10", 'o');  // its own
  ASSERT_TRUE(ready(receiver, POLLIN, answer_ms));
  char mark = 0;
  ASSERT_EQ(::recv(receiver.get(), &mark, 1, 0), 1);
  EXPECT_EQ(mark, 'o');  // packets of one link keep their order, so the other one is lost
  EXPECT_FALSE(ready(receiver, POLLIN, 0));
}

TEST_F(NetworkTest, APacketWithAForeignHardwareAddressIsDropped) {
  const auto server = serve(database_, "10.0.2.10", 5432);
  const auto socket = make_socket(client_, SOCK_DGRAM);
  ifreq request = {};
  std::string_view("eth0").copy(request.ifr_name, sizeof request.ifr_name - 1);
  request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  std::memcpy(request.ifr_hwaddr.sa_data, "\x02\x00\x00\x00\x01\x11", 6);
  ASSERT_EQ(::ioctl(socket.get(), SIOCSIFHWADDR, &request), 0) << std::strerror(errno);
  EXPECT_TRUE(is_dropped(client_, "10.0.2.10", 5432));
  apply(example());  // which gives the interface its own hardware address back
  EXPECT_TRUE(connects(client_, "10.0.2.10", 5432));
}

TEST_F(NetworkTest, AnOpenConnectionSurvivesEveryLaterChange) {
  const auto server = serve(database_, "10.0.2.10", 5432);
  const auto here = connected(client_, "10.0.2.10", 5432, answer_ms);
  ASSERT_TRUE(here);
  ASSERT_TRUE(ready(server, POLLIN, answer_ms));
  const os::UniqueFd there(::accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(there);
  Network revoked = example();
  revoked.groups[1].rules.clear();
  for (const Network& network : {example(), example(), revoked, example()}) {
    apply(network);
    char byte = 'x';
    ASSERT_EQ(::send(here.get(), &byte, 1, MSG_NOSIGNAL), 1);
    ASSERT_TRUE(ready(there, POLLIN, answer_ms));
    ASSERT_EQ(::recv(there.get(), &byte, 1, 0), 1);
  }
  apply(revoked);
  EXPECT_TRUE(is_dropped(client_, "10.0.2.10", 5432));  // though no new one is let in
}

// A client's connection that the database accepted.
struct Pair {
  os::UniqueFd here, there;
};
Pair open_pair(const os::UniqueFd& client, const os::UniqueFd& server, const char* address,
               std::uint16_t client_port = 0) {
  Pair pair;
  pair.here = connected(client, address, 5432, answer_ms, client_port);
  EXPECT_TRUE(pair.here);
  EXPECT_TRUE(ready(server, POLLIN, answer_ms));
  pair.there.reset(::accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_TRUE(pair.there);
  return pair;
}
bool passes(const os::UniqueFd& from, const os::UniqueFd& to, int timeout_ms) {
  char byte = 'x';
  return ::send(from.get(), &byte, 1, MSG_NOSIGNAL) == 1 && ready(to, POLLIN, timeout_ms) &&
         ::recv(to.get(), &byte, 1, 0) == 1;
}
// Closes without a word to the other side, as a client does whose namespace drops its FIN.
void close_silently(os::UniqueFd& socket) {
  const int on = 1;
  ASSERT_EQ(::setsockopt(socket.get(), IPPROTO_TCP, TCP_REPAIR, &on, sizeof on), 0);
  socket.reset();
}

constexpr std::uint16_t attackers_port = 40000;

// The attack: a permitted client leaves an entry of connection tracking behind, its permission goes,
// and whoever gets the database's address next is reached from the same port all the same.
TEST_F(NetworkTest, WhoeverGetsAnAddressInheritsNoFlowOfIt) {
  auto server = serve(database_, "10.0.2.10", 5432);
  Pair pair = open_pair(client_, server, "10.0.2.10", attackers_port);
  close_silently(pair.here);
  close_silently(pair.there);
  server.reset();
  Network revoked = example();
  revoked.groups[1].rules.clear();
  apply(revoked);
  Network deleted = revoked;
  std::erase_if(deleted.interfaces, [](const Interface& i) { return i.address == "10.0.2.10"; });
  apply(deleted);
  Network next = deleted;
  next.interfaces.push_back({"eni-another0000000009", "subnet-2", "10.0.2.10", "02:00:00:00:02:19", {"sg-silent"}, false});
  apply(next);
  const os::UniqueFd another = enter("eni-another0000000009");
  const auto listener = serve(another, "10.0.2.10", 5432);
  EXPECT_FALSE(connected(client_, "10.0.2.10", 5432, silence_ms, attackers_port));
  EXPECT_FALSE(connected(client_, "10.0.2.10", 5432, silence_ms, attackers_port + 1));
}

TEST_F(NetworkTest, AChangeOfGroupsEndsAnInterfacesFlowsAndARevokedRuleDoesNot) {
  const auto server = serve(database_, "10.0.2.10", 5432);
  const Pair pair = open_pair(client_, server, "10.0.2.10");
  Network changed = example();
  changed.groups[1].rules.clear();
  apply(changed);
  EXPECT_TRUE(passes(pair.here, pair.there, answer_ms));
  changed = example();
  for (Interface& interface : changed.interfaces) {
    if (interface.address == "10.0.2.10") interface.groups = {"sg-silent"};
  }
  apply(changed);
  EXPECT_FALSE(passes(pair.here, pair.there, silence_ms));
  EXPECT_FALSE(passes(pair.there, pair.here, silence_ms));
}

TEST_F(NetworkTest, ASeveredConnectionIsDeadThoughItsRuleStands) {
  const auto server = serve(database_, "10.0.2.10", 5432);
  const Pair pair = open_pair(client_, server, "10.0.2.10");
  const auto severed = host_->sever("vpc-0a1", {"10.0.2.10"});
  RW_ASSERT_OK(severed);
  EXPECT_EQ(*severed, 1U);
  // Neither end can take it up again in its middle, which connection tracking would else allow.
  EXPECT_FALSE(passes(pair.here, pair.there, silence_ms));
  EXPECT_FALSE(passes(pair.there, pair.here, silence_ms));
  const auto again = host_->sever("vpc-0a1", {"10.0.2.10"});
  RW_ASSERT_OK(again);
  EXPECT_EQ(*again, 0U) << "what is invalid makes no new entry";
  EXPECT_TRUE(connects(client_, "10.0.2.10", 5432)) << "a new connection is judged by the rules";
}

TEST_F(NetworkTest, SeveringOneAddressLeavesTheOthersFlows) {
  const auto server = serve(database_, "10.0.2.10", 5432);
  const Pair pair = open_pair(client_, server, "10.0.2.10");
  const auto severed = host_->sever("vpc-0a1", {"10.0.1.11", "10.0.1.20"});
  RW_ASSERT_OK(severed);
  EXPECT_EQ(*severed, 0U);
  EXPECT_TRUE(passes(pair.here, pair.there, answer_ms));
  EXPECT_EQ(host_->sever("vpc-0a1", {"10.0.1.10"}).value_or(99), 1U) << "either end names a flow";
}

TEST_F(NetworkTest, AnEndpointsConnectionsAreSeveredToo) {
  const auto listener = host_->listen("vpc-0a1", "10.0.1.20", 443, Transport::tcp);
  RW_ASSERT_OK(listener);
  const auto here = connected(client_, "10.0.1.20", 443, answer_ms);
  ASSERT_TRUE(here);
  ASSERT_TRUE(ready(*listener, POLLIN, answer_ms));
  const os::UniqueFd there(::accept4(listener->get(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_EQ(host_->sever("vpc-0a1", {"10.0.1.20"}).value_or(99), 1U);
  EXPECT_FALSE(passes(here, there, silence_ms));
  EXPECT_FALSE(passes(there, here, silence_ms));
}

TEST_F(NetworkTest, AnEngineThatStartsInheritsNoFlowOfTheLastOneAtItsAddress) {
  constexpr uid_t engine_uid = engine_uid_min + 12;
  RW_ASSERT_OK(host_->open_volume({"db-one", 64 << 20, engine_uid}, Secret(std::string(64, 'k'))));
  const auto server = serve(database_, "10.0.2.10", 5432);  // as the last engine had it open
  const Pair pair = open_pair(client_, server, "10.0.2.10");
  const auto started = host_->start({"db-one", "db-one", "eni-database000000003", engine_uid,
                                     Program::postgres_serve, 15, "", "", {{{}, "sleep 1000"}}});
  RW_ASSERT_OK(started);
  EXPECT_FALSE(passes(pair.here, pair.there, silence_ms));
  RW_ASSERT_OK(host_->stop("db-one", Stop::immediate));
  RW_ASSERT_OK(host_->close_volume("db-one"));
}

TEST_F(NetworkTest, OnlyAddressesOfANetworkThatIsThereAreSevered) {
  EXPECT_EQ(host_->sever("vpc-0b2", {"10.0.2.10"}).error().kind, Failure::not_found);
  EXPECT_EQ(host_->sever("vpc-0a1", {"10.0.2.10; reboot"}).error().kind, Failure::invalid);
  EXPECT_EQ(host_->sever("../vpc", {}).error().kind, Failure::invalid);
}

TEST_F(NetworkTest, AnotherHelperKnowsWhatChanged) {
  const auto server = serve(database_, "10.0.2.10", 5432);
  const Pair pair = open_pair(client_, server, "10.0.2.10");
  end_helper();
  start_helper();
  apply(example());
  EXPECT_TRUE(passes(pair.here, pair.there, answer_ms)) << "nothing changed";
  end_helper();
  start_helper();
  Network smaller = example();
  for (Interface& interface : smaller.interfaces) {
    if (interface.address == "10.0.1.10") interface.groups = {"sg-outsider"};
  }
  apply(smaller);
  EXPECT_FALSE(passes(pair.here, pair.there, silence_ms));
}

TEST_F(NetworkTest, AnEndpointIsReachedByItsGroupsRulesOnly) {
  const auto listener = host_->listen("vpc-0a1", "10.0.1.20", 443, Transport::tcp);
  RW_ASSERT_OK(listener);
  EXPECT_TRUE(connects(client_, "10.0.1.20", 443));
  EXPECT_TRUE(is_dropped(outsider_, "10.0.1.20", 443));
  EXPECT_TRUE(is_dropped(silent_, "10.0.1.20", 443));
}

TEST_F(NetworkTest, TheResolverAnswersEveryInterface) {
  const auto listener = host_->listen("vpc-0a1", "10.0.0.2", 53, Transport::tcp);
  RW_ASSERT_OK(listener);
  const auto datagrams = host_->listen("vpc-0a1", "10.0.0.2", 53, Transport::udp);
  RW_ASSERT_OK(datagrams);
  EXPECT_TRUE(connects(silent_, "10.0.0.2", 53));
  const auto asking = make_socket(silent_, SOCK_DGRAM);
  const sockaddr_in resolver = at("10.0.0.2", 53);
  ASSERT_EQ(::sendto(asking.get(), "?", 1, 0, reinterpret_cast<const sockaddr*>(&resolver),
                     sizeof resolver),
            1);
  ASSERT_TRUE(ready(*datagrams, POLLIN, answer_ms));
  sockaddr_in from = {};
  socklen_t size = sizeof from;
  char byte = 0;
  ASSERT_EQ(::recvfrom(datagrams->get(), &byte, 1, 0, reinterpret_cast<sockaddr*>(&from), &size),
            1);
  EXPECT_EQ(from.sin_addr.s_addr, at("10.0.1.12", 0).sin_addr.s_addr);
  ASSERT_EQ(::sendto(datagrams->get(), "!", 1, 0, reinterpret_cast<const sockaddr*>(&from), size),
            1);
  EXPECT_TRUE(ready(asking, POLLIN, answer_ms));
}

TEST_F(NetworkTest, AnotherServiceAtTheResolversAddressIsDropped) {
  const auto listener = host_->listen("vpc-0a1", "10.0.0.2", 8080, Transport::tcp);
  RW_ASSERT_OK(listener);
  EXPECT_TRUE(is_dropped(client_, "10.0.0.2", 8080));
}

TEST_F(NetworkTest, NothingLeavesTheNetwork) {
  const auto socket = make_socket(client_, SOCK_DGRAM);
  const sockaddr_in outside = at("192.0.2.1", 53);
  ASSERT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&outside), sizeof outside),
            0);
  ASSERT_EQ(::send(socket.get(), "?", 1, 0), 1);
  EXPECT_TRUE(is_dropped(client_, "192.0.2.1", 443));
}

TEST_F(NetworkTest, AnInterfaceThatIsNoLongerListedIsGone) {
  const auto server = serve(database_, "10.0.2.10", 5432);
  ASSERT_TRUE(connects(client_, "10.0.2.10", 5432));
  Network smaller = example();
  std::erase_if(smaller.interfaces, [](const Interface& i) { return i.address == "10.0.1.10"; });
  apply(smaller);
  EXPECT_TRUE(is_dropped(client_, "10.0.2.10", 5432));
  const auto gone = host_->interface_namespace("vpc-0a1", "eni-client00000000001");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, Failure::not_found);
}

TEST_F(NetworkTest, HalfMadeNetworksAreFinished) {
  // What a helper killed between two steps leaves: a link without its far end, a pin without a
  // link, a pin that is only a file.
  inside(client_, [] { ASSERT_EQ(::system("ip link delete eth0"), 0); });
  const std::string folder = options_.data_folder + "/host/netns/vpc-0a1/";
  ASSERT_EQ(::system(("umount -l " + folder + "eni-outsider000000002").c_str()), 0);
  ASSERT_EQ(::system(("touch " + folder + "eni-stale").c_str()), 0);
  apply(example());
  const auto server = serve(database_, "10.0.2.10", 5432);
  EXPECT_TRUE(connects(client_, "10.0.2.10", 5432));
  EXPECT_TRUE(is_dropped(enter("eni-outsider000000002"), "10.0.2.10", 5432));
  EXPECT_FALSE(std::filesystem::exists(folder + "eni-stale"));
}

TEST_F(NetworkTest, ARemovedNetworkLeavesNothingAndRemovingItAgainSucceeds) {
  RW_ASSERT_OK(host_->remove_network("vpc-0a1"));
  EXPECT_FALSE(std::filesystem::exists(options_.data_folder + "/host/netns/vpc-0a1"));
  RW_ASSERT_OK(host_->remove_network("vpc-0a1"));
  EXPECT_FALSE(host_->listen("vpc-0a1", "10.0.0.2", 53, Transport::tcp));
}

TEST_F(NetworkTest, TwoNetworksMayUseTheSameAddresses) {
  Network twin = example();
  twin.id = "vpc-0b2";
  apply(twin);
  const auto other = host_->interface_namespace("vpc-0b2", "eni-client00000000001");
  RW_ASSERT_OK(other);
  const auto server = serve(database_, "10.0.2.10", 5432);
  EXPECT_TRUE(connects(client_, "10.0.2.10", 5432));
  const auto refused = connected(*other, "10.0.2.10", 5432, silence_ms);
  EXPECT_FALSE(refused);  // its own twin of the database does not listen
}

TEST_F(NetworkTest, AnotherHelperFindsTheNetwork) {
  kill_helper();
  const auto lost = host_->apply_network(example());
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, Failure::unavailable);
  start_helper();
  apply(example());
  const auto server = serve(database_, "10.0.2.10", 5432);
  EXPECT_TRUE(connects(client_, "10.0.2.10", 5432));
}

TEST_F(NetworkTest, RequestsFromManyThreadsRunSideBySide) {
  std::vector<std::thread> threads;
  std::atomic<int> succeeded = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      Network network = example();
      network.id = "vpc-many" + std::to_string(i);
      if (host_->apply_network(network) && host_->remove_network(network.id)) ++succeeded;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(succeeded, 8);
}

TEST_F(NetworkTest, ANewNetworkWithTwoInterfacesComesUp) {
  Network network = example();
  network.id = "vpc-quick";
  network.interfaces.resize(2);
  const auto begin = std::chrono::steady_clock::now();
  apply(network);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  RecordProperty("apply_ms", static_cast<int>(took.count()));
  std::printf("apply_network: %d ms\n", static_cast<int>(took.count()));
}

}  // namespace
}  // namespace ringwall::host
