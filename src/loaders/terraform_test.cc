#include <gtest/gtest.h>

#include <fmt/format.h>

#include "loaders/testing_declared.h"

namespace ringwall::loaders {
namespace {

constexpr const char* account = "111122223333";

Result<Loaded> load_text(std::string text, std::string_view of = account) {
  const File file{"plan.json", std::move(text)};
  return load_terraform({&file, 1}, {.default_account = std::string(of)});
}

std::string error_of(std::string text) {
  const auto loaded = load_text(std::move(text));
  return loaded ? "accepted" : loaded.error().message;
}

// A plan of these resources: each is an object of `resource_changes`.
std::string plan_of(std::string_view changes, std::string_view configured = "") {
  return fmt::format(R"({{"format_version":"1.2","planned_values":{{"root_module":{{}}}},"resource_changes":[{}],"configuration":{{"root_module":{{"resources":[{}]}}}}}})", changes, configured);
}

std::string change(std::string_view type, std::string_view after, std::string_view unknown = "{}", std::string_view name = "x") {
  return fmt::format(R"({{"address":"{0}.{3}","mode":"managed","type":"{0}","name":"{3}","change":{{"actions":["create"],"before":null,"after":{1},"after_unknown":{2}}}}})", type, after, unknown, name);
}

std::string gaps_of(std::string text) {
  const auto loaded = load_text(std::move(text));
  return loaded ? testing::describe(loaded->gaps) : loaded.error().message;
}

TEST(Terraform, APlanOfNewResourcesIsConnectedByItsConfiguration) {
  const File file = testing::test_file("terraform_plan.json");
  const auto loaded = load_terraform({&file, 1}, {.default_account = account});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(testing::describe(loaded->gaps), "");
  const estate::Principal* app = loaded->estate->principal("arn:aws:iam::111122223333:role/service/app");
  ASSERT_NE(app, nullptr);
  ASSERT_EQ(app->identity.size(), 2u);
  EXPECT_EQ(app->identity[0].name, "inline policy `queue` of role/app");
  EXPECT_EQ(app->identity[1].name, "arn:aws:iam::111122223333:policy/app/read-orders");
  ASSERT_TRUE(app->boundary && app->trust);
  EXPECT_EQ(app->boundary->document->kind(), policy::Kind::boundary);
  EXPECT_EQ(app->tags.at("team"), "orders");
  const estate::Principal* ann = loaded->estate->principal("arn:aws:iam::111122223333:user/ann");
  ASSERT_NE(ann, nullptr);
  EXPECT_EQ(ann->identity.at(0).name, "inline policy `look` of group/ops");
  const estate::Resource* key = loaded->estate->resources.find("arn:aws:kms:us-east-1:111122223333:key/(aws_kms_key.data)");
  ASSERT_NE(key, nullptr);
  EXPECT_TRUE(key->policy->document->source().contains("Enable IAM User Permissions"));
  EXPECT_EQ(loaded->estate->endpoints.size(), 1u);
}

TEST(Terraform, AStateIsTheSameEstateAsThePlanThatMadeIt) {
  const File plan = testing::test_file("terraform_plan.json"), state = testing::test_file("terraform_state.json");
  const auto before = load_terraform({&plan, 1}, {.default_account = account}), after = load_terraform({&state, 1}, {.default_account = account});
  ASSERT_TRUE(before && after);
  EXPECT_EQ(testing::describe(after->gaps), "");
  std::string made = testing::describe(*after->estate);
  for (const char* id : {"1234abcd-12ab-34cd-56ef-1234567890ab", "vpc-0a1b2c3d4e5f60718", "vpce-0f9e8d7c6b5a43210"}) {
    for (std::size_t at = made.find(id); at != std::string::npos; at = made.find(id)) made.replace(at, std::string_view(id).size(), "(new)");
  }
  EXPECT_EQ(testing::without_stand_ins(testing::describe(*before->estate)), made);
}

TEST(Terraform, EveryDocumentKnowsWhereItStands) {
  const File file = testing::test_file("terraform_state.json");
  const auto loaded = load_terraform({&file, 1}, {.default_account = account});
  ASSERT_TRUE(loaded);
  const auto& trust = loaded->estate->principal("arn:aws:iam::111122223333:role/service/app")->trust;
  const Source& source = loaded->sources.at(trust->document.get());
  EXPECT_EQ(source.path, "terraform_state.json");
  EXPECT_FALSE(source.verbatim);
  EXPECT_EQ(file.text.substr(source.offset, 17), R"("{\"Statement\":[)");
  EXPECT_EQ(text::position_of(file.text, source.offset), source.position);
}

TEST(Terraform, ADocumentThatIsKnownAfterApplyIsAGapAndDenies) {
  const std::string text = plan_of(change("aws_iam_policy", R"({"name":"p","path":"/"})", R"({"arn":true,"policy":true})") + "," +
                                   change("aws_iam_user", R"({"name":"u","path":"/"})") + "," +
                                   change("aws_iam_user_policy_attachment", R"({"user":"u","policy_arn":"arn:aws:iam::111122223333:policy/p"})"));
  const auto loaded = load_text(text);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const std::string gaps = testing::describe(loaded->gaps);
  EXPECT_TRUE(gaps.contains("placeholder arn:aws:iam::111122223333:policy/p plan.json:1:")) << gaps;
  EXPECT_TRUE(gaps.contains("placeholder arn:aws:iam::111122223333:user/u plan.json:1:")) << gaps;
  EXPECT_TRUE(gaps.contains("`policy` of `aws_iam_policy.x` is known only after it is applied")) << gaps;
  const auto* user = loaded->estate->principal("arn:aws:iam::111122223333:user/u");
  ASSERT_NE(user, nullptr);
  EXPECT_EQ(user->identity.at(0).document->effect(0), policy::Effect::deny);
}

TEST(Terraform, WhatIsLeftToFillInIsAPlaceholderAndAPolicyVariableIsNot) {
  const auto policy = [](const char* resource) {
    return plan_of(change("aws_iam_policy", fmt::format(R"({{"name":"p","path":"/","policy":"{{\"Version\":\"2012-10-17\",\"Statement\":{{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::{}\"}}}}"}})", resource)));
  };
  EXPECT_EQ(gaps_of(policy("b/${aws:username}")), "");
  EXPECT_TRUE(gaps_of(policy("${bucket}")).contains("`${bucket}` in this policy was to be filled in"));
  EXPECT_TRUE(gaps_of(policy("<bucket name>")).contains("`<bucket name>` in this policy was to be filled in"));
}

TEST(Terraform, ANameThatNothingCanHaveGetsAStandInAndIsAGap) {
  const auto loaded = load_text(plan_of(change("aws_s3_bucket", R"({"bucket":"*"})") + "," + change("aws_sqs_queue", R"({"name":"${stage}-q"})") + "," +
                                        change("aws_iam_user", R"({"name":"u","path":"/<team>/","arn":"arn:aws:iam::111122223333:user/<team>/u"})") + "," +
                                        change("aws_iam_user_policy_attachment", R"({"user":"u*","policy_arn":"arn:aws:iam::aws:policy/ReadOnlyAccess"})")));
  ASSERT_TRUE(loaded) << loaded.error().message;
  std::string arns;
  loaded->estate->resources.for_each([&](const estate::Resource& resource) { arns += resource.arn + " "; });
  EXPECT_EQ(arns, "arn:aws:s3:::(aws_s3_bucket.x) arn:aws:sqs:us-east-1:111122223333:(aws_sqs_queue.x) ");
  EXPECT_NE(loaded->estate->principal("arn:aws:iam::111122223333:user/u"), nullptr);
  const std::string gaps = testing::describe(loaded->gaps);
  EXPECT_TRUE(gaps.contains("`*` is no bucket that AWS takes, for `*` is in it")) << gaps;
  EXPECT_TRUE(gaps.contains("`${stage}-q` is no name that AWS takes, for `${stage}` is in it")) << gaps;
  EXPECT_TRUE(gaps.contains("`/<team>/` is no path that AWS takes, for `<team>` is in it")) << gaps;
  EXPECT_TRUE(gaps.contains("`u*` names nothing of AWS's, for `*` is in it")) << gaps;
}

TEST(Terraform, APolicyThatDoesNotParseIsAGapOfItsResource) {
  const std::string gaps = gaps_of(plan_of(change("aws_s3_bucket_policy", R"({"bucket":"b","policy":"{\"Statement\":[{}]}"})")));
  EXPECT_TRUE(gaps.starts_with("unreadable arn:aws:s3:::b plan.json:1:")) << gaps;
  EXPECT_TRUE(gaps.contains("this policy cannot be read: ")) << gaps;
}

TEST(Terraform, ARepositorysPolicyNeedsToNameNoResource) {
  const std::string policy = R"({"repository":"e","policy":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"ecr:*\"}]}"})";
  EXPECT_EQ(gaps_of(plan_of(change("aws_ecr_repository_policy", policy))), "");
}

TEST(Terraform, PermissionsOfAFunctionThatAreNotKnownTakeNothingAway) {
  const std::string unknown = R"({"function_name":"f","action":"lambda:InvokeFunction","principal":"s3.amazonaws.com"})";
  const std::string gaps = gaps_of(plan_of(change("aws_lambda_permission", unknown, R"({"source_arn":true})", "a") + "," + change("aws_lambda_permission", unknown, R"({"source_arn":true})", "b")));
  EXPECT_TRUE(gaps.contains("placeholder arn:aws:lambda:us-east-1:111122223333:function:f ")) << gaps;
  EXPECT_FALSE(gaps.contains("replaces")) << gaps;
}

TEST(Terraform, WhatIsNotUnderstoodIsNamed) {
  const std::string policy = R"({"policy":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\"}]}"})";
  EXPECT_EQ(gaps_of(plan_of(change("aws_backup_vault_policy", policy))),
            "unsupported 111122223333 plan.json:1:244 `aws_backup_vault_policy.x` has a policy, and resources of its type are not evaluated\n");
  EXPECT_TRUE(gaps_of(plan_of(change("aws_kms_grant", R"({"key_id":"arn:aws:kms:us-east-1:111122223333:key/k"})"))).starts_with("unsupported arn:aws:kms:us-east-1:111122223333:key/k "));
  EXPECT_TRUE(gaps_of(plan_of(change("aws_s3_bucket_acl", R"({"bucket":"b","acl":"public-read"})"))).starts_with("unsupported arn:aws:s3:::b "));
  EXPECT_EQ(gaps_of(plan_of(change("aws_instance", R"({"ami":"a"})"))), "");
  for (const char* makes : {"aws_cloudformation_stack", "aws_cloudformation_stack_set", "aws_serverlessapplicationrepository_cloudformation_stack"})
    EXPECT_TRUE(gaps_of(plan_of(change(makes, R"({"name":"a"})"))).starts_with("unsupported 111122223333 ")) << makes;
}

TEST(Terraform, APublicAccessBlockThatRestrictsIsCounted) {
  const std::string bucket = change("aws_s3_bucket", R"({"bucket":"b"})"),
                    open = change("aws_s3_bucket_policy", R"({"bucket":"b","policy":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::b/*\"}}"})");
  const auto statements = [&](const std::string& block) {
    const auto loaded = load_text(plan_of(bucket + "," + open + block));
    EXPECT_TRUE(loaded && loaded->gaps.empty());
    return loaded ? loaded->estate->resources.find("arn:aws:s3:::b")->policy->document->statements() : 0;
  };
  const auto of_bucket = [](const char* settings) { return "," + change("aws_s3_bucket_public_access_block", settings); };
  const auto of_account = [](const char* settings) { return "," + change("aws_s3_account_public_access_block", settings); };
  EXPECT_EQ(statements(""), 1U);
  EXPECT_EQ(statements(of_bucket(R"({"bucket":"b","restrict_public_buckets":true})")), 2U);
  EXPECT_EQ(statements(of_bucket(R"({"bucket":"b","restrict_public_buckets":false,"block_public_policy":true})")), 1U);
  EXPECT_EQ(statements(of_bucket(R"({"bucket":"other","restrict_public_buckets":true})")), 1U);
  EXPECT_EQ(statements(of_account(R"({"restrict_public_buckets":true})")), 2U);
  EXPECT_EQ(statements(of_account(R"({"account_id":"444455556666","restrict_public_buckets":true})")), 1U);
  EXPECT_EQ(statements(of_account(R"({"restrict_public_buckets":false})")), 1U);
  // It may take a restriction away from a bucket that is elsewhere.
  EXPECT_EQ(gaps_of(plan_of(change("aws_s3_bucket_public_access_block", R"({"bucket":"b","restrict_public_buckets":false})"))),
            "missing arn:aws:s3:::b plan.json:1:81 `arn:aws:s3:::b` gets a public access block that does not restrict its policy, and is not in these files\n");
}

TEST(Terraform, AnAttachedPolicyOfAwsIsMissing) {
  const std::string text = plan_of(change("aws_iam_user", R"({"name":"u","path":"/"})") + "," +
                                   change("aws_iam_user_policy_attachment", R"({"user":"u","policy_arn":"arn:aws:iam::aws:policy/ReadOnlyAccess"})"));
  EXPECT_TRUE(gaps_of(text).starts_with("missing arn:aws:iam::111122223333:user/u ")) << gaps_of(text);
}

TEST(Terraform, AReferenceThatIsNotTheWholeExpressionConnectsNothing) {
  const std::string role = change("aws_iam_role", R"({"name":"r","path":"/","assume_role_policy":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sts:AssumeRole\"}}"})");
  const std::string policy = change("aws_iam_role_policy", R"({"name":"p","policy":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}"})", R"({"role":true})");
  const auto with = [&](const char* references) {
    return load_text(plan_of(role + "," + policy, fmt::format(R"({{"address":"aws_iam_role_policy.x","mode":"managed","type":"aws_iam_role_policy","name":"x","expressions":{{"role":{{"references":{}}},"policy":{{}}}}}})", references)));
  };
  const auto exact = with(R"(["aws_iam_role.x.id","aws_iam_role.x"])"), mixed = with(R"(["var.which","aws_iam_role.x.id","aws_iam_role.x"])");
  ASSERT_TRUE(exact && mixed);
  EXPECT_EQ(exact->estate->principal("arn:aws:iam::111122223333:role/r")->identity.size(), 1u);
  EXPECT_EQ(testing::describe(exact->gaps), "");
  EXPECT_EQ(mixed->estate->principal("arn:aws:iam::111122223333:role/r")->identity.size(), 0u);
  EXPECT_TRUE(testing::describe(mixed->gaps).starts_with("placeholder 111122223333 "));
}

