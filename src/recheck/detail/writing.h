#pragma once
// Texts as certificates write them (checker/checker.h).

#include <algorithm>
#include <string>
#include <string_view>

#include "text/detail/utf8.h"

namespace ringwall::recheck::detail {

// UTF-8 without control characters, and not empty.
inline std::string written(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  if (text.empty()) return "\\.";
  std::string done;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = text::detail::sequence_length(text, at);
    const auto byte = static_cast<unsigned char>(text[at]);
    if (length == 0 || byte < 0x20 || byte == 0x7f) {
      done += {'\\', 'x', digits[byte >> 4], digits[byte & 0xf]};
    } else {
      if (byte == '\\') done += '\\';
      done += text.substr(at, length);
    }
    at += std::max<std::size_t>(length, 1);
  }
  return done;
}

}  // namespace ringwall::recheck::detail
