#pragma once
// A quick hash of short texts that are in lower case already.

#include <cstdint>
#include <cstring>
#include <string_view>

namespace ringwall::policy::detail {

inline std::uint64_t hash_of(std::string_view lower) {
  constexpr std::uint64_t factor = 0x9e3779b97f4a7c15;
  std::uint64_t hash = lower.size() * factor;
  while (!lower.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = lower.size() < sizeof word ? lower.size() : sizeof word;
    std::memcpy(&word, lower.data(), size);
    hash = (hash ^ word) * factor;
    hash ^= hash >> 32;
    lower.remove_prefix(size);
  }
  return hash;
}

// The first eight bytes, the first lowest; zeros behind a shorter text.
inline std::uint64_t head_of(std::string_view text) {
  std::uint64_t head = 0;
  std::memcpy(&head, text.data(), text.size() < sizeof head ? text.size() : sizeof head);
  return head;
}

}  // namespace ringwall::policy::detail
