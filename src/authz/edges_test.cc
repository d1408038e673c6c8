// The less trodden ways to a decision, its words and its explanation: callers of every type, grants
// beside a key's policy, layers that say nothing. `tools/coverage` says which ways no test has taken.

#include <gtest/gtest.h>

#include <set>

#include "authz/authz.h"
#include "authz/kms_grant.h"
#include "authz/plain.h"
#include "authz/rcp_services.h"
#include "authz/rule_file.h"
#include "authz/testing.h"

namespace ringwall::authz {
namespace {

using policy::Kind;
using policy::Principal;
using policy::Request;
using testing::Owned;

constexpr const char* account = "111122223333";

Named named(Kind kind, const std::string& statements) {
  const auto document = policy::compile(R"({"Version":"2012-10-17","Statement":[)" + statements + "]}", kind);
  EXPECT_TRUE(document) << statements << ": " << (document ? "" : document.error().message);
  return {"p", document.value_or(nullptr)};
}
Named allowing(Kind kind, const std::string& principal, const std::string& action = "*") {
  return named(kind, R"({"Effect":"Allow","Action":")" + action + R"(","Resource":"*","Principal":)" + principal + "}");
}
const Named& allow_all() {
  static const Named policy = named(Kind::identity, R"({"Effect":"Allow","Action":"*","Resource":"*"})");
  return policy;
}

Principal user() {
  return {Principal::Type::user, "arn:aws:iam::111122223333:user/alice", "", account, "", "", "", false};
}
Principal session() {
  return {Principal::Type::role_session, "arn:aws:sts::111122223333:assumed-role/app/s", "arn:aws:iam::111122223333:role/app", account, "", "", "",
          false};
}
Principal root() {
  return {Principal::Type::root, "arn:aws:iam::111122223333:root", "", account, "", "", "", false};
}
Principal service() { return {Principal::Type::service, "", "", "", "", "rds.amazonaws.com", "", false}; }
Principal web() { return {Principal::Type::federated, "", "", "", "", "", "accounts.google.com", false}; }
Principal federated_user() {
  return {Principal::Type::federated, "arn:aws:sts::111122223333:federated-user/bob", "", account, "", "", "", false};
}

Request request(const Principal& caller, const std::string& action = "s3:GetObject") {
  Request asked;
  asked.principal = caller;
  asked.action = action;
  asked.resource = "arn:aws:s3:::b/k";
  asked.resource_account = account;
  return asked;
}

Decision decided(const Request& asked, const Owned& owned) {
  Decision decision = authorize(asked, owned.layers());
  EXPECT_EQ(decision, plain::Evaluator().authorize(asked, owned.layers()));
  return decision;
}
std::string outcome(const Request& asked, const Owned& owned) {
  const Decision decision = decided(asked, owned);
  return std::string(name_of(decision.verdict)) + ": " + std::string(name_of(decision.layer));
}

TEST(Names, SayWhatAwsSays) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Layer::endpoint); ++i) names.insert(name_of(static_cast<Layer>(i)));
  EXPECT_EQ(names.size(), 9U);  // a key's policy is a resource-based one
  EXPECT_EQ(name_of(Layer::none), "none");
  EXPECT_EQ(name_of(Layer::key), name_of(Layer::resource));
}

TEST(Decision, IsEqualOnlyInAllItSays) {
  const Decision one{Verdict::allow, Layer::identity, "p", "#0", {1, 2}};
  EXPECT_EQ(one, (Decision{Verdict::allow, Layer::identity, "p", "#0", {1, 2}}));
  EXPECT_NE(one, (Decision{Verdict::explicit_deny, Layer::identity, "p", "#0", {1, 2}}));
  EXPECT_NE(one, (Decision{Verdict::allow, Layer::session, "p", "#0", {1, 2}}));
  EXPECT_NE(one, (Decision{Verdict::allow, Layer::identity, "q", "#0", {1, 2}}));
  EXPECT_NE(one, (Decision{Verdict::allow, Layer::identity, "p", "#1", {1, 2}}));
  EXPECT_NE(one, (Decision{Verdict::allow, Layer::identity, "p", "#0", {1, 3}}));
}

TEST(Message, NamesCallersOfEveryType) {
  const auto caller = [](const Principal& principal) {
    const std::string message = access_denied_message(request(principal), {});
    return message.substr(6, message.find(" is not") - 6);
  };
  EXPECT_EQ(caller(root()), "arn:aws:iam::111122223333:root");
  EXPECT_EQ(caller(session()), "arn:aws:sts::111122223333:assumed-role/app/s");
  EXPECT_EQ(caller(service()), "rds.amazonaws.com");
  EXPECT_EQ(caller(web()), "accounts.google.com");
  EXPECT_EQ(caller(federated_user()), "arn:aws:sts::111122223333:federated-user/bob");
}

