// Interface endpoints: a service's API at an address inside a VPC, under a policy of its own.
//
// `com.amazonaws.REGION.<service>` serves one service, as AWS's do. `com.amazonaws.REGION.ringwall`
// serves all of them at one address, for who wants one endpoint instead of six.

#include <algorithm>
#include <array>
#include <set>

#include "services/ec2/detail/common.h"
#include "services/ec2/detail/describe.h"
#include "text/time.h"

namespace ringwall::ec2 {
namespace {

// Names have IPv4 addresses, everywhere in the VPC.
ApiResult<void> check_dns_options(const Json& options) {
  if (options.text("DnsRecordIpType", "ipv4") != "ipv4") {
    return api_error("UnsupportedOperation",
                     "The parameter DnsRecordIpType is not supported with " + options.str("DnsRecordIpType") + ".");
  }
  return refuse_members(
      options, {"PrivateDnsOnlyForInboundResolverEndpoint", "PrivateDnsPreference", "PrivateDnsSpecifiedDomains"});
}

const std::vector<std::string>& service_words() {
  static const std::vector<std::string> words = awsapi::endpoint_prefixes();
  return words;
}
constexpr std::string_view all_services = "ringwall";
constexpr std::string_view requester = "amazon-vpce";
constexpr std::string_view full_access = R"({"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]})";

std::string name_prefix(const Call& call) { return "com.amazonaws." + call.environment.region + "."; }

// "rds" of "com.amazonaws.us-east-1.rds"; nothing if there is no such service here.
std::optional<std::string> word_of(const Call& call, std::string_view service_name) {
  const std::string prefix = name_prefix(call);
  if (!service_name.starts_with(prefix)) return std::nullopt;
  const std::string_view word = service_name.substr(prefix.size());
  if (word != all_services && std::ranges::find(service_words(), word) == service_words().end()) return std::nullopt;
  return std::string(word);
}

std::string api_host(const Call& call, std::string_view word) {
  return std::string(word) + "." + call.environment.region + "." + call.environment.dns_suffix;
}

// The names clients use for the APIs an endpoint serves.
std::vector<std::string> private_names(const Call& call, std::string_view word) {
  std::vector<std::string> names = {api_host(call, word)};
  if (word == all_services) {
    for (const std::string& service : service_words()) names.push_back(api_host(call, service));
  }
  return names;
}

// The addresses of an endpoint's interfaces, in the form dns/ documents have.
Json addresses_of(const Call& call, const Json& endpoint) {
  Json addresses = Json::array();
  for (const auto& id : strings_of(endpoint["NetworkInterfaceIds"])) {
    if (const auto interface = find(call, Kind::interface, id)) addresses.push(interface->str("PrivateIpAddress"));
  }
  return addresses;
}

void forget_names(const Call& call, const Json& endpoint) {
  for (const auto& name : strings_of(endpoint["dns_names"])) {
    call.transaction.erase(network::dns_key_of(endpoint.text("VpcId"), name));
  }
}

// Writes the names of an endpoint as its members say: its own always, the private ones when enabled.
ApiResult<void> write_names(const Call& call, Json& endpoint) {
  const auto word = word_of(call, endpoint.text("ServiceName"));
  if (!word) return api_error("InvalidServiceName", "The Vpc Endpoint Service '" + endpoint.str("ServiceName") + "' does not exist");
  const std::string vpc_id = endpoint.str("VpcId");
  forget_names(call, endpoint);
  std::vector<std::string> names = {endpoint.str("VpcEndpointId") + "-" + endpoint.str("dns_label") + "." + *word + "." +
                                    call.environment.region + ".vpce." + call.environment.dns_suffix};
  if (endpoint["PrivateDnsEnabled"].as_bool()) {
    const auto vpc = find(call, Kind::vpc, vpc_id);
    if (!vpc || !(*vpc)["enable_dns_support"].as_bool() || !(*vpc)["enable_dns_hostnames"].as_bool()) {
      return api_error("InvalidParameter", "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for " + vpc_id);
    }
    for (auto& name : private_names(call, *word)) {
      if (call.transaction.contains(network::dns_key_of(vpc_id, name))) {
        return api_error("InvalidParameter", "private-dns-enabled cannot be set because there is already a conflicting DNS domain for " + name + " in the VPC " + vpc_id);
      }
      names.push_back(std::move(name));
    }
  }
  const Json addresses = addresses_of(call, endpoint);
  Json entries = Json::array(), kept = Json::array();
  for (const auto& name : names) {
    entries.push(Json::object({{"DnsName", name}}));
    if (addresses.items().empty()) continue;  // an endpoint without subnets has a name and no address
    kept.push(name);
    call.transaction.put(network::dns_key_of(vpc_id, name), Json::object({{"address", addresses.items().front()}, {"addresses", addresses}}));
  }
  endpoint.set("DnsEntries", std::move(entries)).set("dns_names", std::move(kept));
  return {};
}

