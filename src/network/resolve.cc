// From documents to what the kernel is told. Whatever in a document cannot be understood opens
// nothing: a rule that cannot be resolved is left out, for rules only ever allow.

#include <algorithm>

#include "network/documents.h"
#include "network/network.h"
#include "network/records.h"

namespace ringwall::network {
namespace {

bool has_ports(int protocol) {
  return protocol == protocol_tcp || protocol == protocol_udp || protocol == protocol_icmp || protocol == protocol_icmp_v6;
}

std::optional<host::Rule> resolve_rule(const Rule& rule, const std::vector<host::Group>& groups) {
  const auto protocol = protocol_number(rule.protocol);
  if (!protocol) return std::nullopt;
  host::Rule resolved;
  resolved.direction = rule.is_egress ? host::Rule::Direction::egress : host::Rule::Direction::ingress;
  resolved.protocol = *protocol;
  if (has_ports(*protocol)) {
    resolved.from_port = static_cast<int>(rule.from_port);
    resolved.to_port = static_cast<int>(rule.to_port);
  }
  if (rule.cidr) {
    const auto cidr = text::parse_cidr(*rule.cidr, text::HostBits::refuse);
    if (!cidr || cidr->base.v6) return std::nullopt;
    resolved.cidr = text::to_string(*cidr);
    return resolved;
  }
  // IPv6 rules are kept in their documents and not applied: no interface has an IPv6 address.
  const std::string peer = rule.peer ? rule.peer->group_id : std::string();
  const bool known = std::ranges::any_of(groups, [&](const host::Group& group) { return group.id == peer; });
  if (!known) return std::nullopt;
  resolved.group = peer;
  return resolved;
}

// What a table has of this VPC.
template <typename T>
std::vector<T> of_vpc(store::Transaction& transaction, const records::Table<T, 2>& table, const std::string& account, const std::string& vpc_id) {
  std::vector<T> found;
  for (auto& row : table.list(transaction, account)) {
    if (row.record.vpc_id == vpc_id) found.push_back(std::move(row.record));
  }
  return found;
}

std::vector<host::Group> groups_of(store::Transaction& transaction, const std::string& account, const std::string& vpc_id) {
  const std::vector<Group> stored = of_vpc(transaction, tables::groups, account, vpc_id);
  std::vector<host::Group> groups;
  for (const Group& group : stored) groups.push_back({group.id, {}});
  for (std::size_t i = 0; i < stored.size(); ++i) {
    for (const Rule& rule : stored[i].rules) {
      if (auto resolved = resolve_rule(rule, groups)) groups[i].rules.push_back(*std::move(resolved));
    }
  }
  return groups;
}

}  // namespace

std::optional<host::Network> network_of(store::Transaction& transaction, const std::string& account, const std::string& vpc_id) {
  const auto vpc = tables::vpcs.get(transaction, account, vpc_id);
  if (!vpc) return std::nullopt;
  host::Network network;
  network.id = vpc_id;
  network.cidr = vpc->cidr;
  for (const Subnet& subnet : of_vpc(transaction, tables::subnets, account, vpc_id)) network.subnets.push_back({subnet.id, subnet.cidr});
  network.groups = groups_of(transaction, account, vpc_id);
  for (const Interface& stored : of_vpc(transaction, tables::interfaces, account, vpc_id)) {
    host::Interface interface;
    interface.id = stored.id;
    interface.subnet_id = stored.subnet_id;
    interface.address = stored.address;
    interface.mac = stored.mac;
    interface.local = stored.is_local;
    for (const GroupName& group : stored.groups) interface.groups.push_back(group.id);
    network.interfaces.push_back(std::move(interface));
  }
  return network;
}

}  // namespace ringwall::network
