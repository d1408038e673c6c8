#pragma once
// What a policy document says, checked and taken apart but not yet made fit to decide: the one
// reading of a text from which the evaluator, its plain twin, the lint and the prover are made.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/policy.h"

namespace ringwall::policy {

// What is wrong with a document. One fault per rule of the grammar.
enum class Fault : std::uint8_t {
  json,                    // not JSON, or JSON that is ambiguous (a member twice)
  size,                    // longer than the kind may be
  not_an_object,
  unknown_element,
  unsupported_element,     // an element this kind of policy does not take
  wrong_type,
  missing_version,
  invalid_version,
  missing_statement,
  empty_list,
  invalid_sid,
  duplicate_sid,
  missing_effect,
  invalid_effect,
  conflicting_elements,    // Action beside NotAction, and the like
  missing_principal,
  invalid_principal,
  allow_with_not_principal,
  missing_action,
  invalid_action,
  unsupported_action,      // one that this kind of policy cannot hold
  missing_resource,
  invalid_resource,
  rcp_must_deny,
  unknown_operator,
  null_with_modifier,      // Null takes neither IfExists nor a set qualifier
  invalid_condition_key,
  duplicate_condition_key,
  invalid_condition_value,
  invalid_variable,
};

struct Problem {
  Fault fault;
  text::Position position;
  std::string message;  // without the position
};

enum class Version : std::uint8_t { v2008_10_17, v2012_10_17 };  // only the latter knows variables
enum class Sense : std::uint8_t { listed, all_but_listed };      // Action, or NotAction

// A piece of a listed text. Escapes (`${*}`) are literals already.
struct Piece {
  enum class Kind : std::uint8_t { literal, any_run, any_one, variable };  // any_run: `*`; any_one: `?`
  Kind kind = Kind::literal;
  std::string text = {};                      // a literal, or a variable's key in lower case
  std::optional<std::string> otherwise = {};  // a variable's default
  friend bool operator==(const Piece&, const Piece&) = default;
};
using Pieces = std::vector<Piece>;  // no two literals side by side, none empty

struct Listed {
  std::string text;      // as written
  Pieces pieces;         // where wildcards or variables have a meaning in it; else one literal
  std::uint32_t offset;  // in the document's text
};

// A listed principal. Types of AWS's own are told apart by what is named.
struct PrincipalName {
  enum class Type : std::uint8_t {
    everyone,        // `*`
    account,         // value: 12 digits, whichever way it was written
    arn,             // of a user, role, assumed-role or federated-user session
    unique_id,       // AIDA…, AROA…, and AROA…:session in a bound text (binding.h)
    service,
    federated,       // a provider's ARN or domain
    canonical_user,
  };
  Type type;
  std::string value;
  std::uint32_t offset;
};

struct Principals {
  Sense sense = Sense::listed;
  std::vector<PrincipalName> names;
};

enum class Family : std::uint8_t {
  text,
  text_ignoring_case,
  text_like,
  number,
  date,
  boolean,
  binary,
  address,
  arn,
  null
};
enum class Comparison : std::uint8_t { equal, less, less_or_equal, greater, greater_or_equal };
enum class Quantifier : std::uint8_t { single, all_values, any_value };

// A row of the table of operators. A negated one asks for "none of the listed values".
struct Operator {
  std::string_view name;
  Family family;
  Comparison comparison = Comparison::equal;
  bool negated = false;
};
std::span<const Operator> operators();  // all of them, without qualifiers and IfExists

struct Condition {
  const Operator* op = nullptr;  // a row of operators()
  Quantifier quantifier = Quantifier::single;
  bool if_exists = false;
  std::string operator_name;     // as written
  std::string key;               // lower case
  std::string key_name;          // as written
  std::vector<Listed> values;    // numbers and booleans as text
  std::uint32_t offset = 0;      // of the key
};

struct Statement {
  Effect effect = Effect::deny;  // a statement half read must not allow
  std::string sid;
  std::uint32_t offset = 0;
  std::optional<Principals> principals;  // of policies that name principals
  Sense action_sense = Sense::listed;
  std::vector<Listed> actions;    // `*` stands for `*:*` too
  Sense resource_sense = Sense::listed;
  std::vector<Listed> resources;  // empty: every resource, in a role's trust policy
  std::vector<Condition> conditions;
};

struct Syntax {
  Kind kind = Kind::identity;
  Version version = Version::v2008_10_17;
  std::string id;
  std::vector<Statement> statements;
};

// The first problem refuses, as "line 1, column 14: …".
Result<Syntax> read(std::string_view text, Kind kind, Quota quota = Quota::kept);

// All that can be found: reading goes on behind a problem. Where there is one, `syntax` holds what
// could be read, fit for advice and never for a decision.
struct Parsed {
  Syntax syntax;
  std::vector<Problem> problems;  // in the order in which they were found
};
// Past so many problems of one document no more are told: each costs a walk to its line.
inline constexpr std::size_t problems_max = 500;
Parsed parse(std::string_view text, Kind kind, Quota quota = Quota::kept);

// The six parts of a listed resource or ARN pattern, cut at its first five literal colons; fewer if
// it has fewer.
std::vector<Pieces> arn_parts(const Pieces& pieces);

}  // namespace ringwall::policy
