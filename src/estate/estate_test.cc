#include "estate/estate.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ringwall::estate {
namespace {

using Type = policy::Principal::Type;

constexpr const char* management = "000000000001";
constexpr const char* member = "111122223333";

authz::Named allow(policy::Kind kind, const std::string& name) {
  const auto document = policy::compile(
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})",
      kind);
  return {name, document.value()};
}

Estate sample() {
  Estate estate;
  const Organization organization{"o-abc", management, "r-1"};
  estate.organization = organization;
  Table<Account>::Editor accounts({});
  accounts.put({management, "management", {"r-1"}, org_path_of(organization, {"r-1"}), {}, {}});
  accounts.put({member,
                "member",
                {"r-1", "ou-1"},
                org_path_of(organization, {"r-1", "ou-1"}),
                {{"r-1", {allow(policy::Kind::scp, "FullAWSAccess")}}},
                {}});
  estate.accounts = std::move(accounts).finish();
  Principal alice{
      Type::user,        "arn:aws:iam::111122223333:user/people/alice", member, "alice", "AIDA1",
      {{"Team", "red"}}, {allow(policy::Kind::identity, "all")},        {},     {},      false};
  Principal app{Type::role_session,
                "arn:aws:iam::111122223333:role/app",
                member,
                "app",
                "AROA1",
                {{"Team", "blue"}, {"Env", "test"}},
                {allow(policy::Kind::identity, "all")},
                allow(policy::Kind::boundary, "limit"),
                {},
                false};
  Principal linked = app;
  linked.arn =
      "arn:aws:iam::111122223333:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS";
  linked.service_linked = true;
  Table<Principal>::Editor principals({});
  for (const Principal& principal : {alice, app, linked}) principals.put(principal);
  estate.principals = std::move(principals).finish();
  return estate;
}

policy::Principal alice() {
  return {Type::user, "arn:aws:iam::111122223333:user/people/alice", "", member, "AIDA1", "", "",
          false};
}
policy::Principal app_session() {
  return {Type::role_session,
          "arn:aws:sts::111122223333:assumed-role/app/s1",
          "arn:aws:iam::111122223333:role/app",
          member,
          "AROA1",
          "",
          "",
          false};
}
policy::Principal root_of(const std::string& account) {
  return {Type::root, "arn:aws:iam::" + account + ":root", "", account, "", "", "", false};
}

// "key=value,value key=…" of the keys asked for; an absent key is left out.
std::string shown(const policy::Context& context, std::initializer_list<const char*> keys) {
  std::string out;
  for (const char* key : keys) {
    const auto* values = context.find(key);
    if (values == nullptr) continue;
    out += (out.empty() ? "" : " ") + std::string(key) + "=";
    for (const std::string& value : *values) out += value;
  }
  return out;
}

TEST(Estate, OrganizationPathsEndInASlashAndOutsidersHaveNone) {
  EXPECT_EQ(sample().org_path(member), "o-abc/r-1/ou-1/");
  EXPECT_EQ(sample().org_path(management), "o-abc/r-1/");
  EXPECT_EQ(sample().org_path("999999999999"), "");
}

TEST(LayersOf, AUserHasItsPoliciesAndItsAccountsScps) {
  const Estate estate = sample();
  const authz::Layers layers = layers_of(estate, alice(), nullptr);
  EXPECT_EQ(layers.identity.size(), 1U);
  EXPECT_FALSE(layers.boundary);
  EXPECT_FALSE(layers.session);
  EXPECT_EQ(layers.scps.size(), 1U);
}

TEST(LayersOf, ASessionHasItsRolesPoliciesItsBoundaryAndItsOwn) {
  const Estate estate = sample();
  Session session{.name = "s1",
                  .policies = {allow(policy::Kind::session, "inline")},
                  .tags = {},
                  .source_identity = "",
                  .issued_ms = 0,
                  .expires_ms = 0};
  const authz::Layers layers = layers_of(estate, app_session(), &session);
  EXPECT_TRUE(layers.boundary);
  ASSERT_TRUE(layers.session);
  EXPECT_EQ(layers.session->size(), 1U);
  session.policies.clear();
  EXPECT_FALSE(layers_of(estate, app_session(), &session).session);
}

TEST(LayersOf, ARootMayDoEverythingThatScpsLeave) {
  const Estate estate = sample();
  const authz::Layers layers = layers_of(estate, root_of(member), nullptr);
  EXPECT_EQ(layers.identity.size(), 1U);
  EXPECT_EQ(layers.scps.size(), 1U);
  EXPECT_TRUE(layers_of(estate, root_of(management), nullptr).scps.empty());
  EXPECT_TRUE(layers_of(estate, root_of("999999999999"), nullptr).identity.empty());
}