TEST(Message, LeavesOutTheResourceThatIsNotAndTheLayerThatIsUnknown) {
  Request asked = request(user());
  asked.resource.clear();
  EXPECT_EQ(access_denied_message(asked, {Verdict::explicit_deny, Layer::none, "", "", {}}),
            "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: s3:GetObject with an explicit deny in a policy");
}

TEST(Authorize, AFederatedUserOfAnAccountIsGovernedByItAndAWebIdentityIsNot) {
  EXPECT_EQ(outcome(request(federated_user()), {.identity = {allow_all()}}), "allow: identity-based policy");
  EXPECT_EQ(outcome(request(web()), {.identity = {allow_all()}}), "implicit-deny: resource-based policy");
  EXPECT_EQ(outcome(request(web()), {.resource = allowing(Kind::resource, R"({"Federated":"accounts.google.com"})")}),
            "allow: resource-based policy");
}

TEST(Authorize, AKeyOrRoleWhoseOwnerIsUnknownIsNotTheCallersOwn) {
  Request asked = request(user(), "kms:Decrypt");
  asked.resource_account.clear();
  EXPECT_EQ(outcome(asked, {.identity = {allow_all()}}), "allow: identity-based policy");
  EXPECT_EQ(outcome(asked, {.identity = {allow_all()}, .resource_kind = ResourceKind::key}),
            "implicit-deny: resource-based policy");
  EXPECT_EQ(outcome(asked, {.identity = {allow_all()}, .resource_kind = ResourceKind::trust}),
            "implicit-deny: role trust policy");
}

TEST(Authorize, TheStrongestStatementGrantsWhereverItStands) {
  const auto statement = [](const std::string& sid, const std::string& name) {
    return R"({"Sid":")" + sid + R"(","Effect":"Allow","Action":"*","Resource":"*","Principal":{"AWS":")" + name + R"("}})";
  };
  const std::string by_role = statement("role", "arn:aws:iam::111122223333:role/app"),
                    by_session = statement("session", "arn:aws:sts::111122223333:assumed-role/app/s"),
                    by_account = statement("account", account);
  for (const std::string& order : {by_role + "," + by_session + "," + by_account, by_account + "," + by_session + "," + by_role})
    EXPECT_EQ(decided(request(session()), {.resource = named(Kind::resource, order)}).statement, "session");
  EXPECT_EQ(decided(request(session()), {.resource = named(Kind::resource, by_account + "," + by_role)}).statement, "role");
}

// A policy that names nobody does not belong on a resource. What stands there by mistake may deny
// and never grants.
TEST(Authorize, APolicyOnAResourceThatNamesNobodyGrantsNothing) {
  EXPECT_EQ(outcome(request(user()), {.resource = allow_all()}), "implicit-deny: identity-based policy");
  EXPECT_EQ(outcome(request(service()), {.resource = allow_all()}), "implicit-deny: resource-based policy");
  const Named deny = named(Kind::identity, R"({"Effect":"Deny","Action":"*","Resource":"*"})");
  EXPECT_EQ(outcome(request(user()), {.identity = {allow_all()}, .resource = deny}), "explicit-deny: resource-based policy");
}

TEST(Authorize, AGrantStandsBesideTheKeysPolicy) {
  const Named to_user = allowing(Kind::key, R"({"AWS":"arn:aws:iam::111122223333:user/alice"})", "kms:Decrypt");
  Owned layers{.resource_kind = ResourceKind::key, .grants = {to_user}};
  EXPECT_EQ(outcome(request(user(), "kms:Decrypt"), layers), "allow: resource-based policy");
  EXPECT_EQ(outcome(request(user(), "kms:Encrypt"), layers), "implicit-deny: resource-based policy");
  EXPECT_EQ(outcome(request(session(), "kms:Decrypt"), layers), "implicit-deny: resource-based policy");
}

TEST(KmsGrant, IsAStatementForEachSortOfItsOperations) {
  const auto statements = [](std::vector<std::string> operations) {
    const auto policy = policy_of(KmsGrant{.id = "g",
                                           .key_arn = "arn:aws:kms:us-east-1:111122223333:key/k",
                                           .grantee = "arn:aws:iam::111122223333:user/alice",
                                           .operations = std::move(operations)});
    return policy ? policy->document->statements() : 0;
  };
  EXPECT_EQ(statements({"Decrypt"}), 1U);
  EXPECT_EQ(statements({"CreateGrant", "RetireGrant", "DescribeKey"}), 1U);
  EXPECT_EQ(statements({"Decrypt", "RetireGrant"}), 2U);
}

