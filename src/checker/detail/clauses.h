#pragma once
// A set of clauses that grows and shrinks, and the question whether a further clause may join
// without taking its last model away.
//
// Each clause of two literals or more is watched by two of them; a clause is looked at only when
// one of its watches becomes false. What single clauses force is kept for good, so a clause that
// forces a literal now is never removed: the usual reading of DRAT, and a sound one, for what is
// then checked is the proof without that removal.

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace ringwall::checker {

using Literal = std::int32_t;

class Clauses {
 public:
  // Literals are of the variables 1 to `variables`.
  explicit Clauses(std::size_t variables);

  void add(std::span<const Literal> clause);
  // Does the clause follow by unit propagation (RUP), or can every model be changed, in the first
  // of its literals, into one that keeps it too (RAT)?
  bool admits(std::span<const Literal> clause);
  // Takes one such clause away, whatever the order of its literals. Is there one?
  bool remove(std::span<const Literal> clause);

 private:
  struct Stored {
    std::size_t begin = 0;  // of its literals, in literals_
    std::uint32_t size = 0;
    bool live = true;
  };
  using Index = std::uint32_t;
  static constexpr Index no_clause = ~Index{0};

  static std::size_t code(Literal literal);  // 2v for v, 2v+1 for -v
  int value(Literal literal) const;          // 1 true, -1 false, 0 open
  std::span<Literal> literals(Index index);
  std::vector<Literal> sorted(std::span<const Literal> clause) const;
  bool forces(Index index);

  void assign(Literal literal, Index reason);
  bool falsify(std::span<const Literal> clause, Literal except);
  bool propagate();
  bool visit_watchers(Literal falsified);
  bool rewatch(Index index, Literal falsified);
  void undo_to(std::size_t trail_size);

  std::vector<Literal> literals_;
  std::vector<Stored> stored_;
  std::unordered_multimap<std::uint64_t, Index> by_hash_;
  std::vector<std::vector<Index>> watchers_;  // by code(): the clauses that watch the literal
  std::vector<std::int8_t> values_;           // by code()
  std::vector<Index> reasons_;                // by variable
  std::vector<Literal> trail_;                // what is true, in the order it became so
  std::size_t propagated_ = 0;                // how much of the trail
  bool refuted_ = false;                      // propagation alone reaches the empty clause
};

}  // namespace ringwall::checker
