#include "services/kms/kms.h"

#include <gtest/gtest.h>

#include "directory/documents.h"
#include "directory/testing.h"
#include "keyring/schedule.h"
#include "services/kms/testing.h"
#include "text/encode.h"

namespace ringwall::kms {
namespace {

using text::Json;

constexpr const char* owner_only =
    R"({"Version":"2012-10-17","Statement":[{"Sid":"owner","Effect":"Allow","Principal":{"AWS":"%"},"Action":"kms:*","Resource":"*"}]})";

std::string policy_for(const std::string& arn) {
  std::string policy = owner_only;
  return policy.replace(policy.find('%'), 1, arn);
}

TEST_F(Kms, EveryOperationHasItsShapes) {
  const awsapi::Model& model = *awsapi::builtin_model("kms");
  const service::Service service(model, operations());
  for (const std::string& name : service.operations()) EXPECT_NE(model.operation(name), nullptr) << name;
}

TEST_F(Kms, ANewKeyIsDescribedWithoutWhatIsPrivate) {
  const Json made = good("CreateKey", Json::object({{"Description", "orders"}, {"Tags", Json::array({Json::object({{"TagKey", "a"}, {"TagValue", "b"}})})}}))["KeyMetadata"];
  EXPECT_EQ(made.text("KeyState"), "Enabled");
  EXPECT_TRUE(made["Enabled"].as_bool());
  EXPECT_EQ(made.text("Description"), "orders");
  EXPECT_EQ(made.text("KeyManager"), "CUSTOMER");
  EXPECT_EQ(made.text("AWSAccountId"), world_.administrator().account);
  EXPECT_TRUE(made["CreationDate"].is_number());
  const Json shown = good("DescribeKey", on(made.str("KeyId")))["KeyMetadata"];
  EXPECT_EQ(shown, made);
  for (const char* hidden : {"material", "policy", "tags", "rotation"}) EXPECT_FALSE(shown.contains(hidden)) << hidden;
}

TEST_F(Kms, WhatOnlyOtherKindsOfKeysDoIsRefused) {
  for (const Json& input : {Json::object({{"KeySpec", "RSA_2048"}}), Json::object({{"CustomerMasterKeySpec", "RSA_2048"}}),
                            Json::object({{"KeyUsage", "SIGN_VERIFY"}}), Json::object({{"Origin", "EXTERNAL"}}),
                            Json::object({{"MultiRegion", true}}), Json::object({{"CustomKeyStoreId", "cks-1234567890abcdef0"}})}) {
    EXPECT_EQ(code("CreateKey", input), "UnsupportedOperationException") << input.dump();
  }
}

TEST_F(Kms, EncryptAndDecryptByEveryNameOfTheKey) {
  const std::string arn = new_key();
  good("CreateAlias", Json::object({{"AliasName", "alias/orders"}, {"TargetKeyId", arn}}));
  const std::string alias_arn = arn.substr(0, arn.find(":key/")) + ":alias/orders";
  for (const std::string& name : {arn, arn.substr(arn.find('/') + 1), std::string("alias/orders"), alias_arn}) {
    const std::string blob = encrypt(name, "secret");
    const Json opened = good("Decrypt", to_open(blob));
    EXPECT_EQ(decoded(opened.text("Plaintext")), "secret");
    EXPECT_EQ(opened.text("KeyId"), arn);
    EXPECT_EQ(opened.text("EncryptionAlgorithm"), "SYMMETRIC_DEFAULT");
    Json named = to_open(blob);
    named.set("KeyId", name);
    EXPECT_EQ(code("Decrypt", named), "");
  }
}

TEST_F(Kms, PlaintextIsTakenUpToItsLimit) {
  const std::string key = new_key();
  EXPECT_EQ(decoded(good("Decrypt", to_open(encrypt(key, std::string(plaintext_bytes_max, 'x')))).text("Plaintext")),
            std::string(plaintext_bytes_max, 'x'));
  EXPECT_EQ(code("Encrypt", on(key, {{"Plaintext", encoded(std::string(plaintext_bytes_max + 1, 'x'))}})), "ValidationException");
  EXPECT_EQ(code("Encrypt", on(key, {{"Plaintext", ""}})), "ValidationException");
  EXPECT_EQ(code("Encrypt", on(key)), "ValidationException");
}

TEST_F(Kms, TheContextBindsAndTheWrongKeyIsNamed) {
  const std::string key = new_key(), other = new_key();
  const Json context = Json::object({{"table", "orders"}});
  const std::string blob = encrypt(key, "x", context);
  EXPECT_EQ(code("Decrypt", to_open(blob, context)), "");
  EXPECT_EQ(code("Decrypt", to_open(blob)), "InvalidCiphertextException");
  EXPECT_EQ(code("Decrypt", to_open(blob, Json::object({{"table", "Orders"}}))), "InvalidCiphertextException");
  Json named = to_open(blob, context);
  named.set("KeyId", other);
  EXPECT_EQ(code("Decrypt", named), "IncorrectKeyException");
  named.set("KeyId", "alias/none");
  EXPECT_EQ(code("Decrypt", named), "NotFoundException");
  EXPECT_EQ(code("Decrypt", to_open(encoded("not one of ours"))), "InvalidCiphertextException");
}

TEST_F(Kms, ADryRunAnswersNothingAndAWrongAlgorithmIsRefused) {
  const std::string key = new_key();
  const std::string blob = encrypt(key, "x");
  EXPECT_EQ(code("Encrypt", on(key, {{"Plaintext", encoded("x")}, {"DryRun", true}})), "DryRunOperationException");
  EXPECT_EQ(code("Encrypt", on(key, {{"Plaintext", encoded("x")}, {"EncryptionAlgorithm", "RSAES_OAEP_SHA_256"}})), "InvalidKeyUsageException");
  Json open = to_open(blob);
  open.set("Recipient", Json::object({{"KeyEncryptionAlgorithm", "RSAES_OAEP_SHA_256"}, {"AttestationDocument", encoded("doc")}}));
  EXPECT_EQ(code("Decrypt", open), "UnsupportedOperationException");
  EXPECT_EQ(code("GenerateDataKey", on(key, {{"KeySpec", "AES_256"}, {"DryRun", true}})), "DryRunOperationException");
}

TEST_F(Kms, ReEncryptMovesToAnotherKeyAndContext) {
  const std::string from = new_key(), to = new_key();
  const Json before = Json::object({{"v", "1"}}), after = Json::object({{"v", "2"}});
  const std::string blob = encrypt(from, "secret", before);
  const Json input = Json::object({{"CiphertextBlob", blob}, {"DestinationKeyId", to}, {"SourceEncryptionContext", before}, {"DestinationEncryptionContext", after}});
  const Json output = good("ReEncrypt", input);
  EXPECT_EQ(output.text("SourceKeyId"), from);
  EXPECT_EQ(output.text("KeyId"), to);
  EXPECT_EQ(decoded(good("Decrypt", to_open(output.str("CiphertextBlob"), after)).text("Plaintext")), "secret");
  EXPECT_EQ(code("Decrypt", to_open(output.str("CiphertextBlob"), before)), "InvalidCiphertextException");

  Json wrong = input;
  EXPECT_EQ(code("ReEncrypt", wrong.set("SourceEncryptionContext", after)), "InvalidCiphertextException");
  wrong = input;
  EXPECT_EQ(code("ReEncrypt", wrong.set("SourceKeyId", to)), "IncorrectKeyException");
  wrong = input;
  EXPECT_EQ(code("ReEncrypt", wrong.set("DestinationKeyId", "alias/none")), "NotFoundException");
  good("DisableKey", on(to));
  EXPECT_EQ(code("ReEncrypt", input), "DisabledException");
}

TEST_F(Kms, ReEncryptNeedsBothHalves) {
  const std::string from = new_key(), to = new_key();
  const Json input = Json::object({{"CiphertextBlob", encrypt(from, "x")}, {"DestinationKeyId", to}});
  const auto allowing = [](const char* action) {
    return std::string(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":")") + action + R"(","Resource":"*"}]})";
  };
  EXPECT_EQ(code("ReEncrypt", user("from", allowing("kms:ReEncryptFrom")), input), "AccessDenied");
  EXPECT_EQ(code("ReEncrypt", user("to", allowing("kms:ReEncryptTo")), input), "AccessDenied");
  EXPECT_EQ(code("ReEncrypt", user("both", allowing("kms:ReEncrypt*")), input), "");
}

TEST_F(Kms, DataKeysComeInTheSizeAskedFor) {
  const std::string key = new_key();
  const auto size_of = [&](std::initializer_list<Json::Member> how) {
    const Json made = good("GenerateDataKey", on(key, how));
    const std::string plaintext = decoded(made.text("Plaintext"));
    EXPECT_EQ(decoded(good("Decrypt", to_open(made.str("CiphertextBlob"))).text("Plaintext")), plaintext);
    return plaintext.size();
  };
  EXPECT_EQ(size_of({{"KeySpec", "AES_256"}}), 32U);
  EXPECT_EQ(size_of({{"KeySpec", "AES_128"}}), 16U);
  EXPECT_EQ(size_of({{"NumberOfBytes", 1}}), 1U);
  EXPECT_EQ(size_of({{"NumberOfBytes", data_key_bytes_max}}), data_key_bytes_max);
  for (const Json& wrong : {on(key), on(key, {{"KeySpec", "AES_256"}, {"NumberOfBytes", 32}}), on(key, {{"NumberOfBytes", 0}}),
                            on(key, {{"NumberOfBytes", data_key_bytes_max + 1}}), on(key, {{"KeySpec", "AES_512"}})}) {
    EXPECT_EQ(code("GenerateDataKey", wrong), "ValidationException") << wrong.dump();
  }
  const Json sealed = good("GenerateDataKeyWithoutPlaintext", on(key, {{"KeySpec", "AES_256"}}));
  EXPECT_FALSE(sealed.contains("Plaintext"));
  EXPECT_EQ(decoded(good("Decrypt", to_open(sealed.str("CiphertextBlob"))).text("Plaintext")).size(), 32U);
}

TEST_F(Kms, RandomBytesComeInTheSizeAskedFor) {
  EXPECT_EQ(decoded(good("GenerateRandom", Json::object({{"NumberOfBytes", data_key_bytes_max}})).text("Plaintext")).size(), data_key_bytes_max);
  EXPECT_EQ(code("GenerateRandom", Json::object({{"NumberOfBytes", data_key_bytes_max + 1}})), "ValidationException");
  EXPECT_EQ(code("GenerateRandom", Json::object()), "ValidationException");
}

TEST_F(Kms, ADisabledKeyWorksAgainOnceEnabled) {
  const std::string key = new_key();
  const std::string blob = encrypt(key, "x");
  good("DisableKey", on(key));
  EXPECT_EQ(state(key), "Disabled");
  EXPECT_EQ(code("Decrypt", to_open(blob)), "DisabledException");
  EXPECT_EQ(code("Encrypt", on(key, {{"Plaintext", encoded("x")}})), "DisabledException");
  EXPECT_EQ(code("GenerateDataKey", on(key, {{"KeySpec", "AES_256"}})), "DisabledException");
  EXPECT_EQ(code("EnableKeyRotation", on(key)), "DisabledException");
  EXPECT_EQ(code("DisableKeyRotation", on(key)), "DisabledException");
  good("EnableKey", on(key));
  EXPECT_EQ(code("Decrypt", to_open(blob)), "");
}

TEST_F(Kms, DeletionWaitsCanBeCancelledAndThenIsFinal) {
  const std::string key = new_key();
  const std::string blob = encrypt(key, "x");
  EXPECT_EQ(code("CancelKeyDeletion", on(key)), "KMSInvalidStateException");
  EXPECT_EQ(code("ScheduleKeyDeletion", on(key, {{"PendingWindowInDays", pending_days_min - 1}})), "ValidationException");
  EXPECT_EQ(code("ScheduleKeyDeletion", on(key, {{"PendingWindowInDays", pending_days_max + 1}})), "ValidationException");
  const Json scheduled = good("ScheduleKeyDeletion", on(key, {{"PendingWindowInDays", pending_days_min}}));
  EXPECT_EQ(scheduled.text("KeyState"), "PendingDeletion");
  EXPECT_EQ(scheduled["PendingWindowInDays"].as_integer(), pending_days_min);
  EXPECT_EQ(scheduled["DeletionDate"].as_integer(), text::to_millis(world_.clock().now()) / 1000 + 7 * 24 * 3600);

  const auto invalid = [&](const char* name, const Json& input) { EXPECT_EQ(code(name, input), "KMSInvalidStateException") << name; };
  invalid("Decrypt", to_open(blob));
  invalid("Encrypt", on(key, {{"Plaintext", encoded("x")}}));
  for (const char* name : {"EnableKey", "DisableKey", "EnableKeyRotation", "DisableKeyRotation", "ScheduleKeyDeletion"}) invalid(name, on(key));
  invalid("UpdateKeyDescription", on(key, {{"Description", "d"}}));
  invalid("TagResource", on(key, {{"Tags", Json::array({Json::object({{"TagKey", "a"}, {"TagValue", "b"}})})}}));
  invalid("UntagResource", on(key, {{"TagKeys", Json::array({"a"})}}));
  invalid("CreateAlias", Json::object({{"AliasName", "alias/late"}, {"TargetKeyId", key}}));
  EXPECT_EQ(code("PutKeyPolicy", on(key, {{"Policy", keyring::default_policy(world_.administrator().account)}})), "");
  EXPECT_EQ(code("GetKeyPolicy", on(key)), "");

  EXPECT_EQ(good("CancelKeyDeletion", on(key)).text("KeyId"), key);
  EXPECT_EQ(state(key), "Disabled");
  EXPECT_FALSE(good("DescribeKey", on(key))["KeyMetadata"].contains("DeletionDate"));
  good("EnableKey", on(key));
  EXPECT_EQ(code("Decrypt", to_open(blob)), "");

  good("ScheduleKeyDeletion", on(key));
  world_.clock().advance(std::chrono::hours(24 * pending_days_max));
  EXPECT_EQ(*keyring::run_schedule(world_.environment()), 1);
  EXPECT_EQ(code("DescribeKey", on(key)), "NotFoundException");
  EXPECT_EQ(code("Decrypt", to_open(blob)), "NotFoundException");
}

TEST_F(Kms, RotationIsToldAndKeepsOldCiphertextsReadable) {
  const std::string key = new_key();
  const std::string before = encrypt(key, "old");
  EXPECT_FALSE(good("GetKeyRotationStatus", on(key))["KeyRotationEnabled"].as_bool(true));
  EXPECT_EQ(code("EnableKeyRotation", on(key, {{"RotationPeriodInDays", 89}})), "ValidationException");
  EXPECT_EQ(code("EnableKeyRotation", on(key, {{"RotationPeriodInDays", 2561}})), "ValidationException");
  EXPECT_EQ(code("EnableKeyRotation", on(key, {{"RotationPeriodInDays", 2560}})), "");
  good("EnableKeyRotation", on(key, {{"RotationPeriodInDays", 90}}));
  const Json status = good("GetKeyRotationStatus", on(key));
  EXPECT_TRUE(status["KeyRotationEnabled"].as_bool());
  EXPECT_EQ(status["RotationPeriodInDays"].as_integer(), 90);
  world_.clock().advance(std::chrono::hours(90 * 24));
  EXPECT_EQ(*keyring::run_schedule(world_.environment()), 1);
  const std::string after = encrypt(key, "new");
  EXPECT_EQ(decoded(good("Decrypt", to_open(before)).text("Plaintext")), "old");
  EXPECT_EQ(decoded(good("Decrypt", to_open(after)).text("Plaintext")), "new");
  good("DisableKeyRotation", on(key));
  world_.clock().advance(std::chrono::hours(90 * 24));
  EXPECT_EQ(*keyring::run_schedule(world_.environment()), 0);
}

// Who may.

TEST_F(Kms, WithoutAStatementForTheRootIdentityPoliciesGiveNothing) {
  const service::Caller powerful = user("powerful", allow_kms_), holder = user("holder", "");
  const std::string open = new_key();
  EXPECT_EQ(code("DescribeKey", powerful, on(open)), "");
  EXPECT_EQ(code("DescribeKey", holder, on(open)), "AccessDenied");
  const std::string closed = new_key(Json::object({{"Policy", policy_for(holder.principal.arn)}, {"BypassPolicyLockoutSafetyCheck", true}}));
  EXPECT_EQ(code("DescribeKey", holder, on(closed)), "");
  EXPECT_EQ(code("Encrypt", holder, on(closed, {{"Plaintext", encoded("x")}})), "");
  EXPECT_EQ(code("DescribeKey", powerful, on(closed)), "AccessDenied");
  EXPECT_EQ(code("DescribeKey", admin_, on(closed)), "AccessDenied");
}

TEST_F(Kms, APolicyThatLocksEverybodyOutIsRefusedUnlessAskedFor) {
  const service::Caller holder = user("holder", "");
  const std::string lockout = policy_for(holder.principal.arn), key = new_key();
  EXPECT_EQ(code("CreateKey", Json::object({{"Policy", lockout}})), "MalformedPolicyDocumentException");
  EXPECT_EQ(code("PutKeyPolicy", on(key, {{"Policy", lockout}})), "MalformedPolicyDocumentException");
  EXPECT_EQ(code("PutKeyPolicy", on(key, {{"Policy", "{}"}})), "MalformedPolicyDocumentException");
  const std::string allowed = keyring::default_policy(world_.administrator().account);
  const auto padded = [&](std::size_t size) { return std::string(size - allowed.size(), ' ') + allowed; };
  EXPECT_EQ(code("PutKeyPolicy", on(key, {{"Policy", padded(policy::characters_max(policy::Kind::key))}})), "");
  EXPECT_EQ(code("PutKeyPolicy", on(key, {{"Policy", padded(policy::characters_max(policy::Kind::key) + 1)}})), "LimitExceededException");
  const auto wrong = call("PutKeyPolicy", on(key, {{"Policy", "{\"Version\":\"2012-10-17\",\n \"Statement\":{\"Effect\":\"Permit\"}}"}}));
  ASSERT_FALSE(wrong.has_value());
  EXPECT_NE(wrong.error().message.find("line 2"), std::string::npos) << wrong.error().message;
  EXPECT_EQ(code("PutKeyPolicy", on(key, {{"Policy", policy_for(admin_.principal.arn)}})), "");
  EXPECT_EQ(good("GetKeyPolicy", on(key)).text("Policy"), policy_for(admin_.principal.arn));
  EXPECT_EQ(code("PutKeyPolicy", on(key, {{"Policy", lockout}, {"BypassPolicyLockoutSafetyCheck", true}})), "");
  EXPECT_EQ(code("GetKeyPolicy", on(key)), "AccessDenied");
}

TEST_F(Kms, TheOnlyPolicyIsTheDefaultOne) {
  const std::string key = new_key();
  EXPECT_EQ(good("ListKeyPolicies", on(key))["PolicyNames"], Json::array({"default"}));
  EXPECT_EQ(code("GetKeyPolicy", on(key, {{"PolicyName", "other"}})), "NotFoundException");
  EXPECT_EQ(code("PutKeyPolicy", on(key, {{"PolicyName", "other"}, {"Policy", keyring::default_policy("111122223333")}})), "ValidationException");
  EXPECT_EQ(good("GetKeyPolicy", on(key)).text("Policy"), keyring::default_policy(world_.administrator().account));
}

TEST_F(Kms, PoliciesDecideByEncryptionContextAndCallerAccount) {
  const std::string account = world_.administrator().account;
  const service::Caller reader = user("reader", "");
  const std::string policy =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::)" + account +
      R"(:root"},"Action":"kms:*","Resource":"*"},{"Effect":"Allow","Principal":{"AWS":")" + reader.principal.arn +
      R"("},"Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:EncryptionContext:table":"orders","kms:CallerAccount":")" + account + R"("}}}]})";
  const std::string key = new_key(Json::object({{"Policy", policy}}));
  const Json orders = Json::object({{"table", "orders"}}), people = Json::object({{"table", "people"}});
  EXPECT_EQ(code("Decrypt", reader, to_open(encrypt(key, "x", orders), orders)), "");
  EXPECT_EQ(code("Decrypt", reader, to_open(encrypt(key, "x", people), people)), "AccessDenied");
  EXPECT_EQ(code("Decrypt", reader, to_open(encrypt(key, "x"))), "AccessDenied");
}

