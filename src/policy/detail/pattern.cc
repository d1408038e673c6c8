#include "policy/detail/pattern.h"

#include <algorithm>

#include "text/encode.h"

namespace ringwall::policy::detail {
namespace {

constexpr std::size_t arn_part_count = 6;
constexpr std::size_t none = std::string_view::npos;

constexpr char fold(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return fold(x) == fold(y); });
}

template <bool ignore_case>
bool same(std::string_view a, std::string_view b) {
  if constexpr (ignore_case) return equal_ignoring_case(a, b);
  return same_text(a, b);
}

// `?` stands for a character, not for a byte.
std::size_t end_of_character(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  return at;
}

}  // namespace

// One pass of a text along a pattern's tokens. On a mismatch the latest run takes one byte more:
// whatever an earlier run could still take, the latest can take as well. Only behind a run that is
// confined to its part the latest free run is kept too, for the confined one ends at a colon.
class Scan {
 public:
  using Token = Texts::Token;

  Scan(const Texts& texts, const Context& context, std::string_view text)
      : texts_(texts), context_(context), text_(text) {}

  // The tokens [first, end) and nothing behind them.
  template <bool ignore_case>
  bool along(std::uint32_t first, std::uint32_t end) {
    return scan<ignore_case>(first, end, false);
  }
  // The tokens [first, end) and anything behind them.
  template <bool ignore_case>
  bool begins_along(std::uint32_t first, std::uint32_t end) {
    return scan<ignore_case>(first, end, true);
  }

 private:
  template <bool ignore_case>
  bool scan(std::uint32_t token, std::uint32_t end, bool anything_behind) {
    std::size_t at = 0;
    while (true) {
      if (token == end) {
        if (anything_behind || at == text_.size()) return true;
      } else if (const Token& next = texts_.tokens_[token]; next.kind == Token::Kind::run) {
        if (++token == end) return true;
        at = reach<ignore_case>(token, at);
        if (at == none) return false;
        free_ = {token, at};
        confined_ = {};
        continue;
      } else if (next.kind == Token::Kind::run_in_part) {
        confined_ = {++token, at};
        continue;
      } else if (const std::size_t behind = step<ignore_case>(next, at); behind != none) {
        ++token;
        at = behind;
        continue;
      }
      if (!extend<ignore_case>(token, at)) return false;
    }
  }

  // A run: the token behind it, and how far it reaches. Token 0 stands behind none: no run yet.
  struct Run {
    std::uint32_t token = 0;
    std::size_t reach = 0;
  };

  // Where the text goes on behind a token that is no run; none: it does not match here.
  template <bool ignore_case>
  std::size_t step(const Token& token, std::size_t at) const {
    switch (token.kind) {
      case Token::Kind::literal:
        return behind<ignore_case>(texts_.at({token.index, token.size}), at);
      case Token::Kind::variable:
        return behind<ignore_case>(texts_.value_of(texts_.variables_[token.index], context_), at);
      case Token::Kind::one:
        return at < text_.size() ? end_of_character(text_, at) : none;
      case Token::Kind::one_in_part:
        return at < text_.size() && text_[at] != ':' ? end_of_character(text_, at) : none;
      case Token::Kind::run:
      case Token::Kind::run_in_part:
        break;
    }
    return none;
  }

  template <bool ignore_case>
  std::size_t behind(std::string_view literal, std::size_t at) const {
    const std::string_view here = text_.substr(at, literal.size());
    return same<ignore_case>(here, literal) ? at + literal.size() : none;
  }

  // How far a run must reach at least, so that the literal behind it can stand there; none: it
  // stands nowhere. The latest run has nobody behind it who could help.
  template <bool ignore_case>
  std::size_t reach(std::uint32_t token, std::size_t at) const {
    const Token& next = texts_.tokens_[token];
    if (ignore_case || next.kind != Token::Kind::literal) return at;
    return text_.find(texts_.at({next.index, next.size}), at);
  }

  template <bool ignore_case>
  bool extend(std::uint32_t& token, std::size_t& at) {
    if (confined_.token != 0 && confined_.reach < text_.size() && text_[confined_.reach] != ':') {
      at = ++confined_.reach;
      token = confined_.token;
      return true;
    }
    if (free_.token == 0 || free_.reach >= text_.size()) return false;
    at = free_.reach = reach<ignore_case>(free_.token, free_.reach + 1);
    token = free_.token;
    confined_ = {};
    return at != none;
  }

  const Texts& texts_;
  const Context& context_;
  std::string_view text_;
  Run free_, confined_;
};

Ref Texts::add(std::string_view text) {
  const Ref ref{static_cast<std::uint32_t>(pool_.size()), static_cast<std::uint32_t>(text.size())};
  pool_ += text;
  return ref;
}

void Texts::add_token(const Piece& piece, bool confined, bool lower_case) {
  using Kind = Token::Kind;
  switch (piece.kind) {
    case Piece::Kind::literal: {
      const Ref ref = add(lower_case ? text::lower(piece.text) : piece.text);
      tokens_.push_back({Kind::literal, ref.offset, ref.size});
      return;
    }
    case Piece::Kind::any_run:
      tokens_.push_back({confined ? Kind::run_in_part : Kind::run});
      return;
    case Piece::Kind::any_one:
      tokens_.push_back({confined ? Kind::one_in_part : Kind::one});
      return;
    case Piece::Kind::variable:
      tokens_.push_back({Kind::variable, static_cast<std::uint32_t>(variables_.size())});
      variables_.push_back({hash_ignoring_case(piece.text), add(piece.text),
                            piece.otherwise ? add(*piece.otherwise) : Ref{},
                            piece.otherwise.has_value()});
      return;
  }
}

