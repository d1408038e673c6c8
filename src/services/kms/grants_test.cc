#include "keyring/grants.h"

#include <gtest/gtest.h>

#include "keyring/schedule.h"
#include "services/kms/testing.h"

namespace ringwall::kms {
namespace {

class Grants : public Kms {
 protected:
  static Json operations_in(std::initializer_list<const char*> names) {
    Json list = Json::array();
    for (const char* name : names) list.push(name);
    return list;
  }
  static Json grant_to(const std::string& key, const std::string& grantee, std::initializer_list<const char*> names, std::initializer_list<Json::Member> more = {}) {
    Json input = on(key, {{"GranteePrincipal", grantee}, {"Operations", operations_in(names)}});
    for (const Json::Member& member : more) input.set(member.key, member.value);
    return input;
  }
  static Json constrained(const char* type, Json context) { return Json::object({{type, std::move(context)}}); }
  std::string may_decrypt(const service::Caller& caller, const std::string& blob, const Json& context = Json::object()) { return code("Decrypt", caller, to_open(blob, context)); }
  // A role that the account trusts, and a session of it; its own policy gives it nothing.
  service::Caller session_of_new_role(const std::string& name) {
    store::Transaction transaction(world_.store());
    Json role = directory::new_role(world_.environment(), account_, "/", name, service::bound_own(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":")" + account_ + R"("},"Action":"sts:AssumeRole"}]})"), world_.clock().now());
    service::Caller caller;
    caller.principal = {.type = policy::Principal::Type::role_session, .arn = "arn:aws:sts::" + account_ + ":assumed-role/" + name + "/s", .role_arn = role.str("Arn"), .account = account_, .unique_id = role.str("RoleId"), .service = {}, .provider = {}};
    transaction.put(directory::iam_key(account_, "role", name), std::move(role));
    world_.directory().wait_for(*world_.store().commit(transaction));
    return caller;
  }
  void erase(const std::string& key) {
    store::Transaction transaction(world_.store());
    transaction.erase(key);
    world_.directory().wait_for(*world_.store().commit(transaction));
  }

  std::string account_ = world_.administrator().account;
  std::string key_ = new_key();
  service::Caller ann_ = user("ann", "");
};

TEST_F(Grants, AGrantAllowsAtOnceAndNoMoreOnceItIsRevoked) {
  const std::string blob = encrypt(key_, "x");
  EXPECT_EQ(may_decrypt(ann_, blob), "AccessDenied");
  const Json made = good("CreateGrant", grant_to(key_, ann_.principal.arn, {"Decrypt"}));
  EXPECT_EQ(made.text("GrantId").size(), 64U);
  EXPECT_EQ(may_decrypt(ann_, blob), "");
  EXPECT_EQ(code("Encrypt", ann_, on(key_, {{"Plaintext", encoded("x")}})), "AccessDenied");  // not granted
  EXPECT_EQ(may_decrypt(user("beth", ""), blob), "AccessDenied");                             // not to her
  EXPECT_EQ(may_decrypt(ann_, encrypt(new_key(), "x")), "AccessDenied");                      // not on that key
  good("RevokeGrant", on(key_, {{"GrantId", made.str("GrantId")}}));
  EXPECT_EQ(may_decrypt(ann_, blob), "AccessDenied");
  EXPECT_EQ(code("RevokeGrant", on(key_, {{"GrantId", made.str("GrantId")}})), "InvalidGrantIdException");
}

TEST_F(Grants, ARoleIsGrantedByItsArnAndASessionByItsOwn) {
  const std::string blob = encrypt(key_, "x");
  const service::Caller session = session_of_new_role("r");
  good("CreateGrant", grant_to(key_, session.principal.role_arn, {"Decrypt"}));
  EXPECT_EQ(may_decrypt(session, blob), "");
  service::Caller other = session_of_new_role("r2");
  EXPECT_EQ(may_decrypt(other, blob), "AccessDenied");
  good("CreateGrant", grant_to(key_, other.principal.arn, {"Decrypt"}));
  EXPECT_EQ(may_decrypt(other, blob), "");
  other.principal.arn += "2";
  EXPECT_EQ(may_decrypt(other, blob), "AccessDenied");
}

TEST_F(Grants, AnExplicitDenyEndsWhatAGrantAllows) {
  const service::Caller denied = user("denied", R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"kms:Decrypt","Resource":"*"}]})");
  good("CreateGrant", grant_to(key_, denied.principal.arn, {"Decrypt"}));
  EXPECT_EQ(may_decrypt(denied, encrypt(key_, "x")), "AccessDenied");
}