TEST_F(Kms, AnotherAccountUsesAKeyByArnWhenBothSidesAllowAndNeverManagesIt) {
  const service::Caller guest = member(other_account(), "guest", allow_kms_);
  const std::string closed = new_key(), shared = new_key(Json::object({{"Policy",
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::)" + world_.administrator().account +
      R"(:root",")" + guest.principal.arn + R"("]},"Action":"kms:*","Resource":"*"}]})"}}));
  const Json plaintext = Json(encoded("x"));
  EXPECT_EQ(code("Encrypt", guest, on(shared, {{"Plaintext", plaintext}})), "");
  EXPECT_EQ(code("Decrypt", guest, to_open(encrypt(shared, "x"))), "");
  EXPECT_EQ(code("DescribeKey", guest, on(shared)), "");
  EXPECT_EQ(code("Encrypt", guest, on(closed, {{"Plaintext", plaintext}})), "AccessDenied");
  EXPECT_EQ(code("Encrypt", guest, on(shared.substr(shared.find('/') + 1), {{"Plaintext", plaintext}})), "NotFoundException");
  for (const char* name : {"DisableKey", "EnableKey", "GetKeyPolicy", "ListKeyPolicies", "ListResourceTags", "ScheduleKeyDeletion", "CancelKeyDeletion", "EnableKeyRotation"}) {
    EXPECT_EQ(code(name, guest, on(shared)), "AccessDeniedException") << name;
  }
  EXPECT_EQ(code("GetKeyPolicy", guest, on("arn:aws:kms:us-east-1:" + world_.administrator().account + ":key/none")), "AccessDeniedException");
  EXPECT_EQ(code("CreateAlias", guest, Json::object({{"AliasName", "alias/theirs"}, {"TargetKeyId", shared}})), "AccessDeniedException");
}

