#include "prover/domain.h"

#include <algorithm>
#include <array>

#include "policy/detail/plain_pattern.h"
#include "policy/detail/values.h"
#include "prover/detail/text_domain.h"
#include "prover/detail/typed_domain.h"
#include "text/cidr.h"
#include "text/encode.h"
#include "text/glob.h"

namespace ringwall::prover {
namespace {

using policy::Comparison;
using policy::Family;
using policy::Listed;
using Type = KeyFacts::Type;

// ---- what one relation says of one value

Truth truth_of(bool value) {
  return value ? Truth::yes : Truth::no;
}

// Grounded values need no keys, so the plain evaluator's unknown does not arise from them.
Truth from_plain(policy::plain::Truth truth) {
  switch (truth) {
    case policy::plain::Truth::no:
      return Truth::no;
    case policy::plain::Truth::yes:
      return Truth::yes;
    case policy::plain::Truth::unknown:
      break;
  }
  return Truth::unknown;
}

bool is_of_type(Family family, std::string_view value) {
  switch (family) {
    case Family::number:
      return policy::detail::parse_number(value).has_value();
    case Family::date:
      return policy::detail::parse_date(value).has_value();
    case Family::boolean:
      return policy::detail::parse_bool(value).has_value();
    case Family::address:
      return text::parse_address(value).has_value();
    case Family::arn:
      return policy::detail::arn_parts(value).has_value();
    case Family::null:  // asks about the key, never about a value
      return false;
    case Family::text:
    case Family::text_ignoring_case:
    case Family::text_like:
    case Family::binary:
      return true;
  }
  return false;
}

Truth matches(const Relation& relation, const Listed& listed, std::string_view value) {
  static const policy::Context no_keys;
  switch (relation.kind) {
    case Relation::Kind::action: {
      const std::string_view glob = listed.text == "*:*" ? "*" : std::string_view(listed.text);
      return truth_of(text::Glob(glob, text::Case::ignore).matches(value));
    }
    case Relation::Kind::resource:
      return from_plain(policy::plain::ResourcePattern(listed.pieces).matches(value, no_keys));
    case Relation::Kind::condition:
      break;
  }
  switch (relation.family) {
    case Family::text:
    case Family::text_like:
      return from_plain(
          policy::plain::Pattern(listed.pieces, text::Case::exact).matches(value, no_keys));
    case Family::text_ignoring_case:
    case Family::boolean:
      return from_plain(
          policy::plain::Pattern(listed.pieces, text::Case::ignore).matches(value, no_keys));
    case Family::arn:
      return from_plain(policy::plain::ArnPattern(listed.pieces).matches(value, no_keys));
    case Family::binary: {
      const auto bytes = text::parse_base64(listed.text);
      return truth_of(bytes && text_of(ByteView(*bytes)) == value);
    }
    case Family::number:
    case Family::date:
    case Family::address:
    case Family::null:
      break;
  }
  return Truth::unknown;
}

// ---- which values a key has

std::optional<Family> family_of(Type type) {
  if (type == Type::number) return Family::number;
  if (type == Type::date) return Family::date;
  if (type == Type::address) return Family::address;
  return std::nullopt;
}

bool is_admitted(const KeyFacts& facts, std::string_view word) {
  const auto family = family_of(facts.type);
  if (family && !is_of_type(*family, word)) return false;
  if (facts.type == Type::arn && !is_of_type(Family::arn, word)) return false;
  if (facts.type == Type::boolean && !is_of_type(Family::boolean, word)) return false;
  return facts.shapes.empty() || std::ranges::any_of(facts.shapes, [&](const std::string& shape) {
           return text::Glob(shape).matches(word);
         });
}

// Collects words, and keeps those whose truths no earlier word has.
class Collector {
 public:
  explicit Collector(std::span<const Relation* const> relations) : relations_(relations) {
    typed_.reserve(relations.size());
    for (const Relation* relation : relations) {
      const bool text = detail::compares_text(*relation);
      typed_.push_back(text ? std::nullopt : std::optional<detail::TypedRelation>(*relation));
    }
  }
  void add(std::string_view word) {
    std::vector<Truth> truths;
    truths.reserve(relations_.size());
    for (std::size_t i = 0; i < relations_.size(); ++i)
      truths.push_back(typed_[i] ? typed_[i]->of(word) : relate(*relations_[i], word));
    if (std::ranges::find(domain.atoms, truths, &Atom::truths) == domain.atoms.end())
      domain.atoms.push_back({std::string(word), std::move(truths)});
  }

