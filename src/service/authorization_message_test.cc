#include "service/authorization_message.h"

#include <gtest/gtest.h>

#include "crypto/crypto.h"
#include "store/testing.h"

namespace ringwall::service {
namespace {

class StillClock final : public Clock {
 public:
  TimePoint now() const override { return {}; }
};

authz::Named named(const char* name, const char* text, policy::Kind kind = policy::Kind::identity) {
  auto document = policy::compile(text, kind);
  EXPECT_TRUE(document.has_value()) << (document ? "" : document.error().message);
  return {name, document ? *document : nullptr};
}

class AuthorizationMessage : public ::testing::Test {
 protected:
  AuthorizationMessage() {
    request_.principal.type = policy::Principal::Type::user;
    request_.principal.arn = "arn:aws:iam::111122223333:user/ann";
    request_.principal.account = "111122223333";
    request_.principal.unique_id = "AIDAANN";
    request_.context.set("aws:userid", "AIDAANN");
    request_.context.set("ec2:Region", "us-east-1");
  }

  std::string encode(const std::vector<authz::Named>& identity) {
    authz::Layers layers;
    layers.identity = identity;
    return encode_authorization_message(environment_, request_, layers, authz::authorize(request_, layers));
  }
  Json decode(std::string_view encoded) {
    const auto text = decode_authorization_message(environment_, "111122223333", encoded);
    EXPECT_TRUE(text.has_value());
    return text ? *text::parse_json(*text) : Json();
  }

  std::unique_ptr<store::Store> store_ = store::open_temporary();
  StillClock clock_;
  crypto::SystemRandom random_;
  Secret root_key_{std::string_view("a root key of thirty-two letters")};
  Environment environment_{*store_, clock_, random_, "us-east-1", "ringwall.internal", root_key_};
  policy::Request request_{.principal = {}, .action = "ec2:DeleteVpc", .resource = "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-1", .resource_account = "111122223333", .context = {}};
};

TEST_F(AuthorizationMessage, AnImplicitDenySaysWhoWhatAndWithWhichKeysAndMatchesNothing) {
  const Json message = decode(encode({}));
  EXPECT_FALSE(message["allowed"].as_bool(true));
  EXPECT_FALSE(message["explicitDeny"].as_bool(true));
  EXPECT_EQ(message["matchedStatements"].dump(), R"({"items":[]})");
  EXPECT_EQ(message["failures"].dump(), R"({"items":[]})");
  EXPECT_EQ(message["context"]["principal"].dump(), R"({"id":"AIDAANN","arn":"arn:aws:iam::111122223333:user/ann"})");
  EXPECT_EQ(message["context"].text("action"), request_.action);
  EXPECT_EQ(message["context"].text("resource"), request_.resource);
  const Json conditions = message["context"]["conditions"]["items"];
  ASSERT_EQ(conditions.items().size(), 2U);
  EXPECT_EQ(conditions.items()[1]["values"].dump(), R"({"items":[{"value":"us-east-1"}]})");
}

TEST_F(AuthorizationMessage, AnExplicitDenyQuotesTheStatementThatDecided) {
  const Json message = decode(encode({named("a", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
      {"Sid":"Stop","Effect":"Deny","Action":["ec2:Delete*","ec2:Terminate*"],"NotResource":"arn:aws:ec2:*:*:subnet/*",
       "Condition":{"StringEquals":{"ec2:Region":["us-east-1","us-west-2"]}}}]})")}));
  EXPECT_TRUE(message["explicitDeny"].as_bool());
  const Json& items = message["matchedStatements"]["items"];
  ASSERT_EQ(items.items().size(), 1U);
  EXPECT_EQ(items.items()[0].dump(),
            R"({"statementId":"Stop","effect":"DENY","principals":{"items":[{"value":"AIDAANN"}]},"principalGroups":{"items":[]},)"
            R"("actions":{"items":[{"value":"ec2:Delete*"},{"value":"ec2:Terminate*"}]},"notResources":{"items":[{"value":"arn:aws:ec2:*:*:subnet/*"}]},)"
            R"("conditions":{"items":[{"operator":"StringEquals","key":"ec2:Region","values":{"items":[{"value":"us-east-1"},{"value":"us-west-2"}]}}]}})");
}

TEST_F(AuthorizationMessage, OpensForItsAccountOnlyAndUnchangedOnly) {
  const std::string encoded = encode({});
  EXPECT_TRUE(decode_authorization_message(environment_, "111122223333", encoded).has_value());
  EXPECT_EQ(decode_authorization_message(environment_, "444455556666", encoded).error().kind, Failure::denied);
  EXPECT_EQ(decode_authorization_message(environment_, "", encoded).error().kind, Failure::denied);
  for (std::size_t at = 0; at + 4 < encoded.size(); at += 11) {
    std::string changed = encoded;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(decode_authorization_message(environment_, "111122223333", changed).has_value()) << at;
  }
  for (const char* junk : {"", "A", "AAAA", "a+/=", "not a message"}) EXPECT_FALSE(decode_authorization_message(environment_, "111122223333", junk).has_value()) << junk;
  const Secret other_key(std::string_view("another key of thirty-two letter"));
  const Environment other{*store_, clock_, random_, "us-east-1", "ringwall.internal", other_key};
  EXPECT_FALSE(decode_authorization_message(other, "111122223333", encoded).has_value());
}

TEST_F(AuthorizationMessage, IsNeverLongerThanTheApiTakesBackAndSaysWhatIsMissing) {
  EXPECT_FALSE(decode(encode({})).contains("truncated"));
  for (const std::size_t size : {100U, 1000U, 4000U, 7000U, 7500U, 20000U}) {
    request_.context.set("aws:RequestTag/long", std::string(size, 'x'));
    const std::string encoded = encode({});
    EXPECT_LE(encoded.size(), authorization_message_characters_max);
    const Json message = decode(encoded);
    EXPECT_EQ(message["truncated"].as_bool(), size > 7000) << size;
    EXPECT_EQ(message["context"]["conditions"]["items"].items().size(), size > 7000 ? 2U : 3U);
  }
  request_.resource = "arn:aws:ec2:us-east-1:111122223333:vpc/" + std::string(100'000, 'y');
  for (int i = 0; i < 50; ++i) request_.context.set("aws:RequestTag/k" + std::to_string(i), std::string(256, 'z'));
  std::string actions;
  for (int i = 0; i < 200; ++i) actions += R"("ec2:A)" + std::to_string(i) + "\",";
  const std::string policy = R"({"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":[)" + actions + R"("ec2:*"],"Resource":"*"}})";
  const std::string encoded = encode({named("long", policy.c_str())});
  EXPECT_LE(encoded.size(), authorization_message_characters_max);
  const Json message = decode(encoded);
  EXPECT_TRUE(message["truncated"].as_bool());
  EXPECT_EQ(message["matchedStatements"]["items"].items()[0].text("effect"), "DENY");
  EXPECT_GT(message["context"]["conditions"]["items"].items().size(), 10U);
}

}  // namespace
}  // namespace ringwall::service
