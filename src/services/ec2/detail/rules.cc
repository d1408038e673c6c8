#include "services/ec2/detail/rules.h"

#include <algorithm>

#include "text/encode.h"

namespace ringwall::ec2 {
namespace {

constexpr std::int64_t port_max = 65535, icmp_max = 255, any = -1;

// Protocol and ports in the one form they are kept in: a name where EC2 has one, -1 for all.
ApiResult<Json> traffic_of(const Json& request) {
  const std::string protocol_text = text::lower(request.text("IpProtocol"));
  if (protocol_text.empty()) return api_error("MissingParameter", "The request must contain the parameter ipProtocol");
  const auto protocol = network::protocol_number(protocol_text);
  if (!protocol) return api_error("InvalidParameterValue", "Invalid value '" + protocol_text + "' for IP protocol. Unknown protocol.");
  const std::int64_t from = request["FromPort"].as_integer(any), to = request["ToPort"].as_integer(any);
  Json traffic = Json::object({{"IpProtocol", network::protocol_name(*protocol)}, {"FromPort", any}, {"ToPort", any}});
  const std::string range = std::to_string(from) + ":" + std::to_string(to);
  if (*protocol == network::protocol_tcp || *protocol == network::protocol_udp) {
    if (!request["FromPort"].is_integer() || !request["ToPort"].is_integer()) {
      return api_error("InvalidParameterValue", "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.");
    }
    if (from < 0 || to < 0 || from > port_max || to > port_max || from > to) {
      return api_error("InvalidParameterValue", "Invalid TCP/UDP port range (" + range + ")");
    }
  } else if (*protocol == network::protocol_icmp || *protocol == network::protocol_icmp_v6) {
    if (from < any || to < any || from > icmp_max || to > icmp_max || (from == any && to != any)) {
      return api_error("InvalidParameterValue", "Invalid ICMP type and code (" + range + ")");
    }
  } else {
    return traffic;  // other protocols have no ports: what a request says of them is dropped, as AWS does
  }
  traffic.set("FromPort", from).set("ToPort", to);
  return traffic;
}

Json base_rule(const Call& call, const Json& group, Direction direction, const Json& traffic) {
  Json rule = traffic;
  rule.set("GroupId", group.str("GroupId"));
  rule.set("GroupOwnerId", call.account());
  rule.set("IsEgress", direction == Direction::egress);
  return rule;
}

bool has_description_characters(std::string_view text) {
  constexpr std::string_view others = " ._-:/()#,@[]+=&;{}!$*";
  return std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || others.contains(c);
  });
}

ApiResult<void> set_description(Json& rule, const Json& source) {
  constexpr std::size_t description_characters_max = 255;
  const std::string_view description = source.text("Description");
  if (description.size() > description_characters_max || !has_description_characters(description)) {
    return api_error("InvalidParameterValue", "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*");
  }
  if (!description.empty()) rule.set("Description", description);
  return {};
}

ApiResult<void> set_cidr(Json& rule, std::string_view member, std::string_view text, bool v6) {
  const auto cidr = text::parse_cidr(text, text::HostBits::clear);
  if (!cidr || cidr->base.v6 != v6 || !text.contains('/')) {
    return api_error("InvalidParameterValue", "CIDR block " + std::string(text) + " is malformed");
  }
  rule.set(member, text::to_string(*cidr));
  return {};
}

// A peer group must be the account's own and of the same VPC: there is no peering between VPCs.
ApiResult<void> set_peer(const Call& call, Json& rule, const Json& group, const Json& pair) {
  RW_DO(refuse_members(pair, {"VpcPeeringConnectionId", "PeeringStatus"}));
  std::string id = pair.str("GroupId");
  if (id.empty()) {
    for (const auto& other : all_of(call, Kind::group, group.text("VpcId"))) {
      if (other->text("GroupName") == pair.text("GroupName")) id = other->str("GroupId");
    }
  }
  const auto peer = find(call, Kind::group, id);
  const std::string_view owner = pair.text("UserId");
  if (!peer || peer->text("VpcId") != group.text("VpcId") || (!owner.empty() && owner != call.account())) {
    if (!id.empty()) return missing(Kind::group, id);
    return api_error("InvalidGroup.NotFound", "The security group '" + pair.str("GroupName") + "' does not exist");
  }
  rule.set("ReferencedGroupInfo", Json::object({{"GroupId", id}, {"UserId", call.account()}}));
  return {};
}

std::unexpected<ApiError> no_prefix_list(std::string_view id) {
  return api_error("InvalidPrefixListID.NotFound", "The prefix list ID '" + std::string(id) + "' does not exist");
}

}  // namespace

ApiResult<std::vector<Json>> rules_in(const Call& call, const Json& group, Direction direction, const Json& permissions) {
  std::vector<Json> rules;
  const auto add = [&](Json rule, const Json& source) -> ApiResult<void> {
    RW_DO(set_description(rule, source));
    if (std::ranges::any_of(rules, [&](const Json& other) { return same_rule(rule, other); })) {
      return api_error("InvalidParameterValue", "The same permission must not appear multiple times");
    }
    rules.push_back(std::move(rule));
    return {};
  };
  for (const Json& permission : permissions.items()) {
    RW_TRY(const Json traffic, traffic_of(permission));
    const Json base = base_rule(call, group, direction, traffic);
    const std::size_t before = rules.size();
    for (const Json& range : permission["IpRanges"].items()) {
      Json rule = base;
      RW_DO(set_cidr(rule, "CidrIpv4", range.text("CidrIp"), false));
      RW_DO(add(std::move(rule), range));
    }
    for (const Json& range : permission["Ipv6Ranges"].items()) {
      Json rule = base;
      RW_DO(set_cidr(rule, "CidrIpv6", range.text("CidrIpv6"), true));
      RW_DO(add(std::move(rule), range));
    }
    for (const Json& pair : permission["UserIdGroupPairs"].items()) {
      Json rule = base;
      RW_DO(set_peer(call, rule, group, pair));
      RW_DO(add(std::move(rule), pair));
    }
    for (const Json& list : permission["PrefixListIds"].items()) return no_prefix_list(list.text("PrefixListId"));
    if (rules.size() == before) {
      return api_error("MissingParameter", "Missing source specification: include source security group or CIDR information");
    }
  }
  return rules;
}

