#include "loaders/detail/cloudformation_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "loaders/detail/declared.h"
#include "loaders/detail/names.h"
#include "yaml/yaml.h"

namespace ringwall::loaders::declared {
namespace {

using Ref = CloudFormationType::Ref;

constexpr std::array types = std::to_array<CloudFormationType>({
    {.type = "AWS::IAM::Role", .service = "iam", .prefix = "role", .name = "RoleName", .identity = true},
    {.type = "AWS::IAM::User", .service = "iam", .prefix = "user", .name = "UserName", .identity = true},
    {.type = "AWS::IAM::Group", .service = "iam", .prefix = "group", .name = "GroupName", .identity = true},
    {.type = "AWS::IAM::ManagedPolicy", .service = "iam", .prefix = "policy", .name = "ManagedPolicyName", .ref = Ref::arn, .identity = true},
    {.type = "AWS::IAM::InstanceProfile", .service = "iam", .prefix = "instance-profile", .name = "InstanceProfileName", .identity = true, .listed = false},
    {.type = "AWS::S3::Bucket", .service = "s3", .prefix = "", .name = "BucketName"},
    {.type = "AWS::SQS::Queue", .service = "sqs", .prefix = "", .name = "QueueName", .ref = Ref::url},
    {.type = "AWS::SNS::Topic", .service = "sns", .prefix = "", .name = "TopicName", .ref = Ref::arn},
    {.type = "AWS::KMS::Key", .service = "kms", .prefix = "key/", .name = "", .key = true},
    {.type = "AWS::KMS::ReplicaKey", .service = "kms", .prefix = "key/", .name = "", .key = true},
    {.type = "AWS::SecretsManager::Secret", .service = "secretsmanager", .prefix = "secret:", .name = "Name", .ref = Ref::arn},
    {.type = "AWS::DynamoDB::Table", .service = "dynamodb", .prefix = "table/", .name = "TableName"},
    {.type = "AWS::DynamoDB::GlobalTable", .service = "dynamodb", .prefix = "table/", .name = "TableName"},
    {.type = "AWS::ECR::Repository", .service = "ecr", .prefix = "repository/", .name = "RepositoryName"},
    {.type = "AWS::Lambda::Function", .service = "lambda", .prefix = "function:", .name = "FunctionName"},
    {.type = "AWS::RDS::DBInstance", .service = "rds", .prefix = "db:", .name = "DBInstanceIdentifier"},
    // Policies name these, and their own policies, where they have any, are not evaluated.
    {.type = "AWS::ApiGateway::RestApi", .name = "", .listed = false},
    {.type = "AWS::ApiGatewayV2::Api", .name = "", .listed = false},
    {.type = "AWS::AutoScaling::AutoScalingGroup", .name = "AutoScalingGroupName", .listed = false},
    {.type = "AWS::CloudFront::CloudFrontOriginAccessIdentity", .name = "", .listed = false},
    {.type = "AWS::CloudFront::Distribution", .name = "", .listed = false},
    {.type = "AWS::CodeBuild::Project", .service = "codebuild", .prefix = "project/", .name = "Name", .listed = false},
    {.type = "AWS::CodeCommit::Repository", .service = "codecommit", .prefix = "", .name = "RepositoryName", .ref = Ref::unknown, .listed = false},
    {.type = "AWS::CodePipeline::Pipeline", .service = "codepipeline", .prefix = "", .name = "Name", .listed = false},
    {.type = "AWS::Cognito::IdentityPool", .name = "", .listed = false},
    {.type = "AWS::Cognito::UserPool", .service = "cognito-idp", .prefix = "userpool/", .name = "", .listed = false},
    {.type = "AWS::EC2::Instance", .name = "", .listed = false},
    {.type = "AWS::ECS::Cluster", .service = "ecs", .prefix = "cluster/", .name = "ClusterName", .listed = false},
    {.type = "AWS::EFS::FileSystem", .service = "elasticfilesystem", .prefix = "file-system/", .name = "", .listed = false},
    {.type = "AWS::Events::Rule", .service = "events", .prefix = "rule/", .name = "Name", .listed = false},
    {.type = "AWS::IAM::SAMLProvider", .service = "iam", .prefix = "saml-provider", .name = "Name", .ref = Ref::arn, .identity = true, .listed = false},
    {.type = "AWS::IoT::TopicRule", .service = "iot", .prefix = "rule/", .name = "RuleName", .listed = false},
    {.type = "AWS::Kinesis::Stream", .service = "kinesis", .prefix = "stream/", .name = "Name", .listed = false},
    {.type = "AWS::KinesisFirehose::DeliveryStream", .service = "firehose", .prefix = "deliverystream/", .name = "DeliveryStreamName", .listed = false},
    {.type = "AWS::Logs::LogGroup", .service = "logs", .prefix = "log-group:", .name = "LogGroupName", .listed = false},
    {.type = "AWS::SSM::Parameter", .name = "Name", .listed = false},
    {.type = "AWS::StepFunctions::StateMachine", .service = "states", .prefix = "stateMachine:", .name = "StateMachineName", .ref = Ref::arn, .listed = false},
    {.type = "AWS::EC2::VPC", .name = "", .listed = false},
    {.type = "AWS::EC2::VPCEndpoint", .name = "", .listed = false},
});

const Json no_names = Json::object();

bool is_function(std::string_view name) { return name == "Ref" || name.starts_with("Fn::"); }

// A number or boolean as the text that it becomes within another.
std::string text_of(const Json& json) { return json.is_string() ? std::string(json.as_string()) : json.dump(); }

}  // namespace

const CloudFormationType* cloudformation_type(std::string_view type) {
  const auto found = std::ranges::find(types, type, &CloudFormationType::type);
  return found == types.end() ? nullptr : &*found;
}

Result<Template> Template::read(const Text& text, const Options& options) {
  Template made(text, options);
  const std::size_t first = text.text().find_first_not_of(" \t\r\n");
  Result<Json> json = fail(Failure::invalid, "an empty file");
  if (first != std::string_view::npos && text.text()[first] == '{') {
    json = text::parse_json(text.text());
    made.is_json_ = json.has_value();
  }
  if (!json) {
    auto yaml = yaml::parse(text.text(), yaml::Tags::cloudformation);
    const bool looks_like_json = first != std::string_view::npos && text.text()[first] == '{';
    if (yaml || !looks_like_json) json = std::move(yaml);
  }
  if (!json) return fail(json.error(), fmt::format("cannot read `{}`", text.path()));
  made.json_ = *std::move(json);
  if (!made.resources().is_object()) {
    return fail(Failure::invalid, fmt::format("`{}` has no `Resources`: it is no CloudFormation template", text.path()));
  }
  for (const auto& [logical, resource, offset] : made.resources().members()) {
    if (resource.is_object() && !resource.text("Type").empty()) continue;
    if (logical.starts_with("Fn::")) continue;  // what it makes is not known, and the reader says so
    const text::Position at = text.at(offset);
    return fail(Failure::invalid, fmt::format("`{}`, line {}, column {}: the resource `{}` has no `Type`", text.path(), at.line, at.column, logical));
  }
  const Json& transform = made.json_["Transform"];
  const auto is_of_sam = [](const Json& macro) { return is_serverless(macro.is_object() ? macro.text("Name") : macro.as_string()); };
  if (is_of_sam(transform) || std::ranges::any_of(transform.items(), is_of_sam)) made.untold_ = expand_serverless(made.json_);
  return made;
}

std::set<std::string> Template::parameters() const {
  std::set<std::string> found = used_;
  for (const auto& [name, value] : options_->parameters) {
    if (json_["Parameters"].contains(name)) found.insert(name);
  }
  return found;
}

Value Template::known(Json json, const Json& at, bool drawn) {
  work_ += sizeof(Json) + (json.is_string() ? json.as_string().size() : 0);
  if (json.is_string() && json.as_string().size() > cloudformation_text_max) {
    return refuse(at, fmt::format("a text of more than {} bytes comes of this", cloudformation_text_max));
  }
  json.set_offset(at.offset());
  return {.json = std::move(json), .computed = true, .drawn = drawn};
}

Value Template::refuse(const Json& at, std::string why) const {
  return {.unknown = std::move(why), .offset = at.offset()};
}

Value Template::refuse(const Json& at, const Value& part) const {
  return {.unknown = part.unknown, .offset = at.offset(), .broken = part.broken};
}

Value Template::evaluate(const Json& json) {
  if (work_ > cloudformation_work_max) {
    return refuse(json, fmt::format("this template computes more than {} bytes", cloudformation_work_max));
  }
  work_ += sizeof(Json);
  if (json.is_array()) return list(json);
  if (!json.is_object()) {
    work_ += json.as_string().size();
    return {.json = json};
  }
  if (json.members().size() == 1 && is_function(json.members().front().key)) {
    return function(json.members().front().key, json.members().front().value, json);
  }
  return object(json);
}

Value Template::list(const Json& json) {
  Value made{.json = Json::array()};
  made.json.set_offset(json.offset());
  for (const Json& item : json.items()) {
    Value value = evaluate(item);
    made.computed = made.computed || value.computed || value.absent;
    made.drawn = made.drawn || value.drawn;
    if (value.absent) continue;
    if (!value.is_known()) return refuse(item, value);
    made.json.push(std::move(value.json));
  }
  return made;
}

Value Template::object(const Json& json) {
  Value made{.json = Json::object()};
  made.json.set_offset(json.offset());
  for (const auto& [key, member, offset] : json.members()) {
    Value value = evaluate(member);
    made.computed = made.computed || value.computed || value.absent;
    made.drawn = made.drawn || value.drawn;
    if (value.absent) continue;
    if (!value.is_known()) return {.unknown = std::move(value.unknown), .offset = value.offset, .broken = value.broken};
    made.json.adopt({key, std::move(value.json), offset});
  }
  return made;
}

Value Template::property(const Json& resource, std::string_view name) {
  const Json* value = resource["Properties"].find(name);
  if (value == nullptr || value->is_null()) return {.absent = true};
  return evaluate(*value);
}

Value Template::function(std::string_view name, const Json& argument, const Json& at) {
  if (name == "Ref") return reference(std::string(argument.as_string()), at);
  if (name == "Fn::GetAtt") {
    const std::string_view whole = argument.as_string();
    if (argument.is_string()) return attribute(std::string(whole.substr(0, whole.find('.'))), whole.substr(std::min(whole.find('.'), whole.size() - 1) + 1), at);
    if (argument.items().size() != 2) return refuse(at, "`Fn::GetAtt` takes a resource and an attribute");
    return attribute(std::string(argument.items()[0].as_string()), argument.items()[1].as_string(), at);
  }
  if (name == "Fn::Sub") return substitute(argument, at);
  if (name == "Fn::Join") return join(argument, at);
  if (name == "Fn::Select") return select(argument, at);
  if (name == "Fn::Split") return split(argument, at);
  if (name == "Fn::FindInMap") return find_in_map(argument, at);
  if (name == "Fn::If") return choose(argument, at);
  if (name == "Fn::ToJsonString") {
    Value value = evaluate(argument);
    return value.is_known() ? known(value.json.dump(), at, value.drawn) : value;
  }
  if (name == "Fn::ImportValue") return import_value(argument, at);
  return refuse(at, fmt::format("`{}` is not evaluated", name));
}

Value Template::reference(const std::string& name, const Json& at) {
  if (name == "AWS::NoValue") return {.absent = true, .computed = true};
  if (name == "AWS::AccountId") {
    if (options_->default_account.empty()) return refuse(at, "the account that the stack is made in is not known");
    return known(options_->default_account, at);
  }
  if (name == "AWS::Region") return known(options_->default_region, at);
  if (name == "AWS::Partition") return known(partition_of(options_->default_region), at);
  if (name == "AWS::URLSuffix") {
    return known(options_->default_region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com", at);
  }
  if (name.starts_with("AWS::")) {
    // A nested stack's name and id are its own.
    if (const auto given = options_->parameters.find(name); level_ == 0 && given != options_->parameters.end()) {
      used_.insert(name);
      return known(given->second, at);
    }
    return refuse(at, fmt::format("`{}` is known only when the stack is made{}", name, level_ == 0 ? fmt::format(": give it with `--parameter {}=VALUE`", name) : ""));
  }
  if (const Json* found = json_["Parameters"].find(name)) return parameter(*found, name, at);
  return attribute(name, {}, at);
}

Value Template::parameter(const Json& parameter, const std::string& name, const Json& at) {
  const std::string_view type = parameter.text("Type");
  Value given{.json = parameter["Default"]};
  bool is_given = parameter.contains("Default");
  if (const auto found = given_.find(name); found != given_.end()) {
    given = found->second;
    is_given = !given.absent;
  } else if (const auto told = options_->parameters.find(name); level_ == 0 && told != options_->parameters.end()) {
    given = {.json = Json(told->second)};
    is_given = true;
  }
  if (type.starts_with("AWS::SSM::Parameter")) return refuse(at, fmt::format("the parameter `{}` is kept in Systems Manager", name));
  if (!is_given) return refuse(at, fmt::format("the parameter `{}` has no default{}", name, level_ == 0 ? fmt::format(": give it with `--parameter {}=VALUE`", name) : ""));
  if (!given.is_known()) return refuse(at, given);
  const Json& value = given.json;
  if (!type.starts_with("List<") && type != "CommaDelimitedList") return known(text_of(value), at, given.drawn);
  Json items = Json::array();
  const std::string text = text_of(value);
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::size_t from = begin, to = end;
    while (from < to && text[from] == ' ') ++from;
    while (from < to && text[to - 1] == ' ') --to;
    items.push(text.substr(from, to - from));
    begin = end + 1;
  }
  work_ += text.size();
  return known(std::move(items), at, given.drawn);
}

// A name that depends on itself is found by `open_`, one that goes through too many by its size.
Value Template::name_of(const std::string& logical) {
  if (const auto found = names_.find(logical); found != names_.end()) return found->second;
  const Json& resource = resources()[logical];
  const CloudFormationType* type = cloudformation_type(resource.text("Type"));
  const auto broken = [&](std::string why) {
    Value value = refuse(resource, std::move(why));
    value.broken = true;
    return value;
  };
  if (open_.contains(logical)) return broken(fmt::format("`{}` refers to itself in a circle", logical));
  if (open_.size() >= cloudformation_references_max) {
    return broken(fmt::format("`{}` is behind more than {} references", logical, cloudformation_references_max));
  }
  if (type == nullptr) return refuse(resource, fmt::format("the name of `{}` is known only when the stack is made", logical));
  Value name = known(stand_in_of(logical), resource, true);
  open_.insert(logical);
  if (!type->name.empty()) {
    Value given = property(resource, type->name);
    if (!given.absent) name = given.json.is_string() || !given.is_known() ? std::move(given) : refuse(resource, fmt::format("the name of `{}` is no text", logical));
  }
  open_.erase(logical);
  // What is found wrong on the way depends on where the way began, so it is not kept.
  if (!name.broken) {
    if (const std::string_view strange = strange_in(name.json.as_string()); !strange.empty()) {
      name = broken(fmt::format("the name `{}` of `{}` is none that AWS takes, for `{}` is in it{}", name.json.as_string(), logical, strange,
                                strange.starts_with("${") ? ": `Fn::Sub` fills it in" : ""));
    }
    names_.emplace(logical, name);
  }
  if (!name.is_known()) name.resource = logical;
  return name;
}

Value Template::arn_of(const std::string& logical) {
  const Json& resource = resources()[logical];
  const CloudFormationType* type = cloudformation_type(resource.text("Type"));
  Value name = name_of(logical);
  if (type == nullptr || !name.is_known()) return name;
  const std::string partition = partition_of(options_->default_region);
  const std::string_view text = name.json.as_string();
  // A rule of a bus of one's own has the bus in its ARN.
  const bool on_a_bus = type->service == "events" && !property(resource, "EventBusName").absent;
  if (type->service.empty() || on_a_bus) return refuse(resource, fmt::format("the ARN of `{}` is known only when the stack is made", logical));
  if (type->service == "s3") return known(fmt::format("arn:{}:s3:::{}", partition, text), resource, name.drawn);
  if (options_->default_account.empty()) return refuse(resource, "the account that the stack is made in is not known");
  if (!type->identity) {
    // A secret's ARN ends with six characters that AWS draws; a log group's stands for its streams.
    const bool secret = type->service == "secretsmanager";
    const std::string_view end = secret ? "-000000" : type->service == "logs" ? ":*" : "";
    return known(fmt::format("arn:{}:{}:{}:{}:{}{}{}", partition, type->service, options_->default_region, options_->default_account, type->prefix, text, end),
                 resource, name.drawn || secret);
  }
  Value path = property(resource, "Path");
  if (!path.absent && !path.is_known()) return path;
  if (!strange_in(path.json.as_string()).empty()) return refuse(resource, fmt::format("the path of `{}` is none that AWS takes", logical));
  return known(fmt::format("arn:{}:iam::{}:{}{}{}", partition, options_->default_account, type->prefix, path.absent ? "/" : path.json.as_string(), text), resource, name.drawn);
}

// An identity provider of OpenID is called as its issuer is.
Value Template::provider(const Json& resource, const Json& at) {
  const Value url = property(resource, "Url");
  if (!url.is_known() || url.drawn) return refuse(at, url.unknown.empty() ? "the provider's `Url` is not known" : url.unknown);
  std::string_view issuer = url.json.as_string();
  if (issuer.starts_with("https://")) issuer.remove_prefix(8);
  while (issuer.ends_with('/')) issuer.remove_suffix(1);
  if (options_->default_account.empty() || issuer.empty() || !strange_in(issuer).empty()) return refuse(at, "the provider's ARN is not known");
  return known(fmt::format("arn:{}:iam::{}:oidc-provider/{}", partition_of(options_->default_region), options_->default_account, issuer), at);
}

// An empty attribute: what `Ref` answers.
Value Template::attribute(const std::string& logical, std::string_view attribute, const Json& at) {
  const Json* resource = resources().find(logical);
  if (resource == nullptr) return refuse(at, fmt::format("there is no `{}` in this template", logical));
  Value unknown = refuse(at, attribute.empty() ? fmt::format("what `Ref` says of `{}` is known only when the stack is made", logical)
                                               : fmt::format("`{}` of `{}` is known only when the stack is made", attribute, logical));
  unknown.resource = logical;
  const CloudFormationType* type = cloudformation_type(resource->text("Type"));
  if (resource->text("Type") == "AWS::CloudFormation::Stack" && attribute.starts_with("Outputs.")) {
    NestedTemplate& stack = nested(logical);
    if (!stack.why.empty()) return refuse(at, stack.why);
    return stack.source->output(std::string(attribute.substr(8)), at);
  }
  if (resource->text("Type") == "AWS::IAM::OIDCProvider" && (attribute.empty() || attribute == "Arn")) return provider(*resource, at);
  if (type == nullptr) return unknown;
  static constexpr std::array arns = std::to_array<std::string_view>({"Arn", "TopicArn", "PolicyArn", "DBInstanceArn", "QueueArn"});
  const bool asks_stream = type->service == "dynamodb" && attribute == "StreamArn";
  const bool asks_arn = asks_stream || (attribute.empty() ? type->ref == Ref::arn : std::ranges::find(arns, attribute) != arns.end());
  const bool asks_url = attribute.empty() ? type->ref == Ref::url : attribute == "QueueUrl";
  const bool asks_name = attribute.empty() ? type->ref == Ref::name : (!type->name.empty() && attribute == type->name) || (type->key && attribute == "KeyId");
  const bool asks_id = type->service == "secretsmanager" && attribute == "Id";
  if (!asks_arn && !asks_url && !asks_name && !asks_id) return unknown;
  Value value = asks_arn || asks_id ? arn_of(logical) : name_of(logical);
  if (!value.is_known()) {
    unknown.unknown = value.unknown;
    unknown.broken = value.broken;
    return unknown;
  }
  if (asks_stream) value.json = std::string(value.json.as_string()) + "/stream/" + stand_in_of(logical + ".stream");
  if (asks_url) {
    if (options_->default_account.empty()) return unknown;
    value.json = fmt::format("https://sqs.{}.amazonaws.com/{}/{}", options_->default_region, options_->default_account, value.json.as_string());
  }
  return known(std::move(value.json), at, value.drawn || asks_stream);
}

std::optional<bool> Template::exists(const Json& resource) {
  const Json& name = resource["Condition"];
  return name.is_null() ? true : named_condition(std::string(name.as_string()));
}

}  // namespace ringwall::loaders::declared
