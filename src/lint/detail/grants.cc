// What is allowed too widely: roles that may be passed or made, everything at once, private
// networks that are anyone's, and a key that nobody may administer.

#include <algorithm>

#include "lint/detail/subject.h"
#include "text/encode.h"

namespace ringwall::lint::detail {
namespace {

using policy::Effect;
using policy::Kind;
using policy::Listed;
using policy::Sense;
using policy::Statement;

// An action that is safe only for named resources, and the key that limits it otherwise. The six
// rules say how the statement reaches it.
struct Delicate {
  std::string_view action;
  std::string_view key;
  const Rule& star_in_resource;
  const Rule& star_in_action_and_resource;
  const Rule& star_in_resource_and_not_action;
  const Rule& not_resource;
  const Rule& star_in_action_and_not_resource;
  const Rule& not_action_and_not_resource;
};
constexpr Delicate delicate[] = {
    {"iam:PassRole", "iam:PassedToService", rule("PASS_ROLE_WITH_STAR_IN_RESOURCE"),
     rule("PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE"),
     rule("PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION"), rule("PASS_ROLE_WITH_NOT_RESOURCE"),
     rule("PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE"),
     rule("PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE")},
    {"iam:CreateServiceLinkedRole", "iam:AWSServiceName", rule("CREATE_SLR_WITH_STAR_IN_RESOURCE"),
     rule("CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE"),
     rule("CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION"), rule("CREATE_SLR_WITH_NOT_RESOURCE"),
     rule("CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE"),
     rule("CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE")},
};

// Every resource, or every role: `*`, `arn:aws:iam::*:*`, `arn:aws:iam::111122223333:role/*`.
bool is_every_role(const Listed& resource) {
  return resource.text.ends_with(":*") || resource.text.ends_with(":role/*") ||
         resource.text == "*" || resource.text.ends_with(":role*");
}

void check_delicate(const Statement& statement, const Delicate& what, Findings& findings) {
  if (!reaches(statement, what.action) || condition_on(statement, text::lower(what.key)) != nullptr)
    return;
  const bool not_action = statement.action_sense == Sense::all_but_listed;
  const bool not_resource = statement.resource_sense == Sense::all_but_listed;
  const auto every = std::ranges::find_if(statement.resources, is_every_role);
  if (!not_resource && every == statement.resources.end()) return;
  // Where it stands: the action that reaches it, or the statement.
  const auto at = std::ranges::find_if(statement.actions, [&](const Listed& one) {
    return covers(one.text == "*:*" ? "*" : one.text, what.action, text::Case::ignore);
  });
  const bool star =
      at != statement.actions.end() && at->text.find_first_of("*?") != std::string::npos;
  const Rule& found =
      not_action
          ? (not_resource ? what.not_action_and_not_resource : what.star_in_resource_and_not_action)
      : star
          ? (not_resource ? what.star_in_action_and_not_resource : what.star_in_action_and_resource)
          : (not_resource ? what.not_resource : what.star_in_resource);
  const std::uint32_t offset =
      at != statement.actions.end() && !not_action ? at->offset : statement.offset;
  findings.add(
      found, offset,
      shown(what.action) + " is allowed " +
          (not_resource ? "on everything that `NotResource` leaves" : "on " + shown(every->text)) +
          " without a condition on " + shown(what.key));
}

void check_everything(const Statement& statement, Findings& findings) {
  const auto is_star = [](const Listed& one) { return one.text == "*" || one.text == "*:*"; };
  const auto action = std::ranges::find_if(statement.actions, is_star);
  if (statement.action_sense != Sense::listed || statement.resource_sense != Sense::listed ||
      action == statement.actions.end() || !statement.conditions.empty() ||
      std::ranges::none_of(statement.resources, is_star))
    return;
  findings.add(rule("FULL_ACCESS"), action->offset, "every action is allowed on every resource");
}

// A private address says nothing without the network in which it is.
void check_pairs(const Statement& statement, Findings& findings) {
  const policy::Condition* const address = condition_on(statement, "aws:vpcsourceip");
  if (address == nullptr) return;
  for (const std::string_view network : {"aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn"}) {
    if (condition_on(statement, network) != nullptr) return;
  }
  findings.add(
      rule("MISSING_PAIRED_CONDITION_KEYS"), address->offset,
      shown(address->key_name) + " is the same in many networks: the statement names none");
}

// A key policy is about its one key and its service.
void check_key_statement(const Statement& statement, Findings& findings) {
  for (const Listed& action : statement.actions) {
    if (text::lower(action.text).starts_with("kms:") || action.text.starts_with('*')) continue;
    findings.add(rule("UNSUPPORTED_ACTION_IN_POLICY"), action.offset,
                 "a key policy decides actions of `kms:` only, not " + shown(action.text));
  }
  for (const Listed& resource : statement.resources) {
    if (resource.text == "*" || resource.text.contains(":kms:")) continue;
    findings.add(rule("UNSUPPORTED_RESOURCE_ARN_IN_POLICY"), resource.offset,
                 shown(resource.text) + " is no key");
  }
}

void check_key_policy(const Subject& subject, Findings& findings) {
  const auto& statements = subject.syntax.statements;
  if (subject.kind != Kind::key || statements.empty()) return;
  for (const Statement& statement : statements) check_key_statement(statement, findings);
  const bool somebody = std::ranges::any_of(statements, [](const Statement& statement) {
    return statement.effect == Effect::allow && statement.principals &&
           !statement.principals->names.empty() && reaches(statement, "kms:PutKeyPolicy");
  });
  if (somebody) return;
  findings.add(rule("KEY_POLICY_MAY_LOCK_OUT"), statements.front().offset,
               "no statement allows `kms:PutKeyPolicy`, and without one for the account's root "
               "identity policies give nothing");
}

}  // namespace

void check_grants(const Subject& subject, Findings& findings) {
  const bool of_identity = subject.kind == Kind::identity || subject.kind == Kind::session;
  for (const Statement& statement : subject.syntax.statements) {
    check_pairs(statement, findings);
    if (!of_identity || statement.effect != Effect::allow) continue;
    for (const Delicate& one : delicate) check_delicate(statement, one, findings);
    check_everything(statement, findings);
  }
  check_key_policy(subject, findings);
}

}  // namespace ringwall::lint::detail
