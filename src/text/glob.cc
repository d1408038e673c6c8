#include "text/glob.h"

#include "base/check.h"

namespace ringwall::text {
namespace {

constexpr unsigned char fold(unsigned char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<unsigned char>(byte + ('a' - 'A')) : byte;
}

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

// Where the character that begins at `at` ends: `?` stands for a character, not for a byte.
std::size_t end_of_character(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && is_continuation(text[at])) ++at;
  return at;
}

}  // namespace

Glob::Glob(std::string_view pattern, Case letters) : case_(letters) {
  add_pattern(pattern);
}

void Glob::add_literal(std::string_view literal) {
  for (const char c : literal) {
    const auto byte = static_cast<unsigned char>(c);
    symbols_ += case_ == Case::ignore ? fold(byte) : byte;
  }
}

void Glob::add_pattern(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '*') {
      add_any_run();
    } else if (pattern[i] == '?') {
      add_any_one();
    } else {
      add_literal(pattern.substr(i, 1));
    }
  }
}

void Glob::add_any_run_in_part() {
  RW_CHECK(!symbols_.contains(any_one));
  symbols_ += any_run_in_part;
}

bool Glob::matches(std::string_view text) const {
  return case_ == Case::ignore ? match<true>(text) : match<false>(text);
}

// The usual scan: on a mismatch the latest run is made one byte longer. Earlier runs need no
// second look, because whatever an earlier one could still take, the latest can take as well.
// A run confined to its part cannot take a colon, so behind it the latest free run is kept; an
// earlier confined run needs no second look either: between two confined runs either no colon
// was matched, and the later one covers for the earlier, or a literal colon was, and that one
// could not have stood anywhere else.
template <bool ignore_case>
bool Glob::match(std::string_view text) const {
  constexpr std::size_t none = std::u16string::npos;
  std::size_t s = 0, t = 0;
  std::size_t free_symbol = none, free_text = 0;  // after the latest free run, and what it took
  std::size_t part_symbol = none, part_text = 0;  // the same for the latest confined run
  while (true) {
    if (s < symbols_.size()) {
      const Symbol symbol = symbols_[s];
      if (symbol == any_run) {
        if (s + 1 == symbols_.size()) return true;
        free_symbol = ++s;
        free_text = t;
        part_symbol = none;
        continue;
      }
      if (symbol == any_run_in_part) {
        part_symbol = ++s;
        part_text = t;
        continue;
      }
      if (t < text.size()) {
        const auto byte = static_cast<unsigned char>(text[t]);
        if (symbol == (ignore_case ? fold(byte) : byte)) {
          ++s, ++t;
          continue;
        }
        if (symbol == any_one || (symbol == any_one_in_part && text[t] != ':')) {
          ++s;
          t = end_of_character(text, t);
          continue;
        }
      }
    } else if (t == text.size()) {
      return true;
    }
    if (part_symbol != none && part_text < text.size() && text[part_text] != ':') {
      s = part_symbol;
      t = ++part_text;
    } else if (free_symbol != none && free_text < text.size()) {
      s = free_symbol;
      t = ++free_text;
      part_symbol = none;
    } else {
      return false;
    }
  }
}

bool Glob::matches_plainly(std::string_view text) const {
  return match_plainly(symbols_, text);
}

bool Glob::match_plainly(std::u16string_view symbols, std::string_view text) const {
  if (symbols.empty()) return text.empty();
  const Symbol symbol = symbols.front();
  const std::u16string_view rest = symbols.substr(1);
  if (symbol == any_run || symbol == any_run_in_part) {
    if (match_plainly(rest, text)) return true;
    const bool may_take = !text.empty() && (symbol == any_run || text.front() != ':');
    return may_take && match_plainly(symbols, text.substr(1));
  }
  if (text.empty()) return false;
  if (symbol == any_one || symbol == any_one_in_part) {
    const bool may_take = symbol == any_one || text.front() != ':';
    return may_take && match_plainly(rest, text.substr(end_of_character(text, 0)));
  }
  const auto byte = static_cast<unsigned char>(text.front());
  return symbol == (case_ == Case::ignore ? fold(byte) : byte) &&
         match_plainly(rest, text.substr(1));
}

}  // namespace ringwall::text
