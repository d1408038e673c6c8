#include "policy/detail/plain_conditions.h"

#include <algorithm>

#include "policy/detail/values.h"
#include "text/cidr.h"
#include "text/encode.h"

namespace ringwall::policy::plain {
namespace {

using enum Comparison;

bool in_order(std::partial_ordering actual_to_listed, Comparison comparison) {
  switch (comparison) {
    case equal:
      return actual_to_listed == 0;
    case less:
      return actual_to_listed < 0;
    case less_or_equal:
      return actual_to_listed <= 0;
    case greater:
      return actual_to_listed > 0;
    case greater_or_equal:
      return actual_to_listed >= 0;
  }
  return false;
}

std::string_view word_for(Truth truth) {
  switch (truth) {
    case Truth::no:
      return "no";
    case Truth::yes:
      return "yes";
    case Truth::unknown:
      return "cannot be evaluated";
  }
  return "";
}

// A listed value whose variable is unresolved equals nothing, as in AWS. Under a negated operator
// that would hold, and an Allow would allow: there it stays unknown.
Truth resolved(const Condition& condition, Truth truth) {
  return truth == Truth::unknown && !condition.op->negated ? Truth::no : truth;
}

Truth text_relates(const Condition& condition, const Listed& listed, std::string_view actual,
                   const Context& context, text::Case letters) {
  return resolved(condition, Pattern(listed.pieces, letters).matches(actual, context));
}

Truth number_relates(const Condition& condition, const Listed& listed, std::string_view actual) {
  const auto number = detail::parse_number(actual);
  if (!number) return Truth::unknown;
  const auto wanted = detail::parse_number(listed.text);
  return truth_of(in_order(detail::compare(*number, *wanted), condition.op->comparison));
}

Truth date_relates(const Condition& condition, const Listed& listed, std::string_view actual) {
  const auto ms = detail::parse_date(actual);
  if (!ms) return Truth::unknown;
  return truth_of(in_order(*ms <=> *detail::parse_date(listed.text), condition.op->comparison));
}

Truth address_relates(const Listed& listed, std::string_view actual) {
  const auto address = text::parse_address(actual);
  if (!address) return Truth::unknown;
  return truth_of(text::parse_cidr(listed.text, text::HostBits::clear)->contains(*address));
}

// The positive relation of the operator. Unknown if `actual` is not of the operator's type.
Truth relates(const Condition& condition, const Listed& listed, std::string_view actual,
              const Context& context) {
  switch (condition.op->family) {
    case Family::text:
    case Family::text_like:
      return text_relates(condition, listed, actual, context, text::Case::exact);
    case Family::text_ignoring_case:
      return text_relates(condition, listed, actual, context, text::Case::ignore);
    case Family::boolean:
      if (!detail::parse_bool(actual)) return Truth::unknown;
      return text_relates(condition, listed, actual, context, text::Case::ignore);
    case Family::arn:
      if (!detail::arn_parts(actual)) return Truth::unknown;
      return resolved(condition, ArnPattern(listed.pieces).matches(actual, context));
    case Family::number:
      return number_relates(condition, listed, actual);
    case Family::date:
      return date_relates(condition, listed, actual);
    case Family::binary:
      return truth_of(actual == text_of(ByteView(*text::parse_base64(listed.text))));
    case Family::address:
      return address_relates(listed, actual);
    case Family::null:
      return Truth::unknown;  // asks about the key, never about a value
  }
  return Truth::unknown;
}

// A negated operator asks for "none of the listed": negation wraps the list.
Truth satisfied(const Condition& condition, std::string_view actual, const Context& context) {
  Truth some = Truth::no;
  for (const Listed& listed : condition.values)
    some = either(some, relates(condition, listed, actual, context));
  return condition.op->negated ? negated(some) : some;
}

}  // namespace

Truth holds(const Condition& condition, const Context& context) {
  const std::vector<std::string>* actual = context.find(condition.key);
  const bool absent = actual == nullptr || actual->empty();
  if (condition.op->family == Family::null) {
    return truth_of(std::ranges::any_of(condition.values, [&](const Listed& listed) {
      return *detail::parse_bool(listed.text) == absent;
    }));
  }
  if (absent) {
    if (condition.if_exists) return Truth::yes;
    if (condition.quantifier == Quantifier::all_values) return Truth::yes;
    if (condition.quantifier == Quantifier::any_value) return Truth::no;
    return truth_of(condition.op->negated);
  }
  // Without a qualifier a key of several values matches if one of them does; negated, if none does.
  const bool every = condition.quantifier == Quantifier::all_values ||
                     (condition.quantifier == Quantifier::single && condition.op->negated);
  Truth truth = truth_of(every);
  for (const std::string& value : *actual) {
    const Truth one = satisfied(condition, value, context);
    truth = every ? both(truth, one) : either(truth, one);
  }
  return truth;
}

text::Json explain(const Condition& condition, const Context& context) {
  text::Json json =
      text::Json::object({{"operator", condition.operator_name}, {"key", condition.key_name}});
  text::Json& listed = json.edit("listed");
  listed = text::Json::array();
  for (const Listed& value : condition.values) listed.push(value.text);
  text::Json& actual = json.edit("actual");  // null: the key is absent
  if (const auto* values = context.find(condition.key)) {
    actual = text::Json::array();
    for (const std::string& value : *values) actual.push(value);
  }
  json.set("holds", word_for(holds(condition, context)));
  return json;
}

}  // namespace ringwall::policy::plain
