#include "text/time.h"

#include <fmt/format.h>

namespace ringwall::text {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

struct Parts {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<milliseconds> clock;
};

Parts parts_of(TimePoint time) {
  const auto day = std::chrono::floor<days>(time);
  return {std::chrono::year_month_day(day), std::chrono::hh_mm_ss<milliseconds>(time - day)};
}

// Reads digits and marks from the left; once something is missing it stays failed.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_.empty() || !is_digit(rest_.front())) {
        failed_ = true;
        return 0;
      }
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  bool skip(char mark) {
    if (rest_.empty() || rest_.front() != mark) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char mark) { failed_ |= !skip(mark); }
  // A fraction of a second, one to nine digits, cut to milliseconds.
  milliseconds fraction() {
    int value = 0;
    std::size_t count = 0;
    for (; !rest_.empty() && is_digit(rest_.front()); ++count, rest_.remove_prefix(1)) {
      if (count < 3) value = value * 10 + (rest_.front() - '0');
    }
    if (count == 0 || count > 9) failed_ = true;
    for (std::size_t i = count; i < 3; ++i) value *= 10;
    return milliseconds(value);
  }
  bool at_end() const { return rest_.empty(); }
  bool failed() const { return failed_; }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  std::string_view rest_;
  bool failed_ = false;
};

// `Z` or `+hh:mm` (`+hhmm`): how far local time is ahead of UTC.
minutes read_offset(Cursor& cursor, bool& bad) {
  if (cursor.skip('Z')) return minutes(0);
  const bool behind = cursor.skip('-');
  if (!behind) cursor.expect('+');
  const int hour = cursor.digits(2);
  cursor.skip(':');
  const int minute = cursor.digits(2);
  bad |= hour > 23 || minute > 59;
  const minutes ahead = hours(hour) + minutes(minute);
  return behind ? -ahead : ahead;
}

}  // namespace

std::string iso8601(TimePoint time) {
  const auto [date, clock] = parts_of(time);
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                                clock.minutes().count(), clock.seconds().count());
  if (clock.subseconds().count() != 0) out += fmt::format(".{:03}", clock.subseconds().count());
  return out + "Z";
}

// Written by hand: every signed request is verified with one, and a format string costs more.
std::string basic_iso8601(TimePoint time) {
  const auto [date, clock] = parts_of(time);
  std::string out;
  const auto two = [&out](unsigned value) {
    out += static_cast<char>('0' + value / 10 % 10);
    out += static_cast<char>('0' + value % 10);
  };
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  two(year / 100);
  two(year % 100);
  two(static_cast<unsigned>(date.month()));
  two(static_cast<unsigned>(date.day()));
  out += 'T';
  two(static_cast<unsigned>(clock.hours().count()));
  two(static_cast<unsigned>(clock.minutes().count()));
  two(static_cast<unsigned>(clock.seconds().count()));
  out += 'Z';
  return out;
}

Result<TimePoint> parse_iso8601(std::string_view text) {
  const auto refuse = [&] {
    return fail(Failure::invalid, fmt::format("`{}` is not an ISO 8601 time: write it like `2026-01-02T03:04:05Z`", text.substr(0, 64)));
  };
  Cursor cursor(text);
  const int year = cursor.digits(4);
  const bool extended = cursor.skip('-');
  const int month = cursor.digits(2);
  if (extended) cursor.expect('-');
  const int day = cursor.digits(2);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (cursor.failed() || !date.ok()) return refuse();
  const TimePoint midnight = std::chrono::sys_days(date);
  if (cursor.at_end()) return midnight;

  cursor.expect('T');
  const int hour = cursor.digits(2);
  if (extended) cursor.expect(':');
  const int minute = cursor.digits(2);
  int second = 0;
  milliseconds fraction{0};
  if (!extended || cursor.skip(':')) {  // the extended form may leave the seconds out
    second = cursor.digits(2);
    if (cursor.skip('.')) fraction = cursor.fraction();
  }
  bool bad = hour > 23 || minute > 59 || second > 59;
  const minutes ahead = read_offset(cursor, bad);
  if (bad || cursor.failed() || !cursor.at_end()) return refuse();
  // A year that an offset pushes past four digits could not be written again.
  const TimePoint time = midnight + hours(hour) + minutes(minute) + seconds(second) + fraction - ahead;
  const std::chrono::year_month_day utc(std::chrono::floor<days>(time));
  if (utc.year() < std::chrono::year(0) || utc.year() > std::chrono::year(9999)) return refuse();
  return time;
}

}  // namespace ringwall::text
