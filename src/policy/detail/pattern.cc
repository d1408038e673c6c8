#include "policy/detail/pattern.h"

#include <algorithm>

#include "policy/detail/source.h"
#include "text/encode.h"

namespace ringwall::policy::detail {
namespace {

constexpr std::size_t arn_part_count = 6;

std::unexpected<Error> refuse(std::string why) {
  return fail(Failure::invalid, std::move(why));
}

void add_literal(Tokens& tokens, std::string_view text) {
  if (text.empty()) return;
  if (tokens.empty() || tokens.back().kind != Token::Kind::literal) tokens.push_back({});
  tokens.back().text += text;
}

// Reads `${…}` at the head of `rest` and removes it.
Result<> read_variable(std::string_view& rest, Tokens& tokens) {
  const std::size_t close = rest.find('}');
  if (close == std::string_view::npos)
    return refuse("the variable in " + shown(rest) + " lacks its `}`");
  std::string_view inner = rest.substr(2, close - 2);
  const std::string_view all = rest.substr(0, close + 1);
  rest.remove_prefix(close + 1);
  if (inner == "*" || inner == "?" || inner == "$") {
    add_literal(tokens, inner);
    return {};
  }
  Token token{Token::Kind::variable};
  if (const std::size_t comma = inner.find(','); comma != std::string_view::npos) {
    std::string_view fallback = inner.substr(comma + 1);
    while (fallback.starts_with(' ')) fallback.remove_prefix(1);
    if (fallback.size() < 2 || !fallback.starts_with('\'') || !fallback.ends_with('\'')) {
      return refuse("the default in " + shown(all) + " must stand in single quotes");
    }
    token.otherwise = fallback.substr(1, fallback.size() - 2);
    inner = inner.substr(0, comma);
  }
  if (inner.empty()) return refuse("the variable " + shown(all) + " names no key");
  if (inner.find_first_of(" ${*?'") != std::string_view::npos) {
    return refuse("the variable " + shown(all) + " holds a character that no key has");
  }
  if (!inner.contains(':'))
    return refuse("the variable " + shown(all) +
                  " needs a key with its service, as in `${aws:username}`");
  token.text = text::lower(inner);
  tokens.push_back(std::move(token));
  return {};
}

// Null: no value. A key with several values has no single one to stand in its place.
const std::string* value_of(const Token& variable, const Context& context) {
  const auto* values = context.find_lower(variable.text);
  if (values == nullptr || values->empty())
    return variable.otherwise ? &*variable.otherwise : nullptr;
  return values->size() == 1 ? &values->front() : nullptr;
}

// Cuts at the first five literal colons.
std::vector<Tokens> split_parts(const Tokens& tokens) {
  std::vector<Tokens> parts(1);
  for (const Token& token : tokens) {
    if (token.kind != Token::Kind::literal) {
      parts.back().push_back(token);
      continue;
    }
    std::string_view rest = token.text;
    for (std::size_t colon;
         parts.size() < arn_part_count && (colon = rest.find(':')) != std::string_view::npos;) {
      add_literal(parts.back(), rest.substr(0, colon));
      parts.emplace_back();
      rest.remove_prefix(colon + 1);
    }
    add_literal(parts.back(), rest);
  }
  return parts;
}

bool is_wildcard(const Token& token) {
  return token.kind != Token::Kind::literal && token.kind != Token::Kind::variable;
}

bool is_just(const Tokens& tokens, std::string_view text) {
  return tokens.size() == 1 && tokens[0].kind == Token::Kind::literal && tokens[0].text == text;
}

}  // namespace

Result<Tokens> tokenize(std::string_view text, Version version, Wildcards wildcards) {
  Tokens tokens;
  while (!text.empty()) {
    if (version == Version::v2012_10_17 && text.starts_with("${")) {
      RW_DO(read_variable(text, tokens));
    } else if (wildcards == Wildcards::any && (text[0] == '*' || text[0] == '?')) {
      tokens.push_back({text[0] == '*' ? Token::Kind::any_run : Token::Kind::any_one});
      text.remove_prefix(1);
    } else {
      add_literal(tokens, text.substr(0, 1));
      text.remove_prefix(1);
    }
  }
  return tokens;
}

bool has_variables(const Tokens& tokens) {
  return std::ranges::any_of(
      tokens, [](const Token& token) { return token.kind == Token::Kind::variable; });
}

namespace {

// False: a variable among the tokens has no value.
bool build(const Tokens& tokens, const Context* context, text::Glob& glob) {
  for (const Token& token : tokens) {
    switch (token.kind) {
      case Token::Kind::literal:
        glob.add_literal(token.text);
        break;
      case Token::Kind::any_run:
        glob.add_any_run();
        break;
      case Token::Kind::any_one:
        glob.add_any_one();
        break;
      case Token::Kind::any_run_in_part:
        glob.add_any_run_in_part();
        break;
      case Token::Kind::any_one_in_part:
        glob.add_any_one_in_part();
        break;
      case Token::Kind::variable: {
        const std::string* value = context != nullptr ? value_of(token, *context) : nullptr;
        if (value == nullptr) return false;
        glob.add_literal(*value);
      }
    }
  }
  return true;
}

}  // namespace

Pattern::Pattern(Tokens tokens, text::Case letters) : case_(letters), constant_(letters) {
  const auto variable = std::ranges::find(tokens, Token::Kind::variable, &Token::kind);
  const bool constant = variable == tokens.end();
  build(Tokens(tokens.begin(), variable), nullptr, constant_);
  if (constant) return;
  constant_.add_any_run();
  tokens_ = std::move(tokens);
}

std::optional<text::Glob> Pattern::resolve(const Context& context) const {
  text::Glob glob(case_);
  if (!build(tokens_, &context, glob)) return std::nullopt;
  return glob;
}

Truth Pattern::matches(std::string_view actual, const Context& context) const {
  // What does not begin as the pattern does cannot match, whatever the variables hold.
  if (!constant_.matches(actual)) return Truth::no;
  if (tokens_.empty()) return Truth::yes;
  const auto glob = resolve(context);
  return glob ? truth_of(glob->matches(actual)) : Truth::unknown;
}

Result<Pattern> compile_resource(std::string_view text, Version version) {
  RW_TRY(Tokens tokens, tokenize(text, version, Wildcards::any));
  if (text == "*") return Pattern(std::move(tokens), text::Case::exact);
  std::vector<Tokens> parts = split_parts(tokens);
  if (!is_just(parts[0], "arn") || parts.size() < 3 || parts[1].empty()) {
    return refuse("the resource " + shown(text) + " is neither an ARN nor `*`");
  }
  if (parts[2].empty() || std::ranges::any_of(parts[2], is_wildcard)) {
    return refuse("the resource " + shown(text) +
                  " must name its service in full, without wildcards");
  }
  if (parts.size() < arn_part_count &&
      (parts.back().empty() || parts.back().back().kind != Token::Kind::any_run)) {
    return refuse("the resource " + shown(text) +
                  " has fewer than six parts, as in `arn:aws:s3:::bucket`");
  }
  Tokens joined;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) add_literal(joined, ":");
    for (std::size_t j = 0; j < parts[i].size(); ++j) {
      Token token = parts[i][j];
      if (i + 1 < arn_part_count) {
        const bool at_end = j + 1 == parts[i].size();
        if (token.kind == Token::Kind::variable) {
          return refuse("in the resource " + shown(text) +
                        " a variable may stand only behind the fifth colon");
        }
        if (token.kind == Token::Kind::any_run && !at_end)
          token.kind = Token::Kind::any_run_in_part;
        if (token.kind == Token::Kind::any_one) token.kind = Token::Kind::any_one_in_part;
      }
      if (token.kind == Token::Kind::literal) {
        add_literal(joined, token.text);
      } else {
        joined.push_back(std::move(token));
      }
    }
  }
  return Pattern(std::move(joined), text::Case::exact);
}