ApiResult<Json> checked_policy(const Call& call) {
  const std::string_view text = call.input.text("PolicyDocument");
  if (text.empty()) return service::bound_own(full_access);
  Result<Json> bound = service::bound(text, policy::Kind::endpoint, call.estate);
  if (bound) return *std::move(bound);
  const bool is_unknown = bound.error().kind == Failure::not_found;
  return api_error("InvalidPolicyDocument", "Invalid policy document: " + (is_unknown ? "the principal `" + bound.error().message + "` does not exist" : bound.error().message));
}

// The endpoint as the API shows it.
Json shown(const Call& call, Json endpoint) {
  endpoint.set("PolicyDocument", service::shown(endpoint["policy"], policy::Kind::endpoint, call.estate));
  return endpoint;
}

// Adds an interface of the endpoint in each subnet; at most one subnet of a zone.
ApiResult<void> add_subnets(const Call& call, Json& endpoint, const std::vector<std::string>& subnet_ids, const std::vector<std::string>& groups) {
  std::set<std::string> zones;
  for (const auto& id : strings_of(endpoint["SubnetIds"])) {
    if (const auto subnet = find(call, Kind::subnet, id)) zones.insert(subnet->str("AvailabilityZone"));
  }
  for (const auto& id : subnet_ids) {
    const auto subnet = find(call, Kind::subnet, id);
    if (!subnet || subnet->text("VpcId") != endpoint.text("VpcId")) return missing(Kind::subnet, id);
    if (!zones.insert(subnet->str("AvailabilityZone")).second) {
      return api_error("DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone of " + id);
    }
    network::Placement placement;
    placement.account = call.account();
    placement.subnet_id = id;
    placement.groups = groups;
    placement.description = "VPC Endpoint Interface " + endpoint.str("VpcEndpointId");
    placement.requester = requester;
    placement.local = true;
    RW_TRY(const Json interface, network::add_interface(call.transaction, call.environment.random, placement));
    endpoint.edit("SubnetIds").push(id);
    endpoint.edit("NetworkInterfaceIds").push(interface.str("NetworkInterfaceId"));
  }
  return {};
}

ApiResult<void> remove_subnets(const Call& call, Json& endpoint, const std::vector<std::string>& subnet_ids) {
  for (const auto& subnet_id : subnet_ids) {
    const auto subnets = strings_of(endpoint["SubnetIds"]);
    if (std::ranges::find(subnets, subnet_id) == subnets.end()) return missing(Kind::subnet, subnet_id);
    Json kept_subnets = Json::array(), kept_interfaces = Json::array();
    for (const auto& id : subnets) {
      if (id != subnet_id) kept_subnets.push(id);
    }
    for (const auto& id : strings_of(endpoint["NetworkInterfaceIds"])) {
      const auto interface = find(call, Kind::interface, id);
      if (interface && interface->text("SubnetId") == subnet_id) {
        network::remove_interface(call.transaction, call.account(), id);
      } else {
        kept_interfaces.push(id);
      }
    }
    endpoint.set("SubnetIds", std::move(kept_subnets)).set("NetworkInterfaceIds", std::move(kept_interfaces));
  }
  return {};
}

std::vector<std::string> group_ids(const Json& groups) {
  std::vector<std::string> ids;
  for (const Json& group : groups.items()) ids.push_back(group.str("GroupId"));
  return ids;
}