// A plan of policies `p["a"]` and `p["b"]`, which are attached to a user by what `attachment` says of `policy_arn`.
std::string attached_by(const std::string& expression, const std::string& for_each) {
  const auto instance = [](const char* type, const char* name, const char* key, const std::string& after, const char* unknown) {
    return fmt::format(R"({{"address":"{0}.{1}[\"{2}\"]","mode":"managed","type":"{0}","name":"{1}","index":"{2}","change":{{"actions":["create"],"before":null,"after":{3},"after_unknown":{4}}}}})", type, name, key, after, unknown);
  };
  std::string changes = change("aws_iam_user", R"({"name":"u","path":"/"})");
  for (const char* key : {"a", "b"}) {
    changes += "," + instance("aws_iam_policy", "p", key, fmt::format(R"({{"name":"{}","path":"/","policy":"{{\"Version\":\"2012-10-17\",\"Statement\":{{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}}}}"}})", key), R"({"arn":true})");
  }
  changes += "," + instance("aws_iam_user_policy_attachment", "at", "b", R"({"user":"u"})", R"({"policy_arn":true})");
  const auto loaded = load_text(plan_of(changes, fmt::format(R"({{"address":"aws_iam_user_policy_attachment.at","mode":"managed","type":"aws_iam_user_policy_attachment","name":"at","expressions":{{"policy_arn":{{"references":{}}}}},"for_each_expression":{{"references":{}}}}},)"
                                                                   R"({{"address":"aws_iam_policy.p","mode":"managed","type":"aws_iam_policy","name":"p","expressions":{{}},"for_each_expression":{{}}}})", expression, for_each)));
  if (!loaded) return loaded.error().message;
  if (!loaded->gaps.empty()) return testing::describe(loaded->gaps);
  return loaded->estate->principal("arn:aws:iam::111122223333:user/u")->identity.at(0).name;
}

