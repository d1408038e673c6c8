// Listed texts: wildcards, variables, the parts of ARNs, and the values of each family of operators.

#include <algorithm>

#include "policy/detail/reader.h"
#include "policy/detail/values.h"
#include "text/cidr.h"
#include "text/encode.h"

namespace ringwall::policy {
namespace {

using detail::Checked;
using detail::flaw;
using detail::shown;

constexpr std::size_t arn_part_count = 6;

void add_literal(Pieces& pieces, std::string_view text) {
  if (text.empty()) return;
  if (pieces.empty() || pieces.back().kind != Piece::Kind::literal) pieces.push_back({});
  pieces.back().text += text;
}

std::unexpected<detail::Flaw> bad_variable(std::string message) {
  return flaw(Fault::invalid_variable, std::move(message));
}

// Reads `${…}` at the head of `rest` and removes it.
Checked<> read_variable(std::string_view& rest, Pieces& pieces) {
  const std::size_t close = rest.find('}');
  if (close == std::string_view::npos)
    return bad_variable("the variable in " + shown(rest) + " lacks its `}`");
  std::string_view inner = rest.substr(2, close - 2);
  const std::string_view all = rest.substr(0, close + 1);
  rest.remove_prefix(close + 1);
  if (inner == "*" || inner == "?" || inner == "$") {
    add_literal(pieces, inner);
    return {};
  }
  Piece piece{Piece::Kind::variable};
  if (const std::size_t comma = inner.find(','); comma != std::string_view::npos) {
    std::string_view fallback = inner.substr(comma + 1);
    while (fallback.starts_with(' ')) fallback.remove_prefix(1);
    if (fallback.size() < 2 || !fallback.starts_with('\'') || !fallback.ends_with('\''))
      return bad_variable("the default in " + shown(all) + " must stand in single quotes");
    piece.otherwise = fallback.substr(1, fallback.size() - 2);
    inner = inner.substr(0, comma);
  }
  if (inner.empty()) return bad_variable("the variable " + shown(all) + " names no key");
  if (inner.find_first_of(" ${*?'") != std::string_view::npos)
    return bad_variable("the variable " + shown(all) + " holds a character that no key has");
  if (!inner.contains(':')) {
    return bad_variable("the variable " + shown(all) +
                        " needs a key with its service, as in `${aws:username}`");
  }
  piece.text = text::lower(inner);
  pieces.push_back(std::move(piece));
  return {};
}

bool is_wildcard(const Piece& piece) {
  return piece.kind == Piece::Kind::any_run || piece.kind == Piece::Kind::any_one;
}
bool is_variable(const Piece& piece) {
  return piece.kind == Piece::Kind::variable;
}

bool is_just(const Pieces& pieces, std::string_view text) {
  return pieces.size() == 1 && pieces[0].kind == Piece::Kind::literal && pieces[0].text == text;
}

}  // namespace

// Cuts at the first five literal colons.
std::vector<Pieces> arn_parts(const Pieces& pieces) {
  std::vector<Pieces> parts(1);
  for (const Piece& piece : pieces) {
    if (piece.kind != Piece::Kind::literal) {
      parts.back().push_back(piece);
      continue;
    }
    std::string_view rest = piece.text;
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

namespace detail {

Checked<Pieces> pieces_of(std::string_view text, Version version, Wildcards wildcards) {
  const std::string_view special = wildcards == Wildcards::any ? "*?$" : "$";
  Pieces pieces;
  while (!text.empty()) {
    if (version == Version::v2012_10_17 && text.starts_with("${")) {
      if (auto read = read_variable(text, pieces); !read) return std::unexpected(read.error());
    } else if (wildcards == Wildcards::any && (text[0] == '*' || text[0] == '?')) {
      pieces.push_back({text[0] == '*' ? Piece::Kind::any_run : Piece::Kind::any_one});
      text.remove_prefix(1);
    } else {
      const std::size_t end = std::min(text.find_first_of(special, 1), text.size());
      add_literal(pieces, text.substr(0, end));
      text.remove_prefix(end);
    }
  }
  return pieces;
}

Checked<Pieces> resource_pieces(std::string_view text, Version version) {
  auto pieces = pieces_of(text, version, Wildcards::any);
  if (!pieces || text == "*") return pieces;
  const auto refuse = [&](std::string_view why) {
    return flaw(Fault::invalid_resource, "the resource " + shown(text) + std::string(why));
  };
  // Most ARNs are literal as far as their last part, and nothing is left to check.
  if (!pieces->empty() && pieces->front().kind == Piece::Kind::literal) {
    const auto literal = arn_parts(pieces->front().text);
    if (literal && !(*literal)[1].empty() && !(*literal)[2].empty()) return pieces;
  }
  const std::vector<Pieces> parts = policy::arn_parts(*pieces);
  if (!is_just(parts[0], "arn") || parts.size() < 3 || parts[1].empty())
    return refuse(" is neither an ARN nor `*`");
  if (parts[2].empty() || std::ranges::any_of(parts[2], is_wildcard))
    return refuse(" must name its service in full, without wildcards");
  if (parts.size() < arn_part_count &&
      (parts.back().empty() || parts.back().back().kind != Piece::Kind::any_run))
    return refuse(" has fewer than six parts, as in `arn:aws:s3:::bucket`");
  for (std::size_t i = 0; i < parts.size() && i + 1 < arn_part_count; ++i) {
    if (std::ranges::any_of(parts[i], is_variable))
      return flaw(Fault::invalid_variable,
                  "in the resource " + shown(text) + " a variable may stand only behind the fifth colon");
  }
  return pieces;
}

Checked<Pieces> value_pieces(Family family, std::string_view text, Version version) {
  const auto refuse = [](std::string message) {
    return flaw(Fault::invalid_condition_value, std::move(message));
  };
  const auto verbatim = [&]() -> Checked<Pieces> {
    Pieces pieces;
    add_literal(pieces, text);
    return pieces;
  };
  switch (family) {
    case Family::text:
    case Family::text_ignoring_case:
      return pieces_of(text, version, Wildcards::none);
    case Family::text_like:
      return pieces_of(text, version, Wildcards::any);
    case Family::boolean: {
      auto pieces = pieces_of(text, version, Wildcards::none);
      if (pieces && std::ranges::none_of(*pieces, is_variable) && !parse_bool(text))
        return refuse(shown(text) + " is neither `true` nor `false`");
      return pieces;
    }
    case Family::arn: {
      auto pieces = pieces_of(text, version, Wildcards::any);
      if (!pieces || text == "*") return pieces;
      if (pieces->size() == 1 && is_variable(pieces->front())) return pieces;
      if (arn_parts(*pieces).size() != arn_part_count)
        return refuse(shown(text) +
                      " is not an ARN: it has fewer than six parts, as in `arn:aws:s3:::bucket`");
      return pieces;
    }
    case Family::number:
      if (!parse_number(text))
        return refuse(shown(text) + " is not a number; a variable cannot stand here");
      return verbatim();
    case Family::date:
      if (!parse_date(text))
        return refuse(
            shown(text) +
            " is neither an ISO 8601 date nor seconds since 1970; a variable cannot stand here");
      return verbatim();
    case Family::binary:
      if (!text::parse_base64(text))
        return refuse(shown(text) + " is not base64; a variable cannot stand here");
      return verbatim();
    case Family::address: {
      const auto block = text::parse_cidr(text, text::HostBits::clear);
      if (!block) return refuse(block.error().message);
      return verbatim();
    }
    case Family::null:
      if (!parse_bool(text))
        return refuse("`Null` asks for `true` or `false`, not " + shown(text));
      return verbatim();
  }
  return refuse("an operator without a family");
}

}  // namespace detail
}  // namespace ringwall::policy