TEST_F(Kms, AManagedKeyIsNotChanged) {
  store::Transaction transaction(world_.store());
  const auto managed = keyring::managed_key(world_.environment(), transaction, world_.administrator().account, "rds");
  ASSERT_TRUE(managed);
  ASSERT_TRUE(world_.store().commit(transaction));
  EXPECT_EQ(good("DescribeKey", on("alias/aws/rds"))["KeyMetadata"].text("KeyManager"), "AWS");
  // Its policy lets only its service use it, and lets nobody manage it.
  EXPECT_EQ(code("Encrypt", on(managed->arn, {{"Plaintext", encoded("x")}})), "AccessDenied");
  for (const char* name : {"DisableKey", "ScheduleKeyDeletion", "EnableKeyRotation"}) EXPECT_EQ(code(name, on(managed->arn)), "AccessDenied") << name;
}

// Aliases.

TEST_F(Kms, AnAliasIsMadeMovedListedAndDeleted) {
  const std::string first = new_key(), second = new_key();
  good("CreateAlias", Json::object({{"AliasName", "alias/app/db"}, {"TargetKeyId", first}}));
  EXPECT_EQ(code("CreateAlias", Json::object({{"AliasName", "alias/app/db"}, {"TargetKeyId", second}})), "AlreadyExistsException");
  EXPECT_EQ(good("DescribeKey", on("alias/app/db"))["KeyMetadata"].text("Arn"), first);
  good("UpdateAlias", Json::object({{"AliasName", "alias/app/db"}, {"TargetKeyId", second}}));
  EXPECT_EQ(good("DescribeKey", on("alias/app/db"))["KeyMetadata"].text("Arn"), second);
  const Json listed = good("ListAliases", on(second))["Aliases"];
  ASSERT_EQ(listed.items().size(), 1U);
  EXPECT_EQ(listed.items()[0].text("AliasName"), "alias/app/db");
  EXPECT_EQ(listed.items()[0].text("TargetKeyId"), second.substr(second.find('/') + 1));
  EXPECT_TRUE(good("ListAliases", on(first))["Aliases"].items().empty());
  good("ScheduleKeyDeletion", on(first));
  EXPECT_EQ(code("UpdateAlias", Json::object({{"AliasName", "alias/app/db"}, {"TargetKeyId", first}})), "KMSInvalidStateException");
  good("DeleteAlias", Json::object({{"AliasName", "alias/app/db"}}));
  EXPECT_EQ(code("DeleteAlias", Json::object({{"AliasName", "alias/app/db"}})), "NotFoundException");
  EXPECT_EQ(code("UpdateAlias", Json::object({{"AliasName", "alias/app/db"}, {"TargetKeyId", second}})), "NotFoundException");
}

