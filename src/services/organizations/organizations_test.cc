#include "services/organizations/organizations.h"

#include <gtest/gtest.h>

#include <map>

#include "directory/documents.h"
#include "directory/testing.h"

namespace ringwall::organizations {
namespace {

using directory::testing::World;
using text::Json;

constexpr const char* deny_rds = R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"rds:*","Resource":"*"}]})";

class Organizations : public ::testing::Test {
 protected:
  std::string code(const char* name, const Json& input) { return world_.code(name, admin_, input); }
  Json call(const char* name, const Json& input = Json::object()) {
    auto output = world_.call(name, admin_, input);
    EXPECT_TRUE(output.has_value()) << name << ": " << (output ? "" : output.error().code + ": " + output.error().message);
    return output ? *output : Json();
  }
  std::string root() { return call("ListRoots")["Roots"].items().at(0).str("Id"); }
  std::string new_account(const std::string& name) {
    return call("CreateAccount", Json::object({{"AccountName", name}, {"Email", name + "@example.com"}}))["CreateAccountStatus"].str("AccountId");
  }
  std::string new_unit(const std::string& parent, const std::string& name) {
    return call("CreateOrganizationalUnit", Json::object({{"ParentId", parent}, {"Name", name}}))["OrganizationalUnit"].str("Id");
  }
  std::string new_policy(const std::string& name, std::string_view content = deny_rds, std::string_view type = directory::scp_type) {
    return call("CreatePolicy", Json::object({{"Name", name}, {"Description", ""}, {"Type", type}, {"Content", content}}))["Policy"]["PolicySummary"].str("Id");
  }
  // May the root of `account` do `action`?
  bool may(const std::string& account, const char* action) {
    const service::Question question{.action = action, .resource = "*", .resource_account = account};
    return !World::refusal(*world_.directory().current(), administrator_of(account), question);
  }
  // A session of the account's own administrator role; its root if it has none, as the management
  // account.
  service::Caller administrator_of(const std::string& account) {
    const estate::EstatePtr estate = world_.directory().current();
    const std::string role = "arn:aws:iam::" + account + ":role/OrganizationAccountAccessRole";
    service::Caller caller = World::as_root(account);
    if (const estate::Principal* found = estate->principal(role)) {
      caller.principal = {.type = policy::Principal::Type::role_session,
                          .arn = "arn:aws:sts::" + account + ":assumed-role/OrganizationAccountAccessRole/test",
                          .role_arn = role,
                          .account = account,
                          .unique_id = found->unique_id};
    }
    return caller;
  }

  std::map<std::string, std::string> remaining_;  // what each account still has
  World world_{operations([this](store::Transaction&, const std::string& account) {
    const auto found = remaining_.find(account);
    return found == remaining_.end() ? std::nullopt : std::optional(found->second);
  })};
  service::Caller admin_ = world_.as_administrator();
};

TEST_F(Organizations, EveryOperationIsInTheModel) {
  const awsapi::Model* model = awsapi::builtin_model("organizations");
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(service::Service(*model, operations({})).operations().size(), operations({}).size());
}

TEST_F(Organizations, TheOrganisationIsThereFromTheStartAndKnowsItsManagementAccount) {
  const Json organization = call("DescribeOrganization")["Organization"];
  EXPECT_EQ(organization.text("MasterAccountId"), admin_.account());
  EXPECT_TRUE(organization.text("Id").starts_with("o-"));
  EXPECT_EQ(code("CreateOrganization", Json::object()), "AlreadyInOrganizationException");
  EXPECT_EQ(call("ListAccounts")["Accounts"].items().size(), 1U);
}

