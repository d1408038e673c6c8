// The Condition element: operators, set qualifiers, keys and listed values.

#include <algorithm>
#include <charconv>
#include <set>

#include "policy/detail/reader.h"
#include "text/encode.h"

namespace ringwall::policy {

std::span<const Operator> operators() {
  using enum Comparison;
  static constexpr Operator all[] = {
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
  return all;
}

namespace detail {
namespace {

using text::Json;

std::string decimal(double number) {
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
  return {buffer, end};
}

// `ForAllValues:StringLikeIfExists` and the like. False: refused.
bool read_operator(Reader& reader, std::string_view name, std::uint32_t offset,
                   Condition& condition) {
  condition.operator_name = name;
  std::string_view rest = name;
  if (rest.starts_with("ForAllValues:")) {
    condition.quantifier = Quantifier::all_values;
  } else if (rest.starts_with("ForAnyValue:")) {
    condition.quantifier = Quantifier::any_value;
  }
  if (condition.quantifier != Quantifier::single) rest.remove_prefix(rest.find(':') + 1);
  if (rest.ends_with("IfExists")) {
    condition.if_exists = true;
    rest.remove_suffix(std::string_view("IfExists").size());
  }
  const std::span<const Operator> rows = operators();
  const auto row = std::ranges::find(rows, rest, &Operator::name);
  if (row == rows.end()) {
    reader.report(Fault::unknown_operator, offset, "unknown condition operator " + shown(name));
    return false;
  }
  if (row->family == Family::null &&
      (condition.if_exists || condition.quantifier != Quantifier::single)) {
    reader.report(Fault::null_with_modifier, offset,
                  "`Null` takes neither `IfExists` nor a set qualifier");
    return false;
  }
  condition.op = &*row;
  return true;
}

void read_value(Reader& reader, const Json& value, Version version, Condition& condition) {
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
    return reader.report(Fault::wrong_type, value,
                         "a condition value must be a string, a number or a boolean");
  }
  auto pieces = value_pieces(condition.op->family, text, version);
  if (!pieces) return reader.report(pieces.error(), value);
  condition.values.push_back({std::move(text), *std::move(pieces), value.offset()});
}

void read_values(Reader& reader, const Json& values, Version version, Condition& condition) {
  if (!values.is_array()) return read_value(reader, values, version, condition);
  // AWS would drop a condition without values, and with it the restriction: refused instead.
  if (values.items().empty())
    return reader.report(Fault::empty_list, values, "an empty list of condition values");
  for (const Json& value : values.items()) read_value(reader, value, version, condition);
}

}  // namespace

std::vector<Condition> read_conditions(Reader& reader, const Json& element, Version version) {
  std::vector<Condition> conditions;
  if (!element.is_object()) {
    reader.report(Fault::wrong_type, element, "`Condition` must be an object of operators");
    return conditions;
  }
  for (const auto& [name, keys, offset] : element.members()) {
    Condition shape;
    if (!read_operator(reader, name, offset, shape)) continue;
    if (!keys.is_object()) {
      reader.report(Fault::wrong_type, keys, shown(name) + " must hold an object of condition keys");
      continue;
    }
    std::set<std::string> seen;
    for (const auto& [key, values, key_offset] : keys.members()) {
      Condition condition = shape;
      condition.key = text::lower(key);
      condition.key_name = key;
      condition.offset = key_offset;
      if (!key.contains(':')) {
        reader.report(Fault::invalid_condition_key, key_offset,
                      "the condition key " + shown(key) +
                          " lacks its service, as in `aws:SourceIp`");
      } else if (!seen.insert(condition.key).second) {
        reader.report(
            Fault::duplicate_condition_key, key_offset,
            "the condition key " + shown(key) + " stands here a second time, in different case");
      }
      read_values(reader, values, version, condition);
      conditions.push_back(std::move(condition));
    }
  }
  return conditions;
}

}  // namespace detail
}  // namespace ringwall::policy
