#pragma once
// Where the documents of the EC2 API are kept, and what their members mean to the kernel. Shared
// with service ec2, so that no key and no protocol name is spelt in two places.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/store.h"
#include "text/cidr.h"
#include "text/json.h"

namespace ringwall::network {

enum class Kind : std::uint8_t { vpc, subnet, group, interface, endpoint, route_table, network_acl, dhcp_options };

inline constexpr std::string_view documents_prefix = "ec2/";

// "ec2/<account>/<kind>/", and the key of one document below it.
std::string prefix_of(Kind kind, std::string_view account);
std::string key_of(Kind kind, std::string_view account, std::string_view id);
// "dns/<vpc-id>/<name>"; the name in lower case, without a final dot.
std::string dns_key_of(std::string_view vpc_id, std::string_view name);

// The account and kind a key tells of; nothing for other keys.
struct KeyParts {
  std::string account;
  std::string kind;
  std::string id;
};
std::optional<KeyParts> parts_of(std::string_view key);

// "tcp", "6", "-1", …, as IpProtocol has it -> the IP protocol number, -1 for all; nothing if it
// is neither a name EC2 knows nor a number from 0 to 255.
inline constexpr int protocol_all = -1, protocol_icmp = 1, protocol_tcp = 6, protocol_udp = 17, protocol_icmp_v6 = 58;
std::optional<int> protocol_number(std::string_view protocol);
std::string protocol_name(int number);  // as EC2 answers it: a name where it has one

// The first four addresses of a subnet and its last are AWS's: network, router, resolver, spare,
// broadcast.
inline constexpr std::uint32_t reserved_at_begin = 4, reserved_at_end = 1, resolver_offset = 2;
std::uint32_t addresses_in(const text::Cidr& cidr);  // all of them; IPv4, prefix at least 1

}  // namespace ringwall::network
