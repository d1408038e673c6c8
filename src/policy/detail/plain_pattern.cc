#include "policy/detail/plain_pattern.h"

#include <algorithm>

#include "policy/detail/values.h"

namespace ringwall::policy::plain {
namespace {

constexpr std::size_t arn_part_count = 6;

bool is_variable(const Piece& piece) {
  return piece.kind == Piece::Kind::variable;
}

// Null: no value. A key with several values has no single one to stand in its place.
const std::string* value_of(const Piece& variable, const Context& context) {
  const auto* values = context.find(variable.text);
  if (values == nullptr || values->empty())
    return variable.otherwise ? &*variable.otherwise : nullptr;
  return values->size() == 1 ? &values->front() : nullptr;
}

// Where a wildcard may reach: anywhere, or not past a colon.
enum class Reach : std::uint8_t { anywhere, within_part };

void add(const Piece& piece, Reach reach, text::Glob& glob) {
  switch (piece.kind) {
    case Piece::Kind::any_run:
      return reach == Reach::anywhere ? glob.add_any_run() : glob.add_any_run_in_part();
    case Piece::Kind::any_one:
      return reach == Reach::anywhere ? glob.add_any_one() : glob.add_any_one_in_part();
    case Piece::Kind::literal:
    case Piece::Kind::variable:
      return glob.add_literal(piece.text);
  }
}

// Adds pieces that may hold variables. False: one has no value.
bool add_resolved(const Pieces& pieces, const Context& context, text::Glob& glob) {
  for (const Piece& piece : pieces) {
    if (!is_variable(piece)) {
      add(piece, Reach::anywhere, glob);
      continue;
    }
    const std::string* value = value_of(piece, context);
    if (value == nullptr) return false;
    glob.add_literal(*value);
  }
  return true;
}

}  // namespace

Truth Pattern::matches(std::string_view actual, const Context& context) const {
  // What does not begin as the pattern does cannot match, whatever the variables hold.
  text::Glob head(case_);
  add_resolved({pieces_.begin(), std::ranges::find_if(pieces_, is_variable)}, context, head);
  if (std::ranges::any_of(pieces_, is_variable)) head.add_any_run();
  if (!head.matches(actual)) return Truth::no;

  text::Glob whole(case_);
  return add_resolved(pieces_, context, whole) ? truth_of(whole.matches(actual)) : Truth::unknown;
}

ResourcePattern::ResourcePattern(const Pieces& pieces) {
  const std::vector<Pieces> parts = arn_parts(pieces);
  const bool star = parts.size() == 1;  // `*` alone
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) before_.add_literal(":");
    const bool last = star || i + 1 == arn_part_count;
    const auto variable = std::ranges::find_if(parts[i], is_variable);
    for (auto piece = parts[i].begin(); piece != variable; ++piece) {
      const bool expands = piece->kind == Piece::Kind::any_run && piece + 1 == parts[i].end();
      add(*piece, last || expands ? Reach::anywhere : Reach::within_part, before_);
    }
    tail_.assign(variable, parts[i].end());  // variables stand in the last part only
  }
  head_ = before_;
  if (!tail_.empty()) head_.add_any_run();
}

Truth ResourcePattern::matches(std::string_view actual, const Context& context) const {
  if (!head_.matches(actual)) return Truth::no;
  text::Glob whole = before_;
  return add_resolved(tail_, context, whole) ? truth_of(whole.matches(actual)) : Truth::unknown;
}

ArnPattern::ArnPattern(const Pieces& pieces) {
  if (pieces.size() == 1 && pieces[0].kind == Piece::Kind::any_run) return;
  if (pieces.size() == 1 && is_variable(pieces[0])) {
    whole_variable_.emplace(pieces, text::Case::exact);
    return;
  }
  for (Pieces& part : arn_parts(pieces)) parts_.emplace_back(std::move(part), text::Case::exact);
}

Truth ArnPattern::matches(std::string_view actual, const Context& context) const {
  const auto parts = detail::arn_parts(actual);
  if (!parts) return Truth::unknown;
  if (whole_variable_) return whole_variable_->matches(actual, context);
  Truth truth = Truth::yes;
  for (std::size_t i = 0; i < parts_.size(); ++i)
    truth = both(truth, parts_[i].matches((*parts)[i], context));
  return truth;
}

}  // namespace ringwall::policy::plain
