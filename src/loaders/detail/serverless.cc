#include "loaders/detail/serverless.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace ringwall::loaders::declared {
namespace {

using text::Json;

constexpr std::string_view prefix = "AWS::Serverless::";

// Event sources by whose kind the role gets a policy of AWS's, and those by which the function's own policy lets a
// service in.
struct Source {
  std::string_view type, policy;
};
constexpr std::array polled = std::to_array<Source>({{"DynamoDB", "service-role/AWSLambdaDynamoDBExecutionRole"},
                                                     {"Kinesis", "service-role/AWSLambdaKinesisExecutionRole"},
                                                     {"MSK", "service-role/AWSLambdaMSKExecutionRole"},
                                                     {"SQS", "service-role/AWSLambdaSQSQueueExecutionRole"}});
constexpr std::array invoking =
    std::to_array<std::string_view>({"AlexaSkill", "Api", "CloudWatchEvent", "CloudWatchLogs", "Cognito",
                                     "EventBridgeRule", "HttpApi", "IoTRule", "S3", "SNS", "Schedule"});

// What is no document's part in the file says so by a function: nobody takes its place for its text.
Json made(std::string text) { return Json::object({{"Fn::Sub", std::move(text)}}); }

Json at(Json json, std::uint32_t offset) {
  json.set_offset(offset);
  return json;
}

Json policy_of_aws(std::string_view name) {
  return made(fmt::format("arn:${{AWS::Partition}}:iam::aws:policy/{}", name));
}

Json trust_of(const char* service) {
  Json statement = Json::object({{"Effect", "Allow"},
                                 {"Action", Json::array({"sts:AssumeRole"})},
                                 {"Principal", Json::object({{"Service", Json::array({made(service)})}})}});
  return Json::object({{"Version", "2012-10-17"}, {"Statement", Json::array({std::move(statement)})}});
}

bool is_function(const Json& json) {
  return json.members().size() == 1 &&
         (json.members().front().key == "Ref" || json.members().front().key.starts_with("Fn::"));
}

class Expander {
 public:
  explicit Expander(Json& root) : root_(root) {}

  std::vector<Untold> run() {
    const Json before = root_["Resources"];
    Json all = at(Json::object(), before.offset());
    for (const auto& [logical, resource, offset] : before.members()) {
      const std::string_view type = resource.text("Type");
      Json as = resource;
      if (type.starts_with(prefix)) as = expand(logical, resource, std::string(type.substr(prefix.size())));
      all.adopt({logical, std::move(as), offset});
    }
    for (auto& [logical, resource] : more_)
      if (!all.contains(logical)) all.adopt({logical, std::move(resource), 0});
    root_.set("Resources", std::move(all));
    return std::move(untold_);
  }

 private:
  void tell(const std::string& logical, const Json& where, std::string message) {
    untold_.push_back({logical, where.offset(), std::move(message)});
  }

  // A resource of that type in the other's place, under the same condition.
  static Json in_place_of(const Json& resource, const char* type, Json properties) {
    Json as =
        at(Json::object({{"Type", type}, {"Properties", at(std::move(properties), resource["Properties"].offset())}}),
           resource.offset());
    for (const char* member : {"Condition", "DependsOn"})
      if (resource.contains(member)) as.set(member, resource[member]);
    return as;
  }

  Json expand(const std::string& logical, const Json& resource, const std::string& type) {
    if (type == "Function") return function(logical, resource);
    if (type == "StateMachine") return state_machine(logical, resource);
    if (type == "SimpleTable")
      return in_place_of(resource, "AWS::DynamoDB::Table", named(resource["Properties"], "TableName", "TableName"));
    if (type == "LayerVersion") return in_place_of(resource, "AWS::Lambda::LayerVersion", Json::object());
    if (type == "HttpApi") return in_place_of(resource, "AWS::ApiGatewayV2::Api", Json::object());
    tell(
        {}, resource,
        fmt::format(
            "`{}` is of the type `{}{}`, and what the macro makes of it is not known: give the template that it makes, "
            "`aws cloudformation get-template --template-stage Processed`",
            logical, prefix, type));
    return resource;
  }

