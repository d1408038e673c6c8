#pragma once
// The Condition element: operators, set qualifiers, and how they treat absent keys.

#include <string>
#include <variant>
#include <vector>

#include "policy/detail/pattern.h"
#include "policy/detail/source.h"
#include "policy/detail/values.h"
#include "text/cidr.h"

namespace ringwall::policy::detail {

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

// A number, a date in milliseconds, a block, bytes or `Null`'s question. The family says which.
struct Date {
  std::int64_t ms;
};
struct Binary {
  std::string bytes;
};
struct WantAbsent {
  bool value;
};
using Listed = std::variant<Pattern, ArnPattern, Number, Date, Binary, text::Cidr, WantAbsent>;

// One key under one operator: all conditions of a statement must hold.
class Condition {
 public:
  Truth holds(const Context& context) const;
  // Operator, key, listed and actual values and the answer, for explanations.
  text::Json explain(const Context& context) const;

 private:
  friend class ConditionReader;

  Truth resolved(Truth truth) const;
  Truth related(const Listed& listed, std::string_view actual, const Context& context) const;
  Truth some_listed(std::string_view actual, const Context& context) const;
  Truth satisfied(std::string_view actual, const Context& context) const;

  const Operator* operator_ = nullptr;
  Quantifier quantifier_ = Quantifier::single;
  bool if_exists_ = false;
  std::string operator_name_;  // as written
  std::string key_;            // lower case
  std::string key_name_;       // as written
  std::vector<Listed> listed_;
  std::vector<std::string> values_;  // as written
};

Result<std::vector<Condition>> compile_conditions(const text::Json& element, Version version,
                                                  const Source& source);

}  // namespace ringwall::policy::detail
