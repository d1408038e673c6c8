// Where an instance is: its interface in a subnet of a group, and what follows from that.

#include "network/network.h"
#include "network/records.h"
#include "services/rds/detail/common.h"

namespace ringwall::rds::detail {

constexpr std::size_t id_bytes_max = 64;  // longer than any id, far shorter than a key

std::optional<ApiError> fault_in_groups(store::Transaction& transaction, std::string_view account,
                                        std::string_view vpc_id, const std::vector<std::string>& groups) {
  for (const std::string& id : groups) {
    const auto group = id.size() <= id_bytes_max ? network::tables::groups.get(transaction, account, id) : std::nullopt;
    if (!group)
      return invalid_value("Invalid security group , groupId= " + id.substr(0, id_bytes_max) + ", groupName=.");
    if (group->vpc_id == vpc_id) continue;
    return invalid_combination("The DB instance and EC2 security group are in different VPCs. The DB instance is in " +
                               std::string(vpc_id) + " and the EC2 security group is in " + group->vpc_id);
  }
  return std::nullopt;
}

ApiResult<Json> place_interface(const Where& where, const SubnetGroup& subnet_group, std::string_view zone,
                                const std::vector<std::string>& groups) {
  if (auto fault = fault_in_groups(where.transaction, where.account, subnet_group.vpc, groups))
    return std::unexpected(*std::move(fault));
  ApiResult<Json> placed =
      api_error("InvalidVPCNetworkStateFault", "DB instances cannot be created in the Availability Zone " +
                                                   std::string(zone) + ": the DB subnet group has no subnet there.");
  for (const GroupSubnet& subnet : subnet_group.subnets) {
    if (!zone.empty() && subnet.zone.name != zone) continue;
    placed = network::add_interface(where.transaction, where.environment.random,
                                    {.account = where.account,
                                     .subnet_id = subnet.id,
                                     .groups = groups,
                                     .description = "RDSNetworkInterface",
                                     .requester = std::string(requester)});
    if (placed) return placed;
    if (placed.error().code.starts_with("InvalidGroup")) {
      return std::unexpected(invalid_value(
          "Invalid security group , groupId= " + (groups.empty() ? std::string() : groups.front()) + ", groupName=."));
    }
  }
  if (!placed && placed.error().code == "InsufficientFreeAddressesInSubnet") {
    return api_error("InvalidVPCNetworkStateFault", "The DB subnet group's subnets have no free address.");
  }
  return placed;
}

std::vector<SecurityGroup> group_memberships(const Json& placed) {
  std::vector<SecurityGroup> memberships;
  for (const Json& group : placed["Groups"].items()) memberships.push_back({.id = group.str("GroupId")});
  return memberships;
}

void set_place(Wanted& wanted, const SubnetGroup& subnet_group, const Json& placed) {
  wanted.security_groups = group_memberships(placed);
  wanted.subnet_group = subnet_group;
  wanted.zone = placed.str("AvailabilityZone");
  wanted.vpc = placed.str("VpcId");
  wanted.interface = placed.str("NetworkInterfaceId");
  wanted.address = placed.str("PrivateIpAddress");
}

}  // namespace ringwall::rds::detail
