#pragma once
// Calls operations as the gateway does: wire form in by the real shapes, questions, handler in a
// transaction of a real store, and the reply out by the shapes.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "awsapi/model.h"
#include "network/documents.h"
#include "network/network.h"
#include "network/records.h"
#include "service/records.h"
#include "service/service.h"
#include "services/ec2/ec2.h"
#include "store/testing.h"

namespace ringwall::ec2 {

using awsapi::ApiError;
using awsapi::ApiResult;
using text::Json;

class FixedClock final : public Clock {
 public:
  TimePoint now() const override { return TimePoint(std::chrono::milliseconds(1'700'000'000'000)); }
};

// Ids need only differ from each other here.
class SeededRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(engine_());
  }

 private:
  std::mt19937 engine_{20260102};
};

class Ec2Test : public ::testing::Test {
 protected:
  static constexpr const char* account = "111122223333";

  void SetUp() override {
    model_ = awsapi::builtin_model("ec2");
    ASSERT_NE(model_, nullptr);
    service_ = std::make_unique<service::Service>(*model_, operations());
    caller_.principal.type = policy::Principal::Type::root;
    caller_.principal.account = account;
    caller_.principal.arn = std::string("arn:aws:iam::") + account + ":root";
  }

  // The operations write by name what the rooms below them read as records.
  void TearDown() override {
    namespace tables = network::tables;
    const records::AnyTable all[] = {tables::vpcs.any(),         tables::subnets.any(),      tables::groups.any(),       tables::interfaces.any(), tables::endpoints.any(),
                                     tables::route_tables.any(), tables::network_acls.any(), tables::dhcp_options.any(), tables::names.any(),      service::tables::tokens.any()};
    const auto understood = records::check_stored(*store_, all);
    EXPECT_TRUE(understood) << understood.error().message;
  }

  // `form` is the body without Action and Version: "CidrBlock=10.0.0.0/16&…".
  ApiResult<Json> call(const std::string& name, const std::string& form) {
    questions_.clear();
    const auto* shape = model_->operation(name);
    const auto* operation = service_->operation(name);
    EXPECT_TRUE(shape != nullptr && operation != nullptr) << name;
    if (shape == nullptr || operation == nullptr) return service::api_error("Test", name);
    const std::string body = "Action=" + name + "&Version=2016-11-15" + (form.empty() ? "" : "&" + form);
    awsapi::WireRequest request;
    request.method = "POST";
    request.path = "/";
    request.header = [](std::string_view header) -> std::optional<std::string_view> {
      if (header == "content-type") return "application/x-www-form-urlencoded; charset=utf-8";
      return std::nullopt;
    };
    request.body = body;
    const auto input = awsapi::decode_input(*model_, *shape, request);
    if (!input) return std::unexpected(input.error());
    store::Transaction transaction(*store_);
    const service::Call call{environment_, estate_, caller_, network_, *input, transaction, clock_.now(), "request-1"};
    const auto questions = operation->ask(call);
    if (!questions) return std::unexpected(questions.error());
    questions_ = questions->all;
    EXPECT_FALSE(questions->unrestricted);
    auto output = operation->handler(call);
    if (!output) return output;
    const auto committed = store_->commit(transaction);
    EXPECT_TRUE(committed) << committed.error().message;
    reply_ = awsapi::encode_output(*model_, *shape, *output, "request-1").body;
    return output;
  }

  Json must(const std::string& name, const std::string& form) {
    auto outcome = call(name, form);
    EXPECT_TRUE(outcome) << name << " " << form << ": " << outcome.error().code << ": " << outcome.error().message;
    return outcome.value_or(Json::object());
  }
  std::string code(const std::string& name, const std::string& form) {
    const auto outcome = call(name, form);
    return outcome ? "success" : outcome.error().code;
  }

  std::string make_vpc(const std::string& cidr = "10.0.0.0/16") { return must("CreateVpc", "CidrBlock=" + cidr)["Vpc"].str("VpcId"); }
  std::string make_subnet(const std::string& vpc, const std::string& cidr, const std::string& zone = "us-east-1a") {
    return must("CreateSubnet", "VpcId=" + vpc + "&CidrBlock=" + cidr + "&AvailabilityZone=" + zone)["Subnet"].str("SubnetId");
  }
  std::string make_group(const std::string& vpc, const std::string& name) {
    return must("CreateSecurityGroup", "VpcId=" + vpc + "&GroupName=" + name + "&GroupDescription=" + name).str("GroupId");
  }
  // The questions asked last: "action resource", sorted.
  std::vector<std::string> asked() const {
    std::vector<std::string> lines;
    for (const auto& question : questions_) lines.push_back(question.action + " " + question.resource);
    std::ranges::sort(lines);
    return lines;
  }
  static std::string arn(const std::string& resource) { return std::string("arn:aws:ec2:us-east-1:") + account + ":" + resource; }
  static std::string value_of(const service::Question& question, std::string_view key) {
    const auto* values = question.context.find(key);
    return values == nullptr || values->empty() ? "" : values->front();
  }

  std::unique_ptr<store::Store> store_ = store::open_temporary();
  FixedClock clock_;
  SeededRandom random_;
  Secret root_key_{Bytes(32, 7)};
  service::Environment environment_{*store_, clock_, random_, "us-east-1", "ringwall.internal", root_key_};
  estate::Estate estate_;
  service::Caller caller_;
  service::NetworkContext network_;
  const awsapi::Model* model_ = nullptr;
  std::unique_ptr<service::Service> service_;
  std::vector<service::Question> questions_;
  std::string reply_;
};

}  // namespace ringwall::ec2
