#include <gtest/gtest.h>

#include "directory/documents.h"
#include "directory/testing.h"
#include "services/iam/iam.h"

namespace ringwall::iam {
namespace {

using directory::testing::World;
using text::Json;

std::string policy_of(const std::string& statements) { return R"({"Version":"2012-10-17","Statement":[)" + statements + "]}"; }
std::string allow(const std::string& actions, const std::string& resource = "*", const std::string& more = "") {
  return R"({"Effect":"Allow","Action":")" + actions + R"(","Resource":")" + resource + '"' + more + "}";
}
std::string deny(const std::string& actions, const std::string& more = "") { return R"({"Effect":"Deny","Action":")" + actions + R"(","Resource":"*")" + more + "}"; }
Json strings(std::initializer_list<std::string> items) {
  Json list = Json::array();
  for (const std::string& item : items) list.push(item);
  return list;
}
Json entry(const char* key, const char* value, const char* type = "string") {
  return Json::object({{"ContextKeyName", key}, {"ContextKeyValues", strings({value})}, {"ContextKeyType", type}});
}

class Simulate : public ::testing::Test {
 protected:
  Json call(const char* name, const Json& input) {
    auto output = world_.call(name, admin_, input);
    EXPECT_TRUE(output.has_value()) << name << ": " << (output ? "" : output.error().code + ": " + output.error().message);
    return output ? *output : Json();
  }
  std::string code(const char* name, const Json& input) { return world_.code(name, admin_, input); }
  // The only result of a simulation of these policies.
  Json custom(std::initializer_list<std::string> policies, const std::string& action, std::initializer_list<Json::Member> more = {}) {
    Json input = Json::object({{"PolicyInputList", strings(policies)}, {"ActionNames", strings({action})}});
    for (const Json::Member& member : more) input.set(member.key, member.value);
    const Json output = call("SimulateCustomPolicy", input);
    EXPECT_EQ(output["EvaluationResults"].items().size(), 1U);
    return output["EvaluationResults"].items().empty() ? Json() : output["EvaluationResults"].items()[0];
  }
  Json of(const std::string& source, const std::string& action, std::initializer_list<Json::Member> more = {}) {
    Json input = Json::object({{"PolicySourceArn", source}, {"ActionNames", strings({action})}});
    for (const Json::Member& member : more) input.set(member.key, member.value);
    const Json output = call("SimulatePrincipalPolicy", input);
    return output["EvaluationResults"].items().empty() ? Json() : output["EvaluationResults"].items()[0];
  }
  std::string new_user(const std::string& name, const std::string& policy = {}) {
    const std::string arn = call("CreateUser", Json::object({{"UserName", name}}))["User"].str("Arn");
    if (!policy.empty()) call("PutUserPolicy", Json::object({{"UserName", name}, {"PolicyName", "own"}, {"PolicyDocument", policy}}));
    return arn;
  }
  std::string new_role(const std::string& name, const std::string& trusted) {
    const std::string trust = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":")" + trusted + R"("},"Action":"sts:AssumeRole"}]})";
    return call("CreateRole", Json::object({{"RoleName", name}, {"AssumeRolePolicyDocument", trust}}))["Role"].str("Arn");
  }
  // A member account whose SCPs are these, and its administrator.
  service::Caller member(const std::string& scp) {
    store::Transaction transaction(world_.store());
    const auto organization = directory::tables::organizations.get(transaction);
    const std::string id = directory::new_account_id(world_.environment(), transaction);
    directory::put_account(transaction, *organization, id, "member", id + "@example.com", organization->root, "CREATED", world_.clock().now());
    const directory::PolicySummary summary{.id = "p-guard", .arn = "arn:aws:organizations::x:policy/p-guard", .name = "guard", .type = std::string(directory::scp_type)};
    directory::tables::control_policies.put(transaction, {.summary = summary, .content = scp}, summary.id);
    directory::tables::attachments.put(transaction, {}, id, summary.id);
    Json user = directory::new_user(world_.environment(), id, "/", "root-like", world_.clock().now());
    user.edit("attached").push("arn:aws:iam::aws:policy/AdministratorAccess");
    const std::string arn = user.str("Arn");
    transaction.put(directory::iam_key(id, "user", "root-like"), std::move(user));
    world_.directory().wait_for(*world_.store().commit(transaction));
    return world_.as_user(arn);
  }

