// Placing interfaces into subnets: addresses, MACs and groups.

#include <algorithm>
#include <array>
#include <set>

#include "network/documents.h"
#include "network/network.h"

namespace ringwall::network {
namespace {

using service::api_error;

// The Groups member of an interface: ids and names, checked to be of `vpc_id`, each once.
ApiResult<Json> groups_json(store::Transaction& transaction, const std::string& account, std::string_view vpc_id,
                            const std::vector<std::string>& ids) {
  Json groups = Json::array();
  std::set<std::string> seen;
  for (const auto& id : ids) {
    if (!seen.insert(id).second) continue;
    const auto group = transaction.get(key_of(Kind::group, account, id));
    if (!group || group->text("VpcId") != vpc_id) {
      return api_error("InvalidGroup.NotFound", "The security group '" + id + "' does not exist");
    }
    groups.push(Json::object({{"GroupId", id}, {"GroupName", group->text("GroupName")}}));
  }
  if (seen.size() > groups_per_interface_max) {
    return api_error("SecurityGroupsPerInterfaceLimitExceeded",
                     "The maximum number of security groups per interface (" +
                         std::to_string(groups_per_interface_max) + ") has been reached.");
  }
  return groups;
}

std::vector<std::string> default_group(store::Transaction& transaction, const std::string& account, std::string_view vpc_id) {
  for (const auto& entry : transaction.list(prefix_of(Kind::group, account))) {
    const Json& group = *entry.document;
    if (group.text("VpcId") == vpc_id && group.text("GroupName") == "default") return {group.str("GroupId")};
  }
  return {};
}

ApiResult<std::string> choose_address(store::Transaction& transaction, const Placement& placement, const Json& subnet) {
  const auto cidr = text::parse_cidr(subnet.text("CidrBlock"), text::HostBits::refuse);
  if (!cidr || cidr->base.v6) {
    return api_error("InternalError", "The CIDR of subnet '" + placement.subnet_id + "' cannot be read.", 500);
  }
  std::set<std::string, std::less<>> used;
  for (const auto& entry : transaction.list(prefix_of(Kind::interface, placement.account))) {
    if (entry.document->text("SubnetId") == placement.subnet_id) used.insert(entry.document->str("PrivateIpAddress"));
  }
  const std::uint32_t end = addresses_in(*cidr) - reserved_at_end;
  if (placement.address.empty()) {
    for (std::uint32_t offset = reserved_at_begin; offset < end; ++offset) {
      const auto address = text::nth_address(*cidr, offset);
      if (!address) break;
      if (auto text = text::to_string(*address); !used.contains(text)) return text;
    }
    return api_error("InsufficientFreeAddressesInSubnet", "Insufficient free addresses in subnet '" + placement.subnet_id + "'.");
  }
  const auto wanted = text::parse_address(placement.address);
  if (!wanted || !cidr->contains(*wanted)) {
    return api_error("InvalidParameterValue", "Address does not fall within the subnet's address range");
  }
  for (std::uint32_t offset = 0; offset < reserved_at_begin; ++offset) {
    if (text::nth_address(*cidr, offset) == *wanted) {
      return api_error("InvalidParameterValue", "Address is in subnet's reserved address range");
    }
  }
  if (text::nth_address(*cidr, end) == *wanted) {
    return api_error("InvalidParameterValue", "Address is in subnet's reserved address range");
  }
  if (used.contains(text::to_string(*wanted))) return api_error("InvalidIPAddress.InUse", "Address " + placement.address + " is in use.");
  return text::to_string(*wanted);
}

// Locally administered, and unique within the VPC because the address is part of it.
std::string mac_for(std::string_view address, Random& random) {
  std::array<std::uint8_t, 6> bytes{0x02};
  random.fill(std::span(bytes).subspan(1, 1));
  if (const auto parsed = text::parse_address(address)) std::copy_n(parsed->bytes.begin(), 4, bytes.begin() + 2);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string mac;
  for (const std::uint8_t byte : bytes) {
    if (!mac.empty()) mac += ':';
    mac += digits[byte >> 4];
    mac += digits[byte & 15];
  }
  return mac;
}

}  // namespace

ApiResult<Json> add_interface(store::Transaction& transaction, Random& random, const Placement& placement) {
  const auto subnet = transaction.get(key_of(Kind::subnet, placement.account, placement.subnet_id));
  if (!subnet) return api_error("InvalidSubnetID.NotFound", "The subnet ID '" + placement.subnet_id + "' does not exist");
  const std::string vpc_id = subnet->str("VpcId");
  RW_TRY(Json groups, groups_json(transaction, placement.account, vpc_id,
                                  placement.groups.empty() ? default_group(transaction, placement.account, vpc_id) : placement.groups));
  RW_TRY(const std::string address, choose_address(transaction, placement, *subnet));

  const std::string id = resource_id(random, "eni");
  Json interface = Json::object({
      {"NetworkInterfaceId", id},
      {"SubnetId", placement.subnet_id},
      {"VpcId", vpc_id},
      {"AvailabilityZone", subnet->str("AvailabilityZone")},
      {"AvailabilityZoneId", subnet->str("AvailabilityZoneId")},
      {"OwnerId", placement.account},
      {"Description", placement.description},
      {"InterfaceType", placement.local ? "vpc_endpoint" : "interface"},
      {"Status", placement.requester.empty() ? "available" : "in-use"},
      {"RequesterManaged", !placement.requester.empty()},
      {"SourceDestCheck", true},
      {"PrivateIpAddress", address},
      {"PrivateIpAddresses", Json::array({Json::object({{"Primary", true}, {"PrivateIpAddress", address}})})},
      {"MacAddress", mac_for(address, random)},
      {"Groups", std::move(groups)},
      {"Ipv6Addresses", Json::array()},
      {"Tags", Json::array()},
      {"local", placement.local},
  });
  if (!placement.requester.empty()) interface.set("RequesterId", placement.requester);
  transaction.put(key_of(Kind::interface, placement.account, id), interface);
  return interface;
}

void remove_interface(store::Transaction& transaction, const std::string& account, const std::string& interface_id) {
  transaction.erase(key_of(Kind::interface, account, interface_id));
}

ApiResult<Json> set_groups(store::Transaction& transaction, const std::string& account, const std::string& interface_id,
                           const std::vector<std::string>& groups) {
  const auto stored = transaction.get(key_of(Kind::interface, account, interface_id));
  if (!stored) {
    return api_error("InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '" + interface_id + "' does not exist");
  }
  if (groups.empty()) return api_error("InvalidParameterValue", "An interface needs at least one security group");
  Json interface = *stored;
  RW_TRY(Json members, groups_json(transaction, account, interface.str("VpcId"), groups));
  interface.set("Groups", std::move(members));
  transaction.put(key_of(Kind::interface, account, interface_id), interface);
  return interface;
}

}  // namespace ringwall::network
