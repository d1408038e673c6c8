#include "prover/detail/tests.h"

#include <algorithm>

namespace ringwall::prover::detail {

KeyId Vocabulary::key(std::string_view lower_name) {
  const auto [found, added] = keys_.try_emplace(std::string(lower_name), static_cast<KeyId>(names_.size()));
  if (added) names_.emplace_back(lower_name);
  return found->second;
}

const KnownKey& Vocabulary::known(KeyId key) {
  if (known_.size() <= key) known_.resize(key + 1);
  if (!known_[key]) known_[key] = known_key(names_[key]);
  return *known_[key];
}

bool has_variable(const policy::Listed& listed) {
  return std::ranges::any_of(listed.pieces, [](const policy::Piece& piece) {
    return piece.kind == policy::Piece::Kind::variable;
  });
}

bool has_variables(const std::vector<policy::Listed>& values) {
  return std::ranges::any_of(values, has_variable);
}

namespace {

// Lengths go before texts, so that no two lists read alike, whatever characters are in them.
void append(std::string& said, std::string_view text) {
  said += std::to_string(text.size());
  said += ' ';
  said += text;
}

// What a listed text says. Grounded variables stand as literals in `pieces`, which therefore count,
// not the text as it was written.
std::string said_by(const policy::Listed& listed) {
  std::string said;
  if (listed.pieces.empty()) append(said, listed.text);
  for (const policy::Piece& piece : listed.pieces) {
    said += static_cast<char>('a' + static_cast<int>(piece.kind));
    append(said, piece.text);
  }
  return said;
}

}  // namespace

// Two relations are one if they list the same texts, in whatever order.
RelationId Vocabulary::relation(Relation relation) {
  const bool by_text = relation.kind == Relation::Kind::action;  // its values' pieces are never looked at
  consistency_.holds(by_text || !has_variables(relation.values), "a relation lists a variable");
  std::vector<std::string> said;
  said.reserve(relation.values.size());
  for (const policy::Listed& listed : relation.values) said.push_back(said_by(listed));
  std::ranges::sort(said);
  said.erase(std::ranges::unique(said).begin(), said.end());
  std::string text = {static_cast<char>('a' + static_cast<int>(relation.kind)),
                      static_cast<char>('a' + static_cast<int>(relation.family)),
                      static_cast<char>('a' + static_cast<int>(relation.comparison))};
  for (const std::string& one : said) append(text, one);
  const auto [found, added] = by_text_.try_emplace(std::move(text), static_cast<RelationId>(relations_.size()));
  if (added) relations_.push_back(std::move(relation));
  return found->second;
}

}  // namespace ringwall::prover::detail
