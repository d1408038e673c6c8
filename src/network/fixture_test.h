#pragma once
// A VPC's documents as service ec2 writes them, and a host that only takes notes.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <random>

#include "network/documents.h"
#include "network/network.h"
#include "network/records.h"
#include "store/testing.h"

namespace ringwall::network {

inline constexpr const char* test_account = "111122223333";
inline constexpr const char* test_vpc = "vpc-1";

class SeededRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(engine_());
  }

 private:
  std::mt19937 engine_{20260103};
};

// Opens on loopback what it is asked to open in a VPC, and remembers where.
class NotingHost final : public host::Host {
 public:
  Result<> apply_network(const host::Network& network) override {
    const std::lock_guard lock(mutex_);
    ++applications_;
    if (failures_left_ > 0) {
      --failures_left_;
      return fail(Failure::io, "the kernel is out of sorts");
    }
    networks_[network.id] = network;
    changed_.notify_all();
    return {};
  }
  Result<> remove_network(const std::string& vpc_id) override {
    const std::lock_guard lock(mutex_);
    if (networks_.erase(vpc_id) == 0) return fail(Failure::not_found, "no such network");
    changed_.notify_all();
    return {};
  }
  Result<os::UniqueFd> listen(const std::string& vpc_id, const std::string& address, std::uint16_t port, host::Transport transport) override {
    const bool is_tcp = transport == host::Transport::tcp;
    os::UniqueFd socket(::socket(AF_INET, (is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0));
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof local;
    if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&local), bytes) != 0 || (is_tcp && ::listen(socket.get(), 8) != 0) ||
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&local), &bytes) != 0) {
      return fail(Failure::io, "cannot listen");
    }
    const std::lock_guard lock(mutex_);
    listening_[vpc_id + " " + address + ":" + std::to_string(port) + (is_tcp ? "/tcp" : "/udp")] = ntohs(local.sin_port);
    return socket;
  }
  Result<std::size_t> sever(const std::string&, const std::vector<std::string>&) override { return 0; }
  Result<host::Inventory> inventory() override {
    const std::lock_guard lock(mutex_);
    host::Inventory inventory;
    for (const auto& [id, network] : networks_) inventory.networks.push_back(id);
    return inventory;
  }

  // What this room never asks for.
  static std::unexpected<Error> not_asked() { return fail(Failure::unavailable, "not a network request"); }
  Result<os::UniqueFd> interface_namespace(const std::string&, const std::string&) override { return not_asked(); }
  Result<> open_volume(const host::Volume&, const Secret&) override { return not_asked(); }
  Result<> close_volume(const std::string&) override { return not_asked(); }
  Result<> remove_volume(const std::string&) override { return not_asked(); }
  Result<os::UniqueFd> copy_volume(const std::string&) override { return not_asked(); }
  Result<> label_volume(const std::string&, const std::string&) override { return not_asked(); }
  Result<std::vector<host::VolumeFacts>> volumes() override { return not_asked(); }
  Result<host::VolumeFacts> volume(const std::string&) override { return not_asked(); }
  Result<std::string> kept_installation() override { return not_asked(); }
  Result<> keep_installation(const std::string&) override { return not_asked(); }
  Result<host::Finished> run(const host::Process&) override { return not_asked(); }
  Result<host::Running> start(const host::Process&) override { return not_asked(); }
  Result<host::Running> adopt(const std::string&) override { return not_asked(); }
  Result<> limit(const std::string&, const host::Limits&) override { return not_asked(); }
  Result<> signal(const std::string&, int) override { return not_asked(); }
  Result<> stop(const std::string&, host::Stop) override { return not_asked(); }
  std::string socket_folder(const std::string&) const override { return {}; }

  // Waits until `holds` of the networks there are; false after ten seconds.
  bool wait_until(const std::function<bool(const std::map<std::string, host::Network>&)>& holds) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return holds(networks_); });
  }
  std::uint16_t port_of(const std::string& listener) {
    const std::lock_guard lock(mutex_);
    const auto found = listening_.find(listener);
    return found == listening_.end() ? std::uint16_t{0} : found->second;
  }
  int applications() {
    const std::lock_guard lock(mutex_);
    return applications_;
  }
  void fail_next(int times) {
    const std::lock_guard lock(mutex_);
    failures_left_ = times;
  }
  void pretend(const std::string& vpc_id) {
    const std::lock_guard lock(mutex_);
    networks_[vpc_id] = {};
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int applications_ = 0, failures_left_ = 0;
  std::map<std::string, host::Network> networks_;
  std::map<std::string, std::uint16_t> listening_;
};

