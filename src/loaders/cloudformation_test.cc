#include <gtest/gtest.h>

#include <fmt/format.h>

#include <set>

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
std::string value_of(const std::string& expression, const std::string& sections = "", const std::string& resources = "") {
  const auto loaded = load_text(sections + "\nResources:\n  P:\n    Type: AWS::S3::BucketPolicy\n    Properties:\n      Bucket: b\n      PolicyDocument:\n        Version: 2012-10-17\n        Statement: {Sid: A, Effect: Deny, Principal: '*', Action: 's3:*', Resource: '*', Condition: {StringEquals: {'aws:PrincipalOrgID': " + expression + "}}}\n" +
                                "  Named: {Type: AWS::S3::Bucket, Properties: {BucketName: named}}\n  Drawn: {Type: AWS::S3::Bucket}\n" + resources);
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
  EXPECT_EQ(value_of("!Ref N", "Parameters: {N: {Type: String}}"), "the parameter `N` has no default: give it with `--parameter N=VALUE`");
  EXPECT_EQ(value_of("!Ref S", "Parameters: {S: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /x}}"), "the parameter `S` is kept in Systems Manager");
  EXPECT_EQ(value_of("!GetAtt Drawn.RegionalDomainName"), "`RegionalDomainName` of `Drawn` is known only when the stack is made");
  EXPECT_EQ(value_of("!Ref AWS::StackName"), "`AWS::StackName` is known only when the stack is made: give it with `--parameter AWS::StackName=VALUE`");
  EXPECT_EQ(value_of("!ImportValue x"), "`x` is what another stack exports: give its template too");
  EXPECT_EQ(value_of("!Cidr [a, 1, 2]"), "`Fn::Cidr` is not evaluated");
  EXPECT_EQ(value_of("{'Fn::Wrong': x}"), "`Fn::Wrong` is not evaluated");
  EXPECT_EQ(value_of("!Ref Nobody"), "there is no `Nobody` in this template");
  EXPECT_EQ(value_of("!Sub 'a-${aws:username}'"), "there is no `aws:username` in this template");
  EXPECT_EQ(value_of("!FindInMap [M, a, b]"), "the mapping `M` is not there");
}

TEST(CloudFormation, ANameThatAwsDrawsIsItsStandInAlsoWithinATextAndNothingIsMadeOfIt) {
  EXPECT_EQ(value_of("!Ref Drawn"), "\"(Drawn)\"");
  EXPECT_EQ(value_of("!GetAtt Drawn.Arn"), "\"arn:aws:s3:::(Drawn)\"");
  EXPECT_EQ(value_of("!Sub '${Drawn.Arn}/*'"), "\"arn:aws:s3:::(Drawn)/*\"");
  EXPECT_EQ(value_of("!Join ['', [!GetAtt Drawn.Arn, /x]]"), "\"arn:aws:s3:::(Drawn)/x\"");
  const std::string made = "what this makes of a name that AWS draws is known only when the stack is made";
  EXPECT_EQ(value_of("!Select [0, !Split ['-', !Ref Drawn]]"), made);
  EXPECT_EQ(value_of("!FindInMap [M, !Ref Drawn, v]", "Mappings: {M: {k: {v: x}}}"), made);
  EXPECT_EQ(value_of("!If [C, a, b]", "Conditions: {C: !Equals [!Ref Drawn, '(Drawn)']}"), "whether the condition `C` holds is not known");
}