TEST_F(Organizations, AnAccountIsMadeWithTheRoleThatTheManagementAccountMayAssume) {
  const std::string account = new_account("prod");
  EXPECT_EQ(call("DescribeAccount", Json::object({{"AccountId", account}}))["Account"].text("Status"), "ACTIVE");
  const auto estate = world_.directory().current();
  const estate::Principal* role = estate->principal("arn:aws:iam::" + account + ":role/OrganizationAccountAccessRole");
  ASSERT_NE(role, nullptr);
  ASSERT_TRUE(role->trust);
  service::Question assume{.action = "sts:AssumeRole", .resource = role->arn, .resource_account = account};
  assume.resource_policy = service::ResourcePolicy(*role);
  assume.resource_kind = authz::ResourceKind::trust;
  EXPECT_FALSE(World::refusal(*estate, admin_, assume));
  const std::string other = new_account("other");
  EXPECT_TRUE(World::refusal(*world_.directory().current(), World::as_root(other), assume));
}

TEST_F(Organizations, AnEmailServesOneAccountAndTheStatusSaysSo) {
  new_account("prod");
  const Json status = call("CreateAccount", Json::object({{"AccountName", "again"}, {"Email", "PROD@example.com"}}))["CreateAccountStatus"];
  EXPECT_EQ(status.text("State"), "FAILED");
  EXPECT_EQ(status.text("FailureReason"), "EMAIL_ALREADY_EXISTS");
  EXPECT_EQ(call("DescribeCreateAccountStatus", Json::object({{"CreateAccountRequestId", status.str("Id")}}))["CreateAccountStatus"], status);
  EXPECT_EQ(code("CreateAccount", Json::object({{"AccountName", "bad"}, {"Email", "nobody"}})), "InvalidInputException");
  EXPECT_EQ(code("DescribeCreateAccountStatus", Json::object({{"CreateAccountRequestId", "car-0"}})), "CreateAccountStatusNotFoundException");
  EXPECT_EQ(call("ListCreateAccountStatus", Json::object({{"States", Json::array({"FAILED"})}}))["CreateAccountStatuses"].items().size(), 1U);
}

TEST_F(Organizations, OnlyTheManagementAccountMayCallAndMembersMayDescribe) {
  const std::string account = new_account("prod");
  const service::Caller member = World::as_root(account);
  EXPECT_EQ(world_.code("ListAccounts", member, Json::object()), "AccessDeniedException");
  EXPECT_EQ(world_.code("CreateAccount", member, Json::object({{"AccountName", "x"}, {"Email", "x@example.com"}})), "AccessDeniedException");
  EXPECT_EQ(world_.code("DescribeOrganization", member, Json::object()), "");
}

TEST_F(Organizations, AnScpBindsMembersBelowItsTargetAndNeverTheManagementAccount) {
  const std::string inside = new_account("inside"), outside = new_account("outside");
  const std::string unit = new_unit(root(), "databases");
  call("MoveAccount", Json::object({{"AccountId", inside}, {"SourceParentId", root()}, {"DestinationParentId", unit}}));
  EXPECT_TRUE(may(inside, "rds:CreateDBInstance"));
  const std::string policy = new_policy("no databases");
  call("AttachPolicy", Json::object({{"PolicyId", policy}, {"TargetId", unit}}));
  EXPECT_FALSE(may(inside, "rds:CreateDBInstance"));
  EXPECT_TRUE(may(inside, "ec2:DescribeVpcs"));
  EXPECT_TRUE(may(outside, "rds:CreateDBInstance"));

  call("AttachPolicy", Json::object({{"PolicyId", policy}, {"TargetId", root()}}));
  EXPECT_FALSE(may(outside, "rds:CreateDBInstance"));
  EXPECT_TRUE(may(admin_.account(), "rds:CreateDBInstance"));
}

