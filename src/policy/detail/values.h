#pragma once
// Typed values as conditions compare them.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ringwall::policy::detail {

// A decimal number. Integers of 64 bits compare exactly, everything else as doubles.
struct Number {
  std::optional<std::int64_t> integer;
  double real = 0;
};
std::optional<Number> parse_number(std::string_view text);  // finite, decimal, no spaces
std::partial_ordering compare(const Number& a, const Number& b);

// ISO 8601 (`2026-01`, `2026-01-02`, with time and zone) or seconds since 1970, perhaps with a
// fraction. Milliseconds since 1970.
std::optional<std::int64_t> parse_date(std::string_view text);

std::optional<bool> parse_bool(std::string_view text);  // `true` or `false` in any case

// The six parts of an ARN, or nothing.
std::optional<std::array<std::string_view, 6>> arn_parts(std::string_view arn);

}  // namespace ringwall::policy::detail
