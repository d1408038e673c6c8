#include "prover/detail/characters.h"

namespace ringwall::prover::detail {

Character next_character(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const Character lead = byte(at++);
  if (lead < 0x80) return lead;
  const std::size_t more = lead >= 0xC2 && lead < 0xE0   ? 1
                           : lead >= 0xE0 && lead < 0xF0 ? 2
                           : lead >= 0xF0 && lead < 0xF5 ? 3
                                                         : 0;
  if (more == 0 || text.size() - at < more) return stray_byte + lead;
  Character value = lead & (0x3FU >> more);
  for (std::size_t i = 0; i < more; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return stray_byte + lead;
    value = value << 6 | (byte(at + i) & 0x3FU);
  }
  constexpr Character least[] = {0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value < 0xE000;
  if (value < least[more] || value >= stray_byte || surrogate) return stray_byte + lead;
  at += more;
  return value;
}

void append(Character c, std::string& out) {
  const auto put = [&](Character byte) { out += static_cast<char>(byte); };
  if (c >= stray_byte) return put(c - stray_byte);
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0 | c >> 6);
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
  }
  put(0x80 | (c & 0x3F));
}

}  // namespace ringwall::prover::detail