TEST_F(Organizations, EveryLevelMustAllow) {
  const std::string account = new_account("inside");
  const std::string unit = new_unit(root(), "narrow");
  call("MoveAccount", Json::object({{"AccountId", account}, {"SourceParentId", root()}, {"DestinationParentId", unit}}));
  const std::string only_ec2 = new_policy("only ec2", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"}]})");
  call("AttachPolicy", Json::object({{"PolicyId", only_ec2}, {"TargetId", unit}}));
  EXPECT_TRUE(may(account, "rds:CreateDBInstance"));  // FullAWSAccess is attached to the unit as well
  call("DetachPolicy", Json::object({{"PolicyId", directory::full_access_scp}, {"TargetId", unit}}));
  EXPECT_FALSE(may(account, "rds:CreateDBInstance"));
  EXPECT_TRUE(may(account, "ec2:DescribeVpcs"));
}

TEST_F(Organizations, AtLeastOneAndAtMostFivePoliciesStayAttached) {
  const std::string account = new_account("prod");
  const auto attach = [&](const std::string& policy) { return code("AttachPolicy", Json::object({{"PolicyId", policy}, {"TargetId", account}})); };
  EXPECT_EQ(code("DetachPolicy", Json::object({{"PolicyId", directory::full_access_scp}, {"TargetId", account}})), "ConstraintViolationException");
  std::string policy;
  for (std::size_t i = 1; i < policies_per_target_max; ++i) {
    policy = new_policy("policy " + std::to_string(i));
    EXPECT_EQ(attach(policy), "");
  }
  EXPECT_EQ(attach(policy), "DuplicatePolicyAttachmentException");
  EXPECT_EQ(attach(new_policy("one too many")), "ConstraintViolationException");
  EXPECT_EQ(call("ListPoliciesForTarget", Json::object({{"TargetId", account}, {"Filter", directory::scp_type}}))["Policies"].items().size(), policies_per_target_max);
  EXPECT_EQ(code("DetachPolicy", Json::object({{"PolicyId", directory::full_access_scp}, {"TargetId", account}})), "");
  EXPECT_EQ(code("DetachPolicy", Json::object({{"PolicyId", directory::full_access_scp}, {"TargetId", account}})), "PolicyNotAttachedException");
}

TEST_F(Organizations, PoliciesAreCheckedWhenMadeAndKeptWhileInUse) {
  const auto create = [&](const char* name, std::string_view content) {
    return code("CreatePolicy", Json::object({{"Name", name}, {"Description", ""}, {"Type", directory::scp_type}, {"Content", content}}));
  };
  EXPECT_EQ(create("bad", "{}"), "MalformedPolicyDocumentException");
  EXPECT_EQ(create("principal", R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]})"), "MalformedPolicyDocumentException");
  const std::string policy = new_policy("good");
  EXPECT_EQ(create("good", deny_rds), "DuplicatePolicyException");
  call("AttachPolicy", Json::object({{"PolicyId", policy}, {"TargetId", root()}}));
  EXPECT_EQ(code("DeletePolicy", Json::object({{"PolicyId", policy}})), "PolicyInUseException");
  const Json targets = call("ListTargetsForPolicy", Json::object({{"PolicyId", policy}}))["Targets"];
  ASSERT_EQ(targets.items().size(), 1U);
  EXPECT_EQ(targets.items()[0].text("Type"), "ROOT");
  call("DetachPolicy", Json::object({{"PolicyId", policy}, {"TargetId", root()}}));
  call("UpdatePolicy", Json::object({{"PolicyId", policy}, {"Name", "better"}}));
  EXPECT_EQ(call("DescribePolicy", Json::object({{"PolicyId", policy}}))["Policy"]["PolicySummary"].text("Name"), "better");
  EXPECT_EQ(code("DeletePolicy", Json::object({{"PolicyId", policy}})), "");
  EXPECT_EQ(code("DescribePolicy", Json::object({{"PolicyId", policy}})), "PolicyNotFoundException");
  EXPECT_EQ(code("UpdatePolicy", Json::object({{"PolicyId", directory::full_access_scp}, {"Name", "x"}})), "InvalidInputException");
}

