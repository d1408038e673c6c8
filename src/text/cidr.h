#pragma once
// IPv4 and IPv6 addresses and prefixes.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ringwall::text {

// An address in 128 bits; IPv4 is kept apart from its mapped form.
struct Address {
  std::array<std::uint8_t, 16> bytes{};  // IPv4 in the first four
  bool v6 = false;
  friend auto operator<=>(const Address&, const Address&) = default;
};

// Strict: decimal quads without leading zeros, RFC 4291 for IPv6, no zone ids, no spaces.
Result<Address> parse_address(std::string_view text);
std::string to_string(const Address& address);

struct Cidr {
  Address base;  // host bits are zero
  int prefix = 0;
  bool contains(const Address& address) const;  // false across families
  bool contains(const Cidr& inner) const;
  bool overlaps(const Cidr& other) const;
  friend auto operator<=>(const Cidr&, const Cidr&) = default;
};

enum class HostBits : std::uint8_t { refuse, clear };
// "10.0.0.0/16", or an address alone (a /32 or /128). A prefix must be present after a slash:
// `10.0.0.1/` is refused.
Result<Cidr> parse_cidr(std::string_view text, HostBits host_bits);
std::string to_string(const Cidr& cidr);

// The address `offset` after the base of an IPv4 prefix; nothing past its end.
std::optional<Address> nth_address(const Cidr& cidr, std::uint32_t offset);

}  // namespace ringwall::text
