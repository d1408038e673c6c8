#include "server/services.h"

#include <gtest/gtest.h>

#include "keyring/records.h"
#include "network/records.h"
#include "services/rds/records.h"
#include "store/testing.h"

namespace ringwall::server {
namespace {

constexpr const char* account = "111122223333";

class Occupied : public ::testing::Test {
 protected:
  std::string remaining() { return remaining_in(services_)(transaction_, account).value_or(""); }
  void put_key(const char* id, keyring::KeyManager manager, keyring::KeyState state) {
    keyring::StoredKey key;
    key.manager = manager;
    key.state = state;
    keyring::tables::keys.put(transaction_, key, account, id);
  }
  std::unique_ptr<store::Store> store_ = store::open_temporary();
  store::Transaction transaction_{*store_};
  const std::vector<std::unique_ptr<engine::Engine>> engines_ = {};
  const crypto::Authority authority_ = crypto::Authority::create("Test CA", TimePoint{});
  const std::vector<service::Service> services_ = services({.engines = engines_, .authority = authority_, .bugs = {}});
};

TEST_F(Occupied, AnAccountKeepsItsDatabasesItsVpcsAndItsKeys) {
  EXPECT_EQ(remaining(), "");
  put_key("k", keyring::KeyManager::customer, keyring::KeyState::disabled);
  EXPECT_EQ(remaining(), "KMS keys");
  network::tables::vpcs.put(transaction_, {.id = "vpc-1"}, account, "vpc-1");
  EXPECT_EQ(remaining(), "VPCs");
  rds::tables::instances.put(transaction_, {}, account, "app");
  EXPECT_EQ(remaining(), "DB instances");
}

TEST_F(Occupied, KeysThatWaitForTheirDeletionOrAreOfAwsKeepNobody) {
  put_key("p", keyring::KeyManager::customer, keyring::KeyState::pending_deletion);
  put_key("a", keyring::KeyManager::aws, keyring::KeyState::enabled);
  EXPECT_EQ(remaining(), "");
}

TEST_F(Occupied, WhatIsAnotherAccountsKeepsThisOneNot) {
  network::tables::vpcs.put(transaction_, {.id = "vpc-1"}, "444455556666", "vpc-1");
  EXPECT_EQ(remaining(), "");
}

}  // namespace
}  // namespace ringwall::server
