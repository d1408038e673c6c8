// Volumes that a store does not know: nothing happens to them but what is asked for by name.

#include "services/rds/volumes.h"

#include "directory/records.h"
#include "keyring/schedule.h"
#include "services/rds/detail/label.h"
#include "services/rds/testing_host.h"
#include "text/time.h"

namespace ringwall::rds {
namespace {

using text::Json;

constexpr const char* group_name = "two";

class VolumesTest : public ::testing::Test, protected RecordedWorld {
 protected:
  VolumesTest() {
    const SubnetGroup group{.name = group_name, .description = {}, .arn = {}, .tags = {}, .vpc = test_vpc, .subnets = {{.id = test_subnet, .zone = {"us-east-1a"}}}};
    change([&](store::Transaction& transaction) {
      directory::tables::accounts.put(transaction, {.id = test_account}, test_account);
      tables::subnet_groups.put(transaction, group, test_account, group_name);
    });
  }
  void TearDown() override {
    if (HasFailure()) std::fputs(logged().c_str(), stderr);
  }
  void make_available() {
    begin();
    id_ = create("shop", "15.20");
    ASSERT_TRUE(becomes("shop", "available"));
    ASSERT_TRUE(signal.eventually([&] { return label().document["made"].as_bool(); }));
  }
  // As after a store was put back that is older than the volume; its key may be newer too.
  void forget(bool key_too = false) {
    leave();
    const std::string name = document("shop")->str("interface");
    change([&](store::Transaction& transaction) {
      transaction.erase(instance_key("shop"));
      network::remove_interface(transaction, test_account, name);
      if (key_too) transaction.erase(kms_key);
    });
    begin();
    ASSERT_TRUE(signal.eventually([&] { return host.process(id_) == 0 && !host.disk(id_)->open; }));
  }
  detail::Label label() const {
    auto read = detail::read_label(environment, id_, host.label(id_));
    return read ? std::move(read->label) : detail::Label{};
  }
  Json row(const std::string& id) {
    const auto rows = volumes.list();
    for (const Json& one : rows->items()) {
      if (one.text("id") == id) return one;
    }
    return {};
  }
  std::string state() { return row(id_).str("state"); }
  Adoption wish() const {
    return {.volume = id_,
            .account = {},
            .identifier = {},
            .subnet_group = group_name,
            .kms_key = {},
            .groups = {test_group}};
  }
  // A second instance, whatever it is for.
  std::string other() {
    const std::string id = create("other", "15.20");
    EXPECT_TRUE(becomes("other", "available"));
    return id;
  }