TEST_F(Grants, ConstraintsLimitTheEncryptionContext) {
  const Json orders = Json::object({{"table", "orders"}}), more = Json::object({{"table", "orders"}, {"row", "7"}}), shouting = Json::object({{"TABLE", "orders"}});
  const service::Caller beth = user("beth", "");
  good("CreateGrant", grant_to(key_, ann_.principal.arn, {"Decrypt", "DescribeKey"}, {{"Constraints", constrained("EncryptionContextEquals", orders)}}));
  good("CreateGrant", grant_to(key_, beth.principal.arn, {"Decrypt"}, {{"Constraints", constrained("EncryptionContextSubset", orders)}}));
  for (const auto& [context, fits_ann, fits_beth] : {std::tuple{orders, true, true}, {more, false, true}, {shouting, false, false}, {Json::object(), false, false}}) {
    const std::string blob = encrypt(key_, "x", context);
    EXPECT_EQ(may_decrypt(ann_, blob, context), fits_ann ? "" : "AccessDenied") << context.dump();
    EXPECT_EQ(may_decrypt(beth, blob, context), fits_beth ? "" : "AccessDenied") << context.dump();
  }
  EXPECT_EQ(code("DescribeKey", ann_, on(key_)), "");
}

TEST_F(Grants, ConstraintsAndOperationsAreHeldToTheirLimits) {
  const auto with = [&](const char* type, Json context) { return code("CreateGrant", grant_to(key_, ann_.principal.arn, {"Decrypt"}, {{"Constraints", constrained(type, std::move(context))}})); };
  Json pairs = Json::object();
  for (std::size_t i = 0; i < constraint_pairs_max; ++i) pairs.set("k" + std::to_string(i), "v");
  EXPECT_EQ(with("EncryptionContextSubset", pairs), "");
  pairs.set("one-more", "v");
  EXPECT_EQ(with("EncryptionContextSubset", pairs), "ValidationException");
  EXPECT_EQ(with("EncryptionContextEquals", Json::object()), "ValidationException");
  EXPECT_EQ(with("EncryptionContextEquals", Json::object({{"k", std::string(constraint_value_characters_max, 'v')}})), "");
  EXPECT_EQ(with("EncryptionContextEquals", Json::object({{"k", std::string(constraint_value_characters_max + 1, 'v')}})), "ValidationException");
  const Json both = Json::object({{"EncryptionContextEquals", Json::object({{"a", "b"}})}, {"EncryptionContextSubset", Json::object({{"a", "b"}})}});
  EXPECT_EQ(code("CreateGrant", grant_to(key_, ann_.principal.arn, {"Decrypt"}, {{"Constraints", both}})), "ValidationException");
  EXPECT_EQ(code("CreateGrant", grant_to(key_, ann_.principal.arn, {"Sign"})), "ValidationException");
  EXPECT_EQ(code("CreateGrant", grant_to(key_, ann_.principal.arn, {})), "ValidationException");
  EXPECT_EQ(code("CreateGrant", grant_to(key_, ann_.principal.arn, {"PutKeyPolicy"})), "ValidationException");
}

TEST_F(Grants, PrincipalsMustExistAndStayTheSame) {
  EXPECT_EQ(code("CreateGrant", grant_to(key_, "arn:aws:iam::" + account_ + ":user/none", {"Decrypt"})), "InvalidArnException");
  EXPECT_EQ(code("CreateGrant", grant_to(key_, "ann", {"Decrypt"})), "InvalidArnException");
  EXPECT_EQ(code("CreateGrant", grant_to(key_, account_, {"Decrypt"})), "InvalidArnException");
  EXPECT_EQ(code("CreateGrant", grant_to(key_, ann_.principal.arn, {"Decrypt"}, {{"RetiringPrincipal", "arn:aws:iam::" + account_ + ":role/none"}})), "InvalidArnException");
  EXPECT_EQ(code("CreateGrant", grant_to(key_, "arn:aws:iam::999999999999:user/far", {"Decrypt"})), "");
  good("CreateGrant", grant_to(key_, ann_.principal.arn, {"Decrypt"}));
  const std::string blob = encrypt(key_, "x");
  EXPECT_EQ(may_decrypt(ann_, blob), "");
  erase(directory::iam_key(account_, "user", "ann"));
  const service::Caller namesake = user("ann", "");
  EXPECT_EQ(namesake.principal.arn, ann_.principal.arn);
  EXPECT_EQ(may_decrypt(namesake, blob), "AccessDenied");
}

