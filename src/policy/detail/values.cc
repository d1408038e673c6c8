#include "policy/detail/values.h"

#include <algorithm>
#include <charconv>
#include <cmath>

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
  const auto is = [text](std::string_view word) {
    return std::ranges::equal(text, word, [](char c, char lower) {
      return c == lower || (c >= 'A' && c <= 'Z' && c + ('a' - 'A') == lower);
    });
  };
  if (is("true")) return true;
  if (is("false")) return false;
  return std::nullopt;
}

std::optional<std::array<std::string_view, 6>> arn_parts(std::string_view arn) {
  std::array<std::string_view, 6> parts;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    parts[i] = arn.substr(0, colon);
    arn.remove_prefix(colon + 1);
  }
  parts.back() = arn;
  if (parts[0] != "arn") return std::nullopt;
  return parts;
}

}  // namespace ringwall::policy::detail
