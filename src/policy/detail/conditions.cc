#include "policy/detail/conditions.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "text/encode.h"

namespace ringwall::policy::detail {
namespace {

using enum Comparison;

constexpr Operator operators[] = {
    {"StringEquals", Family::text},
    {"StringNotEquals", Family::text, equal, true},
    {"StringEqualsIgnoreCase", Family::text_ignoring_case},
    {"StringNotEqualsIgnoreCase", Family::text_ignoring_case, equal, true},
    {"StringLike", Family::text_like},
    {"StringNotLike", Family::text_like, equal, true},
    {"NumericEquals", Family::number},
    {"NumericNotEquals", Family::number, equal, true},
    {"NumericLessThan", Family::number, less},
    {"NumericLessThanEquals", Family::number, less_or_equal},
    {"NumericGreaterThan", Family::number, greater},
    {"NumericGreaterThanEquals", Family::number, greater_or_equal},
    {"DateEquals", Family::date},
    {"DateNotEquals", Family::date, equal, true},
    {"DateLessThan", Family::date, less},
    {"DateLessThanEquals", Family::date, less_or_equal},
    {"DateGreaterThan", Family::date, greater},
    {"DateGreaterThanEquals", Family::date, greater_or_equal},
    {"Bool", Family::boolean},
    {"BinaryEquals", Family::binary},
    {"IpAddress", Family::address},
    {"NotIpAddress", Family::address, equal, true},
    {"ArnEquals", Family::arn},
    {"ArnLike", Family::arn},
    {"ArnNotEquals", Family::arn, equal, true},
    {"ArnNotLike", Family::arn, equal, true},
    {"Null", Family::null},
};

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

std::string decimal(double number) {
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
  return {buffer, end};
}

std::unexpected<Error> refuse(std::string why) {
  return fail(Failure::invalid, std::move(why));
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

// One listed value of an operator of this family; the message says why not.
Result<Listed> compile_listed(Family family, const std::string& value, Version version) {
  switch (family) {
    case Family::text:
    case Family::text_ignoring_case:
    case Family::text_like: {
      RW_TRY(
          Tokens tokens,
          tokenize(value, version, family == Family::text_like ? Wildcards::any : Wildcards::none));
      return Listed(Pattern(std::move(tokens), family == Family::text_ignoring_case
                                                   ? text::Case::ignore
                                                   : text::Case::exact));
    }
    case Family::boolean: {
      RW_TRY(Tokens tokens, tokenize(value, version, Wildcards::none));
      if (!has_variables(tokens) && !parse_bool(value))
        return refuse(shown(value) + " is neither `true` nor `false`");
      return Listed(Pattern(std::move(tokens), text::Case::ignore));
    }
    case Family::arn: {
      RW_TRY(ArnPattern pattern, ArnPattern::compile(value, version));
      return Listed(std::move(pattern));
    }
    case Family::number: {
      const auto number = parse_number(value);
      if (!number) return refuse(shown(value) + " is not a number; a variable cannot stand here");
      return Listed(*number);
    }
    case Family::date: {
      const auto ms = parse_date(value);
      if (!ms)
        return refuse(
            shown(value) +
            " is neither an ISO 8601 date nor seconds since 1970; a variable cannot stand here");
      return Listed(Date{*ms});
    }
    case Family::binary: {
      const auto bytes = text::parse_base64(value);
      if (!bytes) return refuse(shown(value) + " is not base64; a variable cannot stand here");
      return Listed(Binary{std::string(text_of(ByteView(*bytes)))});
    }
    case Family::address: {
      const auto block = text::parse_cidr(value, text::HostBits::clear);
      if (!block) return refuse(block.error().message);
      return Listed(*block);
    }
    case Family::null: {
      const auto want_absent = parse_bool(value);
      if (!want_absent) return refuse("`Null` asks for `true` or `false`, not " + shown(value));
      return Listed(WantAbsent{*want_absent});
    }
  }
  return refuse("an operator without a family");
}

}  // namespace

class ConditionReader {
 public:
  ConditionReader(Version version, const Source& source) : version_(version), source_(source) {}

  Result<std::vector<Condition>> read(const text::Json& element) {
    if (!element.is_object())
      return source_.refuse(element, "`Condition` must be an object of operators");
    for (const auto& [name, keys, offset] : element.members()) {
      Condition shape;
      RW_DO(read_operator(name, offset, shape));
      if (!keys.is_object())
        return source_.refuse(keys, shown(name) + " must hold an object of condition keys");
      std::set<std::string> seen;
      for (const auto& [key, values, key_offset] : keys.members()) {
        Condition condition = shape;
        condition.key_ = text::lower(key);
        condition.key_name_ = key;
        if (!key.contains(':'))
          return source_.refuse(key_offset, "the condition key " + shown(key) +
                                                " lacks its service, as in `aws:SourceIp`");
        if (!seen.insert(condition.key_).second) {
          return source_.refuse(key_offset, "the condition key " + shown(key) +
                                                " stands here a second time, in different case");
        }
        RW_DO(read_values(values, condition));
        conditions_.push_back(std::move(condition));
      }
    }
    return std::move(conditions_);
  }