  Volumes volumes{environment, host, {"ringwall-tests", 1}};
  std::string id_;
};

TEST_F(VolumesTest, ALabelIsThereBeforeTheImageAndSaysMadeBeforeAnEngineStarts) {
  bool labelled = false, made = false;
  std::string id;
  host.once_at("open_volume", [&] {
    labelled = !host.label(id_ = document("shop")->str("DbiResourceId")).empty() && !label().document["made"].as_bool();
  });
  host.once_at("start", [&] { made = label().document["made"].as_bool(); });
  make_available();
  EXPECT_TRUE(labelled);
  EXPECT_TRUE(made);
  EXPECT_EQ(label().document.text("DBInstanceIdentifier"), "shop");
  EXPECT_EQ(label().document.text("account"), test_account);
  EXPECT_EQ(label().installation, "ringwall-tests");
  EXPECT_GT(label().position.revision, 0);
}

TEST_F(VolumesTest, ALabelHoldsNoPasswordAndNoKeyInTheClear) {
  make_available();
  set_password("shop", "Another-Pass-2");
  ASSERT_TRUE(becomes("shop", "available"));
  const std::string bytes = host.label(id_);
  EXPECT_EQ(bytes.find("master_password"), std::string::npos);
  const Bytes key = host.disk(id_)->key;
  EXPECT_EQ(bytes.find(text::base64(key)), std::string::npos);
  EXPECT_EQ(detail::open_escrow(environment, id_, label().escrow)->reveal_text(), text_of(key));
  EXPECT_FALSE(detail::open_escrow(environment, "db-OTHER", label().escrow));
}

TEST_F(VolumesTest, ALabelThatSomebodyChangedIsNotBelieved) {
  make_available();
  const std::string bytes = host.label(id_);
  for (std::size_t at = 0; at < bytes.size(); at += 7) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    const auto read = detail::read_label(environment, id_, changed);
    EXPECT_FALSE(read && read->genuine) << at;
  }
  for (const std::string& cut :
       {bytes.substr(0, bytes.size() - 1), bytes + "\n", bytes.substr(0, 10), std::string("\n")}) {
    const auto read = detail::read_label(environment, id_, cut);
    EXPECT_FALSE(read && read->genuine) << cut;
  }
  EXPECT_FALSE(detail::read_label(environment, "db-OTHER", bytes)->genuine);
  const Secret another(std::string(32, 's'));
  const service::Environment elsewhere{*store, clock, random, "us-east-1", "ringwall.internal", another};
  EXPECT_FALSE(detail::read_label(elsewhere, id_, bytes)->genuine);
}

TEST_F(VolumesTest, ALabelStaysInsideItsLimitAndDropsTagsForThat) {
  const auto bytes_with = [&](std::size_t value_bytes) {
    Instance instance;
    instance.wanted.tags = {{"k", std::string(value_bytes, 'v')}};
    return detail::lasting(instance).dump().size();
  };
  EXPECT_GT(bytes_with(host::label_bytes_max - 8192), host::label_bytes_max - 8192);
  EXPECT_LT(bytes_with(host::label_bytes_max - 4096), 4096U);
}

TEST_F(VolumesTest, EveryStateIsToldWithWhatKeepsAVolumeFromBeingUsed) {
  make_available();
  EXPECT_EQ(state(), "in-use");
  EXPECT_EQ(row(id_).text("status"), "available");
  const std::string bytes = host.label(id_);
  desire("shop", "stopped", "stopping");
  ASSERT_TRUE(becomes("shop", "stopped"));
  host.drop_disk(id_);
  EXPECT_EQ(state(), "missing");
  host.put_disk(id_);
  forget();
  EXPECT_EQ(state(), "orphan");
  EXPECT_FALSE(row(id_).contains("problem"));
  EXPECT_EQ(row(id_).text("identifier"), "shop");
  host.put_label(id_, bytes.substr(0, bytes.size() - 2) + "\n");
  EXPECT_EQ(state(), "damaged");
  EXPECT_NE(row(id_).text("problem").find("under this root key"), std::string::npos);
  detail::Label foreign = detail::read_label(environment, id_, bytes)->label;
  foreign.installation = "ringwall-other";
  host.put_label(id_, detail::write_label(environment, foreign));
  EXPECT_EQ(state(), "foreign");
  host.put_label(id_, "");
  EXPECT_EQ(state(), "orphan");
  EXPECT_NE(row(id_).text("problem").find("no label"), std::string::npos);
  host.put_label(id_, bytes);
  host.drop_disk(id_);
  EXPECT_EQ(state(), "damaged");
  EXPECT_NE(row(id_).text("problem").find("image is missing"), std::string::npos);
}

TEST_F(VolumesTest, AnOrphanIsAdoptedWithItsDataUnderItsKmsKey) {
  make_available();
  const Bytes key = host.disk(id_)->key;
  forget();
  const auto adopted = volumes.adopt(wish());
  ASSERT_TRUE(adopted) << adopted.error().message;
  EXPECT_EQ(adopted->text("identifier"), "shop");
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_EQ(host.disk(id_)->initialisations, 1);
  EXPECT_EQ(host.disk(id_)->password, test_password);
  EXPECT_EQ(host.disk(id_)->key, key);
  EXPECT_EQ(document("shop")->str("KmsKeyId"), store->get(kms_key)->document->str("Arn"));
  EXPECT_EQ(state(), "in-use");
  const auto again = volumes.adopt(wish());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, Failure::conflict);
}

TEST_F(VolumesTest, EscrowOpensAVolumeWhoseKmsKeyIsNewerThanTheStore) {
  make_available();
  const std::string lost = label().document.str("KmsKeyId");
  forget(true);
  const auto adopted = volumes.adopt(wish());
  ASSERT_TRUE(adopted) << adopted.error().message;
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_EQ(host.disk(id_)->initialisations, 1);
  EXPECT_NE(document("shop")->str("KmsKeyId"), lost);
  ASSERT_TRUE(
      signal.eventually([&] { return label().document.text("KmsKeyId") == document("shop")->text("KmsKeyId"); }));
  EXPECT_NE(label().escrow, "");
}

TEST_F(VolumesTest, AnOrphanThatWasNeverFinishedIsNotAdoptedAndMayBeRemoved) {
  host.fail_at("initialise", Error{Failure::io, "a disk error"});
  begin();
  id_ = create("shop", "15.20");
  ASSERT_TRUE(becomes("shop", "failed"));
  forget();
  EXPECT_NE(row(id_).text("problem").find("never finished"), std::string::npos);
  const auto refused = volumes.adopt(wish());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::denied);
  EXPECT_TRUE(volumes.remove(id_));
}

