// Network interfaces: the account's own, and those that services place and alone may change.

#include "services/ec2/detail/common.h"
#include "services/ec2/detail/describe.h"

namespace ringwall::ec2 {
namespace {

// As the API answers it: tags of an interface are a TagSet.
Json shown(Json interface) {
  interface.set("TagSet", interface["Tags"]);
  return interface;
}

ApiResult<DocumentPtr> own_interface(const Call& call) {
  RW_TRY(auto interface, need(call, Kind::interface, call.input.text("NetworkInterfaceId")));
  if ((*interface)["RequesterManaged"].as_bool()) {
    return api_error("OperationNotPermitted", "The network interface '" + interface->str("NetworkInterfaceId") +
                                                  "' is managed by " + interface->str("RequesterId") + " and cannot be changed.");
  }
  return interface;
}

ApiResult<Questions> ask_create(const Call& call) {
  RW_TRY(const Tags tags, requested_tags(call.input, "network-interface"));
  const std::string subnet_id = call.input.str("SubnetId");
  const auto subnet = find(call, Kind::subnet, subnet_id);
  Questions questions;
  Question made = about_new(call, "ec2:CreateNetworkInterface", "network-interface", subnet ? subnet->text("VpcId") : "", tags);
  made.context.set("ec2:Subnet", arn_of(call, "subnet", subnet_id));
  if (subnet) made.context.set("ec2:AvailabilityZone", subnet->str("AvailabilityZone"));
  questions.all.push_back(made);
  questions.all.push_back(about(call, "ec2:CreateNetworkInterface", Kind::subnet, subnet_id));
  for (const auto& group : strings_of(call.input["Groups"])) {
    questions.all.push_back(about(call, "ec2:CreateNetworkInterface", Kind::group, group));
  }
  ask_to_tag(questions, call, "CreateNetworkInterface", made, tags);
  return questions;
}

// Of a list that has one address.
ApiResult<std::string> only_address(const Json& input) {
  if (!input["Primary"].as_bool(true)) return api_error("UnsupportedOperation", "An interface has one private address, which is the primary one.");
  return input.str("PrivateIpAddress");
}

ApiResult<std::string> requested_address(const Json& input) {
  std::string address = input.str("PrivateIpAddress");
  const auto& list = input["PrivateIpAddresses"].items();
  if (list.empty()) return address;
  if (list.size() > 1 || !address.empty()) return api_error("UnsupportedOperation", "An interface has one private address.");
  return only_address(list.front());
}

ApiResult<Json> create(const Call& call) {
  RW_DO(refuse_members(call.input, {"Ipv4Prefixes", "Ipv4PrefixCount", "Ipv6Prefixes", "Ipv6PrefixCount", "InterfaceType",
                                    "EnablePrimaryIpv6", "ConnectionTrackingSpecification", "Operator",
                                    "SecondaryPrivateIpAddressCount", "Ipv6Addresses", "Ipv6AddressCount"}));
  RW_TRY(const Tags tags, requested_tags(call.input, "network-interface"));
  if (all_of(call, Kind::interface).size() >= interfaces_per_account_max) {
    return api_error("NetworkInterfaceLimitExceeded", "The maximum number of network interfaces has been reached.");
  }
  network::Placement placement;
  placement.account = call.account();
  placement.subnet_id = call.input.str("SubnetId");
  placement.groups = strings_of(call.input["Groups"]);
  placement.description = call.input.str("Description");
  RW_TRY(placement.address, requested_address(call.input));
  RW_TRY(Json interface, network::add_interface(call.transaction, call.environment.random, placement));
  interface.set("Tags", service::json_of(tags));
  save(call, Kind::interface, interface);
  return Json::object({{"NetworkInterface", shown(std::move(interface))}});
}

ApiResult<Json> describe_interfaces(const Call& call) {
  std::vector<Json> interfaces;
  for (const auto& interface : all_of(call, Kind::interface)) interfaces.push_back(shown(*interface));
  return describe(call,
                  listing_of(Kind::interface, "NetworkInterfaces", "NetworkInterfaceIds",
                             {{"addresses.primary", "PrivateIpAddresses.Primary"},
                              {"addresses.private-ip-address", "PrivateIpAddresses.PrivateIpAddress"},
                              {"addresses.association.owner-id", "PrivateIpAddresses.Association.IpOwnerId"},
                              {"addresses.association.public-ip", "PrivateIpAddresses.Association.PublicIp"},
                              {"association.allocation-id", "Association.AllocationId"},
                              {"association.association-id", "Association.AssociationId"},
                              {"association.ip-owner-id", "Association.IpOwnerId"},
                              {"association.public-dns-name", "Association.PublicDnsName"},
                              {"association.public-ip", "Association.PublicIp"},
                              {"attachment.attach-time", "Attachment.AttachTime"},
                              {"attachment.delete-on-termination", "Attachment.DeleteOnTermination"},
                              {"attachment.device-index", "Attachment.DeviceIndex"},
                              {"ipv6-addresses.ipv6-address", "Ipv6Addresses.Ipv6Address"},
                              {"operator.managed", "Operator.Managed"},
                              {"operator.principal", "Operator.Principal"},
                              {"attachment.attachment-id", "Attachment.AttachmentId"},
                              {"attachment.instance-id", "Attachment.InstanceId"},
                              {"attachment.instance-owner-id", "Attachment.InstanceOwnerId"},
                              {"attachment.status", "Attachment.Status"},
                              {"availability-zone", "AvailabilityZone"},
                              {"availability-zone-id", "AvailabilityZoneId"},
                              {"description", "Description"},
                              {"group-id", "Groups.GroupId"},
                              {"group-name", "Groups.GroupName"},
                              {"interface-type", "InterfaceType"},
                              {"mac-address", "MacAddress"},
                              {"network-interface-id", "NetworkInterfaceId"},
                              {"owner-id", "OwnerId"},
                              {"private-dns-name", "PrivateDnsName"},
                              {"private-ip-address", "PrivateIpAddress"},
                              {"requester-id", "RequesterId"},
                              {"requester-managed", "RequesterManaged"},
                              {"source-dest-check", "SourceDestCheck"},
                              {"status", "Status"},
                              {"subnet-id", "SubnetId"},
                              {"vpc-id", "VpcId"}}),
                  std::move(interfaces));
}

ApiResult<Json> remove(const Call& call) {
  RW_TRY(const auto interface, own_interface(call));
  network::remove_interface(call.transaction, call.account(), interface->str("NetworkInterfaceId"));
  return Json::object();
}

ApiResult<Questions> ask_modify(const Call& call) {
  RW_TRY(const std::string id, required(call.input, "NetworkInterfaceId"));
  Questions questions;
  questions.all.push_back(about(call, "ec2:ModifyNetworkInterfaceAttribute", Kind::interface, id));
  for (const auto& group : strings_of(call.input["Groups"])) {
    questions.all.push_back(about(call, "ec2:ModifyNetworkInterfaceAttribute", Kind::group, group));
  }
  return questions;
}

ApiResult<Json> modify_attribute(const Call& call) {
  RW_DO(refuse_members(call.input, {"EnaSrdSpecification", "EnablePrimaryIpv6", "ConnectionTrackingSpecification",
                                    "AssociatePublicIpAddress", "AssociatedSubnetIds", "Attachment"}));
  RW_TRY(const auto stored, own_interface(call));
  Json interface = *stored;
  if (const auto groups = strings_of(call.input["Groups"]); !groups.empty()) {
    RW_TRY(interface, network::set_groups(call.transaction, call.account(), stored->str("NetworkInterfaceId"), groups));
  }
  if (call.input.contains("Description")) interface.set("Description", call.input["Description"].str("Value"));
  if (const Json& check = call.input["SourceDestCheck"]["Value"]; check.is_bool() && !check.as_bool()) {
    // Anti-spoofing holds on every interface: an address that is not the interface's own stays inside.
    return api_error("UnsupportedOperation", "The source/destination check cannot be disabled.");
  }
  save(call, Kind::interface, interface);
  return Json::object();
}

ApiResult<Json> describe_attribute(const Call& call) {
  RW_TRY(const auto interface, need(call, Kind::interface, call.input.text("NetworkInterfaceId")));
  const std::string_view attribute = call.input.text("Attribute");
  Json output = Json::object({{"NetworkInterfaceId", interface->str("NetworkInterfaceId")}});
  if (attribute == "description") {
    output.set("Description", Json::object({{"Value", interface->str("Description")}}));
  } else if (attribute == "groupSet") {
    output.set("Groups", (*interface)["Groups"]);
  } else if (attribute == "sourceDestCheck") {
    output.set("SourceDestCheck", Json::object({{"Value", (*interface)["SourceDestCheck"].as_bool()}}));
  } else if (attribute != "attachment") {  // nothing of ours is attached to an instance
    return api_error("InvalidParameterValue", "Value (" + std::string(attribute) + ") for parameter attribute is invalid.");
  }
  return output;
}

}  // namespace

void add_interface_operations(Operations& all) {
  using service::Access;
  constexpr const char* id = "NetworkInterfaceId";
  all.push_back(operation("CreateNetworkInterface", Access::write, ask_create, create));
  all.push_back(operation("DescribeNetworkInterfaces", Access::read, ask_everything("ec2:DescribeNetworkInterfaces"), describe_interfaces));
  all.push_back(operation("DeleteNetworkInterface", Access::write, ask_about("ec2:DeleteNetworkInterface", Kind::interface, id), remove));
  all.push_back(operation("ModifyNetworkInterfaceAttribute", Access::write, ask_modify, modify_attribute));
  all.push_back(operation("DescribeNetworkInterfaceAttribute", Access::read, ask_about("ec2:DescribeNetworkInterfaceAttribute", Kind::interface, id), describe_attribute));
}

}  // namespace ringwall::ec2