TEST(CloudFormation, APolicyOfABucketWhoseNameIsDrawnIsThatBuckets) {
  const auto loaded = load_text("Resources:\n  B: {Type: AWS::S3::Bucket}\n  S: {Type: AWS::SecretsManager::Secret, Properties: {Name: db}}\n  L: {Type: AWS::Logs::LogGroup}\n"
                                "  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Principal: {AWS: !GetAtt U.Arn}, Action: 'sts:AssumeRole'}}, "
                                "Policies: [{PolicyName: p, PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Action: '*', Resource: [!Ref S, !GetAtt L.Arn, !Sub '${B.Arn}/*']}}}]}}\n"
                                "  U: {Type: AWS::IAM::User}\n"
                                "  P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref B, PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Deny, Principal: {AWS: !GetAtt R.Arn}, Action: 's3:*', Resource: !Sub '${B.Arn}/*'}}}}\n");
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(testing::describe(loaded->gaps), "");
  const estate::Resource* bucket = loaded->estate->resources.find("arn:aws:s3:::(B)");
  ASSERT_NE(bucket, nullptr);
  ASSERT_TRUE(bucket->policy.has_value());
  EXPECT_TRUE(bucket->policy->document->source().contains("arn:aws:iam::111122223333:role/(R)")) << bucket->policy->document->source();
  EXPECT_NE(loaded->estate->resources.find("arn:aws:secretsmanager:us-east-1:111122223333:secret:db-000000"), nullptr);
  const std::string& identity = loaded->estate->principal("arn:aws:iam::111122223333:role/(R)")->identity.at(0).document->source();
  EXPECT_TRUE(identity.contains("secret:db-000000") && identity.contains("log-group:(L):*")) << identity;
}

TEST(CloudFormation, WhatHasNoPolicyHereIsNamedByItsArnWhereThatIsKnown) {
  const auto named = [](const std::string& expression) {
    return value_of(expression, "", "  Rule: {Type: AWS::Events::Rule, Properties: {Name: r}}\n  OnBus: {Type: AWS::Events::Rule, Properties: {Name: r, EventBusName: b}}\n"
                                    "  Git: {Type: AWS::IAM::OIDCProvider, Properties: {Url: 'https://token.actions.githubusercontent.com'}}\n  Saml: {Type: AWS::IAM::SAMLProvider, Properties: {Name: s}}\n"
                                    "  T: {Type: AWS::DynamoDB::Table, Properties: {TableName: t}}\n  Api: {Type: AWS::ApiGateway::RestApi}\n");
  };
  EXPECT_EQ(named("!GetAtt Rule.Arn"), R"("arn:aws:events:us-east-1:111122223333:rule/r")");
  EXPECT_EQ(named("!GetAtt OnBus.Arn"), "the ARN of `OnBus` is known only when the stack is made");
  EXPECT_EQ(named("!Ref Git"), R"("arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com")");
  EXPECT_EQ(named("!Ref Saml"), R"("arn:aws:iam::111122223333:saml-provider/s")");
  EXPECT_EQ(named("!GetAtt T.Arn"), R"("arn:aws:dynamodb:us-east-1:111122223333:table/t")");
  EXPECT_EQ(named("!GetAtt T.StreamArn"), "\"arn:aws:dynamodb:us-east-1:111122223333:table/t/stream/(T.stream)\"");
  EXPECT_EQ(named("!Sub 'arn:aws:execute-api:us-east-1:111122223333:${Api}/*'"), "\"arn:aws:execute-api:us-east-1:111122223333:(Api)/*\"");
  EXPECT_EQ(named("!GetAtt Api.Arn"), "the ARN of `Api` is known only when the stack is made");
}

