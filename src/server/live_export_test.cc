// Over a real store, with the services' own operations.

#include "server/live_export.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "awsapi/model.h"
#include "directory/testing.h"
#include "server/keys.h"
#include "server/live_question.h"
#include "server/services.h"
#include "service/traits.h"
#include "services/ec2/ec2.h"
#include "services/iam/iam.h"
#include "services/kms/kms.h"
#include "services/organizations/organizations.h"
#include "services/rds/rds.h"

namespace ringwall::server {
namespace {

using directory::testing::World;
using text::Json;

template <typename Item>
std::vector<Item> joined(std::vector<std::vector<Item>> parts) {
  std::vector<Item> all;
  for (auto& part : parts) std::ranges::move(part, std::back_inserter(all));
  return all;
}

class LiveExport : public ::testing::Test {
 protected:
  LiveExport() {
    auto made = authority(world_.store(), root_key_, random_, world_.clock().now());
    RW_CHECK(made.has_value());
    authority_ = *std::move(made);
    services_ = services({.engines = engines_, .authority = *authority_, .bugs = {}});
  }
  Json call(const char* name, const Json& input = Json::object()) {
    auto output = world_.call(name, World::as_root(account_), input);
    EXPECT_TRUE(output.has_value()) << name << ": " << (output ? "" : output.error().message);
    return output ? *std::move(output) : Json::object();
  }
  Json exported() {
    const Result<Json> files = live_export(world_.environment(), *world_.directory().current(), services_);
    EXPECT_TRUE(files.has_value()) << (files ? "" : files.error().message);
    return files ? *files : Json::object();
  }

  crypto::SystemRandom random_;
  Secret root_key_{std::string_view("a root key of thirty-two letters")};
  // A service cannot be assigned, so those that stay are moved elsewhere.
  void leave_out(std::string_view name) {
    std::vector<service::Service> others;
    for (service::Service& one : services_) {
      if (one.model().service() != name) others.push_back(std::move(one));
    }
    services_ = std::move(others);
  }

