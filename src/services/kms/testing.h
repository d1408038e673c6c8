#pragma once
// For this room's tests: an identity system and every operation of KMS, called as clients call them.

#include <gtest/gtest.h>

#include "directory/documents.h"
#include "directory/testing.h"
#include "services/kms/kms.h"
#include "text/encode.h"

namespace ringwall::kms {

using directory::testing::World;
using service::ApiResult;
using text::Json;

// Every call goes through the model: what the wire carries is what is read and answered.
class Kms : public ::testing::Test {
 protected:
  ApiResult<Json> call(const char* name, const service::Caller& caller, const Json& input) {
    const awsapi::Model& model = *awsapi::builtin_model("kms");
    const awsapi::OperationShape& shape = *model.operation(name);
    const std::string body = input.dump(), target = std::string(model.target_prefix()) + "." + name;
    const awsapi::WireRequest request{.method = "POST",
                                      .path = "/",
                                      .query = {},
                                      .header = [&](std::string_view header) -> std::optional<std::string_view> {
                                        if (header == "content-type") return "application/x-amz-json-1.1";
                                        if (header == "x-amz-target") return target;
                                        return std::nullopt;
                                      },
                                      .body = body};
    RW_TRY(const Json decoded, awsapi::decode_input(model, shape, request));
    RW_TRY(const Json output, world_.call(name, caller, decoded));
    const std::string reply = awsapi::encode_output(model, shape, output, "request").body;
    if (reply.empty()) return Json::object();
    auto parsed = text::parse_json(reply);
    EXPECT_TRUE(parsed) << reply;
    return *parsed;
  }
  ApiResult<Json> call(const char* name, const Json& input) { return call(name, admin_, input); }
  std::string code(const char* name, const service::Caller& caller, const Json& input) {
    const auto output = call(name, caller, input);
    return output ? std::string() : output.error().code;
  }
  std::string code(const char* name, const Json& input) { return code(name, admin_, input); }
  Json good(const char* name, const Json& input) {
    const auto output = call(name, input);
    EXPECT_TRUE(output) << name << ": " << (output ? "" : output.error().code + ": " + output.error().message);
    return output ? *output : Json();
  }

  std::string new_key(const Json& input = Json::object()) { return good("CreateKey", input)["KeyMetadata"].str("Arn"); }
  static Json on(const std::string& key, std::initializer_list<Json::Member> more = {}) {
    Json input = Json::object({{"KeyId", key}});
    for (const Json::Member& member : more) input.set(member.key, member.value);
    return input;
  }
  static std::string encoded(std::string_view bytes) { return text::base64(bytes_of(bytes)); }
  static std::string decoded(std::string_view base64) { return std::string(text_of(*text::parse_base64(base64))); }
  std::string encrypt(const std::string& key, std::string_view plaintext, const Json& context = Json::object()) {
    return good("Encrypt", on(key, {{"Plaintext", encoded(plaintext)}, {"EncryptionContext", context}})).str("CiphertextBlob");
  }
  static Json to_open(const std::string& blob, const Json& context = Json::object()) {
    return Json::object({{"CiphertextBlob", blob}, {"EncryptionContext", context}});
  }
  std::string state(const std::string& key) { return good("DescribeKey", on(key))["KeyMetadata"].str("KeyState"); }

  // A user of the account with this identity policy.
  service::Caller user(const std::string& name, const std::string& policy) { return member(world_.administrator().account, name, policy); }
  service::Caller member(const std::string& account, const std::string& name, const std::string& policy) {
    store::Transaction transaction(world_.store());
    Json user = directory::new_user(world_.environment(), account, "/", name, world_.clock().now());
    if (!policy.empty()) user.edit("inline").push(Json::object({{"PolicyName", "own"}, {"PolicyDocument", policy}}));
    const std::string arn = user.str("Arn");
    transaction.put(directory::iam_key(account, "user", name), std::move(user));
    world_.directory().wait_for(*world_.store().commit(transaction));
    return world_.as_user(arn);
  }
  std::string other_account() {
    store::Transaction transaction(world_.store());
    const auto organization = directory::tables::organizations.get(transaction);
    const std::string id = directory::new_account_id(world_.environment(), transaction);
    directory::put_account(transaction, *organization, id, "member", id + "@example.com", organization->root, "CREATED", world_.clock().now());
    world_.directory().wait_for(*world_.store().commit(transaction));
    return id;
  }

  World world_{operations()};
  service::Caller admin_ = world_.as_administrator();
  const std::string allow_kms_ = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*"}]})";
};

}  // namespace ringwall::kms
