#include <gtest/gtest.h>

#include <algorithm>

#include "base/check.h"
#include "loaders/loaders.h"
#include "loaders/testing_export.h"

namespace ringwall::loaders {
namespace {

constexpr const char* allow_all = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";
constexpr const char* deny_all = R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]})";
constexpr const char* trust_all = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]})";
constexpr const char* policy_arn = "arn:aws:iam::aws:policy/ReadOnlySample";

authz::Named named(std::string name, const char* text, policy::Kind kind) {
  auto document = policy::compile(text, kind);
  RW_CHECK(document.has_value());
  return {.name = std::move(name), .document = *std::move(document)};
}

class Overlay : public ::testing::Test {
 protected:
  Overlay() {
    Result<Loaded> loaded = load_export(testing::make_export(), {});
    RW_CHECK(loaded.has_value());
    before_ = *std::move(loaded);
  }
  // `after` has these and nothing else.
  template <typename Value>
  Loaded laid(estate::Table<Value> estate::Estate::*table, Value value) {
    typename estate::Table<Value>::Editor editor{{}};
    editor.put(std::move(value));
    auto after = std::make_shared<estate::Estate>();
    (*after).*table = std::move(editor).finish();
    return overlay(before_, Loaded{.estate = after, .gaps = {}, .sources = {}});
  }
  static bool unsure_of(const Loaded& loaded, std::string_view subject) {
    return std::ranges::any_of(loaded.gaps, [&](const Gap& gap) { return gap.subject == subject && gap.kind == Gap::Kind::unsupported; });
  }
  const std::string account_ = testing::account_id(1);
  const std::string role_ = "arn:aws:iam::" + account_ + ":role/role-0";
  Loaded before_;
};

TEST_F(Overlay, NothingLaidOverIsTheSame) {
  const Loaded loaded = overlay(before_, Loaded{.estate = std::make_shared<estate::Estate>(), .gaps = {}, .sources = {}});
  EXPECT_EQ(loaded.estate->principals.size(), before_.estate->principals.size());
  EXPECT_EQ(loaded.estate->organization->id, before_.estate->organization->id);
  EXPECT_EQ(loaded.estate->account(account_)->scps.data(), before_.estate->account(account_)->scps.data()) << "shared";
  EXPECT_EQ(loaded.sources.size(), before_.sources.size());
  EXPECT_TRUE(loaded.gaps.empty());
}

TEST_F(Overlay, ARoleHasWhatIsDeclaredAndWhatItHadIsUnsure) {
  estate::Principal changed = *before_.estate->principal(role_);
  changed.identity = {named("inline policy `work` of role/role-0", deny_all, policy::Kind::identity), named("inline policy `new` of role/role-0", allow_all, policy::Kind::identity)};
  changed.trust = named(role_, trust_all, policy::Kind::trust);
  const Loaded loaded = laid(&estate::Estate::principals, changed);
  const estate::Principal& role = *loaded.estate->principal(role_);
  ASSERT_EQ(role.identity.size(), 3U);
  EXPECT_EQ(role.identity[0].document->source(), deny_all);
  EXPECT_EQ(role.identity[1].name, policy_arn);
  EXPECT_EQ(role.identity[2].document->source(), allow_all);
  EXPECT_EQ(role.trust->document->source(), trust_all);
  EXPECT_TRUE(unsure_of(loaded, role_)) << "whether the managed policy stays attached";
  EXPECT_EQ(loaded.estate->principals.size(), before_.estate->principals.size());
}

TEST_F(Overlay, ANewRoleIsAdded) {
  estate::Principal role{.type = policy::Principal::Type::role_session, .arn = "arn:aws:iam::" + account_ + ":role/new", .account = account_, .name = "new"};
  role.trust = named(role.arn, trust_all, policy::Kind::trust);
  const Loaded loaded = laid(&estate::Estate::principals, role);
  EXPECT_NE(loaded.estate->principal(role.arn), nullptr);
  EXPECT_TRUE(loaded.gaps.empty());
}

TEST_F(Overlay, WhoHasAManagedPolicyHasItsNewText) {
  const Loaded loaded = laid(&estate::Estate::managed_policies, estate::ManagedPolicy{.arn = policy_arn, .document = named("", deny_all, policy::Kind::identity).document});
  loaded.estate->principals.for_each([](const estate::Principal& principal) { EXPECT_EQ(principal.identity.back().document->source(), deny_all) << principal.arn; });
}

