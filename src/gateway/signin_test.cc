#include "gateway/signin.h"

#include <gtest/gtest.h>

#include <thread>

#include "awsapi/sigv4.h"
#include "gateway/testing.h"

namespace ringwall::gateway {
namespace {

constexpr const char* host = "main.abc.us-east-1.rds.ringwall.internal";
constexpr const char* resource = "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ";

class Signin : public ::testing::Test {
 protected:
  Signin() {
    target_ = {.account = identities_.account(), .resource_id = resource, .host = host, .port = 5432, .vpc_id = "vpc-1", .client_address = "10.0.1.9"};
  }
  std::string token(const Keys& keys, const std::string& user = "app", const std::string& at = std::string(host) + ":5432",
                    const std::string& region = "us-east-1") const {
    return awsapi::make_signin_token(at, user, keys.access_key, keys.secret, keys.token, region, identities_.world.environment().clock.now());
  }
  // "" or why not.
  std::string refusal(const std::string& token, const std::string& user = "app") {
    SigninAuthority authority(identities_.world.environment(), identities_.world.directory(), audited_.log());
    return authority.refusal(target_, user, token).value_or("");
  }
  std::string connect_policy(const std::string& user, const std::string& condition = "") const {
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"rds-db:connect","Resource":"arn:aws:rds-db:us-east-1:)" + identities_.account() +
           ":dbuser:" + resource + "/" + user + '"' + (condition.empty() ? "" : R"(,"Condition":)" + condition) + "}]}";
  }
  static bool says(const std::string& refusal, std::string_view words) { return refusal.find(words) != std::string::npos; }