 private:
  Result<> read_operator(std::string_view name, std::uint32_t offset, Condition& condition) {
    condition.operator_name_ = name;
    std::string_view rest = name;
    if (rest.starts_with("ForAllValues:")) {
      condition.quantifier_ = Quantifier::all_values;
    } else if (rest.starts_with("ForAnyValue:")) {
      condition.quantifier_ = Quantifier::any_value;
    }
    if (condition.quantifier_ != Quantifier::single) rest.remove_prefix(rest.find(':') + 1);
    if (rest.ends_with("IfExists")) {
      condition.if_exists_ = true;
      rest.remove_suffix(std::string_view("IfExists").size());
    }
    const auto* row = std::ranges::find(operators, rest, &Operator::name);
    if (row == std::end(operators))
      return source_.refuse(offset, "unknown condition operator " + shown(name));
    if (row->family == Family::null &&
        (condition.if_exists_ || condition.quantifier_ != Quantifier::single)) {
      return source_.refuse(offset, "`Null` takes neither `IfExists` nor a set qualifier");
    }
    condition.operator_ = row;
    return {};
  }

  Result<> read_values(const text::Json& values, Condition& condition) {
    if (!values.is_array()) return read_value(values, condition);
    // AWS would drop a condition without values, and with it the restriction: refused instead.
    if (values.items().empty()) return source_.refuse(values, "an empty list of condition values");
    for (const auto& value : values.items()) RW_DO(read_value(value, condition));
    return {};
  }

  Result<> read_value(const text::Json& value, Condition& condition) {
    std::string text;
    if (value.is_string()) {
      text = value.as_string();
    } else if (value.is_bool()) {
      text = value.as_bool() ? "true" : "false";
    } else if (value.is_integer()) {
      text = std::to_string(value.as_integer());
    } else if (value.is_number()) {
      text = decimal(value.as_number());
    } else {
      return source_.refuse(value, "a condition value must be a string, a number or a boolean");
    }
    auto listed = compile_listed(condition.operator_->family, text, version_);
    if (!listed) return source_.refuse(value, listed.error().message);
    condition.listed_.push_back(*std::move(listed));
    condition.values_.push_back(std::move(text));
    return {};
  }

  Version version_;
  const Source& source_;
  std::vector<Condition> conditions_;
};

Result<std::vector<Condition>> compile_conditions(const text::Json& element, Version version,
                                                  const Source& source) {
  return ConditionReader(version, source).read(element);
}

// A listed value whose variable is unresolved equals nothing, as in AWS. Under a negated operator
// that would hold, and an Allow would allow: there it stays unknown.
Truth Condition::resolved(Truth truth) const {
  return truth == Truth::unknown && !operator_->negated ? Truth::no : truth;
}

// The positive relation of the operator. Unknown if `actual` is not of the operator's type.
Truth Condition::related(const Listed& listed, std::string_view actual,
                         const Context& context) const {
  switch (operator_->family) {
    case Family::text:
    case Family::text_ignoring_case:
    case Family::text_like:
      return resolved(std::get<Pattern>(listed).matches(actual, context));
    case Family::boolean:
      return parse_bool(actual) ? resolved(std::get<Pattern>(listed).matches(actual, context))
                                : Truth::unknown;
    case Family::arn:
      return arn_parts(actual) ? resolved(std::get<ArnPattern>(listed).matches(actual, context))
                               : Truth::unknown;
    case Family::number: {
      const auto number = parse_number(actual);
      if (!number) return Truth::unknown;
      return truth_of(in_order(compare(*number, std::get<Number>(listed)), operator_->comparison));
    }
    case Family::date: {
      const auto ms = parse_date(actual);
      if (!ms) return Truth::unknown;
      return truth_of(in_order(*ms <=> std::get<Date>(listed).ms, operator_->comparison));
    }
    case Family::binary:
      return truth_of(actual == std::get<Binary>(listed).bytes);
    case Family::address: {
      const auto address = text::parse_address(actual);
      return address ? truth_of(std::get<text::Cidr>(listed).contains(*address)) : Truth::unknown;
    }
    case Family::null:
      return Truth::unknown;  // asks about the key, never about a value
  }
  return Truth::unknown;
}

Truth Condition::some_listed(std::string_view actual, const Context& context) const {
  Truth some = Truth::no;
  for (const Listed& listed : listed_) {
    some = either(some, related(listed, actual, context));
    if (some == Truth::yes) break;
  }
  return some;
}

Truth Condition::satisfied(std::string_view actual, const Context& context) const {
  const Truth some = some_listed(actual, context);
  return operator_->negated ? negated(some) : some;
}

Truth Condition::holds(const Context& context) const {
  const std::vector<std::string>* actual = context.find_lower(key_);
  const bool absent = actual == nullptr || actual->empty();
  if (operator_->family == Family::null) {
    return truth_of(std::ranges::any_of(
        listed_, [&](const Listed& l) { return std::get<WantAbsent>(l).value == absent; }));
  }
  if (absent) {
    if (if_exists_) return Truth::yes;
    if (quantifier_ != Quantifier::single) return truth_of(quantifier_ == Quantifier::all_values);
    return truth_of(operator_->negated);
  }
  // Without a qualifier a key of several values matches if one of them does; negated, if none does.
  const bool every = quantifier_ == Quantifier::all_values ||
                     (quantifier_ == Quantifier::single && operator_->negated);
  Truth truth = truth_of(every);
  for (const std::string& value : *actual) {
    const Truth one = satisfied(value, context);
    truth = every ? both(truth, one) : either(truth, one);
    if (truth == truth_of(!every)) break;
  }
  return truth;
}

text::Json Condition::explain(const Context& context) const {
  text::Json json = text::Json::object({{"operator", operator_name_}, {"key", key_name_}});
  text::Json& listed = json.edit("listed");
  listed = text::Json::array();
  for (const std::string& value : values_) listed.push(value);
  text::Json& actual = json.edit("actual");  // null: the key is absent
  if (const auto* values = context.find_lower(key_)) {
    actual = text::Json::array();
    for (const std::string& value : *values) actual.push(value);
  }
  json.set("holds", word_for(holds(context)));
  return json;
}

}  // namespace ringwall::policy::detail
