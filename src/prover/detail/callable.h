#pragma once
// The requests that AWS's services take today: their actions, each on resources of its types.

#include <deque>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "catalogue/catalogue.h"
#include "prover/detail/encoder.h"

namespace ringwall::prover::detail {

// All actions of the catalogue, numbered.
class KnownActions {
 public:
  // Those of the catalogue in this binary, made ready at the first call; thread-safe.
  static const KnownActions& builtin();

  std::size_t size() const { return names_.size(); }
  const std::string& name(std::size_t action) const { return names_[action]; }
  // Numbers of those that a pattern of an Action element matches.
  void for_each(std::string_view pattern, const std::function<void(std::size_t)>& each) const;

  // The resource types that the action takes: ARN patterns, one a line; empty: none. Actions with
  // the same text take the same resources, and their sets of types have the same number.
  std::size_t types_number(std::size_t action) const { return types_numbers_[action]; }
  const std::string& types(std::size_t number) const { return types_[number]; }
  std::size_t types_count() const { return types_.size(); }
  // Ordinary resources of these types, of whatever owner.
  const std::vector<std::string>& examples(std::size_t number) const { return examples_[number]; }

 private:
  KnownActions();

  std::vector<std::string> names_;
  std::vector<std::pair<std::string, std::size_t>> by_lower_name_;  // in order
  std::vector<std::size_t> types_numbers_;  // of each action
  std::vector<std::string> types_;
  std::vector<std::vector<std::string>> examples_;  // of each
};

// The known actions of each class of a space, by the class's atom. Costs a look at every action
// that a pattern lists.
std::vector<std::vector<std::size_t>> members(const ActionSpace& space, const Vocabulary& vocabulary,
                                              const KnownActions& known);

// Ordinary resources of the types, for an owner; `*` where there are none.
std::vector<std::string> examples_of(const std::string& types, const std::string& owner);

// The formula of "the resource is of one of these types", and words that look like such resources.
struct TypedResources {
  Ref formula = no;
  std::vector<std::string> examples;
};
// Does the ARN look like one of these types' that people have seen: a Region's name, an account's twelve digits, and as many colons
// as the type has? And the formula of that, for where what was found first does not.
bool is_believable(const std::string& resource, const std::string& types, const std::string& owner, Vocabulary& vocabulary);
Ref believable_resources(const std::string& types, const std::string& owner, Encoder& encoder, Vocabulary& vocabulary, Formulas& formulas);

TypedResources typed_resources(const std::string& types, const std::string& owner, Encoder& encoder,
                               Vocabulary& vocabulary, Formulas& formulas);

}  // namespace ringwall::prover::detail
