// Conditions: does the key exist, does the operator fit its type, does the qualifier fit its number
// of values.

#include <algorithm>

#include "lint/detail/subject.h"

namespace ringwall::lint::detail {
namespace {

using catalogue::ConditionKey;
using catalogue::KeyType;
using policy::Condition;
using policy::Family;
using policy::Quantifier;

// The operators that a key's type goes with, named for people.
std::string_view operators_for(KeyType type) {
  switch (type) {
    case KeyType::string:
      return "a string operator";
    case KeyType::arn:
      return "an ARN operator";
    case KeyType::boolean:
      return "`Bool`";
    case KeyType::number:
      return "a numeric operator";
    case KeyType::date:
      return "a date operator";
    case KeyType::address:
      return "`IpAddress` or `NotIpAddress`";
  }
  return "";
}

// AWS documents some keys as strings whose values are ARNs.
bool holds_arns(const ConditionKey& key, std::string_view lower_name) {
  return key.type == KeyType::arn ||
         (key.type == KeyType::string && (lower_name.ends_with("arn") || lower_name.ends_with("arns")));
}

bool fits(Family family, const ConditionKey& key, std::string_view lower_name) {
  switch (family) {
    case Family::null:
      return true;
    case Family::text:
    case Family::text_ignoring_case:
    case Family::text_like:
      return key.type == KeyType::string || key.type == KeyType::arn;
    case Family::arn:
      return holds_arns(key, lower_name);
    case Family::number:
      return key.type == KeyType::number || lower_name == "aws:epochtime";
    case Family::date:
      return key.type == KeyType::date;
    case Family::boolean:
      return key.type == KeyType::boolean;
    case Family::address:
      return key.type == KeyType::address;
    case Family::binary:
      return key.type == KeyType::string;
  }
  return true;
}

void check_unknown_key(const Subject& subject, const Condition& condition, Findings& findings) {
  const std::string_view key = condition.key;
  const std::string prefix(key.substr(0, key.find(':')));
  if (key == "aws:arn") {
    return findings.add(
        rule("DEPRECATED_GLOBAL_CONDITION_KEY"), condition.offset,
        shown(condition.key_name) +
            " is deprecated: `aws:PrincipalArn` and `aws:SourceArn` say which is meant");
  }
  std::string tagged(key);
  tagged += key.ends_with('/') ? "name" : "/name";
  if (subject.catalogue.condition_key(tagged)) {
    return findings.add(rule("MISSING_TAG_KEY_IN_CONDITION"), condition.offset,
                        shown(condition.key_name) + " lacks the name behind the slash");
  }
  const auto hint = [](const Nearest& nearest) {
    return nearest.name().empty() ? std::string() : ": did you mean " + shown(nearest.name()) + "?";
  };
  Nearest nearest(condition.key_name);
  if (prefix == "aws") {
    for (std::size_t i = 0; i < subject.catalogue.global_key_count(); ++i)
      nearest.offer(subject.catalogue.global_key_at(i).name);
    return findings.add(
        rule("INVALID_GLOBAL_CONDITION_KEY"), condition.offset,
        "there is no global condition key " + shown(condition.key_name) + hint(nearest));
  }
  // Keys of an identity provider begin with its host's name, and every provider has its own.
  if (prefix.contains('.') || key.contains('/')) return;
  const catalogue::Service* const service = subject.catalogue.service(prefix);
  if (service == nullptr) {
    return findings.add(rule("INVALID_SERVICE_CONDITION_KEY"), condition.offset,
                        "no service has condition keys that begin with " + shown(prefix));
  }
  for (std::size_t i = 0; i < service->key_count(); ++i) nearest.offer(service->key_at(i).name);
  findings.add(rule("INVALID_SERVICE_CONDITION_KEY"), condition.offset,
               shown(service->name()) + " has no condition key " + shown(condition.key_name) +
                   hint(nearest));
}

void check_qualifier(const policy::Statement& statement, const Condition& condition,
                     const ConditionKey& key, Findings& findings) {
  const std::string name = shown(condition.key_name);
  if (condition.op->family == Family::null) return;
  if (key.multivalued && condition.quantifier == Quantifier::single) {
    findings.add(rule("MISSING_QUALIFIER"), condition.offset,
                 name + " has several values: " + shown(condition.operator_name) +
                     " needs `ForAllValues:` or `ForAnyValue:`");
  }
  if (condition.quantifier != Quantifier::all_values) return;
  if (!key.multivalued) {
    return findings.add(rule("FORALLVALUES_WITH_SINGLE_VALUED_KEY"), condition.offset,
                        name + " has one value, and `ForAllValues` holds where it is absent");
  }
  if (statement.effect != policy::Effect::allow) return;
  const bool checked = std::ranges::any_of(statement.conditions, [&](const Condition& other) {
    return other.key == condition.key && other.op->family == Family::null &&
           other.values.size() == 1 && other.values[0].text == "false";
  });
  if (!checked) {
    findings.add(rule("FORALLVALUES_WITHOUT_NULL_CHECK"), condition.offset,
                 "the statement allows requests without " + name);
  }
}

void check_type(const Condition& condition, const ConditionKey& key, Findings& findings) {
  if (!fits(condition.op->family, key, condition.key)) {
    return findings.add(
        rule("TYPE_MISMATCH"), condition.offset,
        shown(condition.key_name) + " is of type " + std::string(name_of(key.type)) + ": use " +
            std::string(operators_for(key.type)) + " instead of " + shown(condition.operator_name));
  }
  const bool wild = std::ranges::any_of(condition.values, [](const policy::Listed& value) {
    return value.text.find_first_of("*?") != std::string::npos;
  });
  // What stands behind a template's slash or colon is the user's name, which says nothing of the type.
  if (condition.op->family == Family::text_like && holds_arns(key, condition.key) && wild &&
      !key.templated()) {
    findings.add(rule("STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS"), condition.offset,
                 "under " + shown(condition.operator_name) + " a `*` in " +
                     shown(condition.key_name) + " crosses the ARN's colons");
  }
}

}  // namespace

void check_conditions(const Subject& subject, Findings& findings) {
  for (const policy::Statement& statement : subject.syntax.statements) {
    for (const Condition& condition : statement.conditions) {
      if (!condition.key.contains(':')) continue;  // the grammar said so
      const auto key = subject.catalogue.condition_key(condition.key);
      if (!key) {
        check_unknown_key(subject, condition, findings);
        continue;
      }
      check_type(condition, *key, findings);
      check_qualifier(statement, condition, *key, findings);
    }
  }
}

}  // namespace ringwall::lint::detail
