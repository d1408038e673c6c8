#include "service/idempotency.h"

#include "service/records.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "store/testing.h"
#include "text/time.h"

namespace ringwall::service {
namespace {

class FakeClock final : public Clock {
 public:
  TimePoint now() const override { return at; }
  TimePoint at{std::chrono::milliseconds(1'700'000'000'000)};
};
class NoRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override { std::ranges::fill(bytes, std::uint8_t{7}); }
};

// Makes one thing after another, as a create operation does.
class Idempotency : public ::testing::Test {
 protected:
  Idempotency() {
    caller_.principal.account = "111111111111";
    caller_.principal.unique_id = "AIDAANNANNANNANNANNAN";
    operation_ = {"CreateVpcEndpoint", Access::write,
                  [this](const Call&) -> ApiResult<Questions> {
                    if (gone_) return api_error("InvalidVpcId.NotFound", "gone");
                    return Questions{.all = {{.action = "ec2:CreateVpcEndpoint"}}};
                  },
                  [this](const Call& call) -> ApiResult<Json> {
                    if (fails_) return api_error("InvalidParameter", "not now");
                    const std::string id = "vpce-" + std::to_string(++made_);
                    call.transaction.put("thing/" + id, Json::object());
                    return Json::object({{"id", id}});
                  }};
  }

  ApiResult<Json> call(const Json& input, const char* service = "ec2") {
    store::Transaction transaction(*store_);
    const Call call{environment_, estate_, caller_, network_, input, transaction, clock_.now(), "r"};
    auto output = perform(call, *awsapi::builtin_model(service), operation_, [this](const Questions&) -> std::optional<ApiError> {
      if (may_) return std::nullopt;
      return ApiError{"UnauthorizedOperation", "no"};
    });
    if (output) RW_CHECK(store_->commit(transaction).has_value());
    return output;
  }
  std::string said(const Json& input, const char* service = "ec2") {
    const auto output = call(input, service);
    return output ? output->str("id") : output.error().code;
  }
  static Json with(const char* token, const char* vpc = "vpc-1") { return Json::object({{"VpcId", vpc}, {"ClientToken", token}}); }
  std::size_t tokens() const { return tables::tokens.list(*store_).size(); }

