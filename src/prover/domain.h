#pragma once
// The finitely many kinds of value that the tests on one key can tell apart: its atoms.
//
// Every text test is a glob, so the product of their automata has finitely many reachable sets of
// accepting tests; each is an atom, and the shortest word that leads there stands for it. Addresses
// fall into disjoint ranges, numbers and dates into points and the intervals between them.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/syntax.h"

namespace ringwall::prover {

enum class Truth : std::uint8_t { no, yes, unknown };  // unknown: it cannot be evaluated

// What one condition (or Resource, or Action element) asks of one value: does it relate to at least
// one of the listed? Negation, quantifiers and absence are the formula's, not the relation's.
struct Relation {
  enum class Kind : std::uint8_t {
    condition,  // as the family's operator compares
    resource,   // as a Resource element's pattern (wildcards and the parts of an ARN)
    action,     // as an Action element's pattern: letters' case aside, `*` and `*:*` are everything
  };
  Kind kind = Kind::condition;
  policy::Family family = policy::Family::text;
  policy::Comparison comparison = policy::Comparison::equal;
  std::vector<policy::Listed> values;  // without variables: those were grounded before

  friend bool operator==(const Relation& a, const Relation& b);
};

// What is known of a key's values before any policy is looked at.
struct KeyFacts {
  enum class Type : std::uint8_t { text, arn, boolean, number, date, address, untyped };
  Type type = Type::text;         // untyped: values of any type, ill-typed ones too
  std::vector<std::string> only = {};    // a closed set of values; empty: not closed
  std::vector<std::string> shapes = {};  // globs: each value matches one; empty: any non-empty text
  std::vector<std::string> examples = {};  // values to prefer as an atom's word, best first
};

struct Atom {
  std::string word;           // a value of this kind, callable where one exists
  std::vector<Truth> truths;  // of each relation, in the order in which they were given
};

struct Domain {
  std::vector<Atom> atoms;  // at least one, unless the shapes admit nothing; no two alike in truths
  // Why there may be kinds of value that are not among the atoms: a bound was reached, or tests of
  // several types meet on one key. Each atom is right all the same.
  std::optional<std::string> incomplete = {};
};

// What a question may cost, in steps: positions of automata that are looked at, assignments that are tried. Counted and not
// timed, so that the same question ends in the same way everywhere.
class Budget {
 public:
  static constexpr std::uint64_t unbounded = ~std::uint64_t{0};
  explicit Budget(std::uint64_t steps_max = unbounded) : steps_max_(steps_max) {}
  void spend(std::uint64_t steps) { spent_ += steps; }
  bool is_spent() const { return spent_ > steps_max_; }
  std::uint64_t spent() const { return spent_; }
  std::string told() const { return "it would take more than " + std::to_string(steps_max_) + " steps"; }

 private:
  std::uint64_t steps_max_, spent_ = 0;
};

// Once the budget is spent the domain is incomplete. Pure. Cost: about the text of the relations, times the states that wildcards multiply them to.
Domain make_domain(const KeyFacts& facts, std::span<const Relation* const> relations,
                   std::size_t automaton_states_max, Budget* budget = nullptr);

// The truth of one relation on one value, by definition; every atom's truths agree with it.
Truth relate(const Relation& relation, std::string_view value);

}  // namespace ringwall::prover
