#include "authz/authz.h"

#include <gtest/gtest.h>

#include "authz/plain.h"
#include "authz/testing.h"

namespace ringwall::authz {
namespace {

using policy::Kind;
using policy::Principal;
using policy::Request;
using testing::Owned;

constexpr const char* account = "111122223333";
constexpr const char* other_account = "444455556666";

Named named(Kind kind, const std::string& statements, std::string name = "p") {
  const auto document =
      policy::compile(R"({"Version":"2012-10-17","Statement":[)" + statements + "]}", kind);
  EXPECT_TRUE(document) << statements << ": " << (document ? "" : document.error().message);
  return {std::move(name), document.value_or(nullptr)};
}

Named identity(const std::string& effect, const std::string& action) {
  return named(
      Kind::identity,
      R"({"Sid":"I","Effect":")" + effect + R"(","Action":")" + action + R"(","Resource":"*"})",
      "identity");
}
Named scp(const std::string& effect, const std::string& action) {
  return named(
      Kind::scp,
      R"({"Sid":"S","Effect":")" + effect + R"(","Action":")" + action + R"(","Resource":"*"})",
      "scp");
}
Named rcp_full_access() {
  return named(Kind::rcp, R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"})",
               "RCPFullAWSAccess");
}
Named rcp_deny(const std::string& action) {
  return named(
      Kind::rcp,
      R"({"Sid":"R","Effect":"Deny","Principal":"*","Action":")" + action + R"(","Resource":"*"})",
      "rcp");
}
// A policy on the resource that allows `action` to a Principal element.
Named on_resource(const std::string& principal, Kind kind = Kind::resource,
                  const std::string& action = "s3:*", const std::string& effect = "Allow") {
  const std::string resource = kind == Kind::trust ? "" : R"("Resource":"*",)";
  return named(kind,
               R"({"Sid":"B","Effect":")" + effect + R"(","Action":")" + action + R"(",)" +
                   resource + R"("Principal":)" + principal + "}",
               "on the resource");
}

Principal alice() {
  return {Principal::Type::user,
          "arn:aws:iam::111122223333:user/alice",
          "",
          account,
          "AIDAALICEALICEALICE1",
          "",
          "",
          false};
}
Principal app_session() {
  return {Principal::Type::role_session,
          "arn:aws:sts::111122223333:assumed-role/app/s1",
          "arn:aws:iam::111122223333:role/app",
          account,
          "AROAAPPAPPAPPAPPAPP1",
          "",
          "",
          false};
}
Principal root() {
  return {Principal::Type::root, "arn:aws:iam::111122223333:root", "", account, "", "", "", false};
}
Principal service() {
  return {Principal::Type::service, "", "", "", "", "rds.amazonaws.com", "", false};
}

const std::string alice_element = R"({"AWS":"arn:aws:iam::111122223333:user/alice"})";
const std::string role_element = R"({"AWS":"arn:aws:iam::111122223333:role/app"})";
const std::string session_element = R"({"AWS":"arn:aws:sts::111122223333:assumed-role/app/s1"})";
const std::string account_element = R"({"AWS":"111122223333"})";

Request request(const Principal& principal, const std::string& action = "s3:GetObject",
                const std::string& owner = account) {
  Request r;
  r.principal = principal;
  r.action = action;
  r.resource = "arn:aws:s3:::bucket/key";
  r.resource_account = owner;
  return r;
}

// Decides, and holds the answer to the plain twin's.
Decision decided(const Request& r, const Owned& owned) {
  Decision decision = authorize(r, owned.layers());
  EXPECT_EQ(decision, plain::Evaluator().authorize(r, owned.layers()));
  return decision;
}

std::string outcome(const Request& r, const Owned& owned) {
  const Decision decision = decided(r, owned);
  return std::string(name_of(decision.verdict)) + ": " + std::string(name_of(decision.layer));
}

constexpr const char* by_identity = "allow: identity-based policy";
constexpr const char* by_resource = "allow: resource-based policy";
constexpr const char* no_identity = "implicit-deny: identity-based policy";
constexpr const char* no_resource = "implicit-deny: resource-based policy";
constexpr const char* no_boundary = "implicit-deny: permissions boundary";
constexpr const char* no_session = "implicit-deny: session policy";

TEST(Authorize, WithoutAnyPolicyNothingIsAllowed) {
  EXPECT_EQ(outcome(request(alice()), {}), no_identity);
  EXPECT_EQ(outcome(request(Principal{}), {}), no_resource);
  EXPECT_EQ(outcome(request(service()), {}), no_resource);
}

TEST(Authorize, AnAllowNamesItsPolicyStatementAndPlace) {
  const Decision decision = decided(
      request(alice()), {.identity = {identity("Allow", "ec2:*"), identity("Allow", "s3:*")}});
  EXPECT_EQ(decision, (Decision{Verdict::allow, Layer::identity, "identity", "I", {1, 38}}));
  const Named unnamed = named(
      Kind::identity,
      R"({"Effect":"Allow","Action":"ec2:*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"*"})");
  EXPECT_EQ(decided(request(alice()), {.identity = {unnamed}}).statement, "#1");
}

TEST(Authorize, ExplicitDeniesAreReportedInTheirOrder) {
  Owned layers;
  const auto deny_layer = [&] { return decided(request(app_session()), layers).layer; };
  layers.identity = {identity("Allow", "*"), identity("Deny", "*")};
  EXPECT_EQ(deny_layer(), Layer::identity);
  layers.session = {{identity("Deny", "s3:*")}};
  EXPECT_EQ(deny_layer(), Layer::session);
  layers.boundary = identity("Deny", "s3:*");
  EXPECT_EQ(deny_layer(), Layer::boundary);
  layers.resource = on_resource("\"*\"", Kind::resource, "s3:*", "Deny");
  EXPECT_EQ(deny_layer(), Layer::resource);
  layers.scps = {{"r-1", {scp("Allow", "*")}}, {account, {scp("Deny", "s3:*")}}};
  EXPECT_EQ(deny_layer(), Layer::scp);
  layers.rcps = {{"r-1", {rcp_full_access(), rcp_deny("s3:*")}}};
  EXPECT_EQ(deny_layer(), Layer::rcp);
  layers.endpoint = on_resource("\"*\"", Kind::endpoint, "*", "Deny");
  EXPECT_EQ(deny_layer(), Layer::endpoint);
  EXPECT_EQ(decided(request(app_session()), layers).verdict, Verdict::explicit_deny);
}

TEST(Authorize, BoundaryAndSessionPoliciesLimitTheIdentity) {
  Owned layers{.identity = {identity("Allow", "*")}};
  EXPECT_EQ(outcome(request(app_session()), layers), by_identity);
  layers.boundary = identity("Allow", "ec2:*");
  EXPECT_EQ(outcome(request(app_session()), layers), no_boundary);
  layers.boundary = identity("Allow", "s3:*");
  layers.session = {{identity("Allow", "ec2:*")}};
  EXPECT_EQ(outcome(request(app_session()), layers), no_session);
  layers.session = {{identity("Allow", "ec2:*"), identity("Allow", "s3:Get*")}};
  EXPECT_EQ(outcome(request(app_session()), layers), by_identity);
  layers.session = std::vector<Named>{};
  EXPECT_EQ(outcome(request(app_session()), layers), no_session);
}

TEST(Trap4, WithinAnAccountIdentityOrResourcePolicySuffices) {
  EXPECT_EQ(outcome(request(alice()), {.identity = {identity("Allow", "s3:*")},
                                       .resource = on_resource(R"({"AWS":"444455556666"})")}),
            by_identity);
  EXPECT_EQ(outcome(request(alice()), {.resource = on_resource(alice_element)}), by_resource);
  EXPECT_EQ(outcome(request(app_session()), {.resource = on_resource(role_element)}), by_resource);
  EXPECT_EQ(outcome(request(alice()), {.resource = on_resource("\"*\"")}), by_resource);
}

TEST(Trap4, NamingTheAccountDelegatesToItsIdentities) {
  EXPECT_EQ(outcome(request(alice()), {.resource = on_resource(account_element)}), no_identity);
  EXPECT_EQ(outcome(request(alice()), {.identity = {identity("Allow", "s3:*")},
                                       .resource = on_resource(account_element)}),
            by_identity);
}

TEST(Trap4, NamingUserOrSessionBypassesImplicitDeniesAndNamingTheRoleDoesNot) {
  Owned layers{.boundary = identity("Allow", "ec2:*"), .session = {{identity("Allow", "ec2:*")}}};
  layers.resource = on_resource(session_element);
  EXPECT_EQ(outcome(request(app_session()), layers), by_resource);
  layers.resource = on_resource("\"*\"");
  EXPECT_EQ(outcome(request(app_session()), layers), by_resource);
  layers.resource = on_resource(role_element);
  EXPECT_EQ(outcome(request(app_session()), layers), no_boundary);
  layers.boundary.reset();
  EXPECT_EQ(outcome(request(app_session()), layers), no_session);
  layers.session.reset();
  EXPECT_EQ(outcome(request(app_session()), layers), by_resource);
  EXPECT_EQ(outcome(request(alice()), {.boundary = identity("Allow", "ec2:*"),
                                       .resource = on_resource(alice_element)}),
            by_resource);
  // An explicit deny is bypassed by nothing.
  EXPECT_EQ(outcome(request(alice()),
                    {.boundary = identity("Deny", "s3:*"), .resource = on_resource(alice_element)}),
            "explicit-deny: permissions boundary");
}

TEST(Trap6, NotPrincipalExemptsNobodyWhoHasABoundary) {
  const std::string everyone_else =
      R"({"Effect":"Deny","Action":"*","Resource":"*","NotPrincipal":{"AWS":["111122223333",
         "arn:aws:iam::111122223333:user/alice","arn:aws:iam::111122223333:role/app",
         "arn:aws:sts::111122223333:assumed-role/app/s1"]}})";
  for (const Principal& caller : {alice(), app_session()}) {
    Owned all{.identity = {identity("Allow", "*")}, .resource = named(Kind::resource, everyone_else)};
    EXPECT_EQ(outcome(request(caller), all), by_identity) << caller.arn;
    all.boundary = named(Kind::boundary, R"({"Effect":"Allow","Action":"*","Resource":"*"})");
    EXPECT_EQ(outcome(request(caller), all), "explicit-deny: resource-based policy") << caller.arn;
  }
}

