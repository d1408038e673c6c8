// Subnets: parts of a VPC's block, one availability zone each.

#include <algorithm>
#include <map>

#include "services/ec2/detail/common.h"
#include "services/ec2/detail/describe.h"

namespace ringwall::ec2 {
namespace {

ApiResult<text::Cidr> subnet_block(const Call& call, const Json& vpc) {
  RW_TRY(const std::string text, required(call.input, "CidrBlock"));
  const auto cidr = text::parse_cidr(text, text::HostBits::clear);
  if (!cidr || cidr->base.v6 || !text.contains('/')) {
    return api_error("InvalidParameterValue", "Value (" + text + ") for parameter cidrBlock is invalid. This is not a valid CIDR block.");
  }
  const auto outer = text::parse_cidr(vpc.text("CidrBlock"), text::HostBits::refuse);
  if (cidr->prefix < block_prefix_min || cidr->prefix > block_prefix_max || !outer || !outer->contains(*cidr)) {
    return api_error("InvalidSubnet.Range", "The CIDR '" + text + "' is invalid.");
  }
  for (const auto& other : all_of(call, Kind::subnet, vpc.text("VpcId"))) {
    const auto taken = text::parse_cidr(other->text("CidrBlock"), text::HostBits::refuse);
    if (!taken || taken->overlaps(*cidr)) {
      return api_error("InvalidSubnet.Conflict", "The CIDR '" + text + "' conflicts with another subnet");
    }
  }
  return *cidr;
}

ApiResult<Zone> chosen_zone(const Call& call) {
  const auto zones = zones_of(call.environment.region);
  const std::string_view name = call.input.text("AvailabilityZone");
  const std::string_view id = call.input.text("AvailabilityZoneId");
  if (!name.empty() && !id.empty()) {
    return api_error("InvalidParameterCombination", "You cannot specify both AvailabilityZone and AvailabilityZoneId");
  }
  if (name.empty() && id.empty()) return zones.front();
  const auto found = std::ranges::find_if(zones, [&](const Zone& zone) { return zone.name == name || zone.id == id; });
  if (found != zones.end()) return *found;
  std::string list;
  for (const auto& zone : zones) list += (list.empty() ? "" : ", ") + zone.name;
  return api_error("InvalidParameterValue", "Value (" + std::string(name.empty() ? id : name) +
                                                ") for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: " + list + ".");
}

ApiResult<Questions> ask_create(const Call& call) {
  RW_TRY(const Tags tags, requested_tags(call.input, "subnet"));
  const std::string vpc_id = call.input.str("VpcId");
  Questions questions;
  questions.all.push_back(about_new(call, "ec2:CreateSubnet", "subnet", vpc_id, tags));
  questions.all.push_back(about(call, "ec2:CreateSubnet", Kind::vpc, vpc_id));
  ask_to_tag(questions, call, "CreateSubnet", Question(questions.all.front()), tags);
  return questions;
}

ApiResult<Json> create(const Call& call) {
  RW_DO(refuse_members(call.input, {"Ipv6CidrBlock", "OutpostArn", "Ipv6Native", "Ipv4IpamPoolId", "Ipv4NetmaskLength",
                                    "Ipv6IpamPoolId", "Ipv6NetmaskLength"}));
  RW_TRY(const auto vpc, need(call, Kind::vpc, call.input.text("VpcId")));
  RW_TRY(const text::Cidr cidr, subnet_block(call, *vpc));
  RW_TRY(const Zone zone, chosen_zone(call));
  RW_TRY(const Tags tags, requested_tags(call.input, "subnet"));
  if (all_of(call, Kind::subnet, vpc->text("VpcId")).size() >= subnets_per_vpc_max) {
    return api_error("SubnetLimitExceeded", "The maximum number of subnets has been reached.");
  }
  const std::string id = resource_id(call.environment.random, "subnet");
  Json subnet = Json::object({
      {"SubnetId", id},
      {"SubnetArn", arn_of(call, "subnet", id)},
      {"VpcId", vpc->str("VpcId")},
      {"OwnerId", call.account()},
      {"State", "available"},
      {"CidrBlock", text::to_string(cidr)},
      {"AvailabilityZone", zone.name},
      {"AvailabilityZoneId", zone.id},
      {"DefaultForAz", false},
      {"MapPublicIpOnLaunch", false},
      {"MapCustomerOwnedIpOnLaunch", false},
      {"AssignIpv6AddressOnCreation", false},
      {"EnableDns64", false},
      {"Ipv6Native", false},
      {"Ipv6CidrBlockAssociationSet", Json::array()},
      {"PrivateDnsNameOptionsOnLaunch", Json::object({{"HostnameType", "ip-name"},
                                                      {"EnableResourceNameDnsARecord", false},
                                                      {"EnableResourceNameDnsAAAARecord", false}})},
      {"Tags", service::json_of(tags)},
  });
  save(call, Kind::subnet, subnet);
  subnet.set("AvailableIpAddressCount", network::addresses_in(cidr) - network::reserved_at_begin - network::reserved_at_end);
  return Json::object({{"Subnet", std::move(subnet)}});
}

ApiResult<Json> describe_subnets(const Call& call) {
  std::map<std::string, std::uint32_t> used;
  for (const auto& interface : all_of(call, Kind::interface)) ++used[interface->str("SubnetId")];
  std::vector<Json> subnets = copies_of(all_of(call, Kind::subnet));
  for (Json& subnet : subnets) {
    const auto cidr = text::parse_cidr(subnet.text("CidrBlock"), text::HostBits::refuse);
    if (!cidr) continue;
    subnet.set("AvailableIpAddressCount", network::addresses_in(*cidr) - network::reserved_at_begin -
                                              network::reserved_at_end - used[subnet.str("SubnetId")]);
  }
  return describe(
      call,
      listing_of(Kind::subnet, "Subnets", "SubnetIds",
                 {{"subnet-id", "SubnetId"},
                  {"subnet-arn", "SubnetArn"},
                  {"vpc-id", "VpcId"},
                  {"state", "State"},
                  {"cidr", "CidrBlock"},
                  {"cidrBlock", "CidrBlock"},
                  {"cidr-block", "CidrBlock"},
                  {"availability-zone", "AvailabilityZone"},
                  {"availabilityZone", "AvailabilityZone"},
                  {"availability-zone-id", "AvailabilityZoneId"},
                  {"availabilityZoneId", "AvailabilityZoneId"},
                  {"available-ip-address-count", "AvailableIpAddressCount"},
                  {"default-for-az", "DefaultForAz"},
                  {"defaultForAz", "DefaultForAz"},
                  {"customer-owned-ipv4-pool", "CustomerOwnedIpv4Pool"},
                  {"enable-dns64", "EnableDns64"},
                  {"enable-lni-at-device-index", "EnableLniAtDeviceIndex"},
                  {"ipv6-cidr-block-association.ipv6-cidr-block", "Ipv6CidrBlockAssociationSet.Ipv6CidrBlock"},
                  {"ipv6-cidr-block-association.association-id", "Ipv6CidrBlockAssociationSet.AssociationId"},
                  {"ipv6-cidr-block-association.state", "Ipv6CidrBlockAssociationSet.Ipv6CidrBlockState.State"},
                  {"ipv6-native", "Ipv6Native"},
                  {"map-customer-owned-ip-on-launch", "MapCustomerOwnedIpOnLaunch"},
                  {"map-public-ip-on-launch", "MapPublicIpOnLaunch"},
                  {"outpost-arn", "OutpostArn"},
                  {"private-dns-name-options-on-launch.hostname-type", "PrivateDnsNameOptionsOnLaunch.HostnameType"},
                  {"private-dns-name-options-on-launch.enable-resource-name-dns-a-record",
                   "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord"},
                  {"private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record",
                   "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsAAAARecord"},
                  {"owner-id", "OwnerId"}}),
      std::move(subnets));
}

ApiResult<Json> remove(const Call& call) {
  RW_TRY(const auto subnet, need(call, Kind::subnet, call.input.text("SubnetId")));
  const std::string id = subnet->str("SubnetId");
  for (const auto& interface : all_of(call, Kind::interface)) {
    if (interface->text("SubnetId") == id) {
      return api_error("DependencyViolation", "The subnet '" + id + "' has dependencies and cannot be deleted.");
    }
  }
  call.transaction.erase(network::key_of(Kind::subnet, call.account(), id));
  return Json::object();
}

// Public and IPv6 addresses do not exist here, so asking for them is refused; what concerns only
// how an instance would be named is kept.
ApiResult<Json> modify_attribute(const Call& call) {
  RW_TRY(const auto stored, need(call, Kind::subnet, call.input.text("SubnetId")));
  RW_DO(refuse_members(call.input, {"AssignIpv6AddressOnCreation", "MapPublicIpOnLaunch", "MapCustomerOwnedIpOnLaunch",
                                    "CustomerOwnedIpv4Pool", "EnableDns64", "EnableResourceNameDnsAAAARecordOnLaunch",
                                    "EnableLniAtDeviceIndex", "DisableLniAtDeviceIndex"}));
  Json subnet = *stored;
  Json& options = subnet.edit("PrivateDnsNameOptionsOnLaunch");
  if (const auto type = call.input.text("PrivateDnsHostnameTypeOnLaunch"); !type.empty()) options.set("HostnameType", type);
  if (const Json& value = call.input["EnableResourceNameDnsARecordOnLaunch"]["Value"]; value.is_bool()) {
    options.set("EnableResourceNameDnsARecord", value.as_bool());
  }
  save(call, Kind::subnet, subnet);
  return Json::object();
}

}  // namespace

void add_subnet_operations(Operations& all) {
  using service::Access;
  all.push_back(operation("CreateSubnet", Access::write, ask_create, create));
  all.push_back(operation("DescribeSubnets", Access::read, ask_everything("ec2:DescribeSubnets"), describe_subnets));
  all.push_back(operation("DeleteSubnet", Access::write, ask_about("ec2:DeleteSubnet", Kind::subnet, "SubnetId"), remove));
  all.push_back(operation("ModifySubnetAttribute", Access::write, ask_about("ec2:ModifySubnetAttribute", Kind::subnet, "SubnetId"), modify_attribute));
}

}  // namespace ringwall::ec2