ApiResult<Json> rule_in(const Call& call, const Json& group, Direction direction, const Json& request) {
  RW_TRY(const Json traffic, traffic_of(request));
  Json rule = base_rule(call, group, direction, traffic);
  int peers = 0;
  if (request.contains("PrefixListId")) return no_prefix_list(request.text("PrefixListId"));
  if (const auto cidr = request.text("CidrIpv4"); !cidr.empty() && ++peers > 0) RW_DO(set_cidr(rule, "CidrIpv4", cidr, false));
  if (const auto cidr = request.text("CidrIpv6"); !cidr.empty() && ++peers > 0) RW_DO(set_cidr(rule, "CidrIpv6", cidr, true));
  if (const auto id = request.text("ReferencedGroupId"); !id.empty() && ++peers > 0) {
    RW_DO(set_peer(call, rule, group, Json::object({{"GroupId", id}})));
  }
  if (peers != 1) {
    return api_error(peers == 0 ? "MissingParameter" : "InvalidParameterCombination",
                     "A rule must name exactly one of CidrIpv4, CidrIpv6 and ReferencedGroupId");
  }
  RW_DO(set_description(rule, request));
  return rule;
}

bool same_rule(const Json& a, const Json& b) {
  for (const std::string_view member : {"IsEgress", "IpProtocol", "FromPort", "ToPort", "CidrIpv4", "CidrIpv6"}) {
    if (a[member] != b[member]) return false;
  }
  return a["ReferencedGroupInfo"].text("GroupId") == b["ReferencedGroupInfo"].text("GroupId");
}

Json numbered_rule(const Call& call, Json rule, const Tags& tags) {
  const std::string id = resource_id(call.environment.random, "sgr");
  rule.set("SecurityGroupRuleId", id);
  rule.set("SecurityGroupRuleArn", arn_of(call, rule_type, id));
  rule.set("Tags", service::json_of(tags));
  return rule;
}

Json permissions_of(const Json& group, Direction direction) {
  Json permissions = Json::array();
  const auto permission_for = [&](const Json& rule) -> Json& {
    for (Json& permission : permissions.edit_items()) {
      if (permission["IpProtocol"] == rule["IpProtocol"] && permission["FromPort"] == rule["FromPort"] && permission["ToPort"] == rule["ToPort"]) return permission;
    }
    permissions.push(Json::object({{"IpProtocol", rule["IpProtocol"]},
                                   {"FromPort", rule["FromPort"]},
                                   {"ToPort", rule["ToPort"]},
                                   {"IpRanges", Json::array()},
                                   {"Ipv6Ranges", Json::array()},
                                   {"PrefixListIds", Json::array()},
                                   {"UserIdGroupPairs", Json::array()}}));
    return permissions.edit_items().back();
  };
  for (const Json& rule : group["rules"].items()) {
    if (rule["IsEgress"].as_bool() != (direction == Direction::egress)) continue;
    Json peer = Json::object();
    if (rule.contains("Description")) peer.set("Description", rule.str("Description"));
    Json& permission = permission_for(rule);
    if (rule.contains("CidrIpv4")) {
      permission.edit("IpRanges").push(peer.set("CidrIp", rule.str("CidrIpv4")));
    } else if (rule.contains("CidrIpv6")) {
      permission.edit("Ipv6Ranges").push(peer.set("CidrIpv6", rule.str("CidrIpv6")));
    } else {
      peer.set("GroupId", rule["ReferencedGroupInfo"].str("GroupId")).set("UserId", rule["ReferencedGroupInfo"].str("UserId"));
      permission.edit("UserIdGroupPairs").push(peer);
    }
  }
  for (Json& permission : permissions.edit_items()) {
    const auto number = network::protocol_number(permission.text("IpProtocol"));
    const bool has_ports = number == network::protocol_tcp || number == network::protocol_udp ||
                           number == network::protocol_icmp || number == network::protocol_icmp_v6;
    if (has_ports) continue;
    permission.erase("FromPort");
    permission.erase("ToPort");
  }
  return permissions;
}

std::string words_of(const Json& rule) {
  std::string peer = rule.str("CidrIpv4");
  if (peer.empty()) peer = rule.str("CidrIpv6");
  if (peer.empty()) peer = rule["ReferencedGroupInfo"].str("GroupId");
  std::string protocol = rule.str("IpProtocol");
  if (protocol == "-1") return "peer: " + peer + ", ALL, ALLOW";
  for (char& c : protocol) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return "peer: " + peer + ", " + protocol + ", from port: " + std::to_string(rule["FromPort"].as_integer()) +
         ", to port: " + std::to_string(rule["ToPort"].as_integer()) + ", ALLOW";
}

std::string_view name_of(Direction direction) { return direction == Direction::ingress ? "Ingress" : "Egress"; }

}  // namespace ringwall::ec2