TEST(Trap4, AcrossAccountsBothSidesMustAllow) {
  const Request cross = request(alice(), "s3:GetObject", other_account);
  EXPECT_EQ(outcome(cross, {.identity = {identity("Allow", "*")}}), no_resource);
  EXPECT_EQ(outcome(cross, {.resource = on_resource(alice_element)}), no_identity);
  for (const auto& element : {alice_element, account_element, std::string("\"*\"")}) {
    EXPECT_EQ(
        outcome(cross, {.identity = {identity("Allow", "*")}, .resource = on_resource(element)}),
        by_identity)
        << element;
  }
  const Request session = request(app_session(), "s3:GetObject", other_account);
  EXPECT_EQ(outcome(session, {.resource = on_resource(session_element)}), no_identity);
  EXPECT_EQ(outcome(session, {.identity = {identity("Allow", "*")},
                              .session = {{identity("Allow", "ec2:*")}},
                              .resource = on_resource(session_element)}),
            no_session);
}

TEST(Trap4, EveryoneIncludesAnonymousCallers) {
  EXPECT_EQ(outcome(request(Principal{}), {.resource = on_resource("\"*\"")}), by_resource);
  EXPECT_EQ(outcome(request(Principal{}), {.resource = on_resource(R"({"AWS":"*"})")}),
            by_resource);
  EXPECT_EQ(outcome(request(Principal{}), {.resource = on_resource(account_element)}), no_resource);
}