TEST_F(Overlay, AnAccountKeepsItsPlaceAndItsLevelsAreMerged) {
  estate::Account changed{.id = account_, .name = {}, .path = {}, .org_path = {}, .scps = {}, .rcps = {}};
  changed.scps = {authz::Level{.target = testing::unit_id(0), .policies = {named("p-new", deny_all, policy::Kind::scp)}},
                  authz::Level{.target = "ou-else-where", .policies = {named("p-other", deny_all, policy::Kind::scp)}}};
  const Loaded loaded = laid(&estate::Estate::accounts, changed);
  const estate::Account& account = *loaded.estate->account(account_);
  EXPECT_EQ(account.org_path, before_.estate->account(account_)->org_path);
  ASSERT_EQ(account.scps.size(), before_.estate->account(account_)->scps.size());
  const authz::Level& unit = account.scps.data()[1];
  EXPECT_EQ(unit.target, testing::unit_id(0));
  EXPECT_EQ(unit.policies.back().name, "p-new");
  EXPECT_EQ(unit.policies.size(), before_.estate->account(account_)->scps.data()[1].policies.size() + 1);
}

TEST_F(Overlay, WhatIsAttachedElsewhereIsAttachedBeneath) {
  const std::string endpoint = "vpce-00000000000000000";
  const auto gap_of = [](const std::string& target) { return Gap{.kind = Gap::Kind::missing, .subject = target, .path = "plan.json", .message = "not here"}; };
  const auto elsewhere = [&](policy::Kind kind, const std::string& target) { return Elsewhere{kind, target, named("new", deny_all, policy::Kind::identity), gap_of(target)}; };
  Loaded after{.estate = std::make_shared<estate::Estate>(), .gaps = {}, .sources = {}};
  const std::string root = before_.estate->organization->root_id;
  for (const auto& [kind, target] : {std::pair{policy::Kind::scp, root}, {policy::Kind::endpoint, endpoint}, {policy::Kind::scp, std::string("ou-else-where")}}) {
    after.elsewhere.push_back(elsewhere(kind, target));
    after.gaps.push_back(gap_of(target));
  }
  const Loaded loaded = overlay(before_, after);
  const std::string& management = before_.estate->organization->management_account;
  loaded.estate->accounts.for_each([&](const estate::Account& account) {
    ASSERT_EQ(account.scps.empty(), account.id == management);
    if (account.scps.empty()) return;
    EXPECT_EQ(account.scps.data()[0].policies.back().name, "new") << account.id;
    EXPECT_NE(account.scps.data()[1].policies.back().name, "new") << account.id;
  });
  EXPECT_EQ(loaded.estate->endpoints.find(endpoint)->policy->name, "new");
  EXPECT_EQ(loaded.gaps, std::vector{gap_of("ou-else-where")}) << "nobody has that one";
}

TEST_F(Overlay, TheManagementAccountStaysFree) {
  const std::string management = before_.estate->organization->management_account;
  estate::Account changed{.id = management, .name = {}, .path = {}, .org_path = {}, .scps = {}, .rcps = {}};
  changed.scps = {authz::Level{.target = management, .policies = {named("p-new", deny_all, policy::Kind::scp)}}};
  EXPECT_TRUE(laid(&estate::Estate::accounts, changed).estate->account(management)->scps.empty());
}

TEST_F(Overlay, AResourceWithoutItsPolicyKeepsItAndIsUnsure) {
  const std::string arn = "arn:aws:s3:::app-00000-0";
  const estate::Resource* known = before_.estate->resources.find(arn);
  ASSERT_NE(known, nullptr);
  const Loaded silent = laid(&estate::Estate::resources, estate::Resource{.arn = arn, .account = known->account});
  EXPECT_EQ(silent.estate->resources.find(arn)->policy->document, known->policy->document);
  EXPECT_TRUE(unsure_of(silent, arn));
  const Loaded declared = laid(&estate::Estate::resources, estate::Resource{.arn = arn, .account = known->account, .policy = named("p", trust_all, policy::Kind::trust)});
  EXPECT_EQ(declared.estate->resources.find(arn)->policy->name, "p");
  EXPECT_TRUE(declared.gaps.empty());
}

TEST_F(Overlay, EndpointsAndNetworksAreReplaced) {
  const std::string id = "vpce-00000000000000000";
  ASSERT_NE(before_.estate->endpoints.find(id), nullptr);
  const Loaded loaded = laid(&estate::Estate::endpoints, estate::Endpoint{.id = id, .account = account_, .vpc = "vpc-1", .service = "kms"});
  EXPECT_EQ(loaded.estate->endpoints.find(id)->service, "kms");
  EXPECT_EQ(loaded.estate->endpoints.size(), before_.estate->endpoints.size());
}

}  // namespace
}  // namespace ringwall::loaders
