#pragma once
// Quick work on short texts, eight bytes at a time: lower case, a hash, the first bytes.

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ringwall::policy::detail {

using Word = std::uint64_t;

// Up to eight bytes, the first lowest, zeros behind them. Of four and more it reads two halves that
// may overlap: what lies in both is the same.
inline Word word_of(const char* text, std::size_t size) {
  const auto byte = [text](std::size_t at) { return Word{static_cast<unsigned char>(text[at])}; };
  if (size >= sizeof(Word)) {
    Word word;
    std::memcpy(&word, text, sizeof word);
    return word;
  }
  if (size >= sizeof(std::uint32_t)) {
    std::uint32_t first, last;
    std::memcpy(&first, text, sizeof first);
    std::memcpy(&last, text + size - sizeof last, sizeof last);
    return first | Word{last} << 8 * (size - sizeof last);
  }
  if (size == 0) return 0;
  return byte(0) | byte(size / 2) << 8 * (size / 2) | byte(size - 1) << 8 * (size - 1);
}

// Are two runs of `size` bytes the same? Texts of one kind, ARNs above all, begin alike: the last word
// tells most of them apart. In line, for what is compared here is short.
inline bool same_bytes(const char* a, const char* b, std::size_t size) {
  if (size < sizeof(Word)) return word_of(a, size) == word_of(b, size);
  const auto word = [](const char* text, std::size_t at) { return word_of(text + at, sizeof(Word)); };
  const std::size_t last = size - sizeof(Word);
  if (word(a, last) != word(b, last)) return false;
  for (std::size_t at = 0; at < last; at += sizeof(Word)) {
    if (word(a, at) != word(b, at)) return false;
  }
  return true;
}
inline bool same_text(std::string_view a, std::string_view b) {
  return a.size() == b.size() && same_bytes(a.data(), b.data(), a.size());
}

// A hash, word by word.
class Hash {
 public:
  explicit Hash(std::size_t size) : state_(size * factor) {}
  void add(Word word) {
    state_ = (state_ ^ word) * factor;
    state_ ^= state_ >> 32;
  }
  std::uint64_t value() const { return state_; }

 private:
  static constexpr std::uint64_t factor = 0x9e3779b97f4a7c15;
  std::uint64_t state_;
};

// Of a text that is in lower case already.
inline std::uint64_t hash_of(std::string_view lower) {
  Hash hash(lower.size());
  for (std::size_t at = 0; at < lower.size(); at += sizeof(Word))
    hash.add(word_of(lower.data() + at, lower.size() - at));
  return hash.value();
}

inline Word head_of(std::string_view text) {
  return word_of(text.data(), text.size());
}

// The ASCII lower case of eight bytes. A byte is a capital if adding to its low seven bits carries over
// for `A` and not for the one behind `Z`.
inline Word lower_of(Word word) {
  constexpr Word each = 0x0101010101010101;
  const Word low = word & 0x7f * each;
  const Word from_a = low + (0x80 - 'A') * each, behind_z = low + (0x80 - 'Z' - 1) * each;
  return word | (from_a & ~behind_z & ~word & 0x80 * each) >> 2;
}

// Writes the ASCII lower case of `text` to `lower`, which has room for whole words, and answers hash_of it.
inline std::uint64_t lower_and_hash(std::string_view text, char* lower) {
  Hash hash(text.size());
  for (std::size_t at = 0; at < text.size(); at += sizeof(Word)) {
    const Word word = lower_of(word_of(text.data() + at, text.size() - at));
    std::memcpy(lower + at, &word, sizeof word);
    hash.add(word);
  }
  return hash.value();
}

// The high bit of each byte that is `byte`: one that is leaves nothing when `byte` is taken from it.
constexpr Word bytes_equal_to(Word word, char byte) {
  constexpr Word each = 0x0101010101010101, low = 0x7f * each, high = 0x80 * each;
  const Word differs = word ^ static_cast<unsigned char>(byte) * each;
  return ~(((differs & low) + low) | differs) & high;
}

// Where the first such byte is, which is not zero; npos: nowhere.
inline std::size_t find_byte(std::string_view text, char byte) {
  for (std::size_t at = 0; at < text.size(); at += sizeof(Word)) {
    const Word found = bytes_equal_to(word_of(text.data() + at, text.size() - at), byte);
    if (found != 0) return at + static_cast<std::size_t>(std::countr_zero(found)) / 8;
  }
  return std::string_view::npos;
}

}  // namespace ringwall::policy::detail
