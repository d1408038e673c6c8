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
  Json user() { return *world_.store().get(iam_key(account_, "user", administrator_name))->document; }
  void put(const std::string& key, Json document) {
    store::Transaction transaction(world_.store());
    transaction.put(key, std::move(document));
    world_.directory().wait_for(*world_.store().commit(transaction));
  }
  std::string put_role(const std::string& trusted, const std::string& unique) {
    const std::string trust = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":[")" + trusted + R"("]},"Action":"sts:AssumeRole"}]})";
    Json role = new_role(world_.environment(), account_, "/", "r", trust, world_.clock().now());
    role.set("pinned", Json::object({{trusted, unique}}));
    const std::string arn = role.str("Arn");
    put(iam_key(account_, "role", "r"), std::move(role));
    return arn;
  }
  bool trusts(const std::string& role, const std::string& user_arn) {
    const estate::EstatePtr estate = world_.directory().current();
    service::Question question{.action = "sts:AssumeRole", .resource = role, .resource_account = account_};
    question.resource_policy = estate->principal(role)->trust;
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
  const std::string role = put_role(world_.administrator().arn, user().str("UserId"));
  EXPECT_TRUE(trusts(role, world_.administrator().arn));
  Json again = user();
  again.set("UserId", "AIDA22222222222222222");
  put(iam_key(account_, "user", administrator_name), std::move(again));
  EXPECT_FALSE(trusts(role, world_.administrator().arn));
  EXPECT_TRUE(world_.reports().empty());
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
