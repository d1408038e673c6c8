#pragma once
// What is stored of EC2: VPCs and what is in them, and the names that a VPC's resolver knows. Services write these; the
// reconciler makes the kernel follow.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "records/table.h"
#include "text/json.h"

namespace ringwall::network {

using text::Json;
using Tags = std::map<std::string, std::string>;

// {"State": "associated"}: of what EC2 associates with something.
struct Association {
  std::string state = "associated";
};
template <typename A, records::Is<Association> T>
void fields(A& archive, T& v) {
  archive.wire("State", v.state);
}

struct CidrAssociation {
  std::string id, cidr;
  Association state;
};
template <typename A, records::Is<CidrAssociation> T>
void fields(A& archive, T& v) {
  archive.wire("AssociationId", v.id);
  archive.wire("CidrBlock", v.cidr);
  archive.wire("CidrBlockState", v.state);
}

struct Vpc {
  std::string id, owner;
  std::string state = "available";
  std::string cidr;
  std::vector<CidrAssociation> cidr_associations;
  Json ipv6_associations = Json::array();  // no VPC has IPv6
  std::string dhcp_options_id;
  std::string tenancy = "default";
  bool is_default = false;
  Tags tags;
  std::string arn;
  bool dns_support = true, dns_hostnames = false, address_usage_metrics = false;
};
template <typename A, records::Is<Vpc> T>
void fields(A& archive, T& v) {
  archive.wire("VpcId", v.id);
  archive.wire("OwnerId", v.owner);
  archive.wire("State", v.state);
  archive.wire("CidrBlock", v.cidr);
  archive.wire("CidrBlockAssociationSet", v.cidr_associations);
  archive.wire("Ipv6CidrBlockAssociationSet", v.ipv6_associations);
  archive.wire("DhcpOptionsId", v.dhcp_options_id);
  archive.wire("InstanceTenancy", v.tenancy);
  archive.wire("IsDefault", v.is_default);
  archive.wire("Tags", records::listed(v.tags));
  archive.kept("arn", v.arn);
  archive.kept("enable_dns_support", v.dns_support);
  archive.kept("enable_dns_hostnames", v.dns_hostnames);
  archive.kept("enable_network_address_usage_metrics", v.address_usage_metrics);
}

struct NameOptions {
  std::string hostname_type = "ip-name";
  bool a_record = false, aaaa_record = false;
};
template <typename A, records::Is<NameOptions> T>
void fields(A& archive, T& v) {
  archive.wire("HostnameType", v.hostname_type);
  archive.wire("EnableResourceNameDnsARecord", v.a_record);
  archive.wire("EnableResourceNameDnsAAAARecord", v.aaaa_record);
}

struct Subnet {
  std::string id, arn, vpc_id, owner;
  std::string state = "available";
  std::string cidr, zone, zone_id;
  bool default_for_zone = false, public_addresses = false, customer_addresses = false, ipv6_addresses = false, dns64 = false, ipv6_only = false;
  Json ipv6_associations = Json::array();
  NameOptions name_options;
  Tags tags;
};
template <typename A, records::Is<Subnet> T>
void fields(A& archive, T& v) {
  archive.wire("SubnetId", v.id);
  archive.wire("SubnetArn", v.arn);
  archive.wire("VpcId", v.vpc_id);
  archive.wire("OwnerId", v.owner);
  archive.wire("State", v.state);
  archive.wire("CidrBlock", v.cidr);
  archive.wire("AvailabilityZone", v.zone);
  archive.wire("AvailabilityZoneId", v.zone_id);
  archive.wire("DefaultForAz", v.default_for_zone);
  archive.wire("MapPublicIpOnLaunch", v.public_addresses);
  archive.wire("MapCustomerOwnedIpOnLaunch", v.customer_addresses);
  archive.wire("AssignIpv6AddressOnCreation", v.ipv6_addresses);
  archive.wire("EnableDns64", v.dns64);
  archive.wire("Ipv6Native", v.ipv6_only);
  archive.wire("Ipv6CidrBlockAssociationSet", v.ipv6_associations);
  archive.wire("PrivateDnsNameOptionsOnLaunch", v.name_options);
  archive.wire("Tags", records::listed(v.tags));
}

struct PeerGroup {
  std::string group_id, account;
  friend bool operator==(const PeerGroup&, const PeerGroup&) = default;
};
template <typename A, records::Is<PeerGroup> T>
void fields(A& archive, T& v) {
  archive.wire("GroupId", v.group_id);
  archive.wire("UserId", v.account);
}

// One of the three: a block of either version, or another group of the VPC.
struct Rule {
  std::string protocol;  // as EC2 names it; "-1": all
  std::int64_t from_port = -1, to_port = -1;
  std::string group_id, owner;
  bool is_egress = false;
  std::optional<std::string> cidr, cidr_v6;
  std::optional<PeerGroup> peer;
  std::optional<std::string> description;
  std::string id, arn;
  Tags tags;
};
template <typename A, records::Is<Rule> T>
void fields(A& archive, T& v) {
  archive.wire("IpProtocol", v.protocol);
  archive.wire("FromPort", v.from_port);
  archive.wire("ToPort", v.to_port);
  archive.wire("GroupId", v.group_id);
  archive.wire("GroupOwnerId", v.owner);
  archive.wire("IsEgress", v.is_egress);
  archive.wire("CidrIpv4", v.cidr);
  archive.wire("CidrIpv6", v.cidr_v6);
  archive.wire("ReferencedGroupInfo", v.peer);
  archive.wire("Description", v.description);
  archive.wire("SecurityGroupRuleId", v.id);
  archive.wire("SecurityGroupRuleArn", v.arn);
  archive.wire("Tags", records::listed(v.tags));
}

struct Group {
  std::string id, name, description, vpc_id, owner, arn;
  Tags tags;
  std::vector<Rule> rules;
};
template <typename A, records::Is<Group> T>
void fields(A& archive, T& v) {
  archive.wire("GroupId", v.id);
  archive.wire("GroupName", v.name);
  archive.wire("Description", v.description);
  archive.wire("VpcId", v.vpc_id);
  archive.wire("OwnerId", v.owner);
  archive.wire("SecurityGroupArn", v.arn);
  archive.wire("Tags", records::listed(v.tags));
  archive.kept("rules", v.rules);
}

// A group as interfaces and endpoints name it.
struct GroupName {
  std::string id, name;
};
template <typename A, records::Is<GroupName> T>
void fields(A& archive, T& v) {
  archive.wire("GroupId", v.id);
  archive.wire("GroupName", v.name);
}

struct PrivateAddress {
  bool is_primary = true;
  std::string address;
};
template <typename A, records::Is<PrivateAddress> T>
void fields(A& archive, T& v) {
  archive.wire("Primary", v.is_primary);
  archive.wire("PrivateIpAddress", v.address);
}

struct Interface {
  std::string id, subnet_id, vpc_id, zone, zone_id, owner, description;
  std::string type = "interface";    // "vpc_endpoint": its addresses are listened at here
  std::string status = "available";  // "in-use": a service's
  bool is_requester_managed = false, checks_source = true;
  std::string address;
  std::vector<PrivateAddress> addresses;
  std::string mac;
  std::vector<GroupName> groups;
  Json ipv6_addresses = Json::array();
  Tags tags;
  bool is_local = false;  // see host::Interface
  std::optional<std::string> requester;  // "amazon-rds": such an interface is not the user's to delete
};
template <typename A, records::Is<Interface> T>
void fields(A& archive, T& v) {
  archive.wire("NetworkInterfaceId", v.id);
  archive.wire("SubnetId", v.subnet_id);
  archive.wire("VpcId", v.vpc_id);
  archive.wire("AvailabilityZone", v.zone);
  archive.wire("AvailabilityZoneId", v.zone_id);
  archive.wire("OwnerId", v.owner);
  archive.wire("Description", v.description);
  archive.wire("InterfaceType", v.type);
  archive.wire("Status", v.status);
  archive.wire("RequesterManaged", v.is_requester_managed);
  archive.wire("SourceDestCheck", v.checks_source);
  archive.wire("PrivateIpAddress", v.address);
  archive.wire("PrivateIpAddresses", v.addresses);
  archive.wire("MacAddress", v.mac);
  archive.wire("Groups", v.groups);
  archive.wire("Ipv6Addresses", v.ipv6_addresses);
  archive.wire("Tags", records::listed(v.tags));
  archive.kept("local", v.is_local);
  archive.wire("RequesterId", v.requester);
}

struct DnsEntry {
  std::string name;
};
template <typename A, records::Is<DnsEntry> T>
void fields(A& archive, T& v) {
  archive.wire("DnsName", v.name);
}

struct DnsOptions {
  std::string record_type = "ipv4";
};
template <typename A, records::Is<DnsOptions> T>
void fields(A& archive, T& v) {
  archive.wire("DnsRecordIpType", v.record_type);
}

struct Endpoint {
  std::string id;
  std::string type = "Interface";
  std::string vpc_id, owner, service, region;
  std::string state = "available";
  std::optional<std::string> unreadable_policy;  // the text of one that could not be bound: directory/bind_stored.h
  Json policy;                                   // as service::bound makes it
  Json route_table_ids = Json::array();
  std::vector<std::string> subnet_ids, interface_ids;
  std::string address_type = "ipv4";
  DnsOptions dns_options;
  bool private_dns = true, is_requester_managed = false;
  std::int64_t created = 0;
  Tags tags;
  std::string dns_label;  // of its own name
  std::vector<GroupName> groups;
  std::vector<DnsEntry> dns_entries;
  std::vector<std::string> dns_names;  // of these, those that the resolver knows
};
template <typename A, records::Is<Endpoint> T>
void fields(A& archive, T& v) {
  archive.wire("VpcEndpointId", v.id);
  archive.wire("VpcEndpointType", v.type);
  archive.wire("VpcId", v.vpc_id);
  archive.wire("OwnerId", v.owner);
  archive.wire("ServiceName", v.service);
  archive.wire("ServiceRegion", v.region);
  archive.wire("State", v.state);
  archive.kept("unreadable_policy", v.unreadable_policy);
  archive.kept("policy", v.policy);
  archive.wire("RouteTableIds", v.route_table_ids);
  archive.wire("SubnetIds", v.subnet_ids);
  archive.wire("NetworkInterfaceIds", v.interface_ids);
  archive.wire("IpAddressType", v.address_type);
  archive.wire("DnsOptions", v.dns_options);
  archive.wire("PrivateDnsEnabled", v.private_dns);
  archive.wire("RequesterManaged", v.is_requester_managed);
  archive.wire("CreationTimestamp", v.created);
  archive.wire("Tags", records::listed(v.tags));
  archive.kept("dns_label", v.dns_label);
  archive.wire("Groups", v.groups);
  archive.wire("DnsEntries", v.dns_entries);
  archive.kept("dns_names", v.dns_names);
}

struct RouteAssociation {
  bool is_main = true;
  std::string id, route_table_id;
  Association state;
};
template <typename A, records::Is<RouteAssociation> T>
void fields(A& archive, T& v) {
  archive.wire("Main", v.is_main);
  archive.wire("RouteTableAssociationId", v.id);
  archive.wire("RouteTableId", v.route_table_id);
  archive.wire("AssociationState", v.state);
}

struct Route {
  std::string destination;
  std::string gateway = "local", origin = "CreateRouteTable", state = "active";
};
template <typename A, records::Is<Route> T>
void fields(A& archive, T& v) {
  archive.wire("DestinationCidrBlock", v.destination);
  archive.wire("GatewayId", v.gateway);
  archive.wire("Origin", v.origin);
  archive.wire("State", v.state);
}

struct RouteTable {
  std::string id, vpc_id, owner;
  std::vector<RouteAssociation> associations;
  std::vector<Route> routes;
  Json propagating_gateways = Json::array();
  Tags tags;
};
template <typename A, records::Is<RouteTable> T>
void fields(A& archive, T& v) {
  archive.wire("RouteTableId", v.id);
  archive.wire("VpcId", v.vpc_id);
  archive.wire("OwnerId", v.owner);
  archive.wire("Associations", v.associations);
  archive.wire("Routes", v.routes);
  archive.wire("PropagatingVgws", v.propagating_gateways);
  archive.wire("Tags", records::listed(v.tags));
}

struct AclEntry {
  std::string cidr = "0.0.0.0/0";
  bool is_egress = false;
  std::string protocol = "-1", action;
  std::int64_t number = 0;
};
template <typename A, records::Is<AclEntry> T>
void fields(A& archive, T& v) {
  archive.wire("CidrBlock", v.cidr);
  archive.wire("Egress", v.is_egress);
  archive.wire("Protocol", v.protocol);
  archive.wire("RuleAction", v.action);
  archive.wire("RuleNumber", v.number);
}

struct NetworkAcl {
  std::string id, vpc_id, owner;
  bool is_default = true;
  std::vector<AclEntry> entries;
  Tags tags;
};
template <typename A, records::Is<NetworkAcl> T>
void fields(A& archive, T& v) {
  archive.wire("NetworkAclId", v.id);
  archive.wire("VpcId", v.vpc_id);
  archive.wire("OwnerId", v.owner);
  archive.wire("IsDefault", v.is_default);
  archive.wire("Entries", v.entries);
  archive.wire("Tags", records::listed(v.tags));
}

struct DhcpValue {
  std::string value;
};
template <typename A, records::Is<DhcpValue> T>
void fields(A& archive, T& v) {
  archive.wire("Value", v.value);
}

struct DhcpOption {
  std::string key;
  std::vector<DhcpValue> values;
};
template <typename A, records::Is<DhcpOption> T>
void fields(A& archive, T& v) {
  archive.wire("Key", v.key);
  archive.wire("Values", v.values);
}

struct DhcpOptions {
  std::string id, owner;
  Tags tags;
  std::vector<DhcpOption> options;
};
template <typename A, records::Is<DhcpOptions> T>
void fields(A& archive, T& v) {
  archive.wire("DhcpOptionsId", v.id);
  archive.wire("OwnerId", v.owner);
  archive.wire("Tags", records::listed(v.tags));
  archive.wire("DhcpConfigurations", v.options);
}

// What a VPC's resolver answers for a name.
struct Name {
  std::string address;
  std::optional<std::vector<std::string>> addresses;  // of an endpoint, whose first is `address`
};
template <typename A, records::Is<Name> T>
void fields(A& archive, T& v) {
  archive.kept("address", v.address);
  archive.kept("addresses", v.addresses);
}

namespace tables {
// Account and id.
inline constexpr records::Table<Vpc, 2> vpcs{"ec2/*/vpc/*"};
inline constexpr records::Table<Subnet, 2> subnets{"ec2/*/subnet/*"};
inline constexpr records::Table<Group, 2> groups{"ec2/*/group/*"};
inline constexpr records::Table<Interface, 2> interfaces{"ec2/*/interface/*"};
inline constexpr records::Table<Endpoint, 2> endpoints{"ec2/*/endpoint/*"};
inline constexpr records::Table<RouteTable, 2> route_tables{"ec2/*/route-table/*"};
inline constexpr records::Table<NetworkAcl, 2> network_acls{"ec2/*/network-acl/*"};
inline constexpr records::Table<DhcpOptions, 2> dhcp_options{"ec2/*/dhcp-options/*"};
inline constexpr records::Table<Name, 2> names{"dns/*/**"};  // VPC, name in lower case without a final dot
}  // namespace tables

}  // namespace ringwall::network