  static Json named(const Json& properties, const char* from, const char* to) {
    Json made = Json::object();
    if (properties.contains(from)) made.set(to, properties[from]);
    return made;
  }

  // A property of the function, or what `Globals` gives every function.
  const Json& property(const Json& properties, const char* name, const char* kind = "Function") const {
    const Json* own = properties.find(name);
    return own != nullptr ? *own : root_["Globals"][kind][name];
  }

  // The policies of the role: what they are in AWS's own form.
  void add_policies(const std::string& role, const Json& policies, Json& managed, Json& inlined) {
    const Json whole = policies.is_array() ? policies : policies.is_null() ? Json::array() : Json::array({policies});
    for (std::size_t index = 0; index < whole.items().size(); ++index) {
      const Json& one = whole.items()[index];
      const std::string_view text = one.as_string();
      if (one.is_string()) {
        managed.push(text.starts_with("arn:") ? one : at(policy_of_aws(text), one.offset()));
      } else if (one.contains("Statement")) {
        inlined.push(at(Json::object({{"PolicyName", fmt::format("{}Policy{}", role, index)}, {"PolicyDocument", one}}),
                        one.offset()));
      } else if (is_function(one) && !one.contains("Fn::If")) {
        managed.push(one);
      } else {
        const std::string name = one.members().size() == 1 ? one.members().front().key : "";
        tell(role, one,
             fmt::format("`{}` among the policies of `{}` is not evaluated: write its statements, or give the template "
                         "that the macro makes",
                         name, role));
      }
    }
  }

  void add_role(const std::string& role, const Json& resource, const char* service, const char* kind, Json managed,
                Json inlined) {
    const Json& properties = resource["Properties"];
    const Json& trust = property(properties, "AssumeRolePolicyDocument", kind);
    Json own = Json::object(
        {{"AssumeRolePolicyDocument", trust.is_null() ? at(trust_of(service), resource.offset()) : trust}});
    add_policies(role, properties["Policies"], managed, inlined);
    for (Json& one : managed.edit_items())
      if (one.offset() == 0) one.set_offset(resource.offset());
    own.set("ManagedPolicyArns", std::move(managed));
    own.set("Policies", std::move(inlined));
    if (const Json& path = property(properties, "RolePath", kind); !path.is_null()) own.set("Path", path);
    if (const Json& boundary = property(properties, "PermissionsBoundary", kind); !boundary.is_null())
      own.set("PermissionsBoundary", boundary);
    more_.emplace_back(role, in_place_of(resource, "AWS::IAM::Role", std::move(own)));
  }

  Json function(const std::string& logical, const Json& resource) {
    const Json& properties = resource["Properties"];
    const std::string role = logical + "Role";
    const bool makes_role = !properties.contains("Role");
    Json managed = Json::array({policy_of_aws("service-role/AWSLambdaBasicExecutionRole")});
    if (!property(properties, "Tracing").is_null()) managed.push(policy_of_aws("AWSXRayDaemonWriteAccess"));
    if (!property(properties, "VpcConfig").is_null())
      managed.push(policy_of_aws("service-role/AWSLambdaVPCAccessExecutionRole"));
    for (const auto& event : properties["Events"].members()) add_event(logical, makes_role, event, managed);
    if (is_function(properties["Events"]))
      tell({}, properties["Events"], fmt::format("which events `{}` has is not known", logical));
    if (makes_role) {
      for (const char* member : {"DeadLetterQueue", "EventInvokeConfig"})
        if (const Json& found = property(properties, member); !found.is_null())
          tell(role, found, fmt::format("what `{}` adds to the policies of `{}` is not evaluated", member, role));
      add_role(role, resource, "lambda.amazonaws.com", "Function", std::move(managed), Json::array());
    } else if (properties["Role"].contains("Fn::If")) {
      tell({}, properties["Role"],
           fmt::format("the macro makes a role of `{}` where its own is left out: whether is not known", logical));
    }
    add_url(logical, resource);
    return in_place_of(resource, "AWS::Lambda::Function", named(properties, "FunctionName", "FunctionName"));
  }

