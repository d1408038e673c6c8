#include "authz/kms_grant.h"

#include <algorithm>

namespace ringwall::authz {
namespace {

using text::Json;

Json condition_of(const KmsGrant& grant) {
  const auto& context = grant.context_equals ? *grant.context_equals : *grant.context_subset;
  Json pairs = Json::object(), names = Json::array();
  for (const auto& [name, value] : context) {
    pairs.set("kms:EncryptionContext:" + name, value);
    names.push(name);
  }
  Json condition = Json::object({{"StringEquals", std::move(pairs)}});
  // Nothing beside what is listed: the names of the request are all among these.
  if (grant.context_equals) condition.set("ForAllValues:StringEquals", Json::object({{"kms:EncryptionContextKeys", std::move(names)}}));
  return condition;
}

Json statement_of(const KmsGrant& grant, const char* sid, Json actions) {
  return Json::object({{"Sid", sid},
                       {"Effect", "Allow"},
                       {"Principal", Json::object({{"AWS", grant.grantee}})},
                       {"Action", std::move(actions)},
                       {"Resource", grant.key_arn}});
}

}  // namespace

bool takes_encryption_context(std::string_view operation) {
  return operation != "DescribeKey" && operation != "CreateGrant" && operation != "RetireGrant";
}

bool lets_pass(const KmsGrant& grant, const KmsGrant::EncryptionContext& context) {
  if (grant.context_equals && *grant.context_equals != context) return false;
  if (!grant.context_subset) return true;
  return std::ranges::all_of(*grant.context_subset, [&](const auto& pair) {
    const auto found = context.find(pair.first);
    return found != context.end() && found->second == pair.second;
  });
}

Result<Named> policy_of(const KmsGrant& grant) {
  Json constrained = Json::array(), others = Json::array();
  for (const std::string& operation : grant.operations) {
    (takes_encryption_context(operation) ? constrained : others).push("kms:" + operation);
  }
  Json statements = Json::array();
  if (!constrained.items().empty()) {
    Json statement = statement_of(grant, "operations", std::move(constrained));
    if (grant.context_equals || grant.context_subset) statement.set("Condition", condition_of(grant));
    statements.push(std::move(statement));
  }
  if (!others.items().empty()) statements.push(statement_of(grant, "unconstrained", std::move(others)));
  const Json document = Json::object({{"Version", "2008-10-17"}, {"Statement", std::move(statements)}});
  RW_TRY(policy::DocumentPtr compiled, policy::compile(document.dump(), policy::Kind::key));
  return Named{.name = "grant `" + grant.id + "` of " + grant.key_arn, .document = std::move(compiled)};
}

}  // namespace ringwall::authz
