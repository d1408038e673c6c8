#include "directory/guards.h"

#include "authz/guards.h"

namespace ringwall::directory {
namespace {

using service::Guarded;
using service::Look;
using service::Resource;

std::vector<Resource> roles_of(const Look& look, const std::string& account) {
  std::vector<Resource> all;
  look.estate.principals.for_each([&](const estate::Principal& principal) {
    if (principal.account == account && principal.type == policy::Principal::Type::role_session) all.push_back({principal.arn, account, "AWS::IAM::Role"});
  });
  return all;
}

std::optional<Guarded> guarded_role(const Look& look, const Resource& resource) {
  const estate::Principal* role = look.estate.principal(resource.arn);
  if (role == nullptr || !role->trust) return std::nullopt;
  Guarded guarded{.arn = resource.arn, .account = resource.account, .type = resource.type, .kind = authz::ResourceKind::trust,
                  .policy = {role->trust->name, service::shown(*role->trust->document, look.estate)}};
  if (const estate::Account* owner = look.estate.account(resource.account)) guarded.rcps = owner->rcps;
  guarded.tags = role->tags;
  return guarded;
}

std::optional<service::Question> question(const Look& look, const service::Caller&, const std::string& action, const std::string& arn, const std::string&) {
  const estate::Principal* role = look.estate.principal(arn);
  if (role == nullptr || !role->trust || authz::resource_kind_of(action) != authz::ResourceKind::trust) return std::nullopt;
  service::Question asked{.action = action, .resource = arn, .resource_account = role->account};
  asked.resource_policy = service::ResourcePolicy(*role);
  asked.resource_kind = authz::ResourceKind::trust;
  return asked;
}

}  // namespace

service::Guards role_guards() { return {.all = roles_of, .of = guarded_role, .question = question}; }

}  // namespace ringwall::directory