TEST_F(Organizations, AnUpdatedScpBindsAtOnce) {
  const std::string account = new_account("prod");
  const std::string policy = new_policy("changing");
  call("AttachPolicy", Json::object({{"PolicyId", policy}, {"TargetId", account}}));
  EXPECT_TRUE(may(account, "kms:Decrypt"));
  call("UpdatePolicy", Json::object({{"PolicyId", policy}, {"Content", R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"kms:*","Resource":"*"}]})"}}));
  EXPECT_FALSE(may(account, "kms:Decrypt"));
  EXPECT_TRUE(may(account, "rds:CreateDBInstance"));
}

TEST_F(Organizations, PolicyTypesAreEnabledAtTheRootAndDisablingDetaches) {
  const std::string account = new_account("prod");
  const Json rcp_of = Json::object({{"RootId", root()}, {"PolicyType", directory::rcp_type}});
  const Json scp_of = Json::object({{"RootId", root()}, {"PolicyType", directory::scp_type}});
  EXPECT_EQ(code("DisablePolicyType", rcp_of), "PolicyTypeNotEnabledException");
  EXPECT_EQ(code("EnablePolicyType", scp_of), "PolicyTypeAlreadyEnabledException");
  EXPECT_EQ(code("EnablePolicyType", rcp_of), "");
  EXPECT_EQ(world_.directory().current()->account(account)->rcps.size(), 2U);
  EXPECT_TRUE(world_.directory().current()->account(admin_.account())->rcps.empty());
  EXPECT_TRUE(may(account, "rds:CreateDBInstance"));
  EXPECT_EQ(code("DetachPolicy", Json::object({{"PolicyId", directory::full_access_rcp}, {"TargetId", account}})), "ConstraintViolationException");
  EXPECT_EQ(world_.reports(), std::vector<std::string>{});

  const std::string policy = new_policy("no databases");
  call("AttachPolicy", Json::object({{"PolicyId", policy}, {"TargetId", account}}));
  call("DisablePolicyType", scp_of);
  EXPECT_TRUE(may(account, "rds:CreateDBInstance"));
  EXPECT_EQ(code("AttachPolicy", Json::object({{"PolicyId", policy}, {"TargetId", account}})), "PolicyTypeNotEnabledException");
  call("EnablePolicyType", scp_of);
  const Json attached = call("ListPoliciesForTarget", Json::object({{"TargetId", account}, {"Filter", directory::scp_type}}))["Policies"];
  ASSERT_EQ(attached.items().size(), 1U);
  EXPECT_EQ(attached.items()[0].text("Id"), directory::full_access_scp);
}

TEST_F(Organizations, UnitsNestFiveDeepAndAreDeletedEmpty) {
  std::string parent = root();
  std::vector<std::string> units;
  for (std::size_t depth = 0; depth < unit_depth_max; ++depth) units.push_back(parent = new_unit(parent, "unit"));
  EXPECT_EQ(code("CreateOrganizationalUnit", Json::object({{"ParentId", parent}, {"Name", "unit"}})), "ConstraintViolationException");
  EXPECT_EQ(code("CreateOrganizationalUnit", Json::object({{"ParentId", root()}, {"Name", "unit"}})), "DuplicateOrganizationalUnitException");
  EXPECT_EQ(code("CreateOrganizationalUnit", Json::object({{"ParentId", "ou-none-00000000"}, {"Name", "unit"}})), "ParentNotFoundException");
  EXPECT_EQ(code("DeleteOrganizationalUnit", Json::object({{"OrganizationalUnitId", units[0]}})), "OrganizationalUnitNotEmptyException");
  EXPECT_EQ(call("ListParents", Json::object({{"ChildId", units[1]}}))["Parents"].items().at(0).text("Id"), units[0]);
  EXPECT_EQ(code("DeleteOrganizationalUnit", Json::object({{"OrganizationalUnitId", units[4]}})), "");
  EXPECT_EQ(code("DescribeOrganizationalUnit", Json::object({{"OrganizationalUnitId", units[4]}})), "OrganizationalUnitNotFoundException");
  EXPECT_EQ(call("ListChildren", Json::object({{"ParentId", units[3]}, {"ChildType", "ORGANIZATIONAL_UNIT"}}))["Children"].items().size(), 0U);
}