// The endpoint's groups as the API shows them, checked to be of its VPC; none means the default.
ApiResult<Json> endpoint_groups(const Call& call, const Json& endpoint, const std::vector<std::string>& ids) {
  Json groups = Json::array();
  for (const auto& group : all_of(call, Kind::group, endpoint.text("VpcId"))) {
    const bool wanted = ids.empty() ? group->text("GroupName") == "default" : std::ranges::find(ids, group->str("GroupId")) != ids.end();
    if (wanted) groups.push(Json::object({{"GroupId", group->str("GroupId")}, {"GroupName", group->str("GroupName")}}));
  }
  const auto found = group_ids(groups);
  for (const auto& id : ids) {
    if (std::ranges::find(found, id) == found.end()) return missing(Kind::group, id);
  }
  return groups;
}

ApiResult<Questions> ask_create(const Call& call) {
  RW_TRY(const Tags tags, requested_tags(call.input, "vpc-endpoint"));
  const std::string action = "ec2:CreateVpcEndpoint";
  const std::string vpc_id = call.input.str("VpcId");
  Question made = about_new(call, action, "vpc-endpoint", vpc_id, tags);
  made.context.set("ec2:VpceServiceName", call.input.str("ServiceName"));
  made.context.set("ec2:VpceServiceOwner", "amazon");
  Questions questions;
  questions.all.push_back(made);
  questions.all.push_back(about(call, action, Kind::vpc, vpc_id));
  for (const auto& id : strings_of(call.input["SubnetIds"])) questions.all.push_back(about(call, action, Kind::subnet, id));
  for (const auto& id : strings_of(call.input["SecurityGroupIds"])) questions.all.push_back(about(call, action, Kind::group, id));
  ask_to_tag(questions, call, "CreateVpcEndpoint", made, tags);
  return questions;
}

ApiResult<void> check_create(const Call& call) {
  RW_DO(check_dns_options(call.input["DnsOptions"]));
  RW_DO(refuse_members(call.input, {"RouteTableIds", "SubnetConfigurations", "ServiceNetworkArn", "ResourceConfigurationArn"}));
  RW_TRY(const std::string service_name, required(call.input, "ServiceName"));
  if (!word_of(call, service_name)) return api_error("InvalidServiceName", "The Vpc Endpoint Service '" + service_name + "' does not exist");
  if (const auto type = call.input.text("VpcEndpointType", "Gateway"); type != "Interface") {
    return api_error("InvalidParameter", "Endpoint type (" + std::string(type) + ") does not match available service types ([Interface]).");
  }
  if (const auto region = call.input.text("ServiceRegion", call.environment.region); region != call.environment.region) {
    return api_error("InvalidServiceName", "The Vpc Endpoint Service '" + service_name + "' does not exist in " + std::string(region));
  }
  if (const auto type = call.input.text("IpAddressType", "ipv4"); type != "ipv4") {
    return api_error("UnsupportedOperation", "The IP address type '" + std::string(type) + "' is not supported.");
  }
  return {};
}

ApiResult<Json> create(const Call& call) {
  RW_DO(check_create(call));
  RW_TRY(const auto vpc, need(call, Kind::vpc, call.input.text("VpcId")));
  RW_TRY(const Tags tags, requested_tags(call.input, "vpc-endpoint"));
  RW_TRY(Json policy, checked_policy(call));
  const std::string vpc_id = vpc->str("VpcId");
  if (all_of(call, Kind::endpoint, vpc_id).size() >= endpoints_per_vpc_max) {
    return api_error("VpcEndpointLimitExceeded", "The maximum number of VPC endpoints has been reached.");
  }
  constexpr std::size_t label_characters = 8;
  Random& random = call.environment.random;
  Json endpoint = Json::object({
      {"VpcEndpointId", resource_id(random, "vpce")},
      {"VpcEndpointType", "Interface"},
      {"VpcId", vpc_id},
      {"OwnerId", call.account()},
      {"ServiceName", call.input.str("ServiceName")},
      {"ServiceRegion", call.environment.region},
      {"State", "available"},
      {"policy", std::move(policy)},
      {"RouteTableIds", Json::array()},
      {"SubnetIds", Json::array()},
      {"NetworkInterfaceIds", Json::array()},
      {"IpAddressType", "ipv4"},
      {"DnsOptions", Json::object({{"DnsRecordIpType", "ipv4"}})},
      {"PrivateDnsEnabled", call.input["PrivateDnsEnabled"].as_bool(true)},
      {"RequesterManaged", false},
      {"CreationTimestamp", text::to_millis(call.now)},
      {"Tags", service::json_of(tags)},
      {"dns_label", random_text(random, "abcdefghijklmnopqrstuvwxyz0123456789", label_characters)},
  });
  RW_TRY(Json groups, endpoint_groups(call, endpoint, strings_of(call.input["SecurityGroupIds"])));
  endpoint.set("Groups", groups);
  RW_DO(add_subnets(call, endpoint, strings_of(call.input["SubnetIds"]), group_ids(groups)));
  RW_DO(write_names(call, endpoint));
  save(call, Kind::endpoint, endpoint);
  return Json::object({{"VpcEndpoint", shown(call, std::move(endpoint))}, {"ClientToken", call.input["ClientToken"]}});
}