  Domain domain;

 private:
  std::span<const Relation* const> relations_;
  std::vector<std::optional<detail::TypedRelation>> typed_;
};

std::string_view plural_of(Family family) {
  if (family == Family::number) return "numbers";
  return family == Family::date ? "dates" : "addresses";
}

bool is_literal(const Listed& listed) {
  return std::ranges::all_of(listed.pieces, [](const policy::Piece& piece) {
    return piece.kind == policy::Piece::Kind::literal;
  });
}

// The key's tests, sorted by what they compare.
struct Tests {
  std::vector<const Relation*> text;
  std::array<std::vector<const Relation*>, 3> typed;  // numbers, dates, addresses
  static constexpr std::array<Family, 3> families = {Family::number, Family::date, Family::address};

  explicit Tests(std::span<const Relation* const> relations) {
    for (const Relation* relation : relations) {
      if (detail::compares_text(*relation)) {
        text.push_back(relation);
        continue;
      }
      const auto family = std::ranges::find(families, relation->family);
      typed[static_cast<std::size_t>(family - families.begin())].push_back(relation);
    }
  }
  std::vector<detail::Kin> kin(std::size_t family, std::size_t spare) const {
    if (family == 0) return detail::numbers(typed[0], spare);
    if (family == 1) return detail::dates(typed[1], spare);
    return detail::addresses(typed[2], spare);
  }
  // The texts that are listed, if none of them has a wildcard and all text can be evaluated.
  std::optional<std::vector<std::string>> literals() const {
    std::vector<std::string> all;
    for (const Relation* relation : text) {
      if (relation->family == Family::arn || relation->family == Family::boolean)
        return std::nullopt;
      for (const Listed& listed : relation->values) {
        if (relation->family == Family::binary) {
          const auto bytes = text::parse_base64(listed.text);
          all.emplace_back(bytes ? text_of(ByteView(*bytes)) : std::string_view());
        } else if (is_literal(listed)) {
          all.push_back(listed.pieces.empty() ? std::string() : listed.pieces.front().text);
        } else {
          return std::nullopt;
        }
      }
    }
    return all;
  }
  bool any_text_holds(std::string_view word) const {
    return std::ranges::any_of(
        text, [&](const Relation* one) { return relate(*one, word) == Truth::yes; });
  }
};

// Of a key whose values are compared as numbers, dates or addresses, perhaps as text besides.
class TypedKey {
 public:
  TypedKey(const KeyFacts& facts, std::span<const Relation* const> relations,
           std::size_t automaton_states_max, Budget* budget)
      : facts_(facts), tests_(relations), states_max_(automaton_states_max), budget_(budget), collector_(relations) {
    const auto own = family_of(facts.type);
    for (std::size_t i = 0; i < Tests::families.size(); ++i)
      if (!tests_.typed[i].empty() || own == Tests::families[i]) families_.push_back(i);
  }

  // Complete if there is one family and the texts beside it are literals. For then a value is one
  // of the literals, or it is none and no text test holds of it: of those each kin has a word here
  // that is no literal, unless all of its values are literals; and values of another type are
  // alike.
  Domain domain() && {
    for (const std::string& example : facts_.examples) add(example);
    const auto literals = tests_.literals();
    const bool simple = literals && families_.size() == 1 && facts_.shapes.empty();
    const std::size_t spare = tests_.text.empty() || !literals ? 0 : literals->size();
    bool complete = simple;
    for (const std::size_t family : families_)
      for (const detail::Kin& kin : tests_.kin(family, spare)) complete &= add_kin(kin);
    if (literals) {
      for (const std::string& literal : *literals) add(literal);
    } else {
      for (const Atom& atom : detail::text_domain(facts_, tests_.text, states_max_, budget_).atoms)
        add(atom.word);
    }
    if (!family_of(facts_.type)) complete &= add_ill_typed();
    if (!complete) collector_.domain.incomplete = why_incomplete();
    return std::move(collector_.domain);
  }

