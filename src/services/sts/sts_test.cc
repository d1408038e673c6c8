#include "services/sts/sts.h"

#include <gtest/gtest.h>

#include "directory/documents.h"
#include "directory/testing.h"
#include "service/authorization_message.h"

namespace ringwall::sts {
namespace {

using directory::testing::World;
using text::Json;

constexpr const char* allow_all = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";
constexpr const char* allow_ec2 = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"}]})";

std::string trust(const std::string& principal, const std::string& actions = R"("sts:AssumeRole")", const std::string& condition = "") {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":")" + principal + R"("},"Action":[)" + actions + "]" +
         (condition.empty() ? "" : R"(,"Condition":)" + condition) + "}]}";
}

class Sts : public ::testing::Test {
 protected:
  // Writes a role (of any account) and answers its ARN. It may do everything.
  std::string put_role(const std::string& account, const std::string& name, const std::string& trust_policy, std::int64_t seconds = 3600) {
    store::Transaction transaction(world_.store());
    Json role = directory::new_role(world_.environment(), account, "/", name, service::bound(trust_policy, policy::Kind::trust, *world_.directory().current()).value_or(service::bound_own(trust_policy)), world_.clock().now());
    role.set("MaxSessionDuration", seconds);
    role.edit("inline").push(Json::object({{"PolicyName", "all"}, {"PolicyDocument", allow_all}}));
    const std::string arn = role.str("Arn");
    transaction.put(directory::iam_key(account, "role", name), std::move(role));
    world_.directory().wait_for(*world_.store().commit(transaction));
    return arn;
  }
  // Writes a user, in the place of a namesake if there is one.
  service::Caller put_user(const std::string& name, const std::string& policy) {
    store::Transaction transaction(world_.store());
    Json user = directory::new_user(world_.environment(), account_, "/", name, world_.clock().now());
    user.edit("inline").push(Json::object({{"PolicyName", "own"}, {"PolicyDocument", policy}}));
    const std::string arn = user.str("Arn");
    transaction.put(directory::iam_key(account_, "user", name), std::move(user));
    world_.directory().wait_for(*world_.store().commit(transaction));
    return world_.as_user(arn);
  }
  std::string put_member() {
    store::Transaction transaction(world_.store());
    const auto organization = directory::tables::organizations.get(transaction);
    const std::string id = directory::new_account_id(world_.environment(), transaction);
    directory::put_account(transaction, *organization, id, "member", id + "@example.com", organization->root, "CREATED", world_.clock().now());
    world_.directory().wait_for(*world_.store().commit(transaction));
    return id;
  }
  static Json asking(const std::string& role, std::initializer_list<Json::Member> more = {}) {
    Json input = Json::object({{"RoleArn", role}, {"RoleSessionName", "s"}});
    for (const Json::Member& member : more) input.set(member.key, member.value);
    return input;
  }
  std::string code(const service::Caller& caller, const Json& input) { return world_.code("AssumeRole", caller, input); }
  Json assume(const service::Caller& caller, const Json& input) {
    auto output = world_.call("AssumeRole", caller, input);
    EXPECT_TRUE(output.has_value()) << (output ? "" : output.error().code + ": " + output.error().message);
    return output ? *output : Json();
  }
  bool may(const service::Caller& caller, const char* action) {
    const service::Question question{.action = action, .resource = "*", .resource_account = caller.account()};
    return !World::refusal(*world_.directory().current(), caller, question);
  }

