// From documents to what the kernel is told. Whatever in a document cannot be understood opens
// nothing: a rule that cannot be resolved is left out, for rules only ever allow.

#include <algorithm>

#include "network/documents.h"
#include "network/network.h"

namespace ringwall::network {
namespace {

int port_of(const Json& rule, std::string_view member) {
  return static_cast<int>(rule[member].as_integer(-1));
}

bool has_ports(int protocol) {
  return protocol == protocol_tcp || protocol == protocol_udp || protocol == protocol_icmp || protocol == protocol_icmp_v6;
}

std::optional<host::Rule> resolve_rule(const Json& rule, const std::vector<host::Group>& groups) {
  const auto protocol = protocol_number(rule.text("IpProtocol"));
  if (!protocol) return std::nullopt;
  host::Rule resolved;
  resolved.direction = rule["IsEgress"].as_bool() ? host::Rule::Direction::egress : host::Rule::Direction::ingress;
  resolved.protocol = *protocol;
  if (has_ports(*protocol)) {
    resolved.from_port = port_of(rule, "FromPort");
    resolved.to_port = port_of(rule, "ToPort");
  }
  if (rule.contains("CidrIpv4")) {
    const auto cidr = text::parse_cidr(rule.text("CidrIpv4"), text::HostBits::refuse);
    if (!cidr || cidr->base.v6) return std::nullopt;
    resolved.cidr = text::to_string(*cidr);
    return resolved;
  }
  // IPv6 rules are kept in their documents and not applied: no interface has an IPv6 address.
  const std::string peer = rule["ReferencedGroupInfo"].str("GroupId");
  const bool known = std::ranges::any_of(groups, [&](const host::Group& group) { return group.id == peer; });
  if (!known) return std::nullopt;
  resolved.group = peer;
  return resolved;
}

// The documents of one kind that are of this VPC.
std::vector<std::shared_ptr<const Json>> documents_of(store::Transaction& transaction, Kind kind,
                                                      const std::string& account, const std::string& vpc_id) {
  std::vector<std::shared_ptr<const Json>> documents;
  for (const auto& entry : transaction.list(prefix_of(kind, account))) {
    if (entry.document->text("VpcId") == vpc_id) documents.push_back(entry.document);
  }
  return documents;
}

std::vector<host::Group> groups_of(store::Transaction& transaction, const std::string& account, const std::string& vpc_id) {
  const auto documents = documents_of(transaction, Kind::group, account, vpc_id);
  std::vector<host::Group> groups;
  for (const auto& document : documents) groups.push_back({document->str("GroupId"), {}});
  for (std::size_t i = 0; i < documents.size(); ++i) {
    for (const Json& rule : (*documents[i])["rules"].items()) {
      if (auto resolved = resolve_rule(rule, groups)) groups[i].rules.push_back(*std::move(resolved));
    }
  }
  return groups;
}

}  // namespace

std::optional<host::Network> network_of(store::Transaction& transaction, const std::string& account, const std::string& vpc_id) {
  const auto vpc = transaction.get(key_of(Kind::vpc, account, vpc_id));
  if (!vpc) return std::nullopt;
  host::Network network;
  network.id = vpc_id;
  network.cidr = vpc->str("CidrBlock");
  for (const auto& subnet : documents_of(transaction, Kind::subnet, account, vpc_id)) {
    network.subnets.push_back({subnet->str("SubnetId"), subnet->str("CidrBlock")});
  }
  network.groups = groups_of(transaction, account, vpc_id);
  for (const auto& document : documents_of(transaction, Kind::interface, account, vpc_id)) {
    host::Interface interface;
    interface.id = document->str("NetworkInterfaceId");
    interface.subnet_id = document->str("SubnetId");
    interface.address = document->str("PrivateIpAddress");
    interface.mac = document->str("MacAddress");
    interface.local = (*document)["local"].as_bool();
    for (const Json& group : (*document)["Groups"].items()) interface.groups.push_back(group.str("GroupId"));
    network.interfaces.push_back(std::move(interface));
  }
  return network;
}

}  // namespace ringwall::network
