// What the grammar refuses, under AWS's codes. The faults are policy's own; where AWS tells apart
// what the grammar does not, the place in the document decides.

#include <algorithm>
#include <optional>

#include "lint/detail/subject.h"
#include "text/encode.h"

namespace ringwall::lint::detail {
namespace {

using policy::Fault;
using policy::Kind;
using text::Json;

// Where in the document something stands: the names of the members that lead to it, and its value,
// if it is one.
struct Place {
  std::vector<std::string_view> path;
  const Json* value = nullptr;

  // The n-th member's name below the statement, as `Condition`, operator, key.
  std::string_view below_statement(std::size_t n) const {
    return path.size() > n + 1 && path[0] == "Statement" ? path[n + 1] : "";
  }
};

bool find(const Json& json, std::uint32_t offset, Place& place) {
  if (json.offset() == offset) {
    place.value = &json;
    return true;
  }
  for (const Json& item : json.items()) {
    if (find(item, offset, place)) return true;
  }
  for (const Json::Member& member : json.members()) {
    place.path.push_back(member.key);
    if (member.key_offset == offset) return true;
    if (find(member.value, offset, place)) return true;
    place.path.pop_back();
  }
  return false;
}

std::uint32_t offset_of(std::string_view text, text::Position position) {
  std::size_t start = 0;
  for (std::uint32_t line = 1; line < position.line; ++line) {
    const std::size_t end = text.find('\n', start);
    if (end == std::string_view::npos) break;
    start = end + 1;
  }
  return static_cast<std::uint32_t>(std::min(start + position.column - 1, text.size()));
}

bool has_wildcard(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

const Rule& rule_for_size(Kind kind) {
  switch (kind) {
    case Kind::identity:
    case Kind::boundary:
      return rule("POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA");
    case Kind::session:
      return rule("POLICY_SIZE_EXCEEDS_SESSION_POLICY_QUOTA");
    case Kind::trust:
      return rule("POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA");
    case Kind::scp:
      return rule("POLICY_SIZE_EXCEEDS_SCP_QUOTA");
    case Kind::rcp:
      return rule("POLICY_SIZE_EXCEEDS_RCP_QUOTA");
    case Kind::resource:
    case Kind::key:
    case Kind::endpoint:
      break;
  }
  return rule("POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA");
}

const Rule& rule_for_unsupported_element(Kind kind, std::string_view element) {
  const bool of_principals = element == "Principal" || element == "NotPrincipal";
  if (of_principals && kind != Kind::trust)  // which takes the one and not the other
    return kind == Kind::scp ? rule("SCP_SYNTAX_ERROR_PRINCIPAL") : rule("UNSUPPORTED_PRINCIPAL");
  if (kind == Kind::trust && (element == "Resource" || element == "NotResource"))
    return rule("ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE");
  if (kind == Kind::rcp && element == "NotAction") return rule("RCP_SYNTAX_ERROR_NOTACTION");
  return rule("UNSUPPORTED_ELEMENT");
}

const Rule& rule_for_empty_list(const Place& place) {
  const std::string_view element = place.below_statement(0), op = place.below_statement(1);
  if (element.ends_with("Action")) return rule("EMPTY_ARRAY_ACTION");
  if (element.ends_with("Resource")) return rule("EMPTY_ARRAY_RESOURCE");
  if (element.ends_with("Principal")) return rule("EMPTY_ARRAY_PRINCIPAL");
  if (element != "Condition") return rule("MISSING_STATEMENT");
  if (op.starts_with("ForAllValues:")) return rule("EMPTY_ARRAY_CONDITION_FORALLVALUES");
  if (op.starts_with("ForAnyValue:")) return rule("EMPTY_ARRAY_CONDITION_FORANYVALUE");
  return op.ends_with("IfExists") ? rule("EMPTY_ARRAY_CONDITION_IFEXISTS")
                                  : rule("EMPTY_ARRAY_CONDITION");
}

const Rule& rule_for_principal(Kind kind, const Place& place) {
  if (kind == Kind::rcp) return rule("RCP_SYNTAX_ERROR_PRINCIPAL");
  const std::string_view type = place.below_statement(1);
  if (place.value == nullptr) return rule("INVALID_PRINCIPAL_KEY");
  if (place.value->is_object()) return rule("EMPTY_OBJECT_PRINCIPAL");
  const std::string_view name = place.value->as_string();
  if (has_wildcard(name)) {
    return kind == Kind::trust ? rule("ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL")
                               : rule("UNSUPPORTED_WILDCARD_IN_PRINCIPAL");
  }
  if (name.contains("${")) return rule("VARIABLE_UNSUPPORTED_IN_ELEMENT");
  return type == "Service" ? rule("INVALID_SERVICE_PRINCIPAL_FORMAT")
                           : rule("INVALID_PRINCIPAL_FORMAT");
}

const Rule& rule_for_action(const Place& place) {
  const std::string_view action = place.value != nullptr ? place.value->as_string() : "";
  const std::size_t colon = action.find(':');
  const bool in_service = colon != std::string_view::npos && has_wildcard(action.substr(0, colon));
  if (in_service) return rule("WILDCARD_IN_SERVICE_NAME");
  return action.contains("${") ? rule("VARIABLE_UNSUPPORTED_IN_ELEMENT") : rule("INVALID_ACTION");
}

const Rule& rule_for_resource(const Place& place) {
  std::string_view rest = place.value != nullptr ? place.value->as_string() : "";
  std::vector<std::string_view> parts;
  for (std::size_t colon; parts.size() < 5 && (colon = rest.find(':')) != std::string_view::npos;) {
    parts.push_back(rest.substr(0, colon));
    rest.remove_prefix(colon + 1);
  }
  parts.push_back(rest);
  if (parts[0] != "arn") return rule("INVALID_ARN_PREFIX");
  if (parts.size() > 2 && has_wildcard(parts[2])) return rule("WILDCARD_IN_SERVICE_NAME");
  return rule("MISSING_ARN_FIELD");
}

// The operator's family decides what was expected of its value.
const Rule& rule_for_value(const Place& place) {
  std::string_view op = place.below_statement(1);
  if (const std::size_t colon = op.find(':'); colon != std::string_view::npos)
    op.remove_prefix(colon + 1);
  if (op.ends_with("IfExists")) op.remove_suffix(std::string_view("IfExists").size());
  const auto rows = policy::operators();
  const auto row = std::ranges::find(rows, op, &policy::Operator::name);
  const bool variable = place.value != nullptr && place.value->as_string().contains("${");
  if (row == rows.end()) return rule("DATA_TYPE_MISMATCH");
  using enum policy::Family;
  switch (row->family) {
    case number:
      return variable ? rule("INVALID_VARIABLE_FOR_OPERATOR") : rule("TYPE_MISMATCH_NUMBER");
    case date:
      return variable ? rule("INVALID_VARIABLE_FOR_OPERATOR") : rule("TYPE_MISMATCH_DATE");
    case address:
      return variable ? rule("INVALID_VARIABLE_FOR_OPERATOR") : rule("TYPE_MISMATCH_IP_RANGE");
    case binary:
      return variable ? rule("INVALID_VARIABLE_FOR_OPERATOR") : rule("TYPE_MISMATCH_STRING");
    case boolean:
    case null:
      return rule("TYPE_MISMATCH_BOOLEAN");
    case arn:
      return rule("TYPE_MISMATCH_ARN");
    case text:
    case text_ignoring_case:
    case text_like:
      break;
  }
  return rule("DATA_TYPE_MISMATCH");
}

const Rule& rule_for_variable(const Place& place) {
  const std::string_view text = place.value != nullptr ? place.value->as_string() : "";
  for (std::size_t start = text.find("${"); start != std::string_view::npos;
       start = text.find("${", start + 2)) {
    const std::size_t end = text.find('}', start);
    if (end == std::string_view::npos) return rule("MISSING_BRACE_IN_VARIABLE");
    std::string_view inner = text.substr(start + 2, end - start - 2);
    if (inner == "*" || inner == "?" || inner == "$") continue;
    const std::size_t comma = inner.find(',');
    if (comma != std::string_view::npos) {
      std::string_view fallback = inner.substr(comma + 1);
      while (fallback.starts_with(' ')) fallback.remove_prefix(1);
      const bool quoted =
          fallback.size() >= 2 && fallback.starts_with('\'') && fallback.ends_with('\'');
      if (!quoted) return rule("MISSING_QUOTE_IN_VARIABLE");
      inner = inner.substr(0, comma);
    }
    if (inner.empty()) return rule("EMPTY_VARIABLE");
    if (inner.contains(' ')) return rule("UNSUPPORTED_SPACE_IN_VARIABLE");
    if (inner.find_first_of("${*?'") != std::string_view::npos || !inner.contains(':'))
      return rule("UNSUPPORTED_SYMBOL_IN_VARIABLE");
  }
  return rule("VARIABLE_UNSUPPORTED_IN_ELEMENT");  // well formed, so its place is wrong
}

const Rule& rule_for(Fault fault, Kind kind, const Place& place) {
  switch (fault) {
    case Fault::json:
      return rule("JSON_SYNTAX_ERROR");
    case Fault::size:
      return rule_for_size(kind);
    case Fault::not_an_object:
    case Fault::wrong_type:
      return rule("DATA_TYPE_MISMATCH");
    case Fault::unknown_element:
      return rule("INVALID_POLICY_ELEMENT");
    case Fault::unsupported_element:
      return rule_for_unsupported_element(kind, place.below_statement(0));
    case Fault::missing_version:
      return rule("MISSING_VERSION");
    case Fault::invalid_version:
      return rule("INVALID_VERSION");
    case Fault::missing_statement:
      return rule("MISSING_STATEMENT");
    case Fault::empty_list:
      return rule_for_empty_list(place);
    case Fault::invalid_sid:
      return rule("UNSUPPORTED_SID");
    case Fault::duplicate_sid:
      return rule("UNIQUE_SIDS_REQUIRED");
    case Fault::missing_effect:
      return rule("MISSING_EFFECT");
    case Fault::invalid_effect:
      return rule("INVALID_EFFECT");
    case Fault::conflicting_elements:
      return rule("UNSUPPORTED_ELEMENT_COMBINATION");
    case Fault::missing_principal:
      return rule("MISSING_PRINCIPAL");
    case Fault::invalid_principal:
      return rule_for_principal(kind, place);
    case Fault::allow_with_not_principal:
      return rule("ALLOW_WITH_NOT_PRINCIPAL");
    case Fault::missing_action:
      return rule("MISSING_ACTION");
    case Fault::invalid_action:
      return rule_for_action(place);
    case Fault::unsupported_action:
      return kind == Kind::rcp ? rule("RCP_SYNTAX_ERROR_ACTION")
                               : rule("UNSUPPORTED_ACTION_IN_POLICY");
    case Fault::missing_resource:
      return rule("MISSING_RESOURCE");
    case Fault::invalid_resource:
      return rule_for_resource(place);
    case Fault::rcp_must_deny:
      return rule("RCP_SYNTAX_ERROR_ALLOW");
    case Fault::unknown_operator:
      return rule("INVALID_CONDITION_OPERATOR");
    case Fault::null_with_modifier:
      return place.below_statement(1).ends_with("IfExists") ? rule("NULL_WITH_IF_EXISTS")
                                                            : rule("NULL_WITH_QUALIFIER");
    case Fault::invalid_condition_key:
      return rule("INVALID_CONDITION_KEY_FORMAT");
    case Fault::duplicate_condition_key:
      return rule("DUPLICATE_KEYS_WITH_DIFFERENT_CASE");
    case Fault::invalid_condition_value:
      return rule_for_value(place);
    case Fault::invalid_variable:
      return rule_for_variable(place);
  }
  return rule("JSON_SYNTAX_ERROR");
}

}  // namespace

void check_grammar(const Subject& subject, const std::vector<policy::Problem>& problems,
                   Findings& findings) {
  for (const policy::Problem& problem : problems) {
    const std::uint32_t offset = offset_of(subject.text, problem.position);
    Place place;
    if (!find(subject.document, offset, place)) place = {};
    findings.refuse(rule_for(problem.fault, subject.kind, place), offset, problem.message);
  }
}

}  // namespace ringwall::lint::detail