  World world_{operations()};
  service::Caller admin_ = world_.as_administrator();
  std::string account_ = admin_.account();
};

TEST_F(Sts, EveryOperationIsInTheModel) {
  const awsapi::Model* model = awsapi::builtin_model("sts");
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(service::Service(*model, operations()).operations().size(), 6U);
}

TEST_F(Sts, ASessionIsWhoItSaysAndWhatItsRoleMayDo) {
  const std::string role = put_role(account_, "r", trust(admin_.principal.arn));
  const Json output = assume(admin_, asking(role));
  EXPECT_EQ(output["AssumedRoleUser"].str("Arn"), "arn:aws:sts::" + account_ + ":assumed-role/r/s");
  EXPECT_TRUE(output["Credentials"].text("AccessKeyId").starts_with("ASIA"));
  const auto session = world_.as_session(output["Credentials"]);
  ASSERT_TRUE(session.has_value());
  const auto identity = world_.call("GetCallerIdentity", *session, Json::object());
  EXPECT_EQ(identity->str("Arn"), output["AssumedRoleUser"].str("Arn"));
  EXPECT_EQ(identity->str("UserId"), output["AssumedRoleUser"].str("AssumedRoleId"));
  EXPECT_TRUE(may(*session, "rds:CreateDBInstance"));
}

TEST_F(Sts, TheTrustMatrixHolds) {
  const std::string member = put_member(), other = put_member();
  const service::Caller member_role = *world_.as_session(assume(admin_, asking(put_role(member, "caller", trust(admin_.principal.arn))))["Credentials"]);
  const service::Caller other_role = *world_.as_session(assume(admin_, asking(put_role(other, "caller", trust(admin_.principal.arn))))["Credentials"]);
  const std::string trusts_account = put_role(account_, "a", trust("arn:aws:iam::" + member + ":root"));
  const std::string trusts_role = put_role(account_, "b", trust(member_role.principal.role_arn));
  const std::string trusts_nobody = put_role(account_, "c", trust("arn:aws:iam::999999999999:root"));
  EXPECT_EQ(code(member_role, asking(trusts_account)), "");
  EXPECT_EQ(code(member_role, asking(trusts_role)), "");
  EXPECT_EQ(code(member_role, asking(trusts_nobody)), "AccessDenied");
  EXPECT_EQ(code(other_role, asking(trusts_account)), "AccessDenied");
  EXPECT_EQ(code(other_role, asking(trusts_role)), "AccessDenied");
  EXPECT_EQ(code(admin_, asking(trusts_nobody)), "AccessDenied");  // an administrator, but not trusted
  EXPECT_EQ(code(admin_, asking("arn:aws:iam::" + account_ + ":role/none")), "AccessDenied");
  EXPECT_EQ(code(World::as_root(account_), asking(trusts_account)), "AccessDenied");
  EXPECT_EQ(code(admin_, asking("role/none")), "ValidationError");
}

TEST_F(Sts, AnExternalIdMustBeTheOneAskedFor) {
  const std::string role = put_role(account_, "r", trust(admin_.principal.arn, R"("sts:AssumeRole")", R"({"StringEquals":{"sts:ExternalId":"x-17"}})"));
  EXPECT_EQ(code(admin_, asking(role)), "AccessDenied");
  EXPECT_EQ(code(admin_, asking(role, {{"ExternalId", "x-18"}})), "AccessDenied");
  EXPECT_EQ(code(admin_, asking(role, {{"ExternalId", "x-17"}})), "");
}

TEST_F(Sts, SessionPoliciesRestrict) {
  const std::string role = put_role(account_, "r", trust(admin_.principal.arn));
  const auto by_text = world_.as_session(assume(admin_, asking(role, {{"Policy", allow_ec2}}))["Credentials"]);
  EXPECT_TRUE(may(*by_text, "ec2:DescribeVpcs"));
  EXPECT_FALSE(may(*by_text, "rds:CreateDBInstance"));
  const Json arns = Json::array({Json::object({{"arn", "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}})});
  const auto by_arn = world_.as_session(assume(admin_, asking(role, {{"PolicyArns", arns}}))["Credentials"]);
  EXPECT_TRUE(may(*by_arn, "iam:ListUsers"));
  EXPECT_FALSE(may(*by_arn, "ec2:DescribeVpcs"));
  EXPECT_EQ(code(admin_, asking(role, {{"Policy", "{}"}})), "MalformedPolicyDocument");
  EXPECT_EQ(code(admin_, asking(role, {{"PolicyArns", Json::array({Json::object({{"arn", "arn:aws:iam::aws:policy/None"}})})}})), "MalformedPolicyDocument");
}

TEST_F(Sts, TagsAndSourceIdentityAskForThemselvesAndTravelOn) {
  const std::string all = R"("sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity")";
  const Json tags = Json::array({Json::object({{"Key", "team"}, {"Value", "red"}})});
  const std::string plain = put_role(account_, "plain", trust(admin_.principal.arn));
  EXPECT_EQ(code(admin_, asking(plain, {{"Tags", tags}})), "AccessDenied");  // an administrator, but the trust policy says nothing of tags
  const std::string member = put_member();
  const std::string far = put_role(member, "far", trust(admin_.principal.arn));
  EXPECT_EQ(code(admin_, asking(far)), "");
  EXPECT_EQ(code(admin_, asking(far, {{"Tags", tags}})), "AccessDenied");
  EXPECT_EQ(code(admin_, asking(far, {{"SourceIdentity", "ann"}})), "AccessDenied");

  const std::string first = put_role(member, "first", trust(admin_.principal.arn, all));
  const Json output = assume(admin_, asking(first, {{"Tags", tags}, {"TransitiveTagKeys", Json::array({"team"})}, {"SourceIdentity", "ann"}}));
  EXPECT_EQ(output.text("SourceIdentity"), "ann");
  const auto session = world_.as_session(output["Credentials"]);
  const std::string second = put_role(account_, "second", trust(first, all));
  const Json chained = assume(*session, asking(second));
  const auto further = world_.as_session(chained["Credentials"]);
  EXPECT_EQ(further->session->tags, (estate::Tags{{"team", "red"}}));
  EXPECT_EQ(further->session->source_identity, "ann");
  EXPECT_EQ(code(*session, asking(second, {{"SourceIdentity", "beth"}})), "AccessDenied");
  EXPECT_EQ(code(*session, asking(second, {{"Tags", tags}})), "InvalidParameterValue");
  EXPECT_EQ(code(*session, asking(put_role(account_, "third", trust(first)))), "AccessDenied");
  EXPECT_EQ(code(admin_, asking(first, {{"TransitiveTagKeys", Json::array({"team"})}})), "InvalidParameterValue");
}

TEST_F(Sts, DurationsAreHeldToTheRoleAndToChaining) {
  const std::string role = put_role(account_, "r", trust(admin_.principal.arn), 7200);
  const auto lasting = [&](const service::Caller& caller, const std::string& arn, int seconds) { return code(caller, asking(arn, {{"DurationSeconds", seconds}})); };
  EXPECT_EQ(lasting(admin_, role, 900), "");
  EXPECT_EQ(lasting(admin_, role, 899), "ValidationError");
  EXPECT_EQ(lasting(admin_, role, 7200), "");
  EXPECT_EQ(lasting(admin_, role, 7201), "ValidationError");
  const service::Caller session = *world_.as_session(assume(admin_, asking(role))["Credentials"]);
  const std::string second = put_role(account_, "second", trust(role), 7200);
  EXPECT_EQ(lasting(session, second, 3600), "");
  EXPECT_EQ(lasting(session, second, 3601), "ValidationError");
}

TEST_F(Sts, ATokenExpiresOnTheSecondAndSaysSo) {
  const Json credentials = assume(admin_, asking(put_role(account_, "r", trust(admin_.principal.arn)), {{"DurationSeconds", 900}}))["Credentials"];
  world_.clock().advance(std::chrono::seconds(899));
  EXPECT_TRUE(world_.as_session(credentials).has_value());
  world_.clock().advance(std::chrono::seconds(1));
  EXPECT_EQ(world_.as_session(credentials).error().kind, Failure::denied);
}

TEST_F(Sts, ATokenChangedAnywhereOrUsedWithAnotherKeyIsInvalid) {
  const std::string role = put_role(account_, "r", trust(admin_.principal.arn));
  const Json credentials = assume(admin_, asking(role))["Credentials"], others = assume(admin_, asking(role))["Credentials"];
  const std::string token = credentials.str("SessionToken");
  for (std::size_t at = 0; at + 4 < token.size(); at += 7) {
    Json changed = credentials;
    std::string altered = token;
    altered[at] = altered[at] == 'A' ? 'B' : 'A';
    changed.set("SessionToken", altered);
    EXPECT_EQ(world_.as_session(changed).error().kind, Failure::invalid) << at;
  }
  Json crossed = credentials;
  crossed.set("AccessKeyId", others.str("AccessKeyId"));
  EXPECT_EQ(world_.as_session(crossed).error().kind, Failure::invalid);
  for (const std::string& junk : {std::string(), std::string("AAAA"), std::string(directory::session_token_bytes_max + 4, 'A')}) {
    crossed.set("SessionToken", junk);
    EXPECT_EQ(world_.as_session(crossed).error().kind, Failure::invalid);
  }
}

TEST_F(Sts, ARoleDeletedOrMadeAgainEndsItsSessions) {
  const std::string role = put_role(account_, "r", trust(admin_.principal.arn));
  const Json credentials = assume(admin_, asking(role))["Credentials"];
  const auto opened = directory::open_session_token(world_.environment(), *world_.directory().current(), credentials.text("SessionToken"), credentials.text("AccessKeyId"), world_.clock().now());
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->secret.reveal_text(), credentials.text("SecretAccessKey"));
  EXPECT_TRUE(directory::still_valid(*world_.directory().current(), *opened, world_.clock().now()));
  put_role(account_, "r", trust(admin_.principal.arn));  // the same name, another unique id
  EXPECT_FALSE(directory::still_valid(*world_.directory().current(), *opened, world_.clock().now()));
  EXPECT_EQ(world_.as_session(credentials).error().kind, Failure::invalid);
}

TEST_F(Sts, APackedPolicyMayFillTheTokenAndNotMore) {
  const std::string role = put_role(account_, "r", trust(admin_.principal.arn, R"("sts:AssumeRole","sts:TagSession")"));
  Json tags = Json::array();
  for (int i = 0; i < 10; ++i) tags.push(Json::object({{"Key", "key" + std::to_string(i)}, {"Value", std::string(200, 'v')}}));
  const Json output = assume(admin_, asking(role, {{"Tags", tags}}));
  EXPECT_GT(output["PackedPolicySize"].as_integer(), 30);
  EXPECT_LE(output["PackedPolicySize"].as_integer(), 100);
  for (int i = 10; i < 50; ++i) tags.push(Json::object({{"Key", "key" + std::to_string(i)}, {"Value", std::string(200, 'v')}}));
  EXPECT_EQ(code(admin_, asking(role, {{"Tags", tags}})), "PackedPolicyTooLarge");
}

TEST_F(Sts, ASessionTokenIsForUsersAndKeepsTheirRights) {
  const auto output = world_.call("GetSessionToken", admin_, Json::object({{"DurationSeconds", 900}}));
  ASSERT_TRUE(output.has_value());
  const auto session = world_.as_session((*output)["Credentials"]);
  ASSERT_TRUE(session.has_value());
  EXPECT_EQ(session->principal.arn, admin_.principal.arn);
  EXPECT_TRUE(may(*session, "rds:CreateDBInstance"));
  EXPECT_EQ(world_.code("GetSessionToken", *session, Json::object()), "AccessDenied");
  EXPECT_EQ(world_.code("GetSessionToken", admin_, Json::object({{"DurationSeconds", 129600}})), "");
  EXPECT_EQ(world_.code("GetSessionToken", admin_, Json::object({{"DurationSeconds", 129601}})), "ValidationError");
  EXPECT_EQ(world_.code("GetSessionToken", admin_, Json::object({{"DurationSeconds", 899}})), "ValidationError");
}

TEST_F(Sts, AnAccessKeyTellsItsAccount) {
  EXPECT_EQ(world_.call("GetAccessKeyInfo", admin_, Json::object({{"AccessKeyId", world_.administrator().access_key}}))->str("Account"), account_);
  EXPECT_EQ(world_.code("GetAccessKeyInfo", admin_, Json::object({{"AccessKeyId", "AKIAAAAAAAAAAAAAAAAA"}})), "ValidationError");
}

TEST_F(Sts, AFederatedUserMayDoWhatBothItsIssuerAndItsSessionPoliciesAllow) {
  const auto federate = [&](const service::Caller& issuer, std::initializer_list<Json::Member> more = {}) {
    Json input = Json::object({{"Name", "bob"}});
    for (const Json::Member& member : more) input.set(member.key, member.value);
    auto output = world_.call("GetFederationToken", issuer, input);
    EXPECT_TRUE(output.has_value()) << (output ? "" : output.error().message);
    return output ? *output : Json();
  };
  const Json output = federate(admin_, {{"Policy", allow_ec2}});
  EXPECT_EQ(output["FederatedUser"].text("Arn"), "arn:aws:sts::" + account_ + ":federated-user/bob");
  EXPECT_EQ(output["FederatedUser"].text("FederatedUserId"), account_ + ":bob");
  const service::Caller bob = *world_.as_session(output["Credentials"]);
  EXPECT_TRUE(may(bob, "ec2:DescribeVpcs"));
  EXPECT_FALSE(may(bob, "rds:CreateDBInstance"));  // not in the session's policy
  const Json identity = *world_.call("GetCallerIdentity", bob, Json::object());
  EXPECT_EQ(identity.text("Arn"), bob.principal.arn);
  EXPECT_EQ(identity.text("UserId"), account_ + ":bob");

  // Without session policies a federated user may do nothing by its identity.
  EXPECT_FALSE(may(*world_.as_session(federate(admin_)["Credentials"]), "ec2:DescribeVpcs"));

  // The issuer's own limits hold too.
  const service::Caller clerk = put_user("clerk", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:*","rds:*"],"Resource":"*"}]})");
  const service::Caller for_clerk = *world_.as_session(federate(clerk, {{"Policy", allow_all}})["Credentials"]);
  EXPECT_TRUE(may(for_clerk, "rds:CreateDBInstance"));
  EXPECT_FALSE(may(for_clerk, "ec2:DescribeVpcs"));
  const service::Caller by_root = *world_.as_session(federate(World::as_root(account_), {{"Policy", allow_ec2}})["Credentials"]);
  EXPECT_TRUE(may(by_root, "ec2:DescribeVpcs"));
  EXPECT_FALSE(may(by_root, "rds:CreateDBInstance"));

  // It ends with the user it was made by, a namesake notwithstanding.
  const Json credentials = federate(clerk, {{"Policy", allow_all}})["Credentials"];
  EXPECT_TRUE(world_.as_session(credentials).has_value());
  put_user("clerk", allow_all);
  EXPECT_EQ(world_.as_session(credentials).error().kind, Failure::invalid);
  EXPECT_FALSE(may(for_clerk, "rds:CreateDBInstance"));
}

TEST_F(Sts, FederationIsForLongTermCredentialsAndEndsThere) {
  const auto federate = [&](const service::Caller& caller, std::initializer_list<Json::Member> more) {
    Json input = Json::object({{"Name", "bob"}, {"Policy", allow_all}});
    for (const Json::Member& member : more) input.set(member.key, member.value);
    return world_.code("GetFederationToken", caller, input);
  };
  for (const auto& [name, expected] : {std::pair<std::string, const char*>{"b", "ValidationError"}, {"bo", ""}, {std::string(32, 'b'), ""}, {std::string(33, 'b'), "ValidationError"}, {"b b", "ValidationError"}}) {
    EXPECT_EQ(federate(admin_, {{"Name", name}}), expected) << name;
  }
  for (const auto& [seconds, expected] : {std::pair{899, "ValidationError"}, {900, ""}, {129600, ""}, {129601, "ValidationError"}}) EXPECT_EQ(federate(admin_, {{"DurationSeconds", seconds}}), expected);
  EXPECT_EQ(federate(admin_, {{"Policy", "{}"}}), "MalformedPolicyDocument");
  const Json tags = Json::array({Json::object({{"Key", "team"}, {"Value", "red"}})});
  const service::Caller untagging = put_user("untagging", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:GetFederationToken","Resource":"arn:aws:sts::*:federated-user/bob"}]})");
  EXPECT_EQ(federate(untagging, {}), "");
  EXPECT_EQ(federate(untagging, {{"Name", "eve"}}), "AccessDenied");
  EXPECT_EQ(federate(untagging, {{"Tags", tags}}), "AccessDenied");

  const Json input = Json::object({{"Name", "bob"}, {"Policy", allow_all}, {"Tags", tags}});
  const service::Caller bob = *world_.as_session((*world_.call("GetFederationToken", admin_, input))["Credentials"]);
  EXPECT_EQ(bob.session->tags, (estate::Tags{{"team", "red"}}));
  EXPECT_EQ(federate(bob, {}), "AccessDenied");
  EXPECT_EQ(world_.code("GetSessionToken", bob, Json::object()), "AccessDenied");
  EXPECT_EQ(code(bob, asking(put_role(account_, "r", trust("arn:aws:iam::" + account_ + ":root")))), "AccessDenied");
  const service::Caller session = *world_.as_session(assume(admin_, asking(put_role(account_, "s", trust(admin_.principal.arn))))["Credentials"]);
  EXPECT_EQ(federate(session, {}), "AccessDenied");
}

TEST_F(Sts, AnAuthorizationMessageDecodesForAllowedCallersOfItsAccountOnly) {
  const service::Caller nobody = *world_.as_session(assume(admin_, asking(put_role(account_, "r", trust(admin_.principal.arn)), {{"Policy", allow_ec2}}))["Credentials"]);
  policy::Request request{.principal = nobody.principal, .action = "ec2:DeleteVpc", .resource = "*", .resource_account = account_, .context = {}};
  const std::string encoded = service::encode_authorization_message(world_.environment(), request, {}, authz::authorize(request, {}));
  const Json input = Json::object({{"EncodedMessage", encoded}});
  const auto decoded = world_.call("DecodeAuthorizationMessage", admin_, input);
  ASSERT_TRUE(decoded.has_value());
  const auto message = text::parse_json(decoded->text("DecodedMessage"));
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ((*message)["context"]["principal"].text("arn"), nobody.principal.arn);
  EXPECT_EQ((*message)["context"].text("action"), "ec2:DeleteVpc");

  EXPECT_EQ(world_.code("DecodeAuthorizationMessage", nobody, input), "AccessDenied");
  EXPECT_EQ(world_.code("DecodeAuthorizationMessage", admin_, Json::object({{"EncodedMessage", "bm90IG9uZQ=="}})), "InvalidAuthorizationMessageException");
  const service::Caller stranger = *world_.as_session(assume(admin_, asking(put_role(put_member(), "far", trust(admin_.principal.arn))))["Credentials"]);
  EXPECT_EQ(world_.code("DecodeAuthorizationMessage", stranger, input), "InvalidAuthorizationMessageException");
}

}  // namespace
}  // namespace ringwall::sts
