#pragma once
// For the API half's tests: an account with a network, a key and an engine on offer, asked over the
// wire as clients ask.

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "directory/documents.h"
#include "directory/testing.h"
#include "keyring/keyring.h"
#include "network/documents.h"
#include "network/records.h"
#include "services/rds/detail/common.h"
#include "services/rds/rds.h"
#include "text/encode.h"

namespace ringwall::rds {

// An engine to offer; nothing here starts it.
class OfferedEngine final : public engine::Engine {
 public:
  const engine::Version& version() const override { return version_; }
  Result<> initialise(host::Host&, const engine::Instance&, const Secret&) override { return never(); }
  Result<host::Running> start(host::Host&, const engine::Instance&, const crypto::Identity&) override { return never(); }
  Result<> probe(const host::Host&, const engine::Instance&) override { return never(); }
  Result<> set_master_password(const host::Host&, const engine::Instance&, const Secret&) override { return never(); }
  Result<> reload(host::Host&, const engine::Instance&, const crypto::Identity&) override { return never(); }

 private:
  static std::unexpected<Error> never() { return fail(Failure::unavailable, "the API starts no engine"); }
  engine::Version version_{"postgres", "15.4", "15", "postgres15"};
};

using Form = std::map<std::string, std::string>;  // a query protocol body's parameters

class ApiTest : public ::testing::Test {
 protected:
  using Json = text::Json;

  ApiTest() {
    edit([&](store::Transaction& transaction) {
      const auto vpc = [&](const char* id) { network::tables::vpcs.put(transaction, {.id = id, .owner = account_}, account_, id); };
      const auto subnet = [&](const char* id, const char* of, const char* range, const char* zone) {
        network::Subnet stored{.id = id};
        stored.vpc_id = of;
        stored.cidr = range;
        stored.zone = zone;
        network::tables::subnets.put(transaction, stored, account_, id);
      };
      const auto group = [&](const char* id, const char* of, const char* name) {
        network::Group stored{.id = id, .name = name};
        stored.vpc_id = of;
        network::tables::groups.put(transaction, stored, account_, id);
      };
      vpc("vpc-1");
      vpc("vpc-2");
      subnet("subnet-a", "vpc-1", "10.0.1.0/24", "us-east-1a");
      subnet("subnet-b", "vpc-1", "10.0.2.0/24", "us-east-1b");
      subnet("subnet-a2", "vpc-1", "10.0.3.0/24", "us-east-1a");
      subnet("subnet-far", "vpc-2", "10.0.1.0/24", "us-east-1b");
      group("sg-default", "vpc-1", "default");
      group("sg-other", "vpc-1", "other");
      group("sg-far", "vpc-2", "default");
    });
  }

  template <typename Work>
  void edit(Work&& work) {
    store::Transaction transaction(world_.store());
    work(transaction);
    const auto revision = world_.store().commit(transaction);
    ASSERT_TRUE(revision) << revision.error().message;
    world_.directory().wait_for(*revision);
  }

  // The reply's body, or the error.
  service::ApiResult<std::string> call(const char* name, const service::Caller& caller, const Form& form) {
    const awsapi::Model& model = *awsapi::builtin_model("rds");
    const awsapi::OperationShape& shape = *model.operation(name);
    std::string body = "Version=2014-10-31&Action=" + std::string(name);
    for (const auto& [key, value] : form) body += "&" + key + "=" + text::percent_encode(value);
    const awsapi::WireRequest request{.method = "POST",
                                      .path = "/",
                                      .query = {},
                                      .header = [](std::string_view header) {
                                        return header == "content-type" ? std::optional<std::string_view>("application/x-www-form-urlencoded") : std::nullopt;
                                      },
                                      .body = body};
    RW_TRY(const Json input, awsapi::decode_input(model, shape, request));
    RW_TRY(const Json output, world_.call(name, caller, input));
    return awsapi::encode_output(model, shape, output, "request").body;
  }
  std::string code(const char* name, const Form& form) { return code(name, admin_, form); }
  std::string code(const char* name, const service::Caller& caller, const Form& form) {
    const auto reply = call(name, caller, form);
    return reply ? std::string() : reply.error().code;
  }
  std::string good(const char* name, const Form& form) {
    const auto reply = call(name, admin_, form);
    EXPECT_TRUE(reply) << name << ": " << (reply ? "" : reply.error().code + ": " + reply.error().message);
    return reply ? *reply : std::string();
  }

  static Form with(Form form, const Form& more) {
    for (const auto& [key, value] : more) form[key] = value;
    return form;
  }
  static Form without(Form form, const char* key) {
    form.erase(key);
    return form;
  }
  static Form on(const std::string& identifier, const Form& more = {}) { return with({{"DBInstanceIdentifier", identifier}}, more); }
  static Form new_instance(const std::string& identifier = "main") {
    return {{"DBInstanceIdentifier", identifier}, {"DBInstanceClass", "db.t3.micro"}, {"Engine", "postgres"},
            {"AllocatedStorage", "20"},           {"MasterUsername", "master"},       {"MasterUserPassword", "Correct-Horse-1"},
            {"DBSubnetGroupName", "group"}};
  }
  static Form new_group(const std::string& name = "group") {
    return {{"DBSubnetGroupName", name}, {"DBSubnetGroupDescription", "d"},
            {"SubnetIds.SubnetIdentifier.1", "subnet-a"}, {"SubnetIds.SubnetIdentifier.2", "subnet-b"}};
  }
  void make_instance(const Form& more = {}) {
    good("CreateDBSubnetGroup", new_group());
    good("CreateDBInstance", with(new_instance(), more));
  }

  std::shared_ptr<const Json> document(const std::string& identifier = "main") const {
    const auto entry = world_.store().get(tables::instances.key(account_, identifier));
    return entry ? entry->document : nullptr;
  }
  // As the reconciler would write it.
  void set_status(const std::string& status) {
    edit([&](store::Transaction& transaction) {
      Json changed = *document();
      changed.set("DBInstanceStatus", status);
      transaction.put(tables::instances.key(account_, "main"), std::move(changed));
    });
  }
  service::Caller user(const std::string& name, const std::string& statements) {
    Json stored = directory::new_user(world_.environment(), account_, "/", name, world_.clock().now());
    stored.edit("inline").push(Json::object({{"PolicyName", "own"}, {"PolicyDocument", R"({"Version":"2012-10-17","Statement":[)" + statements + "]}"}}));
    const std::string arn = stored.str("Arn");
    edit([&](store::Transaction& transaction) { transaction.put(directory::iam_key(account_, "user", name), stored); });
    return world_.as_user(arn);
  }
  static std::string allow(const std::string& action, const std::string& resource, const std::string& condition = {}) {
    return R"({"Effect":"Allow","Action":")" + action + R"(","Resource":")" + resource + '"' + (condition.empty() ? "" : R"(,"Condition":)" + condition) + "}";
  }
  std::string arn(const std::string& rest) const { return "arn:aws:rds:us-east-1:" + account_ + ":" + rest; }

  std::vector<std::unique_ptr<engine::Engine>> engines_ = [] {
    std::vector<std::unique_ptr<engine::Engine>> one;
    one.push_back(std::make_unique<OfferedEngine>());
    return one;
  }();
  crypto::Authority authority_ = crypto::Authority::create("tests", *text::parse_iso8601("2026-01-01T00:00:00Z"));
  mutable directory::testing::World world_{operations(engines_, authority_)};
  service::Caller admin_ = world_.as_administrator();
  std::string account_ = world_.administrator().account;
};

}  // namespace ringwall::rds