TEST_F(Grants, ANamedGrantIsMadeOnceAndATokenNamesIt) {
  const Json input = grant_to(key_, ann_.principal.arn, {"Decrypt"}, {{"Name", "job"}});
  const Json first = good("CreateGrant", input), again = good("CreateGrant", input);
  EXPECT_EQ(first.text("GrantId"), again.text("GrantId"));
  EXPECT_NE(first.text("GrantToken"), again.text("GrantToken"));
  const Json wider = good("CreateGrant", grant_to(key_, ann_.principal.arn, {"Decrypt", "Encrypt"}, {{"Name", "job"}}));
  EXPECT_NE(wider.text("GrantId"), first.text("GrantId"));
  EXPECT_NE(good("CreateGrant", grant_to(key_, ann_.principal.arn, {"Decrypt"})).text("GrantId"), first.text("GrantId"));
  const auto encrypt_with = [&](const std::string& token) { return code("Encrypt", on(key_, {{"Plaintext", encoded("x")}, {"GrantTokens", Json::array({token})}})); };
  EXPECT_EQ(encrypt_with(again.str("GrantToken")), "");
  EXPECT_EQ(encrypt_with("no token"), "InvalidGrantTokenException");
  EXPECT_EQ(code("CreateGrant", grant_to(key_, ann_.principal.arn, {"Decrypt"}, {{"GrantTokens", Json::array({"no token"})}})), "InvalidGrantTokenException");
}

TEST_F(Grants, GrantsAreListedFilteredAndPaged) {
  const service::Caller beth = user("beth", "");
  for (int i = 0; i < 3; ++i) good("CreateGrant", grant_to(key_, ann_.principal.arn, {"Decrypt"}, {{"RetiringPrincipal", beth.principal.arn}}));
  const std::string one = good("CreateGrant", grant_to(key_, beth.principal.arn, {"Encrypt"}, {{"Name", "n"}, {"Constraints", constrained("EncryptionContextSubset", Json::object({{"a", "b"}}))}})).str("GrantId");
  const Json all = good("ListGrants", on(key_))["Grants"];
  EXPECT_EQ(all.items().size(), 4U);
  const Json hers = good("ListGrants", on(key_, {{"GranteePrincipal", beth.principal.arn}}))["Grants"];
  ASSERT_EQ(hers.items().size(), 1U);
  const Json& grant = hers.items()[0];
  EXPECT_EQ(grant.text("GrantId"), one);
  EXPECT_EQ(grant.text("KeyId"), key_);
  EXPECT_EQ(grant.text("Name"), "n");
  EXPECT_EQ(grant.text("IssuingAccount"), "arn:aws:iam::" + account_ + ":root");
  EXPECT_EQ(grant["Constraints"].dump(), R"({"EncryptionContextSubset":{"a":"b"}})");
  EXPECT_FALSE(grant.contains("grantee_id"));
  EXPECT_EQ(good("ListGrants", on(key_, {{"GrantId", one}}))["Grants"].items().size(), 1U);
  EXPECT_EQ(code("ListGrants", on(key_, {{"GrantId", "none"}})), "InvalidGrantIdException");
  const Json page = good("ListGrants", on(key_, {{"Limit", 3}}));
  EXPECT_TRUE(page["Truncated"].as_bool());
  EXPECT_EQ(good("ListGrants", on(key_, {{"Limit", 3}, {"Marker", page.str("NextMarker")}}))["Grants"].items().size(), 1U);
  EXPECT_EQ(good("ListRetirableGrants", Json::object({{"RetiringPrincipal", beth.principal.arn}}))["Grants"].items().size(), 3U);
  EXPECT_EQ(code("ListRetirableGrants", Json::object({{"RetiringPrincipal", "arn:aws:iam::999999999999:user/x"}})), "InvalidArnException");
}

