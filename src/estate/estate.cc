#include "estate/estate.h"

#include "base/check.h"
#include "text/time.h"

namespace ringwall::estate {
namespace {

using Type = policy::Principal::Type;

// What an account's root may do before SCPs bind it: everything.
const authz::Named& root_identity() {
  static const authz::Named all = [] {
    auto document = policy::compile(
        R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})",
        policy::Kind::identity);
    RW_CHECK(document.has_value());
    return authz::Named{"the account's root user", *std::move(document)};
  }();
  return all;
}

// Was the session made by GetFederationToken, for a user or root of the caller's account?
bool is_federated_user(const policy::Principal& caller, const Session* session) {
  return caller.type == Type::federated && !caller.account.empty() && session != nullptr;
}

// The user or role behind a caller; null if there is none, or if it is a namesake: a role deleted
// and made again is another role, and sessions of the old one get nothing from it.
const Principal* principal_behind(const Estate& estate, const policy::Principal& caller,
                                  const Session* session) {
  const bool federated = is_federated_user(caller, session);
  if (caller.type != Type::user && caller.type != Type::role_session && !federated) return nullptr;
  const Principal* principal = estate.principal(federated ? session->issuer_arn
                                                : caller.type == Type::role_session
                                                    ? caller.role_arn
                                                    : caller.arn);
  const Type type = federated ? Type::user : caller.type;
  if (principal == nullptr || principal->type != type || principal->account != caller.account)
    return nullptr;
  return principal->unique_id == (federated ? session->issuer_id : caller.unique_id) ? principal
                                                                                       : nullptr;
}

// A root, or a federated user that a root made.
bool stands_on_root(const policy::Principal& caller, const Session* session) {
  return caller.type == Type::root ||
         (is_federated_user(caller, session) &&
          session->issuer_arn == "arn:aws:iam::" + caller.account + ":root");
}

bool holds_temporary_credentials(const policy::Principal& caller, const Session* session) {
  return session != nullptr || caller.type == Type::role_session ||
         (caller.type == Type::federated && !caller.account.empty());
}

void set_if(policy::Context& context, std::string_view key, const std::string& value) {
  if (!value.empty()) context.set(key, value);
}

void add_organization(const Estate& estate, std::string_view account, const std::string& prefix,
                      policy::Context& context) {
  const std::string& path = estate.org_path(account);
  if (path.empty() || !estate.organization) return;
  context.set(prefix + "OrgID", estate.organization->id);
  context.set(prefix + "OrgPaths", std::vector<std::string>{path});
}

void add_names(const policy::Principal& caller, const Principal* principal, const Session* session,
               policy::Context& context) {
  switch (caller.type) {
    case Type::root:
      context.set("aws:PrincipalArn", caller.arn);
      context.set("aws:PrincipalType", "Account");
      context.set("aws:userid", caller.account);
      break;
    case Type::user:
      context.set("aws:PrincipalArn", caller.arn);
      context.set("aws:PrincipalType", "User");
      set_if(context, "aws:userid", caller.unique_id);
      if (principal != nullptr) context.set("aws:username", principal->name);
      break;
    case Type::role_session:
      context.set("aws:PrincipalArn", caller.role_arn);
      context.set("aws:PrincipalType", "AssumedRole");
      if (session != nullptr) context.set("aws:userid", caller.unique_id + ":" + session->name);
      break;
    case Type::federated:
      set_if(context, "aws:PrincipalArn", caller.arn);
      context.set("aws:PrincipalType", "FederatedUser");
      if (session != nullptr && !caller.account.empty())
        context.set("aws:userid", caller.account + ":" + session->name);
      break;
    case Type::service:
      context.set("aws:PrincipalServiceName", caller.service);
      context.set("aws:PrincipalServiceNamesList", std::vector<std::string>{caller.service});
      break;
    case Type::anonymous:
      context.set("aws:PrincipalType", "Anonymous");
      context.set("aws:userid", "anonymous");
      context.set("aws:PrincipalAccount", "anonymous");  // so AWS's page on global condition keys
      break;
  }
}

}  // namespace

const Principal* Estate::principal_by_id(std::string_view unique_id) const {
  const Alias* alias = aliases.find(unique_id);
  const Principal* found = alias == nullptr ? nullptr : principal(alias->principal_arn);
  return found != nullptr && found->unique_id == unique_id ? found : nullptr;
}

const Principal* Estate::role(std::string_view account, std::string_view name) const {
  const Alias* alias = aliases.find(std::string(account) + '/' + std::string(name));
  const Principal* found = alias == nullptr ? nullptr : principal(alias->principal_arn);
  return found != nullptr && found->account == account && found->name == name ? found : nullptr;
}

policy::DocumentPtr Estate::managed_policy(std::string_view arn) const {
  const ManagedPolicy* policy = managed_policies.find(arn);
  return policy != nullptr ? policy->document : nullptr;
}

const std::string& Estate::org_path(std::string_view id) const {
  static const std::string none;
  const Account* found = account(id);
  return found != nullptr ? found->org_path : none;
}

std::string org_path_of(const Organization& organization, const std::vector<std::string>& path) {
  if (path.empty()) return {};
  std::string joined = organization.id + "/";
  for (const std::string& part : path) joined += part + "/";
  return joined;
}

authz::Layers layers_of(const Estate& estate, const policy::Principal& caller,
                        const Session* session) {
  authz::Layers layers;
  const Principal* principal = principal_behind(estate, caller, session);
  if (principal != nullptr) {
    layers.identity = principal->identity;
    layers.boundary = principal->boundary ? &*principal->boundary : nullptr;
  } else if (stands_on_root(caller, session) && estate.mine(caller.account)) {
    layers.identity = {&root_identity(), 1};
  }
  // A federated user without session policies may do nothing by its identity.
  if (session != nullptr && (!session->policies.empty() || is_federated_user(caller, session)))
    layers.session = session->policies;
  const bool service_linked =
      caller.service_linked || (principal != nullptr && principal->service_linked);
  const Account* account = estate.account(caller.account);
  if (account != nullptr && !service_linked) layers.scps = account->scps;
  return layers;
}

policy::Context global_context(const Estate& estate, const policy::Principal& caller,
                               const Session* session, std::string_view resource_account) {
  policy::Context context;
  const Principal* principal = principal_behind(estate, caller, session);
  add_names(caller, principal, session, context);
  const bool is_service = caller.type == Type::service;
  if (caller.type != Type::anonymous)  // only signed requests have it
    context.set("aws:PrincipalIsAWSService", is_service ? "true" : "false");
  context.set("aws:ViaAWSService", "false");  // a call that a service passes on says so over this
  if (!is_service && caller.type != Type::anonymous) {
    set_if(context, "aws:PrincipalAccount", caller.account);
    add_organization(estate, caller.account, "aws:Principal", context);
  }
  if (principal != nullptr) {
    for (const auto& [key, value] : principal->tags) context.set("aws:PrincipalTag/" + key, value);
  }
  if (session != nullptr) {
    for (const auto& [key, value] : session->tags) context.set("aws:PrincipalTag/" + key, value);
    if (session->issued_ms != 0)
      context.set("aws:TokenIssueTime", text::iso8601(text::from_millis(session->issued_ms)));
    set_if(context, "aws:SourceIdentity", session->source_identity);
  }
  if (holds_temporary_credentials(caller, session))
    context.set("aws:MultiFactorAuthPresent", "false");
  if (!resource_account.empty()) {
    context.set("aws:ResourceAccount", std::string(resource_account));
    add_organization(estate, resource_account, "aws:Resource", context);
  }
  return context;
}

}  // namespace ringwall::estate
