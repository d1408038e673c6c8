#include "prover/detail/smtlib_terms.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "policy/detail/values.h"
#include "text/encode.h"

namespace ringwall::prover::detail {
namespace {

using policy::Piece;
using Kind = Symbol::Kind;

constexpr std::uint32_t character_max = 0x2ffff;  // SMT-LIB 2.6, theory of Unicode strings
constexpr std::size_t digits_max = 15;            // that every double keeps
constexpr std::size_t arn_part_count = 6;

// The characters of a text that is known to be UTF-8.
std::vector<std::uint32_t> characters_of(std::string_view text) {
  std::vector<std::uint32_t> characters;
  for (const char each : text) {
    const auto byte = static_cast<std::uint8_t>(each);
    if ((byte & 0xc0) == 0x80) {
      characters.back() = characters.back() << 6 | (byte & 0x3f);
    } else {
      characters.push_back(byte < 0x80 ? byte : byte < 0xe0 ? byte & 0x1f : byte < 0xf0 ? byte & 0x0f : byte & 0x07);
    }
  }
  return characters;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string joined(std::string_view op, const std::vector<std::string>& terms) {
  std::string text = "(" + std::string(op);
  for (const std::string& term : terms) text += " " + term;
  return text + ")";
}

// A literal of a regular expression; without regard to case, letter by letter.
Result<void> add_literal(std::string_view text, text::Case letters, std::vector<std::string>& parts) {
  while (!text.empty()) {
    std::size_t same = 0;
    while (same < text.size() && (letters == text::Case::exact || !is_letter(text[same]))) ++same;
    if (same > 0) {
      RW_TRY(const std::string literal, smt_text(text.substr(0, same)));
      parts.push_back("(str.to_re " + literal + ")");
    } else {
      const std::string one(1, text[same]);
      same = 1;
      parts.push_back(fmt::format("(re.union (str.to_re \"{}\") (str.to_re \"{}\"))", text::lower(one),
                                  static_cast<char>(text::lower(one)[0] - ('a' - 'A'))));
    }
    text.remove_prefix(same);
  }
  return {};
}

Result<std::string> expression_of(const Symbols& symbols, text::Case letters) {
  std::vector<std::string> parts;
  for (const Symbol& symbol : symbols) {
    switch (symbol.kind) {
      case Kind::literal:
        RW_DO(add_literal(symbol.text, letters, parts));
        break;
      case Kind::any_run:
        parts.push_back("re.all");
        break;
      case Kind::any_one:
        parts.push_back("re.allchar");
        break;
      case Kind::any_run_in_part:
        parts.push_back("(re.* no-colon)");
        break;
      case Kind::any_one_in_part:
        parts.push_back("no-colon");
        break;
    }
  }
  return parts.size() == 1 ? parts[0] : joined("re.++", parts);
}

// Appends, with literals side by side made one.
void add(Symbols& symbols, Kind kind, std::string_view text = {}) {
  if (kind == Kind::literal && text.empty()) return;
  if (kind == Kind::literal && !symbols.empty() && symbols.back().kind == kind) {
    symbols.back().text += text;
  } else {
    symbols.push_back({kind, std::string(text)});
  }
}

Result<void> add_piece(Symbols& symbols, const Piece& piece, bool confined) {
  switch (piece.kind) {
    case Piece::Kind::literal:
      add(symbols, Kind::literal, piece.text);
      return {};
    case Piece::Kind::any_run:
      add(symbols, confined ? Kind::any_run_in_part : Kind::any_run);
      return {};
    case Piece::Kind::any_one:
      add(symbols, confined ? Kind::any_one_in_part : Kind::any_one);
      return {};
    case Piece::Kind::variable:
      break;
  }
  return fail(Failure::invalid, "the variable `${" + piece.text + "}` cannot be said in SMT-LIB");
}

}  // namespace

Result<std::string> smt_text(std::string_view text) {
  if (!text::is_utf8(text)) return fail(Failure::invalid, "a text that is not UTF-8 cannot be said in SMT-LIB");
  std::string quoted = "\"";
  for (const std::uint32_t character : characters_of(text)) {
    if (character > character_max)
      return fail(Failure::invalid, "the text `" + std::string(text) + "` holds a character that SMT-LIB does not have");
    if (character == '"') {
      quoted += "\"\"";
    } else if (character < ' ' || character > '~' || character == '\\') {
      quoted += fmt::format("\\u{{{:x}}}", character);
    } else {
      quoted += static_cast<char>(character);
    }
  }
  return quoted + '"';
}

std::string smt_symbol(std::string_view key, std::string_view suffix) {
  std::string symbol = "|";
  for (const char each : key) {
    const bool plain = each > ' ' && each <= '~' && each != '|' && each != '\\' && each != '%';
    if (plain) {
      symbol += each;
    } else {
      symbol += fmt::format("%{:02x}", static_cast<std::uint8_t>(each));
    }
  }
  return symbol + std::string(suffix) + "|";
}

std::string smt_not(const std::string& term) {
  if (term == "true") return "false";
  return term == "false" ? "true" : "(not " + term + ")";
}

std::string smt_all(const std::vector<std::string>& terms) {
  std::vector<std::string> kept;
  for (const std::string& term : terms) {
    if (term == "false") return term;
    if (term != "true") kept.push_back(term);
  }
  return kept.empty() ? "true" : kept.size() == 1 ? kept[0] : joined("and", kept);
}

std::string smt_any(const std::vector<std::string>& terms) {
  std::vector<std::string> kept;
  for (const std::string& term : terms) {
    if (term == "true") return term;
    if (term != "false") kept.push_back(term);
  }
  return kept.empty() ? "false" : kept.size() == 1 ? kept[0] : joined("or", kept);
}

// Most patterns are a literal, or one with a run at an end; what solvers know best says those.
Result<std::string> smt_matches(const std::string& variable, const Symbols& symbols, text::Case letters) {
  const auto is = [&](std::size_t at, Kind kind) { return symbols[at].kind == kind; };
  if (symbols.size() == 1 && is(0, Kind::any_run)) return "true";
  const bool caseless = std::ranges::any_of(symbols, [](const Symbol& symbol) { return std::ranges::any_of(symbol.text, is_letter); });
  if (letters == text::Case::exact || !caseless) {
    if (symbols.empty()) return "(= " + variable + " \"\")";
    RW_TRY(const std::string first, smt_text(symbols.front().text));
    RW_TRY(const std::string last, smt_text(symbols.back().text));
    if (symbols.size() == 1 && is(0, Kind::literal)) return "(= " + variable + " " + first + ")";
    if (symbols.size() == 2 && is(0, Kind::literal) && is(1, Kind::any_run)) return "(str.prefixof " + first + " " + variable + ")";
    if (symbols.size() == 2 && is(0, Kind::any_run) && is(1, Kind::literal)) return "(str.suffixof " + last + " " + variable + ")";
  }
  RW_TRY(const std::string expression, expression_of(symbols, letters));
  return "(str.in_re " + variable + " " + expression + ")";
}

Result<Symbols> symbols_of(const policy::Pieces& pieces) {
  Symbols symbols;
  for (const Piece& piece : pieces) RW_DO(add_piece(symbols, piece, false));
  return symbols;
}

Result<Symbols> resource_symbols(const policy::Listed& listed) {
  const std::vector<policy::Pieces> parts = policy::arn_parts(listed.pieces);
  Symbols symbols;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    if (part > 0) add(symbols, Kind::literal, ":");
    const bool free = parts.size() == 1 || part + 1 == arn_part_count;
    for (const Piece& piece : parts[part]) {
      const bool expands = piece.kind == Piece::Kind::any_run && &piece == &parts[part].back();
      RW_DO(add_piece(symbols, piece, !free && !expands));
    }
  }
  return symbols;
}

Result<Symbols> arn_symbols(const policy::Listed& listed) {
  if (listed.pieces.size() == 1 && listed.pieces[0].kind == Piece::Kind::any_run) return Symbols{{Kind::any_run}};
  const std::vector<policy::Pieces> parts = policy::arn_parts(listed.pieces);
  Symbols symbols;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    if (part > 0) add(symbols, Kind::literal, ":");
    for (const Piece& piece : parts[part]) RW_DO(add_piece(symbols, piece, part + 1 < arn_part_count));
  }
  return symbols;
}

