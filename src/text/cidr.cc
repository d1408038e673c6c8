#include "text/cidr.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ringwall::text {
namespace {

std::unexpected<Error> refuse_address(std::string_view text) {
  return fail(Failure::invalid, fmt::format("`{}` is not an IP address", text.substr(0, 64)));
}

std::unexpected<Error> refuse_cidr(std::string_view text, std::string_view why) {
  return fail(Failure::invalid,
              fmt::format("`{}` is not a CIDR block: {}", text.substr(0, 64), why));
}

// Decimal without sign, spaces or leading zeros, at most `max`.
std::optional<int> parse_decimal(std::string_view text, int max) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value <= max ? std::optional(value) : std::nullopt;
}

// Read in one pass: policies ask for the caller's address with every decision.
bool parse_quad(std::string_view text, std::uint8_t* out) {
  constexpr std::size_t digits_max = 3;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int i = 0; i < 4; ++i) {
    if (i > 0 && (at == end || *at++ != '.')) return false;
    unsigned value = 0;
    std::size_t digits = 0;
    for (; at != end && *at >= '0' && *at <= '9'; ++at, ++digits) {
      if (digits == digits_max || (digits == 1 && value == 0)) return false;
      value = value * 10 + static_cast<unsigned>(*at - '0');
    }
    if (digits == 0 || value > 255) return false;
    out[i] = static_cast<std::uint8_t>(value);
  }
  return at == end;
}

// Groups of hexadecimal digits between colons, the last perhaps a dotted quad; `count` bytes are
// written to `out`, at most 16. An empty text is no groups.
bool parse_groups(std::string_view text, std::array<std::uint8_t, 16>& out, std::size_t& count) {
  count = 0;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (last && group.contains('.')) {
      if (count + 4 > 16 || !parse_quad(group, &out[count])) return false;
      count += 4;
      return true;
    }
    std::uint16_t value = 0;
    const auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), value, 16);
    if (error != std::errc() || end != group.data() + group.size() || group.size() > 4 ||
        count + 2 > 16)
      return false;
    out[count++] = static_cast<std::uint8_t>(value >> 8);
    out[count++] = static_cast<std::uint8_t>(value & 0xFF);
    if (last) return true;
    text.remove_prefix(colon + 1);
    if (text.empty()) return false;  // a colon must be followed by a group
  }
  return true;
}

bool parse_v6(std::string_view text, Address& address) {
  const std::size_t gap = text.find("::");
  std::array<std::uint8_t, 16> head{}, tail{};
  std::size_t head_size = 0, tail_size = 0;
  if (gap == std::string_view::npos) {
    if (text.empty() || !parse_groups(text, head, head_size) || head_size != 16) return false;
    address.bytes = head;
    return true;
  }
  const std::string_view before = text.substr(0, gap), after = text.substr(gap + 2);
  if (before.contains('.') || after.starts_with(':') || after.contains("::")) return false;
  if (!parse_groups(before, head, head_size) || !parse_groups(after, tail, tail_size)) return false;
  if (head_size + tail_size > 14) return false;  // the gap stands for one group at least
  std::copy_n(head.begin(), head_size, address.bytes.begin());
  std::copy_n(tail.begin(), tail_size,
              address.bytes.end() - static_cast<std::ptrdiff_t>(tail_size));
  return true;
}

int bits_of(const Address& address) {
  return address.v6 ? 128 : 32;
}

Address masked(Address address, int prefix) {
  for (int bit = prefix; bit < bits_of(address);) {
    const auto at = static_cast<std::size_t>(bit / 8);
    const int keep = bit % 8;
    address.bytes[at] = static_cast<std::uint8_t>(address.bytes[at] & (0xFF00 >> keep));
    bit += 8 - keep;
  }
  return address;
}

// RFC 5952: lower case, the longest run of two or more zero groups (the first of equals) as `::`.
std::string v6_text(const std::array<std::uint8_t, 16>& bytes) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i)
    groups[i] = static_cast<unsigned>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  std::size_t best = 8, best_size = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t size = 0;
    while (i + size < 8 && groups[i + size] == 0) ++size;
    if (size > best_size) best = i, best_size = size;
  }
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == best) {
      out += "::";
      i += best_size - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    out += fmt::format("{:x}", groups[i]);
  }
  return out;
}

}  // namespace

Result<Address> parse_address(std::string_view text) {
  if (Address address; parse_quad(text, address.bytes.data())) return address;
  Address address{.v6 = true};
  if (!text.contains(':') || !parse_v6(text, address)) return refuse_address(text);
  return address;
}

std::string to_string(const Address& address) {
  const auto& b = address.bytes;
  return address.v6 ? v6_text(b) : fmt::format("{}.{}.{}.{}", b[0], b[1], b[2], b[3]);
}

bool Cidr::contains(const Address& address) const {
  return address.v6 == base.v6 && masked(address, prefix) == base;
}

bool Cidr::contains(const Cidr& inner) const {
  return inner.prefix >= prefix && contains(inner.base);
}

bool Cidr::overlaps(const Cidr& other) const {
  return contains(other) || other.contains(*this);
}

Result<Cidr> parse_cidr(std::string_view text, HostBits host_bits) {
  const std::size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return refuse_cidr(text, "write it like `10.0.0.0/16` or `2001:db8::/32`");
  Cidr cidr{*address, bits_of(*address)};
  if (slash != std::string_view::npos) {
    const auto prefix = parse_decimal(text.substr(slash + 1), cidr.prefix);
    if (!prefix)
      return refuse_cidr(
          text, fmt::format("a prefix length from 0 to {} must follow the slash", cidr.prefix));
    cidr.prefix = *prefix;
  }
  const Address base = masked(cidr.base, cidr.prefix);
  if (host_bits == HostBits::refuse && base != cidr.base) {
    return refuse_cidr(text, fmt::format("bits are set behind the prefix, did you mean `{}/{}`",
                                         to_string(base), cidr.prefix));
  }
  cidr.base = base;
  return cidr;
}

std::string to_string(const Cidr& cidr) {
  return fmt::format("{}/{}", to_string(cidr.base), cidr.prefix);
}

std::optional<Address> nth_address(const Cidr& cidr, std::uint32_t offset) {
  if (cidr.base.v6 || offset >= std::uint64_t{1} << (32 - cidr.prefix)) return std::nullopt;
  Address address = cidr.base;
  for (int i = 3; i >= 0; --i) {
    const std::uint32_t sum = address.bytes[static_cast<std::size_t>(i)] + (offset & 0xFF);
    // No carry: the host bits of the base are zero.
    address.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(sum);
    offset >>= 8;
  }
  return address;
}

}  // namespace ringwall::text