TEST(CloudFormation, ParametersThatAreGivenGoBeforeDefaults) {
  const File file{"stack.yaml", "Parameters: {A: {Type: String, Default: x}, L: {Type: CommaDelimitedList}, N: {Type: String}, S: {Type: 'AWS::SSM::Parameter::Value<String>'}}\nResources:\n"
                                "  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub '${AWS::StackName}-${A}-${N}'}}\n"
                                "  P: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: !Ref L, PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Deny, Principal: '*', Action: 'sqs:*', Resource: '*'}}}}\n"
                                "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref S}}\n"};
  Options options{.default_account = account};
  options.parameters = {{"A", "y"}, {"N", "n"}, {"AWS::StackName", "prod"}, {"L", "https://sqs.us-east-1.amazonaws.com/111122223333/one,https://sqs.us-east-1.amazonaws.com/111122223333/two"}, {"S", "/name"}, {"Nobodys", "z"}};
  const auto loaded = load_cloudformation({&file, 1}, options);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_TRUE(loaded->estate->resources.contains("arn:aws:s3:::prod-y-n"));
  EXPECT_TRUE(loaded->estate->resources.contains("arn:aws:sqs:us-east-1:111122223333:one"));
  EXPECT_TRUE(loaded->estate->resources.contains("arn:aws:sqs:us-east-1:111122223333:two"));
  EXPECT_TRUE(loaded->estate->resources.contains("arn:aws:sqs:us-east-1:111122223333:(Q)")) << "what is kept in Systems Manager is not what was given";
  EXPECT_EQ(loaded->parameters, (std::set<std::string>{"A", "AWS::StackName", "L", "N", "S"}));
}

TEST(CloudFormation, APolicyOfAwsIsReadWhereItsTextIsGivenOrStandsBeside) {
  const File file{"stack.yaml", "Resources:\n  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/Basic', 'arn:aws:iam::aws:policy/Plain', 'arn:aws:iam::111122223333:policy/Plain'], "
                                "AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: {Effect: Deny, Principal: '*', Action: 'sts:*'}}}}\n"};
  Options options{.default_account = account};
  const std::string document = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]})";
  options.managed_policies = {{"policies/Basic.json", R"({"PolicyVersion":{"VersionId":"v1","Document":)" + document + "}}"}, {"Plain", document}};
  const auto loaded = load_cloudformation({&file, 1}, options);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(testing::describe(loaded->gaps), "missing arn:aws:iam::111122223333:role/r stack.yaml:2:74 the policy `arn:aws:iam::111122223333:policy/Plain` is attached, and is not in these files: lay this over an export of its account\n");
  const estate::Principal* role = loaded->estate->principal("arn:aws:iam::111122223333:role/r");
  ASSERT_EQ(role->identity.size(), 3u);
  EXPECT_EQ(loaded->estate->managed_policy("arn:aws:iam::aws:policy/service-role/Basic")->source(), document);
  EXPECT_EQ(loaded->sources.at(loaded->estate->managed_policy("arn:aws:iam::aws:policy/service-role/Basic").get()).path, "policies/Basic.json");

  Options beside{.default_account = account, .beside = loaded->estate};
  const auto again = load_cloudformation({&file, 1}, beside);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->gaps.size(), 1u);
  const auto nothing = load_cloudformation({&file, 1}, {.default_account = account});
  EXPECT_TRUE(testing::describe(nothing->gaps).contains("`arn:aws:iam::aws:policy/Plain` is attached, and is not in these files: give its text with `--managed-policies DIR`"));
  options.managed_policies = {{"Plain", "{\"Version\": 5}"}, {"Basic", "no JSON"}};
  const std::string broken = testing::describe(load_cloudformation({&file, 1}, options)->gaps);
  EXPECT_TRUE(broken.contains("arn:aws:iam::111122223333:role/r Plain:1:13 this policy cannot be read")) << broken;
  EXPECT_TRUE(broken.contains("arn:aws:iam::111122223333:role/r Basic:1:1 this policy cannot be read: line 1, column 1")) << broken;
}

TEST(CloudFormation, ARepositorysPolicyNeedsToNameNoResource) {
  const std::string text = "Resources:\n  E: {Type: AWS::ECR::Repository, Properties: {RepositoryName: e, RepositoryPolicyText: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: '*', Action: 'ecr:BatchGetImage'}]}}}\n";
  const auto loaded = load_text(text);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(testing::describe(loaded->gaps), "");
  EXPECT_TRUE(loaded->estate->resources.find("arn:aws:ecr:us-east-1:111122223333:repository/e")->policy->document->source().contains(R"("Resource":"*")"));
}