TEST_F(Organizations, MovingAnAccountNamesItsErrors) {
  const std::string account = new_account("prod"), unit = new_unit(root(), "unit");
  const auto move = [&](const std::string& who, const std::string& from, const std::string& to) {
    return code("MoveAccount", Json::object({{"AccountId", who}, {"SourceParentId", from}, {"DestinationParentId", to}}));
  };
  EXPECT_EQ(move("000000000000", root(), unit), "AccountNotFoundException");
  EXPECT_EQ(move(account, unit, root()), "SourceParentNotFoundException");
  EXPECT_EQ(move(account, root(), "ou-x"), "DestinationParentNotFoundException");
  EXPECT_EQ(move(account, root(), root()), "DuplicateAccountException");
  EXPECT_EQ(move(account, root(), unit), "");
  EXPECT_EQ(call("ListAccountsForParent", Json::object({{"ParentId", unit}}))["Accounts"].items().at(0).text("Id"), account);
}

TEST_F(Organizations, ARemovedAccountIsAnOutsiderWhomNoPolicyBinds) {
  const std::string account = new_account("leaver");
  const std::string policy = new_policy("no databases");
  call("AttachPolicy", Json::object({{"PolicyId", policy}, {"TargetId", account}}));
  const auto remove = [&](const std::string& id) { return code("RemoveAccountFromOrganization", Json::object({{"AccountId", id}})); };
  EXPECT_EQ(remove("000000000000"), "AccountNotFoundException");
  EXPECT_EQ(remove(admin_.account()), "MasterCannotLeaveOrganizationException");
  EXPECT_EQ(world_.code("RemoveAccountFromOrganization", World::as_root(account), Json::object({{"AccountId", account}})), "AccessDeniedException");
  ASSERT_FALSE(may(account, "rds:CreateDBInstance"));
  EXPECT_EQ(remove(account), "");
  EXPECT_TRUE(may(account, "rds:CreateDBInstance"));
  EXPECT_FALSE(world_.directory().current()->mine(account));
  EXPECT_NE(world_.directory().current()->principal("arn:aws:iam::" + account + ":role/OrganizationAccountAccessRole"), nullptr);
  EXPECT_EQ(code("DeletePolicy", Json::object({{"PolicyId", policy}})), "");  // its attachments went too
  EXPECT_EQ(remove(account), "AccountNotFoundException");
}

// What there is to remain, the server knows: server/services_test.cc.
TEST_F(Organizations, AnAccountWithAnythingThatWouldGoOnWithoutItIsNotRemoved) {
  const std::string account = new_account("busy");
  const auto remove = [&] { return code("RemoveAccountFromOrganization", Json::object({{"AccountId", account}})); };
  remaining_ = {{account, "VPCs"}};
  EXPECT_EQ(remove(), "ConstraintViolationException");
  remaining_ = {{"444455556666", "VPCs"}};
  EXPECT_EQ(remove(), "");
}

TEST_F(Organizations, ListsGoOnFromTheirToken) {
  for (int i = 0; i < 4; ++i) new_account("account" + std::to_string(i));
  std::size_t seen = 0;
  Json input = Json::object({{"MaxResults", 2}});
  for (;;) {
    const Json page = call("ListAccounts", input);
    seen += page["Accounts"].items().size();
    if (!page.contains("NextToken")) break;
    input.set("NextToken", page.str("NextToken"));
  }
  EXPECT_EQ(seen, 5U);
  EXPECT_EQ(code("ListAccounts", Json::object({{"NextToken", "!"}})), "InvalidInputException");
}

