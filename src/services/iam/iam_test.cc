#include "services/iam/iam.h"

#include <gtest/gtest.h>

#include "directory/documents.h"
#include "directory/testing.h"
#include "service/service.h"
#include "services/iam/detail/common.h"
#include "text/encode.h"

namespace ringwall::iam {
namespace {

using directory::testing::World;
using text::Json;

constexpr const char* allow_all = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";
constexpr const char* deny_all = R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]})";
constexpr const char* administrator_access = "arn:aws:iam::aws:policy/AdministratorAccess";

std::string trust_in(const std::string& arn) {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":")" + arn + R"("},"Action":"sts:AssumeRole"}]})";
}

class Iam : public ::testing::Test {
 protected:
  // The operations write most of it by name; the directory and the next start read it as records.
  void TearDown() override {
    namespace tables = directory::tables;
    const records::AnyTable all[] = {tables::users.any(),           tables::groups.any(),        tables::roles.any(), tables::policies.any(), tables::access_keys.any(), tables::last_uses.any(),
                                     tables::account_aliases.any(), tables::organizations.any(), tables::roots.any(), tables::accounts.any(), tables::control_policies.any(),
                                     tables::attachments.any()};
    const auto understood = records::check_stored(world_.store(), all);
    EXPECT_TRUE(understood) << understood.error().message;
  }
  std::string code(const char* name, const Json& input) { return world_.code(name, admin_, input); }
  Json call(const char* name, const Json& input = Json::object()) {
    auto output = world_.call(name, admin_, input);
    EXPECT_TRUE(output.has_value()) << name << ": " << (output ? "" : output.error().code + ": " + output.error().message);
    return output ? *output : Json();
  }
  std::string message(const char* name, const Json& input) {
    const auto output = world_.call(name, admin_, input);
    return output ? std::string() : output.error().message;
  }
  std::string new_user(const std::string& name) { return call("CreateUser", Json::object({{"UserName", name}}))["User"].str("Arn"); }
  std::string new_policy(const std::string& name, std::string_view document = allow_all) {
    return call("CreatePolicy", Json::object({{"PolicyName", name}, {"PolicyDocument", document}}))["Policy"].str("Arn");
  }
  std::string new_role(const std::string& name) {
    return call("CreateRole", Json::object({{"RoleName", name}, {"AssumeRolePolicyDocument", trust_in(admin_.principal.arn)}}))["Role"].str("Arn");
  }

  World world_{operations()};
  service::Caller admin_ = world_.as_administrator();
};

Json user_named(const std::string& name) { return Json::object({{"UserName", name}}); }

TEST_F(Iam, EveryOperationIsInTheModel) {
  const awsapi::Model* model = awsapi::builtin_model("iam");
  ASSERT_NE(model, nullptr);
  const service::Service service(*model, operations());
  EXPECT_GE(service.operations().size(), 70U);
}

TEST_F(Iam, AUserIsMadeReadRenamedAndDeleted) {
  const Json made = call("CreateUser", Json::object({{"UserName", "Ann"}, {"Path", "/team/"}}))["User"];
  EXPECT_EQ(made.str("Arn"), "arn:aws:iam::" + admin_.account() + ":user/team/Ann");
  EXPECT_TRUE(made.text("UserId").starts_with("AIDA"));
  EXPECT_EQ(code("CreateUser", user_named("ANN")), "EntityAlreadyExists");
  EXPECT_EQ(call("GetUser", user_named("ann"))["User"].text("UserName"), "Ann");

  call("CreateAccessKey", user_named("Ann"));
  call("UpdateUser", Json::object({{"UserName", "Ann"}, {"NewUserName", "Beth"}, {"NewPath", "/"}}));
  EXPECT_EQ(code("GetUser", user_named("Ann")), "NoSuchEntity");
  EXPECT_EQ(message("GetUser", user_named("Ann")), "The user with name Ann cannot be found.");
  const Json renamed = call("GetUser", user_named("Beth"))["User"];
  EXPECT_EQ(renamed.str("Arn"), "arn:aws:iam::" + admin_.account() + ":user/Beth");
  EXPECT_EQ(renamed.text("UserId"), made.text("UserId"));
  const Json keys = call("ListAccessKeys", user_named("Beth"))["AccessKeyMetadata"];
  EXPECT_EQ(keys.items().at(0).text("UserName"), "Beth");

  EXPECT_EQ(code("DeleteUser", user_named("Beth")), "DeleteConflict");
  call("DeleteAccessKey", Json::object({{"UserName", "Beth"}, {"AccessKeyId", keys.items()[0].str("AccessKeyId")}}));
  EXPECT_EQ(code("DeleteUser", user_named("Beth")), "");
  EXPECT_EQ(code("DeleteUser", user_named("Beth")), "NoSuchEntity");
}

TEST_F(Iam, NamesAndPathsAreHeldToTheirLimits) {
  EXPECT_EQ(code("CreateUser", user_named(std::string(64, 'a'))), "");
  EXPECT_EQ(code("CreateUser", user_named(std::string(65, 'a'))), "ValidationError");
  for (const char* name : {"a/b", "../x", "a b", "", "a:b", "é"}) EXPECT_EQ(code("CreateUser", user_named(name)), "ValidationError") << name;
  for (const char* path : {"team", "/team", "team/", "/te am/"}) {
    EXPECT_EQ(code("CreateUser", Json::object({{"UserName", "x"}, {"Path", path}})), "ValidationError") << path;
  }
}