TEST(Terraform, AnInstanceIsConnectedToTheInstanceOfItsKeyAndToNoOther) {
  const std::string p_b = "arn:aws:iam::111122223333:policy/b";
  EXPECT_EQ(attached_by(R"(["aws_iam_policy.p","each.key"])", R"(["var.all"])"), p_b);                    // p[each.key].arn
  EXPECT_EQ(attached_by(R"(["each.value.arn","each.value"])", R"(["aws_iam_policy.p"])"), p_b);           // for_each = aws_iam_policy.p
  EXPECT_EQ(attached_by(R"(["aws_iam_policy.p[\"b\"].arn","aws_iam_policy.p[\"b\"]","aws_iam_policy.p"])", R"([])"), p_b);
  EXPECT_EQ(attached_by(R"(["each.value"])", R"(["aws_iam_policy.p[\"b\"].arn","aws_iam_policy.p[\"b\"]","aws_iam_policy.p"])"), p_b);  // for_each = {b = p["b"].arn}
  for (const auto& [expression, for_each] : {std::pair(R"(["aws_iam_policy.p","var.x","each.key"])", R"([])"), {R"(["aws_iam_policy.q","each.key"])", R"([])"},
                                             {R"(["each.value.arn","each.value"])", R"(["aws_iam_policy.p","aws_iam_policy.q"])"}, {R"(["each.value"])", R"(["aws_iam_policy.p","var.more"])"},
                                             {R"(["aws_iam_policy.p"])", R"([])"}, {R"(["each.key"])", R"([])"}}) {
    EXPECT_TRUE(attached_by(expression, for_each).starts_with("placeholder arn:aws:iam::111122223333:user/u ")) << expression << attached_by(expression, for_each);
  }
}

TEST(Terraform, AnOrganisationHasItsTreeAndItsPolicies) {
  const std::string scp = R"("{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"iam:*\",\"Resource\":\"*\"}}")";
  const auto resource = [](const char* type, const char* name, const std::string& values) {
    return fmt::format(R"({{"address":"{0}.{1}","mode":"managed","type":"{0}","name":"{1}","values":{2}}})", type, name, values);
  };
  const std::string head = resource("aws_organizations_organization", "o", R"({"id":"o-a1b2c3d4e5","master_account_id":"999988887777","enabled_policy_types":["SERVICE_CONTROL_POLICY"],"roots":[{"id":"r-ab12"}],"accounts":[{"id":"999988887777","name":"management"},{"id":"111122223333","name":"app"}]})");
  const std::string tree = resource("aws_organizations_organizational_unit", "u", R"({"id":"ou-ab12-11111111","name":"work","parent_id":"r-ab12"})") + "," +
                           resource("aws_organizations_account", "a", R"({"id":"111122223333","name":"app","parent_id":"ou-ab12-11111111"})");
  const std::string attached = resource("aws_organizations_policy", "p", R"({"id":"p-1","arn":"arn:aws:organizations::999988887777:policy/o-a1b2c3d4e5/service_control_policy/p-1","type":"SERVICE_CONTROL_POLICY","content":)" + scp + "}") + "," +
                               resource("aws_organizations_policy_attachment", "t", R"({"policy_id":"p-1","target_id":"ou-ab12-11111111"})");
  const auto state = [](const std::string& resources) { return R"({"format_version":"1.0","terraform_version":"1.11.4","values":{"root_module":{"resources":[)" + resources + "]}}}"; };
  const auto loaded = load_text(state(head + "," + tree + "," + attached));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(testing::describe(loaded->gaps), "");
  const estate::Account* app = loaded->estate->account(account);
  ASSERT_NE(app, nullptr);
  EXPECT_EQ(app->org_path, "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/");
  ASSERT_EQ(app->scps.size(), 3u);
  EXPECT_EQ(app->scps.data()[1].policies.size(), 2u);  // FullAWSAccess as well
  EXPECT_TRUE(app->rcps.empty());
  EXPECT_TRUE(loaded->estate->account("999988887777")->scps.empty());

  const std::string circle = resource("aws_organizations_organizational_unit", "u", R"({"id":"ou-1","parent_id":"ou-2"})") + "," + resource("aws_organizations_organizational_unit", "v", R"({"id":"ou-2","parent_id":"ou-1"})");
  EXPECT_EQ(error_of(state(circle)), "the organisation's tree has a cycle at `ou-1`");
  const File file{"s", state(head)};
  const auto other = load_terraform({&file, 1}, {.organization = "o-other12345"});
  ASSERT_FALSE(other);
  EXPECT_TRUE(other.error().message.contains("`o-other12345` was expected"));
}

TEST(Terraform, WhatThePlanDeletesIsGone) {
  const std::string role = R"({"address":"aws_iam_role.x","mode":"managed","type":"aws_iam_role","name":"x","change":{"actions":["no-op"],"after":{"name":"r","path":"/","arn":"arn:aws:iam::111122223333:role/r","assume_role_policy":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sts:AssumeRole\"}}","inline_policy":[{"name":"p","policy":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}"}]},"after_unknown":{}}})";
  const std::string gone = R"({"address":"aws_iam_role_policy.x","mode":"managed","type":"aws_iam_role_policy","name":"x","change":{"actions":["delete"],"before":{"name":"p","role":"r"},"after":null,"after_unknown":{}}})";
  const auto before = load_text(plan_of(role)), after = load_text(plan_of(role + "," + gone));
  ASSERT_TRUE(before && after);
  EXPECT_EQ(before->estate->principal("arn:aws:iam::111122223333:role/r")->identity.size(), 1u);
  EXPECT_EQ(after->estate->principal("arn:aws:iam::111122223333:role/r")->identity.size(), 0u);
}

TEST(Terraform, RefusesWhatIsNoPlanOrState) {
  EXPECT_TRUE(error_of("{\"format_version\":\"1.2\",").contains("cannot read `plan.json`: line 1, column "));
  EXPECT_TRUE(error_of("PK\x03\x04").contains("give what `terraform show -json plan.json` prints"));
  EXPECT_TRUE(error_of(R"({"version":4,"lineage":"x","resources":[]})").contains("a state in Terraform's own form"));
  EXPECT_TRUE(error_of("{}").contains("has no `format_version`"));
  EXPECT_TRUE(error_of("[]").contains("is no JSON object"));
  EXPECT_TRUE(error_of(R"({"format_version":"2.0","values":{}})").contains("has the format version `2.0`"));
  EXPECT_TRUE(error_of(R"({"format_version":"1.0","terraform_version":"1","x":1})").contains("neither `planned_values` nor `values`"));
  EXPECT_TRUE(error_of(R"({"format_version":"1.0"})") == "accepted");
  const auto nobody = load_text(R"({"format_version":"1.0"})", "");
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().message, "these files name no account: say which one they are deployed to, with `--account`");
}

TEST(Terraform, APlanThatFailedIsAGapOfEverything) {
  EXPECT_TRUE(gaps_of(R"({"format_version":"1.2","planned_values":{},"errored":true})").starts_with("truncated * plan.json:1:1 "));
}

}  // namespace
}  // namespace ringwall::loaders