TEST(CloudFormation, PermissionsOfAFunctionAddUpAndOneThatIsNotKnownTakesNothingAway) {
  const std::string permission = "Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref F, Action: 'lambda:InvokeFunction', ";
  const auto loaded = load_text("Parameters: {A: {Type: String}, B: {Type: String}}\nResources:\n  F: {Type: AWS::Lambda::Function}\n  One: {" + permission + "Principal: '*'}}\n  Two: {" + permission +
                                "Principal: s3.amazonaws.com, SourceAccount: !Ref A}}\n  Three: {" + permission + "Principal: s3.amazonaws.com, SourceAccount: !Ref B}}\n");
  ASSERT_TRUE(loaded) << loaded.error().message;
  const std::string gaps = testing::describe(loaded->gaps);
  EXPECT_EQ(loaded->gaps.size(), 2u) << gaps;
  EXPECT_TRUE(gaps.contains("arn:aws:lambda:us-east-1:111122223333:function:(F) stack.yaml:5:8 the parameter `A` has no default")) << gaps;
  EXPECT_FALSE(gaps.contains("replaces")) << gaps;
  EXPECT_TRUE(loaded->estate->resources.find("arn:aws:lambda:us-east-1:111122223333:function:(F)")->policy->document->source().contains(R"("Sid":"One")"));
}

TEST(CloudFormation, APublicAccessBlockThatRestrictsIsCounted) {
  const auto statements = [](const std::string& block, const std::string& principal) {
    const auto loaded = load_text("Parameters: {On: {Type: String}}\nResources:\n  B: {Type: AWS::S3::Bucket, Properties: {BucketName: b" + block + "}}\n"
                                  "  P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref B, PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Principal: " +
                                  principal + ", Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*'}}}}\n");
    EXPECT_TRUE(loaded && loaded->gaps.empty());
    return loaded ? loaded->estate->resources.find("arn:aws:s3:::b")->policy->document->statements() : 0;
  };
  const auto block = [](const std::string& settings) { return ", PublicAccessBlockConfiguration: {" + settings + "}"; };
  EXPECT_EQ(statements("", "'*'"), 1U);
  EXPECT_EQ(statements(block("RestrictPublicBuckets: true"), "'*'"), 2U);
  EXPECT_EQ(statements(block("RestrictPublicBuckets: 'true'"), "'*'"), 2U);
  EXPECT_EQ(statements(block("RestrictPublicBuckets: false"), "'*'"), 1U);
  EXPECT_EQ(statements(block("RestrictPublicBuckets: !Ref On"), "'*'"), 1U);  // not known: not counted
  EXPECT_EQ(statements(block("BlockPublicPolicy: true"), "'*'"), 1U);         // it refuses new ones only
  EXPECT_EQ(statements(block("RestrictPublicBuckets: true"), "{AWS: '999988887777'}"), 1U);
}