TEST(Authorize, AnUnknownOwnerIsTheCallersOwnOnlyWithoutAResourcePolicy) {
  EXPECT_EQ(
      outcome(request(alice(), "ec2:DescribeVpcs", ""), {.identity = {identity("Allow", "*")}}),
      by_identity);
  EXPECT_EQ(outcome(request(alice(), "s3:GetObject", ""), {.resource = on_resource(alice_element)}),
            no_identity);
}

TEST(Trap5, ATrustPolicyThatNamesTheCallerSufficesInItsAccount) {
  const auto assume = [](const Principal& principal, const std::string& element,
                         std::vector<Named> identities, const std::string& owner = account) {
    return outcome(request(principal, "sts:AssumeRole", owner),
                   {.identity = std::move(identities),
                    .resource = on_resource(element, Kind::trust, "sts:AssumeRole"),
                    .resource_kind = ResourceKind::trust});
  };
  EXPECT_EQ(assume(alice(), alice_element, {}), "allow: role trust policy");
  EXPECT_EQ(assume(alice(), account_element, {}), no_identity);
  EXPECT_EQ(assume(alice(), account_element, {identity("Allow", "sts:AssumeRole")}), by_identity);
  EXPECT_EQ(assume(alice(), role_element, {identity("Allow", "*")}),
            "implicit-deny: role trust policy");
  EXPECT_EQ(assume(root(), role_element, {identity("Allow", "*")}),
            "implicit-deny: role trust policy");
  EXPECT_EQ(assume(alice(), alice_element, {}, other_account), no_identity);
  EXPECT_EQ(assume(alice(), alice_element, {identity("Allow", "sts:*")}, other_account),
            by_identity);
  EXPECT_EQ(assume(service(), R"({"Service":"rds.amazonaws.com"})", {}),
            "allow: role trust policy");
  EXPECT_EQ(assume(service(), R"({"Service":"ec2.amazonaws.com"})", {}),
            "implicit-deny: role trust policy");
  Principal web{Principal::Type::federated, "", "", "", "", "", "accounts.google.com", false};
  EXPECT_EQ(assume(web, R"({"Federated":"accounts.google.com"})", {}), "allow: role trust policy");
  EXPECT_EQ(outcome(request(alice(), "sts:AssumeRole"),
                    {.identity = {identity("Allow", "*")}, .resource_kind = ResourceKind::trust}),
            "implicit-deny: role trust policy");
}

