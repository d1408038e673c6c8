#include "text/encode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "text/detail/utf8.h"

namespace ringwall::text {

using detail::sequence_length;
namespace {

constexpr std::string_view base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view upper_hex = "0123456789ABCDEF";

// The value of each base64 character, -1 for the rest.
constexpr std::array<std::int8_t, 256> base64_values = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < base64_alphabet.size(); ++i) {
    values[static_cast<unsigned char>(base64_alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}();

constexpr bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
         c == '~';
}

constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::string base64(ByteView bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = static_cast<std::uint32_t>(bytes[i]) << 16;
    if (count > 1) group |= static_cast<std::uint32_t>(bytes[i + 1]) << 8;
    if (count > 2) group |= bytes[i + 2];
    out += base64_alphabet[group >> 18];
    out += base64_alphabet[(group >> 12) & 63];
    out += count > 1 ? base64_alphabet[(group >> 6) & 63] : '=';
    out += count > 2 ? base64_alphabet[group & 63] : '=';
  }
  return out;
}

Result<Bytes> parse_base64(std::string_view text) {
  if (text.size() % 4 != 0) {
    return fail(Failure::invalid, fmt::format("base64 of {} characters: the length must be a multiple of four", text.size()));
  }
  std::size_t padding = 0;
  if (text.ends_with("==")) {
    padding = 2;
  } else if (text.ends_with('=')) {
    padding = 1;
  }
  Bytes out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < text.size() - padding; ++i) {
    const int value = base64_values[static_cast<unsigned char>(text[i])];
    if (value < 0) return fail(Failure::invalid, fmt::format("not a base64 character at {}", i));
    group = group << 6 | static_cast<std::uint32_t>(value);
    if (i % 4 != 3) continue;
    out.push_back(static_cast<std::uint8_t>(group >> 16));
    out.push_back(static_cast<std::uint8_t>(group >> 8));
    out.push_back(static_cast<std::uint8_t>(group));
    group = 0;
  }
  // The bits that padding cuts off must be zero, or two texts would mean the same bytes.
  const std::uint32_t unused = padding == 2 ? group & 0xF : padding == 1 ? group & 0x3 : 0;
  if (unused != 0) return fail(Failure::invalid, "base64 whose last character carries bits past its end");
  if (padding == 2) out.push_back(static_cast<std::uint8_t>(group >> 4));
  if (padding == 1) {
    out.push_back(static_cast<std::uint8_t>(group >> 10));
    out.push_back(static_cast<std::uint8_t>(group >> 2));
  }
  return out;
}

std::string percent_encode(std::string_view text, bool keep_slash) {
  std::string out;
  out.reserve(text.size() + 16);
  for (const char c : text) {
    if (is_unreserved(c) || (keep_slash && c == '/')) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += upper_hex[byte >> 4];
    out += upper_hex[byte & 15];
  }
  return out;
}

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  // Most of what comes is already plain.
  std::size_t i = std::min(text.find_first_of(plus_is_space ? "%+" : "%"), text.size());
  std::string out(text.substr(0, i));
  out.reserve(text.size());
  for (; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return fail(Failure::invalid, fmt::format("a `%` at {} that two hexadecimal digits do not follow", i));
      }
      out += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  return out;
}

std::string xml_escape(std::string_view text) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  // Most of what is written is plain ASCII that stands for itself.
  const auto stands = [](char c) { return c >= ' ' && c < 0x7f && c != '&' && c != '<' && c != '>' && c != '"'; };
  std::size_t i = static_cast<std::size_t>(std::ranges::find_if_not(text, stands) - text.begin());
  std::string out(text.substr(0, i));
  out.reserve(text.size() + 16);
  while (i < text.size()) {
    const std::size_t length = sequence_length(text, i);
    const std::string_view sequence = text.substr(i, length);
    i += length == 0 ? 1 : length;
    if (length == 0 || sequence == "\xEF\xBF\xBE" || sequence == "\xEF\xBF\xBF") {
      out += replacement;
      continue;
    }
    if (length > 1) {
      out += sequence;
      continue;
    }
    switch (sequence[0]) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\t': out += "&#x9;"; break;
      case '\n': out += "&#xA;"; break;
      case '\r': out += "&#xD;"; break;
      default:
        if (static_cast<unsigned char>(sequence[0]) < 0x20) {
          out += replacement;
        } else {
          out += sequence[0];
        }
    }
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = sequence_length(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

}  // namespace ringwall::text
