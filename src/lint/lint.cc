#include "lint/lint.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "lint/detail/subject.h"
#include "text/glob.h"

namespace ringwall::lint {

using text::Json;

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::security_warning:
      return "security warning";
    case Severity::warning:
      return "warning";
    case Severity::suggestion:
      return "suggestion";
  }
  return "";
}

std::vector<Finding> lint(std::string_view text, policy::Kind kind) {
  const policy::Parsed parsed = policy::parse(text, kind);
  Json document;
  if (text.size() <= policy::document_bytes_max) document = text::parse_json(text).value_or(Json());
  const detail::Subject subject{text, kind, document, parsed.syntax,
                                catalogue::Catalogue::builtin()};
  detail::Findings findings;
  detail::check_grammar(subject, parsed.problems, findings);
  detail::check_document(subject, findings);
  detail::check_actions(subject, findings);
  detail::check_resources(subject, findings);
  detail::check_conditions(subject, findings);
  detail::check_values(subject, findings);
  detail::check_networks(subject, findings);
  detail::check_tags(subject, findings);
  detail::check_principals(subject, findings);
  detail::check_trust(subject, findings);
  detail::check_grants(subject, findings);
  detail::check_perimeter(subject, findings);
  return findings.in_order(text);
}

policy::Kind guess_kind(std::string_view text) {
  const Json document = text::parse_json(text).value_or(Json());
  const Json& element = document["Statement"];
  const Json::Array alone = {element};
  bool principals = false, resources = false, all_of_sts = true;
  for (const Json& statement : element.is_array() ? element.items() : alone) {
    principals =
        principals || statement.contains("Principal") || statement.contains("NotPrincipal");
    resources = resources || statement.contains("Resource") || statement.contains("NotResource");
    const Json& action = statement["Action"];
    const Json::Array one = {action};
    for (const Json& name : action.is_array() ? action.items() : one)
      all_of_sts = all_of_sts && name.as_string().starts_with("sts:");
  }
  if (!principals) return policy::Kind::identity;
  return all_of_sts && !resources ? policy::Kind::trust : policy::Kind::resource;
}

namespace detail {

std::vector<Finding> Findings::in_order(std::string_view text) {
  std::ranges::stable_sort(all_, {}, [](const Finding& one) {
    return std::tuple(one.offset, one.severity, one.rule->code);
  });
  // One walk over the text, however many findings there are.
  std::uint32_t line = 1, line_start = 0, characters = 0, at = 0;
  for (Finding& finding : all_) {
    finding.offset = std::min(finding.offset, static_cast<std::uint32_t>(text.size()));
    for (; at < finding.offset; ++at) {
      if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80) ++characters;
      if (text[at] != '\n') continue;
      ++line;
      line_start = at + 1;
      characters = 0;
    }
    finding.position = {line, finding.offset - line_start + 1};
    finding.column = characters + 1;
  }
  return std::move(all_);
}

std::string shown(std::string_view value) {
  std::string_view start = value.substr(0, 128);
  // A character is not cut in two.
  while (start.size() < value.size() && !start.empty() &&
         (static_cast<unsigned char>(value[start.size()]) & 0xC0) == 0x80)
    start.remove_suffix(1);
  return "`" + std::string(start) + (start.size() < value.size() ? "…`" : "`");
}

bool covers(std::string_view outer, std::string_view inner, text::Case letters) {
  // `*` of the outer pattern takes wildcards of the inner one as characters; `?` must not take a
  // `*`.
  if (outer.contains('?') && inner.contains('*')) return false;
  return text::Glob(outer, letters).matches(inner);
}

std::string pattern_of(const policy::Pieces& pieces) {
  std::string pattern;
  for (const policy::Piece& piece : pieces) {
    switch (piece.kind) {
      case policy::Piece::Kind::literal:
        pattern += piece.text;
        break;
      case policy::Piece::Kind::any_one:
        pattern += '?';
        break;
      case policy::Piece::Kind::any_run:
      case policy::Piece::Kind::variable:
        pattern += '*';
        break;
    }
  }
  return pattern;
}

bool reaches(const policy::Statement& statement, std::string_view action) {
  const bool listed = std::ranges::any_of(statement.actions, [&](const policy::Listed& one) {
    return text::Glob(one.text == "*:*" ? "*" : one.text, text::Case::ignore).matches(action);
  });
  return listed == (statement.action_sense == policy::Sense::listed);
}

const policy::Condition* condition_on(const policy::Statement& statement, std::string_view key) {
  const auto at = std::ranges::find(statement.conditions, key, &policy::Condition::key);
  return at != statement.conditions.end() ? &*at : nullptr;
}

void Nearest::offer(std::string_view candidate) {
  // Long names would cost more than a suggestion is worth.
  constexpr std::size_t characters_max = 64;
  if (name_.size() > characters_max || candidate.size() > characters_max) return;
  // The distance is at least the difference in length.
  const std::size_t longer = std::max(name_.size(), candidate.size()), shorter = std::min(name_.size(), candidate.size());
  if (longer - shorter >= distance_) return;
  const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  std::array<std::size_t, characters_max + 1> row{}, before{};
  for (std::size_t j = 0; j <= candidate.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= name_.size(); ++i) {
    std::swap(before, row);
    std::size_t least = row[0] = i;
    for (std::size_t j = 1; j <= candidate.size(); ++j) {
      const std::size_t changed = before[j - 1] + (same(name_[i - 1], candidate[j - 1]) ? 0 : 1);
      row[j] = std::min({changed, before[j] + 1, row[j - 1] + 1});
      least = std::min(least, row[j]);
    }
    if (least >= distance_) return;  // rows never fall below the least of the one before
  }
  if (row[candidate.size()] >= distance_) return;
  distance_ = row[candidate.size()];
  best_ = candidate;
}

}  // namespace detail
}  // namespace ringwall::lint