  World world_{operations()};
  service::Caller admin_ = world_.as_administrator();
  std::string account_ = admin_.account();
};

TEST_F(Simulate, AnswersAllowExplicitAndImplicitDenyWithTheStatementsThatDecided) {
  const std::string policy = policy_of(allow("s3:*") + "," + deny("s3:DeleteBucket"));
  const Json allowed = custom({policy, policy_of(allow("s3:Get*"))}, "s3:GetObject");
  EXPECT_EQ(allowed.text("EvalActionName"), "s3:GetObject");
  EXPECT_EQ(allowed.text("EvalResourceName"), "*");
  EXPECT_EQ(allowed.text("EvalDecision"), "allowed");
  ASSERT_EQ(allowed["MatchedStatements"].items().size(), 2U);
  EXPECT_EQ(allowed["MatchedStatements"].items()[1].text("SourcePolicyId"), "PolicyInputList.2");
  EXPECT_FALSE(allowed.contains("ResourceSpecificResults"));
  EXPECT_FALSE(allowed.contains("EvalDecisionDetails"));
  const Json denied = custom({policy}, "s3:DeleteBucket");
  EXPECT_EQ(denied.text("EvalDecision"), "explicitDeny");
  ASSERT_EQ(denied["MatchedStatements"].items().size(), 1U);
  const Json implicit = custom({policy}, "ec2:RunInstances");
  EXPECT_EQ(implicit.text("EvalDecision"), "implicitDeny");
  EXPECT_TRUE(implicit["MatchedStatements"].items().empty());
}

TEST_F(Simulate, PositionsPointAtTheStatementAsAwsCountsThem) {
  const std::string line = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";
  const Json one = custom({line}, "s3:GetObject")["MatchedStatements"].items().at(0);
  EXPECT_EQ(one["StartPosition"].dump(), R"({"Line":1,"Column":38})");
  EXPECT_EQ(one["EndPosition"].dump(), R"({"Line":1,"Column":84})");
  const std::string lines = "{\"Version\":\"2012-10-17\",\n \"Statement\": {\"Sid\":\"a\",\n  \"Effect\":\"Allow\", \"Action\":\"*\", \"Resource\":\"*\",\n  \"Condition\":{\"StringLike\":{\"aws:a\":\"}*\\\"\"}}\n }\n}";
  const Json two = custom({lines}, "s3:GetObject", {{"ContextEntries", Json::array({entry("aws:a", "}x\"")})}})["MatchedStatements"].items().at(0);
  EXPECT_EQ(two["StartPosition"].dump(), R"({"Line":2,"Column":15})");
  EXPECT_EQ(two["EndPosition"].dump(), R"({"Line":5,"Column":3})");
}

TEST_F(Simulate, MissingKeysAreThoseThatCouldDecide) {
  const std::string policy = policy_of(allow("s3:GetObject", "arn:aws:s3:::home/${aws:PrincipalTag/team}/*", R"(,"Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"},"Bool":{"aws:SecureTransport":"true"}})") + "," +
                                       allow("ec2:RunInstances", "*", R"(,"Condition":{"StringEquals":{"ec2:Region":"us-east-1"}})"));
  const std::string object = "arn:aws:s3:::home/red/x";
  const auto asked = [&](std::initializer_list<Json> entries) {
    return custom({policy}, "s3:GetObject", {{"ResourceArns", strings({object})}, {"ContextEntries", Json::array(Json::Array(entries))}});
  };
  EXPECT_EQ(asked({})["MissingContextValues"].dump(), R"(["aws:PrincipalTag/team"])");
  const Json tagged = asked({entry("aws:PrincipalTag/team", "red"), entry("aws:securetransport", "true", "boolean")});
  EXPECT_EQ(tagged["MissingContextValues"].dump(), R"(["aws:SourceVpc"])");
  EXPECT_EQ(tagged["ResourceSpecificResults"].items().at(0)["MissingContextValues"].dump(), R"(["aws:SourceVpc"])");
  const Json all = asked({entry("aws:PrincipalTag/team", "red"), entry("aws:SecureTransport", "true", "boolean"), entry("aws:SourceVpc", "vpc-1")});
  EXPECT_TRUE(all["MissingContextValues"].items().empty());
  EXPECT_EQ(all.text("EvalDecision"), "allowed");
  EXPECT_EQ(all["ResourceSpecificResults"].items().at(0).text("EvalResourceDecision"), "allowed");
  EXPECT_EQ(custom({policy}, "ec2:RunInstances")["MissingContextValues"].dump(), R"(["ec2:Region"])");
}

TEST_F(Simulate, ContextEntriesAreHeldToTheirTypes) {
  const auto given = [&](const char* value, const char* type) {
    return code("SimulateCustomPolicy", Json::object({{"PolicyInputList", strings({policy_of(allow("*"))})}, {"ActionNames", strings({"s3:GetObject"})}, {"ContextEntries", Json::array({entry("aws:x", value, type)})}}));
  };
  for (const auto& [type, good, bad] : {std::tuple{"numeric", "12.5", "twelve"}, {"boolean", "true", "yes"}, {"ip", "10.0.0.0/8", "10.0.0"}, {"binary", "aGk=", "hi!"}, {"date", "2026-01-02T03:04:05Z", "soon"}}) {
    EXPECT_EQ(given(good, type), "") << type;
    EXPECT_EQ(given(bad, type), "InvalidInput") << type;
  }
  const Json two = Json::object({{"ContextKeyName", "aws:x"}, {"ContextKeyValues", strings({"a", "b"})}, {"ContextKeyType", "string"}});
  const auto with = [&](Json::Array entries) { return code("SimulateCustomPolicy", Json::object({{"PolicyInputList", strings({policy_of(allow("*"))})}, {"ActionNames", strings({"s3:GetObject"})}, {"ContextEntries", Json::array(std::move(entries))}})); };
  EXPECT_EQ(with({two}), "InvalidInput");
  Json list = two;
  list.set("ContextKeyType", "stringList");
  EXPECT_EQ(with({list}), "");
  EXPECT_EQ(with({entry("aws:x", "1"), entry("AWS:X", "2")}), "InvalidInput");
  EXPECT_EQ(with({entry("no-prefix", "1")}), "InvalidInput");
  // A list is a key with several values.
  const std::string both = policy_of(allow("s3:*", "*", R"(,"Condition":{"ForAllValues:StringEquals":{"aws:x":["a"]}})"));
  EXPECT_EQ(custom({both}, "s3:GetObject", {{"ContextEntries", Json::array({list})}}).text("EvalDecision"), "implicitDeny");
}

TEST_F(Simulate, AUsersPoliciesAreItsOwnItsGroupsAndItsBoundary) {
  const std::string arn = new_user("ann", policy_of(allow("s3:Get*")));
  call("CreateGroup", Json::object({{"GroupName", "staff"}}));
  call("PutGroupPolicy", Json::object({{"GroupName", "staff"}, {"PolicyName", "list"}, {"PolicyDocument", policy_of(allow("s3:List*"))}}));
  call("AddUserToGroup", Json::object({{"GroupName", "staff"}, {"UserName", "ann"}}));
  const Json own = of(arn, "s3:GetObject"), inherited = of(arn, "s3:ListBucket");
  EXPECT_EQ(own["MatchedStatements"].items().at(0).text("SourcePolicyId"), "user_ann_own");
  EXPECT_EQ(own["MatchedStatements"].items().at(0).text("SourcePolicyType"), "user");
  EXPECT_EQ(inherited["MatchedStatements"].items().at(0).text("SourcePolicyId"), "group_staff_list");
  EXPECT_EQ(inherited["MatchedStatements"].items().at(0).text("SourcePolicyType"), "group");
  EXPECT_FALSE(own.contains("PermissionsBoundaryDecisionDetail"));
  EXPECT_EQ(of(arn, "s3:PutObject").text("EvalDecision"), "implicitDeny");
  const Json more = of(arn, "s3:PutObject", {{"PolicyInputList", strings({policy_of(allow("s3:Put*"))})}});
  EXPECT_EQ(more.text("EvalDecision"), "allowed");

  const std::string boundary = call("CreatePolicy", Json::object({{"PolicyName", "edge"}, {"PolicyDocument", policy_of(allow("s3:List*"))}}))["Policy"].str("Arn");
  call("PutUserPermissionsBoundary", Json::object({{"UserName", "ann"}, {"PermissionsBoundary", boundary}}));
  EXPECT_EQ(of(arn, "s3:GetObject").text("EvalDecision"), "implicitDeny");
  EXPECT_FALSE(of(arn, "s3:GetObject")["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"].as_bool(true));
  EXPECT_EQ(of(arn, "s3:ListBucket").text("EvalDecision"), "allowed");
  EXPECT_TRUE(of(arn, "s3:ListBucket")["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"].as_bool());
  // One that is given stands in for the one that is attached.
  const Json replaced = of(arn, "s3:GetObject", {{"PermissionsBoundaryPolicyInputList", strings({policy_of(allow("*"))})}});
  EXPECT_EQ(replaced.text("EvalDecision"), "allowed");
  EXPECT_EQ(code("SimulatePrincipalPolicy", Json::object({{"PolicySourceArn", arn}, {"ActionNames", strings({"s3:GetObject"})}, {"PermissionsBoundaryPolicyInputList", strings({policy_of(allow("*")), policy_of(allow("*"))})}})), "InvalidInput");
}

TEST_F(Simulate, ManagedPoliciesRolesAndGroupsAreSourcesToo) {
  const std::string role = new_role("r", admin_.principal.arn);
  call("AttachRolePolicy", Json::object({{"RoleName", "r"}, {"PolicyArn", "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}}));
  const Json by_role = of(role, "iam:ListUsers");
  EXPECT_EQ(by_role["MatchedStatements"].items().at(0).text("SourcePolicyId"), "IAMReadOnlyAccess");
  EXPECT_EQ(by_role["MatchedStatements"].items().at(0).text("SourcePolicyType"), "aws-managed");
  const std::string group = call("CreateGroup", Json::object({{"GroupName", "g"}}))["Group"].str("Arn");
  EXPECT_EQ(of(group, "iam:ListUsers").text("EvalDecision"), "implicitDeny");
  EXPECT_EQ(code("SimulatePrincipalPolicy", Json::object({{"PolicySourceArn", "arn:aws:iam::" + account_ + ":user/none"}, {"ActionNames", strings({"a:b"})}})), "NoSuchEntity");
  EXPECT_EQ(code("SimulatePrincipalPolicy", Json::object({{"PolicySourceArn", "arn:aws:iam::999999999999:user/x"}, {"ActionNames", strings({"a:b"})}})), "InvalidInput");
}

TEST_F(Simulate, VariablesAndTagsOfTheSourceAreKnown) {
  const std::string arn = new_user("ann", policy_of(allow("s3:*", "arn:aws:s3:::home/${aws:username}")));
  call("TagUser", Json::object({{"UserName", "ann"}, {"Tags", Json::array({Json::object({{"Key", "team"}, {"Value", "red"}})})}}));
  const std::string by_tag = policy_of(allow("ec2:*", "*", R"(,"Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}})"));
  EXPECT_EQ(of(arn, "s3:GetObject", {{"ResourceArns", strings({"arn:aws:s3:::home/ann"})}}).text("EvalDecision"), "allowed");
  EXPECT_EQ(of(arn, "ec2:RunInstances", {{"PolicyInputList", strings({by_tag})}}).text("EvalDecision"), "allowed");
  // As another caller, with the same policies.
  const std::string other = new_user("beth");
  EXPECT_EQ(of(arn, "s3:GetObject", {{"ResourceArns", strings({"arn:aws:s3:::home/ann"})}, {"CallerArn", other}}).text("EvalDecision"), "implicitDeny");
  call("TagUser", Json::object({{"UserName", "beth"}, {"Tags", Json::array({Json::object({{"Key", "team"}, {"Value", "red"}})})}}));
  EXPECT_EQ(of(arn, "ec2:RunInstances", {{"PolicyInputList", strings({by_tag})}, {"CallerArn", other}}).text("EvalDecision"), "implicitDeny");  // her tags are not told
  EXPECT_EQ(of(arn, "s3:GetObject", {{"ResourceArns", strings({"arn:aws:s3:::home/beth"})}, {"CallerArn", other}}).text("EvalDecision"), "allowed");
  // What is given wins over what is known.
  EXPECT_EQ(of(arn, "ec2:RunInstances", {{"PolicyInputList", strings({by_tag})}, {"ContextEntries", Json::array({entry("aws:PrincipalTag/team", "blue")})}}).text("EvalDecision"), "implicitDeny");
}

TEST_F(Simulate, AResourcePolicyIsComposedWithinAndAcrossAccounts) {
  const std::string arn = new_user("ann");
  const std::string bucket = "arn:aws:s3:::b/x";
  const std::string names_her = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":")" + arn + R"("},"Action":"s3:GetObject","Resource":"*"}]})";
  const Json within = of(arn, "s3:GetObject", {{"ResourceArns", strings({bucket})}, {"ResourcePolicy", names_her}});
  EXPECT_EQ(within.text("EvalDecision"), "allowed");
  EXPECT_EQ(within["MatchedStatements"].items().at(0).text("SourcePolicyId"), "ResourcePolicy");
  EXPECT_EQ(within["MatchedStatements"].items().at(0).text("SourcePolicyType"), "resource");
  EXPECT_EQ(within["EvalDecisionDetails"].dump(), "{}");
  const Json across = of(arn, "s3:GetObject", {{"ResourceArns", strings({bucket})}, {"ResourcePolicy", names_her}, {"ResourceOwner", "999999999999"}});
  EXPECT_EQ(across.text("EvalDecision"), "implicitDeny");
  EXPECT_EQ(across["EvalDecisionDetails"].dump(), R"({"IAM Policy":"implicitDeny","Resource Policy":"allowed"})");
  const Json both = of(arn, "s3:GetObject", {{"ResourceArns", strings({bucket})}, {"ResourcePolicy", names_her}, {"ResourceOwner", "arn:aws:iam::999999999999:root"}, {"PolicyInputList", strings({policy_of(allow("s3:*"))})}});
  EXPECT_EQ(both.text("EvalDecision"), "allowed");

  const auto refused = [&](std::initializer_list<Json::Member> more) {
    Json input = Json::object({{"PolicyInputList", strings({policy_of(allow("*"))})}, {"ActionNames", strings({"s3:GetObject"})}, {"ResourcePolicy", names_her}});
    for (const Json::Member& member : more) input.set(member.key, member.value);
    return code("SimulateCustomPolicy", input);
  };
  EXPECT_EQ(refused({}), "InvalidInput");  // nobody to compare with its principals
  EXPECT_EQ(refused({{"CallerArn", arn}}), "");
  EXPECT_EQ(refused({{"CallerArn", "arn:aws:iam::" + account_ + ":role/r"}}), "InvalidInput");
  EXPECT_EQ(refused({{"CallerArn", arn}, {"ResourceOwner", "me"}}), "InvalidInput");
  EXPECT_EQ(refused({{"CallerArn", arn}, {"ResourcePolicy", "{}"}}), "InvalidInput");
}

TEST_F(Simulate, ATrustPolicyDecidesAboutAssumingARoleOfTheAccount) {
  const std::string ann = new_user("ann", policy_of(allow("sts:*"))), beth = new_user("beth", policy_of(allow("sts:*")));
  const std::string role = new_role("r", ann);
  const auto assuming = [&](const std::string& who) { return of(who, "sts:AssumeRole", {{"ResourceArns", strings({role})}}); };
  EXPECT_EQ(assuming(ann).text("EvalDecision"), "allowed");
  EXPECT_EQ(assuming(beth).text("EvalDecision"), "implicitDeny");
  EXPECT_EQ(of(ann, "sts:AssumeRole", {{"ResourceArns", strings({role + "-gone"})}}).text("EvalDecision"), "implicitDeny");
  EXPECT_EQ(of(beth, "sts:AssumeRole").text("EvalDecision"), "allowed");  // on no role in particular
  // Who gives the policies is told nothing of what is stored.
  EXPECT_EQ(custom({policy_of(allow("sts:*"))}, "sts:AssumeRole", {{"ResourceArns", strings({role})}}).text("EvalDecision"), "allowed");
}

TEST_F(Simulate, TheOrganisationsPoliciesBindAndTheirMissingKeysAreTold) {
  const service::Caller inside = member(policy_of(allow("*") + "," + deny("s3:*", R"(,"Condition":{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}})")));
  admin_ = inside;
  EXPECT_TRUE(of(inside.principal.arn, "ec2:RunInstances")["OrganizationsDecisionDetail"]["AllowedByOrganizations"].as_bool());
  const Json absent = of(inside.principal.arn, "s3:GetObject");
  EXPECT_EQ(absent.text("EvalDecision"), "explicitDeny");
  EXPECT_EQ(absent["MissingContextValues"].dump(), R"(["aws:RequestedRegion"])");
  EXPECT_FALSE(absent["OrganizationsDecisionDetail"]["AllowedByOrganizations"].as_bool(true));
  const Json there = of(inside.principal.arn, "s3:GetObject", {{"ContextEntries", Json::array({entry("aws:RequestedRegion", "eu-west-1")})}});
  EXPECT_EQ(there.text("EvalDecision"), "allowed");
  EXPECT_TRUE(there["MissingContextValues"].items().empty());
  admin_ = world_.as_administrator();
  EXPECT_FALSE(of(admin_.principal.arn, "s3:GetObject").contains("OrganizationsDecisionDetail"));  // no SCP binds the management account
}

TEST_F(Simulate, EveryActionOnEveryResourceIsPagedInOrder) {
  Json input = Json::object({{"PolicyInputList", strings({policy_of(allow("s3:*"))})}, {"ActionNames", strings({"s3:GetObject", "ec2:RunInstances"})}, {"ResourceArns", strings({"arn:aws:s3:::a", "arn:aws:s3:::b"})}, {"MaxItems", 3}});
  const Json first = call("SimulateCustomPolicy", input);
  ASSERT_EQ(first["EvaluationResults"].items().size(), 3U);
  EXPECT_TRUE(first["IsTruncated"].as_bool());
  EXPECT_EQ(first["EvaluationResults"].items()[1].text("EvalResourceName"), "arn:aws:s3:::b");
  input.set("Marker", first.str("Marker"));
  const Json second = call("SimulateCustomPolicy", input);
  ASSERT_EQ(second["EvaluationResults"].items().size(), 1U);
  EXPECT_EQ(second["EvaluationResults"].items()[0].text("EvalActionName"), "ec2:RunInstances");
  EXPECT_FALSE(second["IsTruncated"].as_bool());
  Json many = Json::array();
  for (int i = 0; i < 101; ++i) many.push("arn:aws:s3:::b/" + std::to_string(i));
  Json all = Json::object({{"PolicyInputList", strings({policy_of(allow("s3:*"))})}, {"ActionNames", strings({"s3:GetObject"})}, {"ResourceArns", std::move(many)}, {"MaxItems", 1000}});
  const Json most = call("SimulateCustomPolicy", all);
  EXPECT_EQ(most["EvaluationResults"].items().size(), 100U);
  all.set("Marker", most.str("Marker"));
  EXPECT_EQ(call("SimulateCustomPolicy", all)["EvaluationResults"].items().size(), 1U);
  input.set("Marker", "!!");
  EXPECT_EQ(code("SimulateCustomPolicy", input), "ValidationError");
  input.erase("Marker");
  for (const auto& [size, expected] : {std::pair{0, "ValidationError"}, {1, ""}, {1000, ""}, {1001, "ValidationError"}}) {
    input.set("MaxItems", size);
    EXPECT_EQ(code("SimulateCustomPolicy", input), expected) << size;
  }
}

TEST_F(Simulate, WrongInputIsRefused) {
  const auto with = [&](const std::string& policy, const std::string& action, std::initializer_list<Json::Member> more = {}) {
    Json input = Json::object({{"PolicyInputList", strings({policy})}, {"ActionNames", strings({action})}});
    for (const Json::Member& member : more) input.set(member.key, member.value);
    return world_.call("SimulateCustomPolicy", admin_, input);
  };
  const auto malformed = with(R"({"Version":"2012-10-17","Statement":{"Effect":"Permit","Action":"*","Resource":"*"}})", "s3:GetObject");
  ASSERT_FALSE(malformed.has_value());
  EXPECT_EQ(malformed.error().code, "InvalidInput");
  EXPECT_TRUE(malformed.error().message.contains("PolicyInputList.1") && malformed.error().message.contains("line 1")) << malformed.error().message;
  for (const char* action : {"s3:*", "GetObject", "s3:", ":x"}) EXPECT_EQ(with(policy_of(allow("*")), action).error().code, "InvalidInput") << action;
  EXPECT_EQ(with(policy_of(allow("*")), "s3:GetObject", {{"ResourceArns", strings({"bucket"})}}).error().code, "InvalidInput");
  EXPECT_EQ(with(policy_of(allow("*")), "s3:GetObject", {{"ResourceHandlingOption", "EC2-VPC-InstanceStore"}}).error().code, "InvalidInput");
}

TEST_F(Simulate, ContextKeysAreThoseOfConditionsAndVariables) {
  const std::string policy = policy_of(allow("s3:*", "arn:aws:s3:::h/${aws:username}/${aws:PrincipalTag/x, 'none'}/${*}", R"(,"Condition":{"StringEquals":{"s3:prefix":["${aws:userid}"],"aws:Username":"a"},"Null":{"aws:TokenIssueTime":"true"}})"));
  EXPECT_EQ(call("GetContextKeysForCustomPolicy", Json::object({{"PolicyInputList", strings({policy})}}))["ContextKeyNames"].dump(),
            R"(["s3:prefix","aws:userid","aws:Username","aws:TokenIssueTime"])");
  const std::string arn = new_user("ann", policy);
  const std::string more = policy_of(allow("*", "*", R"(,"Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}})"));
  const Json keys = call("GetContextKeysForPrincipalPolicy", Json::object({{"PolicySourceArn", arn}, {"PolicyInputList", strings({more})}}))["ContextKeyNames"];
  EXPECT_EQ(keys.items().size(), 5U);
  EXPECT_EQ(keys.items().back().as_string(), "aws:SourceIp");
  EXPECT_EQ(code("GetContextKeysForCustomPolicy", Json::object({{"PolicyInputList", strings({"{"})}})), "InvalidInput");
  EXPECT_EQ(code("GetContextKeysForPrincipalPolicy", Json::object({{"PolicySourceArn", "arn:aws:iam::" + account_ + ":role/none"}})), "NoSuchEntity");
}

TEST_F(Simulate, WhoMaySimulateWhomIsDecidedOnTheSource) {
  const std::string ann = new_user("ann", policy_of(allow("iam:SimulatePrincipalPolicy", "arn:aws:iam::*:user/ann")));
  const std::string beth = new_user("beth");
  const service::Caller caller = world_.as_user(ann);
  const auto as_ann = [&](const std::string& source) { return world_.code("SimulatePrincipalPolicy", caller, Json::object({{"PolicySourceArn", source}, {"ActionNames", strings({"s3:GetObject"})}})); };
  EXPECT_EQ(as_ann(ann), "");
  EXPECT_EQ(as_ann(beth), "AccessDenied");
}

}  // namespace
}  // namespace ringwall::iam