TEST_F(Kms, AliasNamesAndTargetsAreChecked) {
  const std::string key = new_key();
  const auto with = [&](const std::string& name, const std::string& target) { return Json::object({{"AliasName", name}, {"TargetKeyId", target}}); };
  EXPECT_EQ(code("CreateAlias", with("alias/aws/mine", key)), "NotAuthorizedException");
  EXPECT_EQ(code("CreateAlias", with("alias/with space", key)), "ValidationException");
  EXPECT_EQ(code("CreateAlias", with("alias/", key)), "InvalidAliasNameException");
  EXPECT_EQ(code("CreateAlias", with("orders", key)), "InvalidAliasNameException");
  EXPECT_EQ(code("CreateAlias", with("alias/" + std::string(250, 'a'), key)), "");
  EXPECT_EQ(code("CreateAlias", with("alias/" + std::string(251, 'a'), key)), "ValidationException");
  EXPECT_EQ(code("CreateAlias", with("alias/x", "none")), "NotFoundException");
  EXPECT_EQ(code("CreateAlias", with("alias/x", "alias/" + std::string(250, 'a'))), "InvalidArnException");
  EXPECT_EQ(code("DisableKey", on("alias/" + std::string(250, 'a'))), "InvalidArnException");
  EXPECT_EQ(code("Encrypt", on("alias/none", {{"Plaintext", encoded("x")}})), "NotFoundException");
}

