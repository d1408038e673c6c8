#pragma once
// What documents ask about whoever calls. Two callers who answer all of it alike are, for every
// policy that was looked at, the same caller: that is what lets one answer stand for thousands.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/syntax.h"
#include "prove/detail/renaming.h"
#include "prover/domain.h"
#include "prover/prover.h"

namespace ringwall::prove::detail {

using Id = std::uint32_t;

// One condition's question about one key's value.
struct Test {
  std::string key;  // lower case
  prover::Relation relation;
  bool grounded = true;  // no variables in its values
};

struct Facts {
  Id id = 0;                         // equal exactly for documents of equal text and kind
  policy::DocumentPtr document;      // null: those of a constraint
  std::vector<Id> tests;             // sorted
  std::vector<std::string> raw;      // keys whose very values matter: variables; sorted
  std::vector<policy::PrincipalName> names;
  bool excludes_names = false;       // has a NotPrincipal
  Id nameless = 0;                   // of the text without its resources, and without principals' names but for how many
  std::vector<std::string> resources;  // every Resource element, in order; `!` before NotResource's
};

// Reads documents once, by pointer and then by text. Keeps them alive. Thread-safe; what it answers
// lives as long as it does.
class Words {
 public:
  const Facts& of(const policy::DocumentPtr& document);
  // Of a constraint that `name` names; the same name is the same constraint.
  const Facts& of(const std::string& name, const prover::Constraint& constraint);
  // The constraint of this name, made where it was not made before.
  std::shared_ptr<const prover::Constraint> constraint(const std::string& name, const std::function<prover::Constraint()>& make);
  // Somebody's policy that allows everything to this account, as far as the account's own policies do.
  const authz::Named& granting(const std::string& account);
  const Test& test(Id id) const;
  Id id_of(const std::string& text);
  std::size_t documents() const;
  // What its resources hold fast where others are renamed.
  const Kept& kept(const Facts& facts);

 private:
  Facts read(const policy::DocumentPtr& document);
  void add_tests(const policy::Condition& condition, Facts& facts);
  void add_tests(const prover::Constraint& constraint, Facts& facts);
  Id intern(const std::string& text);
  Id last_ = 0;

  static constexpr std::size_t kinds_of_documents = 9;  // policy::Kind

  mutable std::shared_mutex mutex_;
  std::unordered_map<const policy::Document*, const Facts*> by_pointer_;
  std::vector<policy::DocumentPtr> alive_;
  std::unordered_map<std::string, Id> ids_;
  std::unordered_map<std::string, const Facts*> by_name_;  // constraints
  std::unordered_map<std::string_view, const Facts*> by_text_[kinds_of_documents];  // of documents that are alive
  std::unordered_map<Id, std::unique_ptr<const Kept>> kept_;
  std::map<std::string, authz::Named> granting_;
  std::unordered_map<std::string, std::shared_ptr<const prover::Constraint>> constraints_;
  std::deque<Facts> facts_;
  std::deque<Test> tests_;
  std::unordered_map<std::string, Id> test_ids_;
};

// What several documents and constraints ask, together.
struct Mentions {
  std::vector<const Test*> tests;
  std::vector<std::string> raw;
  std::vector<const Facts*> naming;  // those that name principals
};
Mentions mentions_of(const Words& words, const std::vector<const Facts*>& facts);

// The keys of the request that are known beside the caller's, and those known to be absent.
struct Surroundings {
  policy::Context keys = {};
  std::vector<std::string> absent = {};
};

// All that `mentions` can tell about a caller. Equal signatures: interchangeable callers.
std::string signature(const Mentions& mentions, const prover::Caller& caller,
                      const Surroundings& surroundings);

// The part of it that says which statements name the caller.
std::string naming_of(const Mentions& mentions, const policy::Principal& principal);

// Does one of the globs over key names match?
bool listed_absent(const std::vector<std::string>& absent, std::string_view key);

}  // namespace ringwall::prove::detail