TEST_F(VolumesTest, AKmsKeyThatMayNotBeUsedOpensNothingEscrowOrNot) {
  make_available();
  forget();
  for (const char* key_state : {"Disabled", "PendingDeletion"}) {
    set_key_state(key_state);
    const auto refused = volumes.adopt(wish());
    ASSERT_FALSE(refused) << key_state;
    EXPECT_EQ(refused.error().kind, Failure::denied);
    EXPECT_NE(row(id_).text("problem").find("cannot be used"), std::string::npos);
  }
  EXPECT_FALSE(document("shop"));
  set_key_state("Enabled");
  EXPECT_TRUE(volumes.adopt(wish()));
}

// Deletes the key of the world as its schedule does.
void delete_key(RecordedWorld& world) {
  world.change([&](store::Transaction& transaction) {
    Json key = *transaction.get(world.kms_key);
    key.set("KeyState", "PendingDeletion").set("DeletionDate", 1);
    transaction.put(world.kms_key, std::move(key));
  });
  ASSERT_EQ(keyring::run_schedule(world.environment).value_or(0), 1);
}

TEST_F(VolumesTest, DeletingAKmsKeyTakesTheEscrowFromTheLabelsOfItsVolumes) {
  make_available();
  EXPECT_NE(label().escrow, "");
  const std::string escrowed = host.label(id_);
  delete_key(*this);
  ASSERT_TRUE(becomes("shop", "inaccessible-encryption-credentials"));
  ASSERT_TRUE(signal.eventually([&] { return label().escrow.empty(); }));
  // And from those of volumes that no document knows, whose keeper is nobody.
  host.put_label(id_, escrowed);
  forget();
  EXPECT_EQ(volumes.shred().value_or(0), 1);
  EXPECT_EQ(label().escrow, "");
  EXPECT_EQ(volumes.shred().value_or(-1), 0);
  // A label with escrow, from a copy of the disk, is of no use either.
  host.put_label(id_, escrowed);
  const auto refused = volumes.adopt(wish());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("was deleted"), std::string::npos) << refused.error().message;
}

TEST_F(VolumesTest, AnAdoptedVolumeSharesNoUidAndNoNameWithAnother) {
  make_available();
  const auto uid = (*document("shop"))["uid"].as_integer();
  forget();
  other();  // takes the uid, which is free as far as the store knows
  EXPECT_EQ((*document("other"))["uid"].as_integer(), uid);
  Adoption named = wish();
  named.identifier = "other";
  const auto taken = volumes.adopt(named);
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message.find("--identifier"), std::string::npos);
  named.identifier = "not_a_name";
  EXPECT_FALSE(volumes.adopt(named));
  named.identifier = "Second";
  ASSERT_TRUE(volumes.adopt(named));
  ASSERT_TRUE(becomes("second", "available"));
  EXPECT_NE((*document("second"))["uid"].as_integer(), uid);
}

TEST_F(VolumesTest, WhatTheStoreDoesNotHaveIsNamedWithItsFlag) {
  make_available();
  forget();
  for (const auto& [spoil, flag] : std::vector<std::pair<std::function<void(Adoption&)>, const char*>>{
           {[](Adoption& w) { w.account = "999999999999"; }, "--account"},
           {[](Adoption& w) { w.subnet_group = "gone"; }, "--db-subnet-group-name"},
           {[](Adoption& w) { w.groups = {"sg-gone"}; }, "--vpc-security-group-ids"},
           {[](Adoption& w) { w.kms_key = "alias/gone"; }, "alias/gone"},
           {[](Adoption& w) { w.volume = "db-GONE"; }, "db-GONE"}}) {
    Adoption spoilt = wish();
    spoil(spoilt);
    const auto refused = volumes.adopt(spoilt);
    ASSERT_FALSE(refused) << flag;
    EXPECT_NE(refused.error().message.find(flag), std::string::npos) << refused.error().message;
  }
  EXPECT_FALSE(document("shop"));
  EXPECT_TRUE(host.disk(id_));
}

