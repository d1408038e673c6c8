#include "server/installation.h"

#include <gtest/gtest.h>

#include "crypto/crypto.h"
#include "directory/testing.h"
#include "keyring/keyring.h"
#include "server/host_test.h"
#include "services/rds/records.h"
#include "store/testing.h"

namespace ringwall::server {
namespace {

using text::Json;

class InstallationTest : public ::testing::Test {
 protected:
  Result<Entered> enter_with(store::Store& store) {
    const service::Environment environment{store, clock_, random_, "us-east-1", "ringwall.internal", root_key_};
    return enter(environment, host_);
  }
  void put(store::Store& store, std::string_view key, Json document) {
    store::Transaction transaction(store);
    transaction.put(key, std::move(document));
    ASSERT_TRUE(store.commit(transaction));
  }
  // A copy of what the store holds, at its own revision or an earlier one.
  std::unique_ptr<store::Store> copy_of(const store::Store& store) {
    auto copy = store::open_temporary();
    for (const store::Entry& entry : store.list("")) put(*copy, entry.key, *entry.document);
    return copy;
  }
  const Json* stored(const store::Store& store) {
    kept_ = store.get("server/installation")->document;
    return kept_.get();
  }

  directory::testing::FakeClock clock_;
  crypto::SystemRandom random_;
  Secret root_key_{std::string(32, 'r')};
  QuietHost host_;
  std::shared_ptr<const Json> kept_;
};

TEST_F(InstallationTest, KeepsItsIdAndRaisesTheGenerationAtEachStart) {
  const auto store = store::open_temporary();
  const auto first = enter_with(*store), second = enter_with(*store);
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->installation.id.starts_with("ringwall-"));
  EXPECT_EQ(second->installation.id, first->installation.id);
  EXPECT_EQ(first->installation.generation, 1);
  EXPECT_EQ(second->installation.generation, 2);
  EXPECT_EQ(first->notice + second->notice, "");
  EXPECT_EQ((*stored(*store))["generation"].as_integer(), 2);
}

TEST_F(InstallationTest, AStoreOfAnEarlierStartIsNoticedAndGoesOnBehindAllThatRan) {
  const auto store = store::open_temporary();
  ASSERT_TRUE(enter_with(*store));
  const auto older = copy_of(*store);
  ASSERT_TRUE(enter_with(*store));
  ASSERT_TRUE(enter_with(*store));
  const auto entered = enter_with(*older);
  ASSERT_TRUE(entered);
  EXPECT_NE(entered->notice.find("older than what ran here"), std::string::npos) << entered->notice;
  EXPECT_EQ(entered->installation.generation, 4);
  EXPECT_EQ(enter_with(*older)->notice, "");  // it is the newest now
  EXPECT_NE(enter_with(*store)->notice, "");  // and what was the newest is older
}

TEST_F(InstallationTest, AFullDiskKeepsNoStoreFromItsStart) {
  const auto store = store::open_temporary();
  ASSERT_TRUE(enter_with(*store));
  host_.full = true;
  const auto entered = enter_with(*store);
  ASSERT_TRUE(entered) << entered.error().message;
  EXPECT_EQ(entered->installation.generation, 2);
  EXPECT_EQ(entered->notice, "");
  host_.full = false;
  EXPECT_EQ(enter_with(*store)->notice, "");
}

TEST_F(InstallationTest, ACopyOfTheSameStartIsNoticedByWhatWasCommittedSince) {
  const auto store = store::open_temporary();
  const auto entered = enter_with(*store);
  const auto older = copy_of(*store);
  put(*store, "rds/one", Json::object({}));
  put(*store, "rds/two", Json::object({}));
  const service::Environment environment{*store, clock_, random_, "us-east-1", "ringwall.internal", root_key_};
  ASSERT_TRUE(remember(environment, host_, entered->installation));
  EXPECT_NE(enter_with(*older)->notice, "");
}

TEST_F(InstallationTest, WhatAnOlderStoreWantsDeletedWaitsUntilItIsAskedForAgain) {
  const auto store = store::open_temporary();
  ASSERT_TRUE(enter_with(*store));
  const auto put_instance = [&](const char* identifier, rds::Desired desired, rds::Status status) {
    rds::Instance instance;
    instance.wanted.identifier = identifier;
    instance.wanted.desired = desired;
    instance.wanted.generation = 3;
    instance.observed.status = status;
    put(*store, rds::tables::instances.key("111122223333", identifier), records::to_json(instance));
  };
  put_instance("shop", rds::Desired::deleted, rds::Status::deleting);
  put_instance("kept", rds::Desired::running, rds::Status::available);
  const auto older = copy_of(*store);
  ASSERT_TRUE(enter_with(*store));
  const auto instance = [](const store::Store& of, const char* identifier) { return rds::tables::instances.get(of, "111122223333", identifier).value(); };
  EXPECT_EQ(instance(*store, "shop").wanted.desired, rds::Desired::deleted);  // its own wish
  const auto entered = enter_with(*older);
  EXPECT_NE(entered->notice.find("`shop`"), std::string::npos) << entered->notice;
  EXPECT_EQ(instance(*older, "shop").wanted.desired, rds::Desired::stopped);
  EXPECT_EQ(instance(*older, "shop").observed.status, rds::Status::stopping);
  EXPECT_EQ(instance(*older, "shop").wanted.generation, 4);
  EXPECT_EQ(instance(*older, "kept").wanted.generation, 3);
}

TEST_F(InstallationTest, AnOlderStoreGivesAKeyThatItIsAboutToDeleteSevenDaysMore) {
  constexpr std::int64_t day_ms = 24LL * 60 * 60 * 1000;
  const std::int64_t now = text::to_millis(clock_.now());
  const auto store = store::open_temporary();
  ASSERT_TRUE(enter_with(*store));
  for (const int days : {6, 7, 8}) {
    keyring::StoredKey key;
    key.arn = "arn:" + std::to_string(days);
    key.state = keyring::KeyState::pending_deletion;
    key.deletion_date = now + days * day_ms;
    put(*store, keyring::tables::keys.key("111122223333", std::to_string(days)), records::to_json(key));
  }
  const auto older = copy_of(*store);
  ASSERT_TRUE(enter_with(*store));
  const auto entered = enter_with(*older);
  EXPECT_NE(entered->notice.find("`arn:6`"), std::string::npos) << entered->notice;
  EXPECT_EQ(entered->notice.find("`arn:7`"), std::string::npos);
  for (const auto& [key, days] : {std::pair{6, 7}, {7, 7}, {8, 8}}) {
    EXPECT_EQ(keyring::tables::keys.get(*older, "111122223333", std::to_string(key))->deletion_date, now + days * day_ms) << key;
  }
}

TEST_F(InstallationTest, ANewStoreTakesTheWorldsIdSoThatItsVolumesAreItsOwn) {
  const auto lost = store::open_temporary();
  const std::string id = enter_with(*lost)->installation.id;
  const auto store = store::open_temporary();
  const auto entered = enter_with(*store);
  EXPECT_EQ(entered->installation.id, id);
  EXPECT_EQ(entered->installation.generation, 2);
}

TEST_F(InstallationTest, AnotherInstallationsStoreIsNotTakenForAnOlderOne) {
  const auto one = store::open_temporary();
  ASSERT_TRUE(enter_with(*one));
  ASSERT_TRUE(enter_with(*one));
  const auto other = store::open_temporary();
  put(*other, "server/installation", Json::object({{"id", "ringwall-other"}, {"generation", 1}}));
  const auto entered = enter_with(*other);
  EXPECT_EQ(entered->installation.id, "ringwall-other");
  EXPECT_EQ(entered->notice, "");
  EXPECT_EQ(entered->installation.generation, 3);
}

TEST_F(InstallationTest, ADamagedFileIsReplacedAndTheStoreUsedAsItIs) {
  const auto store = store::open_temporary();
  ASSERT_TRUE(enter_with(*store));
  for (const char* damaged : {"{", "[]", "\"x\"", "{\"installation\":7,\"generation\":\"x\"}"}) {
    host_.kept = damaged;
    const auto entered = enter_with(*store);
    ASSERT_TRUE(entered) << damaged;
    EXPECT_EQ(entered->notice, "");
  }
  EXPECT_NE(host_.kept.find("\"generation\":5"), std::string::npos) << host_.kept;
}

TEST_F(InstallationTest, AHostThatDoesNotAnswerIsNoReasonToBelieveTheStore) {
  const auto store = store::open_temporary();
  host_.broken = true;
  EXPECT_FALSE(enter_with(*store));
  EXPECT_FALSE(store->get("server/installation"));
}

}  // namespace
}  // namespace ringwall::server
