#include "gateway/key_uses.h"

#include <gtest/gtest.h>

#include "directory/documents.h"
#include "gateway/testing.h"

namespace ringwall::gateway {
namespace {

TEST(KeyUses, AKeyIsDueOnceAMinute) {
  KeyUses uses;
  const TimePoint start = *text::parse_iso8601("2026-03-04T05:06:07Z");
  const KeyUse one{.id = "AKIA1", .owner = {}, .service = {}, .region = {}},
      other{.id = "AKIA2", .owner = {}, .service = {}, .region = {}};
  EXPECT_TRUE(uses.is_due(one, start));
  EXPECT_FALSE(uses.is_due(one, start));
  EXPECT_FALSE(uses.is_due(one, start + key_use_written_every - std::chrono::milliseconds(1)));
  EXPECT_TRUE(uses.is_due(one, start + key_use_written_every));
  EXPECT_FALSE(uses.is_due(one, start + key_use_written_every + std::chrono::seconds(1)));
  EXPECT_TRUE(uses.is_due(other, start));
}

TEST(KeyUses, ASessionsUseIsItsRoles) {
  service::Caller caller;
  EXPECT_FALSE(use_of(caller));
  caller.access_key = "AKIA1";
  EXPECT_EQ(use_of(caller)->id, "AKIA1");
  caller.access_key = "ASIA1";
  caller.session = std::make_shared<estate::Session>();
  EXPECT_FALSE(use_of(caller));  // GetSessionToken's
  caller.principal.type = policy::Principal::Type::role_session;
  caller.principal.account = "111122223333";
  caller.principal.role_arn = "arn:aws:iam::111122223333:role/team/App";
  caller.principal.unique_id = "AROA1";
  EXPECT_EQ(use_of(caller)->id, "AROA1");
  EXPECT_EQ(use_of(caller)->owner, directory::iam_key("111122223333", "role", "App"));
}

TEST(KeyUses, ANamesakesUseIsNotTheRoles) {
  Identities identities;
  store::Store& store = identities.world.store();
  const std::string owner = directory::iam_key("111122223333", "role", "App");
  ASSERT_TRUE(store::transact(store, [&](store::Transaction& transaction) -> Result<bool> {
    transaction.put(owner, text::Json::object({{"RoleName", "App"}, {"RoleId", "AROANEW"}}));
    return true;
  }));
  const TimePoint now = identities.world.clock().now();
  ASSERT_TRUE(
      write_key_use(store, {.id = "AROAOLD", .owner = owner, .service = "kms", .region = "us-east-1", .when = now}));
  ASSERT_TRUE(
      write_key_use(store, {.id = "AROANEW", .owner = owner, .service = "kms", .region = "us-east-1", .when = now}));
  EXPECT_FALSE(store.get(directory::access_key_use_key("AROAOLD")).has_value());
  EXPECT_TRUE(store.get(directory::access_key_use_key("AROANEW")).has_value());
}

TEST(KeyUses, TheLatestUseOfAStoredKeyIsKept) {
  Identities identities;
  const std::string key = identities.administrator().access_key;
  const TimePoint start = identities.world.clock().now();
  const auto stored = [&] { return identities.world.store().get(directory::access_key_use_key(key)); };
  ASSERT_TRUE(write_key_use(
      identities.world.store(),
      {.id = key, .owner = directory::access_key_key(key), .service = "kms", .region = "us-east-1", .when = start}));
  ASSERT_TRUE(write_key_use(identities.world.store(), {.id = key,
                                                       .owner = directory::access_key_key(key),
                                                       .service = "iam",
                                                       .region = "us-east-1",
                                                       .when = start - std::chrono::seconds(5)}));
  ASSERT_TRUE(stored().has_value());
  EXPECT_EQ(stored()->document->text("ServiceName"), "kms");
  ASSERT_TRUE(write_key_use(identities.world.store(), {.id = key,
                                                       .owner = directory::access_key_key(key),
                                                       .service = "iam",
                                                       .region = "eu-west-1",
                                                       .when = start + std::chrono::seconds(5)}));
  EXPECT_EQ(stored()->document->text("ServiceName"), "iam");
  EXPECT_EQ(stored()->document->text("Region"), "eu-west-1");
  ASSERT_TRUE(write_key_use(identities.world.store(), {.id = "AKIANONE",
                                                       .owner = directory::access_key_key("AKIANONE"),
                                                       .service = "iam",
                                                       .region = "us-east-1",
                                                       .when = start}));
  EXPECT_FALSE(identities.world.store().get(directory::access_key_use_key("AKIANONE")).has_value());
}

}  // namespace
}  // namespace ringwall::gateway
