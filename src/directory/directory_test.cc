#include "directory/directory.h"

#include <gtest/gtest.h>

#include <thread>

#include "directory/documents.h"
#include "directory/managed_policies.h"
#include "directory/testing.h"

namespace ringwall::directory {
namespace {

using testing::World;

class DirectoryOf : public ::testing::Test {
 protected:
  void put_account_in(const std::string& id, const std::string& parent) {
    put(tables::accounts.key(id), records::to_json(StoredAccount{.id = id, .name = "a", .parent = parent}));
  }
  Json user() { return *world_.store().get(iam_key(account_, "user", administrator_name))->document; }
  void put(const std::string& key, Json document) {
    store::Transaction transaction(world_.store());
    transaction.put(key, std::move(document));
    world_.directory().wait_for(*world_.store().commit(transaction));
  }
  std::string put_role(const std::string& trusted) {
    const std::string trust = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":[")" + trusted + R"("]},"Action":"sts:AssumeRole"}]})";
    const auto bound = service::bound(trust, policy::Kind::trust, *world_.directory().current());
    Json role = new_role(world_.environment(), account_, "/", "r", *bound, world_.clock().now());
    const std::string arn = role.str("Arn");
    put(iam_key(account_, "role", "r"), std::move(role));
    return arn;
  }
  bool trusts(const std::string& role, const std::string& user_arn) {
    const estate::EstatePtr estate = world_.directory().current();
    service::Question question{.action = "sts:AssumeRole", .resource = role, .resource_account = account_};
    question.resource_policy = service::ResourcePolicy(*estate->principal(role));
    question.resource_kind = authz::ResourceKind::trust;
    return !World::refusal(*estate, world_.as_user(user_arn), question);
  }
  bool administrator_may() {
    return !World::refusal(*world_.directory().current(), world_.as_administrator(), {.action = "rds:CreateDBInstance", .resource = "*", .resource_account = account_});
  }

