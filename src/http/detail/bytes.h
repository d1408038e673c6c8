#pragma once
// The byte classes of HTTP/1.1 (RFC 9110, RFC 3986), as tables: one load a byte.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ringwall::http::detail {

constexpr std::array<bool, 256> table_of(std::string_view others) {
  std::array<bool, 256> table{};
  for (unsigned byte = '0'; byte <= '9'; ++byte) table[byte] = true;
  for (unsigned byte = 'a'; byte <= 'z'; ++byte) table[byte] = true;
  for (unsigned byte = 'A'; byte <= 'Z'; ++byte) table[byte] = true;
  for (const char byte : others) table[static_cast<unsigned char>(byte)] = true;
  return table;
}

inline constexpr std::array<bool, 256> token_bytes = table_of("!#$%&'*+-.^_`|~");
inline constexpr std::array<bool, 256> target_bytes = table_of("-._~!$&'()*+,;=:@/?%");
inline constexpr std::array<bool, 256> host_bytes = table_of("-._");

inline bool is_token_byte(char byte) noexcept {
  return token_bytes[static_cast<unsigned char>(byte)];
}
inline bool is_target_byte(char byte) noexcept {
  return target_bytes[static_cast<unsigned char>(byte)];
}
inline bool is_host_byte(char byte) noexcept {
  return host_bytes[static_cast<unsigned char>(byte)];
}

// What a header's value may hold: visible ASCII and the space. A tab is legal in RFC 9110 but
// readers differ on trimming and folding it, and bytes past ASCII have no agreed meaning.
inline bool is_field_byte(char byte) noexcept {
  return byte >= 0x20 && byte < 0x7f;
}

// is_field_byte for all, eight bytes a step. In a lane without its high bit, subtracting 0x20
// borrows into the high bit exactly for control bytes and adding 1 reaches it exactly for
// DEL; a carry into the next lane needs a lane that is itself refused.
inline bool all_field_bytes(std::string_view text) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t highs = 0x80 * ones;
  std::size_t at = 0;
  std::uint64_t bad = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t lanes;
    std::memcpy(&lanes, text.data() + at, 8);
    bad |= (lanes | (lanes - 0x20 * ones) | (lanes + ones)) & highs;
  }
  if (bad != 0) return false;
  for (; at < text.size(); ++at) {
    if (!is_field_byte(text[at])) return false;
  }
  return true;
}

inline char lower(char byte) noexcept {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte;
}
inline bool is_digit(char byte) noexcept {
  return byte >= '0' && byte <= '9';
}

// The value of a hexadecimal digit, or -1.
inline int hex_value(char byte) noexcept {
  if (is_digit(byte)) return byte - '0';
  const char small = lower(byte);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

}  // namespace ringwall::http::detail
