#pragma once
// IPv4 addresses and prefixes, as the helper compares them.

#include <cstdint>
#include <optional>
#include <string>

namespace ringwall::host::detail {

struct Prefix {
  std::uint32_t base = 0;  // host byte order; the host bits are zero
  int length = 0;          // 0 to 32

  std::uint32_t mask() const { return length == 0 ? 0 : ~std::uint32_t{0} << (32 - length); }
  std::uint32_t last() const { return base | ~mask(); }
  bool contains(std::uint32_t address) const { return (address & mask()) == base; }
  bool contains(const Prefix& other) const {
    return other.length >= length && contains(other.base);
  }
  bool overlaps(const Prefix& other) const { return contains(other.base) || other.contains(base); }
  friend bool operator==(const Prefix&, const Prefix&) = default;
};

// Dotted quad, exactly as inet_pton reads it: no octal, no short forms.
std::optional<std::uint32_t> parse_address(const std::string& text);
// "10.0.0.0/16". Host bits that are set are refused: they are a mistake or a disguise.
std::optional<Prefix> parse_prefix(const std::string& text);
// True for a well-formed IPv6 prefix, "2001:db8::/32".
bool is_ipv6_prefix(const std::string& text);
// "02:ab:…": six octets, unicast.
bool is_mac(const std::string& text);

std::string to_text(std::uint32_t address);
std::string to_text(const Prefix& prefix);

}  // namespace ringwall::host::detail
