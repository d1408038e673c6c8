#pragma once
// Text as the characters that `?` counts.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ringwall::prover::detail {

// A Unicode scalar value; or, of text that is not UTF-8, a byte by itself at `stray_byte` and up.
using Character = std::uint32_t;
inline constexpr Character stray_byte = 0x110000;

// The character at `at`, which moves past it.
Character next_character(std::string_view text, std::size_t& at);
void append(Character character, std::string& out);

constexpr Character folded(Character c) {
  return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}
constexpr bool is_letter(Character c) {
  return folded(c) >= 'a' && folded(c) <= 'z';
}
constexpr Character in_other_case(Character c) {
  return is_letter(c) ? c ^ ('a' ^ 'A') : c;
}

}  // namespace ringwall::prover::detail