TEST_F(Organizations, TagsAreSetReplacedAndRemoved) {
  const std::string account = new_account("prod");
  const auto tag = [&](const char* value) {
    return code("TagResource", Json::object({{"ResourceId", account}, {"Tags", Json::array({Json::object({{"Key", "team"}, {"Value", value}})})}}));
  };
  EXPECT_EQ(tag("red"), "");
  EXPECT_EQ(tag("blue"), "");
  EXPECT_EQ(call("ListTagsForResource", Json::object({{"ResourceId", account}}))["Tags"].dump(), R"([{"Key":"team","Value":"blue"}])");
  call("UntagResource", Json::object({{"ResourceId", account}, {"TagKeys", Json::array({"team"})}}));
  EXPECT_TRUE(call("ListTagsForResource", Json::object({{"ResourceId", account}}))["Tags"].items().empty());
  EXPECT_EQ(code("TagResource", Json::object({{"ResourceId", "p-none"}, {"Tags", Json::array()}})), "TargetNotFoundException");
}

// Delegation to member accounts.

TEST_F(Organizations, AMemberDoesWhatTheResourcePolicyDelegatesAndItsIdentityAllows) {
  const std::string member = new_account("audit"), other = new_account("other");
  const auto may_call = [&](const std::string& account, const char* name, const Json& input = Json::object()) { return world_.code(name, administrator_of(account), input); };
  EXPECT_EQ(may_call(member, "ListAccounts"), "AccessDeniedException");
  EXPECT_EQ(code("DescribeResourcePolicy", Json::object()), "ResourcePolicyNotFoundException");
  const std::string content = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::)" + member + R"(:root"},"Action":["organizations:List*","organizations:CreatePolicy","organizations:CreateAccount"],"Resource":"*","Condition":{"StringEqualsIfExists":{"organizations:PolicyType":"SERVICE_CONTROL_POLICY"}}}]})";
  const Json made = call("PutResourcePolicy", Json::object({{"Content", content}}))["ResourcePolicy"];
  EXPECT_TRUE(made["ResourcePolicySummary"].text("Arn").ends_with(made["ResourcePolicySummary"].str("Id")));
  EXPECT_EQ(call("DescribeResourcePolicy")["ResourcePolicy"].text("Content"), content);

  EXPECT_EQ(may_call(member, "ListAccounts"), "");
  EXPECT_EQ(may_call(other, "ListAccounts"), "AccessDenied");
  EXPECT_EQ(may_call(member, "DescribeAccount", Json::object({{"AccountId", other}})), "AccessDenied");       // not listed
  EXPECT_EQ(may_call(member, "CreateAccount", Json::object({{"AccountName", "x"}, {"Email", "x@example.com"}})), "AccessDeniedException");  // cannot be delegated
  EXPECT_EQ(may_call(member, "PutResourcePolicy", Json::object({{"Content", content}})), "AccessDeniedException");
  const auto policy_of_type = [](std::string_view type) { return Json::object({{"Name", type}, {"Description", ""}, {"Type", type}, {"Content", deny_rds}}); };
  const auto output = world_.call("CreatePolicy", administrator_of(member), policy_of_type(directory::scp_type));
  ASSERT_TRUE(output.has_value());
  EXPECT_TRUE((*output)["Policy"]["PolicySummary"].text("Arn").starts_with("arn:aws:organizations::" + admin_.account() + ":policy/"));
  EXPECT_EQ(may_call(member, "CreatePolicy", policy_of_type(directory::rcp_type)), "AccessDenied");

  // What the account's own policies do not allow, delegation does not.
  call("AttachPolicy", Json::object({{"PolicyId", new_policy("no-organizations", R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"organizations:*","Resource":"*"}]})")}, {"TargetId", member}}));
  EXPECT_EQ(may_call(member, "ListAccounts"), "AccessDenied");

  call("DeleteResourcePolicy");
  EXPECT_EQ(code("DeleteResourcePolicy", Json::object()), "ResourcePolicyNotFoundException");
  EXPECT_EQ(may_call(member, "ListAccounts"), "AccessDeniedException");
}

TEST_F(Organizations, AResourcePolicyMeansWhomItNamedAndNoNamesake) {
  const std::string member = new_account("audit"), role = "arn:aws:iam::" + member + ":role/auditor";
  const auto content = [](const std::string& who) {
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":")" + who + R"("},"Action":"organizations:ListAccounts","Resource":"*"}]})";
  };
  EXPECT_EQ(code("PutResourcePolicy", Json::object({{"Content", content(role)}})), "InvalidInputException");
  const auto put_role = [&] {
    store::Transaction transaction(world_.store());
    Json made = directory::new_role(world_.environment(), member, "/", "auditor", service::bound_own(""), world_.clock().now());
    made.edit("attached").push("arn:aws:iam::aws:policy/AdministratorAccess");
    service::Caller caller;
    caller.principal = {.type = policy::Principal::Type::role_session, .arn = "arn:aws:sts::" + member + ":assumed-role/auditor/s", .role_arn = role, .account = member, .unique_id = made.str("RoleId"), .service = {}, .provider = {}};
    transaction.put(directory::iam_key(member, "role", "auditor"), std::move(made));
    world_.directory().wait_for(*world_.store().commit(transaction));
    return caller;
  };
  const service::Caller first = put_role();
  call("PutResourcePolicy", Json::object({{"Content", content(role)}}));
  EXPECT_EQ(world_.code("ListAccounts", first, Json::object()), "");
  const service::Caller later = put_role();
  EXPECT_EQ(world_.code("ListAccounts", later, Json::object()), "AccessDenied");
  EXPECT_EQ(call("DescribeResourcePolicy")["ResourcePolicy"].text("Content"), content(first.principal.unique_id));
}

TEST_F(Organizations, AResourcePolicyIsCheckedAndKeepsItsName) {
  const auto put = [&](const std::string& content) { return code("PutResourcePolicy", Json::object({{"Content", content}})); };
  const auto with = [](const std::string& more) { return R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Resource":"*",)" + more + "}}"; };
  EXPECT_EQ(put(with(R"("Action":"organizations:ListAccounts")")), "");
  const std::string id = call("DescribeResourcePolicy")["ResourcePolicy"]["ResourcePolicySummary"].str("Id");
  EXPECT_EQ(put(with(R"("Action":["organizations:ListRoots"])")), "");
  EXPECT_EQ(call("DescribeResourcePolicy")["ResourcePolicy"]["ResourcePolicySummary"].str("Id"), id);
  EXPECT_EQ(put("{}"), "InvalidInputException");
  EXPECT_EQ(put(with(R"("Action":["organizations:ListRoots","iam:*"])")), "InvalidInputException");
  EXPECT_EQ(put(with(R"("Action":"*")")), "InvalidInputException");
  EXPECT_EQ(put(with(R"("NotAction":"organizations:ListRoots")")), "InvalidInputException");
  EXPECT_EQ(put(with(R"("Action":"organizations:ListRoots","Sid":")" + std::string(21'000, 'x') + "\"")), "ConstraintViolationException");
}