TEST_F(Iam, ListsGoOnFromTheirMarkerAndKeepToThePrefix) {
  for (const char* name : {"u1", "u2", "u3", "u4"}) call("CreateUser", Json::object({{"UserName", name}, {"Path", "/p/"}}));
  std::vector<std::string> seen;
  Json input = Json::object({{"PathPrefix", "/p/"}, {"MaxItems", 3}});
  Json page = call("ListUsers", input);
  EXPECT_TRUE(page["IsTruncated"].as_bool());
  for (const Json& user : page["Users"].items()) seen.push_back(user.str("UserName"));
  input.set("Marker", page.str("Marker"));
  page = call("ListUsers", input);
  EXPECT_FALSE(page["IsTruncated"].as_bool());
  EXPECT_FALSE(page.contains("Marker"));
  for (const Json& user : page["Users"].items()) seen.push_back(user.str("UserName"));
  EXPECT_EQ(seen, (std::vector<std::string>{"u1", "u2", "u3", "u4"}));
  EXPECT_EQ(code("ListUsers", Json::object({{"Marker", "%"}})), "ValidationError");
  EXPECT_EQ(code("ListUsers", Json::object({{"MaxItems", 1001}})), "ValidationError");
}

TEST_F(Iam, APageDependsOnNoMoreThanItAnswers) {
  for (const char* name : {"u1", "u2", "u3"}) new_user(name);
  const Json input = Json::object({{"MaxItems", 1}});
  const auto estate = world_.directory().current();
  const service::NetworkContext network;
  store::Transaction transaction(world_.store());
  const service::Call call{world_.environment(), *estate, admin_, network, input, transaction, world_.clock().now(), "request"};
  for (const service::Operation& operation : operations()) {
    if (operation.name == "ListUsers") {
      ASSERT_TRUE(operation.handler(call));
    }
  }
  new_user("u4");
  EXPECT_TRUE(world_.store().current(transaction));
}

