#include <algorithm>

#include "prover/detail/typed_domain.h"

namespace ringwall::prover::detail {
namespace {

using policy::Comparison;
using policy::Family;
using text::Address;

bool in_order(std::partial_ordering actual_to_listed, Comparison comparison) {
  switch (comparison) {
    case Comparison::equal:
      return actual_to_listed == 0;
    case Comparison::less:
      return actual_to_listed < 0;
    case Comparison::less_or_equal:
      return actual_to_listed <= 0;
    case Comparison::greater:
      return actual_to_listed > 0;
    case Comparison::greater_or_equal:
      return actual_to_listed >= 0;
  }
  return false;
}

Truth truth_of(bool value) {
  return value ? Truth::yes : Truth::no;
}

// IPv4 before IPv6.
bool is_before(const Address& a, const Address& b) {
  return a.v6 != b.v6 ? b.v6 : a.bytes < b.bytes;
}

Address last_of(const text::Cidr& cidr) {
  Address last = cidr.base;
  for (std::size_t i = 0; i < (last.v6 ? 16U : 4U); ++i) {
    const int free_bits = std::clamp(static_cast<int>(i + 1) * 8 - cidr.prefix, 0, 8);
    last.bytes[i] = static_cast<std::uint8_t>(last.bytes[i] | ((1 << free_bits) - 1));
  }
  return last;
}

}  // namespace

TypedRelation::TypedRelation(const Relation& relation)
    : family_(relation.family),
      comparison_(relation.comparison),
      lists_nothing_(relation.values.empty()) {
  for (const policy::Listed& listed : relation.values) {
    if (family_ == Family::number) {
      if (const auto number = policy::detail::parse_number(listed.text))
        numbers_.push_back(*number);
    } else if (family_ == Family::date) {
      if (const auto ms = policy::detail::parse_date(listed.text)) dates_.push_back(*ms);
    } else if (const auto cidr = text::parse_cidr(listed.text, text::HostBits::clear)) {
      ranges_.emplace_back(cidr->base, last_of(*cidr));
    }
  }
  // Two prefixes are one in the other or apart, so the wider of two that begin alike comes first,
  // and what begins within the last one kept lies in it.
  std::ranges::sort(ranges_, [](const auto& a, const auto& b) {
    return a.first == b.first ? is_before(b.second, a.second) : is_before(a.first, b.first);
  });
  std::size_t kept = 0;
  for (const auto& range : ranges_) {
    const bool inside = kept > 0 && !is_before(ranges_[kept - 1].second, range.first);
    if (!inside) ranges_[kept++] = range;
  }
  ranges_.resize(kept);
}

Truth TypedRelation::of(std::string_view value) const {
  if (lists_nothing_) return Truth::no;
  if (family_ == Family::number) {
    const auto number = policy::detail::parse_number(value);
    if (!number) return Truth::unknown;
    return truth_of(std::ranges::any_of(numbers_, [&](const auto& listed) {
      return in_order(policy::detail::compare(*number, listed), comparison_);
    }));
  }
  if (family_ == Family::date) {
    const auto ms = policy::detail::parse_date(value);
    if (!ms) return Truth::unknown;
    return truth_of(std::ranges::any_of(
        dates_, [&](std::int64_t listed) { return in_order(*ms <=> listed, comparison_); }));
  }
  const auto address = text::parse_address(value);
  if (!address) return Truth::unknown;
  const auto behind = std::ranges::upper_bound(ranges_, *address, is_before,
                                               [](const auto& range) { return range.first; });
  return truth_of(behind != ranges_.begin() && !is_before((behind - 1)->second, *address));
}

}  // namespace ringwall::prover::detail