  mutable Identities identities_;
  Audited audited_;
  SigninTarget target_;
};

TEST_F(Signin, WhoeverMayConnectComesIn) {
  EXPECT_EQ(refusal(token(identities_.administrator())), "");
  EXPECT_EQ(refusal(token(identities_.user("app-only", connect_policy("app")))), "");
  EXPECT_EQ(refusal(token(identities_.session())), "");
}

TEST_F(Signin, ATokenIsForOneDatabaseAndOneUser) {
  const Keys admin = identities_.administrator();
  EXPECT_TRUE(says(refusal(token(admin, "app", "other.abc.us-east-1.rds.ringwall.internal:5432")), "not for"));
  EXPECT_TRUE(says(refusal(token(admin, "app", std::string(host) + ":5433")), "not for"));
  EXPECT_TRUE(says(refusal(token(admin, "app"), "master"), "for the user `app`"));
  EXPECT_TRUE(says(refusal(token(admin, "App"), "app"), "for the user `App`"));  // case counts
}

TEST_F(Signin, WhatIsNoTokenOfOursIsRefused) {
  const Keys admin = identities_.administrator();
  EXPECT_TRUE(says(refusal(""), "not a sign-in token"));
  EXPECT_TRUE(says(refusal("password"), "not a sign-in token"));
  EXPECT_TRUE(says(refusal(std::string(awsapi::signin_token_bytes_max + 1, 'x')), "not a sign-in token"));
  EXPECT_TRUE(says(refusal(token(admin, "app", std::string(host) + ":5432", "eu-west-1")), "eu-west-1"));
  std::string rds = token(admin);
  rds.replace(rds.find("rds-db"), 6, "rds");
  EXPECT_NE(refusal(rds), "");
  std::string damaged = token(admin);
  damaged.back() = damaged.back() == '0' ? '1' : '0';
  EXPECT_NE(refusal(damaged), "");
  EXPECT_NE(refusal(token({admin.arn, admin.access_key, Secret(std::string_view("another"))})), "");
  EXPECT_TRUE(says(refusal(token({"", "AKIAAAAAAAAAAAAAAAAA", Secret(std::string_view("x"))})), "invalid"));
}

TEST_F(Signin, ATokenLastsAQuarterOfAnHour) {
  const std::string one = token(identities_.administrator());
  identities_.world.clock().advance(std::chrono::minutes(15) - std::chrono::seconds(1));
  EXPECT_EQ(refusal(one), "");
  identities_.world.clock().advance(std::chrono::seconds(2));
  EXPECT_NE(refusal(one), "");
}

TEST_F(Signin, TheSessionBehindATokenMustStillHold) {
  const Keys session = identities_.session();
  identities_.world.clock().advance(std::chrono::minutes(59));
  const std::string late = token(session);
  EXPECT_EQ(refusal(late), "");
  identities_.world.clock().advance(std::chrono::minutes(1));
  EXPECT_TRUE(says(refusal(late), "expired"));
}

TEST_F(Signin, WithoutRdsDbConnectNobodyComesIn) {
  EXPECT_TRUE(says(refusal(token(identities_.user("none", ""))), "rds-db:connect"));
  EXPECT_TRUE(says(refusal(token(identities_.user("rds", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"rds:*","Resource":"*"}]})"))), "rds-db:connect"));
  EXPECT_TRUE(says(refusal(token(identities_.user("another", connect_policy("master")))), "rds-db:connect"));
}

TEST_F(Signin, PoliciesSeeWhereTheClientIs) {
  EXPECT_EQ(refusal(token(identities_.user("near", connect_policy("app", R"({"StringEquals":{"aws:SourceVpc":"vpc-1"},"IpAddress":{"aws:VpcSourceIp":"10.0.1.0/24"}})")))), "");
  EXPECT_NE(refusal(token(identities_.user("far", connect_policy("app", R"({"StringEquals":{"aws:SourceVpc":"vpc-2"}})")))), "");
  EXPECT_NE(refusal(token(identities_.user("by-ip", connect_policy("app", R"({"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}})")))), "");
}

TEST_F(Signin, AnotherAccountsDatabaseIsOutOfReach) {
  target_.account = "999999999999";
  EXPECT_TRUE(says(refusal(token(identities_.administrator())), "rds-db:connect"));
}

TEST_F(Signin, EveryAnswerIsRecordedWithoutTheToken) {
  const Keys admin = identities_.administrator(), nobody = identities_.user("nobody", "");
  const std::string good = token(admin);
  refusal(good);
  refusal(token(nobody));
  refusal("password");
  const std::vector<Json> lines = audited_.lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].text("eventSource"), "rds-db.amazonaws.com");
  EXPECT_EQ(lines[0]["userIdentity"].text("arn"), admin.arn);
  EXPECT_EQ(lines[0].text("sourceIPAddress"), "10.0.1.9");
  EXPECT_EQ(lines[0].text("vpcId"), "vpc-1");
  EXPECT_FALSE(lines[0].contains("errorCode"));
  EXPECT_EQ(lines[0]["decisions"].items().at(0).text("resource"), "arn:aws:rds-db:us-east-1:" + identities_.account() + ":dbuser:" + resource + "/app");
  EXPECT_EQ(lines[1].text("errorCode"), "AccessDenied");
  EXPECT_EQ(lines[2].text("errorCode"), "AccessDenied");
  EXPECT_EQ(lines[2].dump().find("password"), std::string::npos);
  EXPECT_EQ(lines[0].dump().find(good.substr(good.find("X-Amz-Signature="))), std::string::npos);
}

TEST_F(Signin, EveryRecordSaysWhichDatabaseAndWhoAndWhy) {
  const Keys admin = identities_.administrator();
  const std::string good = token(admin);
  EXPECT_EQ(refusal(good), "");
  refusal(token(admin, "master"), "app");                       // another user's
  refusal(token(admin, "app", "other.rds.internal:5432"));      // another database's
  refusal("password");
  target_.takes_tokens = false;
  EXPECT_TRUE(says(refusal(good), "not enabled"));
  SigninAuthority authority(identities_.world.environment(), identities_.world.directory(), audited_.log());
  EXPECT_TRUE(authority.note(target_, {.user = "boss", .database = "shop", .tls = "TLSv1.3", .allowed = true}));
  EXPECT_TRUE(authority.note(target_, {.user = "boss", .database = "shop", .tls = "TLSv1.3", .allowed = false}));
  const std::vector<Json> lines = audited_.lines();
  ASSERT_EQ(lines.size(), 7U);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    SCOPED_TRACE(lines[i].dump());
    const bool is_token = i < 5, is_refused = i != 0 && i != 5;
    EXPECT_EQ(lines[i].text("sourceIPAddress"), "10.0.1.9");
    EXPECT_EQ(lines[i].text("vpcId"), "vpc-1");
    EXPECT_EQ(lines[i]["signIn"].text("dbiResourceId"), resource);
    EXPECT_EQ(lines[i]["signIn"].text("ownerAccountId"), identities_.account());
    EXPECT_EQ(lines[i]["signIn"].text("endpoint"), std::string(host) + ":5432");
    EXPECT_EQ(lines[i]["signIn"].text("databaseUser"), is_token ? "app" : "boss");
    EXPECT_EQ(lines[i]["signIn"].text("method"), is_token ? "token" : "password");
    EXPECT_EQ(lines[i]["signIn"].text("tls"), is_token ? "required" : "TLSv1.3");
    EXPECT_EQ(lines[i].text("errorCode"), is_refused ? "AccessDenied" : "");
    EXPECT_EQ(lines[i].text("errorMessage").empty(), !is_refused);
  }
  EXPECT_EQ(lines[1]["userIdentity"].text("accessKeyId"), admin.access_key) << "what the token claims";
  EXPECT_EQ(lines[1]["userIdentity"].text("arn"), "") << "but not as whose it is proven";
  EXPECT_TRUE(says(lines[4].str("errorMessage"), "not enabled"));
}

TEST_F(Signin, WhatCannotBeRecordedIsRefused) {
  const std::string good = token(identities_.administrator());
  std::filesystem::remove_all(audited_.folder());
  std::ofstream(audited_.folder()) << "in the way";
  refusal(good);
  while (audited_.log().healthy()) std::this_thread::yield();
  EXPECT_EQ(refusal(good), "the audit log cannot be written");
}

}  // namespace
}  // namespace ringwall::gateway
