#include "network/documents.h"

#include <array>
#include <charconv>

#include "base/check.h"

namespace ringwall::network {
namespace {

std::string_view word_of(Kind kind) {
  switch (kind) {
    case Kind::vpc: return "vpc";
    case Kind::subnet: return "subnet";
    case Kind::group: return "group";
    case Kind::interface: return "interface";
    case Kind::endpoint: return "endpoint";
    case Kind::route_table: return "route-table";
    case Kind::network_acl: return "network-acl";
    case Kind::dhcp_options: return "dhcp-options";
  }
  return {};
}

struct ProtocolName {
  std::string_view name;
  int number;
};
constexpr std::array<ProtocolName, 4> protocol_names = {
    {{"tcp", protocol_tcp}, {"udp", protocol_udp}, {"icmp", protocol_icmp}, {"icmpv6", protocol_icmp_v6}}};

}  // namespace

std::string prefix_of(Kind kind, std::string_view account) {
  std::string prefix(documents_prefix);
  prefix.append(account).append("/").append(word_of(kind)).append("/");
  return prefix;
}

std::string key_of(Kind kind, std::string_view account, std::string_view id) {
  return prefix_of(kind, account).append(id);
}

std::string dns_key_of(std::string_view vpc_id, std::string_view name) {
  return std::string("dns/").append(vpc_id).append("/").append(name);
}

std::optional<KeyParts> parts_of(std::string_view key) {
  if (!key.starts_with(documents_prefix)) return std::nullopt;
  key.remove_prefix(documents_prefix.size());
  const auto first = key.find('/');
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = key.find('/', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return KeyParts{std::string(key.substr(0, first)), std::string(key.substr(first + 1, second - first - 1)),
                  std::string(key.substr(second + 1))};
}

std::optional<int> protocol_number(std::string_view protocol) {
  for (const auto& known : protocol_names) {
    if (protocol == known.name) return known.number;
  }
  int number = 0;
  const auto [end, error] = std::from_chars(protocol.data(), protocol.data() + protocol.size(), number);
  if (error != std::errc{} || end != protocol.data() + protocol.size()) return std::nullopt;
  if (number < protocol_all || number > 255) return std::nullopt;
  return number;
}

std::string protocol_name(int number) {
  for (const auto& known : protocol_names) {
    if (number == known.number) return std::string(known.name);
  }
  return std::to_string(number);
}

std::uint32_t addresses_in(const text::Cidr& cidr) {
  RW_CHECK(!cidr.base.v6 && cidr.prefix >= 1 && cidr.prefix <= 32);
  return std::uint32_t{1} << (32 - cidr.prefix);
}

}  // namespace ringwall::network