Symbols action_symbols(const policy::Listed& listed) {
  if (listed.text == "*:*") return {{Kind::any_run}};
  Symbols symbols;
  for (const char each : text::lower(listed.text)) {
    if (each == '*' || each == '?') {
      add(symbols, each == '*' ? Kind::any_run : Kind::any_one);
    } else {
      add(symbols, Kind::literal, std::string_view(&each, 1));
    }
  }
  return symbols;
}

Result<std::string> smt_real(std::string_view number) {
  const auto parsed = policy::detail::parse_number(number);
  const auto refuse = [&] { return fail(Failure::invalid, "the number `" + std::string(number) + "` has too many digits to be said in SMT-LIB"); };
  if (!parsed) return refuse();
  std::array<char, 400> buffer;  // more than any double has
  const double magnitude = parsed->real < 0 ? -parsed->real : parsed->real;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude, std::chars_format::fixed);
  std::string digits(buffer.data(), end);
  if (error != std::errc() || digits.size() > digits_max) return refuse();
  if (!digits.contains('.')) digits += ".0";
  return parsed->real < 0 ? "(- " + digits + ")" : digits;
}

std::string smt_integer(std::int64_t number) {
  const std::string digits = std::to_string(number);
  return number < 0 ? "(- " + digits.substr(1) + ")" : digits;
}

namespace {

// Base 256 to base 10, digit by digit.
std::string decimal(std::vector<std::uint8_t> bytes) {
  std::string digits;
  while (std::ranges::any_of(bytes, [](std::uint8_t each) { return each != 0; })) {
    unsigned rest = 0;
    for (std::uint8_t& each : bytes) {
      const unsigned value = rest * 256 + each;
      each = static_cast<std::uint8_t>(value / 10);
      rest = value % 10;
    }
    digits += static_cast<char>('0' + rest);
  }
  std::ranges::reverse(digits);
  return digits.empty() ? "0" : digits;
}

}  // namespace

Bounds smt_bounds(const text::Cidr& block) {
  const std::size_t size = block.base.v6 ? 16 : 4;
  std::vector<std::uint8_t> first(block.base.bytes.begin(), block.base.bytes.begin() + static_cast<std::ptrdiff_t>(size));
  std::vector<std::uint8_t> last = first;
  for (std::size_t bit = static_cast<std::size_t>(block.prefix); bit < size * 8; ++bit)
    last[bit / 8] = static_cast<std::uint8_t>(last[bit / 8] | 0x80 >> bit % 8);
  return {decimal(first), decimal(last)};
}

}  // namespace ringwall::prover::detail
