// Placing interfaces into subnets: addresses, MACs and groups.

#include <algorithm>
#include <array>
#include <set>

#include "network/documents.h"
#include "network/network.h"
#include "network/records.h"

namespace ringwall::network {
namespace {

using service::api_error;

// The groups of an interface: ids and names, checked to be of `vpc_id`, each once.
ApiResult<std::vector<GroupName>> named(store::Transaction& transaction, const std::string& account, std::string_view vpc_id,
                                        const std::vector<std::string>& ids) {
  std::vector<GroupName> groups;
  std::set<std::string> seen;
  for (const auto& id : ids) {
    if (!seen.insert(id).second) continue;
    const auto group = tables::groups.get(transaction, account, id);
    if (!group || group->vpc_id != vpc_id) {
      return api_error("InvalidGroup.NotFound", "The security group '" + id + "' does not exist");
    }
    groups.push_back({.id = id, .name = group->name});
  }
  if (seen.size() > groups_per_interface_max) {
    return api_error("SecurityGroupsPerInterfaceLimitExceeded",
                     "The maximum number of security groups per interface (" +
                         std::to_string(groups_per_interface_max) + ") has been reached.");
  }
  return groups;
}

std::vector<std::string> default_group(store::Transaction& transaction, const std::string& account, std::string_view vpc_id) {
  for (const auto& [parts, group] : tables::groups.list(transaction, account)) {
    if (group.vpc_id == vpc_id && group.name == "default") return {group.id};
  }
  return {};
}

ApiResult<std::string> choose_address(store::Transaction& transaction, const Placement& placement, const Subnet& subnet) {
  const auto cidr = text::parse_cidr(subnet.cidr, text::HostBits::refuse);
  if (!cidr || cidr->base.v6) {
    return api_error("InternalError", "The CIDR of subnet '" + placement.subnet_id + "' cannot be read.", 500);
  }
  std::set<std::string, std::less<>> used;
  for (auto& [parts, interface] : tables::interfaces.list(transaction, placement.account)) {
    if (interface.subnet_id == placement.subnet_id) used.insert(std::move(interface.address));
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
  const auto subnet = tables::subnets.get(transaction, placement.account, placement.subnet_id);
  if (!subnet) return api_error("InvalidSubnetID.NotFound", "The subnet ID '" + placement.subnet_id + "' does not exist");
  const std::string& vpc_id = subnet->vpc_id;
  RW_TRY(auto groups, named(transaction, placement.account, vpc_id,
                            placement.groups.empty() ? default_group(transaction, placement.account, vpc_id) : placement.groups));
  RW_TRY(const std::string address, choose_address(transaction, placement, *subnet));

  Interface interface;
  interface.id = resource_id(random, "eni");
  interface.subnet_id = placement.subnet_id;
  interface.vpc_id = vpc_id;
  interface.zone = subnet->zone;
  interface.zone_id = subnet->zone_id;
  interface.owner = placement.account;
  interface.description = placement.description;
  if (placement.local) interface.type = "vpc_endpoint";
  if (!placement.requester.empty()) {
    interface.status = "in-use";
    interface.is_requester_managed = true;
    interface.requester = placement.requester;
  }
  interface.address = address;
  interface.addresses = {{.address = address}};
  interface.mac = mac_for(address, random);
  interface.groups = std::move(groups);
  interface.is_local = placement.local;
  tables::interfaces.put(transaction, interface, placement.account, interface.id);
  return records::to_json(interface);
}

void remove_interface(store::Transaction& transaction, const std::string& account, const std::string& interface_id) {
  tables::interfaces.erase(transaction, account, interface_id);
}

ApiResult<Json> set_groups(store::Transaction& transaction, const std::string& account, const std::string& interface_id,
                           const std::vector<std::string>& groups) {
  auto interface = tables::interfaces.get(transaction, account, interface_id);
  if (!interface) {
    return api_error("InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '" + interface_id + "' does not exist");
  }
  if (groups.empty()) return api_error("InvalidParameterValue", "An interface needs at least one security group");
  RW_TRY(interface->groups, named(transaction, account, interface->vpc_id, groups));
  tables::interfaces.put(transaction, *interface, account, interface_id);
  return records::to_json(*interface);
}

}  // namespace ringwall::network
