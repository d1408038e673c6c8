#pragma once
// The regular expressions AWS's models state for strings, matched in linear time.
//
// The models are written for Java's engine, which backtracks; ours runs all alternatives side by
// side (Thompson), so that no input can make it slow: O(characters × pattern). It reads the
// subset the models use: classes, groups, alternation, `* + ? {n,m}`, `^ $`, `\w \d \s \p{L|N|Z}
// \uXXXX`, and `(?!x)` for a single character. A pattern outside that is refused at load.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ringwall::awsapi::detail {

inline constexpr std::size_t pattern_instructions_max = 4096;

// A set of code points: sorted, disjoint, inclusive ranges.
struct CharacterClass {
  struct Range {
    char32_t first;
    char32_t last;
  };
  std::vector<Range> ranges = {};
  bool contains(char32_t c) const;
};

class Pattern {
 public:
  static Result<Pattern> compile(std::string_view source);

  // Does the pattern match all of `text` (UTF-8)? AWS matches whole values.
  bool matches(std::string_view text) const;
  const std::string& source() const { return source_; }

 private:
  friend class PatternCompiler;
  enum class Op : std::uint8_t { one_of, split, jump, begin, end, not_before, match };
  struct Instruction {
    Op op;
    std::uint32_t a = 0;  // one_of, not_before: the class; split, jump: a target
    std::uint32_t b = 0;  // split: the other target
  };
  struct Step;

  std::string source_;
  std::vector<Instruction> program_;
  std::vector<CharacterClass> classes_;
};

// The code points of UTF-8 text; bytes that are no UTF-8 become U+FFFD.
std::u32string code_points(std::string_view text);

}  // namespace ringwall::awsapi::detail