class WithDocuments : public ::testing::Test {
 protected:
  template <typename T>
  void put(const records::Table<T, 2>& table, const T& record, const std::string& of, const std::string& name) {
    store::Transaction transaction(*store_);
    table.put(transaction, record, of, name);
    ASSERT_TRUE(store_->commit(transaction));
  }
  void put(const Endpoint& endpoint) { put(tables::endpoints, endpoint, test_account, endpoint.id); }
  void put_name(const std::string& name, const Name& record, const std::string& vpc = test_vpc) { put(tables::names, record, vpc, name); }
  void erase(const std::string& key) {
    store::Transaction transaction(*store_);
    transaction.erase(key);
    ASSERT_TRUE(store_->commit(transaction));
  }
  void put_vpc(const std::string& cidr = "10.0.0.0/16", bool dns = true) {
    Vpc vpc{.id = test_vpc, .owner = test_account};
    vpc.cidr = cidr;
    vpc.arn = "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-1";
    vpc.dns_support = dns;
    put(tables::vpcs, vpc, test_account, test_vpc);
  }
  void put_subnet(const std::string& id, const std::string& cidr, const std::string& vpc = test_vpc) {
    Subnet subnet{.id = id};
    subnet.vpc_id = vpc;
    subnet.cidr = cidr;
    subnet.zone = "us-east-1a";
    put(tables::subnets, subnet, test_account, id);
  }
  void put_group(const std::string& id, const std::string& name, const std::vector<Rule>& rules = {}, const std::string& vpc = test_vpc) {
    Group group{.id = id, .name = name};
    group.vpc_id = vpc;
    group.rules = rules;
    put(tables::groups, group, test_account, id);
  }
  static Rule rule(const std::string& protocol, int from, int to, const std::string& peer, bool egress = false) {
    Rule rule{.protocol = protocol, .from_port = from, .to_port = to};
    rule.is_egress = egress;
    if (peer.starts_with("sg-")) {
      rule.peer = {.group_id = peer, .account = test_account};
    } else {
      (peer.contains("::") ? rule.cidr_v6 : rule.cidr) = peer;
    }
    return rule;
  }
  Json place(const Placement& placement) {
    Json interface;
    const auto outcome = store::transact(*store_, [&](store::Transaction& transaction) -> Result<> {
      auto made = add_interface(transaction, random_, placement);
      if (!made) return fail(Failure::invalid, made.error().code);
      interface = *std::move(made);
      return {};
    });
    EXPECT_TRUE(outcome) << outcome.error().message;
    return interface;
  }
  std::optional<host::Network> resolved() {
    store::Transaction transaction(*store_);
    return network_of(transaction, test_account, test_vpc);
  }
  Endpoint put_endpoint(const std::string& id, const std::string& service, const std::string& policy) {
    const Json interface = place({.account = test_account, .subnet_id = "subnet-a", .groups = {}, .description = "", .requester = "amazon-vpce", .local = true});
    Endpoint endpoint{.id = id};
    endpoint.vpc_id = test_vpc;
    endpoint.owner = test_account;
    endpoint.service = "com.amazonaws.us-east-1." + service;
    endpoint.policy = service::bound_own(policy);
    endpoint.interface_ids = {interface.str("NetworkInterfaceId")};
    put(endpoint);
    return endpoint;
  }

  std::unique_ptr<store::Store> store_ = store::open_temporary();
  SeededRandom random_;
};

inline constexpr const char* allow_all = R"({"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]})";

}  // namespace ringwall::network
