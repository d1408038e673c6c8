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

namespace {

// What a listed text says. Grounded variables stand as literals in `pieces`, which therefore count,
// not the text as it was written.
std::string said_by(const policy::Listed& listed) {
  if (listed.pieces.empty()) return listed.text;
  std::string said;
  for (const policy::Piece& piece : listed.pieces) {
    said += static_cast<char>('0' + static_cast<int>(piece.kind));
    said += piece.text;
    said += '\0';
  }
  return said;
}

}  // namespace

// Two relations are one if they list the same texts, in whatever order.
RelationId Vocabulary::relation(Relation relation) {
  std::vector<std::string> said;
  said.reserve(relation.values.size());
  for (const policy::Listed& listed : relation.values) said.push_back(said_by(listed));
  std::ranges::sort(said);
  said.erase(std::ranges::unique(said).begin(), said.end());
  std::string text = {static_cast<char>('a' + static_cast<int>(relation.kind)),
                      static_cast<char>('a' + static_cast<int>(relation.family)),
                      static_cast<char>('a' + static_cast<int>(relation.comparison))};
  for (const std::string& one : said) {
    text += '\n';
    text += one;
  }
  const auto [found, added] = by_text_.try_emplace(std::move(text), static_cast<RelationId>(relations_.size()));
  if (added) relations_.push_back(std::move(relation));
  return found->second;
}

}  // namespace ringwall::prover::detail
