// What statements of a data perimeter forget (beside the Region of a VPC: networks.cc): that some services do not say through whose endpoint a request came, that service-linked roles cannot
// come from one's own network, and that a restore has its encryption from what is restored.

#include <algorithm>

#include "catalogue/network_keys.h"
#include "lint/detail/subject.h"
#include "text/encode.h"

namespace ringwall::lint::detail {
namespace {

using policy::Condition;
using policy::Effect;
using policy::Family;
using policy::Kind;
using policy::Listed;
using policy::Sense;
using policy::Statement;

// A negated test, and one with IfExists, holds where the key is absent.
bool holds_on_absence(const Statement& statement, const Condition& condition) {
  const bool asks = condition.op->family != Family::null && (condition.op->negated || condition.if_exists) &&
                    condition.quantifier != policy::Quantifier::any_value;
  return asks && std::ranges::none_of(statement.conditions, [&](const Condition& other) {
           return other.key == condition.key && other.op->family == Family::null &&
                  other.values.size() == 1 && other.values[0].text == "false";
         });
}

// Of the statement's actions one whose requests never have the key; empty if there is none.
std::string action_without(const Statement& statement, catalogue::NetworkKey key) {
  if (statement.action_sense == Sense::all_but_listed) return "what `NotAction` leaves";
  const auto services = catalogue::services_with(key);
  for (const Listed& action : statement.actions) {
    const std::string lower = text::lower(action.text);
    const std::string_view service = std::string_view(lower).substr(0, lower.find(':'));
    const bool served = std::ranges::find(services, service) != services.end();
    const bool named = lower.find_first_of("*?") == std::string::npos;
    if (!served || (named && !catalogue::carries(action.text, key))) return shown(action.text);
  }
  return {};
}

// A Deny that tells networks in another way as well falls back on that where the key is absent.
bool spares_otherwise(const Statement& statement) {
  if (statement.effect != Effect::deny) return false;
  static constexpr std::string_view everywhere[] = {"aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip"};
  return std::ranges::any_of(statement.conditions, [](const Condition& condition) {
    return condition.op->family != Family::null && std::ranges::find(everywhere, condition.key) != std::end(everywhere);
  });
}

void check_endpoint_keys(const Statement& statement, Findings& findings) {
  if (spares_otherwise(statement)) return;
  for (const Condition& condition : statement.conditions) {
    const auto key = catalogue::network_key_of(condition.key);
    if (!key || !holds_on_absence(statement, condition)) continue;
    const std::string without = action_without(statement, *key);
    if (without.empty()) continue;
    findings.add(rule("CONDITION_KEY_ABSENT_IN_SERVICE"), condition.offset,
                 shown(condition.key_name) + " is never in requests for " + without +
                     ", so that " + shown(condition.operator_name) + " always holds there");
  }
}

// A Deny to all who do not come from one's networks, on a resource: service control and resource
// control policies do not bind service-linked roles, a resource's own policy does.
void check_service_linked(const Subject& subject, const Statement& statement, Findings& findings) {
  const bool on_resource = subject.kind == Kind::resource || subject.kind == Kind::key;
  if (!on_resource || statement.effect != Effect::deny || !statement.principals ||
      statement.principals->sense != Sense::listed ||
      std::ranges::none_of(statement.principals->names, [](const policy::PrincipalName& name) {
        return name.type == policy::PrincipalName::Type::everyone;
      }))
    return;
  static constexpr std::string_view networks[] = {"aws:sourceip",    "aws:sourcevpc", "aws:sourcevpce",
                                                  "aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid",
                                                  "aws:vpceorgpaths", "aws:vpcsourceip"};
  const Condition* network = nullptr;
  for (const Condition& condition : statement.conditions) {
    const bool of_network = std::ranges::find(networks, condition.key) != std::end(networks);
    if (of_network && condition.op->negated) network = &condition;
    // They call from AWS's networks, and so from no VPC that is named.
    if ((condition.key == "aws:sourcevpc" || condition.key == "aws:sourcevpce") && !condition.op->negated && !condition.if_exists &&
        condition.op->family != policy::Family::null)
      return;
    // Whoever is told apart by who it is can be spared, and so may service-linked roles.
    if (condition.key.starts_with("aws:principal") && condition.key != "aws:principalisawsservice" &&
        condition.key != "aws:principalorgid" && condition.key != "aws:principalaccount")
      return;
  }
  if (network == nullptr) return;
  findings.add(rule("DENY_REACHES_SERVICE_LINKED_ROLES"), network->offset,
               shown(network->key_name) + " is denied to service-linked roles too, which call from AWS's networks");
}

bool is_restore(const Listed& action) {
  const std::string lower = text::lower(action.text);
  return lower == "rds:*" || lower == "*" || lower.starts_with("rds:restore");
}

void check_restore(const Statement& statement, Findings& findings) {
  const Condition* const encrypted = condition_on(statement, "rds:storageencrypted");
  if (encrypted == nullptr || statement.effect != Effect::deny || statement.action_sense != Sense::listed) return;
  const auto restore = std::ranges::find_if(statement.actions, is_restore);
  if (restore == statement.actions.end()) return;
  findings.add(rule("ENCRYPTION_DENY_AT_RESTORE"), encrypted->offset,
               "a restore by " + shown(restore->text) + " asks for no encryption, whether its source is encrypted or not");
}

}  // namespace

void check_perimeter(const Subject& subject, Findings& findings) {
  for (const Statement& statement : subject.syntax.statements) {
    check_endpoint_keys(statement, findings);
    check_service_linked(subject, statement, findings);
    check_restore(statement, findings);
  }
}

}  // namespace ringwall::lint::detail