TEST(CloudFormation, ANestedStackThatIsBesideIsReadWithWhatItIsGiven) {
  const std::map<std::string, std::string> beside = {
      {"data.yaml", "Parameters: {Name: {Type: String}, Key: {Type: String}, Roles: {Type: CommaDelimitedList}}\nResources:\n  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Name}}\n  D: {Type: AWS::S3::Bucket}\n"
                    "  P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref D, PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Deny, Principal: '*', Action: 's3:*', Resource: !Ref Key}}}}\n"
                    "  M: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: m, Roles: !Ref Roles, PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Action: '*', Resource: '*'}}}}\n"
                    "Outputs: {Arn: {Value: !GetAtt D.Arn}, Never: {Condition: No, Value: x}}\nConditions: {No: !Equals [a, b]}\n"},
      {"loop.yaml", "Resources:\n  L: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: loop.yaml}}\n"}};
  Options options{.default_account = account};
  options.nested = [&](const std::string& from, const std::string& url) -> std::optional<File> {
    EXPECT_TRUE(from == "stack.yaml" || from == "loop.yaml") << from;
    const auto found = beside.find(url);
    return found == beside.end() ? std::nullopt : std::optional(File{found->first, found->second});
  };
  const auto read = [&](const std::string& text) {
    const File file{"stack.yaml", text};
    return load_cloudformation({&file, 1}, options);
  };
  const std::string trust = "AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: {Effect: Deny, Principal: '*', Action: 'sts:*'}}";
  const auto loaded = read("Resources:\n  K: {Type: AWS::KMS::Key}\n  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, " + trust + ", Policies: [{PolicyName: p, PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Action: 's3:*', Resource: !GetAtt Data.Outputs.Arn}}}]}}\n"
                           "  Data: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: data.yaml, Parameters: {Name: inner, Key: !GetAtt K.Arn, Roles: [!Ref R]}}}\n");
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(testing::describe(loaded->gaps), "");
  EXPECT_TRUE(loaded->estate->resources.contains("arn:aws:s3:::inner"));
  const estate::Resource* drawn = loaded->estate->resources.find("arn:aws:s3:::(Data.D)");
  ASSERT_NE(drawn, nullptr);
  EXPECT_TRUE(drawn->policy->document->source().contains("arn:aws:kms:us-east-1:111122223333:key/(K)")) << drawn->policy->document->source();
  EXPECT_EQ(loaded->sources.at(drawn->policy->document.get()).path, "data.yaml");
  const estate::Principal* role = loaded->estate->principal("arn:aws:iam::111122223333:role/r");
  ASSERT_EQ(role->identity.size(), 2u);
  EXPECT_TRUE(role->identity[0].document->source().contains("arn:aws:s3:::(Data.D)")) << role->identity[0].document->source();

  const auto gaps = [&](const std::string& url) { return testing::describe(read("Resources:\n  S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: " + url + "}}\n")->gaps); };
  EXPECT_TRUE(gaps("none.yaml").contains("unsupported 111122223333 stack.yaml:2:6 the stack `S` is not read: the template `none.yaml` of the stack `S` is not beside this one")) << gaps("none.yaml");
  EXPECT_TRUE(gaps("loop.yaml").contains("loop.yaml:2:6 the stack `L` is not read: the stack `L` is behind more than 8 levels of stacks")) << gaps("loop.yaml");
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
  EXPECT_EQ(gaps_of("Transform: Company::Tags\nResources: {}\n").find("unsupported 111122223333 stack.yaml:1:12 the macro `Company::Tags` is not evaluated"), 0u);
  // A macro within a resource may change all that stands beside it.
  EXPECT_TRUE(gaps_of("Resources:\n  B: {Type: AWS::S3::Bucket, Properties: {BucketName: b, 'Fn::Transform': {Name: Company::Open}}}\n").starts_with("unsupported 111122223333 stack.yaml:2:"));
  EXPECT_TRUE(gaps_of("Resources:\n  'Fn::Transform': {Name: AWS::Include}\n").contains("`Fn::Transform` makes resources that are not known"));
  EXPECT_TRUE(gaps_of("Resources:\n  B: {Type: AWS::S3::Bucket, Properties: {'Fn::ForEach::X': [A, [a], {}]}}\n").contains("may change all of it"));
  EXPECT_EQ(gaps_of("Transform: AWS::LanguageExtensions\nResources: {}\n"), "");
  EXPECT_TRUE(gaps_of("Resources:\n  V: {Type: AWS::Backup::BackupVault, Properties: {AccessPolicy: {Statement: []}}}\n").contains("unsupported arn:aws:backup:us-east-1:111122223333:(V) stack.yaml:2:6 `V` is of the type `AWS::Backup::BackupVault`, whose policy is not evaluated"));
  EXPECT_TRUE(gaps_of("Resources:\n  S: {Type: AWS::CloudFormation::Stack}\n").starts_with("unsupported 111122223333 "));
  EXPECT_TRUE(gaps_of("Resources:\n  B: {Type: AWS::S3::Bucket, Properties: {BucketName: b, AccessControl: PublicRead}}\n").starts_with("unsupported arn:aws:s3:::b "));
  EXPECT_EQ(gaps_of("Resources:\n  Q: {Type: AWS::EC2::Instance}\n"), "");
}

