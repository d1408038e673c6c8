// Every change of an instance's status, on a host that only remembers.

#include "services/rds/reconciler.h"

#include "services/rds/detail/keeper.h"
#include "services/rds/testing_host.h"
#include "text/time.h"

namespace ringwall::rds {
namespace {

using text::Json;

class Reconciling : public ::testing::Test, protected RecordedWorld {
 protected:
  void TearDown() override {
    if (HasFailure()) std::fputs(logged().c_str(), stderr);
  }
  // An instance `shop` that is available.
  void make_available() {
    begin();
    id_ = create("shop", "15.20");
    ASSERT_TRUE(becomes("shop", "available"));
    host.forget_calls();
  }
  std::string message() const { return document("shop")->str("message"); }
  std::string id_;
};

TEST_F(Reconciling, MakesACreatedInstanceAvailable) {
  host.serve_after_probes(3);
  make_available();
  const auto made = document("shop");
  EXPECT_FALSE(made->contains("master_password"));
  EXPECT_FALSE(made->contains("message"));
  EXPECT_TRUE((*made)["made"].as_bool());
  EXPECT_GT((*made)["InstanceCreateTime"].as_integer(), 0);
  EXPECT_EQ(host.disk(id_)->password, test_password);
  EXPECT_NE(host.process(id_), 0);
  EXPECT_TRUE(std::filesystem::exists(host.socket_folder(id_) + "/auth.sock"));
}

TEST_F(Reconciling, WorksOnSeveralInstancesAtOnce) {
  // Whichever initialises first waits until the other is available.
  bool passed = false;
  host.once_at("initialise", [&] {
    passed = signal.eventually([&] {
      return std::ranges::any_of(store->list("rds/"), [](const store::Entry& entry) {
        return entry.document->text("DBInstanceStatus") == "available";
      });
    });
  });
  begin();
  const std::string first = create("first", "15.20"), second = create("second", "15.20");
  EXPECT_TRUE(becomes("first", "available"));
  EXPECT_TRUE(becomes("second", "available"));
  EXPECT_TRUE(passed);
  EXPECT_NE(host.process(first), host.process(second));
}

TEST_F(Reconciling, AppliesAPasswordWithoutRestarting) {
  make_available();
  const pid_t before = host.process(id_);
  set_password("shop", "Another-Pass-2");
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_EQ(host.disk(id_)->password, "Another-Pass-2");
  EXPECT_EQ(host.process(id_), before);
  EXPECT_FALSE(document("shop")->contains("master_password"));
}

TEST_F(Reconciling, SaysThatAPasswordCannotBeSetAndSetsItWhenItCan) {
  make_available();
  host.fail_at("set_password", Error{Failure::denied, "a master user that is beyond repair"});
  set_password("shop", "Another-Pass-2");
  ASSERT_TRUE(signal.eventually([&] { return message().find("beyond repair") != std::string::npos; }));
  EXPECT_TRUE(becomes("shop", "available")) << "it serves";
  EXPECT_NE(message().find("the master password is not set yet"), std::string::npos) << message();
  EXPECT_EQ(host.disk(id_)->password, test_password);
  host.fail_at("set_password", std::nullopt);
  ASSERT_TRUE(signal.eventually([&] { return host.disk(id_)->password == "Another-Pass-2"; }));
  ASSERT_TRUE(signal.eventually([&] { return !document("shop")->contains("master_password"); }));
  EXPECT_EQ(message(), "");
}

TEST_F(Reconciling, KeepsAPasswordThatArrivesWhileAnotherIsApplied) {
  make_available();
  host.once_at("set_password", [&] { set_password("shop", "Third-Pass-3"); });
  set_password("shop", "Another-Pass-2");
  ASSERT_TRUE(signal.eventually([&] { return host.disk(id_)->password == "Third-Pass-3"; }));
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_FALSE(document("shop")->contains("master_password"));
}

TEST_F(Reconciling, RebootsWithAnotherProcessOnTheSameData) {
  make_available();
  const pid_t before = host.process(id_);
  ask("shop", [](Json& wanted) {
    wanted.set("reboot", true);
    wanted.set("DBInstanceStatus", "rebooting");
  });
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_NE(host.process(id_), before);
  EXPECT_EQ(host.disk(id_)->initialisations, 1);
  EXPECT_FALSE(document("shop")->contains("reboot"));
  EXPECT_EQ(host.calls().front(), "stop");  // in order
}

TEST_F(Reconciling, StopsWithTheVolumeLockedAndStartsAgain) {
  make_available();
  desire("shop", "stopped", "stopping");
  ASSERT_TRUE(becomes("shop", "stopped"));
  EXPECT_EQ(host.process(id_), 0);
  EXPECT_FALSE(host.disk(id_)->open);
  EXPECT_EQ(host.calls().front(), "stop");
  desire("shop", "running", "starting");
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_EQ(host.disk(id_)->initialisations, 1);
  EXPECT_EQ(host.disk(id_)->password, test_password);
}

TEST_F(Reconciling, DeletesEverythingThatAnInstanceHad) {
  make_available();
  const std::string interface = document("shop")->str("interface");
  desire("shop", "deleted", "deleting");
  ASSERT_TRUE(goes("shop"));
  EXPECT_TRUE(host.empty());
  EXPECT_FALSE(store->get(network::key_of(network::Kind::interface, test_account, interface)));
  EXPECT_TRUE(store->list("dns/").empty());
}

TEST_F(Reconciling, DeletesAStoppedInstanceAndOneWhoseKeyIsGone) {
  make_available();
  change([&](store::Transaction& transaction) { transaction.erase(kms_key); });
  ASSERT_TRUE(becomes("shop", "inaccessible-encryption-credentials"));
  desire("shop", "deleted", "deleting");
  ASSERT_TRUE(goes("shop"));
  EXPECT_TRUE(host.empty());
}

TEST_F(Reconciling, DeletesAnInstanceThatIsBeingCreated) {
  for (const char* step : {"open_volume", "initialise", "start", "set_password"}) {
    SCOPED_TRACE(step);
    host.once_at(step, [&] { desire("shop", "deleted", "deleting"); });
    begin();
    create("shop", "15.20");
    ASSERT_TRUE(goes("shop"));
    EXPECT_TRUE(host.empty());
    EXPECT_TRUE(store->list("dns/").empty());
    leave();
  }
}

TEST_F(Reconciling, MakesAnIdentifierUsableAgainAfterItsDeletion) {
  make_available();
  desire("shop", "deleted", "deleting");
  ASSERT_TRUE(goes("shop"));
  const std::string again = create("shop", "15.20");
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_NE(again, id_);
  EXPECT_FALSE(host.disk(id_));
}

TEST_F(Reconciling, LocksTheDataWhileTheKeyIsDisabledAndComesBack) {
  make_available();
  for (const char* state : {"Disabled", "PendingDeletion"}) {
    SCOPED_TRACE(state);
    set_key_state(state);
    ASSERT_TRUE(becomes("shop", "inaccessible-encryption-credentials-recoverable"));
    EXPECT_EQ(host.process(id_), 0);
    EXPECT_FALSE(host.disk(id_)->open);
    EXPECT_NE(message(), "");
    set_key_state("Enabled");
    ASSERT_TRUE(becomes("shop", "available"));
    EXPECT_EQ(host.disk(id_)->initialisations, 1);
  }
}

TEST_F(Reconciling, OpensNothingWhenTheKeyWasDisabledBeforeTheCreation) {
  create("shop", "15.20");
  set_key_state("Disabled");
  begin();
  ASSERT_TRUE(becomes("shop", "inaccessible-encryption-credentials-recoverable"));
  EXPECT_TRUE(host.empty());
  set_key_state("Enabled");
  EXPECT_TRUE(becomes("shop", "available"));
}

TEST_F(Reconciling, KeepsTheDataWhenTheKeyIsGone) {
  make_available();
  const auto key = store->get(kms_key)->document;
  change([&](store::Transaction& transaction) { transaction.erase(kms_key); });
  ASSERT_TRUE(becomes("shop", "inaccessible-encryption-credentials"));
  EXPECT_FALSE(host.disk(id_)->open);
  EXPECT_EQ(host.disk(id_)->password, test_password);
  change([&](store::Transaction& transaction) { transaction.put(kms_key, *key); });
  EXPECT_TRUE(becomes("shop", "available"));
}

TEST_F(Reconciling, RestartsAnEngineThatEndedAndSaysSoMeanwhile) {
  make_available();
  const pid_t before = host.process(id_);
  bool said = false;
  host.once_at("start", [&] { said = document("shop")->text("DBInstanceStatus") == "rebooting"; });
  host.crash(id_);
  ASSERT_TRUE(signal.eventually([&] { return host.process(id_) > before; }));
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_TRUE(said);
  EXPECT_NE(logged().find("ended unexpectedly"), std::string::npos);
}

TEST_F(Reconciling, WaitsLongerAfterEachCrash) {
  EXPECT_EQ(detail::retry_after(1).count(), 200);
  EXPECT_EQ(detail::retry_after(2).count(), 400);
  EXPECT_EQ(detail::retry_after(8).count(), 25'600);
  EXPECT_EQ(detail::retry_after(9).count(), 30'000);
  EXPECT_EQ(detail::retry_after(1000).count(), 30'000);
  make_available();
  // One that ends whenever it starts becomes `failed`, and is started again all the same.
  host.serve_after_probes(1'000'000);
  for (int crashes = 0; crashes < detail::failures_told; ++crashes) {
    ASSERT_TRUE(signal.eventually([&] { return host.process(id_) != 0; }));
    host.crash(id_);
  }
  ASSERT_TRUE(becomes("shop", "failed"));
  host.serve_after_probes(0);
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_FALSE(document("shop")->contains("message"));
}

TEST_F(Reconciling, AnEngineThatDoesNotStopInOrderIsEndedAndItsVolumeClosed) {
  make_available();
  host.fail_at("stop", Error{Failure::io, "a disk error"});
  EXPECT_TRUE(reconciler->stop_all());
  EXPECT_EQ(host.process(id_), 0);
  EXPECT_FALSE(host.disk(id_)->open);
}

TEST_F(Reconciling, SaysThatTheServerHasNoCapacityAndRetries) {
  host.fail_at("open_volume", Error{Failure::exhausted, "the disk cannot hold it"});
  begin();
  id_ = create("shop", "15.20");
  ASSERT_TRUE(becomes("shop", "insufficient-capacity"));
  EXPECT_EQ(message(), "the disk cannot hold it");
  host.fail_at("open_volume", std::nullopt);
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_FALSE(document("shop")->contains("message"));
}

TEST_F(Reconciling, SaysStorageFullByTheFileSystemsFiguresAndAvailableOnceThereIsRoom) {
  make_available();
  const auto& engine = static_cast<RecordingEngine&>(*engines[0]);
  const pid_t before = host.process(id_);
  host.set_full(id_, true);
  ASSERT_TRUE(becomes("shop", "storage-full"));
  EXPECT_NE(message().find("ModifyDBInstance"), std::string::npos) << message();
  EXPECT_TRUE(signal.eventually([&] { return engine.read_only(); }));
  set_password("shop", "Another-Pass-2");
  host.set_full(id_, false);  // somebody deleted data
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_TRUE(signal.eventually([&] { return host.disk(id_)->password == "Another-Pass-2"; }));
  EXPECT_TRUE(signal.eventually([&] { return !engine.read_only(); }));
  EXPECT_EQ(host.process(id_), before);
  EXPECT_FALSE(document("shop")->contains("message"));
}

TEST_F(Reconciling, AnEngineThatPanicsOnAFullVolumeIsStorageFullHoweverOftenItEndsAndServesOnceItHasGrown) {
  make_available();
  host.set_full(id_, true);
  host.serve_after_probes(1'000'000);
  for (int crashes = 0; crashes < detail::failures_told + 1; ++crashes) {
    ASSERT_TRUE(signal.eventually([&] { return host.process(id_) != 0; }));
    host.crash(id_);
    ASSERT_TRUE(becomes("shop", "storage-full"));
  }
  host.serve_after_probes(0);
  ask("shop", [](Json& wanted) {
    wanted.set("PendingModifiedValues", Json::object({{"AllocatedStorage", 2}}));
    wanted.set("DBInstanceStatus", "modifying");
  });
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_EQ((*document("shop"))["AllocatedStorage"].as_integer(), 2);
  EXPECT_EQ(host.disk(id_)->bytes, std::uint64_t{2} << 30U);
  EXPECT_FALSE(static_cast<RecordingEngine&>(*engines[0]).read_only());
}

TEST_F(Reconciling, StopsAndDeletesAnInstanceWhoseStorageIsFull) {
  make_available();
  host.set_full(id_, true);
  ASSERT_TRUE(becomes("shop", "storage-full"));
  desire("shop", "stopped", "stopping");
  ASSERT_TRUE(becomes("shop", "stopped"));
  EXPECT_FALSE(host.disk(id_)->open);
  desire("shop", "running", "starting");
  ASSERT_TRUE(becomes("shop", "storage-full"));
  EXPECT_TRUE(static_cast<RecordingEngine&>(*engines[0]).read_only());
  desire("shop", "deleted", "deleting");
  ASSERT_TRUE(goes("shop"));
  EXPECT_TRUE(host.empty());
}

TEST_F(Reconciling, GrowthThatTheDiskCannotHoldIsRefusedAndLeavesEverythingAsItWas) {
  make_available();
  const pid_t before = host.process(id_);
  host.set_room(std::uint64_t{1} << 30U);
  ask("shop", [](Json& wanted) {
    wanted.set("PendingModifiedValues", Json::object({{"AllocatedStorage", 2}}));
    wanted.set("DBInstanceStatus", "modifying");
  });
  ASSERT_TRUE(becomes("shop", "available"));
  const auto now = document("shop");
  EXPECT_EQ((*now)["AllocatedStorage"].as_integer(), 1);
  EXPECT_FALSE((*now)["PendingModifiedValues"].contains("AllocatedStorage"));
  EXPECT_EQ(now->text("growth_refused"), "the disk cannot hold it");
  EXPECT_EQ(host.disk(id_)->bytes, std::uint64_t{1} << 30U);
  EXPECT_EQ(host.process(id_), before);
}

TEST_F(Reconciling, AFileSystemThatTakesNoMoreWritesIsMountedAnew) {
  make_available();
  const pid_t before = host.process(id_);
  host.set_failed(id_);
  ASSERT_TRUE(signal.eventually([&] { return host.process(id_) > before; }));
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_FALSE(host.disk(id_)->failed);
}

TEST_F(Reconciling, SaysFailedAfterThreeFailuresAndRetries) {
  host.fail_at("open_volume", Error{Failure::io, "a disk error"});
  begin();
  id_ = create("shop", "15.20");
  ASSERT_TRUE(becomes("shop", "failed"));
  EXPECT_EQ(message(), "a disk error");
  host.fail_at("open_volume", std::nullopt);
  ASSERT_TRUE(becomes("shop", "available"));
}

TEST_F(Reconciling, SaysWhichEngineIsMissing) {
  begin();
  id_ = create("shop", "99.1");
  ASSERT_TRUE(becomes("shop", "failed"));
  EXPECT_NE(message().find("`postgres 99.1` is not installed"), std::string::npos) << message();
  EXPECT_TRUE(host.calls().empty());
  desire("shop", "deleted", "deleting");
  EXPECT_TRUE(goes("shop"));
}

TEST_F(Reconciling, NeverReplacesAVolumeThatIsMissing) {
  make_available();
  desire("shop", "stopped", "stopping");
  ASSERT_TRUE(becomes("shop", "stopped"));
  host.drop_disk(id_);
  desire("shop", "running", "starting");
  ASSERT_TRUE(becomes("shop", "failed"));
  EXPECT_FALSE(host.disk(id_));
  EXPECT_NE(message().find("is missing"), std::string::npos) << message();
}

TEST_F(Reconciling, KeepsAVolumeThatNoDocumentKnowsAndSaysSo) {
  host.put_disk("db-STRAY");
  begin();
  EXPECT_TRUE(signal.eventually([&] { return logged().find("`db-STRAY`: each is kept") != std::string::npos; }));
  create("shop", "15.20");
  ASSERT_TRUE(becomes("shop", "available"));
  leave();
  EXPECT_TRUE(host.disk("db-STRAY"));
}

TEST_F(Reconciling, EndsTheEngineOfAnOlderStoresVolumeInOrderAndKeepsItsData) {
  make_available();
  leave();
  const std::string key = instance_key("shop");
  const auto newest = store->get(key)->document;
  change([&](store::Transaction& transaction) { transaction.erase(key); });
  begin();
  ASSERT_TRUE(signal.eventually([&] { return host.process(id_) == 0 && !host.disk(id_)->open; }));
  leave();
  EXPECT_EQ(host.calls(), (std::vector<std::string>{"stop", "kill", "close_volume"}));
  EXPECT_EQ(host.disk(id_)->password, test_password);
  // The store as it was brings the database back, as it was.
  change([&](store::Transaction& transaction) { transaction.put(key, *newest); });
  begin();
  ASSERT_TRUE(signal.eventually([&] { return host.process(id_) != 0; }));
  EXPECT_EQ(host.disk(id_)->initialisations, 1);
}

TEST_F(Reconciling, KeepsAVolumeWhoseDocumentAnotherInstanceReplaced) {
  make_available();
  const std::string key = instance_key("shop");
  create("other", "15.20");
  const Json other = *document("other");
  change([&](store::Transaction& transaction) {
    transaction.erase(instance_key("other"));
    transaction.put(key, other);
  });
  ASSERT_TRUE(signal.eventually([&] { return host.process(id_) == 0 && !host.disk(id_)->open; }));
  EXPECT_EQ(host.disk(id_)->password, test_password);
}

TEST_F(Reconciling, AdoptsARunningEngineUntouched) {
  make_available();
  const pid_t before = host.process(id_);
  leave();
  EXPECT_EQ(host.process(id_), before);
  begin();
  ASSERT_TRUE(signal.eventually([&] { return logged().find("adopted") != std::string::npos; }));
  set_password("shop", "Another-Pass-2");  // it is watched again
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_EQ(host.process(id_), before);
  EXPECT_EQ(static_cast<RecordingEngine&>(*engines[0]).reloads(), 0);
  host.crash(id_);
  EXPECT_TRUE(signal.eventually([&] { return host.process(id_) > before; }));
}

TEST_F(Reconciling, HoldsAnEngineToItsClassFromTheStartAndAfterAChangeOfIt) {
  make_available();
  EXPECT_EQ(host.limits(id_)->memory_bytes, std::uint64_t{1} << 30U);
  EXPECT_EQ(host.limits(id_)->cpu_percent, 200U);
  ask("shop", [](Json& wanted) {
    wanted.set("DBInstanceClass", "db.m5.xlarge").set("reboot", true).set("DBInstanceStatus", "modifying");
  });
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_EQ(host.limits(id_)->memory_bytes, std::uint64_t{16} << 30U);
  EXPECT_EQ(host.limits(id_)->cpu_percent, 400U);
}

TEST_F(Reconciling, HoldsAnAdoptedEngineToItsClass) {
  make_available();
  const pid_t before = host.process(id_);
  leave();
  const auto key = instance_key("shop");
  change([&](store::Transaction& transaction) {
    Json changed = *transaction.get(key);
    transaction.put(key, changed.set("DBInstanceClass", "db.t3.small"));
  });
  begin();
  ASSERT_TRUE(signal.eventually([&] { return host.limits(id_)->memory_bytes == std::uint64_t{2} << 30U; }));
  EXPECT_EQ(host.process(id_), before);
}

TEST_F(Reconciling, RestartsAnAdoptedEngineThatIsPastItsLimitsAlready) {
  make_available();
  const pid_t before = host.process(id_);
  leave();
  host.fail_at("limit", Error{Failure::conflict, "it must be restarted to keep its limits"});
  std::string told;
  host.once_at("stop", [&] { told = document("shop")->str("DBInstanceStatus"); });
  begin();
  ASSERT_TRUE(signal.eventually([&] { return host.process(id_) > before; }));
  EXPECT_EQ(told, "rebooting") << "nobody connects to what is being stopped";
  ASSERT_TRUE(becomes("shop", "available"));
}

TEST_F(Reconciling, ServesNoAdoptedEngineThatCannotBeHeldToItsLimits) {
  make_available();
  leave();
  host.fail_at("limit", Error{Failure::unavailable, "this machine offers no control group for `memory`"});
  begin();
  ASSERT_TRUE(signal.eventually([&] { return message().find("no control group") != std::string::npos; }));
  ASSERT_TRUE(becomes("shop", "failed"));
}

TEST_F(Reconciling, RestartsAnEngineWhoseStorageCannotGrowInUse) {
  make_available();
  const pid_t before = host.process(id_);
  ask("shop", [](Json& wanted) {
    wanted.set("PendingModifiedValues", Json::object({{"AllocatedStorage", 2}}));
    wanted.set("DBInstanceStatus", "modifying");
  });
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_EQ((*document("shop"))["AllocatedStorage"].as_integer(), 2);
  EXPECT_EQ(host.disk(id_)->bytes, std::uint64_t{2} << 30U);
  EXPECT_NE(host.process(id_), before);
  EXPECT_EQ(host.disk(id_)->password, test_password);
}

TEST_F(Reconciling, CallsAnEngineFailedThatNeverServesAndAsksOn) {
  ready_patience = std::chrono::milliseconds(0);
  host.serve_after_probes(1'000'000);
  begin();
  id_ = create("shop", "15.20");
  ASSERT_TRUE(becomes("shop", "failed"));
  EXPECT_NE(message().find("does not serve"), std::string::npos) << message();
  const pid_t before = host.process(id_);
  EXPECT_NE(before, 0);
  host.serve_after_probes(0);
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_EQ(host.process(id_), before);
}

TEST_F(Reconciling, SaysThatAnEngineDoesNotAnswerAndThatItDoesAgain) {
  make_available();
  const pid_t before = host.process(id_);
  host.silence(id_, true);
  ASSERT_TRUE(becomes("shop", "rebooting"));
  EXPECT_NE(message().find("does not answer"), std::string::npos) << message();
  host.silence(id_, false);
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_EQ(message(), "");
  EXPECT_EQ(host.process(id_), before);
}

TEST_F(Reconciling, StartsAnEngineAgainThatStaysSilent) {
  silence_patience = std::chrono::milliseconds(1);
  make_available();
  const pid_t before = host.process(id_);
  host.silence(id_, true);
  ASSERT_TRUE(signal.eventually([&] { return host.process(id_) > before; }));
  EXPECT_NE(logged().find("did not answer any more"), std::string::npos) << logged();
  ASSERT_TRUE(becomes("shop", "available"));
}

TEST_F(Reconciling, NoticesAnAdoptedEngineThatIsSilentFromTheBeginning) {
  make_available();
  leave();
  host.silence(id_, true);
  begin();
  ASSERT_TRUE(becomes("shop", "rebooting"));
}

TEST_F(Reconciling, NeverEndsAnEngineThatRecovers) {
  silence_patience = std::chrono::milliseconds(1);
  make_available();
  const pid_t before = host.process(id_);
  host.serve_after_probes(1'000'000);
  ASSERT_TRUE(becomes("shop", "rebooting"));
  EXPECT_NE(message().find("recovers"), std::string::npos) << message();
  host.serve_after_probes(0);
  ASSERT_TRUE(becomes("shop", "available"));
  EXPECT_EQ(host.process(id_), before);
}

TEST_F(Reconciling, RenewsACertificateInItsLastMonth) {
  make_available();
  const auto& recorded = static_cast<RecordingEngine&>(*engines[0]);
  for (const int days : {31, 29}) {
    leave();
    const TimePoint until = clock.now() + std::chrono::days(days);
    ask("shop", [&](Json& document) { document.set("certificate_until", text::to_millis(until)); });
    const int reloads = recorded.reloads();
    begin();
    set_password("shop", "Another-Pass-2");
    ASSERT_TRUE(becomes("shop", "available"));
    EXPECT_EQ(recorded.reloads(), reloads + (days < 30 ? 1 : 0));
  }
  EXPECT_GT((*document("shop"))["certificate_until"].as_integer(), text::to_millis(clock.now() + std::chrono::days(300)));
}

TEST_F(Reconciling, StopsAllAndBringsThemBack) {
  make_available();
  const auto other = create("other", "15.20");
  ASSERT_TRUE(becomes("other", "available"));
  ASSERT_TRUE(reconciler->stop_all());
  for (const std::string& id : {id_, other}) {
    EXPECT_EQ(host.process(id), 0);
    EXPECT_FALSE(host.disk(id)->open);
  }
  EXPECT_EQ(document("shop")->text("desired"), "running");
  leave();
  begin();
  ASSERT_TRUE(signal.eventually([&] { return host.process(id_) != 0 && host.process(other) != 0; }));
  EXPECT_TRUE(becomes("shop", "available"));
  EXPECT_TRUE(becomes("other", "available"));
}

TEST_F(Reconciling, StopAllAnswersAFailureHavingTriedEverything) {
  make_available();
  const auto other = create("other", "15.20");
  ASSERT_TRUE(becomes("other", "available"));
  host.fail_at("close_volume", Error{Failure::io, "busy"});
  const auto stopped = reconciler->stop_all();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().message, "busy");
  EXPECT_EQ(host.process(id_), 0);
  EXPECT_EQ(host.process(other), 0);
}

}  // namespace
}  // namespace ringwall::rds
