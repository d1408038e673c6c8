#include "prover/detail/pattern.h"

#include <algorithm>

#include "base/bytes.h"
#include "text/encode.h"

namespace ringwall::prover::detail {
namespace {

using policy::Family;
using policy::Piece;
using policy::Pieces;

constexpr std::size_t arn_part_count = 6;

// As policy::plain::ResourcePattern: a wildcard stays in its part, but a `*` at a part's end goes
// past the colon; the last part's are free.
void append_resource(const Pieces& pieces, Steps& steps) {
  StepWriter writer(steps, false);
  const std::vector<Pieces> parts = policy::arn_parts(pieces);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) writer.literal(":");
    const bool last = parts.size() == 1 || i + 1 == arn_part_count;
    if (last) {
      writer.pieces(parts[i], Loop::anything);
      continue;
    }
    const bool expands = !parts[i].empty() && parts[i].back().kind == Piece::Kind::any_run;
    writer.pieces(parts[i], Loop::within_part);
    if (expands) writer.any_run(Loop::anything);
  }
  writer.finish();
}

// Part by part: a part holds no colon but the last, so a wildcard of the others takes none.
void append_arn(const Pieces& pieces, Steps& steps) {
  if (pieces.size() == 1 && pieces[0].kind == Piece::Kind::any_run) return append_any_arn(steps);
  StepWriter writer(steps, false);
  std::vector<Pieces> parts = policy::arn_parts(pieces);
  parts.resize(arn_part_count, {Piece{Piece::Kind::any_run}});
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) writer.literal(":");
    writer.pieces(parts[i], i + 1 == arn_part_count ? Loop::anything : Loop::within_part);
  }
  writer.finish();
}

}  // namespace

void StepWriter::add(Character takes) {
  steps_.push_back({folds_ ? folded(takes) : takes, takes, loop_, folds_});
  loop_ = Loop::none;
}

void StepWriter::literal(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) add(next_character(text, at));
}

void StepWriter::any_one(Loop reach) {
  add(reach == Loop::anything ? Step::any_one : Step::any_one_in_part);
}

void StepWriter::pieces(const Pieces& pieces, Loop reach) {
  for (const Piece& piece : pieces) {
    switch (piece.kind) {
      case Piece::Kind::literal:
        literal(piece.text);
        break;
      case Piece::Kind::any_run:
        any_run(reach);
        break;
      case Piece::Kind::any_one:
        any_one(reach);
        break;
      case Piece::Kind::variable:  // never: a relation lists none (Vocabulary::relation)
        any_run(reach);
        break;
    }
  }
}

void append_steps(const Relation& relation, const policy::Listed& listed, Steps& steps) {
  if (relation.kind == Relation::Kind::resource) return append_resource(listed.pieces, steps);
  if (relation.kind == Relation::Kind::action)
    return append_glob(listed.text == "*:*" ? "*" : std::string_view(listed.text), steps, true);
  if (relation.family == Family::arn) return append_arn(listed.pieces, steps);
  const bool folds =
      relation.family == Family::text_ignoring_case || relation.family == Family::boolean;
  StepWriter writer(steps, folds);
  if (relation.family == Family::binary) {
    if (const auto bytes = text::parse_base64(listed.text)) writer.literal(text_of(ByteView(*bytes)));
  } else {
    writer.pieces(listed.pieces, Loop::anything);
  }
  writer.finish();
}

void append_any_arn(Steps& steps) {
  StepWriter writer(steps, false);
  writer.literal("arn:");
  for (std::size_t i = 0; i < 4; ++i) {
    writer.any_run(Loop::within_part);
    writer.literal(":");
  }
  writer.any_run(Loop::anything);
  writer.finish();
}

void append_glob(std::string_view glob, Steps& steps, bool folds) {
  StepWriter writer(steps, folds);
  while (!glob.empty()) {
    const std::size_t wildcard = std::min(glob.find_first_of("*?"), glob.size());
    writer.literal(glob.substr(0, wildcard));
    glob.remove_prefix(wildcard);
    if (glob.empty()) break;
    if (glob[0] == '*') {
      writer.any_run(Loop::anything);
    } else {
      writer.any_one(Loop::anything);
    }
    glob.remove_prefix(1);
  }
  writer.finish();
}

}  // namespace ringwall::prover::detail