TEST_F(VolumesTest, OnlyAVolumeThatNoDocumentKnowsAndThatIsOursIsRemoved) {
  make_available();
  const auto in_use = volumes.remove(id_);
  ASSERT_FALSE(in_use);
  EXPECT_EQ(in_use.error().kind, Failure::conflict);
  forget();
  const std::string bytes = host.label(id_);
  detail::Label foreign = label();
  foreign.installation = "ringwall-other";
  host.put_label(id_, detail::write_label(environment, foreign));
  EXPECT_FALSE(volumes.remove(id_));
  EXPECT_FALSE(volumes.adopt(wish()));
  EXPECT_TRUE(host.disk(id_));
  host.put_label(id_, bytes);
  ASSERT_TRUE(volumes.remove(id_));
  EXPECT_TRUE(host.empty());
  EXPECT_EQ(volumes.remove(id_).error().kind, Failure::not_found);
}

TEST_F(VolumesTest, OnlyAClosedVolumeIsExported) {
  make_available();
  EXPECT_EQ(volumes.check_export(id_).error().kind, Failure::conflict);
  desire("shop", "stopped", "stopping");
  ASSERT_TRUE(becomes("shop", "stopped"));
  EXPECT_TRUE(volumes.check_export(id_));
  EXPECT_EQ(volumes.check_export("db-GONE").error().kind, Failure::not_found);
}

TEST_F(VolumesTest, AnOlderDocumentThatDoesNotKnowOfTheDataMakesNoneAnew) {
  make_available();
  leave();
  // The copy was taken while the instance was being created; then its image got lost.
  change([&](store::Transaction& transaction) {
    Json older = *transaction.get(instance_key("shop"));
    older.erase("made");
    older.set("DBInstanceStatus", "creating")
        .set("master_password", detail::seal_password(environment, id_, test_password));
    transaction.put(instance_key("shop"), std::move(older));
  });
  host.crash(id_);
  host.drop_disk(id_);
  begin();
  ASSERT_TRUE(becomes("shop", "failed"));
  EXPECT_FALSE(host.disk(id_));
  EXPECT_NE(document("shop")->text("message").find("is missing"), std::string::npos);
}

TEST_F(VolumesTest, AnEngineThatRunsWhereTheDocumentDoesNotSayIsStartedAgain) {
  make_available();
  const pid_t before = host.process(id_);
  leave();
  change([&](store::Transaction& transaction) {
    Json older = *transaction.get(instance_key("shop"));
    transaction.put(instance_key("shop"), older.set("uid", older["uid"].as_integer() + 1));
  });
  begin();
  ASSERT_TRUE(signal.eventually([&] { return host.process(id_) > before; }));
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_EQ(host.disk(id_)->initialisations, 1);
}

TEST_F(VolumesTest, AnOrphanWithoutALabelIsLeftOpenForOnlyTheKernelHasItsKey) {
  make_available();
  leave();
  host.put_label(id_, "");
  change([&](store::Transaction& transaction) { transaction.erase(instance_key("shop")); });
  begin();
  ASSERT_TRUE(
      signal.eventually([&] { return logged().find("are left open at host/mounts/" + id_) != std::string::npos; }));
  EXPECT_EQ(host.process(id_), 0);
  EXPECT_TRUE(host.disk(id_)->open);
  EXPECT_FALSE(volumes.adopt(wish()));
}

TEST_F(VolumesTest, AVolumeOfAnEarlierVersionGetsItsLabelAtTheNextStart) {
  make_available();
  desire("shop", "stopped", "stopping");
  ASSERT_TRUE(becomes("shop", "stopped"));
  leave();
  host.put_label(id_, "");
  begin();
  ASSERT_TRUE(signal.eventually([&] { return !host.label(id_).empty(); }));
  EXPECT_TRUE(label().document["made"].as_bool());
  EXPECT_NE(label().escrow, "");
}

TEST_F(VolumesTest, ALabelThatCannotBeWrittenStopsANewVolumeAndNotAStop) {
  host.fail_at("label_volume", Error{Failure::exhausted, "the disk is full"});
  begin();
  id_ = create("shop", "15.20");
  ASSERT_TRUE(becomes("shop", "insufficient-capacity"));
  EXPECT_FALSE(host.disk(id_));
  host.fail_at("label_volume", std::nullopt);
  ASSERT_TRUE(becomes("shop", "available"));
  host.fail_at("label_volume", Error{Failure::exhausted, "the disk is full"});
  ask("shop", [](Json& wanted) { wanted.set("DeletionProtection", true); });
  desire("shop", "stopped", "stopping");
  EXPECT_TRUE(becomes("shop", "stopped"));
}

}  // namespace
}  // namespace ringwall::rds