ApiResult<Json> describe_endpoints(const Call& call) {
  std::vector<Json> endpoints;
  for (const auto& endpoint : all_of(call, Kind::endpoint)) endpoints.push_back(shown(call, *endpoint));
  return describe(call,
                  listing_of(Kind::endpoint, "VpcEndpoints", "VpcEndpointIds",
                             {{"ip-address-type", "IpAddressType"},
                              {"service-name", "ServiceName"},
                              {"service-region", "ServiceRegion"},
                              {"vpc-id", "VpcId"},
                              {"vpc-endpoint-id", "VpcEndpointId"},
                              {"vpc-endpoint-state", "State"},
                              {"vpc-endpoint-type", "VpcEndpointType"}}),
                  std::move(endpoints));
}

ApiResult<Questions> ask_modify(const Call& call) {
  const std::string action = "ec2:ModifyVpcEndpoint";
  Questions questions;
  questions.all.push_back(about(call, action, Kind::endpoint, call.input.text("VpcEndpointId")));
  for (const auto& id : strings_of(call.input["AddSubnetIds"])) questions.all.push_back(about(call, action, Kind::subnet, id));
  for (const auto& id : strings_of(call.input["AddSecurityGroupIds"])) questions.all.push_back(about(call, action, Kind::group, id));
  return questions;
}

ApiResult<void> modify_groups(const Call& call, Json& endpoint) {
  std::vector<std::string> ids = group_ids(endpoint["Groups"]);
  const auto added = strings_of(call.input["AddSecurityGroupIds"]), removed = strings_of(call.input["RemoveSecurityGroupIds"]);
  if (added.empty() && removed.empty()) return {};
  for (const auto& id : removed) {
    if (std::erase(ids, id) == 0) return missing(Kind::group, id);
  }
  ids.insert(ids.end(), added.begin(), added.end());
  if (ids.empty()) return api_error("InvalidParameter", "An interface endpoint must have at least one security group");
  RW_TRY(Json groups, endpoint_groups(call, endpoint, ids));
  endpoint.set("Groups", std::move(groups));
  for (const auto& id : strings_of(endpoint["NetworkInterfaceIds"])) {
    RW_DO(network::set_groups(call.transaction, call.account(), id, ids));
  }
  return {};
}

ApiResult<Json> modify(const Call& call) {
  RW_DO(check_dns_options(call.input["DnsOptions"]));
  RW_DO(refuse_members(call.input, {"AddRouteTableIds", "RemoveRouteTableIds", "SubnetConfigurations"}));
  RW_TRY(const auto stored, need(call, Kind::endpoint, call.input.text("VpcEndpointId")));
  Json endpoint = *stored;
  if (call.input["ResetPolicy"].as_bool()) endpoint.set("policy", service::bound_own(full_access));
  if (!call.input.text("PolicyDocument").empty()) {
    RW_TRY(Json policy, checked_policy(call));
    endpoint.set("policy", std::move(policy));
  }
  RW_DO(modify_groups(call, endpoint));
  RW_DO(remove_subnets(call, endpoint, strings_of(call.input["RemoveSubnetIds"])));
  RW_DO(add_subnets(call, endpoint, strings_of(call.input["AddSubnetIds"]), group_ids(endpoint["Groups"])));
  if (const Json& enabled = call.input["PrivateDnsEnabled"]; enabled.is_bool()) endpoint.set("PrivateDnsEnabled", enabled.as_bool());
  RW_DO(write_names(call, endpoint));
  save(call, Kind::endpoint, endpoint);
  return Json::object({{"Return", true}});
}

