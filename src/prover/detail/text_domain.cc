#include "prover/detail/text_domain.h"

#include <algorithm>
#include <array>

#include "prover/detail/automaton.h"

namespace ringwall::prover::detail {
namespace {

using policy::Family;

// More than is tried of a service's actions, and of any key's examples.
constexpr std::size_t examples_tried_max = 4'096;

bool is_condition(const Relation& relation, Family family) {
  return relation.kind == Relation::Kind::condition && relation.family == family;
}

// The automaton of the relations, and behind them of what else matters of a value: whether it is
// an ARN or a boolean, where a relation cannot be evaluated otherwise, and whether it fits the key.
class TextKey {
 public:
  TextKey(const KeyFacts& facts, std::span<const Relation* const> relations)
      : facts_(facts), relations_(relations), any_arn_(relations.size()) {
    for (std::size_t i = 0; i < relations.size(); ++i) add_relation(i);
    add_types();
    add_shapes();
  }

  Domain domain(std::size_t states_max, Budget* budget) {
    Automaton::Options options;
    options.required = required_;
    options.takes_empty = lists_empty_;
    options.states_max = states_max;
    options.budget = budget;
    options.prefers_digits = !facts_.shapes.empty() && std::ranges::all_of(facts_.shapes, is_digits);
    Automaton::Found found = automaton_.explore(options);
    prefer_examples(found);
    Domain domain;
    for (Automaton::Word& word : found.words) {
      if (!is_example(word.text)) lengthen(word);
      add_atom(std::move(word), domain);
    }
    if (!found.complete && budget != nullptr && budget->is_spent()) {
      domain.incomplete = budget->told();
    } else if (!found.complete) {
      domain.incomplete = "its patterns tell more kinds of text apart than " +
                          std::to_string(states_max) + " states of their automaton can";
    } else if (automaton_.has_stray_bytes() && !automaton_.only_literals_and_prefixes()) {
      domain.incomplete = "a pattern with wildcards is compared with text that is not UTF-8";
    }
    return domain;
  }

 private:
  std::size_t any_bool() const { return any_arn_ + 1; }
  std::size_t shape() const { return any_arn_ + 2; }

  // Twelve digits are written as `????????????`.
  static bool is_digits(const std::string& glob) {
    return glob.find_first_not_of('?') == std::string::npos;
  }

  void add_relation(std::size_t index) {
    const Relation& relation = *relations_[index];
    if (is_condition(relation, Family::null)) return;
    for (const policy::Listed& listed : relation.values) {
      append_steps(relation, listed, automaton_.scratch());
      const Step& first = automaton_.scratch().front();
      lists_empty_ |= first.takes == Step::end && first.loop == Loop::none;
      automaton_.add(index);
    }
  }

  void add_types() {
    const auto any_of = [&](Family family) {
      return std::ranges::any_of(
          relations_, [&](const Relation* one) { return is_condition(*one, family); });
    };
    has_arns_ = any_of(Family::arn);
    has_booleans_ = any_of(Family::boolean);
    const bool are_arns = facts_.type == KeyFacts::Type::arn;
    const bool are_booleans = facts_.type == KeyFacts::Type::boolean;
    if (has_arns_ || are_arns) {
      append_any_arn(automaton_.scratch());
      automaton_.add(any_arn_);
    }
    if (has_booleans_ || are_booleans) add_booleans(any_bool());
    if (are_arns) required_.insert(any_arn_);
    if (are_booleans) required_.insert(any_bool());
  }

  void add_booleans(std::size_t relation) {
    for (const std::string_view word : {"true", "false"}) {
      append_glob(word, automaton_.scratch(), true);
      automaton_.add(relation);
    }
  }

  void add_shapes() {
    for (const std::string& glob : facts_.shapes) {
      append_glob(glob, automaton_.scratch(), false);
      automaton_.add(shape());
    }
    if (!facts_.shapes.empty()) required_.insert(shape());
  }

  bool is_example(const std::string& word) const {
    return std::ranges::find(facts_.examples, word) != facts_.examples.end();
  }

  // The first example of what holds becomes its word.
  void prefer_examples(Automaton::Found& found) const {
    static const std::array<std::string, 3> of_arns = {
        "arn:aws:iam::111122223333:role/x", "arn:aws:s3:::x", "arn:aws:sns:us-east-1:111122223333:x"};
    std::vector<bool> has_one(found.words.size());
    std::size_t missing = found.words.size();
    const auto try_one = [&](const std::string& example) {
      if (missing == 0 || example.empty()) return;
      const RelationSet holds = automaton_.holds(example);
      const auto word = std::ranges::find(found.words, holds, &Automaton::Word::holds);
      if (word == found.words.end()) return;
      const auto index = static_cast<std::size_t>(word - found.words.begin());
      if (has_one[index]) return;
      has_one[index] = true;
      --missing;
      word->text = example;
    };
    for (const std::string& example : std::span(facts_.examples).first(std::min(
             facts_.examples.size(), examples_tried_max)))
      try_one(example);
    if (facts_.type == KeyFacts::Type::arn)
      for (const std::string& example : of_arns) try_one(example);
  }

  // A word that ends like `bucket/` reads better with a name behind it.
  void lengthen(Automaton::Word& word) const {
    if (word.text.empty()) return;
    const std::string_view ends = "/:-_.";
    if (!ends.contains(word.text.back())) return;
    std::string longer = word.text + 'x';
    if (automaton_.holds(longer) == word.holds) word.text = std::move(longer);
  }

  void add_atom(Automaton::Word&& word, Domain& domain) const {
    Atom atom{std::move(word.text), {}};
    atom.truths.reserve(relations_.size());
    for (std::size_t i = 0; i < relations_.size(); ++i) atom.truths.push_back(truth(i, word.holds));
    // Sets that differ may say the same of a value that is no ARN or no boolean.
    const bool evaluable = (!has_arns_ || word.holds.contains(any_arn_)) &&
                           (!has_booleans_ || word.holds.contains(any_bool()));
    if (!evaluable && std::ranges::find(domain.atoms, atom.truths, &Atom::truths) != domain.atoms.end())
      return;
    domain.atoms.push_back(std::move(atom));
  }

  Truth truth(std::size_t index, const RelationSet& holds) const {
    const Relation& relation = *relations_[index];
    // A list may be empty: of its variables none had a value. What is no ARN stays unevaluable.
    if (is_condition(relation, Family::null)) return Truth::unknown;
    if (is_condition(relation, Family::arn) && !holds.contains(any_arn_)) return Truth::unknown;
    if (is_condition(relation, Family::boolean) && !holds.contains(any_bool()))
      return Truth::unknown;
    return holds.contains(index) ? Truth::yes : Truth::no;
  }

  const KeyFacts& facts_;
  std::span<const Relation* const> relations_;
  std::size_t any_arn_;
  Automaton automaton_;
  bool lists_empty_ = false;
  bool has_arns_ = false, has_booleans_ = false;  // among the relations
  RelationSet required_;
};

}  // namespace

bool compares_text(const Relation& relation) {
  if (relation.kind != Relation::Kind::condition) return true;
  return relation.family != Family::number && relation.family != Family::date &&
         relation.family != Family::address;
}

Domain text_domain(const KeyFacts& facts, std::span<const Relation* const> relations,
                   std::size_t automaton_states_max, Budget* budget) {
  return TextKey(facts, relations).domain(automaton_states_max, budget);
}

}  // namespace ringwall::prover::detail
