#pragma once
// Times as HTTP headers have them: `Fri, 02 Jan 2026 03:04:05 GMT` (RFC 9110, 5.6.7).

#include <optional>
#include <string>
#include <string_view>

#include "base/ports.h"

namespace ringwall::awsapi::detail {

std::string http_date(TimePoint time);  // fractions of a second are cut off
// That form alone, in every byte: the obsolete ones and wrong days of the week are refused.
std::optional<TimePoint> parse_http_date(std::string_view text);

}  // namespace ringwall::awsapi::detail
