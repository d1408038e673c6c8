#include "yaml/detail/scalar.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace ringwall::yaml::detail {
namespace {

constexpr std::size_t account_digits = 12;

bool digit(char c) { return c >= '0' && c <= '9'; }
bool digits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, digit); }

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

std::string_view without_sign(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return text;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_decimal(std::string_view text) {
  text = without_sign(text);
  const std::size_t exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos && !digits(without_sign(text.substr(exponent + 1)))) {
    return false;
  }
  const std::string_view mantissa = text.substr(0, exponent);
  const std::size_t dot = mantissa.find('.');
  if (dot == std::string_view::npos) return digits(mantissa);
  const std::string_view whole = mantissa.substr(0, dot), fraction = mantissa.substr(dot + 1);
  if (whole.empty()) return digits(fraction);
  return digits(whole) && (fraction.empty() || digits(fraction));
}

// A whole number past 64 bits is a double, as in JSON.
std::optional<text::Json> decimal(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const char* end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto [at, error] = std::from_chars(text.data(), end, whole);
      error == std::errc() && at == end) {
    return text::Json(whole);
  }
  double number = 0;
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || at != end || !std::isfinite(number)) return std::nullopt;
  return text::Json(number);
}

std::optional<text::Json> in_base(std::string_view text, int base) {
  const char* end = text.data() + text.size();
  std::int64_t whole = 0;
  const auto [at, error] = std::from_chars(text.data(), end, whole, base);
  if (error != std::errc() || at != end) return std::nullopt;
  return text::Json(whole);
}

bool digits_in_base(std::string_view text, std::string_view alphabet) {
  return !text.empty() && text.find_first_not_of(alphabet) == std::string_view::npos;
}

}  // namespace

std::optional<text::Json> plain_scalar(std::string_view text) {
  if (one_of(text, {"", "~", "null", "Null", "NULL"})) return text::Json();
  if (one_of(text, {"true", "True", "TRUE"})) return text::Json(true);
  if (one_of(text, {"false", "False", "FALSE"})) return text::Json(false);
  if (one_of(without_sign(text), {".inf", ".Inf", ".INF"})) return std::nullopt;
  if (one_of(text, {".nan", ".NaN", ".NAN"})) return std::nullopt;
  // An account number is a name that happens to be digits: as a number it would lose its zeros.
  if (text.size() == account_digits && digits(text)) return text::Json(text);
  if (text.starts_with("0o") && digits_in_base(text.substr(2), "01234567")) {
    return in_base(text.substr(2), 8);
  }
  if (text.starts_with("0x") && digits_in_base(text.substr(2), "0123456789abcdefABCDEF")) {
    return in_base(text.substr(2), 16);
  }
  if (is_decimal(text)) return decimal(text);
  return text::Json(text);
}

}  // namespace ringwall::yaml::detail
