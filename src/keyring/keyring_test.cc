#include "keyring/keyring.h"

#include <gtest/gtest.h>

#include <functional>

#include "directory/testing.h"
#include "keyring/schedule.h"

namespace ringwall::keyring {
namespace {

using directory::testing::World;

constexpr const char* owner = "111122223333";
constexpr const char* stranger = "444455556666";

// A world with one key, reached the way services reach it.
class Keyring : public ::testing::Test {
 protected:
  Keyring() { id_ = add_key(owner); }

  std::string add_key(const std::string& account, std::string_view policy = {}) {
    const StoredKey key = make_key(world_.environment(), account, "tests", policy.empty() ? Json() : service::bound_own(policy), {}, KeyManager::customer);
    change([&](store::Transaction& transaction) { tables::keys.put(transaction, key, account, key.id); });
    return key.id;
  }
  void add_alias(const std::string& account, const std::string& name, const std::string& target) {
    change([&](store::Transaction& transaction) {
      tables::aliases.put(transaction, {.name = "alias/" + name, .arn = {}, .key_id = target}, account, name);
    });
  }
  void edit(const std::string& id, const std::function<void(StoredKey&)>& edit) {
    change([&](store::Transaction& transaction) {
      StoredKey key = tables::keys.get(transaction, owner, id).value();
      edit(key);
      tables::keys.put(transaction, key, owner, id);
    });
  }
  void become(KeyState state) {
    edit(id_, [&](StoredKey& key) { key.state = state; });
  }
  void schedule(std::int64_t when) {
    edit(id_, [&](StoredKey& key) {
      key.state = KeyState::pending_deletion;
      key.deletion_date = when;
    });
  }
  template <typename Work>
  void change(Work&& work) {
    store::Transaction transaction(world_.store());
    work(transaction);
    ASSERT_TRUE(world_.store().commit(transaction));
  }

  ApiResult<Key> find(std::string_view name, std::string_view account = owner) {
    store::Transaction transaction(world_.store());
    return find_key(transaction, "us-east-1", account, name);
  }
  Key key() { return *find(id_); }
  std::string arn() const { return "arn:aws:kms:us-east-1:" + std::string(owner) + ":key/" + id_; }

  Bytes sealed(std::string_view plaintext, const EncryptionContext& context = {}) {
    auto blob = encrypt(world_.environment(), key(), bytes_of(plaintext), context);
    EXPECT_TRUE(blob);
    return blob ? *blob : Bytes();
  }
  // What the blob opens to, or the code of the error.
  std::string opened(const Bytes& blob, const EncryptionContext& context = {}) { return opened_with(key(), blob, context); }
  std::string opened_with(const Key& with, const Bytes& blob, const EncryptionContext& context = {}) {
    auto plaintext = decrypt(world_.environment(), with, blob, context);
    return plaintext ? std::string(plaintext->reveal_text()) : plaintext.error().code;
  }

