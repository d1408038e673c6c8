// Every operation of every service whose input has a client token is held to what a token promises.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "awsapi/members.h"
#include "directory/guards.h"
#include "directory/testing.h"
#include "server/services.h"
#include "keyring/guards.h"
#include "service/idempotency.h"
#include "services/accessanalyzer/accessanalyzer.h"
#include "services/ec2/ec2.h"
#include "services/iam/iam.h"
#include "services/kms/kms.h"
#include "services/organizations/organizations.h"
#include "services/sts/sts.h"

namespace ringwall::server {
namespace {

using directory::testing::World;
using service::ApiResult;
using text::Json;

constexpr const char* token_member_names[] = {"ClientToken", "clientToken"};

class ClientTokens : public ::testing::Test {
 protected:
  ClientTokens() {
    const auto add = [&](const char* name, std::vector<service::Operation> operations) { services_.emplace_back(*awsapi::builtin_model(name), std::move(operations)); };
    add("ec2", ec2::operations());
    add("accessanalyzer", accessanalyzer::operations({{}, {keyring::guards(), directory::role_guards()}}));
    add("iam", iam::operations());
    add("kms", kms::operations());
    add("organizations", organizations::operations(remaining_in({})));
    add("sts", sts::operations());
  }

  // As the gateway does it, but that everything is allowed.
  ApiResult<Json> call(const std::string& name, const Json& input) {
    for (const service::Service& one : services_) {
      const service::Operation* operation = one.operation(name);
      if (operation == nullptr) continue;
      const auto estate = world_.directory().current();
      const service::NetworkContext network;
      store::Transaction transaction(world_.store());
      const service::Call call{world_.environment(), *estate, admin_, network, input, transaction, world_.clock().now(), "request"};
      auto output = service::perform(call, one.model(), *operation, [](const service::Questions&) { return std::nullopt; });
      if (output) RW_CHECK(world_.store().commit(transaction).has_value());
      return output;
    }
    return service::api_error("NoSuchOperation", name);
  }
  Json must(const std::string& name, const Json& input) {
    auto output = call(name, input);
    EXPECT_TRUE(output) << name << ": " << (output ? "" : output.error().code + ": " + output.error().message);
    return output.value_or(Json::object());
  }
  static Json with(Json input, std::initializer_list<Json::Member> more) {
    for (const Json::Member& member : more) input.set(member.key, member.value);
    return input;
  }

  std::string vpc() { return must("CreateVpc", Json::object({{"CidrBlock", "10.0.0.0/16"}}))["Vpc"].str("VpcId"); }
  std::string subnet(const std::string& vpc) {
    return must("CreateSubnet", Json::object({{"VpcId", vpc}, {"CidrBlock", "10.0.1.0/24"}, {"AvailabilityZone", "us-east-1a"}}))["Subnet"].str("SubnetId");
  }
  std::string analyzer(const std::string& name) { return must("CreateAnalyzer", Json::object({{"analyzerName", name}, {"type", "ACCOUNT"}})).str("arn"); }
  Json rule(const char* name) {
    return Json::object({{"analyzerName", "a"}, {"ruleName", name}, {"filter", Json::object({{"isPublic", Json::object({{"eq", Json::array({"true"})}})}})}});
  }
  void analyzer_with_rule() {
    analyzer("a");
    must("CreateArchiveRule", rule("r"));
  }

