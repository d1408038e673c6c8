#include "services/ec2/detail/common.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace ringwall::ec2 {
namespace {

constexpr std::array<Resource, 8> resources = {{
    {Kind::vpc, "vpc", "vpc", "VpcId", "ec2:VpcID", "InvalidVpcID.NotFound", "vpc ID", "InvalidVpcID.Malformed"},
    {Kind::subnet, "subnet", "subnet", "SubnetId", "ec2:SubnetID", "InvalidSubnetID.NotFound", "subnet ID",
     "InvalidSubnetID.Malformed"},
    {Kind::group, "sg", "security-group", "GroupId", "ec2:SecurityGroupID", "InvalidGroup.NotFound", "security group",
     "InvalidGroupId.Malformed"},
    {Kind::interface, "eni", "network-interface", "NetworkInterfaceId", "ec2:NetworkInterfaceID",
     "InvalidNetworkInterfaceID.NotFound", "networkInterface ID", "InvalidNetworkInterfaceId.Malformed"},
    {Kind::endpoint, "vpce", "vpc-endpoint", "VpcEndpointId", "", "InvalidVpcEndpointId.NotFound", "Vpc Endpoint Id",
     "InvalidVpcEndpointId.Malformed"},
    {Kind::route_table, "rtb", "route-table", "RouteTableId", "ec2:RouteTableID", "InvalidRouteTableID.NotFound",
     "routeTable ID", "InvalidRouteTableId.Malformed"},
    {Kind::network_acl, "acl", "network-acl", "NetworkAclId", "ec2:NetworkAclID", "InvalidNetworkAclID.NotFound",
     "networkAcl ID", "InvalidNetworkAclId.Malformed"},
    {Kind::dhcp_options, "dopt", "dhcp-options", "DhcpOptionsId", "ec2:DhcpOptionsID", "InvalidDhcpOptionID.NotFound",
     "dhcpOption ID", "InvalidDhcpOptionsId.Malformed"},
}};

constexpr std::size_t id_bytes_max = 64;  // longer than any id of ours, far shorter than a key

void add_existing_tags(policy::Context& context, const Tags& tags) {
  service::add_resource_tags(context, tags);
  for (const auto& [key, value] : tags) context.set("ec2:ResourceTag/" + key, value);
}

Question base_question(const Call& call, std::string action, std::string resource) {
  Question question;
  question.action = std::move(action);
  question.resource = std::move(resource);
  question.resource_account = call.account();
  question.context.set("ec2:Region", call.environment.region);
  return question;
}

}  // namespace

const Resource& resource_of(Kind kind) {
  const auto found = std::ranges::find(resources, kind, &Resource::kind);
  RW_CHECK(found != resources.end());
  return *found;
}

const Resource* resource_of_id(std::string_view id) {
  const auto hyphen = id.find('-');
  if (hyphen == std::string_view::npos) return nullptr;
  const auto found = std::ranges::find(resources, id.substr(0, hyphen), &Resource::prefix);
  return found == resources.end() ? nullptr : &*found;
}

std::string arn_of(const Call& call, std::string_view type, std::string_view id) {
  std::string arn = "arn:aws:ec2:" + call.environment.region + ":" + call.account() + ":";
  return arn.append(type).append("/").append(id);
}

DocumentPtr find(const Call& call, Kind kind, std::string_view id) {
  if (id.empty() || id.size() > id_bytes_max) return nullptr;
  return call.transaction.get(network::key_of(kind, call.account(), id));
}

