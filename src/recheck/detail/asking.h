#pragma once
// Policies as terms: when does a request of this caller's, for this action, pass these layers? Every
// sentence of authz/plain.cc, which says it for one request, stands here for all requests at once.

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "authz/authz.h"
#include "policy/plain.h"
#include "recheck/detail/terms.h"
#include "text/glob.h"

namespace ringwall::recheck::detail {

// A list of actions, by number.
using List = std::uint32_t;

// The catalogue's actions, and which of them each list of patterns names.
class Actions {
 public:
  Actions() : all_(catalogued()) {}
  std::size_t size() const { return all_.names.size(); }
  const std::string& name(std::size_t action) const { return all_.names[action]; }
  const std::vector<std::string>& types(std::size_t action) const { return all_.types[action]; }  // ARN patterns, sorted
  bool reached_by_rcps(std::size_t action) const { return all_.reached[action]; }

  List list(const std::vector<std::string>& patterns);
  bool lists(List list, std::size_t action) const { return members_[list][action]; }

 private:
  struct Catalogued {
    std::vector<std::string> names, lower;  // sorted by their lower case
    std::vector<std::vector<std::string>> types;
    std::vector<bool> reached;
  };
  static const Catalogued& catalogued();

  const Catalogued& all_;
  std::map<std::vector<std::string>, List> numbers_;
  std::vector<std::vector<bool>> members_;
};

struct Document {
  policy::plain::Policy policy;
  std::vector<List> actions;  // of each statement
};

// Documents, each read once. What it answers lives as long as it does.
class Library {
 public:
  const Document& read(const policy::Document& document);
  Actions& actions() { return actions_; }
  const Actions& actions() const { return actions_; }

 private:
  Actions actions_;
  std::unordered_map<const policy::Document*, Document> read_;
};

// Layers as authz has them. Of the other side nothing is known, so it allows everything.
struct Sides {
  authz::Layers layers;
  bool identity_is_open = false, resource_is_open = false;
};
// Every document of the layers with the layer's name, in the order in which they bind.
std::vector<std::pair<std::string, const authz::Named*>> documents_of(const Sides& sides);

struct Caller {
  policy::Principal principal = {};
  policy::Context keys = {};              // known
  std::vector<std::string> absent = {};   // globs over names of keys that are not in its requests
  std::string said = {};                  // for people
};

// One caller's requests.
class Asking {
 public:
  // `owner`: the account whose the resource is; empty: one that is not the caller's.
  Asking(Terms& terms, Library& library, const Caller& caller, const policy::Context& keys, const std::vector<std::string>& absent,
         std::string owner);

  Term allowed(const Sides& sides, std::size_t action);
  Term present(std::string_view key);
  // The condition holds for certain. Without variables.
  Term holds(std::string_view op, const std::string& key, const std::vector<std::string>& values);
  Term on_resources(const std::vector<std::string>& patterns);
  // The resource's ARN, part by part.
  Term like_arns(const std::vector<std::string>& patterns) { return resource_is("ArnLike", patterns); }
  Term no_resource() { return resource_is("StringEquals", {"*"}); }
  // From here on the resource is of one of these types; null: of any. Empty: there is none, so it is `*`.
  void take_types(const std::vector<std::string>* types) { types_ = types; }
  // That it is, where a term asks for more of the resource than whose it is.
  Term with_type(Term term);
  bool is_known(std::string_view key) const;
  Terms& terms() { return terms_; }

 private:
  // Equal but for what cannot be evaluated, on which a deny applies and an allow does not.
  struct Both {
    Term must = no, may = no;
  };
  using Statements = std::span<const authz::Named>;
  const std::vector<std::string>* known(std::string_view key, bool& free) const;
  Term some(std::string_view key, const Test& test, Answers answers);
  std::optional<Truth> of_every_resource(const Test& test) const;
  Both holds(const policy::Condition& condition);
  std::optional<Both> turned_around(const policy::Condition& condition, const std::string& value);
  Both resource(const policy::Statement& statement);
  Term wildest(const std::vector<policy::Listed>& patterns, Test test);
  Term resource_is(std::string_view op, const std::vector<std::string>& values);
  Test test_of(const std::vector<policy::Listed>& listed, Test::Kind kind, const std::string& said, bool& open);
  Term applies(const policy::Document& document, std::size_t statement, std::size_t action);
  Term denied(Statements policies, std::size_t action);
  Term allows(Statements policies, std::size_t action);
  // By how a statement of the resource's names the caller: in any way; so that it needs no identity; as one of its role's sessions.
  enum class Grant : std::uint8_t { any, direct, role };
  Term granted(const Sides& sides, std::size_t action, Grant grant);

  Terms& terms_;
  Library& library_;
  const Caller& caller_;
  policy::Context keys_;
  std::vector<text::Glob> absent_;
  std::string owner_;
  policy::Exemptions exemptions_ = policy::Exemptions::listed;
  const std::vector<std::string>* types_ = nullptr;
  std::map<std::tuple<const policy::Document*, std::size_t, policy::Exemptions, const std::vector<std::string>*>, Both> kept_;
};

// The conditions of an element of a policy, `{"StringEquals": …}` say.
Result<policy::Condition> condition_of(std::string_view op, const std::string& key, const std::vector<std::string>& values);

}  // namespace ringwall::recheck::detail