 private:
  void add(std::string_view word) {
    if (is_admitted(facts_, word)) collector_.add(word);
  }
  // Adds one that no text test holds of. False: there might be one that is not known.
  bool add_kin(const detail::Kin& kin) {
    const auto free = std::ranges::find_if(
        kin.words, [&](const std::string& word) { return !tests_.any_text_holds(word); });
    if (free != kin.words.end()) add(*free);
    return free != kin.words.end() || kin.all;
  }
  bool add_ill_typed() {
    std::string word = "x";
    for (std::size_t tries = 0; tries <= spare_of_text(); ++tries, word += 'x') {
      if (tests_.any_text_holds(word)) continue;
      add(word);
      return true;
    }
    return false;
  }
  std::size_t spare_of_text() const {
    std::size_t count = 0;
    for (const Relation* relation : tests_.text) count += relation->values.size();
    return count;
  }

  std::string why_incomplete() const {
    std::string types;
    for (const std::size_t family : families_) {
      if (!types.empty()) types += " and ";
      types += plural_of(Tests::families[family]);
    }
    if (!tests_.text.empty() || !facts_.shapes.empty()) types += " and text";
    return "its values are compared as " + types;
  }

  const KeyFacts& facts_;
  Tests tests_;
  std::size_t states_max_;
  Budget* budget_;
  Collector collector_;
  std::vector<std::size_t> families_;
};

Domain closed_domain(const KeyFacts& facts, std::span<const Relation* const> relations) {
  Collector collector(relations);
  for (const std::string& word : facts.only) collector.add(word);
  return std::move(collector.domain);
}

// ARNs and booleans are neither numbers nor dates nor addresses, so tests as those never can be
// evaluated, and the others tell the values apart.
Domain with_unevaluable(const KeyFacts& facts, std::span<const Relation* const> relations,
                        std::size_t automaton_states_max, Budget* budget) {
  const Tests tests(relations);
  Domain domain = detail::text_domain(facts, tests.text, automaton_states_max, budget);
  for (Atom& atom : domain.atoms) {
    const std::vector<Truth> of_text = std::move(atom.truths);
    atom.truths.clear();
    std::size_t next = 0;
    for (const Relation* relation : relations) {
      const bool text = detail::compares_text(*relation);
      atom.truths.push_back(text ? of_text[next++] : relate(*relation, atom.word));
    }
  }
  return domain;
}

}  // namespace

bool operator==(const Relation& a, const Relation& b) {
  if (a.kind != b.kind || a.family != b.family || a.comparison != b.comparison) return false;
  return std::ranges::equal(a.values, b.values, [](const Listed& one, const Listed& other) {
    return one.text == other.text && one.pieces == other.pieces;
  });
}

Truth relate(const Relation& relation, std::string_view value) {
  if (!detail::compares_text(relation)) return detail::TypedRelation(relation).of(value);
  if (relation.kind == Relation::Kind::condition && !is_of_type(relation.family, value))
    return Truth::unknown;
  return truth_of(std::ranges::any_of(relation.values, [&](const Listed& listed) {
    return matches(relation, listed, value) == Truth::yes;
  }));
}

Domain make_domain(const KeyFacts& facts, std::span<const Relation* const> relations,
                   std::size_t automaton_states_max, Budget* budget) {
  if (!facts.only.empty()) return closed_domain(facts, relations);
  const bool all_text = std::ranges::all_of(
      relations, [](const Relation* relation) { return detail::compares_text(*relation); });
  if (all_text && !family_of(facts.type))
    return detail::text_domain(facts, relations, automaton_states_max, budget);
  if (facts.type == Type::arn || facts.type == Type::boolean)
    return with_unevaluable(facts, relations, automaton_states_max, budget);
  return TypedKey(facts, relations, automaton_states_max, budget).domain();
}

}  // namespace ringwall::prover