TEST(Trap5, WithoutAStatementForTheAccountIdentityPoliciesGiveNothingOnAKey) {
  const auto decrypt = [](const Principal& principal, const std::string& element,
                          std::vector<Named> identities, const std::string& owner = account) {
    return outcome(request(principal, "kms:Decrypt", owner),
                   {.identity = std::move(identities),
                    .resource = on_resource(element, Kind::key, "kms:*"),
                    .resource_kind = ResourceKind::key});
  };
  EXPECT_EQ(decrypt(alice(), role_element, {identity("Allow", "*")}), no_resource);
  EXPECT_EQ(decrypt(root(), role_element, {identity("Allow", "*")}), no_resource);
  EXPECT_EQ(decrypt(alice(), account_element, {identity("Allow", "kms:Decrypt")}), by_identity);
  EXPECT_EQ(decrypt(alice(), account_element, {}), no_identity);
  EXPECT_EQ(decrypt(alice(), alice_element, {}), by_resource);
  EXPECT_EQ(decrypt(root(), account_element, {identity("Allow", "*")}), by_identity);
  EXPECT_EQ(decrypt(alice(), account_element, {identity("Allow", "kms:Decrypt")}, other_account),
            by_identity);
  EXPECT_EQ(decrypt(alice(), alice_element, {}, other_account), no_identity);
}

// What a resource grants to the user who made the session is added to that user's identity; the
// session's policies limit it, and a deny of the user reaches it.
TEST(Trap4, NamingTheIssuerOfAFederatedUserIsLimitedByItsSession) {
  Principal carol{.type = Principal::Type::federated,
                  .arn = "arn:aws:sts::111122223333:federated-user/carol",
                  .account = account,
                  .issuer_arn = "arn:aws:iam::111122223333:user/alice"};
  Owned layers{.session = {{identity("Allow", "ec2:*")}}, .resource = on_resource(alice_element)};
  EXPECT_EQ(outcome(request(carol), layers), no_session);
  layers.session = {{identity("Allow", "s3:*")}};
  EXPECT_EQ(outcome(request(carol), layers), by_resource);
  layers.resource = on_resource(alice_element, Kind::resource, "s3:*", "Deny");
  EXPECT_EQ(outcome(request(carol), layers), "explicit-deny: resource-based policy");
  carol.issuer_arn.clear();
  layers.resource = on_resource(alice_element);
  EXPECT_EQ(outcome(request(carol), layers), no_identity);
}

// A level without policies denies all that it binds.
TEST(Trap7, RcpsReachNoServiceThatIsNotListed) {
  const Owned nothing_attached{.identity = {identity("Allow", "*")}, .rcps = {{"r-1", {}}}};
  EXPECT_EQ(outcome(request(alice(), "s3:GetObject"), nothing_attached),
            "implicit-deny: resource control policy");
  EXPECT_EQ(outcome(request(alice(), "kms:RetireGrant"), nothing_attached), by_identity);
  for (int i = 0; i < 1000; ++i) {
    const std::string unlisted = "x" + std::to_string(i) + ":GetObject";
    EXPECT_EQ(outcome(request(alice(), unlisted), nothing_attached), by_identity) << unlisted;
  }
}

TEST(Trap7, EveryScpLevelMustAllow) {
  Owned layers{.identity = {identity("Allow", "*")}};
  layers.scps = {{"r-1", {scp("Allow", "*")}},
                 {"ou-1", {scp("Allow", "ec2:*")}},
                 {account, {scp("Allow", "*")}}};
  EXPECT_EQ(outcome(request(alice()), layers), "implicit-deny: service control policy");
  layers.scps[1].policies.push_back(scp("Allow", "s3:*"));
  EXPECT_EQ(outcome(request(alice()), layers), by_identity);
  EXPECT_EQ(outcome(request(root()), layers), by_identity);
  layers.scps[2].policies.clear();
  EXPECT_EQ(outcome(request(root()), layers), "implicit-deny: service control policy");
}

