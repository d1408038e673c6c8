#include "gateway/key_uses.h"

#include <gtest/gtest.h>

#include "directory/documents.h"
#include "gateway/testing.h"

namespace ringwall::gateway {
namespace {

TEST(KeyUses, AKeyIsDueOnceAMinuteAndASessionsNever) {
  KeyUses uses;
  service::Caller caller;
  caller.access_key = "AKIA1";
  const TimePoint start = *text::parse_iso8601("2026-03-04T05:06:07Z");
  EXPECT_TRUE(uses.is_due(caller, start));
  EXPECT_FALSE(uses.is_due(caller, start));
  EXPECT_FALSE(uses.is_due(caller, start + key_use_written_every - std::chrono::milliseconds(1)));
  EXPECT_TRUE(uses.is_due(caller, start + key_use_written_every));
  EXPECT_FALSE(uses.is_due(caller, start + key_use_written_every + std::chrono::seconds(1)));
  caller.access_key = "AKIA2";
  EXPECT_TRUE(uses.is_due(caller, start));
  caller.access_key = "ASIA1";
  caller.session = std::make_shared<estate::Session>();
  EXPECT_FALSE(uses.is_due(caller, start));
  EXPECT_FALSE(uses.is_due({}, start));
}

TEST(KeyUses, TheLatestUseOfAStoredKeyIsKept) {
  Identities identities;
  const std::string key = identities.administrator().access_key;
  const TimePoint start = identities.world.clock().now();
  const auto stored = [&] { return identities.world.store().get(directory::access_key_use_key(key)); };
  ASSERT_TRUE(write_key_use(identities.world.store(), {.access_key = key, .service = "kms", .region = "us-east-1", .when = start}));
  ASSERT_TRUE(write_key_use(identities.world.store(), {.access_key = key, .service = "iam", .region = "us-east-1", .when = start - std::chrono::seconds(5)}));
  ASSERT_TRUE(stored().has_value());
  EXPECT_EQ(stored()->document->text("ServiceName"), "kms");
  ASSERT_TRUE(write_key_use(identities.world.store(), {.access_key = key, .service = "iam", .region = "eu-west-1", .when = start + std::chrono::seconds(5)}));
  EXPECT_EQ(stored()->document->text("ServiceName"), "iam");
  EXPECT_EQ(stored()->document->text("Region"), "eu-west-1");
  ASSERT_TRUE(write_key_use(identities.world.store(), {.access_key = "AKIANONE", .service = "iam", .region = "us-east-1", .when = start}));
  EXPECT_FALSE(identities.world.store().get(directory::access_key_use_key("AKIANONE")).has_value());
}

}  // namespace
}  // namespace ringwall::gateway
