#include "authz/kms_grant.h"

#include <gtest/gtest.h>

namespace ringwall::authz {
namespace {

using EncryptionContext = KmsGrant::EncryptionContext;

constexpr const char* key = "arn:aws:kms:us-east-1:111122223333:key/k";

KmsGrant grant() {
  return {.id = "g1", .key_arn = key, .grantee = "arn:aws:iam::111122223333:user/ann", .operations = {"Decrypt", "DescribeKey"}};
}

policy::Request asking(const char* action, const EncryptionContext& context = {}, const char* who = "ann") {
  policy::Request request{.principal = {}, .action = action, .resource = key, .resource_account = "111122223333", .context = {}};
  request.principal.type = policy::Principal::Type::user;
  request.principal.arn = std::string("arn:aws:iam::111122223333:user/") + who;
  request.principal.account = "111122223333";
  std::vector<std::string> names;
  for (const auto& [name, value] : context) {
    request.context.set("kms:EncryptionContext:" + name, value);
    names.push_back(name);
  }
  if (!names.empty()) request.context.set("kms:EncryptionContextKeys", std::move(names));
  return request;
}

// Does some statement of the grant's policy allow the request?
bool allows(const KmsGrant& one, const policy::Request& request) {
  const auto named = policy_of(one);
  EXPECT_TRUE(named.has_value()) << (named ? "" : named.error().message);
  for (std::size_t i = 0; named && i < named->document->statements(); ++i) {
    if (named->document->match(i, request) == policy::Mismatch::none) return true;
  }
  return false;
}

TEST(KmsGrant, AllowsItsGranteeItsOperationsOnItsKeyOnly) {
  EXPECT_TRUE(allows(grant(), asking("kms:Decrypt")));
  EXPECT_TRUE(allows(grant(), asking("kms:DescribeKey")));
  EXPECT_FALSE(allows(grant(), asking("kms:Encrypt")));
  EXPECT_FALSE(allows(grant(), asking("kms:Decrypt", {}, "beth")));
  policy::Request elsewhere = asking("kms:Decrypt");
  elsewhere.resource = "arn:aws:kms:us-east-1:111122223333:key/other";
  EXPECT_FALSE(allows(grant(), elsewhere));
  EXPECT_EQ(policy_of(grant())->name, "grant `g1` of arn:aws:kms:us-east-1:111122223333:key/k");
}

TEST(KmsGrant, EqualsAsksForTheWholeContextAndSubsetForAPart) {
  KmsGrant equals = grant(), subset = grant();
  equals.context_equals = subset.context_subset = EncryptionContext{{"table", "orders"}, {"row", "7"}};
  const EncryptionContext exact{{"table", "orders"}, {"row", "7"}}, more{{"table", "orders"}, {"row", "7"}, {"x", ""}}, less{{"table", "orders"}}, other{{"table", "people"}, {"row", "7"}};
  for (const auto& [context, fits_equals, fits_subset] : {std::tuple{exact, true, true}, {more, false, true}, {less, false, false}, {other, false, false}, {EncryptionContext{}, false, false}}) {
    EXPECT_EQ(allows(equals, asking("kms:Decrypt", context)), fits_equals);
    EXPECT_EQ(lets_pass(equals, context), fits_equals);
    EXPECT_EQ(allows(subset, asking("kms:Decrypt", context)), fits_subset);
    EXPECT_EQ(lets_pass(subset, context), fits_subset);
  }
  // What takes no encryption context is not limited by one.
  EXPECT_TRUE(allows(equals, asking("kms:DescribeKey")));
}

TEST(KmsGrant, NamesInAnEncryptionContextAreComparedByteForByte) {
  KmsGrant subset = grant();
  subset.context_subset = EncryptionContext{{"Table", "orders"}};
  EXPECT_TRUE(lets_pass(subset, {{"Table", "orders"}}));
  EXPECT_FALSE(lets_pass(subset, {{"table", "orders"}}));
  EXPECT_TRUE(lets_pass(subset, {{"table", "people"}, {"Table", "orders"}}));
}

TEST(KmsGrant, ValuesAreLiteral) {
  KmsGrant subset = grant();
  subset.context_subset = EncryptionContext{{"table", "${aws:username}*"}};
  EXPECT_TRUE(allows(subset, asking("kms:Decrypt", {{"table", "${aws:username}*"}})));
  policy::Request request = asking("kms:Decrypt", {{"table", "ann*"}});
  request.context.set("aws:username", "ann");
  EXPECT_FALSE(allows(subset, request));
}

TEST(KmsGrant, AGranteeThatNoPolicyCanNameIsRefused) {
  KmsGrant bad = grant();
  bad.grantee = "ann";
  EXPECT_FALSE(policy_of(bad).has_value());
}

}  // namespace
}  // namespace ringwall::authz
