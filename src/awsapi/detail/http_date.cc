#include "awsapi/detail/http_date.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace ringwall::awsapi::detail {
namespace {

constexpr std::array<std::string_view, 7> day_names = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::string_view form = "www, dd mmm yyyy hh:mm:ss GMT";

std::string digits(std::int64_t number, std::size_t count) {
  const std::string plain = std::to_string(number);
  return std::string(count - std::min(count, plain.size()), '0') + plain;
}

// The number that `count` digits at `at` are, or -1.
int number_at(std::string_view text, std::size_t at, std::size_t count) {
  int number = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

}  // namespace

std::string http_date(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  std::string out(day_names[std::chrono::weekday(day).c_encoding()]);
  out += ", " + digits(static_cast<unsigned>(date.day()), 2) + " ";
  out += month_names[static_cast<unsigned>(date.month()) - 1];
  out += " " + digits(static_cast<int>(date.year()), 4) + " " + digits(clock.hours().count(), 2) + ":" + digits(clock.minutes().count(), 2) + ":" +
         digits(clock.seconds().count(), 2) + " GMT";
  return out;
}

std::optional<TimePoint> parse_http_date(std::string_view text) {
  if (text.size() != form.size()) return std::nullopt;
  const auto* const month = std::ranges::find(month_names, text.substr(8, 3));
  if (month == month_names.end()) return std::nullopt;
  const int day = number_at(text, 5, 2), year = number_at(text, 12, 4);
  const int hour = number_at(text, 17, 2), minute = number_at(text, 20, 2), second = number_at(text, 23, 2);
  if (day < 1 || year < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month - month_names.begin()) + 1),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  const TimePoint time = std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  // Written again it must be the same: so the day of the week and every mark between are right.
  return http_date(time) == text ? std::optional(time) : std::nullopt;
}

}  // namespace ringwall::awsapi::detail
