#pragma once
// A listed text as the automaton walks it: position by position.

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "policy/syntax.h"
#include "prover/detail/characters.h"
#include "prover/domain.h"

namespace ringwall::prover::detail {

// What a position may take again and again before it takes its own: a `*` that stands before it.
enum class Loop : std::uint8_t { none, within_part, anything };  // within_part: all but a colon

struct Step {
  // What leads to the next position: a character, or one of the three below.
  static constexpr Character any_one = 0x200000;
  static constexpr Character any_one_in_part = 0x200001;
  static constexpr Character end = 0x200002;  // nothing does: the text may end here

  Character takes = end;
  Character shown = end;  // the same, as it is written where letters' case is ignored
  Loop loop = Loop::none;
  bool folds = false;     // letters' case is ignored
  friend bool operator==(const Step& a, const Step& b) {
    return a.takes == b.takes && a.loop == b.loop && a.folds == b.folds;
  }
};

// Its last step, and no other, is `end`.
using Steps = std::vector<Step>;

// Appends one pattern's steps, piece by piece; `finish` comes last.
class StepWriter {
 public:
  StepWriter(Steps& steps, bool folds) : steps_(steps), folds_(folds) {}
  void literal(std::string_view text);
  void any_one(Loop reach);
  void any_run(Loop reach) { loop_ = std::max(loop_, reach); }
  void pieces(const policy::Pieces& pieces, Loop reach);
  void finish() { add(Step::end); }

 private:
  void add(Character takes);

  Steps& steps_;
  bool folds_;
  Loop loop_ = Loop::none;
};

// Appends the steps of one value of a relation that compares text: any kind or family but numbers,
// dates, addresses and Null.
void append_steps(const Relation& relation, const policy::Listed& listed, Steps& steps);
void append_any_arn(Steps& steps);
void append_glob(std::string_view glob, Steps& steps, bool folds);

}  // namespace ringwall::prover::detail
