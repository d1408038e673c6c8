// Numbers, dates and booleans as conditions read them, against a second reader: the C library's
// numbers, and the written forms of what was read.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/check.h"
#include "policy/detail/values.h"
#include "text/time.h"

namespace {

using namespace ringwall::policy::detail;

void check_number(const std::string& text) {
  const auto number = parse_number(text);
  if (!number) return;
  char* end = nullptr;
  const double real = std::strtod(text.c_str(), &end);
  RW_CHECK(end == text.c_str() + text.size() && real == number->real && std::isfinite(real));
  if (number->integer) {
    RW_CHECK(static_cast<double>(*number->integer) == number->real);
    const auto again = parse_number(std::to_string(*number->integer));
    RW_CHECK(again && compare(*again, *number) == 0);
  }
}

void check_order(const std::string& text, const std::string& other) {
  const auto a = parse_number(text), b = parse_number(other);
  if (!a || !b) return;
  const auto forth = compare(*a, *b), back = compare(*b, *a);
  RW_CHECK(forth != std::partial_ordering::unordered);
  RW_CHECK((forth < 0) == (back > 0) && (forth == 0) == (back == 0));
  RW_CHECK(compare(*a, *a) == 0);
}

void check_date(const std::string& text) {
  const auto ms = parse_date(text);
  if (!ms) return;
  const std::string written = ringwall::text::iso8601(ringwall::text::from_millis(*ms));
  RW_CHECK(parse_date(written) == ms);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  const std::string first = text.substr(0, line);
  check_number(first);
  check_date(first);
  if (line != std::string::npos) check_order(first, text.substr(line + 1));
  if (const auto truth = parse_bool(first)) RW_CHECK(first.size() == (*truth ? 4 : 5));
  return 0;
}
