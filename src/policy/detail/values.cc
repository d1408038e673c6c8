#include "policy/detail/values.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

#include "policy/detail/hash.h"
#include "text/time.h"

namespace ringwall::policy::detail {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::optional<Number> parse_number(std::string_view text) {
  // What from_chars also knows, `inf` and `nan`, begins with a letter.
  const std::string_view unsigned_text = text.starts_with('-') ? text.substr(1) : text;
  if (unsigned_text.empty() || !is_digit(unsigned_text[0])) return std::nullopt;
  const char* const end = text.data() + text.size();
  Number number;
  std::int64_t integer = 0;
  if (const auto [at, error] = std::from_chars(text.data(), end, integer);
      error == std::errc() && at == end)
    number.integer = integer;
  const auto [at, error] = std::from_chars(text.data(), end, number.real);
  if (error != std::errc() || at != end || !std::isfinite(number.real)) return std::nullopt;
  return number;
}

std::partial_ordering compare(const Number& a, const Number& b) {
  if (a.integer && b.integer) return *a.integer <=> *b.integer;
  return a.real <=> b.real;
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  if (text.find_first_not_of("0123456789.") == std::string_view::npos) {
    constexpr double seconds_max = 253'402'300'800;  // the year 10000
    const auto seconds = parse_number(text);
    if (!seconds || seconds->real >= seconds_max) return std::nullopt;
    if (seconds->integer) return *seconds->integer * 1000;
    return static_cast<std::int64_t>(std::floor(seconds->real * 1000));
  }
  char month[10] = "";
  if (text.size() == 7 && text[4] == '-') {  // a month alone is its first day
    std::ranges::copy(std::string_view("-01"), std::ranges::copy(text, month).out);
    text = {month, sizeof month};
  }
  const auto time = text::parse_iso8601(text);
  return time ? std::optional(text::to_millis(*time)) : std::nullopt;
}

std::optional<bool> parse_bool(std::string_view text) {
  constexpr std::string_view yes = "true", no = "false";
  if (text.size() != yes.size() && text.size() != no.size()) return std::nullopt;
  // The bit that tells a small letter from its capital; no other byte becomes a letter by it.
  constexpr Word each_small = 0x2020202020;
  const Word small = word_of(text.data(), text.size()) | each_small >> 8 * (no.size() - text.size());
  if (small == word_of(yes.data(), yes.size())) return true;
  if (small == word_of(no.data(), no.size())) return false;
  return std::nullopt;
}

// Looks for colons eight bytes at a time.
std::optional<std::array<std::string_view, 6>> arn_parts(std::string_view arn) {
  std::array<std::string_view, 6> parts;
  if (!arn.starts_with("arn:")) return std::nullopt;
  std::size_t part = 0, begin = 0;
  for (std::size_t at = 0; at < arn.size(); at += sizeof(Word)) {
    for (Word colons = bytes_equal_to(word_of(arn.data() + at, arn.size() - at), ':'); colons != 0;
         colons &= colons - 1) {
      const std::size_t colon = at + static_cast<std::size_t>(std::countr_zero(colons)) / 8;
      parts[part++] = arn.substr(begin, colon - begin);
      begin = colon + 1;
      if (part + 1 < parts.size()) continue;
      parts.back() = arn.substr(begin);
      return parts;
    }
  }
  return std::nullopt;
}

}  // namespace ringwall::policy::detail