TEST_F(Grants, RetiringIsForThoseTheGrantNames) {
  const service::Caller beth = user("beth", allow_kms_), carl = user("carl", ""), dora = user("dora", "");
  const auto make = [&](std::initializer_list<const char*> names) { return good("CreateGrant", grant_to(key_, ann_.principal.arn, names, {{"RetiringPrincipal", carl.principal.arn}})); };
  const auto retire = [&](const service::Caller& caller, const Json& grant) { return code("RetireGrant", caller, on(key_, {{"GrantId", grant.str("GrantId")}})); };
  EXPECT_EQ(retire(dora, make({"Decrypt"})), "AccessDenied");
  EXPECT_EQ(retire(ann_, make({"Decrypt"})), "AccessDenied");       // the grantee, but it was not granted
  EXPECT_EQ(retire(ann_, make({"Decrypt", "RetireGrant"})), "");
  EXPECT_EQ(retire(carl, make({"Decrypt"})), "");                   // the retiring principal
  EXPECT_EQ(retire(beth, make({"Decrypt"})), "");                   // her account lets her
  EXPECT_EQ(retire(World::as_root(account_), make({"Decrypt"})), "");
  // What she may retire is her own grant, not others on the key.
  make({"RetireGrant"});
  const Json other = good("CreateGrant", grant_to(key_, dora.principal.arn, {"Decrypt"}));
  EXPECT_EQ(retire(ann_, other), "AccessDenied");

  const Json by_token = make({"Decrypt"});
  EXPECT_EQ(code("RetireGrant", carl, Json::object({{"GrantToken", by_token.str("GrantToken")}})), "");
  EXPECT_EQ(code("RetireGrant", carl, Json::object({{"GrantToken", by_token.str("GrantToken")}})), "InvalidGrantIdException");
  EXPECT_EQ(code("RetireGrant", Json::object({{"GrantToken", "junk"}})), "InvalidGrantTokenException");
  EXPECT_EQ(code("RetireGrant", Json::object({{"KeyId", key_}})), "ValidationException");
  EXPECT_EQ(code("RetireGrant", Json::object({{"KeyId", key_.substr(key_.find('/') + 1)}, {"GrantId", other.str("GrantId")}})), "InvalidArnException");
}

TEST_F(Grants, AGranteePassesOnNoMoreThanItWasGiven) {
  const service::Caller beth = user("beth", "");
  const Json orders = Json::object({{"table", "orders"}}), both = Json::object({{"table", "orders"}, {"row", "7"}}), people = Json::object({{"table", "people"}});
  good("CreateGrant", grant_to(key_, ann_.principal.arn, {"Decrypt", "CreateGrant"}, {{"Constraints", constrained("EncryptionContextSubset", orders)}}));
  const auto pass = [&](std::initializer_list<const char*> names, Json constraints) {
    Json input = grant_to(key_, beth.principal.arn, names);
    if (!constraints.is_null()) input.set("Constraints", std::move(constraints));
    return code("CreateGrant", ann_, input);
  };
  EXPECT_EQ(pass({"Decrypt"}, constrained("EncryptionContextSubset", orders)), "");
  EXPECT_EQ(pass({"Decrypt"}, constrained("EncryptionContextSubset", both)), "");
  EXPECT_EQ(pass({"Decrypt"}, constrained("EncryptionContextEquals", both)), "");
  EXPECT_EQ(pass({"Decrypt"}, Json()), "AccessDenied");
  EXPECT_EQ(pass({"Decrypt"}, constrained("EncryptionContextSubset", people)), "AccessDenied");
  EXPECT_EQ(pass({"Encrypt"}, constrained("EncryptionContextSubset", orders)), "AccessDenied");
  EXPECT_EQ(pass({"Decrypt", "DescribeKey"}, constrained("EncryptionContextSubset", orders)), "AccessDenied");
}

