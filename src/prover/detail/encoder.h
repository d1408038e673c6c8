#pragma once
// Policies, for one caller and one owner, as formulas over what is left open: the resource and the
// condition keys. Mirrors authz/plain.cc, which is the definition.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "prover/detail/formula.h"
#include "prover/detail/reading.h"
#include "prover/prover.h"
#include "text/glob.h"

namespace ringwall::prover::detail {

// A statement that cannot be evaluated applies if it denies, and does not if it allows: so there
// are two answers, equal but where that may happen.
struct Both {
  Ref must = no;  // it applies for certain
  Ref may = no;   // or cannot be evaluated
};

// The action's kinds: which lists of the query name it.
struct ActionSpace {
  std::vector<RelationId> relations;
  Domain domain;
  std::unordered_map<RelationId, std::size_t> position;  // of each relation
};
struct ActionClass {
  const ActionSpace* space;
  std::size_t atom;
  bool lists(RelationId relation) const {
    return space->domain.atoms[atom].truths[space->position.at(relation)] == Truth::yes;
  }
};

// The leaves of formulas: tests of keys, and questions that stay open (`opaque`).
class Leaves {
 public:
  std::uint32_t number(const Test& test);
  const Test& operator[](std::uint32_t leaf) const { return tests_[leaf]; }
  std::size_t size() const { return tests_.size(); }
  static constexpr KeyId opaque = 0xffffffff;  // the key of a test that nothing is known of

 private:
  std::vector<Test> tests_;
  std::map<Test, std::uint32_t> numbers_;
};

// The actions that resource control policies reach: those that the first lists, without those that
// the second does (authz/rcp_services.cc).
struct RcpActions {
  RelationId services = 0;
  RelationId excepted = 0;
};

// What is the same for a whole case.
struct Setting {
  const Universe& universe;
  const Caller& caller;
  std::string owner;                  // an account; empty: not known
  const Constraint& owned;            // what holds of requests on what is the owner's
  const policy::Context* chosen = nullptr;  // values chosen for keys that policies use as variables
  bool open_variables = false;        // those that are free match or do not, as may be
};

class Encoder {
 public:
  Encoder(Vocabulary& vocabulary, Readings& readings, Formulas& formulas, Leaves& leaves,
          const RcpActions& rcp_actions, const Setting& setting);

  Ref allows(const Side& side, const ActionClass& action);
  // Of every statement of the side that can allow, in the order of its documents.
  struct Granting {
    const policy::Document* document;
    std::size_t statement;
    Ref applies;
  };
  std::vector<Granting> granting(const Side& side, const ActionClass& action);

  Ref holds(const Constraint& constraint, const ActionClass& action);
  Ref owned();  // the resource's ARN names the owner's account, or none

  Ref present(KeyId key);
  Ref some(KeyId key, RelationId relation, Truths truths);
  Vocabulary& vocabulary() { return vocabulary_; }
  bool knows_owner() const { return !setting_.owner.empty(); }
  KeyId key(std::string_view lower_name) { return vocabulary_.key(lower_name); }
  // `value` is one of the key's.
  Ref has_value(std::string_view lower_name, std::string_view value);

  // Keys that policies use as variables and that are free.
  const std::set<KeyId>& free_variables() const { return free_variables_; }
  // A variable stands beside other text, or where equality is not all that is asked.
  bool only_compared_whole() const { return only_compared_whole_; }
  // The keys that are compared with a free variable.
  const std::set<KeyId>& compared() const { return compared_; }
  // Null: the key's values are not known, or it is absent.
  const std::vector<std::string>* values(KeyId key) { return known(key).values; }

 private:
  enum class State : std::uint8_t { unknown, free, absent, valued };
  struct Known {
    State state = State::unknown;
    const std::vector<std::string>* values = nullptr;
    bool several = false;
  };
  // A text whose variables are settled as far as they can be.
  struct Settled {
    policy::Pieces value;  // the variables' values in their places; `*` for those that have none
    policy::Pieces head;   // as far as the first variable, and `*`: what does not match this is no match for certain
    bool unsettled = false, free = false;  // a variable has no value, or any
  };
  // A list whose variables are settled.
  struct Open {
    policy::Listed wide, head;  // `*` in each variable's place; as far as the first, and `*`
  };
  struct Grounded {
    std::vector<policy::Listed> values;   // fully known
    std::vector<policy::Listed> heads;    // of those that no value settles
    std::vector<Open> open;               // of those that a free variable decides
  };

  const Known& known(KeyId key);
  Settled settle(const policy::Pieces& pieces);
  std::optional<Settled> settle_arn(const policy::Pieces& pieces);
  Grounded ground(const std::vector<policy::Listed>& values, Relation::Kind kind, policy::Family family, KeyId compared);
  Both holds(const ReadCondition& condition);
  Both resources(const ReadStatement& statement);
  Both statement(const Reading& reading, std::size_t index, policy::Exemptions exemptions);
  Ref applies(const policy::Document& document, std::size_t index, policy::Exemptions exemptions,
              const ActionClass& action);
  Ref denied(std::span<const authz::Named> policies, policy::Exemptions exemptions, const ActionClass& action);
  Ref allowed(std::span<const authz::Named> policies, policy::Exemptions exemptions, const ActionClass& action);
  Ref allowed(const authz::Layers& layers, const ActionClass& action);
  Ref allowed(const policy::Document& document, const ActionClass& action);
  Ref open(KeyId key, std::string_view text, char what);

  Vocabulary& vocabulary_;
  Readings& readings_;
  Formulas& formulas_;
  Leaves& leaves_;
  const RcpActions rcp_actions_;
  const Setting& setting_;
  std::vector<text::Glob> absent_;
  std::vector<Known> known_;  // by key
  std::set<KeyId> free_variables_, compared_;
  bool only_compared_whole_ = true;
  std::unordered_map<std::string, RelationId> open_names_;
  struct Kept {
    const policy::Document* document;
    bool exempt;
    friend bool operator==(const Kept&, const Kept&) = default;
  };
  struct HashKept {
    std::size_t operator()(const Kept& kept) const {
      return std::hash<const void*>()(kept.document) ^ static_cast<std::size_t>(kept.exempt);
    }
  };
  std::unordered_map<Kept, std::vector<std::optional<Both>>, HashKept> statements_;
  std::unordered_map<const Constraint*, Ref> constraints_;  // those of the question
};

}  // namespace ringwall::prover::detail