  World world_{{}};
  std::string id_;
};

TEST_F(Keyring, WhatWasSealedOpensUnderTheSameContext) {
  for (const std::string& plaintext : {std::string(), std::string("x"), std::string(4096, '\0')}) {
    EXPECT_EQ(opened(sealed(plaintext)), plaintext);
    EXPECT_EQ(opened(sealed(plaintext, {{"a", "1"}, {"b", ""}}), {{"b", ""}, {"a", "1"}}), plaintext);
  }
}

TEST_F(Keyring, SealingTwiceNeverGivesTheSameBytes) { EXPECT_NE(sealed("same"), sealed("same")); }

TEST_F(Keyring, AnyOtherContextIsRefused) {
  const Bytes blob = sealed("secret", {{"ab", "c"}, {"d", "ef"}});
  for (const EncryptionContext& other : std::initializer_list<EncryptionContext>{
           {}, {{"ab", "c"}}, {{"ab", "c"}, {"d", "eF"}}, {{"AB", "c"}, {"d", "ef"}}, {{"a", "bc"}, {"d", "ef"}},
           {{"ab", "c"}, {"de", "f"}}, {{"ab", "c"}, {"d", "ef"}, {"g", ""}}, {{"abc", ""}, {"d", "ef"}}}) {
    EXPECT_EQ(opened(blob, other), "InvalidCiphertextException");
  }
  EXPECT_EQ(opened(blob, {{"ab", "c"}, {"d", "ef"}}), "secret");
}

TEST_F(Keyring, EveryFlippedBitIsRefused) {
  const Bytes blob = sealed("secret");
  for (std::size_t bit = 0; bit < blob.size() * 8; ++bit) {
    Bytes damaged = blob;
    damaged[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    ASSERT_EQ(opened(damaged), "InvalidCiphertextException") << "bit " << bit;
  }
}

TEST_F(Keyring, EveryCutOrLengthenedBlobIsRefused) {
  Bytes blob = sealed("secret");
  for (std::size_t size = 0; size < blob.size(); ++size) {
    ASSERT_EQ(opened(Bytes(blob.begin(), blob.begin() + static_cast<std::ptrdiff_t>(size))), "InvalidCiphertextException") << size;
  }
  blob.push_back(0);
  EXPECT_EQ(opened(blob), "InvalidCiphertextException");
}

TEST_F(Keyring, AnotherKeyDoesNotOpenIt) {
  const std::string other = add_key(owner);
  EXPECT_EQ(opened_with(*find(other), sealed("secret")), "InvalidCiphertextException");
}

TEST_F(Keyring, ABlobNamesItsKey) {
  EXPECT_EQ(*key_of(sealed("x")), arn());
  EXPECT_EQ(key_of(bytes_of("no blob")).error().code, "InvalidCiphertextException");
  EXPECT_EQ(key_of({}).error().code, "InvalidCiphertextException");
}

TEST_F(Keyring, ContextsAreTakenUpToTheirLimit) {
  const EncryptionContext at{{"name", std::string(context_bytes_max - 4, 'v')}};
  EXPECT_EQ(opened(sealed("x", at), at), "x");
  const EncryptionContext past{{"name", std::string(context_bytes_max - 3, 'v')}};
  EXPECT_EQ(encrypt(world_.environment(), key(), bytes_of("x"), past).error().code, "ValidationException");
  EXPECT_EQ(opened(sealed("x"), past), "ValidationException");
}

TEST_F(Keyring, OnlyAnEnabledKeyIsUsed) {
  const Bytes blob = sealed("x");
  become(KeyState::disabled);
  EXPECT_EQ(opened(blob), "DisabledException");
  EXPECT_EQ(encrypt(world_.environment(), key(), {}, {}).error().code, "DisabledException");
  become(KeyState::pending_deletion);
  EXPECT_EQ(opened(blob), "KMSInvalidStateException");
  EXPECT_EQ(encrypt(world_.environment(), key(), {}, {}).error().code, "KMSInvalidStateException");
}

TEST_F(Keyring, MaterialSealedForAnotherKeyIsOfNoUse) {
  const std::string other = add_key(owner);
  const Bytes blob = sealed("x");
  edit(other, [&](StoredKey& stored) { stored.material = key().record.material; });
  EXPECT_EQ(encrypt(world_.environment(), *find(other), {}, {}).error().code, "KMSInternalException");
  edit(id_, [](StoredKey& stored) { stored.material[0].sealed = "AAAA"; });
  EXPECT_EQ(opened(blob), "InvalidCiphertextException");
}

TEST_F(Keyring, KeysAreFoundByEveryFormOfName) {
  add_alias(owner, "tests/one", id_);
  for (const std::string& name : {id_, arn(), std::string("alias/tests/one"), "arn:aws:kms:us-east-1:" + std::string(owner) + ":alias/tests/one"}) {
    const auto found = find(name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->arn, arn());
  }
  // Names without an account are the caller's; an ARN finds it from anywhere.
  EXPECT_EQ(find(id_, stranger).error().code, "NotFoundException");
  EXPECT_EQ(find("alias/tests/one", stranger).error().code, "NotFoundException");
  EXPECT_EQ(find(arn(), stranger)->arn, arn());
}

TEST_F(Keyring, WhatIsNotThereIsSaidInTheWordsOfKms) {
  add_alias(owner, "astray", "gone");
  EXPECT_EQ(find("none").error().message, "Key 'arn:aws:kms:us-east-1:111122223333:key/none' does not exist");
  EXPECT_EQ(find("alias/none").error().message, "Alias arn:aws:kms:us-east-1:111122223333:alias/none is not found.");
  for (const std::string& name : {std::string(), std::string("arn:"), std::string("arn:aws:kms:us-east-1:111122223333"),
                                  "arn:aws:kms:eu-west-1:111122223333:key/" + id_, "arn:aws-cn:kms:us-east-1:111122223333:key/" + id_,
                                  "arn:aws:kms:us-east-1:111122223333:" + id_, "arn:aws:kms:us-east-1::key/" + id_,
                                  std::string("alias/astray"), std::string("alias/")}) {
    EXPECT_EQ(find(name).error().code, "NotFoundException") << name;
  }
}

// An alias may hold slashes, so its document's name could be read as a key's.
TEST_F(Keyring, ANameCannotReachAnotherKindOfDocument) {
  add_alias(owner, "x/key/y", id_);
  EXPECT_EQ(find("arn:aws:kms:us-east-1:111122223333/alias/x:key/y").error().code, "NotFoundException");
  add_alias(owner, "z", id_);
  EXPECT_EQ(find("../alias/z").error().code, "NotFoundException");
}

TEST_F(Keyring, AQuestionSaysWhatKeyPoliciesAskAbout) {
  edit(id_, [](StoredKey& stored) { stored.tags = {{"team", "red"}}; });
  const service::Question asked = question(key(), world_.as_administrator(), "kms:Decrypt", {{"a", "1"}, {"b", "2"}}, "rds.us-east-1.amazonaws.com");
  EXPECT_EQ(asked.resource, arn());
  EXPECT_EQ(asked.resource_account, owner);
  EXPECT_EQ(asked.resource_kind, authz::ResourceKind::key);
  using Values = std::vector<std::string>;
  const std::pair<const char*, Values> expected[] = {{"kms:CallerAccount", {world_.administrator().account}},
                                                     {"kms:KeySpec", {"SYMMETRIC_DEFAULT"}},
                                                     {"kms:KeyUsage", {"ENCRYPT_DECRYPT"}},
                                                     {"kms:KeyOrigin", {"AWS_KMS"}},
                                                     {"aws:ResourceTag/team", {"red"}},
                                                     {"kms:EncryptionContext:a", {"1"}},
                                                     {"kms:EncryptionContextKeys", {"a", "b"}},
                                                     {"kms:ViaService", {"rds.us-east-1.amazonaws.com"}},
                                                     {"aws:ViaAWSService", {"true"}},
                                                     {"aws:CalledVia", {"rds.us-east-1.amazonaws.com"}}};
  for (const auto& [name, values] : expected) {
    const Values* actual = asked.context.find(name);
    ASSERT_NE(actual, nullptr) << name;
    EXPECT_EQ(*actual, values) << name;
  }
  const service::Question direct = question(key(), world_.as_administrator(), "kms:Decrypt");
  for (const char* absent : {"kms:EncryptionContextKeys", "kms:ViaService", "aws:ViaAWSService"}) {
    EXPECT_EQ(direct.context.find(absent), nullptr) << absent;
  }
}

TEST_F(Keyring, AStoredPolicyThatDoesNotCompileGrantsNothing) {
  edit(id_, [](StoredKey& stored) { stored.policy = R"({"Version":"2012-10-17","Statement":[{"Effect":"Permit"}]})"; });
  const auto refused = World::refusal(*world_.directory().current(), World::as_root(owner), question(key(), World::as_root(owner), "kms:Decrypt"));
  ASSERT_TRUE(refused);
  EXPECT_NE(refused->message.find("explicit deny"), std::string::npos) << refused->message;
}

TEST_F(Keyring, AServicesManagedKeyIsMadeOnceAndOnlyForThatService) {
  const std::string account = world_.administrator().account;
  std::string first;
  for (int i = 0; i < 2; ++i) {
    store::Transaction transaction(world_.store());
    const auto managed = managed_key(world_.environment(), transaction, account, "rds");
    ASSERT_TRUE(managed);
    ASSERT_TRUE(world_.store().commit(transaction));
    if (first.empty()) first = managed->arn;
    EXPECT_EQ(managed->arn, first);
    EXPECT_EQ(managed->record.manager, KeyManager::aws);
  }
  const Key managed = *find("alias/aws/rds", account);
  const auto refused = [&](const service::Caller& caller, std::string_view via) {
    return World::refusal(*world_.directory().current(), caller, question(managed, caller, "kms:GenerateDataKey", {}, via)).has_value();
  };
  EXPECT_FALSE(refused(world_.as_administrator(), "rds.us-east-1.amazonaws.com"));
  EXPECT_TRUE(refused(world_.as_administrator(), "ec2.us-east-1.amazonaws.com"));
  EXPECT_TRUE(refused(world_.as_administrator(), {}));
  EXPECT_TRUE(refused(World::as_root(stranger), "rds.us-east-1.amazonaws.com"));
}

// What time does.

TEST_F(Keyring, RotationMakesNewMaterialAndKeepsTheOld) {
  const Bytes before = sealed("old");
  const std::int64_t next = text::to_millis(world_.clock().now()) + 90 * day_ms;
  edit(id_, [&](StoredKey& stored) { stored.rotation = {.days = 90, .next = next, .last = {}}; });
  world_.clock().advance(std::chrono::hours(90 * 24) - std::chrono::seconds(1));
  EXPECT_EQ(*run_schedule(world_.environment()), 0);
  world_.clock().advance(std::chrono::seconds(1));
  EXPECT_EQ(*run_schedule(world_.environment()), 1);
  EXPECT_EQ(*run_schedule(world_.environment()), 0);
  const Key now = key();
  EXPECT_EQ(now.record.material.size(), 2U);
  EXPECT_EQ(now.record.rotation->next, next + 90 * day_ms);
  EXPECT_EQ(now.record.rotation->last, next);
  const Bytes after = sealed("new");
  EXPECT_FALSE(std::equal(before.begin(), before.begin() + 90, after.begin()));  // another material's id
  EXPECT_EQ(opened(before), "old");
  EXPECT_EQ(opened(after), "new");
}

TEST_F(Keyring, OnlyAnEnabledKeyIsRotated) {
  edit(id_, [&](StoredKey& stored) { stored.rotation = {.days = 90, .next = text::to_millis(world_.clock().now()), .last = {}}; });
  become(KeyState::disabled);
  EXPECT_EQ(*run_schedule(world_.environment()), 0);
  become(KeyState::enabled);
  EXPECT_EQ(*run_schedule(world_.environment()), 1);
}

TEST_F(Keyring, AKeyIsDeletedWhenItsTimeIsOverAndItsAliasesWithIt) {
  const std::string other = add_key(owner);
  add_alias(owner, "doomed", id_);
  add_alias(owner, "kept", other);
  schedule(text::to_millis(world_.clock().now()) + 7 * day_ms);
  world_.clock().advance(std::chrono::hours(7 * 24) - std::chrono::seconds(1));
  EXPECT_EQ(*run_schedule(world_.environment()), 0);
  EXPECT_TRUE(find(id_));
  world_.clock().advance(std::chrono::seconds(1));
  EXPECT_EQ(*run_schedule(world_.environment()), 1);
  EXPECT_FALSE(find(id_));
  EXPECT_FALSE(find("alias/doomed"));
  EXPECT_EQ(find("alias/kept")->id, other);
  store::Transaction transaction(world_.store());
  EXPECT_FALSE(tables::aliases.contains(transaction, owner, "doomed"));
}

TEST_F(Keyring, AKeyThatWasDeletedIsToldFromOneThatIsMerelyNotThere) {
  schedule(text::to_millis(world_.clock().now()));
  EXPECT_EQ(*run_schedule(world_.environment()), 1);
  store::Transaction transaction(world_.store());
  EXPECT_TRUE(was_deleted(transaction, arn()));
  EXPECT_FALSE(was_deleted(transaction, arn() + "0"));
  EXPECT_FALSE(was_deleted(transaction, ""));
}

TEST_F(Keyring, ADateThatDoesNotBelongToAPendingKeyDeletesNothing) {
  edit(id_, [](StoredKey& stored) { stored.deletion_date = 1; });
  EXPECT_EQ(*run_schedule(world_.environment()), 0);
  EXPECT_TRUE(find(id_));
}

}  // namespace
}  // namespace ringwall::keyring
