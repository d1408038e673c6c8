#include "gateway/key_uses.h"

#include <gtest/gtest.h>

#include "directory/records.h"
#include "gateway/testing.h"

namespace ringwall::gateway {
namespace {

TEST(KeyUses, AKeyIsDueOnceAMinute) {
  KeyUses uses;
  const TimePoint start = *text::parse_iso8601("2026-03-04T05:06:07Z");
  const KeyUse one{.id = "AKIA1", .account = {}, .role = {}, .service = {}, .region = {}},
      other{.id = "AKIA2", .account = {}, .role = {}, .service = {}, .region = {}};
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
  EXPECT_EQ(use_of(caller)->account, "111122223333");
  EXPECT_EQ(use_of(caller)->role, "App");
}

TEST(KeyUses, ANamesakesUseIsNotTheRoles) {
  Identities identities;
  store::Store& store = identities.world.store();
  ASSERT_TRUE(store::transact(store, [&](store::Transaction& transaction) -> Result<bool> {
    directory::Role role;
    role.name = "App";
    role.id = "AROANEW";
    directory::tables::roles.put(transaction, role, "111122223333", "App");
    return true;
  }));
  const TimePoint now = identities.world.clock().now();
  ASSERT_TRUE(
      write_key_use(store, {.id = "AROAOLD", .account = "111122223333", .role = "App", .service = "kms", .region = "us-east-1", .when = now}));
  ASSERT_TRUE(
      write_key_use(store, {.id = "AROANEW", .account = "111122223333", .role = "App", .service = "kms", .region = "us-east-1", .when = now}));
  EXPECT_FALSE(directory::tables::last_uses.get(store, "AROAOLD").has_value());
  EXPECT_TRUE(directory::tables::last_uses.get(store, "AROANEW").has_value());
}

TEST(KeyUses, TheLatestUseOfAStoredKeyIsKept) {
  Identities identities;
  const std::string key = identities.administrator().access_key;
  const TimePoint start = identities.world.clock().now();
  const auto stored = [&] { return directory::tables::last_uses.get(identities.world.store(), key); };
  ASSERT_TRUE(write_key_use(
      identities.world.store(),
      {.id = key, .account = {}, .role = {}, .service = "kms", .region = "us-east-1", .when = start}));
  ASSERT_TRUE(write_key_use(identities.world.store(), {.id = key,
                                                       .account = {}, .role = {},
                                                       .service = "iam",
                                                       .region = "us-east-1",
                                                       .when = start - std::chrono::seconds(5)}));
  ASSERT_TRUE(stored().has_value());
  EXPECT_EQ(stored()->service, "kms");
  ASSERT_TRUE(write_key_use(identities.world.store(), {.id = key,
                                                       .account = {}, .role = {},
                                                       .service = "iam",
                                                       .region = "eu-west-1",
                                                       .when = start + std::chrono::seconds(5)}));
  EXPECT_EQ(stored()->service, "iam");
  EXPECT_EQ(stored()->region, "eu-west-1");
  ASSERT_TRUE(write_key_use(identities.world.store(), {.id = "AKIANONE",
                                                       .account = {}, .role = {},
                                                       .service = "iam",
                                                       .region = "us-east-1",
                                                       .when = start}));
  EXPECT_FALSE(directory::tables::last_uses.get(identities.world.store(), "AKIANONE").has_value());
}

}  // namespace
}  // namespace ringwall::gateway
