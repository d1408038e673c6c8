#include "policy/detail/principals.h"

#include <algorithm>

#include "policy/detail/pattern.h"

namespace ringwall::policy::detail {
namespace {

using Naming = Document::Naming;

bool is_account(std::string_view text) {
  return text.size() == 12 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// A stored unique id: what AWS shows in place of a principal's ARN once the principal is deleted.
bool is_unique_id(std::string_view text) {
  const bool known = text.starts_with("AIDA") || text.starts_with("AROA");
  return known && text.size() >= 16 && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
         });
}

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return !text.empty() && std::ranges::find(list, text) != list.end();
}

std::unexpected<Error> refuse(std::string why) {
  return fail(Failure::invalid, std::move(why));
}

}  // namespace

Result<> Principals::add_aws(std::string_view name) {
  if (name == "*") {
    everyone_ = true;
    return {};
  }
  if (is_account(name)) {
    accounts_.emplace_back(name);
    return {};
  }
  if (is_unique_id(name)) {
    unique_ids_.emplace_back(name);
    return {};
  }
  const auto parts = arn_parts(name);
  if (!parts)
    return refuse("the principal " + shown(name) + " is neither an account, nor an ARN, nor `*`");
  if (name.find_first_of("*?$") != std::string_view::npos) {
    return refuse("the principal " + shown(name) +
                  " holds a wildcard or variable: test `aws:PrincipalArn` in a Condition instead");
  }
  const auto& [arn, partition, service, region, account, resource] = *parts;
  // CloudFront's origin access identities are the one kind of user that belongs to no account.
  const bool owned =
      is_account(account) || (account == "cloudfront" && resource.starts_with("user/"));
  if (partition.empty() || !region.empty() || !owned)
    return refuse("the principal " + shown(name) + " is not an ARN of IAM or STS");
  if (service == "iam" && resource == "root") {
    accounts_.emplace_back(account);
    return {};
  }
  const bool iam =
      service == "iam" && (resource.starts_with("user/") || resource.starts_with("role/"));
  const bool sts =
      service == "sts" &&
      (resource.starts_with("federated-user/") ||
       (resource.starts_with("assumed-role/") && std::ranges::count(resource, '/') == 2));
  if ((!iam && !sts) || resource.ends_with('/')) {
    return refuse("the principal " + shown(name) + " names no account, user, role or session");
  }
  arns_.emplace_back(name);
  return {};
}

Result<> Principals::add(std::string_view type, std::string_view name, Kind kind) {
  if (name.empty()) return refuse("an empty principal");
  if (type == "AWS") return add_aws(name);
  if (name.find_first_of("*?$") != std::string_view::npos) {
    return refuse("the principal " + shown(name) + " of type " + shown(type) +
                  " may hold no wildcard or variable");
  }
  if (type == "Service") {
    if (!name.contains('.'))
      return refuse("the service principal " + shown(name) +
                    " is not of the form `rds.amazonaws.com`");
    services_.emplace_back(name);
  } else if (type == "Federated") {
    providers_.emplace_back(name);
  } else if (kind == Kind::trust || kind == Kind::key) {
    return refuse("`CanonicalUser` is not known in a " + std::string(name_of(kind)));
  }
  // No caller here has a canonical user id, so one that is listed names nobody.
  return {};
}

Result<Principals> Principals::compile(const text::Json& element, Sense sense, Kind kind,
                                       const Source& source) {
  Principals principals;
  principals.sense_ = sense;
  if (element.is_string()) {
    if (element.as_string() != "*") {
      return source.refuse(
          element, "a principal is `*` or an object such as `{\"AWS\": \"111122223333\"}`, not " +
                       shown(element.as_string()));
    }
    principals.everyone_ = true;
    return principals;
  }
  if (!element.is_object() || element.members().empty())
    return source.refuse(element, "a principal must be `*` or an object that names someone");
  for (const auto& [type, names, offset] : element.members()) {
    if (type != "AWS" && type != "Service" && type != "Federated" && type != "CanonicalUser") {
      return source.refuse(offset, "unknown type of principal " + shown(type) +
                                       ": `AWS`, `Service`, `Federated` and `CanonicalUser` exist");
    }
    if (names.is_array() && names.items().empty())
      return source.refuse(names, "an empty list of principals");
    const auto add_one = [&](const text::Json& name) -> Result<> {
      if (!name.is_string()) return source.refuse(name, "a principal must be a string");
      const auto added = principals.add(type, name.as_string(), kind);
      return added ? Result<>() : source.refuse(name, added.error().message);
    };
    if (names.is_array()) {
      for (const auto& name : names.items()) RW_DO(add_one(name));
    } else {
      RW_DO(add_one(names));
    }
  }
  return principals;
}

bool Principals::lists_arn(std::string_view arn) const {
  return contains(arns_, arn);
}
bool Principals::lists_id(const Principal& principal) const {
  return contains(unique_ids_, principal.unique_id);
}
bool Principals::lists_account(const Principal& principal) const {
  return contains(accounts_, principal.account);
}

Naming Principals::listed(const Principal& principal) const {
  using Type = Principal::Type;
  switch (principal.type) {
    case Type::role_session:
      if (lists_arn(principal.arn)) return Naming::session;
      if (lists_arn(principal.role_arn) || lists_id(principal)) return Naming::role;
      break;
    case Type::user:
      if (lists_arn(principal.arn) || lists_id(principal)) return Naming::user;
      break;
    case Type::federated:
      if (lists_arn(principal.arn)) return Naming::session;
      if (contains(providers_, principal.provider)) return Naming::federated;
      break;
    case Type::service:
      if (contains(services_, principal.service)) return Naming::service;
      break;
    case Type::root:
    case Type::anonymous:
      break;
  }
  if (everyone_) return Naming::everyone;
  if (lists_account(principal)) return Naming::account;
  return Naming::not_named;
}

// AWS checks the account first, then the role, then the session, and denies at the first that is
// not listed. So a caller is exempt only if every one of those that it has is listed.
bool Principals::exempt(const Principal& principal) const {
  using Type = Principal::Type;
  if (everyone_) return true;
  switch (principal.type) {
    case Type::role_session:
      return lists_account(principal) && (lists_arn(principal.role_arn) || lists_id(principal)) &&
             lists_arn(principal.arn);
    case Type::user:
      return lists_account(principal) && (lists_arn(principal.arn) || lists_id(principal));
    case Type::federated:
      if (principal.account.empty()) return contains(providers_, principal.provider);
      return lists_account(principal) && lists_arn(principal.arn);
    case Type::root:
      return lists_account(principal);
    case Type::service:
      return contains(services_, principal.service);
    case Type::anonymous:
      return false;
  }
  return false;
}

Naming Principals::naming(const Principal& principal) const {
  if (sense_ == Sense::listed) return listed(principal);
  return exempt(principal) ? Naming::not_named : Naming::everyone;
}

}  // namespace ringwall::policy::detail