TEST_F(Iam, APageOfAPrefixThatFewHaveEndsAfterSoManyAndGoesOn) {
  store::Transaction transaction(world_.store());
  for (std::size_t i = 0; i < detail::entries_per_page_max + 10; ++i) {
    const std::string name = "u" + std::to_string(100'000 + i);
    transaction.put(directory::iam_key(admin_.account(), "user", name), directory::new_user(world_.environment(), admin_.account(), i < detail::entries_per_page_max ? "/" : "/few/", name, world_.clock().now()));
  }
  world_.directory().wait_for(*world_.store().commit(transaction));
  Json input = Json::object({{"PathPrefix", "/few/"}});
  const Json first = call("ListUsers", input);
  EXPECT_TRUE(first["IsTruncated"].as_bool());
  EXPECT_EQ(first["Users"].items().size(), 0U);
  input.set("Marker", first.str("Marker"));
  const Json second = call("ListUsers", input);
  EXPECT_FALSE(second["IsTruncated"].as_bool());
  EXPECT_EQ(second["Users"].items().size(), 10U);
}

TEST_F(Iam, AnAccountHasSoManyUsersGroupsRolesAndPoliciesAndNoMore) {
  const auto fill = [&](const auto& table, const auto& record, std::size_t count) {
    store::Transaction transaction(world_.store());
    for (std::size_t i = table.count(transaction, count, admin_.account()); i + 1 < count; ++i) {
      table.put(transaction, record, admin_.account(), "filler" + std::to_string(i));
    }
    ASSERT_TRUE(world_.store().commit(transaction));
  };
  const auto at_and_past = [&](const std::string& kind, std::size_t count, const char* name, const std::function<Json(const char*)>& input) {
    namespace tables = directory::tables;
    if (kind == "group") fill(tables::groups, directory::Group(), count);
    if (kind == "role") fill(tables::roles, directory::Role(), count);
    if (kind == "user") fill(tables::users, directory::User(), count);
    if (kind == "policy") fill(tables::policies, directory::CustomerPolicy(), count);
    EXPECT_EQ(code(name, input("last")), "") << kind;
    EXPECT_EQ(code(name, input("toomany")), "LimitExceeded") << kind;
  };
  at_and_past("group", 300, "CreateGroup", [](const char* name) { return Json::object({{"GroupName", name}}); });
  at_and_past("role", 1000, "CreateRole", [&](const char* name) { return Json::object({{"RoleName", name}, {"AssumeRolePolicyDocument", trust_in(admin_.principal.arn)}}); });
  at_and_past("user", 5000, "CreateUser", user_named);
  at_and_past("policy", 1500, "CreatePolicy", [](const char* name) { return Json::object({{"PolicyName", name}, {"PolicyDocument", allow_all}}); });
}

TEST_F(Iam, ATrustPolicyMeansWhomItNamedAndIsShownByNameOrId) {
  const std::string ann = new_user("ann");
  const std::string id = call("GetUser", user_named("ann"))["User"].str("UserId");
  call("CreateRole", Json::object({{"RoleName", "r"}, {"AssumeRolePolicyDocument", trust_in(ann)}}));
  const auto shown = [&] { return *text::percent_decode(call("GetRole", Json::object({{"RoleName", "r"}}))["Role"].str("AssumeRolePolicyDocument"), false); };
  EXPECT_EQ(shown(), trust_in(ann));
  call("UpdateUser", Json::object({{"UserName", "ann"}, {"NewUserName", "anna"}}));
  EXPECT_EQ(shown(), trust_in("arn:aws:iam::" + admin_.account() + ":user/anna"));
  call("DeleteUser", user_named("anna"));
  new_user("anna");
  EXPECT_EQ(shown(), trust_in(id));
  for (const std::string& who : {ann, id, "arn:aws:sts::" + admin_.account() + ":assumed-role/nobody/s"}) {
    EXPECT_EQ(code("UpdateAssumeRolePolicy", Json::object({{"RoleName", "r"}, {"PolicyDocument", trust_in(who)}})), "MalformedPolicyDocument") << who;
  }
}

TEST_F(Iam, AUserHasTwoAccessKeysAtMostAndTheSecretIsNotStored) {
  new_user("ann");
  const Json key = call("CreateAccessKey", user_named("ann"))["AccessKey"];
  EXPECT_EQ(key.text("SecretAccessKey").size(), 40U);
  EXPECT_EQ(key.text("AccessKeyId").size(), 20U);
  call("CreateAccessKey", user_named("ann"));
  EXPECT_EQ(code("CreateAccessKey", user_named("ann")), "LimitExceeded");
  for (const store::Entry& entry : world_.store().list("")) EXPECT_EQ(entry.document->dump().find(key.text("SecretAccessKey")), std::string::npos);

  const auto live = [&] { return world_.directory().current()->access_key(key.text("AccessKeyId")); };
  ASSERT_NE(live(), nullptr);
  EXPECT_TRUE(live()->active);
  EXPECT_EQ(live()->secret->reveal_text(), key.text("SecretAccessKey"));
  call("UpdateAccessKey", Json::object({{"UserName", "ann"}, {"AccessKeyId", key.str("AccessKeyId")}, {"Status", "Inactive"}}));
  EXPECT_FALSE(live()->active);
  new_user("beth");
  EXPECT_EQ(code("DeleteAccessKey", Json::object({{"UserName", "beth"}, {"AccessKeyId", key.str("AccessKeyId")}})), "NoSuchEntity");
  call("DeleteAccessKey", Json::object({{"UserName", "ann"}, {"AccessKeyId", key.str("AccessKeyId")}}));
  EXPECT_EQ(live(), nullptr);
}

TEST_F(Iam, PermissionsComeAndGoWithAttachmentsGroupsAndBoundaries) {
  const std::string arn = new_user("ann");
  const auto may_list = [&] { return world_.code("ListUsers", world_.as_user(arn), Json::object()) == ""; };
  EXPECT_FALSE(may_list());
  call("CreateGroup", Json::object({{"GroupName", "readers"}}));
  call("AttachGroupPolicy", Json::object({{"GroupName", "readers"}, {"PolicyArn", "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}}));
  call("AddUserToGroup", Json::object({{"GroupName", "readers"}, {"UserName", "ann"}}));
  EXPECT_TRUE(may_list());
  EXPECT_EQ(world_.code("CreateUser", world_.as_user(arn), user_named("x")), "AccessDenied");
  call("UpdateGroup", Json::object({{"GroupName", "readers"}, {"NewGroupName", "viewers"}}));
  EXPECT_TRUE(may_list());

  const std::string boundary = new_policy("only-ec2", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"}]})");
  call("PutUserPermissionsBoundary", Json::object({{"UserName", "ann"}, {"PermissionsBoundary", boundary}}));
  EXPECT_FALSE(may_list());
  EXPECT_EQ(code("DeletePolicy", Json::object({{"PolicyArn", boundary}})), "DeleteConflict");
  call("DeleteUserPermissionsBoundary", user_named("ann"));
  EXPECT_EQ(code("DeleteUserPermissionsBoundary", user_named("ann")), "NoSuchEntity");
  EXPECT_TRUE(may_list());

  call("PutUserPolicy", Json::object({{"UserName", "ann"}, {"PolicyName", "stop"}, {"PolicyDocument", deny_all}}));
  EXPECT_FALSE(may_list());
  call("DeleteUserPolicy", Json::object({{"UserName", "ann"}, {"PolicyName", "stop"}}));
  EXPECT_EQ(code("DeleteGroup", Json::object({{"GroupName", "viewers"}})), "DeleteConflict");
  EXPECT_EQ(code("DeleteUser", user_named("ann")), "DeleteConflict");
  call("RemoveUserFromGroup", Json::object({{"GroupName", "viewers"}, {"UserName", "ann"}}));
  EXPECT_FALSE(may_list());
  EXPECT_EQ(code("RemoveUserFromGroup", Json::object({{"GroupName", "viewers"}, {"UserName", "ann"}})), "NoSuchEntity");
  EXPECT_EQ(code("DeleteGroup", Json::object({{"GroupName", "viewers"}})), "DeleteConflict");
  call("DetachGroupPolicy", Json::object({{"GroupName", "viewers"}, {"PolicyArn", "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}}));
  EXPECT_EQ(code("DeleteGroup", Json::object({{"GroupName", "viewers"}})), "");
}

TEST_F(Iam, AGroupMadeAgainDoesNotInheritItsMembers) {
  const std::string arn = new_user("ann");
  call("CreateGroup", Json::object({{"GroupName", "g"}}));
  call("AddUserToGroup", Json::object({{"GroupName", "g"}, {"UserName", "ann"}}));
  call("RemoveUserFromGroup", Json::object({{"GroupName", "g"}, {"UserName", "ann"}}));
  call("DeleteGroup", Json::object({{"GroupName", "g"}}));
  call("CreateGroup", Json::object({{"GroupName", "g"}}));
  EXPECT_TRUE(call("GetGroup", Json::object({{"GroupName", "g"}}))["Users"].items().empty());
  EXPECT_TRUE(call("ListGroupsForUser", user_named("ann"))["Groups"].items().empty());
}

TEST_F(Iam, InlinePoliciesAreEncodedAnsweredAndBoundedInSize) {
  new_user("ann");
  const auto put = [&](const char* name, const std::string& document) {
    return code("PutUserPolicy", Json::object({{"UserName", "ann"}, {"PolicyName", name}, {"PolicyDocument", document}}));
  };
  EXPECT_EQ(put("p", "{}"), "MalformedPolicyDocument");
  EXPECT_EQ(put("p", "not json"), "MalformedPolicyDocument");
  EXPECT_EQ(put("p", allow_all), "");
  EXPECT_TRUE(call("GetUserPolicy", Json::object({{"UserName", "ann"}, {"PolicyName", "p"}})).text("PolicyDocument").starts_with("%7B%22Version%22%3A%222012-10-17%22"));
  EXPECT_EQ(code("GetUserPolicy", Json::object({{"UserName", "ann"}, {"PolicyName", "q"}})), "NoSuchEntity");

  const auto sized = [](std::size_t characters) {
    std::string document = R"({"Version":"2012-10-17","Statement":[{"Sid":"","Effect":"Allow","Action":"*","Resource":"*"}]})";
    document.insert(document.find("\"Sid\":\"") + 7, std::string(characters - document.size(), 'a'));
    return document;
  };
  call("DeleteUserPolicy", Json::object({{"UserName", "ann"}, {"PolicyName", "p"}}));
  EXPECT_EQ(put("big", sized(detail::user_kind.inline_characters_max)), "");
  EXPECT_EQ(put("big", sized(detail::user_kind.inline_characters_max + 1)), "LimitExceeded");
  EXPECT_EQ(put("more", allow_all), "LimitExceeded");
  EXPECT_EQ(call("ListUserPolicies", user_named("ann"))["PolicyNames"].dump(), R"(["big"])");
}

TEST_F(Iam, ARolesInlinePoliciesHaveTenThousandCharactersInAllAndAManagedPolicySixThousand) {
  new_role("r");
  const auto sized = [](std::size_t characters) {
    std::string document = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::é"}]})";
    const std::size_t length = document.size() - 1;  // the é is one character
    document.insert(document.find(":::") + 3, std::string(characters - length, 'a'));
    return document.insert(1, " \n\t ");
  };
  const auto put = [&](const char* name, std::size_t characters) {
    return code("PutRolePolicy", Json::object({{"RoleName", "r"}, {"PolicyName", name}, {"PolicyDocument", sized(characters)}}));
  };
  EXPECT_EQ(put("one", detail::role_kind.inline_characters_max + 1), "LimitExceeded");
  EXPECT_EQ(put("one", detail::role_kind.inline_characters_max), "");
  EXPECT_EQ(put("two", 200), "LimitExceeded");
  EXPECT_EQ(put("one", detail::role_kind.inline_characters_max - 200), "");
  EXPECT_EQ(put("two", 201), "LimitExceeded");
  EXPECT_EQ(put("two", 200), "");
  const auto make = [&](const char* name, std::size_t characters) { return code("CreatePolicy", Json::object({{"PolicyName", name}, {"PolicyDocument", sized(characters)}})); };
  EXPECT_EQ(make("fits", policy::characters_max(policy::Kind::identity)), "");
  EXPECT_EQ(make("does-not", policy::characters_max(policy::Kind::identity) + 1), "LimitExceeded");
}

TEST_F(Iam, ManagedPoliciesHaveFiveVersionsAtMost) {
  const std::string arn = new_policy("p");
  const auto version = [&](bool is_default) {
    return code("CreatePolicyVersion", Json::object({{"PolicyArn", arn}, {"PolicyDocument", deny_all}, {"SetAsDefault", is_default}}));
  };
  EXPECT_EQ(code("CreatePolicy", Json::object({{"PolicyName", "P"}, {"PolicyDocument", allow_all}})), "EntityAlreadyExists");
  for (std::size_t i = 1; i < detail::policy_versions_max; ++i) EXPECT_EQ(version(false), "");
  EXPECT_EQ(version(false), "LimitExceeded");
  const auto of_version = [&](const char* id) { return Json::object({{"PolicyArn", arn}, {"VersionId", id}}); };
  EXPECT_EQ(code("DeletePolicyVersion", of_version("v1")), "DeleteConflict");
  EXPECT_EQ(code("DeletePolicyVersion", of_version("v9")), "NoSuchEntity");
  EXPECT_EQ(code("DeletePolicyVersion", of_version("v2")), "");
  EXPECT_EQ(version(true), "");
  EXPECT_EQ(call("GetPolicy", Json::object({{"PolicyArn", arn}}))["Policy"].text("DefaultVersionId"), "v6");
  EXPECT_EQ(call("ListPolicyVersions", Json::object({{"PolicyArn", arn}}))["Versions"].items().at(0).text("VersionId"), "v6");
  EXPECT_EQ(code("DeletePolicy", Json::object({{"PolicyArn", arn}})), "DeleteConflict");
  EXPECT_EQ(code("SetDefaultPolicyVersion", of_version("v1")), "");
  for (const char* id : {"v3", "v4", "v5", "v6"}) EXPECT_EQ(code("DeletePolicyVersion", of_version(id)), "");
  EXPECT_EQ(code("DeletePolicy", Json::object({{"PolicyArn", arn}})), "");
  EXPECT_EQ(code("GetPolicy", Json::object({{"PolicyArn", arn}})), "NoSuchEntity");
}

TEST_F(Iam, AwsPoliciesAreReadAndAttachedButNotChanged) {
  const Json policy = call("GetPolicy", Json::object({{"PolicyArn", administrator_access}}))["Policy"];
  EXPECT_EQ(policy["AttachmentCount"].as_integer(), 1);  // the administrator's
  EXPECT_EQ(code("DeletePolicy", Json::object({{"PolicyArn", administrator_access}})), "InvalidInput");
  EXPECT_EQ(code("GetPolicy", Json::object({{"PolicyArn", "arn:aws:iam::aws:policy/AmazonMoonFullAccess"}})), "NoSuchEntity");
  EXPECT_EQ(call("ListEntitiesForPolicy", Json::object({{"PolicyArn", administrator_access}}))["PolicyUsers"].items().at(0).text("UserName"), "administrator");
  EXPECT_TRUE(call("ListPolicies", Json::object({{"Scope", "Local"}}))["Policies"].items().empty());
  EXPECT_EQ(call("ListPolicies", Json::object({{"OnlyAttached", true}}))["Policies"].items().size(), 1U);
}

TEST_F(Iam, TenPoliciesAreAttachedAtMost) {
  new_user("ann");
  const auto attach = [&](const std::string& arn) { return code("AttachUserPolicy", Json::object({{"UserName", "ann"}, {"PolicyArn", arn}})); };
  for (std::size_t i = 0; i < detail::attached_policies_max; ++i) EXPECT_EQ(attach(new_policy("p" + std::to_string(i))), "");
  EXPECT_EQ(attach(new_policy("more")), "LimitExceeded");
  EXPECT_EQ(attach("arn:aws:iam::" + admin_.account() + ":policy/p0"), "");  // again: nothing to do
  EXPECT_EQ(attach("arn:aws:iam::" + admin_.account() + ":policy/none"), "NoSuchEntity");
  EXPECT_EQ(attach("p0"), "ValidationError");
  EXPECT_EQ(call("ListAttachedUserPolicies", user_named("ann"))["AttachedPolicies"].items().size(), detail::attached_policies_max);
  EXPECT_EQ(code("DetachUserPolicy", Json::object({{"UserName", "ann"}, {"PolicyArn", administrator_access}})), "NoSuchEntity");
}

TEST_F(Iam, RolesKeepTheirTrustAndTheirSessionsBetweenAnHourAndTwelve) {
  new_role("r");
  const auto update = [&](int seconds) { return code("UpdateRole", Json::object({{"RoleName", "r"}, {"MaxSessionDuration", seconds}})); };
  EXPECT_EQ(update(3600), "");
  EXPECT_EQ(update(43200), "");
  EXPECT_EQ(update(3599), "ValidationError");
  EXPECT_EQ(update(43201), "ValidationError");
  EXPECT_EQ(call("GetRole", Json::object({{"RoleName", "r"}}))["Role"]["MaxSessionDuration"].as_integer(), 43200);
  EXPECT_EQ(code("UpdateAssumeRolePolicy", Json::object({{"RoleName", "r"}, {"PolicyDocument", allow_all}})), "MalformedPolicyDocument");
  EXPECT_EQ(message("UpdateAssumeRolePolicy", Json::object({{"RoleName", "r"}, {"PolicyDocument", trust_in("arn:aws:iam::" + admin_.account() + ":user/nobody")}})),
            "Invalid principal in policy: \"AWS\":\"arn:aws:iam::" + admin_.account() + ":user/nobody\"");
  EXPECT_TRUE(call("ListInstanceProfilesForRole", Json::object({{"RoleName", "r"}}))["InstanceProfiles"].items().empty());
  EXPECT_EQ(code("ListInstanceProfilesForRole", Json::object({{"RoleName", "none"}})), "NoSuchEntity");
  call("PutRolePolicy", Json::object({{"RoleName", "r"}, {"PolicyName", "p"}, {"PolicyDocument", allow_all}}));
  EXPECT_EQ(code("DeleteRole", Json::object({{"RoleName", "r"}})), "DeleteConflict");
  call("DeleteRolePolicy", Json::object({{"RoleName", "r"}, {"PolicyName", "p"}}));
  EXPECT_EQ(code("DeleteRole", Json::object({{"RoleName", "r"}})), "");
}

TEST_F(Iam, AServiceLinkedRoleIsMadeOnceAndNotChanged) {
  const Json input = Json::object({{"AWSServiceName", "rds.amazonaws.com"}});
  EXPECT_EQ(call("CreateServiceLinkedRole", input)["Role"].str("Arn"), "arn:aws:iam::" + admin_.account() + ":role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS");
  EXPECT_EQ(code("CreateServiceLinkedRole", input), "InvalidInput");
  EXPECT_EQ(code("CreateServiceLinkedRole", Json::object({{"AWSServiceName", "tea.amazonaws.com"}})), "InvalidInput");
  EXPECT_EQ(code("DeleteRole", Json::object({{"RoleName", "AWSServiceRoleForRDS"}})), "UnmodifiableEntity");
  EXPECT_EQ(code("AttachRolePolicy", Json::object({{"RoleName", "AWSServiceRoleForRDS"}, {"PolicyArn", administrator_access}})), "UnmodifiableEntity");
  EXPECT_TRUE(world_.reports().empty());
}

TEST_F(Iam, TagsAreUniqueWithoutRegardToCase) {
  new_user("beth");
  const auto tag = [&](const char* key, const char* value) {
    return code("TagUser", Json::object({{"UserName", "beth"}, {"Tags", Json::array({Json::object({{"Key", key}, {"Value", value}})})}}));
  };
  EXPECT_EQ(tag("Team", "red"), "");
  EXPECT_EQ(tag("TEAM", "blue"), "");
  EXPECT_EQ(call("ListUserTags", user_named("beth"))["Tags"].dump(), R"([{"Key":"TEAM","Value":"blue"}])");
  EXPECT_EQ(tag("aws:x", "y"), "InvalidInput");
  EXPECT_EQ(code("TagUser", Json::object({{"UserName", "beth"}, {"Tags", Json::array({Json::object({{"Key", "a"}, {"Value", "1"}}), Json::object({{"Key", "A"}, {"Value", "2"}})})}})), "InvalidInput");
}

TEST_F(Iam, APolicyConditionOnTheTargetsTagsDecides) {
  const std::string arn = new_user("ann");
  call("CreateUser", Json::object({{"UserName", "blue"}, {"Tags", Json::array({Json::object({{"Key", "team"}, {"Value", "blue"}})})}}));
  new_user("plain");
  call("PutUserPolicy", Json::object({{"UserName", "ann"}, {"PolicyName", "blue-only"}, {"PolicyDocument",
       R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:GetUser","Resource":"*","Condition":{"StringEquals":{"iam:ResourceTag/team":"blue"}}}]})"}}));
  EXPECT_EQ(world_.code("GetUser", world_.as_user(arn), user_named("blue")), "");
  EXPECT_EQ(world_.code("GetUser", world_.as_user(arn), user_named("plain")), "AccessDenied");
  EXPECT_EQ(world_.code("GetUser", world_.as_user(arn), user_named("nobody")), "AccessDenied");  // not: no such user
  EXPECT_EQ(world_.code("GetUser", world_.as_user(arn), Json::object()), "AccessDenied");
}

TEST_F(Iam, AttachingCanBeRestrictedByPolicyArn) {
  const std::string arn = new_user("ann");
  new_user("beth");
  call("PutUserPolicy", Json::object({{"UserName", "ann"}, {"PolicyName", "p"}, {"PolicyDocument",
       R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:AttachUserPolicy","Resource":"*","Condition":{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/IAMReadOnlyAccess"}}}]})"}}));
  const auto attach = [&](const char* policy) { return world_.code("AttachUserPolicy", world_.as_user(arn), Json::object({{"UserName", "beth"}, {"PolicyArn", policy}})); };
  EXPECT_EQ(attach(administrator_access), "AccessDenied");
  EXPECT_EQ(attach("arn:aws:iam::aws:policy/IAMReadOnlyAccess"), "");
}

// As AWS's page says: a role that is updated without a duration gets an hour.
TEST_F(Iam, AnUpdateWithoutADurationSetsAnHourAndOneOfTheDescriptionLeavesIt) {
  new_role("r");
  const auto duration = [&] {
    return call("GetRole", Json::object({{"RoleName", "r"}}))["Role"]["MaxSessionDuration"].as_integer();
  };
  call("UpdateRole", Json::object({{"RoleName", "r"}, {"MaxSessionDuration", 7200}}));
  call("UpdateRoleDescription", Json::object({{"RoleName", "r"}, {"Description", "d"}}));
  EXPECT_EQ(duration(), 7200);
  call("UpdateRole", Json::object({{"RoleName", "r"}}));
  EXPECT_EQ(duration(), 3600);
  EXPECT_EQ(call("GetRole", Json::object({{"RoleName", "r"}}))["Role"].text("Description"), "d");
}

TEST_F(Iam, ATrustPolicyNamesActionsThatAssumeAndServicesThatThereAre) {
  const auto trust = [&](const std::string& principal, const std::string& action) {
    return message("CreateRole",
                   Json::object({{"RoleName", "r"},
                                 {"AssumeRolePolicyDocument",
                                  R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":)" + principal +
                                      R"(,"Action":)" + action + "}}"}}));
  };
  const auto taken = [&](const std::string& principal, const std::string& action) {
    EXPECT_EQ(trust(principal, action), "") << principal << action;
    call("DeleteRole", Json::object({{"RoleName", "r"}}));
  };
  const std::string ec2 = R"({"Service":"ec2.amazonaws.com"})";
  for (const char* action : {R"("sts:AssumeRole")", R"("sts:Assume*")", R"("sts:*")",
                             R"(["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity","sts:SetContext"])"}) {
    taken(ec2, action);
  }
  for (const char* action : {R"("sts:GetCallerIdentity")", R"("sts:Assume")",
                             R"(["sts:AssumeRole","sts:AssumeRoleWithMagic"])", R"("sts:Decode*")"})
    EXPECT_EQ(trust(ec2, action), "AssumeRole policy may only specify STS AssumeRole actions.") << action;
  for (const char* service :
       {"ecs-tasks.amazonaws.com", "monitoring.rds.amazonaws.com", "states.eu-central-1.amazonaws.com"})
    taken(R"({"Service":")" + std::string(service) + R"("})", R"("sts:AssumeRole")");
  EXPECT_EQ(trust(R"({"Service":["ec2.amazonaws.com","unicorn.amazonaws.com"]})", R"("sts:AssumeRole")"),
            R"(Invalid principal in policy: "SERVICE":"unicorn.amazonaws.com")");
  EXPECT_EQ(trust(R"({"Service":"ec2.example.com"})", R"("sts:AssumeRole")"),
            R"(Invalid principal in policy: "SERVICE":"ec2.example.com")");
}

// In AWS's words, as CreatePolicy answers them.
TEST_F(Iam, AManagedPolicyIsOfThisVersionAndNamesNoRegionWhereThereIsNone) {
  const auto statement = [](const std::string& resource) {
    return R"("Statement":{"Effect":"Allow","Action":"s3:ListBucket","Resource":")" + resource + R"("}})";
  };
  const auto made = [&](const std::string& document) {
    return message("CreatePolicy", Json::object({{"PolicyName", "p"}, {"PolicyDocument", document}}));
  };
  const std::string version = "Policy document must be version 2012-10-17 or greater.";
  EXPECT_EQ(made("{" + statement("*")), version);
  EXPECT_EQ(made(R"({"Version":"2008-10-17",)" + statement("*")), version);
  const auto of = [&](const std::string& resource) {
    return made(R"({"Version":"2012-10-17",)" + statement(resource));
  };
  EXPECT_EQ(of("arn:aws:s3:us-east-1::b"), "Resource arn:aws:s3:us-east-1::b can not contain region information.");
  EXPECT_EQ(of("arn:aws:iam:us-east-1:111122223333:role/r"),
            "IAM resource arn:aws:iam:us-east-1:111122223333:role/r cannot contain region information.");
  const std::string arn = new_policy("q");
  EXPECT_EQ(
      message("CreatePolicyVersion",
              Json::object({{"PolicyArn", arn}, {"PolicyDocument", R"({"Version":"2008-10-17",)" + statement("*")}})),
      version);
  for (const char* good :
       {"arn:aws:s3:::b", "arn:aws:s3:us-east-1:111122223333:accesspoint/a", "arn:aws:ec2:us-east-1::image/ami-1"}) {
    EXPECT_EQ(of(good), "") << good;
    call("DeletePolicy", Json::object({{"PolicyArn", "arn:aws:iam::" + admin_.account() + ":policy/p"}}));
  }
  // An inline policy may be of the older version: only its ARNs are held to this.
  new_user("ann");
  const auto put = [&](const std::string& document) {
    return code("PutUserPolicy",
                Json::object({{"UserName", "ann"}, {"PolicyName", "p"}, {"PolicyDocument", document}}));
  };
  EXPECT_EQ(put(R"({"Version":"2008-10-17",)" + statement("*")), "");
  EXPECT_EQ(put(R"({"Version":"2008-10-17",)" + statement("arn:aws:s3:us-east-1::b")), "MalformedPolicyDocument");
}

TEST_F(Iam, NoTagsAreNoListInTheAnswerToCreatePolicy) {
  const Json made =
      call("CreatePolicy", Json::object({{"PolicyName", "bare"}, {"PolicyDocument", allow_all}}))["Policy"];
  EXPECT_FALSE(made.contains("Tags"));
  EXPECT_TRUE(call("GetPolicy", Json::object({{"PolicyArn", made.str("Arn")}}))["Policy"].contains("Tags"));
  const Json tagged = call(
      "CreatePolicy", Json::object({{"PolicyName", "tagged"},
                                    {"PolicyDocument", allow_all},
                                    {"Tags", Json::array({Json::object({{"Key", "a"}, {"Value", "1"}})})}}))["Policy"];
  EXPECT_EQ(tagged["Tags"].items().size(), 1U);
}

TEST_F(Iam, ARoleSaysWhenItWasLastUsed) {
  new_role("r");
  const auto role = [&] { return call("GetRole", Json::object({{"RoleName", "r"}}))["Role"]; };
  ASSERT_TRUE(role().contains("RoleLastUsed"));
  EXPECT_TRUE(role()["RoleLastUsed"].members().empty());
  store::Transaction transaction(world_.store());
  directory::tables::last_uses.put(transaction, {.when = 1000, .service = "kms", .region = "us-east-1"}, role().str("RoleId"));
  ASSERT_TRUE(world_.store().commit(transaction));
  EXPECT_EQ(role()["RoleLastUsed"].dump(), R"({"LastUsedDate":1000,"Region":"us-east-1"})");
  // Not in the account's details: exports of it would differ by who made them.
  EXPECT_FALSE(call("GetAccountAuthorizationDetails")["RoleDetailList"].items().at(0).contains("RoleLastUsed"));
  const std::string id = role().str("RoleId");
  EXPECT_EQ(code("DeleteRole", Json::object({{"RoleName", "r"}})), "");
  EXPECT_FALSE(directory::tables::last_uses.get(world_.store(), id).has_value());
}

TEST_F(Iam, AMarkerThatNoListAnsweredIsRefused) {
  new_role("r");
  for (const char* marker : {"zz", "enp6", "MQ==", "AAAAAAAAAABh"}) {
    EXPECT_EQ(code("ListInstanceProfilesForRole", Json::object({{"RoleName", "r"}, {"Marker", marker}})),
              "ValidationError")
        << marker;
    EXPECT_EQ(code("ListUsers", Json::object({{"Marker", marker}})), "ValidationError") << marker;
    EXPECT_EQ(code("ListPolicies", Json::object({{"Marker", marker}})), "ValidationError") << marker;
  }
}

TEST_F(Iam, TheAccountIsSummarisedAndDetailed) {
  new_user("ann");
  new_role("r");
  new_policy("p");
  const Json summary = call("GetAccountSummary")["SummaryMap"];
  EXPECT_EQ(summary["Users"].as_integer(), 2);
  EXPECT_EQ(summary["Roles"].as_integer(), 1);
  EXPECT_EQ(summary["Policies"].as_integer(), 1);
  // What the API reference lists.
  for (const char* key : {"AccessKeysPerUserQuota",
                          "AccountAccessKeysPresent",
                          "AccountMFAEnabled",
                          "AccountPasswordPresent",
                          "AccountSigningCertificatesPresent",
                          "AssumeRolePolicySizeQuota",
                          "AttachedPoliciesPerGroupQuota",
                          "AttachedPoliciesPerRoleQuota",
                          "AttachedPoliciesPerUserQuota",
                          "GlobalEndpointTokenVersion",
                          "GroupPolicySizeQuota",
                          "Groups",
                          "GroupsPerUserQuota",
                          "GroupsQuota",
                          "InstanceProfiles",
                          "InstanceProfilesQuota",
                          "MFADevices",
                          "MFADevicesInUse",
                          "Policies",
                          "PoliciesQuota",
                          "PolicySizeQuota",
                          "PolicyVersionsInUse",
                          "PolicyVersionsInUseQuota",
                          "Providers",
                          "RolePolicySizeQuota",
                          "Roles",
                          "RolesQuota",
                          "ServerCertificates",
                          "ServerCertificatesQuota",
                          "SigningCertificatesPerUserQuota",
                          "UserPolicySizeQuota",
                          "Users",
                          "UsersQuota",
                          "VersionsPerPolicyQuota"})
    EXPECT_TRUE(summary[key].is_integer()) << key;
  const Json details = call("GetAccountAuthorizationDetails");
  EXPECT_EQ(details["UserDetailList"].items().size(), 2U);
  EXPECT_EQ(details["Policies"].items().size(), 2U);  // p, and AdministratorAccess because it is used
  EXPECT_EQ(call("GetAccountAuthorizationDetails", Json::object({{"Filter", Json::array({"Role"})}}))["UserDetailList"].items().size(), 0U);
}

TEST_F(Iam, CredentialsOfGetSessionTokenCannotCall) {
  service::Caller caller = admin_;
  caller.session = std::make_shared<estate::Session>();
  EXPECT_EQ(world_.code("ListUsers", caller, Json::object()), "InvalidClientTokenId");
}

TEST_F(Iam, GetUserWithoutANameIsTheCaller) {
  EXPECT_EQ(call("GetUser")["User"].text("UserName"), "administrator");
  EXPECT_EQ(world_.call("GetUser", World::as_root(admin_.account()), Json::object())->operator[]("User").str("UserId"), admin_.account());
}

TEST_F(Iam, AnAccountHasOneAliasThatNoOtherHas) {
  const auto aliases = [&] { return call("ListAccountAliases")["AccountAliases"].dump(); };
  const auto with = [](const std::string& alias) { return Json::object({{"AccountAlias", alias}}); };
  EXPECT_EQ(aliases(), "[]");
  EXPECT_EQ(code("CreateAccountAlias", with("acme")), "");
  EXPECT_EQ(code("CreateAccountAlias", with("acme")), "EntityAlreadyExists");
  EXPECT_EQ(code("CreateAccountAlias", with("acme-2")), "");
  EXPECT_EQ(aliases(), R"(["acme-2"])");
  EXPECT_EQ(code("DeleteAccountAlias", with("acme")), "NoSuchEntity");

  store::Transaction transaction(world_.store());
  const auto organization = directory::tables::organizations.get(transaction);
  directory::put_account(transaction, *organization, "444455556666", "member", "m@example.com", organization->root, "CREATED", world_.clock().now());
  world_.directory().wait_for(*world_.store().commit(transaction));
  const service::Caller other = World::as_root("444455556666");
  EXPECT_EQ(world_.code("CreateAccountAlias", other, with("acme-2")), "EntityAlreadyExists");
  EXPECT_EQ(world_.code("DeleteAccountAlias", other, with("acme-2")), "NoSuchEntity");
  EXPECT_EQ(world_.code("CreateAccountAlias", other, with("acme")), "");
  EXPECT_EQ(aliases(), R"(["acme-2"])");

  EXPECT_EQ(code("DeleteAccountAlias", with("acme-2")), "");
  EXPECT_EQ(aliases(), "[]");
  for (const auto& [alias, expected] : {std::pair<std::string, const char*>{"ab", "ValidationError"}, {"abc", ""}, {std::string(63, 'a'), ""}, {std::string(64, 'a'), "ValidationError"},
                                        {"a--b", "ValidationError"}, {"-ab", "ValidationError"}, {"ab-", "ValidationError"}, {"Abc", "ValidationError"}, {"a/b", "ValidationError"}}) {
    EXPECT_EQ(code("CreateAccountAlias", with(alias)), expected) << alias;
  }
}

TEST_F(Iam, AnAccessKeysLastUseIsToldToItsAccount) {
  new_user("ann");
  const std::string id = call("CreateAccessKey", user_named("ann"))["AccessKey"].str("AccessKeyId");
  const Json asked = Json::object({{"AccessKeyId", id}});
  EXPECT_EQ(call("GetAccessKeyLastUsed", asked).dump(), R"({"UserName":"ann","AccessKeyLastUsed":{"ServiceName":"N/A","Region":"N/A"}})");
  store::Transaction transaction(world_.store());
  directory::tables::last_uses.put(transaction, {.when = 1000, .service = "kms", .region = "us-east-1"}, id);
  ASSERT_TRUE(world_.store().commit(transaction));
  EXPECT_EQ(call("GetAccessKeyLastUsed", asked)["AccessKeyLastUsed"].text("ServiceName"), "kms");
  EXPECT_EQ(world_.code("GetAccessKeyLastUsed", World::as_root("444455556666"), asked), "AccessDenied");
  EXPECT_EQ(code("GetAccessKeyLastUsed", Json::object({{"AccessKeyId", "AKIAIOSFODNN7EXAMPLE"}})), "NoSuchEntity");
  call("DeleteAccessKey", Json::object({{"UserName", "ann"}, {"AccessKeyId", id}}));
  EXPECT_FALSE(directory::tables::last_uses.get(world_.store(), id).has_value());
}

}  // namespace
}  // namespace ringwall::iam
