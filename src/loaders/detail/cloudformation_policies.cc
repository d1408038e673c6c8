// The second pass over a template: what is said about the resources that the first one declared.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "loaders/detail/cloudformation_resources.h"
#include "text/encode.h"

namespace ringwall::loaders::declared {
namespace {

using Kind = Gap::Kind;

// A type that is the policy of another: how its target is named, and where its document is.
struct PolicyType {
  std::string_view type, target, document, service;
};
constexpr std::array policies = std::to_array<PolicyType>({
    {"AWS::S3::BucketPolicy", "Bucket", "PolicyDocument", "s3"},
    {"AWS::SQS::QueuePolicy", "Queues", "PolicyDocument", "sqs"},
    {"AWS::SQS::QueueInlinePolicy", "Queue", "PolicyDocument", "sqs"},
    {"AWS::SNS::TopicPolicy", "Topics", "PolicyDocument", "sns"},
    {"AWS::SNS::TopicInlinePolicy", "TopicArn", "PolicyDocument", "sns"},
    {"AWS::SecretsManager::ResourcePolicy", "SecretId", "ResourcePolicy", "secretsmanager"},
});

// Types that give access otherwise, or hold resources of their own.
constexpr std::array grants = std::to_array<std::string_view>({
    "AWS::CloudFormation::StackSet", "AWS::IAM::ServiceLinkedRole",
    "AWS::ServiceCatalog::CloudFormationProvisionedProduct",
    "AWS::Lambda::LayerVersionPermission", "AWS::RAM::ResourceShare", "AWS::SSO::Assignment",
    "AWS::SSO::PermissionSet",
});

bool has_document(const Json& value) {
  if (value.contains("Statement") || value.as_string().contains("\"Statement\"")) return true;
  return std::ranges::any_of(value.items(), has_document) ||
         std::ranges::any_of(value.members(), [](const auto& member) { return has_document(member.value); });
}

// `https://sqs.us-east-1.amazonaws.com/111122223333/orders`
std::string queue_arn(std::string_view url, std::string_view partition, std::string_view region) {
  const std::size_t name = url.rfind('/');
  if (name == std::string_view::npos || name == 0) return std::string(url);
  const std::size_t account = url.rfind('/', name - 1);
  if (account == std::string_view::npos) return std::string(url);
  return fmt::format("arn:{}:sqs:{}:{}:{}", partition, region, url.substr(account + 1, name - account - 1), url.substr(name + 1));
}

}  // namespace

void CloudFormationReader::connect_holder(const Item& item, Holder::Kind kind) {
  const Thing& thing = things_.find(item.logical)->second;
  const Json& properties = item.resource["Properties"];
  const Holder holder{kind, account_, thing.name};
  for (const std::string& arn : links(item, "ManagedPolicyArns", By::arn, thing.arn)) {
    world_.attach(holder, arn, place(item, "ManagedPolicyArns"));
  }
  const Value own = properties.contains("Policies") && !properties["Policies"].is_array() ? property(item, "Policies") : Value{};
  if (!own.unknown.empty()) world_.gap(Kind::placeholder, thing.arn, place(item, "Policies"), own.unknown);
  const Json& list = properties["Policies"].is_array() ? properties["Policies"] : own.json;
  for (const Json& policy : list.items()) {
    const Value name = template_.evaluate(policy["PolicyName"]);
    // A policy as a function: `Fn::If` between one and nothing.
    if (!policy.contains("PolicyDocument")) {
      const Value chosen = template_.evaluate(policy);
      if (chosen.absent) continue;
      if (!chosen.is_known() || !chosen.json.contains("PolicyDocument")) {
        world_.gap(Kind::placeholder, thing.arn, place(policy), chosen.unknown.empty() ? "this is no policy" : chosen.unknown);
        continue;
      }
      world_.put_inline(holder, chosen.json.str("PolicyName"), written(chosen.json["PolicyDocument"], place(policy), true));
      continue;
    }
    const std::string called = name.is_known() ? std::string(name.json.as_string()) : template_.stand_in_of(fmt::format("{}.Policies[{}]", item.logical, &policy - list.items().data()));
    world_.put_inline(holder, called, document(item, policy["PolicyDocument"]));
  }
  if (kind == Holder::Kind::group) return;
  const Value boundary = property(item, "PermissionsBoundary");
  if (!boundary.absent) {
    const auto found = things_.find(boundary.resource);
    if (boundary.is_known()) {
      world_.set_boundary(thing.arn, std::string(boundary.json.as_string()), place(item, "PermissionsBoundary"));
    } else if (found != things_.end() && !boundary.resource.empty()) {
      world_.set_boundary(thing.arn, found->second.arn, place(item, "PermissionsBoundary"));
    } else {
      world_.set_unknown_boundary(thing.arn, place(item, "PermissionsBoundary"), boundary.unknown);
    }
  }
  if (kind == Holder::Kind::role) {
    world_.set_trust(thing.arn, document(item, properties["AssumeRolePolicyDocument"]));
    return;
  }
  for (const std::string& group : links(item, "Groups", By::name, thing.arn)) {
    world_.join(account_, thing.name, group, place(item, "Groups"));
  }
}

// AWS::IAM::Policy and AWS::IAM::ManagedPolicy list their holders; RolePolicy and its like name one.
void CloudFormationReader::connect_inline(const Item& item) {
  struct Named {
    Holder::Kind kind;
    const char *list, *one;
  };
  static constexpr std::array<Named, 3> holders = {{{Holder::Kind::role, "Roles", "RoleName"}, {Holder::Kind::user, "Users", "UserName"}, {Holder::Kind::group, "Groups", "GroupName"}}};
  const bool managed = item.type == "AWS::IAM::ManagedPolicy";
  const bool lists = managed || item.type == "AWS::IAM::Policy";
  const std::string name = text_or(item, "PolicyName", template_.stand_in_of(item.logical));
  for (const Named& named : holders) {
    if (!lists && item.type != "AWS::IAM::" + std::string(named.one).substr(0, 4) + "Policy" &&
        !(named.kind == Holder::Kind::group && item.type == "AWS::IAM::GroupPolicy")) {
      continue;
    }
    for (const std::string& holder : links(item, lists ? named.list : named.one, By::name, account_)) {
      const Holder whose{named.kind, account_, holder};
      if (managed) {
        world_.attach(whose, things_.find(item.logical)->second.arn, place(item.resource));
      } else {
        world_.put_inline(whose, name, document(item, item.resource["Properties"]["PolicyDocument"]));
      }
    }
  }
}

bool CloudFormationReader::connect_identity(const Item& item) {
  if (item.type == "AWS::IAM::Role") {
    connect_holder(item, Holder::Kind::role);
  } else if (item.type == "AWS::IAM::User") {
    connect_holder(item, Holder::Kind::user);
  } else if (item.type == "AWS::IAM::Group") {
    connect_holder(item, Holder::Kind::group);
  } else if (item.type == "AWS::IAM::Policy" || item.type == "AWS::IAM::ManagedPolicy" || item.type == "AWS::IAM::RolePolicy" ||
             item.type == "AWS::IAM::UserPolicy" || item.type == "AWS::IAM::GroupPolicy") {
    connect_inline(item);
  } else if (item.type == "AWS::IAM::UserToGroupAddition") {
    const auto group = link(property(item, "GroupName"), By::name, place(item, "GroupName"), account_);
    for (const std::string& user : links(item, "Users", By::name, account_)) {
      if (group) world_.join(account_, user, *group, place(item, "Users"));
    }
  } else {
    return false;
  }
  return true;
}

// The policy among a resource's own properties, or the one that AWS gives it.
void CloudFormationReader::connect_own_policy(const Item& item) {
  const CloudFormationType& type = *cloudformation_type(item.type);
  const Thing& thing = things_.find(item.logical)->second;
  const Json& properties = item.resource["Properties"];
  const auto set = [&](const Json& found) {
    if (template_.evaluate(found).absent) return;
    world_.set_policy(thing.arn, account_, type.key ? authz::ResourceKind::key : authz::ResourceKind::plain, document(item, found));
  };
  if (type.key && properties.contains("KeyPolicy")) set(properties["KeyPolicy"]);
  if (type.service == "ecr" && properties.contains("RepositoryPolicyText")) {
    const Value text = property(item, "RepositoryPolicyText");
    if (text.is_known() && item.doubt.empty()) {
      world_.set_policy(thing.arn, account_, authz::ResourceKind::plain, written_about(text.json, place(item, "RepositoryPolicyText")));
    } else {
      set(properties["RepositoryPolicyText"]);
    }
  }
  if (item.type == "AWS::DynamoDB::Table" && properties["ResourcePolicy"].contains("PolicyDocument")) set(properties["ResourcePolicy"]["PolicyDocument"]);
  const bool is_global = item.type == "AWS::DynamoDB::GlobalTable" && has_document(properties["Replicas"]);
  if (is_global) world_.gap(Kind::unsupported, thing.arn, place(properties["Replicas"]), fmt::format("policies of the replicas of `{}` are not evaluated", item.logical));
  if (type.key) world_.set_default_policy(thing.arn, {.text = default_key_policy(account_, world_.partition()), .place = place(item.resource)});
  if (type.service == "sns") world_.set_default_policy(thing.arn, {.text = default_topic_policy(thing.arn, account_), .place = place(item.resource)});
  if (type.service == "s3") {
    const Value block = property(item, "PublicAccessBlockConfiguration");
    const Json& restricts = block.json["RestrictPublicBuckets"];
    world_.restrict_bucket(thing.arn, block.is_known() && (restricts.as_bool() || restricts.as_string() == "true"), place(item.resource));
  }
  const Value acl = property(item, "AccessControl");
  if (type.service == "s3" && !acl.absent && acl.json.as_string() != "Private") {
    world_.gap(Kind::unsupported, thing.arn, place(item, "AccessControl"), fmt::format("`{}` gives access by an ACL", item.logical));
  }
}

void CloudFormationReader::connect_permission(const Item& item) {
  const Value name = property(item, "FunctionName");
  const auto function = link(name, By::arn, place(item, "FunctionName"), account_);
  if (!function) return;
  std::string arn = *function;
  if (!arn.starts_with("arn:")) {
    const std::size_t partial = arn.find(":function:");
    arn = fmt::format("arn:{}:lambda:{}:{}", world_.partition(), world_.options().default_region,
                      partial == std::string::npos ? fmt::format("{}:function:{}", account_, arn) : arn);
  }
  Json permission = Json::object();
  std::string unknown = item.doubt;
  for (const char* member : {"Action", "Principal", "SourceArn", "SourceAccount", "PrincipalOrgID", "EventSourceToken", "FunctionUrlAuthType", "InvokedViaFunctionUrl"}) {
    Value value = property(item, member);
    if (value.absent) continue;
    if (!value.is_known()) unknown = value.unknown;
    permission.set(member, std::move(value.json));
  }
  permission.set("StatementId", item.logical);
  if (!unknown.empty()) return world_.add_unknown_statement(arn, account_, {.place = place(item.resource), .unknown = unknown});
  world_.add_statement(arn, account_, permission_statement(permission, arn, world_.partition()), place(item.resource));
}

bool CloudFormationReader::connect_resource(const Item& item) {
  if (item.type == "AWS::Lambda::Permission") {
    connect_permission(item);
    return true;
  }
  if (const CloudFormationType* type = cloudformation_type(item.type); type != nullptr && type->listed) {
    connect_own_policy(item);
    return true;
  }
  const auto policy = std::ranges::find(policies, item.type, &PolicyType::type);
  if (policy == policies.end()) return false;
  for (std::string target : links(item, policy->target, By::arn, account_)) {
    if (policy->service == "s3" && !target.starts_with("arn:")) target = fmt::format("arn:{}:s3:::{}", world_.partition(), target);
    if (policy->service == "sqs" && !target.starts_with("arn:")) target = queue_arn(target, world_.partition(), world_.options().default_region);
    if (policy->service == "secretsmanager" && !target.starts_with("arn:")) {
      target = fmt::format("arn:{}:secretsmanager:{}:{}:secret:{}-000000", world_.partition(), world_.options().default_region, account_, target);
    }
    world_.set_policy(target, account_, authz::ResourceKind::plain, document(item, item.resource["Properties"][policy->document]));
  }
  return true;
}

bool CloudFormationReader::connect_network(const Item& item) {
  const Json& properties = item.resource["Properties"];
  const auto add_cidr = [&](const std::string& vpc, std::string_view property_name) {
    const Value cidr = property(item, property_name);
    if (cidr.absent) return;
    if (cidr.is_known()) return world_.add_cidr(vpc, cidr.json.as_string(), place(item, property_name));
    world_.gap(Kind::placeholder, vpc, place(item, property_name), cidr.unknown);
  };
  if (item.type == "AWS::EC2::VPC") {
    add_cidr(things_.find(item.logical)->second.id, "CidrBlock");
  } else if (item.type == "AWS::EC2::VPCCidrBlock") {
    const auto vpc = link(property(item, "VpcId"), By::id, place(item, "VpcId"), account_);
    if (!vpc) return true;
    add_cidr(*vpc, "CidrBlock");
    add_cidr(*vpc, "Ipv6CidrBlock");
  } else if (item.type == "AWS::EC2::VPCEndpoint") {
    const std::string& id = things_.find(item.logical)->second.id;
    const auto vpc = link(property(item, "VpcId"), By::id, place(item, "VpcId"), id);
    // Endpoints of VPC Lattice name no service.
    const bool lattice = properties.contains("ResourceConfigurationArn") || properties.contains("ServiceNetworkArn");
    const auto service = lattice ? "arn:" + template_.stand_in_of(item.logical + ".Lattice") : link(property(item, "ServiceName"), By::name, place(item, "ServiceName"), id);
    if (!item.doubt.empty()) world_.gap(Kind::placeholder, id, place(item.resource), item.doubt);
    world_.add_endpoint(id, account_, vpc.value_or(""), service.value_or(""));
    const Json* policy = properties.find("PolicyDocument");
    if (policy != nullptr && !template_.evaluate(*policy).absent) world_.set_endpoint_policy(id, document(item, *policy));
  } else {
    return false;
  }
  return true;
}

bool CloudFormationReader::connect_organization(const Item& item) {
  const Thing& thing = things_.find(item.logical)->second;
  const auto target_of = [&](const Json& entry, std::string_view subject) -> std::optional<std::string> {
    // `!GetAtt Organization.RootId` and `!Ref Unit` name what the stack makes.
    const Value value = template_.evaluate(entry);
    auto text = link(value, By::id, place(entry), subject);
    if (text && !value.is_known() && template_.resources()[value.resource].text("Type") == "AWS::Organizations::Organization") *text += ".RootId";
    return text;
  };
  if (item.type == "AWS::Organizations::OrganizationalUnit") {
    const auto parent = target_of(item.resource["Properties"]["ParentId"], thing.id);
    if (parent) world_.organization().add_unit(thing.id, *parent, place(item.resource));
  } else if (item.type == "AWS::Organizations::Policy") {
    for (const Json& entry : item.resource["Properties"]["TargetIds"].items()) {
      if (const auto target = target_of(entry, "*")) world_.organization().attach(thing.id, *target, place(entry));
    }
    const Json& targets = item.resource["Properties"]["TargetIds"];
    if (targets.is_object()) world_.gap(Kind::placeholder, "*", place(targets), fmt::format("what `{}` is attached to is not known", item.logical));
  } else {
    return item.type == "AWS::Organizations::Organization" || item.type == "AWS::Organizations::Account";
  }
  return true;
}

void CloudFormationReader::tell_unsupported(const Item& item) {
  const bool gives = std::ranges::find(grants, item.type) != grants.end();
  if (!gives && !has_document(item.resource["Properties"]) && !item.type.ends_with("::MODULE")) return;
  // A policy is about its resource; what gives access otherwise, or makes resources, is about the account.
  std::string subject = account_;
  if (const std::size_t end = item.type.find("::", 5); !gives && item.type.starts_with("AWS::") && end != std::string::npos && !item.type.starts_with("AWS::IAM::"))
    subject = fmt::format("arn:{}:{}:{}:{}:{}", world_.partition(), text::lower(item.type.substr(5, end - 5)), world_.options().default_region, account_, template_.stand_in_of(item.logical));
  world_.gap(Kind::unsupported, subject, place(item.resource), fmt::format("`{}` is of the type `{}`, {}", item.logical, item.type, gives ? "which gives access and is not evaluated" : "whose policy is not evaluated"));
}

bool CloudFormationReader::connect_nested(const Item& item) {
  if (item.type != "AWS::CloudFormation::Stack") return false;
  NestedTemplate& stack = template_.nested(item.logical);
  if (stack.why.empty() && item.doubt.empty()) {
    CloudFormationReader(*stack.text, *stack.source, world_).read();
  } else {
    world_.gap(Kind::unsupported, account_, place(item.resource), fmt::format("the stack `{}` is not read: {}", item.logical, stack.why.empty() ? item.doubt : stack.why));
  }
  return true;
}

void CloudFormationReader::connect(const Item& item) {
  if (connect_nested(item)) return;
  if (connect_identity(item) || connect_resource(item) || connect_network(item) || connect_organization(item)) return;
  tell_unsupported(item);
}

}  // namespace ringwall::loaders::declared
