#pragma once
// The product of the automata of many patterns: which sets of relations can hold of one text?
//
// A state is the set of positions that are live in all patterns together, and the relations that
// hold whatever follows. What makes it small enough:
//  - patterns that are equal are one, labelled with the set of their relations;
//  - a pattern that ended in `*` is decided, and positions that could only add what is decided are
//    dropped; so are those that a later position behind a free `*` covers;
//  - while all live positions wait for the same character no state is made: a literal costs one;
//  - a state from which every set that its labels could still make has been found goes no further.
// States are taken in order of their words' length, so the first word of a set is a shortest.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prover/detail/pattern.h"
#include "prover/detail/relation_set.h"

namespace ringwall::prover::detail {

class Automaton {
 public:
  // Room to write one pattern's steps into; `add` takes them.
  Steps& scratch() { return scratch_; }
  void add(std::size_t relation);

  struct Options {
    RelationSet required = {};    // these hold of every word
    bool takes_empty = false;     // the empty text is a word
    bool prefers_digits = false;  // to fill wildcards
    std::size_t states_max = 50'000;
    Budget* budget = nullptr;     // what all of the question may cost; null: not bounded
  };
  struct Word {
    std::string text;
    RelationSet holds;
  };
  struct Found {
    std::vector<Word> words;  // no two alike in what holds
    bool complete = true;     // false: states_max was reached, or as many steps as go with it
  };
  Found explore(const Options& options);

  // Which relations hold of this text.
  RelationSet holds(std::string_view text) const;

  // Is what was found right for texts that are not UTF-8, too, and for patterns that are not? Then
  // a character is not what `?` takes it for.
  bool has_stray_bytes() const { return stray_bytes_; }
  bool only_literals_and_prefixes() const { return !inner_wildcards_; }

 private:
  using Positions = std::vector<std::uint32_t>;
  struct Pattern {
    std::uint32_t begin = 0, size = 0;
    RelationSet relations;
  };
  class Search;

  std::size_t slot_of(std::uint64_t hash, std::span<const Step> steps) const;
  void grow();
  void note(std::span<const Step> steps);
  void add_own_words(const Options& options, Found& found) const;
  void settle(Positions& positions, RelationSet& decided) const;

  Steps scratch_;
  Steps steps_;                        // of all patterns, one behind the other
  std::vector<std::uint32_t> owner_;   // the pattern of each step
  std::vector<Pattern> patterns_;
  std::vector<std::uint64_t> hashes_;  // of each pattern
  std::vector<std::uint32_t> slots_;   // open addressing: 1 + the pattern's index, 0 is free
  bool exact_ = false;  // letters' case matters to some pattern
  bool stray_bytes_ = false, inner_wildcards_ = false;
};

}  // namespace ringwall::prover::detail
