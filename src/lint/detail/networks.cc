// VPCs and endpoints by their ids, which are unique within a Region only: is the Region asked for too?

#include <algorithm>

#include "lint/detail/subject.h"

namespace ringwall::lint::detail {
namespace {

using policy::Condition;
using policy::Effect;
using policy::Statement;

bool tells_a_network(const Condition& condition) {
  return (condition.key == "aws:sourcevpc" || condition.key == "aws:sourcevpce") && condition.op->family != policy::Family::null;
}

bool tells_a_region(const Condition& condition) {
  return (condition.key == "aws:requestedregion" || condition.key == "aws:sourcevpcarn") && condition.op->family != policy::Family::null;
}

// Does another statement deny what comes from a network of this id and another Region?
bool is_denied_elsewhere(const Subject& subject, std::string_view key, const std::string& id) {
  return std::ranges::any_of(subject.syntax.statements, [&](const Statement& statement) {
    if (statement.effect != Effect::deny) return false;
    const auto names_it = [&](const Condition& condition) {
      return condition.key == key && !condition.op->negated &&
             std::ranges::any_of(condition.values, [&](const policy::Listed& value) { return value.text == id; });
    };
    const auto of_another = [](const Condition& condition) { return tells_a_region(condition) && condition.op->negated; };
    return std::ranges::any_of(statement.conditions, names_it) && std::ranges::any_of(statement.conditions, of_another);
  });
}

// A resource whose ARN has a Region is reached in that Region.
bool is_of_a_region(const Statement& statement) {
  const auto has_region = [](const policy::Listed& resource) {
    std::string_view rest = resource.text;
    for (int part = 0; part < 3; ++part) {
      const std::size_t colon = rest.find(':');
      if (colon == std::string_view::npos) return false;
      rest.remove_prefix(colon + 1);
    }
    const std::string_view region = rest.substr(0, rest.find(':'));
    return !region.empty() && region.find_first_of("*?$") == std::string_view::npos;
  };
  return statement.resource_sense == policy::Sense::listed && !statement.resources.empty() &&
         std::ranges::all_of(statement.resources, has_region);
}

}  // namespace

void check_networks(const Subject& subject, Findings& findings) {
  if (subject.kind == policy::Kind::key) return;  // a key lies in one Region
  for (const Statement& statement : subject.syntax.statements) {
    const bool allows = statement.effect == Effect::allow;
    if (is_of_a_region(statement)) continue;
    if (allows && std::ranges::any_of(statement.conditions, tells_a_region)) continue;
    for (const Condition& condition : statement.conditions) {
      // What lets a network in: an allow that names it, or a denial of all others.
      if (!tells_a_network(condition) || condition.op->negated == allows) continue;
      const auto open = std::ranges::find_if(condition.values, [&](const policy::Listed& value) {
        return !is_denied_elsewhere(subject, condition.key, value.text);
      });
      if (open == condition.values.end()) continue;
      findings.add(rule("SOURCE_VPC_WITHOUT_REGION"), condition.offset,
                   shown(open->text) + " is unique within its Region only, and the Region is not asked for");
    }
  }
}

}  // namespace ringwall::lint::detail
