#include "text/visible.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace ringwall::text {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// General categories Cc, Cf, Zl and Zp of Unicode 15, the default-ignorable characters that have
// another category, surrogates, and the noncharacters of the first plane. Sorted.
constexpr std::array<Range, 31> hidden{{
    {0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x0600, 0x0605},   {0x061C, 0x061C},
    {0x06DD, 0x06DD},   {0x070F, 0x070F},   {0x0890, 0x0891},   {0x08E2, 0x08E2},   {0x115F, 0x1160},   {0x17B4, 0x17B5},
    {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},   {0x2800, 0x2800},   {0x3164, 0x3164},
    {0xD800, 0xDFFF},   {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},
    {0xFFFE, 0xFFFF},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
    {0xE0000, 0xE0FFF},
}};

struct Character {
  char32_t value = 0;
  std::size_t bytes = 0;  // 0: what stands here is not UTF-8
};

// The character at the start of `text`, which is not empty. Shortest forms only.
Character first_of(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  if (byte(0) < 0x80) return {byte(0), 1};
  const std::size_t size = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  if (byte(0) < 0xC2 || byte(0) > 0xF4 || size > text.size()) return {};
  char32_t value = byte(0) & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {};
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  const bool fits = value >= least[size] && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
  return fits ? Character{value, size} : Character{};
}

// Calls `shown` with runs of characters that stand for themselves, `escaped` with one that does not
// and `broken` with a byte that is none.
template <typename Shown, typename Escaped, typename Broken>
void walk(std::string_view text, Shown shown, Escaped escaped, Broken broken) {
  std::size_t plain = 0, at = 0;
  while (at < text.size()) {
    const Character one = first_of(text.substr(at));
    if (one.bytes != 0 && !is_hidden(one.value)) {
      at += one.bytes;
      continue;
    }
    shown(text.substr(plain, at - plain));
    if (one.bytes == 0) {
      broken(static_cast<unsigned char>(text[at]));
    } else {
      escaped(one.value);
    }
    at += std::max<std::size_t>(one.bytes, 1);
    plain = at;
  }
  shown(text.substr(plain));
}

std::string visible_but(std::string_view value, char32_t kept) {
  std::string out;
  out.reserve(value.size());
  walk(
      value, [&](std::string_view run) { out += run; },
      [&](char32_t character) {
        if (character == kept) {
          out += static_cast<char>(kept);
        } else {
          fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", static_cast<std::uint32_t>(character));
        }
      },
      [&](unsigned char byte) { fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte); });
  return out;
}

}  // namespace

bool is_hidden(char32_t character) noexcept {
  const auto* range = std::ranges::lower_bound(hidden, character, {}, &Range::last);
  if (range != hidden.end() && range->first <= character) return true;
  return (character & 0xFFFEU) == 0xFFFE;  // the noncharacters at the end of every plane
}

void append_visible_json_string(std::string& out, std::string_view value) {
  const auto unit = [&](std::uint32_t code) { fmt::format_to(std::back_inserter(out), "\\u{:04x}", code); };
  const auto shown = [&](std::string_view run) {
    for (const char c : run) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  };
  const auto escaped = [&](char32_t character) {
    if (character < 0x10000) return unit(character);
    unit(0xD800 + ((character - 0x10000) >> 10U));
    unit(0xDC00 + ((character - 0x10000) & 0x3FFU));
  };
  out += '"';
  walk(value, shown, escaped, [&](unsigned char) { unit(0xFFFD); });
  out += '"';
}

std::string visible(std::string_view value) { return visible_but(value, 0x110000); }
std::string visible_lines(std::string_view value) { return visible_but(value, U'\n'); }

std::string_view prefix_of(std::string_view value, std::size_t bytes_max) noexcept {
  if (value.size() <= bytes_max) return value;
  std::size_t end = bytes_max;
  for (int back = 0; back < 3 && end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0U) == 0x80; ++back) --end;
  return value.substr(0, end);
}

}  // namespace ringwall::text