TEST_F(Kms, AnAliasNeedsPermissionOnItselfAndOnTheKey) {
  const std::string key = new_key();
  const Json input = Json::object({{"AliasName", "alias/x"}, {"TargetKeyId", key}});
  const auto on_resource = [](const std::string& resource) {
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:*Alias","Resource":")" + resource + R"("}]})";
  };
  EXPECT_EQ(code("CreateAlias", user("key-only", on_resource(key)), input), "AccessDenied");
  EXPECT_EQ(code("CreateAlias", user("alias-only", on_resource("arn:aws:kms:*:*:alias/x")), input), "AccessDenied");
  EXPECT_EQ(code("CreateAlias", user("both", on_resource("*")), input), "");
}

// Lists and tags.

TEST_F(Kms, ListsArePaged) {
  std::set<std::string> made, seen;
  for (int i = 0; i < 5; ++i) made.insert(new_key());
  Json input = Json::object({{"Limit", 2}});
  for (int pages = 1;; ++pages) {
    const Json page = good("ListKeys", input);
    for (const Json& key : page["Keys"].items()) EXPECT_TRUE(seen.insert(key.str("KeyArn")).second);
    EXPECT_EQ(page["Truncated"].as_bool(), page.contains("NextMarker"));
    if (!page["Truncated"].as_bool()) {
      EXPECT_EQ(pages, 3);
      break;
    }
    EXPECT_EQ(page["Keys"].items().size(), 2U);
    input.set("Marker", page.str("NextMarker"));
  }
  EXPECT_EQ(seen, made);
  EXPECT_EQ(code("ListKeyPolicies", on(new_key(), {{"Marker", "zz"}})), "InvalidMarkerException");
  for (const char* list : {"ListKeys", "ListAliases"}) {
    for (const char* made_up : {"zz", "zz==", "AAAAAAAAAABh"})
      EXPECT_EQ(code(list, Json::object({{"Marker", made_up}})), "InvalidMarkerException") << list << made_up;
  }
  EXPECT_EQ(code("ListKeys", Json::object({{"Limit", 0}})), "ValidationException");
  EXPECT_EQ(code("ListKeys", Json::object({{"Limit", 1001}})), "ValidationException");
}

