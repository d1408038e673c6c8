#include "base/ports.h"

#include <array>
#include <string_view>

#include "base/check.h"

namespace ringwall {

std::string random_text(Random& random, std::string_view alphabet, std::size_t length) {
  RW_CHECK(alphabet.size() >= 2 && alphabet.size() <= 64);
  // Bytes at or past the largest multiple of the alphabet's size are drawn again: no bias.
  const std::size_t bound = 256 - 256 % alphabet.size();
  std::string text;
  std::array<std::uint8_t, 64> bytes;
  while (text.size() < length) {
    random.fill(bytes);
    for (const std::uint8_t byte : bytes) {
      if (text.size() == length) break;
      if (byte < bound) text += alphabet[byte % alphabet.size()];
    }
  }
  return text;
}

std::string resource_id(Random& random, std::string_view prefix) {
  return std::string(prefix) + '-' + random_text(random, "0123456789abcdef", 17);
}

std::string unique_id(Random& random, std::string_view prefix) {
  // Access keys have 20 characters, the ids of principals and policies 21.
  const std::size_t length = prefix == "AKIA" || prefix == "ASIA" ? 16 : 17;
  return std::string(prefix) + random_text(random, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length);
}

std::string uuid(Random& random) {
  std::array<std::uint8_t, 16> bytes;
  random.fill(bytes);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);  // version 4
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);  // the RFC's variant
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 0x0f];
  }
  return text;
}

}  // namespace ringwall