TEST(LayersOf, WhoIsNotInTheEstateHasNothingThatAllows) {
  const Estate estate = sample();
  policy::Principal unknown = alice();
  unknown.arn += "2";
  EXPECT_TRUE(layers_of(estate, unknown, nullptr).identity.empty());
  EXPECT_TRUE(layers_of(estate, policy::Principal{}, nullptr).identity.empty());
  policy::Principal namesake = app_session();
  namesake.unique_id = "AROA0";
  EXPECT_TRUE(layers_of(estate, namesake, nullptr).identity.empty());
  // The ARN of a role given as a user's is not that role.
  policy::Principal disguised = alice();
  disguised.arn = app_session().role_arn;
  disguised.unique_id = "AROA1";
  EXPECT_TRUE(layers_of(estate, disguised, nullptr).identity.empty());
}

TEST(LayersOf, ScpsDoNotBindServiceLinkedRoles) {
  const Estate estate = sample();
  policy::Principal linked = app_session();
  linked.role_arn =
      "arn:aws:iam::111122223333:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS";
  EXPECT_TRUE(layers_of(estate, linked, nullptr).scps.empty());
  EXPECT_EQ(layers_of(estate, linked, nullptr).identity.size(), 1U);
}

TEST(GlobalContext, OfAUser) {
  const auto context = global_context(sample(), alice(), nullptr, member);
  EXPECT_EQ(
      shown(context, {"aws:PrincipalArn", "aws:PrincipalType", "aws:userid", "aws:username",
                      "aws:PrincipalAccount", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths",
                      "aws:PrincipalTag/Team", "aws:PrincipalIsAWSService", "aws:ResourceAccount",
                      "aws:ResourceOrgID", "aws:ResourceOrgPaths", "aws:MultiFactorAuthPresent",
                      "aws:TokenIssueTime", "aws:SourceIdentity", "aws:PrincipalServiceName"}),
      "aws:PrincipalArn=arn:aws:iam::111122223333:user/people/alice aws:PrincipalType=User "
      "aws:userid=AIDA1 aws:username=alice "
      "aws:PrincipalAccount=111122223333 aws:PrincipalOrgID=o-abc "
      "aws:PrincipalOrgPaths=o-abc/r-1/ou-1/ aws:PrincipalTag/Team=red "
      "aws:PrincipalIsAWSService=false aws:ResourceAccount=111122223333 aws:ResourceOrgID=o-abc "
      "aws:ResourceOrgPaths=o-abc/r-1/ou-1/");
}

TEST(GlobalContext, OfASessionIsItsRolesWithItsOwnTagsOnTop) {
  const Session session{.name = "s1",
                        .policies = {},
                        .tags = {{"team", "green"}},
                        .source_identity = "eve",
                        .issued_ms = 1'767'225'600'000,
                        .expires_ms = 0};
  const auto context = global_context(sample(), app_session(), &session, "");
  EXPECT_EQ(
      shown(context, {"aws:PrincipalArn", "aws:PrincipalType", "aws:userid", "aws:username",
                      "aws:PrincipalTag/Team", "aws:PrincipalTag/Env", "aws:MultiFactorAuthPresent",
                      "aws:TokenIssueTime", "aws:SourceIdentity", "aws:ResourceAccount"}),
      "aws:PrincipalArn=arn:aws:iam::111122223333:role/app aws:PrincipalType=AssumedRole "
      "aws:userid=AROA1:s1 aws:PrincipalTag/Team=green "
      "aws:PrincipalTag/Env=test aws:MultiFactorAuthPresent=false "
      "aws:TokenIssueTime=2026-01-01T00:00:00Z aws:SourceIdentity=eve");
}

TEST(GlobalContext, OfRootServiceAnonymousAndOutsider) {
  const auto of = [](const policy::Principal& principal, const char* resource_account = "") {
    return shown(global_context(sample(), principal, nullptr, resource_account),
                 {"aws:PrincipalArn", "aws:PrincipalType", "aws:userid", "aws:username",
                  "aws:PrincipalAccount", "aws:PrincipalOrgID", "aws:PrincipalIsAWSService",
                  "aws:PrincipalServiceName", "aws:PrincipalServiceNamesList",
                  "aws:ResourceAccount", "aws:ResourceOrgID"});
  };
  EXPECT_EQ(
      of(root_of(member)),
      "aws:PrincipalArn=arn:aws:iam::111122223333:root aws:PrincipalType=Account "
      "aws:userid=111122223333 "
      "aws:PrincipalAccount=111122223333 aws:PrincipalOrgID=o-abc aws:PrincipalIsAWSService=false");
  EXPECT_EQ(of({Type::service, "", "", "", "", "rds.amazonaws.com", "", false}),
            "aws:PrincipalIsAWSService=true aws:PrincipalServiceName=rds.amazonaws.com "
            "aws:PrincipalServiceNamesList=rds.amazonaws.com");
  EXPECT_EQ(of({}), "aws:PrincipalType=Anonymous aws:userid=anonymous aws:PrincipalAccount=anonymous");
  EXPECT_EQ(of(root_of("999999999999"), "999999999999"),
            "aws:PrincipalArn=arn:aws:iam::999999999999:root aws:PrincipalType=Account "
            "aws:userid=999999999999 aws:PrincipalAccount=999999999999 "
            "aws:PrincipalIsAWSService=false aws:ResourceAccount=999999999999");
}

}  // namespace
}  // namespace ringwall::estate
