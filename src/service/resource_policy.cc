#include "service/resource_policy.h"

#include "base/check.h"
#include "policy/binding.h"

namespace ringwall::service {
namespace {

using Type = policy::PrincipalName::Type;

constexpr std::string_view bound_member = "bound";

// Of the ids that are given, none has a zero: base/ports.h.
constexpr const char* user_nobody = "AIDA00000000000000000";
constexpr const char* role_nobody = "AROA00000000000000000";

// The fields that matter of "arn:aws:iam::111122223333:role/path/name".
struct Arn {
  std::string_view partition, service, account, resource;
};
Arn read_arn(std::string_view text) {
  std::string_view fields[6];
  for (std::size_t i = 0; i < 6; ++i) {
    const std::size_t colon = i == 5 ? std::string_view::npos : text.find(':');
    fields[i] = text.substr(0, colon);
    text = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  }
  return {fields[1], fields[2], fields[4], fields[5]};
}

// "assumed-role/name/session" taken apart; the role's name is empty if it is none.
struct Session {
  std::string_view role, name;
};
Session read_session(std::string_view resource) {
  constexpr std::string_view prefix = "assumed-role/";
  if (!resource.starts_with(prefix)) return {};
  resource.remove_prefix(prefix.size());
  const std::size_t slash = resource.find('/');
  if (slash == std::string_view::npos) return {};
  return {resource.substr(0, slash), resource.substr(slash + 1)};
}

// The id that stands for a principal that is named; null: the name stays. Empty: there is no such principal.
std::optional<std::string> id_of(const policy::PrincipalName& name, const estate::Estate& estate) {
  if (name.type == Type::unique_id) {
    return estate.principal_by_id(name.value) == nullptr ? std::optional(std::string()) : std::nullopt;
  }
  if (name.type != Type::arn) return std::nullopt;
  const Arn arn = read_arn(name.value);
  // Of other accounts only those that have left the organisation are known, by who is in them now.
  const std::optional<std::string> nobody = estate.mine(arn.account) ? std::optional(std::string()) : std::nullopt;
  if (arn.service == "sts") {
    const Session session = read_session(arn.resource);
    if (session.role.empty()) return std::nullopt;  // a federated user is no stored principal
    const estate::Principal* role = arn.partition == "aws" ? estate.role(arn.account, session.role) : nullptr;
    return role == nullptr ? nobody : role->unique_id + ':' + std::string(session.name);
  }
  const estate::Principal* principal = estate.principal(name.value);
  return principal == nullptr ? nobody : principal->unique_id;
}

std::optional<std::string> arn_of(const policy::PrincipalName& name, const estate::Estate& estate) {
  if (name.type != Type::unique_id) return std::nullopt;
  const std::size_t colon = name.value.find(':');
  const std::string id = name.value.substr(0, colon);
  const estate::Principal* principal = estate.principal_by_id(id);
  if (principal == nullptr) return id;
  if (colon == std::string::npos) return principal->arn;
  return "arn:aws:sts::" + principal->account + ":assumed-role/" + principal->name + '/' + name.value.substr(colon + 1);
}

std::string shown_text(std::string_view bound_text, policy::Kind kind, const estate::Estate& estate) {
  return policy::rename_principals(bound_text, kind, [&](const auto& name) { return arn_of(name, estate); }).value_or(std::string());
}

policy::DocumentPtr denying(policy::Kind kind) {
  const char* text = kind == policy::Kind::trust ? R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:*"}]})"
                                                 : R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]})";
  auto document = policy::compile(text, kind);
  RW_CHECK(document.has_value());
  return *std::move(document);
}

}  // namespace

Result<Json> bound(std::string_view text, policy::Kind kind, const estate::Estate& estate) {
  RW_DO(policy::compile(text, kind));
  std::optional<std::string> unknown;
  const auto bind = [&](const policy::PrincipalName& name) {
    std::optional<std::string> id = id_of(name, estate);
    if (id && id->empty() && !unknown) unknown = name.value;
    return id;
  };
  RW_TRY(std::string with_ids, policy::rename_principals(text, kind, bind));
  if (unknown) return fail(Failure::not_found, *std::move(unknown));
  return Json::object({{bound_member.data(), std::move(with_ids)}});
}

Result<Json> bound_late(std::string_view text, policy::Kind kind, const estate::Estate& estate, const Json& pinned,
                        std::vector<std::string>& nobody) {
  const auto bind = [&](const policy::PrincipalName& name) -> std::optional<std::string> {
    if (name.type == Type::unique_id) return std::nullopt;
    if (pinned.contains(name.value)) return pinned.str(name.value);
    std::optional<std::string> id = id_of(name, estate);
    if (!id || !id->empty()) return id;
    nobody.push_back(name.value);
    return name.value.find(":user/") != std::string::npos ? user_nobody : role_nobody;
  };
  RW_TRY(std::string with_ids, policy::rename_principals(text, kind, bind));
  return Json::object({{bound_member.data(), std::move(with_ids)}});
}

Json bound_own(std::string_view text) { return Json::object({{bound_member.data(), text}}); }

std::string_view bound_text(const Json& stored) { return stored.is_object() ? stored.text(bound_member) : std::string_view(); }

std::string shown(const Json& stored, policy::Kind kind, const estate::Estate& estate) { return shown_text(bound_text(stored), kind, estate); }

policy::DocumentPtr shown(const policy::Document& bound, const estate::Estate& estate) {
  auto readable = policy::compile(shown_text(bound.source(), bound.kind(), estate), bound.kind(), policy::Quota::waived);
  return readable ? *std::move(readable) : denying(bound.kind());
}

Result<policy::DocumentPtr> compiled(const Json& stored, policy::Kind kind) { return policy::compile_bound(bound_text(stored), kind); }

ResourcePolicy::ResourcePolicy(std::string name, const Json& stored, policy::Kind kind)
    : named_{std::move(name), compiled(stored, kind).value_or(nullptr)} {
  if (named_.document == nullptr) named_.document = denying(kind);
}

ResourcePolicy::ResourcePolicy(const estate::Principal& role) : named_(role.trust.value()) {}

std::optional<ResourcePolicy> ResourcePolicy::made_now(std::string name, std::string_view text, policy::Kind kind) {
  auto document = policy::compile_bound(text, kind);
  if (!document) return std::nullopt;
  return ResourcePolicy(authz::Named{std::move(name), *std::move(document)});
}

}  // namespace ringwall::service
