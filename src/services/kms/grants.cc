// Grants: permission on one key for one principal, given and taken back without touching its
// policy. https://docs.aws.amazon.com/kms/latest/developerguide/grants.html

#include "keyring/grants.h"

#include <algorithm>
#include <array>

#include "services/kms/detail/common.h"
#include "services/kms/kms.h"
#include "text/time.h"

namespace ringwall::kms::detail {
namespace {

// What a grant on a symmetric encryption key may permit.
constexpr std::array<std::string_view, 11> grant_operations_of_symmetric_keys = {
    "Decrypt",   "Encrypt",     "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext",
    "ReEncryptFrom", "ReEncryptTo", "CreateGrant",     "RetireGrant",                     "DescribeKey"};

constexpr std::int64_t grants_per_page_default = 50;

namespace tables = keyring::tables;
using keyring::Constraints;
using keyring::Grant;

ApiError invalid_grant_id() { return {"InvalidGrantIdException", "The grant ID is not valid."}; }

ApiResult<Grant> find_grant(const Call& call, const keyring::Key& key, std::string_view id) {
  auto grant = tables::grants.get(call.transaction, key.account, key.id, id);
  if (!grant) return std::unexpected(invalid_grant_id());
  return *std::move(grant);
}

// The stricter of two grants: it may permit no more than `holder`, under constraints at least as
// strict. So a grantee passes on only what it was given.
bool is_no_wider(const authz::KmsGrant& grant, const authz::KmsGrant& holder) {
  const bool operations_fit = std::ranges::all_of(grant.operations, [&](const std::string& operation) { return std::ranges::find(holder.operations, operation) != holder.operations.end(); });
  if (!operations_fit) return false;
  if (holder.context_equals) return grant.context_equals == holder.context_equals;
  if (!holder.context_subset) return true;
  const auto& context = grant.context_equals ? grant.context_equals : grant.context_subset;
  return context && authz::lets_pass(holder, *context);
}

std::optional<keyring::EncryptionContext> context_in(const Json& constraints, std::string_view member) {
  return constraints.contains(member) ? std::optional(context_of(constraints[member])) : std::nullopt;
}

// Nothing, if there are none.
std::optional<Constraints> constraints_of(const Json& input) {
  Constraints constraints{.context_equals = context_in(input["Constraints"], "EncryptionContextEquals"),
                          .context_subset = context_in(input["Constraints"], "EncryptionContextSubset")};
  return constraints == Constraints{} ? std::nullopt : std::optional(std::move(constraints));
}

// As pairs of its name and the encryption context, those that there are.
std::vector<std::pair<const char*, keyring::EncryptionContext>> named(const std::optional<Constraints>& constraints) {
  std::vector<std::pair<const char*, keyring::EncryptionContext>> all;
  if (constraints && constraints->context_equals) all.emplace_back("EncryptionContextEquals", *constraints->context_equals);
  if (constraints && constraints->context_subset) all.emplace_back("EncryptionContextSubset", *constraints->context_subset);
  return all;
}

std::optional<std::string> text_in(const Json& input, std::string_view member) {
  return input.contains(member) ? std::optional(input.str(member)) : std::nullopt;
}

std::vector<std::string> operations_in(const Json& input) {
  std::vector<std::string> operations;
  for (const Json& operation : input["Operations"].items()) operations.emplace_back(operation.as_string());
  return operations;
}

// The grant that the input describes, as it will be stored but for who exactly is meant.
Grant asked_grant(const Call& call, const keyring::Key& key) {
  return {.key_arn = key.arn,
          .grantee = call.input.str("GranteePrincipal"),
          .operations = operations_in(call.input),
          .issuing_account = "arn:aws:iam::" + key.account + ":root",
          .retiring = text_in(call.input, "RetiringPrincipal"),
          .name = text_in(call.input, "Name"),
          .constraints = constraints_of(call.input),
          .grantee_id = {},
          .retiring_id = {},
          .id = {}};
}

void add_grant_keys(const Json& input, policy::Context& context) {
  context.set("kms:GrantOperations", operations_in(input));
  context.set("kms:GranteePrincipal", input.str("GranteePrincipal"));
  if (input.contains("RetiringPrincipal")) context.set("kms:RetiringPrincipal", input.str("RetiringPrincipal"));
  for (const auto& [type, pairs] : named(constraints_of(input))) context.set("kms:GrantConstraintType", type);
}

// No service asks for a grant here in somebody's name.
service::Question grant_question(const keyring::Key& key, const service::Caller& caller, const char* action, const keyring::EncryptionContext& context = {}) {
  service::Question question = keyring::question(key, caller, action, context);
  question.context.set("kms:GrantIsForAWSResource", "false");
  return question;
}

ApiResult<service::Questions> ask_create(const Call& call) {
  const auto key = key_identified(call, "KeyId");
  if (!key) return std::unexpected(key.error());
  keyring::EncryptionContext context;
  for (auto& [type, pairs] : named(constraints_of(call.input))) context = std::move(pairs);
  service::Question question = grant_question(*key, call.caller, "kms:CreateGrant", context);
  add_grant_keys(call.input, question.context);
  const authz::KmsGrant asked = keyring::kms_grant_of(asked_grant(call, *key));
  for (const Grant& stored : key->grants) {
    if (!keyring::is_caller(call.caller.principal, stored.grantee, stored.grantee_id)) continue;
    const authz::KmsGrant holder = keyring::kms_grant_of(stored);
    if (std::ranges::find(holder.operations, "CreateGrant") == holder.operations.end() || !is_no_wider(asked, holder)) continue;
    if (auto named = authz::policy_of(holder)) question.grants.push_back(*std::move(named));
  }
  return service::Questions{{std::move(question)}};
}

std::optional<ApiError> fault_in_constraints(const Json& input) {
  const auto constraints = named(constraints_of(input));
  if (constraints.size() > 1) return ApiError{"ValidationException", "a grant takes either EncryptionContextEquals or EncryptionContextSubset"};
  for (const auto& [type, pairs] : constraints) {
    if (pairs.empty() || pairs.size() > constraint_pairs_max) return ApiError{"ValidationException", "a grant constraint has from 1 to 8 encryption context pairs"};
    for (const auto& [name, value] : pairs) {
      if (value.size() > constraint_value_characters_max) return ApiError{"ValidationException", "a value in a grant constraint has at most 384 characters"};
    }
  }
  return std::nullopt;
}

std::optional<ApiError> fault_in_operations(const Json& operations) {
  if (operations.items().empty()) return ApiError{"ValidationException", "a grant permits one operation at least"};
  for (const Json& operation : operations.items()) {
    if (std::ranges::find(grant_operations_of_symmetric_keys, operation.as_string()) != grant_operations_of_symmetric_keys.end()) continue;
    return ApiError{"ValidationException", "The operation " + std::string(operation.as_string()) + " is not supported by a key of type SYMMETRIC_DEFAULT."};
  }
  return std::nullopt;
}

// The account in "arn:aws:iam::111122223333:…".
std::string account_in(std::string_view arn) {
  constexpr std::size_t begin = std::string_view("arn:aws:iam::").size(), digits = 12;
  return arn.size() > begin + digits ? std::string(arn.substr(begin, digits)) : std::string();
}

// The unique id of the user or role that an ARN names, so that the grant stays with just that one.
// Empty for accounts and sessions, and for principals of accounts that are not ours: nobody here
// can be those.
ApiResult<std::string> pinned(const Call& call, const std::string& arn) {
  const ApiError invalid{"InvalidArnException", "The principal " + arn + " is not valid."};
  const authz::KmsGrant probe{.id = {}, .key_arn = "*", .grantee = arn, .operations = {"DescribeKey"}};
  if (!arn.starts_with("arn:") || !authz::policy_of(probe)) return std::unexpected(invalid);
  const bool is_stored = arn.find(":user/") != std::string::npos || arn.find(":role/") != std::string::npos;
  if (!is_stored || !call.estate.mine(account_in(arn))) return std::string();
  const estate::Principal* principal = call.estate.principal(arn);
  if (principal == nullptr) return std::unexpected(invalid);
  return principal->unique_id;
}

bool is_same_grant(const Grant& stored, const Grant& asked) {
  const auto what = [](const Grant& grant) {
    return std::tie(grant.key_arn, grant.name, grant.grantee, grant.retiring, grant.operations, grant.constraints, grant.grantee_id, grant.retiring_id);
  };
  return what(stored) == what(asked);
}

ApiResult<Json> create_grant(const Call& call) {
  const auto key = key_identified(call, "KeyId");
  if (!key) return std::unexpected(key.error());
  if (auto unfit = keyring::unusable(*key)) return std::unexpected(*std::move(unfit));
  if (auto fault = fault_in_operations(call.input["Operations"])) return std::unexpected(*std::move(fault));
  if (auto fault = fault_in_constraints(call.input)) return std::unexpected(*std::move(fault));
  Grant grant = asked_grant(call, *key);
  RW_TRY(grant.grantee_id, pinned(call, grant.grantee));
  if (grant.retiring) {
    RW_TRY(grant.retiring_id, pinned(call, *grant.retiring));
  }
  const auto answer = [&](const std::string& id) {
    return Json::object({{"GrantId", id}, {"GrantToken", keyring::grant_token(call.environment, {key->account, key->id, id})}});
  };
  // A named grant that is there already, word for word, is answered again.
  if (grant.name) {
    const auto same = std::ranges::find_if(key->grants, [&](const Grant& stored) { return is_same_grant(stored, grant); });
    if (same != key->grants.end()) return answer(same->id);
  }
  if (key->grants.size() >= keyring::grants_per_key_max) return api_error("LimitExceededException", "the key has " + std::to_string(keyring::grants_per_key_max) + " grants: revoke some first");
  grant.id = random_text(call.environment.random, "0123456789abcdef", 64);
  grant.created = text::to_millis(call.now);
  tables::grants.put(call.transaction, grant, key->account, key->id, grant.id);
  return answer(grant.id);
}

ApiResult<Json> page_of_grants(const Json& input, std::vector<Json> grants) {
  const auto limit = static_cast<std::size_t>(input["Limit"].as_integer(grants_per_page_default));
  return page(input, std::move(grants), "Grants", "GrantId", std::min(limit, grants_per_page_max));
}

ApiResult<Json> list_grants(const Call& call) {
  const auto key = key_identified(call, "KeyId");
  if (!key) return std::unexpected(key.error());
  if (call.input.contains("GrantId")) RW_DO(find_grant(call, *key, call.input.text("GrantId")));
  std::vector<Json> grants;
  for (const Grant& grant : key->grants) {
    if (call.input.contains("GrantId") && grant.id != call.input.text("GrantId")) continue;
    if (call.input.contains("GranteePrincipal") && grant.grantee != call.input.text("GranteePrincipal")) continue;
    grants.push_back(records::wire_of(grant));
  }
  return page_of_grants(call.input, std::move(grants));
}

// Of every account's keys: the principal is one of the caller's account.
ApiResult<Json> list_retirable_grants(const Call& call) {
  const std::string principal = call.input.str("RetiringPrincipal");
  const bool is_own = principal == call.account() || principal.starts_with("arn:aws:iam::" + call.account() + ':') || principal.starts_with("arn:aws:sts::" + call.account() + ':');
  if (!is_own) return api_error("InvalidArnException", "The retiring principal " + principal + " is not in this account.");
  std::vector<Grant> retirable;
  for (auto& row : tables::grants.list(call.transaction)) {
    if (row.record.retiring == principal) retirable.push_back(std::move(row.record));
  }
  std::ranges::sort(retirable, {}, &Grant::id);
  std::vector<Json> grants;
  for (const Grant& grant : retirable) grants.push_back(records::wire_of(grant));
  return page_of_grants(call.input, std::move(grants));
}

ApiResult<Json> revoke_grant(const Call& call) {
  const auto key = key_identified(call, "KeyId");
  if (!key) return std::unexpected(key.error());
  RW_DO(find_grant(call, *key, call.input.text("GrantId")));
  tables::grants.erase(call.transaction, key->account, key->id, call.input.text("GrantId"));
  return Json::object();
}

struct Retired {
  keyring::Key key;
  Grant grant;
};

// By its token, or by key ARN and id.
ApiResult<Retired> grant_to_retire(const Call& call) {
  const bool by_token = call.input.contains("GrantToken"), by_id = call.input.contains("KeyId") && call.input.contains("GrantId");
  if (by_token == by_id || (by_token && call.input.contains("GrantId"))) return api_error("ValidationException", "a grant is retired either by its token, or by its key's ARN and its id");
  std::string key_arn = call.input.str("KeyId"), id = call.input.str("GrantId");
  if (by_token) {
    RW_TRY(const keyring::GrantName name, keyring::open_grant_token(call.environment, call.input.text("GrantToken")));
    key_arn = "arn:aws:kms:" + call.environment.region + ':' + name.account + ":key/" + name.key_id;
    id = name.grant_id;
  } else if (!key_arn.starts_with("arn:")) {
    return api_error("InvalidArnException", "Invalid keyId '" + key_arn + "': RetireGrant takes the key's ARN");
  }
  RW_TRY(keyring::Key key, keyring::find_key(call.transaction, call.environment.region, call.account(), key_arn));
  RW_TRY(Grant grant, find_grant(call, key, id));
  return Retired{.key = std::move(key), .grant = std::move(grant)};
}

// The grant alone says who may retire it, in the place of the key's policy: the account in which
// it was made and the retiring principal, each of whom may let others by policies of its own, and
// the grantee if that was granted.
service::Question retire_question(const Call& call, const keyring::Key& key, const Grant& grant) {
  service::Question question = keyring::question(key, call.caller, "kms:RetireGrant");
  Json principals = Json::array({grant.issuing_account});
  const auto add = [&](const std::string& arn, const std::string& pin) {
    if (keyring::is_caller(call.caller.principal, arn, pin)) principals.push(arn);
  };
  add(grant.retiring.value_or(""), grant.retiring_id);
  if (std::ranges::find(grant.operations, "RetireGrant") != grant.operations.end()) add(grant.grantee, grant.grantee_id);
  const Json statement = Json::object({{"Effect", "Allow"}, {"Principal", Json::object({{"AWS", std::move(principals)}})}, {"Action", "kms:RetireGrant"}, {"Resource", key.arn}});
  // One that does not compile grants nothing.
  question.resource_policy = service::ResourcePolicy::made_now("grant `" + grant.id + "` of " + key.arn,
                                                               Json::object({{"Version", "2012-10-17"}, {"Statement", Json::array({statement})}}).dump(), policy::Kind::key);
  return question;
}

ApiResult<service::Questions> ask_retire(const Call& call) {
  const auto named = grant_to_retire(call);
  if (!named) return std::unexpected(named.error());
  return service::Questions{{retire_question(call, named->key, named->grant)}};
}

ApiResult<Json> retire_grant(const Call& call) {
  const auto named = grant_to_retire(call);
  if (!named) return std::unexpected(named.error());
  tables::grants.erase(call.transaction, named->key.account, named->key.id, named->grant.id);
  return Json::object();
}

service::Ask ask_about_grants(const char* action) {
  return [action](const Call& call) -> ApiResult<service::Questions> {
    const auto key = key_identified(call, "KeyId");
    if (!key) return std::unexpected(key.error());
    return service::Questions{{grant_question(*key, call.caller, action)}};
  };
}

}  // namespace

std::vector<service::Operation> grant_operations() {
  using service::Access;
  return {
      {"CreateGrant", Access::write, ask_create, unless_dry_run(create_grant)},
      {"ListGrants", Access::read, ask_about_grants("kms:ListGrants"), list_grants},
      {"ListRetirableGrants", Access::read, service::ask_on_star("kms:ListRetirableGrants"), list_retirable_grants},
      {"RevokeGrant", Access::write, ask_about_grants("kms:RevokeGrant"), unless_dry_run(revoke_grant)},
      {"RetireGrant", Access::write, ask_retire, unless_dry_run(retire_grant)},
  };
}

}  // namespace ringwall::kms::detail