std::optional<std::array<std::string_view, 6>> arn_parts(std::string_view arn) {
  std::array<std::string_view, arn_part_count> parts;
  for (std::size_t i = 0; i + 1 < arn_part_count; ++i) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    parts[i] = arn.substr(0, colon);
    arn.remove_prefix(colon + 1);
  }
  parts.back() = arn;
  if (parts[0] != "arn") return std::nullopt;
  return parts;
}

Result<ArnPattern> ArnPattern::compile(std::string_view text, Version version) {
  RW_TRY(Tokens tokens, tokenize(text, version, Wildcards::any));
  ArnPattern pattern;
  if (text == "*") return pattern;
  if (tokens.size() == 1 && tokens[0].kind == Token::Kind::variable) {
    pattern.whole_variable_ = Pattern(std::move(tokens), text::Case::exact);
    return pattern;
  }
  std::vector<Tokens> parts = split_parts(tokens);
  if (parts.size() != arn_part_count)
    return refuse(shown(text) +
                  " is not an ARN: it has fewer than six parts, as in `arn:aws:s3:::bucket`");
  for (Tokens& part : parts) pattern.parts_.emplace_back(std::move(part), text::Case::exact);
  return pattern;
}

Truth ArnPattern::matches(std::string_view actual, const Context& context) const {
  if (whole_variable_) return whole_variable_->matches(actual, context);
  const auto parts = arn_parts(actual);
  if (!parts) return Truth::unknown;
  Truth truth = Truth::yes;
  for (std::size_t i = 0; i < parts_.size() && truth != Truth::no; ++i) {
    truth = both(truth, parts_[i].matches((*parts)[i], context));
  }
  return truth;
}

}  // namespace ringwall::policy::detail
