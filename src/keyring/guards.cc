#include "keyring/guards.h"

#include "authz/guards.h"
#include "keyring/grants.h"
#include "keyring/keyring.h"

namespace ringwall::keyring {
namespace {

using service::Guarded;
using service::Look;
using service::Resource;

std::vector<Resource> keys_of(const Look& look, const std::string& account) {
  std::vector<Resource> all;
  for (const auto& row : tables::keys.list(look.transaction, account)) all.push_back({row.record.arn, account, "AWS::KMS::Key"});
  return all;
}

std::optional<Guarded> guarded_key(const Look& look, const Resource& resource) {
  const auto key = find_key(look.transaction, look.environment.region, resource.account, resource.arn);
  if (!key) return std::nullopt;
  auto policy = policy::compile(service::shown(key->record.policy, policy::Kind::key, look.estate), policy::Kind::key, policy::Quota::waived);
  if (!policy) return std::nullopt;  // such a key is usable by nobody: keyring.h
  Guarded guarded{.arn = resource.arn, .account = resource.account, .type = resource.type, .kind = authz::ResourceKind::key,
                  .policy = {"key policy of " + resource.arn, *std::move(policy)}};
  for (const Grant& one : key->grants) {
    if (auto grant = authz::policy_of(kms_grant_of(one))) guarded.grants.push_back(*std::move(grant));
  }
  // AWS Organizations User Guide: RCPs do not apply to AWS managed keys.
  const estate::Account* owner = look.estate.account(resource.account);
  if (owner != nullptr && key->record.manager != KeyManager::aws) guarded.rcps = owner->rcps;
  guarded.tags = key->record.tags;
  return guarded;
}

std::optional<service::Question> question_about(const Look& look, const service::Caller& caller, const std::string& action, const std::string& arn,
                                                const std::string& account) {
  const bool of_key = authz::resource_kind_of(action) == authz::ResourceKind::key && !authz::asks_no_key(action, arn);
  if (!of_key || !arn.contains(":key/")) return std::nullopt;
  const auto key = find_key(look.transaction, look.environment.region, account, arn);
  if (!key) return std::nullopt;
  return question(*key, caller, action);
}

}  // namespace

service::Guards guards() { return {.all = keys_of, .of = guarded_key, .question = question_about}; }

}  // namespace ringwall::keyring
