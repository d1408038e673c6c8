#pragma once
// Timestamps as AWS writes and reads them. UTC throughout.

#include <optional>
#include <string>
#include <string_view>

#include "base/ports.h"
#include "base/result.h"

namespace ringwall::text {

std::string iso8601(TimePoint time);         // 2026-01-02T03:04:05Z (milliseconds only if not zero: .678Z)
std::string basic_iso8601(TimePoint time);   // 20260102T030405Z, as SigV4 has it
// Reads both forms, dates alone, and numeric offsets (+01:00); refuses impossible dates.
Result<TimePoint> parse_iso8601(std::string_view text);
// Documents store times as integer milliseconds since 1970.
inline std::int64_t to_millis(TimePoint time) { return time.time_since_epoch().count(); }
inline TimePoint from_millis(std::int64_t millis) { return TimePoint(std::chrono::milliseconds(millis)); }

}  // namespace ringwall::text