TEST_F(Organizations, ADelegatedAdministratorReadsTheOrganisation) {
  const std::string member = new_account("security");
  const auto input = [&](const std::string& account, const char* service = "iam.amazonaws.com") { return Json::object({{"AccountId", account}, {"ServicePrincipal", service}}); };
  const auto as_member = [&](const char* name, const Json& given = Json::object()) { return world_.code(name, administrator_of(member), given); };
  EXPECT_EQ(code("ListDelegatedServicesForAccount", Json::object({{"AccountId", member}})), "AccountNotRegisteredException");
  EXPECT_EQ(code("RegisterDelegatedAdministrator", input(member)), "");
  EXPECT_EQ(code("RegisterDelegatedAdministrator", input(member)), "AccountAlreadyRegisteredException");
  EXPECT_EQ(code("RegisterDelegatedAdministrator", input(admin_.account())), "ConstraintViolationException");
  EXPECT_EQ(code("RegisterDelegatedAdministrator", input("999999999999")), "AccountNotFoundException");
  EXPECT_EQ(code("RegisterDelegatedAdministrator", input(member, "not a service")), "InvalidInputException");
  EXPECT_EQ(code("RegisterDelegatedAdministrator", input(member, "access-analyzer.amazonaws.com")), "");
  const Json administrators = call("ListDelegatedAdministrators")["DelegatedAdministrators"];
  ASSERT_EQ(administrators.items().size(), 1U);
  EXPECT_EQ(administrators.items()[0].text("Id"), member);
  EXPECT_GT(administrators.items()[0]["DelegationEnabledDate"].as_integer(), 0);
  EXPECT_TRUE(call("ListDelegatedAdministrators", Json::object({{"ServicePrincipal", "sso.amazonaws.com"}}))["DelegatedAdministrators"].items().empty());
  EXPECT_EQ(call("ListDelegatedServicesForAccount", Json::object({{"AccountId", member}}))["DelegatedServices"].items().size(), 2U);

  EXPECT_EQ(as_member("ListAccounts"), "");
  EXPECT_EQ(as_member("DescribeAccount", Json::object({{"AccountId", member}})), "");
  EXPECT_EQ(as_member("CreatePolicy", Json::object({{"Name", "x"}, {"Description", ""}, {"Type", directory::scp_type}, {"Content", deny_rds}})), "AccessDeniedException");
  EXPECT_EQ(as_member("RegisterDelegatedAdministrator", input(member)), "AccessDeniedException");
  // The resource policy can take reading away again.
  call("PutResourcePolicy", Json::object({{"Content", R"({"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":{"AWS":")" + member + R"("},"Action":"organizations:ListAccounts","Resource":"*"}})"}}));
  EXPECT_EQ(as_member("ListAccounts"), "AccessDenied");
  EXPECT_EQ(as_member("ListRoots"), "");

  call("DeregisterDelegatedAdministrator", input(member));
  EXPECT_EQ(code("DeregisterDelegatedAdministrator", input(member)), "AccountNotRegisteredException");
  EXPECT_EQ(as_member("ListRoots"), "");  // of another service it still is
  call("DeregisterDelegatedAdministrator", input(member, "access-analyzer.amazonaws.com"));
  EXPECT_EQ(as_member("ListRoots"), "AccessDenied");
}

TEST_F(Organizations, AtMostFiveResourceControlPoliciesOfWhichAwssOwnStays) {
  call("EnablePolicyType", Json::object({{"RootId", root()}, {"PolicyType", directory::rcp_type}}));
  const std::string member = new_account("m"), unit = new_unit(root(), "u");
  const std::string deny = R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"}]})";
  for (const std::string& target : {member, unit, root()}) {
    const auto attach = [&](const std::string& name) { return code("AttachPolicy", Json::object({{"PolicyId", new_policy(name + target, deny, directory::rcp_type)}, {"TargetId", target}})); };
    for (const char* name : {"a", "b", "c", "d"}) EXPECT_EQ(attach(name), "") << target;  // and RCPFullAWSAccess
    EXPECT_EQ(attach("e"), "ConstraintViolationException") << target;
    EXPECT_EQ(code("DetachPolicy", Json::object({{"PolicyId", directory::full_access_rcp}, {"TargetId", target}})), "ConstraintViolationException");
  }
  // SCPs are counted by themselves.
  EXPECT_EQ(code("AttachPolicy", Json::object({{"PolicyId", new_policy("scp")}, {"TargetId", member}})), "");
}

}  // namespace
}  // namespace ringwall::organizations
