#include "host/detail/address.h"

#include <arpa/inet.h>

#include <charconv>

namespace ringwall::host::detail {
namespace {

// The number after the slash: digits only, no leading zero, at most `limit`.
std::optional<int> parse_length(std::string_view text, int limit) {
  int length = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), length);
  const bool padded = text.size() > 1 && text.front() == '0';
  if (failure != std::errc() || end != text.data() + text.size() || padded) return {};
  if (length < 0 || length > limit) return {};
  return length;
}

}  // namespace

std::optional<std::uint32_t> parse_address(const std::string& text) {
  in_addr address = {};
  if (text.find('\0') != std::string::npos) return {};
  if (::inet_pton(AF_INET, text.c_str(), &address) != 1) return {};
  return ntohl(address.s_addr);
}

std::optional<Prefix> parse_prefix(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return {};
  const auto address = parse_address(text.substr(0, slash));
  const auto length = parse_length(std::string_view(text).substr(slash + 1), 32);
  if (!address || !length) return {};
  const Prefix prefix{*address, *length};
  if ((*address & ~prefix.mask()) != 0) return {};
  return prefix;
}

bool is_ipv6_prefix(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos || text.find('\0') != std::string::npos) return false;
  in6_addr address = {};
  return ::inet_pton(AF_INET6, text.substr(0, slash).c_str(), &address) == 1 &&
         parse_length(std::string_view(text).substr(slash + 1), 128).has_value();
}

bool is_mac(const std::string& text) {
  if (text.size() != 17) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (i % 3 == 2 ? c != ':' : !digit) return false;
  }
  const int second = text[1] >= 'a' ? text[1] - 'a' + 10 : text[1] - '0';
  return (second & 1) == 0 && text != "00:00:00:00:00:00";
}

std::string to_text(std::uint32_t address) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    text += std::to_string((address >> shift) & 0xff);
    if (shift > 0) text += '.';
  }
  return text;
}

std::string to_text(const Prefix& prefix) {
  return to_text(prefix.base) + "/" + std::to_string(prefix.length);
}

}  // namespace ringwall::host::detail
