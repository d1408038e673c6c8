// Addresses: listed prefixes cut both families into ranges.

#include <algorithm>

#include "prover/detail/typed_domain.h"
#include "text/cidr.h"

namespace ringwall::prover::detail {
namespace {

using text::Address;

constexpr std::size_t v4_bytes = 4, v6_bytes = 16;

std::size_t bytes_of(const Address& address) {
  return address.v6 ? v6_bytes : v4_bytes;
}

// Nothing behind the last one.
std::optional<Address> next(Address address) {
  for (std::size_t i = bytes_of(address); i-- > 0;)
    if (++address.bytes[i] != 0) return address;
  return std::nullopt;
}

Address last_of(const text::Cidr& cidr) {
  Address last = cidr.base;
  for (std::size_t i = 0; i < bytes_of(last); ++i) {
    const int free_bits = std::clamp(static_cast<int>(i + 1) * 8 - cidr.prefix, 0, 8);
    last.bytes[i] = static_cast<std::uint8_t>(last.bytes[i] | ((1 << free_bits) - 1));
  }
  return last;
}

Address first_of(bool v6) {
  Address first;
  first.v6 = v6;
  return first;
}

// By family, then by number.
bool is_before(const Address& a, const Address& b) {
  return a.v6 != b.v6 ? b.v6 : a.bytes < b.bytes;
}

// The first address of a range; its second where the first names a network.
Address usable(const Address& first, const std::optional<Address>& end) {
  if (first.bytes[bytes_of(first) - 1] != 0) return first;
  const auto second = next(first);
  return second && second != end ? *second : first;
}

// IPv6 with every digit, which few would list.
std::string in_full(const Address& address) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < v6_bytes; ++i) {
    if (i > 0 && i % 2 == 0) text += ':';
    text += digits[address.bytes[i] >> 4];
    text += digits[address.bytes[i] & 15];
  }
  return text;
}

Kin kin_of(const Address& first, const std::optional<Address>& end, std::size_t spare) {
  // Set aside for documentation, so nobody takes them for an address of theirs.
  static constexpr std::string_view documented[] = {"203.0.113.7", "198.51.100.7", "2001:db8::7"};
  Kin kin;
  for (const std::string_view word : documented) {
    const Address address = *text::parse_address(word);
    const bool within = address.v6 == first.v6 && !is_before(address, first) &&
                        (!end || is_before(address, *end));
    if (within) kin.words.emplace_back(word);
  }
  std::optional<Address> at = usable(first, end);
  for (; at && at != end && kin.words.size() <= spare; at = next(*at))
    kin.words.push_back(text::to_string(*at));
  if (first.v6) {
    kin.words.push_back(in_full(first));
  } else if (!at || at == end) {
    if (usable(first, end) != first) kin.words.push_back(text::to_string(first));
    kin.all = true;
  }
  return kin;
}

}  // namespace

std::vector<Kin> addresses(std::span<const Relation* const> relations, std::size_t spare) {
  std::vector<Address> starts = {first_of(false), first_of(true)};
  for (const Relation* relation : relations) {
    for (const policy::Listed& listed : relation->values) {
      const auto cidr = text::parse_cidr(listed.text, text::HostBits::clear);
      if (!cidr) continue;  // the reader of policies refuses it
      starts.push_back(cidr->base);
      if (const auto behind = next(last_of(*cidr))) starts.push_back(*behind);
    }
  }
  std::ranges::sort(starts, is_before);
  const auto rest = std::ranges::unique(starts);
  starts.erase(rest.begin(), rest.end());
  std::vector<Kin> all;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const bool is_last = i + 1 == starts.size() || starts[i + 1].v6 != starts[i].v6;
    all.push_back(kin_of(starts[i], is_last ? std::nullopt : std::optional(starts[i + 1]), spare));
  }
  // The ranges of what is set aside come first: whoever keeps one word of each kind keeps theirs.
  std::ranges::stable_partition(all, [](const Kin& kin) {
    return kin.words.front() == "203.0.113.7" || kin.words.front() == "198.51.100.7";
  });
  return all;
}

}  // namespace ringwall::prover::detail
