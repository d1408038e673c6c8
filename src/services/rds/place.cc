// Where an instance is: its interface in a subnet of a group, and what follows from that.

#include "network/network.h"
#include "services/rds/detail/common.h"

namespace ringwall::rds::detail {

ApiResult<Json> place_interface(const Where& where, const Json& subnet_group, std::string_view zone, const std::vector<std::string>& groups) {
  ApiResult<Json> placed = api_error("InvalidVPCNetworkStateFault", "DB instances cannot be created in the Availability Zone " + std::string(zone) +
                                                                        ": the DB subnet group has no subnet there.");
  for (const Json& subnet : subnet_group["Subnets"].items()) {
    if (!zone.empty() && subnet["SubnetAvailabilityZone"].text("Name") != zone) continue;
    placed = network::add_interface(where.transaction, where.environment.random,
                                    {.account = where.account,
                                     .subnet_id = subnet.str("SubnetIdentifier"),
                                     .groups = groups,
                                     .description = "RDSNetworkInterface",
                                     .requester = std::string(requester)});
    if (placed) return placed;
    if (placed.error().code.starts_with("InvalidGroup")) {
      return std::unexpected(invalid_value("Invalid security group , groupId= " + (groups.empty() ? std::string() : groups.front()) + ", groupName=."));
    }
  }
  if (!placed && placed.error().code == "InsufficientFreeAddressesInSubnet") {
    return api_error("InvalidVPCNetworkStateFault", "The DB subnet group's subnets have no free address.");
  }
  return placed;
}

Json group_memberships(const Json& placed) {
  Json memberships = Json::array();
  for (const Json& group : placed["Groups"].items()) {
    memberships.push(Json::object({{"VpcSecurityGroupId", group.str("GroupId")}, {"Status", "active"}}));
  }
  return memberships;
}

void set_place(Json& document, const Json& subnet_group, const Json& placed) {
  document.set("VpcSecurityGroups", group_memberships(placed)).set("DBSubnetGroup", subnet_group);
  document.set("AvailabilityZone", placed.str("AvailabilityZone")).set("vpc", placed.str("VpcId"));
  document.set("interface", placed.str("NetworkInterfaceId")).set("address", placed.str("PrivateIpAddress"));
}

}  // namespace ringwall::rds::detail
