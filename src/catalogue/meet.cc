// Where patterns meet: names of condition keys with placeholders, and ARNs with wildcards against
// ARN patterns with placeholders.

#include <algorithm>
#include <vector>

#include "catalogue/catalogue.h"

namespace ringwall::catalogue {
namespace {

// What one symbol of a pattern may stand for: one character, or one or a run of a class.
struct Symbol {
  enum class Kind : std::uint8_t { literal, one, run };
  Kind kind = Kind::literal;
  char character = 0;
  std::string_view never = {};  // what a wildcard does not stand for

  bool takes(char c) const { return never.find(c) == std::string_view::npos; }
};
using Symbols = std::vector<Symbol>;

// The end of the placeholder that begins at `start`, or `start` if none begins there.
std::size_t placeholder_end(std::string_view text, std::size_t start) {
  const std::string_view rest = text.substr(start);
  const char close = rest.starts_with("${") ? '}' : rest.starts_with('<') ? '>' : '\0';
  const std::size_t end = close == '\0' ? std::string_view::npos : text.find(close, start);
  return end == std::string_view::npos ? start : end + 1;
}

Symbols symbols_of_pattern(std::string_view pattern) {
  Symbols symbols;
  for (const char c : pattern) {
    const auto kind = c == '*'   ? Symbol::Kind::run
                      : c == '?' ? Symbol::Kind::one
                                 : Symbol::Kind::literal;
    symbols.push_back({kind, c});
  }
  return symbols;
}

// `colons`: how many stand before the text in its ARN.
Symbols symbols_of_template(std::string_view text, int colons) {
  Symbols symbols;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = placeholder_end(text, i);
    if (end == i) {
      colons += text[i] == ':' ? 1 : 0;
      symbols.push_back({Symbol::Kind::literal, text[i++]});
      continue;
    }
    const std::string_view never = colons < 5                                   ? ":"
                                   : text.substr(i, end - i) == "${BucketName}" ? ":/"
                                                                                : "";
    symbols.push_back({Symbol::Kind::one, 0, never});
    symbols.push_back({Symbol::Kind::run, 0, never});
    i = end;
  }
  return symbols;
}

bool same_character(const Symbol& a, const Symbol& b) {
  if (a.kind != Symbol::Kind::literal)
    return b.kind != Symbol::Kind::literal || a.takes(b.character);
  return b.kind == Symbol::Kind::literal ? a.character == b.character : b.takes(a.character);
}

// Row i, column j of the table says whether what follows a[i] and b[j] can be the same text; it is
// filled from the ends, and two rows are enough.
bool symbols_meet(const Symbols& a, const Symbols& b) {
  constexpr auto run = Symbol::Kind::run;
  std::vector<char> below, row(b.size() + 1);
  for (std::size_t i = a.size() + 1; i-- > 0;) {
    for (std::size_t j = b.size() + 1; j-- > 0;) {
      const bool a_left = i < a.size(), b_left = j < b.size();
      bool meet = !a_left && !b_left;
      if (a_left && a[i].kind == run) {
        meet =
            below[j] || (b_left && (b[j].kind == run || same_character(a[i], b[j])) && row[j + 1]);
      }
      if (!meet && b_left && b[j].kind == run) {
        meet =
            row[j + 1] || (a_left && (a[i].kind == run || same_character(a[i], b[j])) && below[j]);
      }
      if (a_left && b_left && a[i].kind != run && b[j].kind != run) {
        meet = same_character(a[i], b[j]) && below[j + 1];
      }
      row[j] = meet;
    }
    below = row;
  }
  return below[0];
}

// What stands before the next colon; removes both from `arn`.
std::string_view cut_part(std::string_view& arn) {
  const std::size_t colon = arn.find(':');
  const std::string_view part = arn.substr(0, colon);
  arn.remove_prefix(colon + 1);
  return part;
}

// Could the two meet, as far as the text before the first wildcard or placeholder says? Refuses
// most at once, where the table of symbols_meet would take long to fill.
bool starts_alike(std::string_view pattern, std::string_view text) {
  pattern = pattern.substr(0, pattern.find_first_of("*?"));
  text = text.substr(0, text.find_first_of("$<"));
  const std::size_t shared = std::min(pattern.size(), text.size());
  return pattern.substr(0, shared) == text.substr(0, shared);
}

}  // namespace

// Where all six parts are written, a wildcard of the first five stays in its part, so that the
// parts meet one by one; in a shorter ARN a `*` stands for the missing ones too.
bool can_meet(std::string_view arn, std::string_view arn_pattern) {
  if (arn.size() > arn_characters_max) return false;
  if (std::ranges::count(arn, ':') < 5 || std::ranges::count(arn_pattern, ':') < 5)
    return symbols_meet(symbols_of_pattern(arn), symbols_of_template(arn_pattern, 0));
  for (int part = 0; part < 5; ++part) {
    const std::string_view ours = cut_part(arn), theirs = cut_part(arn_pattern);
    if (!starts_alike(ours, theirs) ||
        !symbols_meet(symbols_of_pattern(ours), symbols_of_template(theirs, part)))
      return false;
  }
  return starts_alike(arn, arn_pattern) &&
         symbols_meet(symbols_of_pattern(arn), symbols_of_template(arn_pattern, 5));
}

bool ConditionKey::matches(std::string_view other) const {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  const auto same = [&](char a, char b) { return lower(a) == lower(b); };
  // Between placeholders the text stands as it is. A placeholder takes as little as it can, which
  // is enough: the last piece must end the name, and no template has two placeholders side by side.
  std::size_t at = 0, taken = 0;
  bool after_placeholder = false;
  while (at < name.size()) {
    if (const std::size_t end = placeholder_end(name, at); end != at) {
      if (taken >= other.size()) return false;
      ++taken;
      after_placeholder = true;
      at = end;
      continue;
    }
    std::size_t piece_end = at;
    while (piece_end < name.size() && placeholder_end(name, piece_end) == piece_end) ++piece_end;
    const std::string_view piece = name.substr(at, piece_end - at);
    std::string_view rest = other.substr(taken);
    if (piece.size() > rest.size()) return false;
    if (after_placeholder && piece_end == name.size()) {
      rest = rest.substr(rest.size() - piece.size());
    } else if (after_placeholder) {
      const auto found = std::ranges::search(rest, piece, same);
      if (found.empty()) return false;
      rest = rest.substr(static_cast<std::size_t>(found.begin() - rest.begin()));
    }
    if (!std::ranges::equal(rest.substr(0, piece.size()), piece, same)) return false;
    taken = other.size() - rest.size() + piece.size();
    after_placeholder = false;
    at = piece_end;
  }
  return after_placeholder || taken == other.size();
}

}  // namespace ringwall::catalogue
