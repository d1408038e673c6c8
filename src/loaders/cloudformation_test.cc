#include <gtest/gtest.h>

#include <fmt/format.h>

#include "loaders/detail/cloudformation_template.h"
#include "loaders/testing_declared.h"

namespace ringwall::loaders {
namespace {

constexpr const char* account = "111122223333";

Result<Loaded> load_text(std::string text) {
  const File file{"stack.yaml", std::move(text)};
  return load_cloudformation({&file, 1}, {.default_account = account});
}

std::string gaps_of(std::string text) {
  const auto loaded = load_text(std::move(text));
  return loaded ? testing::describe(loaded->gaps) : loaded.error().message;
}

// A value in a bucket policy, as the functions make it; or the gap's message.
std::string value_of(const std::string& expression, const std::string& sections = "") {
  const auto loaded = load_text(sections + "\nResources:\n  P:\n    Type: AWS::S3::BucketPolicy\n    Properties:\n      Bucket: b\n      PolicyDocument:\n        Version: 2012-10-17\n        Statement: {Sid: A, Effect: Deny, Principal: '*', Action: 's3:*', Resource: '*', Condition: {StringEquals: {'aws:PrincipalOrgID': " + expression + "}}}\n" +
                                "  Named: {Type: AWS::S3::Bucket, Properties: {BucketName: named}}\n  Drawn: {Type: AWS::S3::Bucket}\n");
  if (!loaded) return loaded.error().message;
  if (!loaded->gaps.empty()) return loaded->gaps.front().message;
  const auto json = text::parse_json(loaded->estate->resources.find("arn:aws:s3:::b")->policy->document->source());
  return (*json)["Statement"]["Condition"]["StringEquals"]["aws:PrincipalOrgID"].dump();
}

TEST(CloudFormation, JsonAndYamlAndTerraformMakeTheSameEstate) {
  const File yaml = testing::test_file("cloudformation.yaml"), json = testing::test_file("cloudformation.json"), plan = testing::test_file("terraform_plan.json");
  const Options options{.default_account = account};
  const auto from_yaml = load_cloudformation({&yaml, 1}, options), from_json = load_cloudformation({&json, 1}, options), from_plan = load_terraform({&plan, 1}, options);
  ASSERT_TRUE(from_yaml) << from_yaml.error().message;
  ASSERT_TRUE(from_json) << from_json.error().message;
  ASSERT_TRUE(from_plan) << from_plan.error().message;
  EXPECT_EQ(testing::describe(from_yaml->gaps), "");
  EXPECT_EQ(testing::describe(*from_yaml->estate), testing::describe(*from_json->estate));
  EXPECT_EQ(testing::without_stand_ins(testing::describe(*from_yaml->estate)), testing::without_stand_ins(testing::describe(*from_plan->estate)));
}

TEST(CloudFormation, ADocumentWithoutFunctionsIsVerbatimInJson) {
  const File json = testing::test_file("cloudformation.json"), yaml = testing::test_file("cloudformation.yaml");
  const Options options{.default_account = account};
  const auto loaded = load_cloudformation({&json, 1}, options), other = load_cloudformation({&yaml, 1}, options);
  ASSERT_TRUE(loaded && other);
  const auto& trust = loaded->estate->principal("arn:aws:iam::111122223333:role/service/app")->trust;
  const Source& source = loaded->sources.at(trust->document.get());
  EXPECT_TRUE(source.verbatim);
  EXPECT_EQ(json.text.substr(source.offset, trust->document->source().size()), trust->document->source());
  const auto& same = other->estate->principal("arn:aws:iam::111122223333:role/service/app")->trust;
  EXPECT_FALSE(other->sources.at(same->document.get()).verbatim);
  EXPECT_EQ(yaml.text.substr(other->sources.at(same->document.get()).offset, 8), "Version:");
}

TEST(CloudFormation, FunctionsAreEvaluatedAsFarAsTheTemplateDecides) {
  const std::string parameters = "Parameters: {A: {Type: String, Default: x}, L: {Type: CommaDelimitedList, Default: 'a, b'}, N: {Type: String}}\n"
                                 "Mappings: {M: {k: {v: [one, two]}}}\n";
  EXPECT_EQ(value_of("!Ref A", parameters), R"("x")");
  EXPECT_EQ(value_of("!Ref L", parameters), R"(["a","b"])");
  EXPECT_EQ(value_of("!Select [1, !Ref L]", parameters), R"("b")");
  EXPECT_EQ(value_of("!Sub 'arn:${AWS::Partition}:${A}:${AWS::Region}:${AWS::AccountId}:${!aws:username}'", parameters), R"("arn:aws:x:us-east-1:111122223333:${aws:username}")");
  EXPECT_EQ(value_of("!Sub ['${y}-${A}', {y: !Ref A}]", parameters), R"("x-x")");
  EXPECT_EQ(value_of("!Join ['-', [a, !Ref A]]", parameters), R"("a-x")");
  EXPECT_EQ(value_of("!Split [',', 'a,b']"), R"(["a","b"])");
  EXPECT_EQ(value_of("!FindInMap [M, k, v]", parameters), R"(["one","two"])");
  EXPECT_EQ(value_of("!GetAtt Named.Arn"), R"("arn:aws:s3:::named")");
  EXPECT_EQ(value_of("!Ref Named"), R"("named")");
  EXPECT_EQ(value_of("[a, !Ref AWS::NoValue]"), R"(["a"])");
}

TEST(CloudFormation, WhatTheTemplateDoesNotDecideIsSaid) {
  EXPECT_EQ(value_of("!Ref N", "Parameters: {N: {Type: String}}"), "the parameter `N` has no default");
  EXPECT_EQ(value_of("!Ref S", "Parameters: {S: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /x}}"), "the parameter `S` is kept in Systems Manager");
  EXPECT_EQ(value_of("!GetAtt Drawn.Arn"), "the name of `Drawn` is known only when the stack is made");
  EXPECT_EQ(value_of("!Ref AWS::StackName"), "`AWS::StackName` is known only when the stack is made");
  EXPECT_EQ(value_of("!ImportValue x"), "`Fn::ImportValue` is another stack's");
  EXPECT_EQ(value_of("!Cidr [a, 1, 2]"), "`Fn::Cidr` is not evaluated");
  EXPECT_EQ(value_of("{'Fn::Wrong': x}"), "`Fn::Wrong` is not evaluated");
  EXPECT_EQ(value_of("!Ref Nobody"), "there is no `Nobody` in this template");
  EXPECT_EQ(value_of("!Sub 'a-${aws:username}'"), "there is no `aws:username` in this template");
  EXPECT_EQ(value_of("!FindInMap [M, a, b]"), "the mapping `M` is not there");
}

TEST(CloudFormation, ConditionsDecideWhatTheyCan) {
  const std::string conditions = "Parameters: {A: {Type: String, Default: x}, N: {Type: String}}\nConditions:\n  Yes: !Equals [!Ref A, x]\n  No: !Not [!Condition Yes]\n"
                                 "  Unknown: !Equals [!Ref N, x]\n  Either: !Or [!Condition Unknown, !Condition Yes]\n  Both: !And [!Condition Unknown, !Condition Yes]\n"
                                 "  A: !Not [!Condition B]\n  B: !Not [!Condition A]\n";
  EXPECT_EQ(value_of("!If [Yes, a, b]", conditions), R"("a")");
  EXPECT_EQ(value_of("!If [No, a, b]", conditions), R"("b")");
  EXPECT_EQ(value_of("!If [Either, a, b]", conditions), R"("a")");
  EXPECT_EQ(value_of("!If [Both, a, b]", conditions), "whether the condition `Both` holds is not known");
  EXPECT_TRUE(value_of("!If [A, a, b]", conditions).contains("depends on itself in a circle"));
}

TEST(CloudFormation, NamesThatReferToEachOtherInACircleAreSaid) {
  const std::string gaps = gaps_of("Resources:\n  A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref B}}\n  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub 'x${A}'}}\n");
  EXPECT_TRUE(gaps.contains("refers to itself in a circle")) << gaps;
}

TEST(CloudFormation, ANameThatNothingCanHaveGetsAStandInAndIsAGap) {
  const auto loaded = load_text("Resources:\n  B: {Type: AWS::S3::Bucket, Properties: {BucketName: '${AWS::StackName}-logs'}}\n  All: {Type: AWS::S3::Bucket, Properties: {BucketName: '*'}}\n"
                                "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${B}'}}\n"
                                "  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, Path: '/${AWS::StackName}/', AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: {Effect: Deny, Principal: '*', Action: 'sts:*'}}}}\n"
                                "  P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: '${AWS::StackName}-logs', PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Deny, Principal: '*', Action: 's3:*', Resource: '*'}}}}\n");
  ASSERT_TRUE(loaded) << loaded.error().message;
  std::string arns;
  loaded->estate->resources.for_each([&](const estate::Resource& resource) { arns += resource.arn + " "; });
  EXPECT_EQ(arns, "arn:aws:s3:::(All) arn:aws:s3:::(B) arn:aws:sqs:us-east-1:111122223333:(Q) ");
  EXPECT_NE(loaded->estate->principal("arn:aws:iam::111122223333:role/r"), nullptr);
  const std::string gaps = testing::describe(loaded->gaps);
  EXPECT_TRUE(gaps.contains("unreadable arn:aws:s3:::(B) stack.yaml:2:6 the name `${AWS::StackName}-logs` of `B` is none that AWS takes, for `${AWS::StackName}` is in it: `Fn::Sub` fills it in")) << gaps;
  EXPECT_TRUE(gaps.contains("stack.yaml:3:8 the name `*` of `All` is none that AWS takes, for `*` is in it\n")) << gaps;
  EXPECT_TRUE(gaps.contains("stack.yaml:4:6 the name `${AWS::StackName}-logs` of `B` is none")) << gaps;
  EXPECT_TRUE(gaps.contains("the path `/${AWS::StackName}/` of `R` is none that AWS takes")) << gaps;
  EXPECT_TRUE(gaps.contains("placeholder 111122223333 stack.yaml:6:57 `${AWS::StackName}-logs` names nothing of AWS's")) << gaps;
}

TEST(CloudFormation, AChainOfReferencesHasALimitThatHolds) {
  const auto chain = [](std::size_t length) {
    std::string text = "Resources:\n";
    for (std::size_t i = 0; i < length; ++i) text += fmt::format("  B{}: {{Type: AWS::S3::Bucket, Properties: {{BucketName: {}}}}}\n", i, i + 1 < length ? fmt::format("!Ref B{}", i + 1) : "end");
    return gaps_of(text);
  };
  EXPECT_EQ(chain(declared::cloudformation_references_max).find("more than 64 references"), std::string::npos);
  EXPECT_NE(chain(declared::cloudformation_references_max + 1).find("more than 64 references"), std::string::npos);
}

TEST(CloudFormation, TextsThatGrowHaveALimitThatHolds) {
  // Each name is twice the next, and the last has 1,024 characters: 2^10 of those are the limit.
  const auto doubled = [](std::size_t times, std::size_t last) {
    std::string text = "Resources:\n";
    for (std::size_t i = 0; i < times; ++i) text += fmt::format("  B{0}: {{Type: AWS::S3::Bucket, Properties: {{BucketName: !Sub '${{B{1}}}${{B{1}}}'}}}}\n", i, i + 1);
    text += fmt::format("  B{}: {{Type: AWS::S3::Bucket, Properties: {{BucketName: {}}}}}\n", times, std::string(last, 'x'));
    text += "  P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref B0, PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Deny, Principal: '*', Action: 's3:*', Resource: '*'}}}}\n";
    return load_text(text);
  };
  const auto at = doubled(10, 1024), past = doubled(10, 1025);
  ASSERT_TRUE(at && past);
  EXPECT_TRUE(at->estate->resources.contains("arn:aws:s3:::" + std::string(declared::cloudformation_text_max, 'x')));
  EXPECT_TRUE(past->estate->resources.contains("arn:aws:s3:::(B0)"));
}

TEST(CloudFormation, APlaceInAPolicyIsItsPlaceInTheFile) {
  const std::string gaps = gaps_of("Resources:\n  P:\n    Type: AWS::S3::BucketPolicy\n    Properties:\n      Bucket: b\n      PolicyDocument:\n        Version: 2012-10-17\n        Statement:\n"
                                   "          - Effect: Deny\n            Principal: '*'\n            Action: s3:*\n            Ressource: '*'\n");
  EXPECT_TRUE(gaps.starts_with("unreadable arn:aws:s3:::b stack.yaml:12:13 this policy cannot be read: ")) << gaps;
}

TEST(CloudFormation, WhatIsNotUnderstoodIsNamed) {
  EXPECT_EQ(gaps_of("Transform: AWS::Serverless-2016-10-31\nResources: {}\n").find("unsupported 111122223333 stack.yaml:1:12 the macro `AWS::Serverless-2016-10-31` is not evaluated"), 0u);
  EXPECT_EQ(gaps_of("Transform: AWS::LanguageExtensions\nResources: {}\n"), "");
  EXPECT_TRUE(gaps_of("Resources:\n  V: {Type: AWS::Backup::BackupVault, Properties: {AccessPolicy: {Statement: []}}}\n").contains("`V` is of the type `AWS::Backup::BackupVault`, whose policy is not evaluated"));
  EXPECT_TRUE(gaps_of("Resources:\n  S: {Type: AWS::CloudFormation::Stack}\n").starts_with("unsupported 111122223333 "));
  EXPECT_TRUE(gaps_of("Resources:\n  B: {Type: AWS::S3::Bucket, Properties: {BucketName: b, AccessControl: PublicRead}}\n").starts_with("unsupported arn:aws:s3:::b "));
  EXPECT_EQ(gaps_of("Resources:\n  Q: {Type: AWS::EC2::Instance}\n"), "");
}

TEST(CloudFormation, APolicyForARoleOfElsewhereIsAGapOfThatRole) {
  const std::string text = "Resources:\n  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [other], PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Action: '*', Resource: '*'}}}}\n";
  EXPECT_TRUE(gaps_of(text).starts_with("missing arn:aws:iam::111122223333:role/other ")) << gaps_of(text);
}

TEST(CloudFormation, RefusesWhatIsNoTemplate) {
  EXPECT_EQ(gaps_of("a: 1"), "`stack.yaml` has no `Resources`: it is no CloudFormation template");
  EXPECT_EQ(gaps_of("Resources:\n  A: {Properties: {}}\n"), "`stack.yaml`, line 2, column 3: the resource `A` has no `Type`");
  EXPECT_TRUE(gaps_of(R"({"Resources": {"A": )").starts_with("cannot read `stack.yaml`: line 1, column "));
  EXPECT_TRUE(gaps_of(R"({"Resources": {"A": {"Type": "x"}, "A": {"Type": "x"}}})").contains("the key `A` stands here a second time"));
  EXPECT_TRUE(gaps_of("Resources:\n  A: {Type: x}\n  A: {Type: x}\n").contains("line 3, column 3: the key `A` stands here a second time"));
  EXPECT_TRUE(gaps_of("Resources: !Wrong a").contains("the tag `!Wrong` is none of CloudFormation's"));
  const File file{"stack.yaml", "Resources: {}"};
  const auto nobody = load_cloudformation({&file, 1}, {});
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().message, "a template names no account: say which one its stack is made in, with `--account`");
}

}  // namespace
}  // namespace ringwall::loaders