TEST_F(Kms, TagsAreSetReplacedAndRemoved) {
  const std::string key = new_key();
  const auto tag = [](const char* name, const char* value) { return Json::object({{"TagKey", name}, {"TagValue", value}}); };
  good("TagResource", on(key, {{"Tags", Json::array({tag("a", "1"), tag("b", "2")})}}));
  good("TagResource", on(key, {{"Tags", Json::array({tag("a", "3")})}}));
  good("UntagResource", on(key, {{"TagKeys", Json::array({"b", "none"})}}));
  EXPECT_EQ(good("ListResourceTags", on(key))["Tags"], Json::array({tag("a", "3")}));
  EXPECT_EQ(code("TagResource", on(key, {{"Tags", Json::array({tag("aws:x", "1")})}})), "TagException");
  EXPECT_EQ(code("CreateKey", Json::object({{"Tags", Json::array({tag("aws:x", "1")})}})), "TagException");
  const Json twice = Json::array({tag("c", "1"), tag("c", "2")});
  EXPECT_EQ(code("TagResource", on(key, {{"Tags", twice}})), "TagException");
  EXPECT_EQ(code("CreateKey", Json::object({{"Tags", twice}})), "TagException");
  Json many = Json::array();
  for (std::size_t i = 1; i < service::tags_max; ++i) many.push(tag(("k" + std::to_string(i)).c_str(), ""));
  EXPECT_EQ(code("TagResource", on(key, {{"Tags", many}})), "");
  EXPECT_EQ(code("TagResource", on(key, {{"Tags", Json::array({tag("one-more", "")})}})), "TagException");
}

