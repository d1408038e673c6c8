// The Principal and NotPrincipal elements: the forms in which someone may be named.

#include <algorithm>

#include "policy/detail/reader.h"
#include "policy/detail/values.h"

namespace ringwall::policy::detail {
namespace {

using Type = PrincipalName::Type;

struct Name {
  Type type;
  std::string value;
};

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

// A role's session in a bound text: AROA…:name. The name is of the characters that STS takes.
bool is_session_id(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !text.starts_with("AROA")) return false;
  const std::string_view session = text.substr(colon + 1);
  return is_unique_id(text.substr(0, colon)) && !session.empty() && !session.contains(':');
}

std::unexpected<Flaw> refuse(std::string why) {
  return flaw(Fault::invalid_principal, std::move(why));
}

Checked<Name> aws_name(std::string_view name, Names names) {
  if (name == "*") return Name{Type::everyone, "*"};
  if (is_account(name)) return Name{Type::account, std::string(name)};
  if (is_unique_id(name) || (names == Names::bound && is_session_id(name)))
    return Name{Type::unique_id, std::string(name)};
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
  if (service == "iam" && resource == "root") return Name{Type::account, std::string(account)};
  const bool iam =
      service == "iam" && (resource.starts_with("user/") || resource.starts_with("role/"));
  const bool sts =
      service == "sts" &&
      (resource.starts_with("federated-user/") ||
       (resource.starts_with("assumed-role/") && std::ranges::count(resource, '/') == 2));
  if ((!iam && !sts) || resource.ends_with('/'))
    return refuse("the principal " + shown(name) + " names no account, user, role or session");
  return Name{Type::arn, std::string(name)};
}

Checked<Name> name_of_type(std::string_view type, std::string_view name, const Reader& reader) {
  if (name.empty()) return refuse("an empty principal");
  if (type == "AWS") return aws_name(name, reader.names());
  if (name.find_first_of("*?$") != std::string_view::npos) {
    return refuse("the principal " + shown(name) + " of type " + shown(type) +
                  " may hold no wildcard or variable");
  }
  if (type == "Service") {
    if (name.contains('.')) return Name{Type::service, std::string(name)};
    return refuse("the service principal " + shown(name) +
                  " is not of the form `rds.amazonaws.com`");
  }
  if (type == "Federated") return Name{Type::federated, std::string(name)};
  if (reader.kind() == Kind::trust || reader.kind() == Kind::key)
    return refuse("`CanonicalUser` is not known in a " + std::string(policy::name_of(reader.kind())));
  return Name{Type::canonical_user, std::string(name)};
}

}  // namespace

Principals read_principals(Reader& reader, const text::Json& element, Sense sense) {
  Principals principals{.sense = sense, .names = {}};
  if (element.is_string()) {
    if (element.as_string() != "*") {
      reader.report(Fault::invalid_principal, element,
                    "a principal is `*` or an object such as `{\"AWS\": \"111122223333\"}`, not " +
                        shown(element.as_string()));
    }
    principals.names.push_back({Type::everyone, "*", element.offset()});
    return principals;
  }
  if (!element.is_object() || element.members().empty()) {
    reader.report(Fault::invalid_principal, element,
                  "a principal must be `*` or an object that names someone");
    return principals;
  }
  for (const auto& [type, names, offset] : element.members()) {
    if (type != "AWS" && type != "Service" && type != "Federated" && type != "CanonicalUser") {
      reader.report(Fault::invalid_principal, offset,
                    "unknown type of principal " + shown(type) +
                        ": `AWS`, `Service`, `Federated` and `CanonicalUser` exist");
      continue;
    }
    const auto add = [&, &kind_of = type](const text::Json& item) {
      if (!item.is_string())
        return reader.report(Fault::wrong_type, item, "a principal must be a string");
      auto name = name_of_type(kind_of, item.as_string(), reader);
      if (!name) return reader.report(name.error(), item);
      principals.names.push_back({name->type, std::move(name->value), item.offset()});
    };
    if (!names.is_array()) {
      add(names);
    } else if (names.items().empty()) {
      reader.report(Fault::empty_list, names, "an empty list of principals");
    } else {
      for (const auto& name : names.items()) add(name);
    }
  }
  return principals;
}

}  // namespace ringwall::policy::detail
