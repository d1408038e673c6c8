#include "text/time.h"

#include <gtest/gtest.h>

namespace ringwall::text {
namespace {

std::string reread(std::string_view text) {
  const auto time = parse_iso8601(text);
  return time ? iso8601(*time) : "refused: " + time.error().message;
}

TEST(Time, IsWrittenAsAwsWritesIt) {
  EXPECT_EQ(iso8601(from_millis(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(iso8601(from_millis(1767323045678)), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(iso8601(from_millis(-1)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(basic_iso8601(from_millis(1767323045678)), "20260102T030405Z");
}

TEST(Time, BothFormsDatesAndOffsetsAreRead) {
  EXPECT_EQ(reread("2026-01-02T03:04:05Z"), "2026-01-02T03:04:05Z");
  EXPECT_EQ(reread("20260102T030405Z"), "2026-01-02T03:04:05Z");
  EXPECT_EQ(reread("2026-01-02T03:04Z"), "2026-01-02T03:04:00Z");
  EXPECT_EQ(reread("2026-01-02"), "2026-01-02T00:00:00Z");
  EXPECT_EQ(reread("20260102"), "2026-01-02T00:00:00Z");
  EXPECT_EQ(reread("2026-01-02T03:04:05.6789Z"), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(reread("2026-01-02T03:04:05.5+05:30"), "2026-01-01T21:34:05.500Z");
  EXPECT_EQ(reread("2026-01-01T23:30:00-0100"), "2026-01-02T00:30:00Z");
  EXPECT_EQ(reread("2024-02-29"), "2024-02-29T00:00:00Z");
}

TEST(Time, ImpossibleAndAmbiguousTimesAreRefused) {
  for (const char* text : {"", "2026", "2026-1-2", "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-32", "2026-01-02T24:00:00Z",
                           "2026-01-02T23:60:00Z", "2026-01-02T23:59:60Z", "2026-01-02T03:04:05", "2026-01-02 03:04:05Z",
                           "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05.1234567890Z", "2026-01-02T03:04:05Zx", "2026-0102",
                           "20260102T03:04:05Z", "20260102T0304Z", "2026-01-02T03:04:05+24:00", "+2026-01-02", "2026-01-02T03:04:05z"}) {
    EXPECT_TRUE(reread(text).starts_with("refused")) << text << " was read as " << reread(text);
  }
}

TEST(Time, AnOffsetDoesNotPushATimePastTheYearsThatCanBeWritten) {
  EXPECT_EQ(reread("0000-01-01T23:59:00+23:59"), "0000-01-01T00:00:00Z");
  EXPECT_EQ(reread("9999-12-31T00:00:59-23:59"), "9999-12-31T23:59:59Z");
  for (const char* text : {"0000-01-01T23:58:59+23:59", "9999-12-31T00:01:00-23:59"})
    EXPECT_TRUE(reread(text).starts_with("refused")) << text << " was read as " << reread(text);
}

TEST(Time, EveryMillisecondValueSurvives) {
  for (std::int64_t millis = -62'135'596'800'000; millis < 253'402'300'800'000; millis += 7'777'777'777'777) {
    const auto back = parse_iso8601(iso8601(from_millis(millis)));
    ASSERT_TRUE(back);
    EXPECT_EQ(to_millis(*back), millis);
  }
}

}  // namespace
}  // namespace ringwall::text
