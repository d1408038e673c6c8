#pragma once
// Patterns with `*` and `?`, compiled once and matched often.

#include <cstdint>
#include <string>
#include <string_view>

namespace ringwall::text {

enum class Case : std::uint8_t { exact, ignore };  // ignore: ASCII letters only

// A pattern over UTF-8 text. `*` stands for any run of characters, `?` for exactly one. Either may
// be confined to a part: then it does not stand for a colon, as inside a segment of an ARN.
// Wildcards are symbols of their own, so a `*` appended as literal text never acts as one.
// Immutable once built; matching is thread-safe and allocates nothing.
class Glob {
 public:
  explicit Glob(Case letters = Case::exact) : case_(letters) {}
  explicit Glob(std::string_view pattern, Case letters = Case::exact);

  void add_literal(std::string_view literal);
  void add_pattern(std::string_view pattern);  // `*` and `?` are wildcards
  void add_any_run() { symbols_ += any_run; }
  void add_any_one() { symbols_ += any_one; }
  // INVARIANT: no free `?` stands before a confined run, as in ARN patterns, whose last part only
  // is free; the scan relies on it.
  void add_any_run_in_part();
  void add_any_one_in_part() { symbols_ += any_one_in_part; }

  bool matches(std::string_view text) const;
  // The same answer, by plain recursion over the definition: the twin that tests compare with.
  // Exponential; for short texts.
  bool matches_plainly(std::string_view text) const;

 private:
  using Symbol = char16_t;  // a byte, or one of:
  static constexpr Symbol any_one = 0x100;
  static constexpr Symbol any_run = 0x101;
  static constexpr Symbol any_one_in_part = 0x102;
  static constexpr Symbol any_run_in_part = 0x103;

  template <bool ignore_case>
  bool match(std::string_view text) const;
  bool match_plainly(std::u16string_view symbols, std::string_view text) const;

  std::u16string symbols_;
  Case case_ = Case::exact;
};

}  // namespace ringwall::text