TEST(CloudFormation, WhatAnotherStackExportsIsKnownWhereItsTemplateIsGiven) {
  const File user{"user.yaml", "Resources:\n  P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !ImportValue 'data-name', PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Deny, Principal: {AWS: !ImportValue 'data-role'}, Action: 's3:*', Resource: '*'}}}}\n"};
  const File data{"data.yaml", "Parameters: {Stage: {Type: String, Default: data}}\nResources:\n  B: {Type: AWS::S3::Bucket, Properties: {BucketName: books}}\n"
                               "  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: {Effect: Deny, Principal: '*', Action: 'sts:*'}}}}\n"
                               "Outputs:\n  Name: {Value: !Ref B, Export: {Name: !Sub '${Stage}-name'}}\n  Role: {Value: !GetAtt R.Arn, Export: {Name: data-role}}\n"};
  const File circle{"circle.yaml", "Resources: {}\nOutputs: {X: {Value: !ImportValue x, Export: {Name: x}}, Y: {Value: y, Export: {Name: !ImportValue x}}, Z: {Value: z, Export: {Name: data-role}}}\n"};
  const auto policy_of = [](const Result<Loaded>& loaded) {
    const estate::Resource* bucket = loaded ? loaded->estate->resources.find("arn:aws:s3:::books") : nullptr;
    return bucket != nullptr && bucket->policy ? std::string(bucket->policy->document->source()) : std::string();
  };
  const std::vector<File> both = {user, data};
  const auto together = load_cloudformation(both, {.default_account = account});
  ASSERT_TRUE(together);
  EXPECT_EQ(testing::describe(together->gaps), "");
  EXPECT_TRUE(policy_of(together).contains("arn:aws:iam::111122223333:role/r"));
  // Beside, it says what it exports, and makes nothing.
  const auto beside = load_cloudformation({&user, 1}, {.default_account = account, .exporting = {data, user}});
  ASSERT_TRUE(beside);
  EXPECT_EQ(testing::describe(beside->gaps), "");
  EXPECT_TRUE(policy_of(beside).contains("arn:aws:iam::111122223333:role/r"));
  EXPECT_EQ(beside->estate->principals.size(), 0u);
  const auto alone = load_cloudformation({&user, 1}, {.default_account = account});
  ASSERT_TRUE(alone);
  EXPECT_TRUE(testing::describe(alone->gaps).contains("`data-name` is what another stack exports: give its template too"));
  const auto twice = load_cloudformation({&user, 1}, {.default_account = account, .exporting = {data, circle}});
  ASSERT_TRUE(twice);
  EXPECT_TRUE(testing::describe(twice->gaps).contains("`data-role` is exported by several of these templates"));
  const File asks{"asks.yaml", "Resources:\n  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !ImportValue x}}\n"};
  const auto round = load_cloudformation({&asks, 1}, {.default_account = account, .exporting = {circle}});
  ASSERT_TRUE(round);
  EXPECT_TRUE(testing::describe(round->gaps).contains("refers to itself in a circle")) << testing::describe(round->gaps);
}

std::string sam(const std::string& resources) { return "Transform: AWS::Serverless-2016-10-31\nResources:\n" + resources; }

