#pragma once
// For the reconciler's tests: a stored world with one VPC and one key, and instances in it as the
// API writes them.

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>

#include "base/check.h"
#include "crypto/crypto.h"
#include "network/documents.h"
#include "network/network.h"
#include "network/records.h"
#include "os/files.h"
#include "services/rds/detail/record.h"
#include "services/rds/reconciler.h"
#include "store/testing.h"
#include "text/encode.h"

namespace ringwall::rds {

inline constexpr const char* test_account = "111122223333";
inline constexpr const char* test_vpc = "vpc-11111111111111111";
inline constexpr const char* test_subnet = "subnet-11111111111111111";
inline constexpr const char* test_group = "sg-11111111111111111";
inline constexpr const char* test_password = "Correct-Horse-1";

// Wakes whoever waits for something to become true.
class Signal {
 public:
  void notify() {
    {
      const std::lock_guard lock(mutex_);
      ++count_;
    }
    changed_.notify_all();
  }
  // Did it become true, looked at after every notification, before the test's patience ended?
  template <typename Predicate>
  bool eventually(Predicate&& predicate, std::chrono::seconds patience = std::chrono::seconds(60)) {
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
      std::unique_lock lock(mutex_);
      const auto seen = count_;
      lock.unlock();
      if (predicate()) return true;
      lock.lock();
      if (!changed_.wait_until(lock, until, [&] { return count_ != seen; })) return false;
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t count_ = 0;
};

class World {
 public:
  explicit World(bool dns) {
    watch_ = store->watch("", [this](const std::vector<store::Change>&) { signal.notify(); });
    change([&](store::Transaction& transaction) {
      network::Vpc vpc{.id = test_vpc, .owner = test_account};
      vpc.cidr = "10.0.0.0/16";
      vpc.dns_support = dns;
      network::tables::vpcs.put(transaction, vpc, test_account, test_vpc);
      network::Subnet subnet{.id = test_subnet};
      subnet.vpc_id = test_vpc;
      subnet.cidr = "10.0.1.0/24";
      subnet.zone = "us-east-1a";
      network::tables::subnets.put(transaction, subnet, test_account, test_subnet);
      network::Rule inward{.protocol = "-1"}, outward{.protocol = "-1"};
      inward.peer = {.group_id = test_group, .account = test_account};
      outward.is_egress = true;
      outward.cidr = "0.0.0.0/0";
      network::Group group{.id = test_group, .name = "default"};
      group.vpc_id = test_vpc;
      group.rules = {inward, outward};
      network::tables::groups.put(transaction, group, test_account, test_group);
      const auto key = keyring::make_key(environment, test_account, "tests", {}, {}, keyring::KeyManager::customer);
      kms_key = keyring::tables::keys.key(test_account, key.id);
      keyring::tables::keys.put(transaction, key, test_account, key.id);
    });
  }

  // Runs in a transaction that must succeed.
  template <typename Work>
  void change(Work&& work) {
    const auto done = store::transact(*store, [&](store::Transaction& transaction) -> Result<> {
      work(transaction);
      return {};
    });
    ASSERT_TRUE(done) << done.error().message;
  }

  text::Json add_interface(std::string requester) {
    text::Json interface;
    change([&](store::Transaction& transaction) {
      auto added = network::add_interface(transaction, random, {.account = test_account, .subnet_id = test_subnet,
                                                                .groups = {}, .description = "", .requester = requester});
      RW_CHECK(added.has_value());
      interface = *added;
    });
    return interface;
  }

  static std::string instance_key(const std::string& identifier) { return tables::instances.key(test_account, identifier); }

  // As CreateDBInstance leaves it; answers the resource id.
  std::string create(const std::string& identifier, const std::string& version) {
    const std::string id = "db-" + random_text(random, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 20);
    const Json interface = add_interface(std::string(detail::requester));
    const std::string name = detail::endpoint_name(environment, test_account, identifier);
    change([&](store::Transaction& transaction) {
      const std::string arn = transaction.get(kms_key)->str("Arn");
      const auto key = keyring::find_key(transaction, environment.region, test_account, arn);
      Bytes data_key(detail::data_key_bytes);
      random.fill(data_key);
      const auto wrapped = keyring::encrypt(environment, *key, data_key, detail::data_key_context(id));
      RW_CHECK(wrapped.has_value());
      Instance instance;
      Wanted& wanted = instance.wanted;
      wanted.identifier = identifier;
      wanted.resource_id = id;
      wanted.instance_class = "db.t3.micro";
      wanted.engine = "postgres";
      wanted.version = version;
      wanted.master_user = "master";
      wanted.database = "shop";
      wanted.kms_key = arn;
      wanted.endpoint = {name, 5432};
      wanted.account = test_account;
      wanted.vpc = test_vpc;
      wanted.interface = interface.str("NetworkInterfaceId");
      wanted.address = interface.str("PrivateIpAddress");
      wanted.uid = detail::free_uid(transaction);
      wanted.takes_tokens = true;
      wanted.data_key = text::base64(*wrapped);
      instance.requests.master_password = detail::seal_password(environment, id, test_password);
      instance.observed.storage = 1;
      instance.observed.created = 1;
      tables::instances.put(transaction, instance, test_account, identifier);
      network::tables::names.put(transaction, {.address = wanted.address, .addresses = {}}, test_vpc, name);
    });
    return id;
  }

  std::shared_ptr<const text::Json> document(const std::string& identifier) const {
    const auto entry = store->get(instance_key(identifier));
    return entry ? entry->document : nullptr;
  }

  // What an API call changes; every one counts.
  template <typename Change>
  void ask(const std::string& identifier, Change&& wanted) {
    change([&](store::Transaction& transaction) {
      const std::string key = instance_key(identifier);
      text::Json changed = *transaction.get(key);
      wanted(changed);
      changed.set("generation", changed["generation"].as_integer() + 1);
      transaction.put(key, std::move(changed));
    });
  }
  void desire(const std::string& identifier, const std::string& desired, const std::string& status) {
    ask(identifier, [&](text::Json& document) {
      document.set("desired", desired);
      document.set("DBInstanceStatus", status);
    });
  }
  void set_password(const std::string& identifier, const std::string& password) {
    ask(identifier, [&](text::Json& document) {
      document.set("master_password", detail::seal_password(environment, document.text("DbiResourceId"), password));
      document.set("DBInstanceStatus", "modifying");
    });
  }
  void set_key_state(const std::string& state) {
    change([&](store::Transaction& transaction) {
      text::Json key = *transaction.get(kms_key);
      key.set("KeyState", state);
      transaction.put(kms_key, std::move(key));
    });
  }

  bool becomes(const std::string& identifier, const std::string& status) {
    return signal.eventually([&] {
      const auto now = document(identifier);
      return now && now->text("DBInstanceStatus") == status;
    });
  }
  bool goes(const std::string& identifier) {
    return signal.eventually([&] { return document(identifier) == nullptr; });
  }

  Signal signal;
  std::unique_ptr<store::Store> store = store::open_temporary();
  os::SystemClock clock;
  crypto::SystemRandom random;
  Secret root_key{std::string(32, 'r')};
  service::Environment environment{*store, clock, random, "us-east-1", "ringwall.internal", root_key};
  crypto::Authority authority = crypto::Authority::create("tests", clock.now());
  std::string kms_key;

 private:
  std::unique_ptr<store::Watch> watch_;
};

}  // namespace ringwall::rds
