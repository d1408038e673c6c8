#include "http/message.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/check.h"
#include "http/detail/bytes.h"

namespace ringwall::http {

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t at = 0; at < a.size(); ++at) {
    if (detail::lower(a[at]) != detail::lower(b[at])) return false;
  }
  return true;
}

std::optional<std::string_view> Request::find(std::string_view name) const noexcept {
  for (const Header& header : headers) {
    if (equal_ignoring_case(header.name, name)) return header.value;
  }
  return std::nullopt;
}

std::size_t Request::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(
      headers, [&](const Header& header) { return equal_ignoring_case(header.name, name); }));
}

void HeaderLines::add(std::string_view name, std::string_view value) {
  RW_CHECK(!name.empty() && std::ranges::all_of(name, detail::is_token_byte));
  text_.append(name).append(": ");
  const std::size_t start = text_.size();
  text_.append(value);
  if (!detail::all_field_bytes(value)) {
    std::ranges::replace_if(
        text_.begin() + static_cast<std::ptrdiff_t>(start), text_.end(),
        [](char byte) { return !detail::is_field_byte(byte); }, '?');
  }
  text_.append("\r\n");
}

std::optional<std::string_view> HeaderLines::find(std::string_view name) const noexcept {
  std::string_view rest = text_;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    const std::size_t colon = line.find(':');
    if (equal_ignoring_case(line.substr(0, colon), name)) return line.substr(colon + 2);
    rest.remove_prefix(line.size() + 2);
  }
  return std::nullopt;
}

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

namespace {

void append_number(std::string& out, std::size_t number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

}  // namespace

void append_response(std::string& out, const Response& response, std::string_view date,
                     BodyOnWire body, AfterResponse after) {
  RW_CHECK(response.status >= 200 && response.status <= 599);
  // A 204 or 304 has no body by definition, and a 204 may not say a length.
  const bool bodiless = response.status == 204 || response.status == 304;
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::size_t>(response.status));
  out.append(" ").append(reason_phrase(response.status)).append("\r\nDate: ").append(date);
  out.append("\r\n").append(response.headers.text());
  if (!bodiless) {
    out.append("Content-Length: ");
    append_number(out, response.body.size());
    out.append("\r\n");
  }
  if (after == AfterResponse::close) out.append("Connection: close\r\n");
  out.append("\r\n");
  if (!bodiless && body == BodyOnWire::sent) out.append(response.body);
}

std::string http_date(std::chrono::sys_seconds time) {
  static constexpr std::string_view days = "SunMonTueWedThuFriSat";
  static constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  const auto two = [](auto number) {
    const auto value = static_cast<unsigned>(number);
    return std::string{static_cast<char>('0' + value / 10), static_cast<char>('0' + value % 10)};
  };
  const unsigned month = static_cast<unsigned>(date.month());
  std::string text(days.substr(std::chrono::weekday(day).c_encoding() * 3U, 3));
  text += ", " + two(static_cast<unsigned>(date.day())) + ' ';
  text += months.substr((month - 1) * 3U, 3);
  text += ' ' + std::to_string(static_cast<int>(date.year())) + ' ';
  text += two(clock.hours().count()) + ':' + two(clock.minutes().count()) + ':';
  text += two(clock.seconds().count()) + " GMT";
  return text;
}

}  // namespace ringwall::http