// Names the tokens from `first` on as one pattern, and takes them back where a simpler shape will do.
Pattern Texts::pattern_from(std::size_t first) {
  const auto is = [&](std::size_t index, Token::Kind kind) {
    return index < tokens_.size() && tokens_[index].kind == kind;
  };
  const std::size_t count = tokens_.size() - first;
  Pattern pattern;
  if (count == 0) return pattern;
  const bool literal = is(first, Token::Kind::literal);
  if (count == 1 && is(first, Token::Kind::run)) {
    pattern = {Pattern::Shape::anything};
  } else if (literal && (count == 1 || (count == 2 && is(first + 1, Token::Kind::run)))) {
    pattern = {count == 1 ? Pattern::Shape::exact : Pattern::Shape::prefix, tokens_[first].index,
               tokens_[first].size};
  } else {
    const bool variables = std::any_of(tokens_.begin() + static_cast<std::ptrdiff_t>(first), tokens_.end(),
                                       [](const Token& t) { return t.kind == Token::Kind::variable; });
    return {variables ? Pattern::Shape::resolved : Pattern::Shape::general,
            static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(count)};
  }
  tokens_.resize(first);
  return pattern;
}

Pattern Texts::add_pattern(const Pieces& pieces, bool lower_case) {
  const std::size_t first = tokens_.size();
  for (const Piece& piece : pieces) add_token(piece, false, lower_case);
  return pattern_from(first);
}

Pattern Texts::add_resource(const Pieces& pieces) {
  // `*`; and what begins with a literal, as every ARN does, and ends there or in a `*`, which then
  // stands for anything.
  const bool simple =
      pieces.size() == 1 || (pieces.size() == 2 && pieces[1].kind == Piece::Kind::any_run);
  if (simple) return add_pattern(pieces);
  const std::vector<Pieces> parts = arn_parts(pieces);
  // Colons between parts join the literals beside them, so that most patterns are one literal.
  Pieces joined;
  std::vector<bool> confined;
  const auto append = [&](const Piece& piece, bool within) {
    if (piece.kind == Piece::Kind::literal && !joined.empty() &&
        joined.back().kind == Piece::Kind::literal) {
      joined.back().text += piece.text;
      return;
    }
    joined.push_back(piece);
    confined.push_back(within);
  };
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) append({Piece::Kind::literal, ":"}, false);
    for (std::size_t j = 0; j < parts[i].size(); ++j) {
      const bool expands = parts[i][j].kind == Piece::Kind::any_run && j + 1 == parts[i].size();
      append(parts[i][j], i + 1 < arn_part_count && !expands);
    }
  }
  const std::size_t first = tokens_.size();
  for (std::size_t i = 0; i < joined.size(); ++i) add_token(joined[i], confined[i], false);
  return pattern_from(first);
}

std::string_view Texts::value_of(const Variable& variable, const Context& context) const {
  const auto* values = context.find(variable.hash, at(variable.key));
  if (values == nullptr || values->empty())
    return variable.has_default ? at(variable.otherwise) : std::string_view();
  // A key with several values has no single one to stand in its place.
  return values->size() == 1 ? std::string_view(values->front()) : std::string_view();
}

template <bool ignore_case>
Truth Texts::match(const Pattern& pattern, std::string_view text, const Context& context) const {
  switch (pattern.shape) {
    case Pattern::Shape::anything:
      return Truth::yes;
    case Pattern::Shape::exact: {
      const std::string_view literal = at({pattern.first, pattern.count});
      return truth_of(same<ignore_case>(text, literal));
    }
    case Pattern::Shape::prefix: {
      const std::string_view literal = at({pattern.first, pattern.count});
      const std::string_view head = text.substr(0, literal.size());
      return truth_of(same<ignore_case>(head, literal));
    }
    case Pattern::Shape::general:
      return truth_of(Scan(*this, context, text)
                          .along<ignore_case>(pattern.first, pattern.first + pattern.count));
    case Pattern::Shape::resolved:
      break;
  }
  // Most patterns differ in the literal they begin with.
  const std::uint32_t end = pattern.first + pattern.count;
  if (const Token& first = tokens_[pattern.first]; first.kind == Token::Kind::literal) {
    const std::string_view literal = at({first.index, first.size});
    const std::string_view head = text.substr(0, literal.size());
    if (!same<ignore_case>(head, literal)) return Truth::no;
  }
  const auto is_variable = [](const Token& t) { return t.kind == Token::Kind::variable; };
  const auto begin = tokens_.begin();
  const auto valued = [&](const Token& t) {
    return !is_variable(t) || value_of(variables_[t.index], context).data() != nullptr;
  };
  if (std::all_of(begin + pattern.first, begin + end, valued))
    return truth_of(Scan(*this, context, text).along<ignore_case>(pattern.first, end));
  // What does not begin as the pattern does cannot match, whatever the variables hold.
  const auto variable = static_cast<std::uint32_t>(
      std::find_if(begin + pattern.first, begin + end, is_variable) - begin);
  return Scan(*this, context, text).begins_along<ignore_case>(pattern.first, variable)
             ? Truth::unknown
             : Truth::no;
}

Truth Texts::matches(const Pattern& pattern, std::string_view text, const Context& context) const {
  return match<false>(pattern, text, context);
}
Truth Texts::matches_ignoring_case(const Pattern& pattern, std::string_view text,
                                   const Context& context) const {
  return match<true>(pattern, text, context);
}

void Texts::shrink() {
  pool_.shrink_to_fit();
  tokens_.shrink_to_fit();
  variables_.shrink_to_fit();
}

std::size_t Texts::bytes() const {
  return pool_.capacity() + tokens_.capacity() * sizeof(Token) +
         variables_.capacity() * sizeof(Variable);
}

}  // namespace ringwall::policy::detail
