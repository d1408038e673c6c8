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
  std::string text = random_text(random, "0123456789abcdef", 32);
  text[12] = '4';
  text[16] = random_text(random, "89ab", 1)[0];
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

}  // namespace ringwall