TEST(Trap7, ScpsDoNotBindServiceLinkedRolesServicesOrAnonymousCallers) {
  const std::vector<Level> deny_all = {{"r-1", {scp("Deny", "*")}}};
  Principal linked = app_session();
  linked.service_linked = true;
  EXPECT_EQ(outcome(request(linked), {.identity = {identity("Allow", "*")}, .scps = deny_all}),
            by_identity);
  EXPECT_EQ(
      outcome(request(service()),
              {.resource = on_resource(R"({"Service":"rds.amazonaws.com"})"), .scps = deny_all}),
      by_resource);
  EXPECT_EQ(outcome(request(Principal{}), {.resource = on_resource("\"*\""), .scps = deny_all}),
            by_resource);
}

TEST(Trap7, RcpsBindWhoeverCallsOnSupportedServicesExceptServiceLinkedRoles) {
  const std::vector<Level> rcps = {{"r-1", {rcp_full_access()}},
                                   {account, {rcp_full_access(), rcp_deny("s3:*")}}};
  const char* denied = "explicit-deny: resource control policy";
  EXPECT_EQ(outcome(request(alice()), {.identity = {identity("Allow", "*")}, .rcps = rcps}),
            denied);
  EXPECT_EQ(outcome(request(root()), {.identity = {identity("Allow", "*")}, .rcps = rcps}), denied);
  EXPECT_EQ(outcome(request(Principal{}), {.resource = on_resource("\"*\""), .rcps = rcps}),
            denied);
  EXPECT_EQ(outcome(request(service()), {.resource = on_resource("\"*\""), .rcps = rcps}), denied);
  Principal linked = app_session();
  linked.service_linked = true;
  EXPECT_EQ(outcome(request(linked), {.identity = {identity("Allow", "*")}, .rcps = rcps}),
            by_identity);
  const std::vector<Level> on_rds = {{"r-1", {rcp_full_access(), rcp_deny("rds:*")}}};
  EXPECT_EQ(outcome(request(alice(), "rds:DeleteDBInstance"),
                    {.identity = {identity("Allow", "*")}, .rcps = on_rds}),
            by_identity);
  const std::vector<Level> nothing_attached = {{"r-1", {}}};
  EXPECT_EQ(
      outcome(request(alice()), {.identity = {identity("Allow", "*")}, .rcps = nothing_attached}),
      "implicit-deny: resource control policy");
}

TEST(Trap8, AnEndpointPolicyIsEvaluatedForEveryCaller) {
  const Named only_account = on_resource(account_element, Kind::endpoint, "*");
  EXPECT_EQ(
      outcome(request(alice()), {.identity = {identity("Allow", "*")}, .endpoint = only_account}),
      by_identity);
  Principal outsider = alice();
  outsider.account = other_account;
  outsider.arn = "arn:aws:iam::444455556666:user/eve";
  EXPECT_EQ(outcome(request(outsider), {.identity = {identity("Allow", "*")},
                                        .resource = on_resource("\"*\""),
                                        .endpoint = only_account}),
            "implicit-deny: VPC endpoint policy");
  EXPECT_EQ(
      outcome(request(Principal{}), {.resource = on_resource("\"*\""), .endpoint = only_account}),
      "implicit-deny: VPC endpoint policy");
  EXPECT_EQ(
      outcome(request(service()), {.resource = on_resource("\"*\""), .endpoint = only_account}),
      "implicit-deny: VPC endpoint policy");
}

TEST(Trap8, NetworkKeysThatAreAbsentDoNotSatisfyPositiveConditions) {
  const Named vpc_only = named(
      Kind::identity,
      R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}})");
  Request through = request(alice());
  EXPECT_EQ(outcome(through, {.identity = {vpc_only}}), no_identity);
  through.context.set("aws:SourceVpce", "vpce-1");
  EXPECT_EQ(outcome(through, {.identity = {vpc_only}}), by_identity);
}