  void add_event(const std::string& logical, bool makes_role, const Json::Member& event, Json& managed) {
    const std::string_view type = event.value.text("Type");
    const Json& properties = event.value["Properties"];
    const auto source = std::ranges::find(polled, type, &Source::type);
    if (source != polled.end()) {
      managed.push(policy_of_aws(source->policy));
      if (makes_role && properties.contains("DestinationConfig"))
        tell(logical + "Role", event.value,
             fmt::format("what the destination of the event `{}` adds to the policies of `{}Role` is not evaluated",
                         event.key, logical));
    } else if (std::ranges::find(invoking, type) != invoking.end() && !properties.contains("SqsSubscription")) {
      tell(logical, event.value,
           fmt::format("the event `{}` of `{}` lets a service invoke it, and is not evaluated", event.key, logical));
    } else {
      tell({}, event.value,
           fmt::format("the event `{}` of `{}` is of the type `{}`, and what the macro makes of it is not known",
                       event.key, logical, type));
    }
  }

  // A function's own address without authentication is anybody's.
  void add_url(const std::string& logical, const Json& resource) {
    const Json& properties = resource["Properties"];
    const Json& own = properties["FunctionUrlConfig"];
    const Json& global = root_["Globals"]["Function"]["FunctionUrlConfig"];
    if (own.is_null() && global.is_null()) return;
    const std::string_view type = own.text("AuthType", global.text("AuthType"));
    if (type == "AWS_IAM") return;
    if (type != "NONE")
      return tell(logical, own.is_null() ? global : own,
                  fmt::format("who may call the address of `{}` is not known", logical));
    for (const auto& [name, action, via] : {std::tuple{"UrlPublicPermissions", "lambda:InvokeFunctionUrl", false},
                                            std::tuple{"URLInvokeAllowPublicAccess", "lambda:InvokeFunction", true}}) {
      Json permission =
          Json::object({{"Action", action}, {"Principal", "*"}, {"FunctionName", Json::object({{"Ref", logical}})}});
      if (via)
        permission.set("InvokedViaFunctionUrl", true);
      else
        permission.set("FunctionUrlAuthType", "NONE");
      more_.emplace_back(logical + name, in_place_of(resource, "AWS::Lambda::Permission", std::move(permission)));
    }
  }

  Json state_machine(const std::string& logical, const Json& resource) {
    const Json& properties = resource["Properties"];
    const std::string role = logical + "Role";
    Json managed = Json::array();
    if (!property(properties, "Tracing", "StateMachine").is_null())
      managed.push(policy_of_aws("AWSXRayDaemonWriteAccess"));
    if (!properties.contains("Role"))
      add_role(role, resource, "states.amazonaws.com", "StateMachine", std::move(managed), Json::array());
    else if (properties["Role"].contains("Fn::If"))
      tell({}, properties["Role"],
           fmt::format("the macro makes a role of `{}` where its own is left out: whether is not known", logical));
    if (!properties["Events"].is_null())
      tell({}, properties["Events"], fmt::format("events of `{}` make roles that are not known", logical));
    return in_place_of(resource, "AWS::StepFunctions::StateMachine", named(properties, "Name", "StateMachineName"));
  }

  Json& root_;
  std::vector<std::pair<std::string, Json>> more_;
  std::vector<Untold> untold_;
};

}  // namespace

bool is_serverless(std::string_view macro) { return macro == "AWS::Serverless-2016-10-31"; }

std::vector<Untold> expand_serverless(Json& root) { return Expander(root).run(); }

}  // namespace ringwall::loaders::declared