TEST(CloudFormation, AFunctionOfSamHasTheRoleThatTheMacroMakes) {
  const File file{"stack.yaml", "Globals: {Function: {Tracing: Active}}\n" + sam("  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      FunctionName: f\n      Policies:\n        - AmazonS3ReadOnlyAccess\n"
      "        - Version: 2012-10-17\n          Statement: {Effect: Allow, Action: 's3:PutObject', Resource: 'arn:aws:s3:::b/*'}\n"
      "        - !Ref M\n      Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt Q.Arn}}}\n  Q: {Type: AWS::SQS::Queue}\n"
      "  M: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: m, PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Deny, Action: '*', Resource: '*'}}}}\n"
      "  T: {Type: AWS::Serverless::SimpleTable, Properties: {TableName: t}}\n")};
  const std::string text = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"logs:*","Resource":"*"}})";
  std::vector<File> of_aws;
  for (const char* name : {"AWSLambdaBasicExecutionRole", "AWSXRayDaemonWriteAccess", "AWSLambdaSQSQueueExecutionRole", "AmazonS3ReadOnlyAccess"}) of_aws.push_back({std::string(name) + ".json", text});
  const auto loaded = load_cloudformation({&file, 1}, {.default_account = account, .managed_policies = of_aws});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(testing::describe(loaded->gaps), "");
  const estate::Principal* role = loaded->estate->principal("arn:aws:iam::111122223333:role/(FRole)");
  ASSERT_TRUE(role != nullptr && role->trust);
  EXPECT_TRUE(role->trust->document->source().contains("lambda.amazonaws.com"));
  std::set<std::string> names;
  for (const authz::Named& one : role->identity) names.insert(one.name);
  EXPECT_EQ(names, (std::set<std::string>{"arn:aws:iam::111122223333:policy/m", "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
                                          "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole",
                                          "inline policy `FRolePolicy1` of role/(FRole)"}));
  EXPECT_TRUE(loaded->estate->resources.contains("arn:aws:lambda:us-east-1:111122223333:function:f"));
  EXPECT_TRUE(loaded->estate->resources.contains("arn:aws:dynamodb:us-east-1:111122223333:table/t"));
}

TEST(CloudFormation, WhatOfSamIsNotReadIsNamed) {
  const std::string trust = "Role: 'arn:aws:iam::111122223333:role/r', ";
  const auto gaps = [&](const std::string& properties) { return gaps_of(sam("  F: {Type: AWS::Serverless::Function, Properties: {FunctionName: f, " + properties + "}}\n")); };
  EXPECT_EQ(gaps(trust + "Handler: h"), "");
  EXPECT_TRUE(gaps(trust + "Events: {A: {Type: Api, Properties: {Path: /}}}").starts_with("unsupported arn:aws:lambda:us-east-1:111122223333:function:f "));
  EXPECT_TRUE(gaps(trust + "Events: {A: {Type: ScheduleV2}}").starts_with("unsupported 111122223333 "));
  EXPECT_TRUE(gaps("Policies: [{SQSPollerPolicy: {QueueName: q}}]").contains("unsupported arn:aws:iam::111122223333:role/(FRole) stack.yaml:3:81 `SQSPollerPolicy` among the policies of `FRole` is not evaluated"))
      << gaps("Policies: [{SQSPollerPolicy: {QueueName: q}}]");
  EXPECT_TRUE(gaps("Policies: !If [C, A, B]").contains("`Fn::If` among the policies of `FRole`"));
  EXPECT_TRUE(gaps("EventInvokeConfig: {DestinationConfig: {}}").contains("what `EventInvokeConfig` adds to the policies of `FRole` is not evaluated"));
  EXPECT_TRUE(gaps("Role: !If [C, r, !Ref 'AWS::NoValue']").contains("the macro makes a role of `F` where its own is left out"));
  EXPECT_TRUE(gaps_of(sam("  C: {Type: AWS::Serverless::Connector, Properties: {}}\n")).contains("`C` is of the type `AWS::Serverless::Connector`"));
  // An address without authentication is anybody's.
  const File open{"stack.yaml", sam("  F: {Type: AWS::Serverless::Function, Properties: {FunctionName: f, " + trust + "FunctionUrlConfig: {AuthType: NONE}}}\n")};
  const auto loaded = load_cloudformation({&open, 1}, {.default_account = account});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(testing::describe(loaded->gaps), "");
  EXPECT_TRUE(loaded->estate->resources.find("arn:aws:lambda:us-east-1:111122223333:function:f")->policy->document->source().contains("lambda:InvokeFunctionUrl"));
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
