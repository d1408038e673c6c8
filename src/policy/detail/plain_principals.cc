#include "policy/detail/plain_principals.h"

#include <algorithm>

namespace ringwall::policy::plain {
namespace {

using Caller = Principal::Type;
using Type = PrincipalName::Type;

bool lists(const Principals& principals, Type type, std::string_view value) {
  return !value.empty() && std::ranges::any_of(principals.names, [&](const PrincipalName& name) {
    return name.type == type && name.value == value;
  });
}
bool lists_everyone(const Principals& principals) {
  return lists(principals, Type::everyone, "*");
}
bool lists_arn(const Principals& principals, std::string_view arn) {
  return lists(principals, Type::arn, arn);
}
bool lists_account(const Principals& principals, const Principal& caller) {
  return lists(principals, Type::account, caller.account);
}
bool lists_role(const Principals& principals, const Principal& caller) {
  return lists_arn(principals, caller.role_arn) ||
         lists(principals, Type::unique_id, caller.unique_id);
}
bool lists_session(const Principals& principals, const Principal& caller) {
  const std::string name = caller.arn.substr(caller.arn.rfind('/') + 1);
  return lists_arn(principals, caller.arn) ||
         lists(principals, Type::unique_id, caller.unique_id + ":" + name);
}
bool lists_user(const Principals& principals, const Principal& caller) {
  return lists_arn(principals, caller.arn) || lists(principals, Type::unique_id, caller.unique_id);
}

Naming listed(const Principals& principals, const Principal& caller) {
  switch (caller.type) {
    case Caller::role_session:
      if (lists_session(principals, caller)) return Naming::session;
      if (lists_role(principals, caller)) return Naming::role;
      break;
    case Caller::user:
      if (lists_user(principals, caller)) return Naming::user;
      break;
    case Caller::federated:
      if (lists_arn(principals, caller.arn)) return Naming::session;
      if (lists_arn(principals, caller.issuer_arn)) return Naming::role;
      if (lists(principals, Type::unique_id, caller.unique_id)) return Naming::role;
      if (lists(principals, Type::federated, caller.provider)) return Naming::federated;
      break;
    case Caller::service:
      if (lists(principals, Type::service, caller.service)) return Naming::service;
      break;
    case Caller::root:
    case Caller::anonymous:
      break;
  }
  if (lists_everyone(principals)) return Naming::everyone;
  if (lists_account(principals, caller)) return Naming::account;
  return Naming::not_named;
}

// AWS checks the account first, then the role, then the session, and denies at the first that is
// not listed. So a caller is exempt only if every one of those that it has is listed.
bool exempt(const Principals& principals, const Principal& caller) {
  if (lists_everyone(principals)) return true;
  switch (caller.type) {
    case Caller::role_session:
      return lists_account(principals, caller) && lists_role(principals, caller) &&
             lists_session(principals, caller);
    case Caller::user:
      return lists_account(principals, caller) && lists_user(principals, caller);
    case Caller::federated:
      if (caller.account.empty()) return lists(principals, Type::federated, caller.provider);
      return lists_account(principals, caller) && lists_arn(principals, caller.arn);
    case Caller::root:
      return lists_account(principals, caller);
    case Caller::service:
      return lists(principals, Type::service, caller.service);
    case Caller::anonymous:
      return false;
  }
  return false;
}

}  // namespace

Naming naming(const Principals& principals, const Principal& caller) {
  if (principals.sense == Sense::listed) return listed(principals, caller);
  return exempt(principals, caller) ? Naming::not_named : Naming::everyone;
}

}  // namespace ringwall::policy::plain
