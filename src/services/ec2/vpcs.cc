// VPCs, with what AWS makes beside each: a default security group, a main route table and a
// default network ACL.

#include <algorithm>
#include <array>

#include "services/ec2/detail/common.h"
#include "services/ec2/detail/describe.h"

namespace ringwall::ec2 {
namespace {

// Blocks no VPC can have, because the kernel and the Internet give them other meanings.
constexpr std::array<std::string_view, 5> unusable_blocks = {"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"};

ApiResult<text::Cidr> vpc_block(const Json& input) {
  RW_TRY(const std::string text, required(input, "CidrBlock"));
  const auto cidr = text::parse_cidr(text, text::HostBits::clear);
  if (!cidr || cidr->base.v6 || !text.contains('/')) {
    return api_error("InvalidParameterValue", "Value (" + text + ") for parameter cidrBlock is invalid. This is not a valid CIDR block.");
  }
  const bool unusable = std::ranges::any_of(unusable_blocks, [&](std::string_view block) {
    const auto parsed = text::parse_cidr(block, text::HostBits::refuse);
    return !parsed || parsed->overlaps(*cidr);
  });
  if (cidr->prefix < block_prefix_min || cidr->prefix > block_prefix_max || unusable) {
    return api_error("InvalidVpc.Range", "The CIDR '" + text + "' is invalid.");
  }
  return *cidr;
}

// The account's set of DHCP options, made with its first VPC.
std::string dhcp_options(const Call& call) {
  if (const auto existing = all_of(call, Kind::dhcp_options); !existing.empty()) return existing.front()->str("DhcpOptionsId");
  const auto option = [](const char* key, std::string value) {
    return Json::object({{"Key", key}, {"Values", Json::array({Json::object({{"Value", std::move(value)}})})}});
  };
  const std::string id = resource_id(call.environment.random, "dopt");
  save(call, Kind::dhcp_options,
       Json::object({{"DhcpOptionsId", id},
                     {"OwnerId", call.account()},
                     {"Tags", Json::array()},
                     {"DhcpConfigurations", Json::array({option("domain-name", call.environment.dns_suffix),
                                                         option("domain-name-servers", "AmazonProvidedDNS")})}}));
  return id;
}

void make_main_route_table(const Call& call, const std::string& vpc_id, const std::string& cidr) {
  const std::string id = resource_id(call.environment.random, "rtb");
  const Json association = Json::object({{"Main", true},
                                         {"RouteTableAssociationId", resource_id(call.environment.random, "rtbassoc")},
                                         {"RouteTableId", id},
                                         {"AssociationState", Json::object({{"State", "associated"}})}});
  const Json local = Json::object(
      {{"DestinationCidrBlock", cidr}, {"GatewayId", "local"}, {"Origin", "CreateRouteTable"}, {"State", "active"}});
  save(call, Kind::route_table,
       Json::object({{"RouteTableId", id},
                     {"VpcId", vpc_id},
                     {"OwnerId", call.account()},
                     {"Associations", Json::array({association})},
                     {"Routes", Json::array({local})},
                     {"PropagatingVgws", Json::array()},
                     {"Tags", Json::array()}}));
}

void make_default_network_acl(const Call& call, const std::string& vpc_id) {
  constexpr int first_rule = 100, last_rule = 32767;
  Json entries = Json::array();
  for (const bool egress : {true, false}) {
    for (const int number : {first_rule, last_rule}) {
      entries.push(Json::object({{"CidrBlock", "0.0.0.0/0"},
                                 {"Egress", egress},
                                 {"Protocol", "-1"},
                                 {"RuleAction", number == first_rule ? "allow" : "deny"},
                                 {"RuleNumber", number}}));
    }
  }
  save(call, Kind::network_acl,
       Json::object({{"NetworkAclId", resource_id(call.environment.random, "acl")},
                     {"VpcId", vpc_id},
                     {"OwnerId", call.account()},
                     {"IsDefault", true},
                     {"Entries", std::move(entries)},
                     {"Tags", Json::array()}}));
}

ApiResult<Questions> ask_create(const Call& call) {
  RW_TRY(const Tags tags, requested_tags(call.input, "vpc"));
  Questions questions;
  questions.all.push_back(about_new(call, "ec2:CreateVpc", "vpc", "", tags));
  ask_to_tag(questions, call, "CreateVpc", Question(questions.all.front()), tags);
  return questions;
}

ApiResult<Json> create(const Call& call) {
  RW_DO(refuse_members(call.input, {"Ipv6Pool", "Ipv6CidrBlock", "Ipv4IpamPoolId", "Ipv4NetmaskLength", "Ipv6IpamPoolId",
                                    "Ipv6NetmaskLength", "Ipv6CidrBlockNetworkBorderGroup", "AmazonProvidedIpv6CidrBlock",
                                    "VpcEncryptionControl"}));
  if (const auto tenancy = call.input.text("InstanceTenancy", "default"); tenancy != "default") {
    return api_error("UnsupportedOperation", "The tenancy '" + std::string(tenancy) + "' is not supported.");
  }
  RW_TRY(const text::Cidr cidr, vpc_block(call.input));
  RW_TRY(const Tags tags, requested_tags(call.input, "vpc"));
  if (all_of(call, Kind::vpc).size() >= vpcs_per_account_max) {
    return api_error("VpcLimitExceeded", "The maximum number of VPCs has been reached.");
  }
  const std::string id = resource_id(call.environment.random, "vpc");
  const std::string block = text::to_string(cidr);
  const Json association = Json::object({{"AssociationId", resource_id(call.environment.random, "vpc-cidr-assoc")},
                                         {"CidrBlock", block},
                                         {"CidrBlockState", Json::object({{"State", "associated"}})}});
  Json vpc = Json::object({
      {"VpcId", id},
      {"OwnerId", call.account()},
      {"State", "available"},
      {"CidrBlock", block},
      {"CidrBlockAssociationSet", Json::array({association})},
      {"Ipv6CidrBlockAssociationSet", Json::array()},
      {"DhcpOptionsId", dhcp_options(call)},
      {"InstanceTenancy", "default"},
      {"IsDefault", false},
      {"Tags", service::json_of(tags)},
      {"arn", arn_of(call, "vpc", id)},
      {"enable_dns_support", true},
      {"enable_dns_hostnames", false},
      {"enable_network_address_usage_metrics", false},
  });
  save(call, Kind::vpc, vpc);
  save(call, Kind::group, default_group(call, id));
  make_main_route_table(call, id, block);
  make_default_network_acl(call, id);
  return Json::object({{"Vpc", std::move(vpc)}});
}

ApiResult<Json> describe_vpcs(const Call& call) {
  return describe(
      call,
      listing_of(Kind::vpc, "Vpcs", "VpcIds",
                 {{"vpc-id", "VpcId"},
                  {"cidr", "CidrBlock"},
                  {"cidr-block-association.cidr-block", "CidrBlockAssociationSet.CidrBlock"},
                  {"cidr-block-association.association-id", "CidrBlockAssociationSet.AssociationId"},
                  {"cidr-block-association.state", "CidrBlockAssociationSet.CidrBlockState.State"},
                  {"dhcp-options-id", "DhcpOptionsId"},
                  {"ipv6-cidr-block-association.ipv6-cidr-block", "Ipv6CidrBlockAssociationSet.Ipv6CidrBlock"},
                  {"ipv6-cidr-block-association.ipv6-pool", "Ipv6CidrBlockAssociationSet.Ipv6Pool"},
                  {"ipv6-cidr-block-association.association-id", "Ipv6CidrBlockAssociationSet.AssociationId"},
                  {"ipv6-cidr-block-association.state", "Ipv6CidrBlockAssociationSet.Ipv6CidrBlockState.State"},
                  {"is-default", "IsDefault"},
                  {"isDefault", "IsDefault"},
                  {"owner-id", "OwnerId"},
                  {"state", "State"}}),
      copies_of(all_of(call, Kind::vpc)));
}

ApiResult<Json> remove(const Call& call) {
  RW_TRY(const auto vpc, need(call, Kind::vpc, call.input.text("VpcId")));
  const std::string id = vpc->str("VpcId");
  const auto groups = all_of(call, Kind::group, id);
  if (groups.size() > 1 || !all_of(call, Kind::subnet, id).empty() || !all_of(call, Kind::endpoint, id).empty() ||
      !all_of(call, Kind::interface, id).empty()) {
    return api_error("DependencyViolation", "The vpc '" + id + "' has dependencies and cannot be deleted.");
  }
  for (const Kind kind : {Kind::group, Kind::route_table, Kind::network_acl}) {
    for (const auto& document : all_of(call, kind, id)) {
      call.transaction.erase(network::key_of(kind, call.account(), document->text(resource_of(kind).id_member)));
    }
  }
  for (const auto& entry : call.transaction.list(network::dns_key_of(id, ""))) call.transaction.erase(entry.key);
  call.transaction.erase(network::key_of(Kind::vpc, call.account(), id));
  return Json::object();
}

struct Attribute {
  std::string_view input;   // member of ModifyVpcAttribute and of DescribeVpcAttribute's answer
  std::string_view name;    // DescribeVpcAttribute's word
  std::string_view member;  // of the document
};
constexpr std::array<Attribute, 3> attributes = {{
    {"EnableDnsSupport", "enableDnsSupport", "enable_dns_support"},
    {"EnableDnsHostnames", "enableDnsHostnames", "enable_dns_hostnames"},
    {"EnableNetworkAddressUsageMetrics", "enableNetworkAddressUsageMetrics", "enable_network_address_usage_metrics"},
}};

ApiResult<Json> modify_attribute(const Call& call) {
  RW_TRY(const auto stored, need(call, Kind::vpc, call.input.text("VpcId")));
  const Attribute* given = nullptr;
  for (const auto& attribute : attributes) {
    if (!call.input[attribute.input]["Value"].is_bool()) continue;
    if (given != nullptr) return api_error("InvalidParameterCombination", "Fields for multiple attribute types specified");
    given = &attribute;
  }
  if (given == nullptr) return api_error("MissingParameter", "The request must contain an attribute to modify");
  Json vpc = *stored;
  vpc.set(given->member, call.input[given->input]["Value"].as_bool());
  save(call, Kind::vpc, vpc);
  return Json::object();
}

ApiResult<Json> describe_attribute(const Call& call) {
  RW_TRY(const auto vpc, need(call, Kind::vpc, call.input.text("VpcId")));
  const auto attribute = std::ranges::find(attributes, call.input.text("Attribute"), &Attribute::name);
  if (attribute == attributes.end()) {
    return api_error("InvalidParameterValue", "Value (" + call.input.str("Attribute") + ") for parameter attribute is invalid. Unknown attribute.");
  }
  const Json value = Json::object({{"Value", (*vpc)[attribute->member].as_bool()}});
  return Json::object({{"VpcId", vpc->str("VpcId")}, {std::string(attribute->input), value}});
}

ApiResult<Json> describe_route_tables(const Call& call) {
  return describe(call,
                  listing_of(Kind::route_table, "RouteTables", "RouteTableIds",
                             {{"association.main", "Associations.Main"},
                              {"association.route-table-association-id", "Associations.RouteTableAssociationId"},
                              {"association.route-table-id", "Associations.RouteTableId"},
                              {"association.subnet-id", "Associations.SubnetId"},
                              {"association.gateway-id", "Associations.GatewayId"},
                              {"owner-id", "OwnerId"},
                              {"route-table-id", "RouteTableId"},
                              {"route.destination-cidr-block", "Routes.DestinationCidrBlock"},
                              {"route.destination-ipv6-cidr-block", "Routes.DestinationIpv6CidrBlock"},
                              {"route.destination-prefix-list-id", "Routes.DestinationPrefixListId"},
                              {"route.egress-only-internet-gateway-id", "Routes.EgressOnlyInternetGatewayId"},
                              {"route.gateway-id", "Routes.GatewayId"},
                              {"route.instance-id", "Routes.InstanceId"},
                              {"route.nat-gateway-id", "Routes.NatGatewayId"},
                              {"route.transit-gateway-id", "Routes.TransitGatewayId"},
                              {"route.vpc-peering-connection-id", "Routes.VpcPeeringConnectionId"},
                              {"route.origin", "Routes.Origin"},
                              {"route.state", "Routes.State"},
                              {"vpc-id", "VpcId"}}),
                  copies_of(all_of(call, Kind::route_table)));
}

// Every subnet is associated with its VPC's default ACL, as no other can be made.
ApiResult<Json> describe_network_acls(const Call& call) {
  std::vector<Json> acls = copies_of(all_of(call, Kind::network_acl));
  for (Json& acl : acls) {
    Json associations = Json::array();
    for (const auto& subnet : all_of(call, Kind::subnet, acl.text("VpcId"))) {
      const std::string subnet_id = subnet->str("SubnetId");
      associations.push(Json::object({{"NetworkAclAssociationId", "aclassoc-" + subnet_id.substr(subnet_id.find('-') + 1)},
                                      {"NetworkAclId", acl.str("NetworkAclId")},
                                      {"SubnetId", subnet_id}}));
    }
    acl.set("Associations", std::move(associations));
  }
  return describe(call,
                  listing_of(Kind::network_acl, "NetworkAcls", "NetworkAclIds",
                             {{"association.association-id", "Associations.NetworkAclAssociationId"},
                              {"association.network-acl-id", "Associations.NetworkAclId"},
                              {"association.subnet-id", "Associations.SubnetId"},
                              {"default", "IsDefault"},
                              {"entry.cidr", "Entries.CidrBlock"},
                              {"entry.egress", "Entries.Egress"},
                              {"entry.icmp.code", "Entries.IcmpTypeCode.Code"},
                              {"entry.icmp.type", "Entries.IcmpTypeCode.Type"},
                              {"entry.ipv6-cidr", "Entries.Ipv6CidrBlock"},
                              {"entry.port-range.from", "Entries.PortRange.From"},
                              {"entry.port-range.to", "Entries.PortRange.To"},
                              {"entry.protocol", "Entries.Protocol"},
                              {"entry.rule-action", "Entries.RuleAction"},
                              {"entry.rule-number", "Entries.RuleNumber"},
                              {"network-acl-id", "NetworkAclId"},
                              {"owner-id", "OwnerId"},
                              {"vpc-id", "VpcId"}}),
                  std::move(acls));
}

ApiResult<Json> describe_dhcp_options(const Call& call) {
  return describe(call,
                  listing_of(Kind::dhcp_options, "DhcpOptions", "DhcpOptionsIds",
                             {{"dhcp-options-id", "DhcpOptionsId"},
                              {"key", "DhcpConfigurations.Key"},
                              {"owner-id", "OwnerId"},
                              {"value", "DhcpConfigurations.Values.Value"}}),
                  copies_of(all_of(call, Kind::dhcp_options)));
}

}  // namespace

void add_vpc_operations(Operations& all) {
  using service::Access;
  all.push_back(operation("CreateVpc", Access::write, ask_create, create));
  all.push_back(operation("DescribeVpcs", Access::read, ask_everything("ec2:DescribeVpcs"), describe_vpcs));
  all.push_back(operation("DeleteVpc", Access::write, ask_about("ec2:DeleteVpc", Kind::vpc, "VpcId"), remove));
  all.push_back(operation("ModifyVpcAttribute", Access::write, ask_about("ec2:ModifyVpcAttribute", Kind::vpc, "VpcId"), modify_attribute));
  all.push_back(operation("DescribeVpcAttribute", Access::read, ask_about("ec2:DescribeVpcAttribute", Kind::vpc, "VpcId"), describe_attribute));
  all.push_back(operation("DescribeRouteTables", Access::read, ask_everything("ec2:DescribeRouteTables"), describe_route_tables));
  all.push_back(operation("DescribeNetworkAcls", Access::read, ask_everything("ec2:DescribeNetworkAcls"), describe_network_acls));
  all.push_back(operation("DescribeDhcpOptions", Access::read, ask_everything("ec2:DescribeDhcpOptions"), describe_dhcp_options));
}

}  // namespace ringwall::ec2
