// The document as a whole: its version, its statements' names, and statements that say the same.

#include <algorithm>
#include <map>

#include "lint/detail/subject.h"
#include "policy/quotas.h"

namespace ringwall::lint::detail {
namespace {

using text::Json;

// What a statement says, its name aside and its members in one order.
std::string meaning_of(const Json& statement) {
  std::vector<std::string> members;
  for (const Json::Member& member : statement.members()) {
    if (member.key != "Sid") members.push_back(member.key + ":" + member.value.dump());
  }
  std::ranges::sort(members);
  std::string meaning;
  for (const std::string& member : members) meaning += member + "\n";
  return meaning;
}

enum class JsonType : std::uint8_t { text, number, boolean, other };
JsonType type_of(const Json& value) {
  if (value.is_string()) return JsonType::text;
  if (value.is_number()) return JsonType::number;
  return value.is_bool() ? JsonType::boolean : JsonType::other;
}

void check_value_types(const Json& keys, Findings& findings) {
  for (const Json::Member& key : keys.members()) {
    const Json::Array& values = key.value.items();
    const auto other = std::ranges::find_if(
        values, [&](const Json& one) { return type_of(one) != type_of(values.front()); });
    if (other == values.end() || type_of(*other) == JsonType::other) continue;
    findings.add(rule("INVALID_CONDITION_DATA_TYPE"), other->offset(),
                 "the values of " + shown(key.key) + " are of several JSON types");
  }
}

void check_statement(const Json& statement, Findings& findings) {
  if (const Json* sid = statement.find("Sid"); sid != nullptr && sid->is_string()) {
    if (sid->as_string().empty())
      findings.add(rule("EMPTY_SID_VALUE"), sid->offset(), "the `Sid` is empty");
  }
  const Json* condition = statement.find("Condition");
  if (condition == nullptr || !condition->is_object()) return;
  if (condition->members().empty()) {
    findings.add(rule("EMPTY_OBJECT_CONDITION"), condition->offset(),
                 "the condition is empty and restricts nothing");
  }
  for (const auto& [name, keys, offset] : condition->members()) {
    check_value_types(keys, findings);
    if (keys.is_object() && keys.members().empty()) {
      findings.add(rule("EMPTY_OBJECT_CONDITION"), offset,
                   shown(name) + " names no key and restricts nothing");
    }
  }
}

// A list or value that holds a variable, where variables are not replaced.
void check_variables(const std::vector<policy::Listed>& listed, Findings& findings) {
  for (const policy::Listed& one : listed) {
    const std::size_t start = one.text.find("${");
    if (start == std::string::npos || one.text.find('}', start) == std::string::npos) continue;
    findings.add(rule("VARIABLE_UNSUPPORTED_IN_VERSION"), one.offset,
                 "the variable in " + shown(one.text) +
                     " is not replaced: the document is not of version `2012-10-17`");
  }
}

// Whether a policy is inline or has an ARN, its text does not say; the grammar refuses what fits
// neither.
void check_size(const Subject& subject, Findings& findings) {
  if (subject.kind != policy::Kind::identity) return;
  const std::size_t size = policy::characters_of(subject.text, subject.kind);
  const std::size_t size_max = policy::characters_max(subject.kind);
  if (size <= size_max || size > policy::inline_policy_characters_max) return;
  findings.add(rule("POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"), 0,
               "an identity-based policy of " + std::to_string(size) + " characters: a managed policy has at most " +
                   std::to_string(size_max) + ", and inline policies together " +
                   std::to_string(policy::inline_policy_characters_max) + " in a role, " +
                   std::to_string(policy::group_inline_characters_max) + " in a group, " +
                   std::to_string(policy::user_inline_characters_max) + " in a user");
}

}  // namespace

void check_document(const Subject& subject, Findings& findings) {
  const Json& document = subject.document;
  if (!document.is_object()) return;
  check_size(subject, findings);
  const bool version_required =
      subject.kind == policy::Kind::scp || subject.kind == policy::Kind::rcp;
  if (!document.contains("Version") && !version_required)
    findings.add(rule("MISSING_VERSION"), document.offset(), "the document has no `Version`");

  std::map<std::string, std::uint32_t> meanings;
  const Json& element = document["Statement"];
  if (element.is_object()) check_statement(element, findings);
  for (const Json& statement : element.items()) {
    if (!statement.is_object()) continue;
    check_statement(statement, findings);
    const auto [first, fresh] = meanings.try_emplace(meaning_of(statement), statement.offset());
    if (fresh) continue;
    const text::Position at = text::position_of(subject.text, first->second);
    findings.add(rule("REDUNDANT_STATEMENT"), statement.offset(),
                 "the statement at line " + std::to_string(at.line) + ", column " +
                     std::to_string(at.column) + " says the same");
  }

  if (subject.syntax.version == policy::Version::v2012_10_17) return;
  for (const policy::Statement& statement : subject.syntax.statements) {
    check_variables(statement.resources, findings);
    for (const policy::Condition& condition : statement.conditions)
      check_variables(condition.values, findings);
  }
}

}  // namespace ringwall::lint::detail