  // An input without token, and another that must not be taken for it.
  struct Case {
    Json input, other;
  };
  std::map<std::string, std::function<Case()>> cases() {
    return {
        {"CreateNetworkInterface",
         [this] {
           const Json input = Json::object({{"SubnetId", subnet(vpc())}});
           return Case{input, with(input, {{"Description", "another"}})};
         }},
        {"CreateVpcEndpoint",
         [this] {
           const std::string id = vpc();
           const Json input = Json::object({{"VpcId", id}, {"VpcEndpointType", "Interface"}, {"ServiceName", "com.amazonaws.us-east-1.kms"}, {"PrivateDnsEnabled", false}, {"SubnetIds", Json::array({subnet(id)})}});
           return Case{input, with(input, {{"ServiceName", "com.amazonaws.us-east-1.sts"}})};
         }},
        {"CreateAnalyzer",
         [] {
           const Json input = Json::object({{"analyzerName", "a"}, {"type", "ACCOUNT"}});
           return Case{input, with(input, {{"analyzerName", "b"}, {"type", "ORGANIZATION"}})};
         }},
        {"DeleteAnalyzer",
         [this] {
           analyzer("a");
           return Case{Json::object({{"analyzerName", "a"}}), {}};
         }},
        {"CreateArchiveRule",
         [this] {
           analyzer("a");
           return Case{rule("r"), rule("s")};
         }},
        {"UpdateArchiveRule",
         [this] {
           analyzer_with_rule();
           return Case{rule("r"), with(rule("r"), {{"filter", Json::object({{"isPublic", Json::object({{"eq", Json::array({"false"})}})}})}})};
         }},
        {"DeleteArchiveRule",
         [this] {
           analyzer_with_rule();
           return Case{Json::object({{"analyzerName", "a"}, {"ruleName", "r"}}), {}};
         }},
        {"ApplyArchiveRule",
         [this] {
           const std::string arn = analyzer("a");
           must("CreateArchiveRule", rule("r"));
           must("CreateArchiveRule", rule("s"));
           const Json input = Json::object({{"analyzerArn", arn}, {"ruleName", "r"}});
           return Case{input, with(input, {{"ruleName", "s"}})};
         }},
        {"UpdateFindings",
         [this] {
           must("CreateKey", Json::object({{"Policy", R"({"Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}]})"}}));
           const std::string arn = analyzer("a");
           const Json found = must("ListFindings", Json::object({{"analyzerArn", arn}}))["findings"];
           const Json input = Json::object({{"analyzerArn", arn}, {"status", "ARCHIVED"}, {"ids", Json::array({found.items().at(0).str("id")})}});
           return Case{input, with(input, {{"status", "ACTIVE"}})};
         }},
    };
  }

  World world_{std::vector<service::Operation>{}};
  service::Caller admin_ = world_.as_administrator();
  std::vector<service::Service> services_;
};

// So an operation that is added with a token must be added here too.
TEST_F(ClientTokens, EveryOperationThatTakesOneIsTestedHere) {
  std::vector<std::string> takes_one, tested;
  for (const service::Service& one : services_) {
    for (const std::string& name : one.operations()) {
      if (std::ranges::any_of(awsapi::input_members(*one.model().operation(name)), service::is_token_member)) takes_one.push_back(name);
    }
  }
  for (const auto& [name, make] : cases()) tested.push_back(name);
  std::ranges::sort(takes_one);
  EXPECT_EQ(takes_one, tested);
  for (const std::string& name : awsapi::builtin_model("rds")->operations()) {
    const awsapi::OperationShape* shape = awsapi::builtin_model("rds")->operation(name);
    EXPECT_FALSE(shape != nullptr && std::ranges::any_of(awsapi::input_members(*shape), service::is_token_member)) << name;
  }
}

class ClientTokensOf : public ClientTokens, public ::testing::WithParamInterface<const char*> {};

TEST_P(ClientTokensOf, IsDoneOnceForATokenAndRefusesAnotherRequestWithIt) {
  const std::string name = GetParam();
  const Case made = cases().at(name)();
  const bool is_ec2 = services_[0].operation(name) != nullptr;
  const char* member = token_member_names[is_ec2 ? 0 : 1];
  const Json input = with(made.input, {{member, "token-1"}});
  const Json first = must(name, input);
  const store::Revision after = world_.store().snapshot({}).revision;
  EXPECT_EQ(must(name, input), first);
  EXPECT_EQ(world_.store().snapshot({}).revision, after) << "the second time writes nothing";
  if (made.other.is_null()) return;  // there is nothing else to ask of it
  const auto refused = call(name, with(made.other, {{member, "token-1"}}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, is_ec2 ? "IdempotentParameterMismatch" : "ConflictException");
  EXPECT_TRUE(call(name, with(made.other, {{member, "token-2"}}))) << "under a token of its own it is done";
}

INSTANTIATE_TEST_SUITE_P(All, ClientTokensOf,
                         ::testing::Values("CreateNetworkInterface", "CreateVpcEndpoint", "CreateAnalyzer", "DeleteAnalyzer", "CreateArchiveRule", "UpdateArchiveRule",
                                           "DeleteArchiveRule", "ApplyArchiveRule", "UpdateFindings"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace ringwall::server
