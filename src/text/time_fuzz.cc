// Whatever is read as a time is written in two forms that read back: the extended one exactly, the
// basic one to the second. The C library's calendar agrees on the instant.

#include <cstdint>
#include <ctime>
#include <string_view>

#include "base/check.h"
#include "text/time.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall::text;
  const auto time = parse_iso8601({reinterpret_cast<const char*>(data), size});
  if (!time) return 0;
  RW_CHECK(parse_iso8601(iso8601(*time)) == *time);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(*time);
  RW_CHECK(parse_iso8601(basic_iso8601(*time)) == ringwall::TimePoint(seconds));
  RW_CHECK(from_millis(to_millis(*time)) == *time);

  std::tm parts{};
  const std::time_t since_1970 = seconds.time_since_epoch().count();
  RW_CHECK(gmtime_r(&since_1970, &parts) != nullptr);
  char extended[32];
  RW_CHECK(std::strftime(extended, sizeof extended, "%Y-%m-%dT%H:%M:%S", &parts) > 0);
  if (parts.tm_year + 1900 >= 1000)  // strftime writes earlier years without leading zeros
    RW_CHECK(iso8601(*time).starts_with(extended));
  return 0;
}