  // Both services have a CreatePolicy; the first is the one that is called.
  World world_{joined<service::Operation>({organizations::operations(remaining_in({})), iam::operations(), kms::operations(), ec2::operations()})};
  const std::string account_ = world_.administrator().account;
  std::optional<crypto::Authority> authority_;
  const std::vector<std::unique_ptr<engine::Engine>> engines_ = {};
  std::vector<service::Service> services_;
  int writes_ = 0;
};

TEST_F(LiveExport, HasTheOrganisationAndItsTree) {
  const std::string root = call("ListRoots")["Roots"].items().front().str("Id");
  const std::string unit = call("CreateOrganizationalUnit", Json::object({{"ParentId", root}, {"Name", "data"}}))["OrganizationalUnit"].str("Id");
  call("CreatePolicy", Json::object({{"Name", "regions"}, {"Description", "x"}, {"Type", "SERVICE_CONTROL_POLICY"},
                                     {"Content", R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"ec2:*","Resource":"*"}]})"}}));
  const Json files = exported();
  EXPECT_EQ(files["organization.json"]["Organization"].text("MasterAccountId"), account_);
  EXPECT_EQ(files["roots.json"]["Roots"].items().front().text("Id"), root);
  EXPECT_EQ(files["tree/" + root + "/organizational-units.json"]["OrganizationalUnits"].items().front().text("Id"), unit);
  EXPECT_EQ(files["tree/" + root + "/accounts.json"]["Accounts"].items().size(), 1U);
  EXPECT_TRUE(files.contains("tree/" + unit + "/accounts.json"));
  EXPECT_EQ(files["policies/SERVICE_CONTROL_POLICY.json"]["Policies"].items().size(), 2U);
  EXPECT_EQ(files["policies/p-FullAWSAccess.json"]["Policy"]["PolicySummary"].text("Name"), "FullAWSAccess");
  EXPECT_FALSE(files["policies/p-FullAWSAccess.targets.json"]["Targets"].items().empty());
  EXPECT_EQ(files["export.json"]["Regions"].items().front().as_string(), "us-east-1");
}

TEST_F(LiveExport, HasEveryPageOfAnAccountsIdentities) {
  constexpr std::size_t users = 130;  // a page has a hundred
  for (std::size_t i = 0; i < users; ++i) call("CreateUser", Json::object({{"UserName", "user" + std::to_string(i)}}));
  call("PutUserPolicy", Json::object({{"UserName", "user7"}, {"PolicyName", "own"},
                                      {"PolicyDocument", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]})"}}));
  const Json details = exported()["accounts/" + account_ + "/authorization-details.json"];
  EXPECT_EQ(details["UserDetailList"].items().size(), users + 1);  // the administrator
  EXPECT_FALSE(details.contains("Marker"));
  for (const Json& user : details["UserDetailList"].items()) {
    EXPECT_FALSE(user.contains("inline")) << "what is private stays here";
    if (user.text("UserName") != "user7") continue;
    EXPECT_EQ(user["UserPolicyList"].items().front()["PolicyDocument"]["Statement"].items().front().text("Action"), "s3:*") << "decoded, as the CLI prints it";
  }
  EXPECT_FALSE(exported().dump().contains("sealed"));
}

TEST_F(LiveExport, HasKeysAndNetworks) {
  const std::string key = call("CreateKey")["KeyMetadata"].str("KeyId");
  const std::string vpc = call("CreateVpc", Json::object({{"CidrBlock", "10.9.0.0/16"}}))["Vpc"].str("VpcId");
  const Json files = exported();
  const std::string here = "accounts/" + account_ + "/us-east-1/";
  EXPECT_EQ(files[here + "kms/keys.json"]["Keys"].items().front().text("KeyId"), key);
  EXPECT_TRUE(files[here + "kms/" + key + ".policy.json"].text("Policy").contains("kms:*"));
  bool found = false;
  for (const Json& one : files[here + "vpcs.json"]["Vpcs"].items()) found = found || one.text("VpcId") == vpc;
  EXPECT_TRUE(found);
  EXPECT_TRUE(files[here + "vpc-endpoints.json"]["VpcEndpoints"].is_array());
  EXPECT_TRUE(files[here + "rds/instances.json"]["DBInstances"].is_array());
}

TEST_F(LiveExport, ASharedStoreThatKeepsChangingIsSaid) {
  // Reading writes: each attempt meets a store that changed since it began.
  std::vector<service::Operation> restless = kms::operations();
  for (service::Operation& operation : restless) {
    if (operation.name != "ListKeys") continue;
    operation.handler = [this, list = operation.handler](const service::Call& call_now) {
      call("CreateUser", Json::object({{"UserName", "u" + std::to_string(writes_++)}}));
      return list(call_now);
    };
  }
  leave_out("kms");
  services_.emplace_back(*awsapi::builtin_model("kms"), std::move(restless), kms::service().traits());
  const Result<Json> files = live_export(world_.environment(), *world_.directory().current(), services_);
  ASSERT_FALSE(files.has_value());
  EXPECT_EQ(files.error().kind, Failure::conflict);
  EXPECT_EQ(writes_, export_attempts_max);
}

TEST_F(LiveExport, AServiceThatIsNotThereIsSaid) {
  const auto all = [&] { return live_export(world_.environment(), *world_.directory().current(), services_); };
  EXPECT_TRUE(exported()["export.json"].dump().contains("kms"));
  leave_out("kms");
  EXPECT_FALSE(exported()["export.json"].dump().contains("kms"));  // so a proof says that it knows of no key
  services_.emplace_back(*awsapi::builtin_model("kms"), std::vector<service::Operation>{}, kms::service().traits());
  const Result<Json> without_operations = all();
  ASSERT_FALSE(without_operations.has_value());
  EXPECT_TRUE(without_operations.error().message.contains("`ListKeys`")) << without_operations.error().message;
  leave_out("organizations");
  leave_out("kms");
  EXPECT_FALSE(all().has_value());
}

// Which policy of the resource is filled in follows from the action, in whatever case it is written.
TEST_F(LiveExport, AQuestionGetsTheKeysPolicyWhereAKeyIsAsked) {
  call("CreateUser", Json::object({{"UserName", "ann"}}));
  const std::string key = call("CreateKey")["KeyMetadata"].str("Arn");
  const auto layers = [&](const std::string& action, const std::string& resource) {
    const Json question =
        Json::object({{"request", Json::object({{"principal", "arn:aws:iam::" + account_ + ":user/ann"},
                                                {"action", action},
                                                {"resource", resource}})}});
    const auto live = live_question(world_.environment(), *world_.directory().current(), services_, question);
    EXPECT_TRUE(live.has_value()) << (live ? "" : live.error().message);
    return live ? (*live)["policies"] : Json();
  };
  for (const char* action : {"kms:Decrypt", "KMS:decrypt", "kms:CreateAlias"})
    EXPECT_TRUE(layers(action, key).contains("resource")) << action;
  for (const char* action : {"kms:ListKeys", "Kms:GenerateRandom"}) {
    EXPECT_FALSE(layers(action, key).contains("resource")) << action;
    EXPECT_FALSE(layers(action, "*").contains("resource")) << action;
  }
}

}  // namespace
}  // namespace ringwall::server