bool is_id(std::string_view prefix, std::string_view text) {
  if (!text.starts_with(prefix) || text.size() <= prefix.size() || text[prefix.size()] != '-') return false;
  const std::string_view digits = text.substr(prefix.size() + 1);
  return (digits.size() == 8 || digits.size() == 17) &&
         std::ranges::all_of(digits, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::unexpected<ApiError> missing(Kind kind, std::string_view id) {
  const Resource& resource = resource_of(kind);
  if (!is_id(resource.prefix, id))
    return api_error(std::string(resource.malformed), "Invalid id: \"" + std::string(id) + "\"");
  std::string message = "The ";
  message.append(resource.noun).append(" '").append(id).append("' does not exist");
  return api_error(std::string(resource.missing), std::move(message));
}

ApiResult<DocumentPtr> need(const Call& call, Kind kind, std::string_view id) {
  if (auto found = find(call, kind, id)) return found;
  return missing(kind, id);
}

std::vector<DocumentPtr> all_of(const Call& call, Kind kind) {
  std::vector<DocumentPtr> documents;
  for (auto& entry : call.transaction.list(network::prefix_of(kind, call.account())))
    documents.push_back(std::move(entry.document));
  return documents;
}

std::vector<DocumentPtr> all_of(const Call& call, Kind kind, std::string_view vpc_id) {
  auto documents = all_of(call, kind);
  std::erase_if(documents, [&](const DocumentPtr& document) { return document->text("VpcId") != vpc_id; });
  return documents;
}

void save(const Call& call, Kind kind, const Json& document) {
  const std::string_view id = document.text(resource_of(kind).id_member);
  RW_CHECK(!id.empty());
  call.transaction.put(network::key_of(kind, call.account(), id), document);
}

std::optional<FoundRule> find_rule(const Call& call, std::string_view rule_id) {
  for (const auto& group : all_of(call, Kind::group)) {
    const auto& rules = (*group)["rules"].items();
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (rules[i].text("SecurityGroupRuleId") == rule_id) return FoundRule{*group, i};
    }
  }
  return std::nullopt;
}

Question about(const Call& call, std::string action, Kind kind, std::string_view id) {
  const Resource& resource = resource_of(kind);
  Question question = base_question(call, std::move(action), arn_of(call, resource.type, id));
  policy::Context& context = question.context;
  if (!resource.id_key.empty()) context.set(resource.id_key, std::string(id));
  const auto document = find(call, kind, id);
  if (!document) return question;
  add_existing_tags(context, service::tags_of((*document)["Tags"]));
  if (kind != Kind::vpc && document->contains("VpcId")) {
    context.set("ec2:Vpc", arn_of(call, "vpc", document->text("VpcId")));
  }
  if (document->contains("AvailabilityZone")) context.set("ec2:AvailabilityZone", document->str("AvailabilityZone"));
  if (kind == Kind::interface) context.set("ec2:Subnet", arn_of(call, "subnet", document->text("SubnetId")));
  if (kind == Kind::endpoint) context.set("ec2:VpceServiceName", document->str("ServiceName"));
  if (kind == Kind::vpc) context.set("ec2:Tenancy", document->str("InstanceTenancy"));
  return question;
}

Question about_rule(const Call& call, std::string action, std::string_view rule_id) {
  Question question = base_question(call, std::move(action), arn_of(call, rule_type, rule_id));
  if (const auto found = find_rule(call, rule_id))
    add_existing_tags(question.context, service::tags_of(found->rule()["Tags"]));
  return question;
}

Question about_new(const Call& call, std::string action, std::string_view type, std::string_view vpc_id,
                   const Tags& tags) {
  Question question = base_question(call, std::move(action), arn_of(call, type, "*"));
  if (!vpc_id.empty()) question.context.set("ec2:Vpc", arn_of(call, "vpc", vpc_id));
  service::add_request_tags(question.context, tags);
  return question;
}

Question about_everything(const Call& call, std::string action) { return base_question(call, std::move(action), "*"); }

void ask_to_tag(Questions& questions, const Call& call, std::string_view create_action, const Question& made,
                const Tags& tags) {
  if (tags.empty()) return;
  Question question = base_question(call, "ec2:CreateTags", made.resource);
  question.context.merge(made.context);
  service::add_request_tags(question.context, tags);
  question.context.set("ec2:CreateAction", std::string(create_action));
  questions.all.push_back(std::move(question));
}

service::Ask ask_everything(std::string action) {
  return [action = std::move(action)](const Call& call) -> ApiResult<Questions> {
    Questions questions;
    questions.all.push_back(about_everything(call, action));
    return questions;
  };
}

service::Ask ask_about(std::string action, Kind kind, std::string id_input) {
  return [action = std::move(action), kind, id_input = std::move(id_input)](const Call& call) -> ApiResult<Questions> {
    RW_TRY(const std::string id, required(call.input, id_input));
    Questions questions;
    questions.all.push_back(about(call, action, kind, id));
    return questions;
  };
}

std::vector<std::string> strings_of(const Json& list) {
  std::vector<std::string> strings;
  for (const Json& item : list.items()) strings.emplace_back(item.as_string());
  return strings;
}

ApiResult<Tags> requested_tags(const Json& input, std::string_view type) {
  Tags tags;
  for (const Json& specification : input["TagSpecifications"].items()) {
    if (specification.text("ResourceType") != type) {
      return api_error("InvalidParameterValue", "'" + specification.str("ResourceType") +
                                                    "' is not a valid taggable resource type for this operation.");
    }
    for (const Json& tag : specification["Tags"].items()) {
      if (!tags.emplace(tag.str("Key"), tag.str("Value")).second) {
        return api_error("InvalidParameterValue", "Duplicate tag key '" + tag.str("Key") + "' specified.");
      }
    }
  }
  if (tags.size() > service::tags_max) {
    return api_error("TagLimitExceeded",
                     "You may specify up to " + std::to_string(service::tags_max) + " tags per resource.");
  }
  if (const auto fault = service::fault_in(tags)) return api_error("InvalidParameterValue", *fault);
  return tags;
}

ApiResult<std::string> required(const Json& input, std::string_view member) {
  if (input.text(member).empty()) {
    return api_error("MissingParameter", "The request must contain the parameter " + std::string(member));
  }
  return input.str(member);
}

ApiResult<void> refuse_members(const Json& input, std::initializer_list<std::string_view> members) {
  for (const std::string_view member : members) {
    const Json* value = input.find(member);
    if (value == nullptr || value->is_null() || (value->is_bool() && !value->as_bool())) continue;
    if ((*value)["Value"].is_bool() && !(*value)["Value"].as_bool()) continue;  // an attribute set to false
    if (value->is_array() && value->items().empty()) continue;
    if (value->is_integer() && value->as_integer() == 0) continue;  // a count of none
    return api_error("UnsupportedOperation", "The parameter " + std::string(member) + " is not supported.");
  }
  return {};
}

service::Operation operation(std::string name, service::Access access, service::Ask ask, service::Handler handler) {
  // The handler runs even then: its error says why the call would not have succeeded. What it
  // wrote is dropped with the transaction, because the answer is an error in any case.
  service::Handler with_dry_run = [handler = std::move(handler)](const Call& call) -> ApiResult<Json> {
    auto outcome = handler(call);
    if (outcome && call.input["DryRun"].as_bool()) {
      return api_error("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);
    }
    return outcome;
  };
  return {std::move(name), access, std::move(ask), std::move(with_dry_run)};
}

}  // namespace ringwall::ec2