  World world_{std::vector<service::Operation>{}};
  std::string account_ = world_.administrator().account;
};

TEST_F(DirectoryOf, TheFirstStartMakesAnAdministratorAndTheNextStartsAnswerTheSame) {
  const Administrator& first = world_.administrator();
  EXPECT_TRUE(first.is_new);
  EXPECT_EQ(first.account.size(), 12U);
  EXPECT_TRUE(administrator_may());
  const auto again = bootstrap(world_.environment());
  ASSERT_TRUE(again.has_value());
  EXPECT_FALSE(again->is_new);
  EXPECT_EQ(again->access_key, first.access_key);
  EXPECT_EQ(again->secret.reveal_text(), first.secret.reveal_text());
  const estate::AccessKey* key = world_.directory().current()->access_key(first.access_key);
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(key->secret->reveal_text(), first.secret.reveal_text());
  EXPECT_EQ(key->principal_arn, first.arn);
}

TEST_F(DirectoryOf, AnotherRootKeyOpensNothing) {
  const Secret other{std::string_view("another root key of 32 letters..")};
  const service::Environment& here = world_.environment();
  const service::Environment elsewhere{here.store, here.clock, here.random, here.region, here.dns_suffix, other};
  EXPECT_EQ(bootstrap(elsewhere).error().kind, Failure::corrupt);
  std::vector<std::string> reports;
  const Directory directory(elsewhere, [&](std::string_view line) { reports.emplace_back(line); });
  EXPECT_EQ(directory.current()->access_key(world_.administrator().access_key), nullptr);
  EXPECT_EQ(reports.size(), 1U);
}

TEST_F(DirectoryOf, AStoredPolicyThatDoesNotCompileDeniesEverythingAndIsReported) {
  Json document = user();
  document.edit("inline").push(Json::object({{"PolicyName", "broken"}, {"PolicyDocument", R"({"Version":"2030-01-01"})"}}));
  put(iam_key(account_, "user", administrator_name), std::move(document));
  EXPECT_FALSE(administrator_may());
  ASSERT_EQ(world_.reports().size(), 1U);
  EXPECT_NE(world_.reports()[0].find("`broken`"), std::string::npos);
}

TEST_F(DirectoryOf, AnAttachedPolicyThatIsMissingDeniesEverything) {
  Json document = user();
  document.edit("attached").push("arn:aws:iam::" + account_ + ":policy/gone");
  put(iam_key(account_, "user", administrator_name), std::move(document));
  EXPECT_FALSE(administrator_may());
}

TEST_F(DirectoryOf, EveryCommitIsInTheSnapshotThatItsWriterWaitsFor) {
  std::vector<std::jthread> writers;
  for (int w = 0; w < 3; ++w) {
    writers.emplace_back([this, w] {
      for (int i = 0; i < 20; ++i) {
        store::Transaction transaction(world_.store());
        const std::string name = "u" + std::to_string(w) + "-" + std::to_string(i);
        const Json made = new_user(world_.environment(), account_, "/", name, world_.clock().now());
        transaction.put(iam_key(account_, "user", name), made);
        const auto revision = world_.store().commit(transaction);
        ASSERT_TRUE(revision.has_value());
        world_.directory().wait_for(*revision);
        EXPECT_NE(world_.directory().current()->principal(made.text("Arn")), nullptr) << name;
      }
    });
  }
}

TEST_F(DirectoryOf, ASnapshotStaysAsItWasAndUnchangedPoliciesAreNotCompiledAgain) {
  const estate::EstatePtr before = world_.directory().current();
  put(iam_key(account_, "user", "ann"), new_user(world_.environment(), account_, "/", "ann", world_.clock().now()));
  const estate::EstatePtr after = world_.directory().current();
  const std::string arn = iam_arn(account_, "user", "/", "ann");
  EXPECT_EQ(before->principal(arn), nullptr);
  EXPECT_NE(after->principal(arn), nullptr);
  const std::string policy = "arn:aws:iam::aws:policy/AdministratorAccess";
  EXPECT_EQ(before->managed_policy(policy), after->managed_policy(policy));
}

TEST_F(DirectoryOf, ATrustedUserMadeAgainUnderTheSameNameIsNotTrusted) {
  const std::string role = put_role(world_.administrator().arn);
  EXPECT_TRUE(trusts(role, world_.administrator().arn));
  Json again = user();
  again.set("UserId", "AIDA22222222222222222");
  put(iam_key(account_, "user", administrator_name), std::move(again));
  EXPECT_FALSE(trusts(role, world_.administrator().arn));
  EXPECT_TRUE(world_.reports().empty());
}

TEST_F(DirectoryOf, ARoleOfAnotherAccountStopsTrustingAUserThatGoesAndNobodyElseOfItsName) {
  const std::string elsewhere = "222222222222", first = "AIDA22222222222222222";
  const auto put_user = [&](const std::string& id) {
    Json ann = new_user(world_.environment(), elsewhere, "/", "ann", world_.clock().now());
    ann.set("UserId", id);
    put(iam_key(elsewhere, "user", "ann"), std::move(ann));
  };
  const std::string ann = iam_arn(elsewhere, "user", "/", "ann");
  put_account_in(elsewhere, tables::organizations.get(world_.store())->root);
  put_user(first);
  const std::string role = put_role(ann);
  const auto trusted = [&] { return service::shown(*world_.directory().current()->principal(role)->trust->document, *world_.directory().current())->source(); };
  EXPECT_NE(trusted().find(ann), std::string::npos);
  store::Transaction transaction(world_.store());
  transaction.erase(iam_key(elsewhere, "user", "ann"));
  world_.directory().wait_for(*world_.store().commit(transaction));
  EXPECT_EQ(trusted().find(ann), std::string::npos);
  EXPECT_NE(trusted().find(first), std::string::npos);
  put_user("AIDA33333333333333333");
  EXPECT_EQ(trusted().find(ann), std::string::npos);
  put_user(first);  // a backup restored: the one that was pinned
  EXPECT_NE(trusted().find(ann), std::string::npos);
}

TEST_F(DirectoryOf, AChangeLeavesWhatItDoesNotReachTheSameObject) {
  for (const char* name : {"ann", "bob"}) put(iam_key(account_, "user", name), new_user(world_.environment(), account_, "/", name, world_.clock().now()));
  const estate::EstatePtr before = world_.directory().current();
  Json ann = *world_.store().get(iam_key(account_, "user", "ann"))->document;
  ann.set("Tags", Json::array({Json::object({{"Key", "team"}, {"Value", "red"}})}));
  put(iam_key(account_, "user", "ann"), std::move(ann));
  const estate::EstatePtr after = world_.directory().current();
  const auto same = [&](const char* name) {
    const std::string arn = iam_arn(account_, "user", "/", name);
    return before->principal(arn) == after->principal(arn);
  };
  EXPECT_FALSE(same("ann"));
  EXPECT_TRUE(same("bob"));
  EXPECT_TRUE(same(administrator_name.data()));
  EXPECT_EQ(before->account(account_), after->account(account_));
  EXPECT_EQ(before->access_key(world_.administrator().access_key), after->access_key(world_.administrator().access_key));
}

TEST_F(DirectoryOf, AnScpReachesTheAccountsBelowItAndLeavesTheirOtherLevels) {
  const std::string root = tables::organizations.get(world_.store())->root;
  const auto put_scp = [&](const char* action) {
    const std::string text = R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":")" + std::string(action) + R"(","Resource":"*"}]})";
    put(tables::control_policies.key("p-1"), records::to_json(ControlPolicy{.summary = {.arn = "arn:p-1", .type = std::string(scp_type)}, .content = text}));
  };
  for (const char* id : {"ou-1", "ou-2"}) put(tables::units.key(id), records::to_json(Unit{.id = id, .parent = root}));
  for (const auto& [id, parent] : {std::pair("111111111111", "ou-1"), std::pair("222222222222", "ou-2")}) {
    put_account_in(id, parent);
  }
  put_scp("s3:*");
  put(tables::attachments.key("ou-1", "p-1"), Json::object());
  const estate::EstatePtr before = world_.directory().current();
  put_scp("rds:*");
  const estate::EstatePtr after = world_.directory().current();
  const auto at_unit = [](const estate::Account& account) { return account.scps.begin()[1].policies.at(0).document->source(); };
  EXPECT_NE(at_unit(*before->account("111111111111")).find("s3:*"), std::string::npos);
  EXPECT_NE(at_unit(*after->account("111111111111")).find("rds:*"), std::string::npos);
  EXPECT_EQ(after->account("111111111111")->scps.size(), 3U);
  EXPECT_EQ(before->account("222222222222"), after->account("222222222222"));
  put(tables::attachments.key(root, "p-1"), Json::object());
  EXPECT_NE(world_.directory().current()->account("222222222222")->scps.begin()[0].policies.at(0).document->source().find("rds:*"), std::string::npos);
}

TEST_F(DirectoryOf, AManagedPolicyReachesTheMembersOfItsGroups) {
  const auto put_policy = [&](const char* effect) {
    const std::string text = R"({"Version":"2012-10-17","Statement":[{"Effect":")" + std::string(effect) + R"(","Action":"rds:*","Resource":"*"}]})";
    put(iam_key(account_, "policy", "p"), Json::object({{"Arn", iam_arn(account_, "policy", "/", "p")},
                                                        {"DefaultVersionId", "v1"},
                                                        {"versions", Json::array({Json::object({{"VersionId", "v1"}, {"Document", text}})})}}));
  };
  put_policy("Allow");
  Json group = new_group(world_.environment(), account_, "/", "g", world_.clock().now());
  group.edit("attached").push(iam_arn(account_, "policy", "/", "p"));
  Json member = user();
  member.edit("groups").push(group.str("GroupId"));
  put(iam_key(account_, "group", "g"), std::move(group));
  put(iam_key(account_, "user", administrator_name), std::move(member));
  EXPECT_TRUE(administrator_may());
  put_policy("Deny");
  EXPECT_FALSE(administrator_may());
}

TEST_F(DirectoryOf, WhoeverHasTheSamePoliciesSharesTheIndexOverThem) {
  const std::string all = "arn:aws:iam::aws:policy/AdministratorAccess",
                    rds = "arn:aws:iam::aws:policy/AmazonRDSFullAccess",
                    read = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";
  const std::string trust = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":")" +
                            account_ + R"("},"Action":"sts:AssumeRole"}]})";
  const auto put_role = [&](const std::string& name, const std::vector<std::string>& attached) {
    const auto bound = service::bound(trust, policy::Kind::trust, *world_.directory().current());
    Json role = new_role(world_.environment(), account_, "/", name, *bound, world_.clock().now());
    for (const std::string& arn : attached) role.edit("attached").push(arn);
    put(iam_key(account_, "role", name), std::move(role));
  };
  const auto index_of = [&](const std::string& name) {
    return world_.directory().current()->role(account_, name)->identity.index();
  };
  put_role("one", {read, rds, all, read});
  put_role("other", {read, rds, all, read});
  put_role("reversed", {read, all, rds, read});
  put_role("less", {read, all, read, rds});
  ASSERT_NE(index_of("one"), nullptr);
  EXPECT_EQ(index_of("one"), index_of("other"));
  EXPECT_NE(index_of("one"), index_of("reversed"));
  EXPECT_NE(index_of("one"), index_of("less"));
  const estate::EstatePtr before = world_.directory().current();
  put_role("other", {read, all, read, rds});
  EXPECT_EQ(index_of("other"), index_of("less"));
  EXPECT_EQ(before->role(account_, "other")->identity.index(), index_of("one"));  // as it was then
  put_role("few", {read, rds, all});
  EXPECT_EQ(index_of("few"), nullptr);
}