TEST_F(Grants, WhoMayGrantWhatIsDecidedByTheGrantItself) {
  const auto only_when = [&](const char* name, const std::string& condition) {
    return user(name, R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:CreateGrant","Resource":"*","Condition":)" + condition + "}]}");
  };
  const auto decrypt = grant_to(key_, ann_.principal.arn, {"Decrypt"}), both = grant_to(key_, ann_.principal.arn, {"Decrypt", "Encrypt"});
  const service::Caller by_operations = only_when("operations", R"({"ForAllValues:StringEquals":{"kms:GrantOperations":["Decrypt"]}})");
  EXPECT_EQ(code("CreateGrant", by_operations, decrypt), "");
  EXPECT_EQ(code("CreateGrant", by_operations, both), "AccessDenied");
  const service::Caller by_grantee = only_when("grantee", R"({"StringEquals":{"kms:GranteePrincipal":")" + ann_.principal.arn + R"("}})");
  EXPECT_EQ(code("CreateGrant", by_grantee, decrypt), "");
  EXPECT_EQ(code("CreateGrant", by_grantee, grant_to(key_, by_grantee.principal.arn, {"Decrypt"})), "AccessDenied");
  const service::Caller for_services = only_when("services", R"({"Bool":{"kms:GrantIsForAWSResource":"true"}})");
  EXPECT_EQ(code("CreateGrant", for_services, decrypt), "AccessDenied");
  const service::Caller by_type = only_when("type", R"({"StringEquals":{"kms:GrantConstraintType":"EncryptionContextEquals","kms:EncryptionContext:a":"b"}})");
  const Json pair = Json::object({{"a", "b"}});
  EXPECT_EQ(code("CreateGrant", by_type, decrypt), "AccessDenied");
  EXPECT_EQ(code("CreateGrant", by_type, grant_to(key_, ann_.principal.arn, {"Decrypt"}, {{"Constraints", constrained("EncryptionContextEquals", pair)}})), "");
  EXPECT_EQ(code("CreateGrant", by_type, grant_to(key_, ann_.principal.arn, {"Decrypt"}, {{"Constraints", constrained("EncryptionContextSubset", pair)}})), "AccessDenied");
  const service::Caller by_retiring = only_when("retiring", R"({"StringEquals":{"kms:RetiringPrincipal":")" + ann_.principal.arn + R"("}})");
  EXPECT_EQ(code("CreateGrant", by_retiring, decrypt), "AccessDenied");
  EXPECT_EQ(code("CreateGrant", by_retiring, grant_to(key_, ann_.principal.arn, {"Decrypt"}, {{"RetiringPrincipal", ann_.principal.arn}})), "");
}

TEST_F(Grants, AKeyTakesGrantsWhileItIsEnabledAndTakesThemWithIt) {
  const Json grant = grant_to(key_, ann_.principal.arn, {"Decrypt"});
  Json dry = grant;
  dry.set("DryRun", true);
  EXPECT_EQ(code("CreateGrant", dry), "DryRunOperationException");
  EXPECT_TRUE(good("ListGrants", on(key_))["Grants"].items().empty());
  good("DisableKey", on(key_));
  EXPECT_EQ(code("CreateGrant", grant), "DisabledException");
  good("EnableKey", on(key_));
  good("CreateGrant", grant);
  good("ScheduleKeyDeletion", on(key_, {{"PendingWindowInDays", 7}}));
  EXPECT_EQ(code("CreateGrant", grant), "KMSInvalidStateException");
  EXPECT_EQ(good("ListGrants", on(key_))["Grants"].items().size(), 1U);
  EXPECT_EQ(keyring::tables::grants.list(world_.store()).size(), 1U);
  world_.clock().advance(std::chrono::hours(24 * 7));
  ASSERT_TRUE(keyring::run_schedule(world_.environment()));
  EXPECT_TRUE(keyring::tables::grants.list(world_.store()).empty());
}

TEST_F(Grants, AKeyHasAThousandGrantsAndNoMore) {
  const std::string id = key_.substr(key_.find('/') + 1);
  store::Transaction transaction(world_.store());
  for (std::size_t i = 0; i + 1 < keyring::grants_per_key_max; ++i) {
    const keyring::Grant grant{.key_arn = key_, .grantee = "arn:aws:iam::999999999999:user/x", .operations = {"Decrypt"}, .id = std::to_string(i)};
    keyring::tables::grants.put(transaction, grant, account_, id, grant.id);
  }
  ASSERT_TRUE(world_.store().commit(transaction));
  EXPECT_EQ(code("CreateGrant", grant_to(key_, ann_.principal.arn, {"Decrypt"})), "");
  EXPECT_EQ(code("CreateGrant", grant_to(key_, ann_.principal.arn, {"Decrypt"})), "LimitExceededException");
}

TEST_F(Grants, AnotherAccountIsGrantedAndLetsItsOwn) {
  const std::string other = other_account();
  const service::Caller guest = member(other, "guest", allow_kms_), idle = member(other, "idle", "");
  const std::string blob = encrypt(key_, "x");
  EXPECT_EQ(may_decrypt(guest, blob), "AccessDenied");
  good("CreateGrant", grant_to(key_, "arn:aws:iam::" + other + ":root", {"Decrypt"}));
  EXPECT_EQ(may_decrypt(guest, blob), "");
  EXPECT_EQ(may_decrypt(idle, blob), "AccessDenied");
}

}  // namespace
}  // namespace ringwall::kms