TEST_F(Kms, TagsDecide) {
  const std::string red = new_key(Json::object({{"Tags", Json::array({Json::object({{"TagKey", "team"}, {"TagValue", "red"}})})}}));
  const std::string plain = new_key();
  const service::Caller caller = user("red", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"red"}}}]})");
  EXPECT_EQ(code("DescribeKey", caller, on(red)), "");
  EXPECT_EQ(code("DescribeKey", caller, on(plain)), "AccessDenied");
}

TEST_F(Kms, ADescriptionIsReplaced) {
  const std::string key = new_key();
  good("UpdateKeyDescription", on(key, {{"Description", "new"}}));
  EXPECT_EQ(good("DescribeKey", on(key))["KeyMetadata"].text("Description"), "new");
}

// Names that come back: a key policy means whom it named, not whoever has the name next.
TEST_F(Kms, AKeyPolicyDoesNotLetInANamesakeOfWhomItNamed) {
  const std::string account = world_.administrator().account;
  const service::Caller first = user("ann", "");
  const std::string policy = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::)" + account +
                             R"(:root"},"Action":"kms:*","Resource":"*"},{"Effect":"Allow","Principal":{"AWS":")" + first.principal.arn +
                             R"("},"Action":"kms:Decrypt","Resource":"*"}]})";
  const std::string key = new_key(Json::object({{"Policy", policy}}));
  const std::string blob = encrypt(key, "secret");
  EXPECT_EQ(code("Decrypt", first, to_open(blob)), "");
  EXPECT_EQ(code("Decrypt", user("ann", ""), to_open(blob)), "AccessDenied");
}