TEST(Authorize, ResourceControlPoliciesThatAllLevelsAllowLetPass) {
  const Named pass = named(Kind::rcp, R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"})");
  EXPECT_EQ(outcome(request(user()), {.identity = {allow_all()}, .rcps = {{"r-1", {pass}}, {account, {pass}}}}),
            "allow: identity-based policy");
  EXPECT_EQ(outcome(request(user()), {.identity = {allow_all()}, .rcps = {{"r-1", {pass}}, {account, {}}}}),
            "implicit-deny: resource control policy");
}

TEST(RcpServices, RetiringAGrantIsTheOneActionThatIsNotReached) {
  const auto reached = [](const std::string& action) {
    const Request asked = request(user(), action);
    return reached_by_rcps(policy::Probe(asked));
  };
  EXPECT_TRUE(reached("KMS:Decrypt"));
  EXPECT_FALSE(reached("kms:RetireGrant"));
  EXPECT_FALSE(reached("rds:StartDBInstance"));
}

TEST(Plain, ReadsADocumentOnceHoweverOftenItIsAsked) {
  plain::Evaluator evaluator;
  EXPECT_EQ(&evaluator.policy(*allow_all().document), &evaluator.policy(*allow_all().document));
}

TEST(Explain, NamesCallersOfEveryType) {
  const auto caller = [](const Principal& principal) { return explain(request(principal), {})["request"].str("principal"); };
  EXPECT_EQ(caller(Principal{}), "anonymous");
  EXPECT_EQ(caller(service()), "rds.amazonaws.com");
  EXPECT_EQ(caller(web()), "accounts.google.com");
  EXPECT_EQ(caller(user()), "arn:aws:iam::111122223333:user/alice");
}

TEST(Explain, ShowsTheLayersThatApplyAndNoOthers) {
  const auto layers_of = [](const Request& asked, const Owned& owned) {
    std::string names;
    const text::Json json = explain(asked, owned.layers());
    for (const text::Json& layer : json["layers"].items()) names += (names.empty() ? "" : ", ") + layer.str("layer");
    return names;
  };
  const Named pass = named(Kind::rcp, R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"})");
  const Named key = allowing(Kind::key, R"("*")");
  Owned owned{.identity = {allow_all()}, .session = {{allow_all()}}, .rcps = {{"r-1", {pass}}}};
  EXPECT_EQ(layers_of(request(user()), owned), "resource control policy, session policy, identity-based policy");
  EXPECT_EQ(layers_of(request(user(), "ec2:RunInstances"), owned), "session policy, identity-based policy");
  EXPECT_EQ(layers_of(request(user(), "kms:Decrypt"), {.resource = key, .resource_kind = ResourceKind::key, .grants = {key}}),
            "resource-based policy, resource-based policy, identity-based policy");
  const Named trust = named(Kind::trust, R"({"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"})");
  EXPECT_EQ(layers_of(request(user(), "sts:AssumeRole"), {.resource = trust, .resource_kind = ResourceKind::trust}),
            "role trust policy, identity-based policy");
}

TEST(Explain, HasAMessageOnlyForWhatIsDenied) {
  const Owned owned{.identity = {allow_all()}};
  EXPECT_FALSE(explain(request(user()), owned.layers()).contains("message"));
  EXPECT_EQ(explain(request(user()), owned.layers()).text("verdict"), "allow");
  EXPECT_TRUE(explain(request(user()), {}).contains("message"));
}

TEST(RuleFile, RefusesWhatIsHalfSaid) {
  const std::string head = "rule: r\ngiven: {\"a\": \"\\\"}\"}\ncase: c\n";
  const auto message = [&](const std::string& line) {
    const auto file = read_rule_file(head + line + "\n");
    return file ? "" : file.error().message;
  };
  EXPECT_EQ(message("expect: allow"), "");
  EXPECT_TRUE(message("with: []").starts_with("line 4: `with` takes a JSON object"));
  EXPECT_TRUE(message("expect: allow by session policy statement").starts_with("line 4: behind the layer comes `statement`"));
  EXPECT_TRUE(message("expect: allow by session policy statement S x").starts_with("line 4: behind the statement comes `of`"));
}

}  // namespace
}  // namespace ringwall::authz