ApiResult<Questions> ask_remove(const Call& call) {
  Questions questions;
  for (const auto& id : strings_of(call.input["VpcEndpointIds"])) questions.all.push_back(about(call, "ec2:DeleteVpcEndpoints", Kind::endpoint, id));
  if (questions.all.empty()) return api_error("MissingParameter", "The request must contain the parameter VpcEndpointId");
  return questions;
}

ApiResult<Json> remove(const Call& call) {
  Json unsuccessful = Json::array();
  for (const auto& id : strings_of(call.input["VpcEndpointIds"])) {
    const auto endpoint = need(call, Kind::endpoint, id);
    if (!endpoint) {
      const Json error = Json::object({{"Code", endpoint.error().code}, {"Message", endpoint.error().message}});
      unsuccessful.push(Json::object({{"ResourceId", id}, {"Error", error}}));
      continue;
    }
    forget_names(call, **endpoint);
    for (const auto& interface : strings_of((**endpoint)["NetworkInterfaceIds"])) {
      network::remove_interface(call.transaction, call.account(), interface);
    }
    call.transaction.erase(network::key_of(Kind::endpoint, call.account(), id));
  }
  return Json::object({{"Unsuccessful", std::move(unsuccessful)}});
}

Json service_detail(const Call& call, std::string_view word) {
  const std::string name = name_prefix(call) + std::string(word);
  Json zone_names = Json::array();
  for (const auto& zone : zones_of(call.environment.region)) zone_names.push(zone.name);
  Json names = Json::array();
  for (const auto& host : private_names(call, word)) names.push(Json::object({{"PrivateDnsName", host}}));
  return Json::object({{"ServiceName", name},
                       {"ServiceRegion", call.environment.region},
                       {"ServiceType", Json::array({Json::object({{"ServiceType", "Interface"}})})},
                       {"AvailabilityZones", std::move(zone_names)},
                       {"Owner", "amazon"},
                       {"BaseEndpointDnsNames", Json::array({std::string(word) + "." + call.environment.region + ".vpce." + call.environment.dns_suffix})},
                       {"PrivateDnsName", api_host(call, word)},
                       {"PrivateDnsNames", std::move(names)},
                       {"PrivateDnsNameVerificationState", "verified"},
                       {"VpcEndpointPolicySupported", true},
                       {"AcceptanceRequired", false},
                       {"ManagesVpcEndpoints", false},
                       {"SupportedIpAddressTypes", Json::array({"ipv4"})},
                       {"Tags", Json::array()}});
}

ApiResult<Json> describe_services(const Call& call) {
  std::vector<Json> services;
  for (const std::string& word : service_words()) services.push_back(service_detail(call, word));
  services.push_back(service_detail(call, all_services));
  std::ranges::sort(services, {}, [](const Json& service) { return service.text("ServiceName"); });
  // There are services of this Region alone.
  const std::vector<std::string> regions = strings_of(call.input["ServiceRegions"]);
  if (!regions.empty() && std::ranges::find(regions, call.environment.region) == regions.end()) services.clear();
  RW_TRY(Json output, describe(call,
                               {"ServiceDetails", "ServiceNames", "ServiceName", "InvalidServiceName", "Vpc Endpoint Service",
                                {{"owner", "Owner"},
                                 {"service-name", "ServiceName"},
                                 {"service-region", "ServiceRegion"},
                                 {"service-type", "ServiceType.ServiceType"},
                                 {"supported-ip-address-types", "SupportedIpAddressTypes"}}},
                               std::move(services)));
  Json names = Json::array();
  for (const Json& service : output["ServiceDetails"].items()) names.push(service.str("ServiceName"));
  output.set("ServiceNames", std::move(names));
  return output;
}

}  // namespace

void add_endpoint_operations(Operations& all) {
  using service::Access;
  all.push_back(operation("CreateVpcEndpoint", Access::write, ask_create, create));
  all.push_back(operation("DescribeVpcEndpoints", Access::read, ask_everything("ec2:DescribeVpcEndpoints"), describe_endpoints));
  all.push_back(operation("ModifyVpcEndpoint", Access::write, ask_modify, modify));
  all.push_back(operation("DeleteVpcEndpoints", Access::write, ask_remove, remove));
  all.push_back(operation("DescribeVpcEndpointServices", Access::read, ask_everything("ec2:DescribeVpcEndpointServices"), describe_services));
}

}  // namespace ringwall::ec2