TEST_F(Kms, AKeyPolicyIsShownByNameAndByTheIdOfWhoIsGone) {
  const std::string account = world_.administrator().account;
  const auto naming = [&](const std::string& who) {
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::)" + account + R"(:root",")" + who + R"("]},"Action":"kms:*","Resource":"*"}]})";
  };
  const service::Caller first = user("ann", "");
  const std::string key = new_key(Json::object({{"Policy", naming(first.principal.arn)}}));
  const auto shown = [&] { return good("GetKeyPolicy", on(key)).str("Policy"); };
  EXPECT_EQ(shown(), naming(first.principal.arn));
  user("ann", "");
  EXPECT_EQ(shown(), naming(first.principal.unique_id));
  EXPECT_EQ(code("PutKeyPolicy", on(key, {{"Policy", shown()}})), "MalformedPolicyDocumentException");
}

TEST_F(Kms, AKeyPolicyThatNamesNobodyIsRefused) {
  const std::string account = world_.administrator().account;
  for (const std::string& who : {"arn:aws:iam::" + account + ":user/nobody", "arn:aws:iam::" + account + ":role/nobody", "arn:aws:sts::" + account + ":assumed-role/nobody/s"}) {
    const auto made = call("CreateKey", Json::object({{"Policy", R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::)" + account + R"(:root",")" + who + R"("]},"Action":"kms:*","Resource":"*"}]})"}}));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, "MalformedPolicyDocumentException");
    EXPECT_EQ(made.error().message, "Policy contains a statement with one or more invalid principals.");
  }
}

}  // namespace
}  // namespace ringwall::kms