TEST(Trap10, AnUnevaluableDenyDeniesAndAnUnevaluableAllowDoesNotAllow) {
  Request odd = request(alice());
  odd.context.set("s3:max-keys", "many");
  const std::string condition = R"(,"Condition":{"NumericLessThan":{"s3:max-keys":"10"}}})";
  const Named allow =
      named(Kind::identity, R"({"Effect":"Allow","Action":"*","Resource":"*")" + condition);
  const Named deny =
      named(Kind::identity, R"({"Effect":"Deny","Action":"*","Resource":"*")" + condition);
  EXPECT_EQ(outcome(odd, {.identity = {allow}}), no_identity);
  EXPECT_EQ(outcome(odd, {.identity = {identity("Allow", "*"), deny}}),
            "explicit-deny: identity-based policy");
  EXPECT_EQ(explain(odd, Owned{.identity = {allow}}.layers())["layers"]
                .items()[0]["policies"]
                .items()[0]["statements"]
                .items()[0]
                .text("because"),
            "cannot be evaluated");
}

TEST(Trap11, TrustPoliciesAndScpsOnAbsentKeysAreEvaluatedAndNotIgnored) {
  const Owned trust{.identity = {identity("Allow", "*")},
                     .resource = on_resource(role_element, Kind::trust, "sts:AssumeRole"),
                     .resource_kind = ResourceKind::trust};
  EXPECT_EQ(outcome(request(alice(), "sts:AssumeRole"), trust), "implicit-deny: role trust policy");
  const Named network = named(
      Kind::scp,
      R"({"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}})");
  const Owned scps{.identity = {identity("Allow", "*")},
                    .scps = {{"r-1", {scp("Allow", "*"), network}}}};
  EXPECT_EQ(outcome(request(alice()), scps), "explicit-deny: service control policy");
  EXPECT_EQ(explain(request(alice()), scps.layers())["absent_keys"].dump(), R"(["aws:SourceVpc"])");
}

TEST(Message, SaysItInAwssWords) {
  const auto message = [](Verdict verdict, Layer layer, const Principal& principal = alice()) {
    return access_denied_message(request(principal), {verdict, layer, "", "", {}});
  };
  const std::string head =
      "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: s3:GetObject on "
      "resource: arn:aws:s3:::bucket/key ";
  struct Case {
    Layer layer;
    const char* explicitly;
    const char* implicitly;
  };
  const Case cases[] = {
      {Layer::identity, "an identity-based policy", "identity-based policy"},
      {Layer::boundary, "a permissions boundary", "permissions boundary"},
      {Layer::session, "a session policy", "session policy"},
      {Layer::resource, "a resource-based policy", "resource-based policy"},
      {Layer::key, "a resource-based policy", "resource-based policy"},
      {Layer::trust, "the role trust policy", "role trust policy"},
      {Layer::scp, "a service control policy", "service control policy"},
      {Layer::rcp, "a resource control policy", "resource control policy"},
      {Layer::endpoint, "a VPC endpoint policy", "VPC endpoint policy"},
  };
  for (const auto& [layer, explicitly, implicitly] : cases) {
    EXPECT_EQ(message(Verdict::explicit_deny, layer),
              head + "with an explicit deny in " + explicitly);
    EXPECT_EQ(message(Verdict::implicit_deny, layer),
              head + "because no " + implicitly + " allows the s3:GetObject action");
  }
  EXPECT_TRUE(message(Verdict::implicit_deny, Layer::resource, Principal{})
                  .starts_with("User: anonymous is not authorized"));
}

TEST(Explain, ShowsEveryLayerAndStatement) {
  Owned layers{.identity = {identity("Allow", "s3:*")},
                .boundary = identity("Allow", "ec2:*"),
                .resource = on_resource(account_element)};
  layers.scps = {{"r-1", {scp("Allow", "*")}}};
  const text::Json json = explain(request(alice()), layers.layers());
  EXPECT_EQ(json.text("verdict"), "implicit-deny");
  EXPECT_EQ(json.text("layer"), "permissions boundary");
  EXPECT_TRUE(json.text("message").contains("because no permissions boundary allows"));
  ASSERT_EQ(json["layers"].items().size(), 4U);
  EXPECT_EQ(json["layers"].items()[0].text("target"), "r-1");
  EXPECT_EQ(json["layers"].items()[1]["policies"].items()[0]["statements"].items()[0].text("names"),
            "its account");
  EXPECT_EQ(
      json["layers"].items()[2]["policies"].items()[0]["statements"].items()[0].text("because"),
      "action");
  EXPECT_EQ(json["request"].text("principal"), "arn:aws:iam::111122223333:user/alice");
}

}  // namespace
}  // namespace ringwall::authz
