// Who is named: ids instead of ARNs, services on behalf of anyone, everyone, and whom NotPrincipal
// misses.

#include <algorithm>

#include "lint/detail/subject.h"

namespace ringwall::lint::detail {
namespace {

using policy::Effect;
using policy::Kind;
using policy::PrincipalName;
using policy::Sense;
using Type = policy::PrincipalName::Type;

bool is_about_source(const policy::Condition& condition) {
  static constexpr std::string_view keys[] = {"aws:sourcearn", "aws:sourceaccount",
                                              "aws:sourceorgid", "aws:sourceorgpaths",
                                              "aws:sourceowner"};
  return std::ranges::find(keys, condition.key) != std::end(keys);
}

// Services that assume a role for the instance or function that has it, and so for nobody else.
bool assumes_for_its_own(std::string_view service) {
  return service.starts_with("ec2.") || service.starts_with("lambda.");
}

void check_reference(const PrincipalName& name, Findings& findings) {
  if (name.type != Type::unique_id) return;
  const bool role = name.value.starts_with("AROA");
  findings.add(role ? rule("INVALID_ROLE_REFERENCE") : rule("INVALID_USER_REFERENCE"), name.offset,
               shown(name.value) + " is the unique id of a " + (role ? "role" : "user"));
}

void check_service(const Subject& subject, const policy::Statement& statement,
                   const PrincipalName& name, Findings& findings) {
  if (name.type != Type::service || statement.effect != Effect::allow ||
      statement.principals->sense != Sense::listed ||
      std::ranges::any_of(statement.conditions, is_about_source))
    return;
  if (subject.kind == Kind::resource || subject.kind == Kind::key) {
    findings.add(rule("RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL"), name.offset,
                 shown(name.value) + " is allowed on behalf of any account");
  } else if (subject.kind == Kind::trust && !assumes_for_its_own(name.value)) {
    findings.add(rule("RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL"), name.offset,
                 shown(name.value) + " may assume the role on behalf of any account");
  }
}

void check_repeated(const policy::Principals& principals, Findings& findings) {
  if (principals.names.size() > repetition_list_max) return;
  const auto everyone = std::ranges::find(principals.names, Type::everyone, &PrincipalName::type);
  for (auto one = principals.names.begin(); one != principals.names.end(); ++one) {
    if (everyone != principals.names.end() && one != everyone && one->type != Type::service &&
        one->type != Type::federated) {
      findings.add(rule("REDUNDANT_PRINCIPAL"), one->offset, "`*` covers " + shown(one->value));
      continue;
    }
    const bool before = std::any_of(principals.names.begin(), one, [&](const PrincipalName& other) {
      return other.type == one->type && other.value == one->value;
    });
    if (before) {
      findings.add(rule("REDUNDANT_PRINCIPAL"), one->offset,
                   shown(one->value) + " stands here a second time");
    }
  }
}

void check_everyone(const Subject& subject, const policy::Statement& statement,
                    Findings& findings) {
  const bool public_kind =
      subject.kind == Kind::resource || subject.kind == Kind::key || subject.kind == Kind::trust;
  if (!public_kind || statement.effect != Effect::allow || !statement.conditions.empty() ||
      statement.principals->sense != Sense::listed)
    return;
  const auto everyone =
      std::ranges::find(statement.principals->names, Type::everyone, &PrincipalName::type);
  if (everyone == statement.principals->names.end()) return;
  findings.add(rule("PUBLIC_ACCESS"), everyone->offset,
               "`*` without a condition is everyone, in every account and in none");
}

// Of `arn:aws:iam::111122223333:role/name`: 111122223333.
std::string_view account_of(std::string_view arn) {
  for (int i = 0; i < 4; ++i) arn.remove_prefix(std::min(arn.find(':'), arn.size() - 1) + 1);
  return arn.substr(0, arn.find(':'));
}

// A caller is exempt from a Deny only if every name that the request bears is listed: the session,
// the role and the account.
void check_exempt(const policy::Statement& statement, Findings& findings) {
  const auto& names = statement.principals->names;
  if (statement.principals->sense != Sense::all_but_listed || statement.effect != Effect::deny ||
      names.size() > repetition_list_max)
    return;
  for (const PrincipalName& name : names) {
    if (name.type != Type::arn) continue;
    const std::string_view account = account_of(name.value);
    const bool account_listed = std::ranges::any_of(names, [&](const PrincipalName& other) {
      return other.type == Type::account && other.value == account;
    });
    if (!account_listed) {
      findings.add(rule("NOT_PRINCIPAL_MISSES_ACCOUNT"), name.offset,
                   shown(name.value) + " is denied all the same: its account " + shown(account) +
                       " is not listed");
    }
    const std::size_t role = name.value.find(":role/");
    if (role == std::string::npos) continue;
    const std::string sessions = ":" + std::string(account) + ":assumed-role/" +
                                 name.value.substr(name.value.rfind('/') + 1) + "/";
    const bool session_listed = std::ranges::any_of(names, [&](const PrincipalName& other) {
      return other.type == Type::arn && other.value.contains(sessions);
    });
    if (session_listed) continue;
    findings.add(rule("NOT_PRINCIPAL_MISSES_SESSIONS"), name.offset,
                 "no session of " + shown(name.value) + " is listed, and so each is denied");
  }
}

}  // namespace

void check_principals(const Subject& subject, Findings& findings) {
  for (const policy::Statement& statement : subject.syntax.statements) {
    if (!statement.principals) continue;
    for (const PrincipalName& name : statement.principals->names) {
      check_reference(name, findings);
      check_service(subject, statement, name, findings);
    }
    check_repeated(*statement.principals, findings);
    check_everyone(subject, statement, findings);
    check_exempt(statement, findings);
  }
}

}  // namespace ringwall::lint::detail
