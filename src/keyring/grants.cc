#include "keyring/grants.h"

#include <algorithm>

#include "crypto/crypto.h"
#include "text/encode.h"

namespace ringwall::keyring {
namespace {

Secret token_key(const service::Environment& environment) {
  return crypto::derive_key(environment.root_key.reveal(), "kms grant tokens");
}

}  // namespace

authz::KmsGrant kms_grant_of(const Grant& grant) {
  authz::KmsGrant asked{.id = grant.id, .key_arn = grant.key_arn, .grantee = grant.grantee, .operations = grant.operations};
  if (!grant.constraints) return asked;
  asked.context_equals = grant.constraints->context_equals;
  asked.context_subset = grant.constraints->context_subset;
  return asked;
}

bool is_caller(const policy::Principal& caller, std::string_view arn, std::string_view pinned) {
  if (!pinned.empty() && caller.unique_id != pinned) return false;
  if (!caller.arn.empty() && caller.arn == arn) return true;
  if (!caller.role_arn.empty() && caller.role_arn == arn) return true;
  return !caller.account.empty() && (arn == "arn:aws:iam::" + caller.account + ":root" || arn == caller.account);
}

std::vector<authz::Named> granted(const Key& key, const policy::Principal& caller, std::string_view action, const EncryptionContext& context) {
  std::vector<authz::Named> policies;
  const std::string_view operation = action.substr(action.find(':') + 1);
  if (operation == "CreateGrant" || operation == "RetireGrant") return policies;
  for (const Grant& stored : key.grants) {
    if (!is_caller(caller, stored.grantee, stored.grantee_id)) continue;
    const authz::KmsGrant grant = kms_grant_of(stored);
    if (std::ranges::find(grant.operations, operation) == grant.operations.end()) continue;
    if (authz::takes_encryption_context(operation) && !authz::lets_pass(grant, context)) continue;
    if (auto named = authz::policy_of(grant)) policies.push_back(*std::move(named));
  }
  return policies;
}

std::string grant_token(const service::Environment& environment, const GrantName& name) {
  const std::string plaintext = name.account + '/' + name.key_id + '/' + name.grant_id;
  return text::base64(crypto::seal(token_key(environment).reveal(), bytes_of(plaintext), {}, environment.random));
}

ApiResult<GrantName> open_grant_token(const service::Environment& environment, std::string_view token) {
  const auto invalid = [] { return service::api_error("InvalidGrantTokenException", "The grant token is not valid."); };
  const Result<Bytes> sealed = text::parse_base64(token);
  if (!sealed) return invalid();
  const Result<Secret> plaintext = crypto::open(token_key(environment).reveal(), *sealed, {});
  if (!plaintext) return invalid();
  const std::string_view text = plaintext->reveal_text();
  const std::size_t first = text.find('/'), last = text.rfind('/');
  if (first == std::string_view::npos || first == last) return invalid();
  return GrantName{.account = std::string(text.substr(0, first)), .key_id = std::string(text.substr(first + 1, last - first - 1)), .grant_id = std::string(text.substr(last + 1))};
}

}  // namespace ringwall::keyring