  std::unique_ptr<store::Store> store_ = store::open_temporary();
  FakeClock clock_;
  NoRandom random_;
  Secret root_key_{std::string(32, 'r')};
  Environment environment_{*store_, clock_, random_, "us-east-1", "ringwall.internal", root_key_};
  estate::Estate estate_;
  Caller caller_;
  NetworkContext network_;
  Operation operation_;
  int made_ = 0;
  bool gone_ = false, fails_ = false, may_ = true;
};

TEST_F(Idempotency, ATokenMakesOneThingAndIsAnsweredAgain) {
  EXPECT_EQ(said(with("t1")), "vpce-1");
  EXPECT_EQ(said(with("t1")), "vpce-1");
  EXPECT_EQ(said(Json::object({{"ClientToken", "t1"}, {"VpcId", "vpc-1"}})), "vpce-1") << "the order of parameters says nothing";
  EXPECT_EQ(said(with("t2")), "vpce-2");
  EXPECT_EQ(said(Json::object({{"VpcId", "vpc-1"}})), "vpce-3");
  EXPECT_EQ(said(Json::object({{"VpcId", "vpc-1"}, {"ClientToken", ""}})), "vpce-4");
  EXPECT_EQ(store_->list("thing/").size(), 4U);
}

TEST_F(Idempotency, OtherParametersUnderATokenAreRefusedInTheServicesWords) {
  EXPECT_EQ(said(with("t1")), "vpce-1");
  EXPECT_EQ(said(with("t1", "vpc-2")), "IdempotentParameterMismatch");
  EXPECT_EQ(said(with("t1"), "accessanalyzer"), "vpce-2") << "each service has its own tokens";
  EXPECT_EQ(said(with("t1", "vpc-2"), "accessanalyzer"), "ConflictException");
  EXPECT_EQ(made_, 2);
}

TEST_F(Idempotency, AccountsAndOperationsHaveTokensOfTheirOwn) {
  EXPECT_EQ(said(with("t1")), "vpce-1");
  caller_.principal.account = "222222222222";
  EXPECT_EQ(said(with("t1")), "vpce-2");
  operation_.name = "CreateNetworkInterface";
  EXPECT_EQ(said(with("t1")), "vpce-3");
}

TEST_F(Idempotency, WhoMayNotIsRefusedAlsoWhenTheTokenIsKnown) {
  EXPECT_EQ(said(with("t1")), "vpce-1");
  may_ = false;
  EXPECT_EQ(said(with("t1")), "UnauthorizedOperation");
  EXPECT_EQ(said(with("t1", "vpc-2")), "UnauthorizedOperation");
}

TEST_F(Idempotency, WhatIsGoneIsAnsweredAgainToWhoWasAnsweredAndToNobodyElse) {
  EXPECT_EQ(said(with("t1")), "vpce-1");
  gone_ = true;
  EXPECT_EQ(said(with("t1")), "vpce-1");
  EXPECT_EQ(said(with("t1", "vpc-2")), "InvalidVpcId.NotFound");
  caller_.principal.unique_id = "AIDABOBBOBBOBBOBBOBBO";
  EXPECT_EQ(said(with("t1")), "InvalidVpcId.NotFound");
}

TEST_F(Idempotency, AFailureIsTriedAgain) {
  fails_ = true;
  EXPECT_EQ(said(with("t1")), "InvalidParameter");
  fails_ = false;
  EXPECT_EQ(said(with("t1", "vpc-2")), "vpce-1");
}

TEST_F(Idempotency, ATokenIsKeptForADayAndNoLonger) {
  EXPECT_EQ(said(with("t1")), "vpce-1");
  clock_.at += tokens_kept - std::chrono::milliseconds(1);
  EXPECT_EQ(said(with("t1")), "vpce-1");
  ASSERT_TRUE(forget_old_tokens(environment_));
  EXPECT_EQ(tokens(), 1U);
  clock_.at += std::chrono::milliseconds(1);
  ASSERT_TRUE(forget_old_tokens(environment_));
  EXPECT_EQ(tokens(), 0U);
  EXPECT_EQ(said(with("t1")), "vpce-2");
  clock_.at += tokens_kept;
  EXPECT_EQ(said(with("t1")), "vpce-3") << "upkeep may be late";
}

TEST_F(Idempotency, AnAccountHasALimitOfTokensPastWhichTheOldestGo) {
  store::Transaction transaction(*store_);
  for (std::size_t i = 0; i + 1 < tokens_per_account_max; ++i) {
    tables::tokens.put(transaction, {.made = static_cast<std::int64_t>(i), .input = {}, .caller = {}, .output = {}}, "111111111111", "ec2", "X", std::to_string(i));
  }
  ASSERT_TRUE(store_->commit(transaction));
  EXPECT_EQ(said(with("t1")), "vpce-1");
  EXPECT_EQ(tokens(), tokens_per_account_max);
  EXPECT_EQ(said(with("t2")), "vpce-2");
  EXPECT_EQ(tokens(), tokens_per_account_max - tokens_per_account_max / 10 + 1);
  EXPECT_FALSE(tables::tokens.get(*store_, "111111111111", "ec2", "X", "0"));
  EXPECT_EQ(said(with("t1")), "vpce-1") << "the newest stays";
}

TEST_F(Idempotency, OfTwoThatComeTogetherOneIsDoneAndTheOtherFindsIt) {
  store::Transaction first(*store_), second(*store_);
  const Json input = with("t1");
  const auto in = [&](store::Transaction& transaction) {
    const Call call{environment_, estate_, caller_, network_, input, transaction, clock_.now(), "r"};
    return perform(call, *awsapi::builtin_model("ec2"), operation_, [](const Questions&) { return std::nullopt; });
  };
  ASSERT_TRUE(in(first));
  ASSERT_TRUE(in(second));
  ASSERT_TRUE(store_->commit(first));
  EXPECT_EQ(store_->commit(second).error().kind, Failure::conflict);
  EXPECT_EQ(said(input), "vpce-1");
}

}  // namespace
}  // namespace ringwall::service
