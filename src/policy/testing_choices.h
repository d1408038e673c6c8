#pragma once
// For tests and fuzz targets: where a generator's choices come from. The same generator runs from
// a seed and from a fuzzer's bytes.

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ringwall::policy::testing {

class Choices {
 public:
  explicit Choices(std::uint64_t seed) : state_(seed) {}
  // Borrows the bytes. When they are used up every choice is the first one, so whatever is
  // generated must end when the first is chosen again and again.
  explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes), from_bytes_(true) {}

  bool exhausted() const { return from_bytes_ && bytes_.empty(); }

  // From 0 to count - 1.
  std::size_t below(std::size_t count) {
    if (count <= 1) return 0;
    if (!from_bytes_) return static_cast<std::size_t>(next() % count);
    std::size_t value = 0;
    for (std::size_t limit = 1; limit < count && !bytes_.empty(); limit *= 256) {
      value = value * 256 + bytes_.front();
      bytes_ = bytes_.subspan(1);
    }
    return value % count;
  }
  bool one_in(std::size_t count) { return below(count) + 1 == count; }

  template <typename T>
  const T& of(std::span<const T> all) {
    return all[below(all.size())];
  }
  template <typename T, std::size_t count>
  const T& of(const T (&all)[count]) {
    return all[below(count)];
  }

 private:
  // SplitMix64 (Steele, Lea, Flood 2014): the whole state is one word, so a seed names a case.
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }

  std::uint64_t state_ = 0;
  std::span<const std::uint8_t> bytes_;
  bool from_bytes_ = false;
};

// The text with one of its characters in the other case, or with its letters all in one: what is
// compared without regard to case must not care.
inline std::string in_some_case(Choices& choices, std::string_view text) {
  std::string out(text);
  const auto upper = [](char& c) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  };
  const auto lower = [](char& c) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  };
  switch (choices.below(8)) {
    case 5:
      for (char& c : out) upper(c);
      break;
    case 6:
      for (char& c : out) lower(c);
      break;
    case 7:
      if (!out.empty()) upper(out[choices.below(out.size())]);
      break;
    default:
      break;
  }
  return out;
}

// A pattern that is near a text: some of it stands behind a wildcard, or is another character.
inline std::string near(Choices& choices, std::string_view text) {
  std::string out(text);
  for (std::size_t changes = choices.below(3); changes > 0 && !out.empty(); --changes) {
    const std::size_t at = choices.below(out.size());
    const std::size_t run = choices.below(std::min<std::size_t>(out.size() - at, 12) + 1);
    switch (choices.below(6)) {
      case 0:
      case 1:
        out.replace(at, run, "*");
        break;
      case 2:
        out.replace(at, 1, "?");
        break;
      case 3:
        out.replace(at, out.size() - at, "*");
        break;
      case 4:
        out.replace(at, 1, "");
        break;
      case 5:
        out.insert(at, choices.of<std::string_view>({"a", "/", ":", "*", "é", "r"}));
        break;
    }
  }
  return out;
}

}  // namespace ringwall::policy::testing