TEST_F(DirectoryOf, WhatCannotBeUsedIsReportedOnceHoweverOftenItsOwnerChanges) {
  Json document = user();
  document.edit("inline").push(Json::object({{"PolicyName", "broken"}, {"PolicyDocument", R"({"Version":"2030-01-01"})"}}));
  Json key = *world_.store().get(tables::access_keys.key(world_.administrator().access_key))->document;
  put(tables::access_keys.key("AKIAOTHER"), std::move(key));  // sealed for another id
  for (const char* path : {"/a/", "/b/", "/c/"}) {
    document.set("Arn", iam_arn(account_, "user", path, administrator_name));
    put(iam_key(account_, "user", administrator_name), document);
  }
  EXPECT_EQ(world_.reports().size(), 2U);
}

TEST_F(DirectoryOf, ACommitElsewhereMakesNoSnapshot) {
  const estate::EstatePtr before = world_.directory().current();
  put("rds/instance/x", Json::object());
  EXPECT_EQ(world_.directory().current(), before);
}

TEST_F(DirectoryOf, ASnapshotThatNobodyReadsAnyMoreIsGoneAfterTheNextChange) {
  const auto touch = [this](const char* name) { put(iam_key(account_, "user", name), new_user(world_.environment(), account_, "/", name, world_.clock().now())); };
  estate::EstatePtr held = world_.directory().current();
  const std::weak_ptr<const estate::Estate> old = held;
  touch("ann");
  touch("bob");
  EXPECT_NE(world_.directory().current(), held);
  EXPECT_FALSE(old.expired());
  held.reset();
  touch("cid");
  EXPECT_TRUE(old.expired());
}

TEST_F(DirectoryOf, EveryCarriedPolicyCompiles) {
  EXPECT_TRUE(world_.reports().empty());
  for (const ManagedPolicy& policy : managed_policies()) {
    EXPECT_EQ(world_.directory().current()->managed_policy(policy.arn)->source(), policy.text) << policy.name;
  }
  EXPECT_NE(managed_policy("arn:aws:iam::aws:policy/AdministratorAccess"), nullptr);
  EXPECT_EQ(managed_policy("arn:aws:iam::aws:policy/None"), nullptr);
}

}  // namespace
}  // namespace ringwall::directory
