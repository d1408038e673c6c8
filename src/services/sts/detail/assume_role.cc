#include "services/sts/detail/assume_role.h"

#include <algorithm>
#include <set>

#include "directory/documents.h"
#include "services/sts/sts.h"
#include "text/encode.h"
#include "text/time.h"

namespace ringwall::sts::detail {
namespace {

using service::api_error;
using service::ApiError;
using service::ApiResult;
using service::Call;
using service::Question;
using service::Questions;
using text::Json;
using Type = policy::Principal::Type;

ApiError access_denied(const Call& call) {
  return {"AccessDenied", "User: " + call.caller.principal.arn + " is not authorized to perform: sts:AssumeRole on resource: " + call.input.str("RoleArn"), 403};
}

ApiError invalid(std::string message) { return {"ValidationError", std::move(message), 400}; }

// What the session carries: its own tags over the transitive ones of the session it comes from.
struct Carried {
  estate::Tags tags;
  std::vector<std::string> transitive;
  std::string source_identity;
};

bool same_key(std::string_view a, std::string_view b) { return text::lower(a) == text::lower(b); }

ApiResult<Carried> carried_by(const Call& call) {
  Carried carried{.tags = {}, .transitive = {}, .source_identity = call.input.str("SourceIdentity")};
  std::set<std::string> keys;
  for (const Json& tag : call.input["Tags"].items()) {
    if (!keys.insert(text::lower(tag.text("Key"))).second) return api_error("InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive.", 400);
    carried.tags.emplace(tag.str("Key"), tag.str("Value"));
  }
  if (const auto fault = service::fault_in(carried.tags)) return std::unexpected(invalid(*fault));
  for (const Json& key : call.input["TransitiveTagKeys"].items()) {
    if (!keys.contains(text::lower(key.as_string()))) {
      return api_error("InvalidParameterValue", "The transitive tag keys must be a subset of the session tag keys: `" + std::string(key.as_string()) + "` is not one", 400);
    }
    carried.transitive.emplace_back(key.as_string());
  }
  if (const auto& session = call.caller.session) {
    for (const std::string& key : session->transitive_tag_keys) {
      const auto inherited = std::ranges::find_if(session->tags, [&](const auto& tag) { return same_key(tag.first, key); });
      if (inherited == session->tags.end()) continue;
      if (keys.contains(text::lower(key))) return api_error("InvalidParameterValue", "The transitive session tag `" + key + "` cannot be set again", 400);
      carried.tags.emplace(*inherited);
      carried.transitive.push_back(key);
    }
    if (!session->source_identity.empty()) {
      if (!carried.source_identity.empty() && carried.source_identity != session->source_identity) return std::unexpected(access_denied(call));
      carried.source_identity = session->source_identity;
    }
  }
  return carried;
}

std::string account_in(std::string_view role_arn) {
  constexpr std::string_view prefix = "arn:aws:iam::";
  if (!role_arn.starts_with(prefix) || role_arn.size() < prefix.size() + 12) return {};
  return std::string(role_arn.substr(prefix.size(), 12));
}

ApiResult<Questions> questions_of(const Call& call) {
  const std::string role_arn = call.input.str("RoleArn");
  if (role_arn.find(":role/") == std::string::npos || account_in(role_arn).empty()) return std::unexpected(invalid(role_arn + " is invalid"));
  if (!is_session_name(call.input.text("RoleSessionName"))) {
    return std::unexpected(invalid("1 validation error detected: Value at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"));
  }
  if (!is_session_name(call.input.text("SourceIdentity"))) {
    return std::unexpected(invalid("1 validation error detected: Value at 'sourceIdentity' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"));
  }
  if (!call.input["ProvidedContexts"].items().empty())
    return std::unexpected(invalid("ProvidedContexts: trusted context assertions are not offered by this server"));
  if (call.caller.principal.type == Type::root) return api_error("AccessDenied", "Roles may not be assumed by root accounts.", 403);
  if (call.caller.principal.type == Type::federated) return std::unexpected(access_denied(call));
  const estate::Principal* role = call.estate.principal(role_arn);
  // Nobody learns whether a role exists by trying to assume it.
  if (role == nullptr || !role->trust) return std::unexpected(access_denied(call));
  RW_TRY(const Carried carried, carried_by(call));

  Question question{.action = "sts:AssumeRole", .resource = role_arn, .resource_account = role->account};
  question.resource_policy = service::ResourcePolicy(*role);
  question.resource_kind = authz::ResourceKind::trust;
  policy::Context& context = question.context;
  context.set("sts:RoleSessionName", call.input.str("RoleSessionName"));
  context.set("sts:DurationSeconds", std::to_string(call.input["DurationSeconds"].as_integer(assume_role_seconds_default)));
  if (call.input.contains("ExternalId")) context.set("sts:ExternalId", call.input.str("ExternalId"));
  if (!carried.source_identity.empty()) context.set("sts:SourceIdentity", carried.source_identity);
  service::add_request_tags(context, carried.tags);
  if (!carried.transitive.empty()) context.set("sts:TransitiveTagKeys", carried.transitive);
  service::add_resource_tags(context, role->tags);
  for (const auto& [key, value] : role->tags) context.set("iam:ResourceTag/" + key, value);

  Questions questions;
  questions.all.push_back(question);
  const auto ask_as_well = [&](const char* action) {
    questions.all.push_back(question);
    questions.all.back().action = action;
  };
  // What was inherited is passed on by this call too, so it is asked for like what was given.
  if (!carried.tags.empty()) ask_as_well("sts:TagSession");
  if (!carried.source_identity.empty()) ask_as_well("sts:SetSourceIdentity");
  return questions;
}

ApiResult<std::int64_t> duration(const Call& call, const Json& role) {
  const bool is_chained = call.caller.principal.type == Type::role_session;
  const std::int64_t seconds = call.input["DurationSeconds"].as_integer(assume_role_seconds_default);
  if (seconds < assume_role_seconds_min) {
    return std::unexpected(invalid("1 validation error detected: Value '" + std::to_string(seconds) + "' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"));
  }
  if (is_chained && seconds > chained_role_seconds_max) {
    return std::unexpected(invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"));
  }
  if (seconds > role["MaxSessionDuration"].as_integer(assume_role_seconds_default)) {
    return std::unexpected(invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role."));
  }
  return seconds;
}

}  // namespace

bool is_session_name(std::string_view name) {
  return std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || std::string_view("_+=,.@-").contains(c);
  });
}

service::Ask ask_to_assume_role() { return questions_of; }

Json answer(const directory::SessionCredentials& credentials, std::int64_t expires_ms) {
  return Json::object({{"AccessKeyId", credentials.access_key},
                       {"SecretAccessKey", credentials.secret.reveal_text()},
                       {"SessionToken", credentials.token},
                       {"Expiration", expires_ms}});
}

std::optional<ApiError> read_policies(const Call& call, std::string_view account, directory::NewSession& session) {
  session.inline_policy = call.input.str("Policy");
  if (call.input.contains("Policy")) {
    const Result<policy::DocumentPtr> compiled = policy::compile(session.inline_policy, policy::Kind::session);
    if (!compiled) return ApiError{compiled.error().kind == Failure::exhausted ? "PackedPolicyTooLarge" : "MalformedPolicyDocument", compiled.error().message};
  }
  std::size_t characters = session.inline_policy.size();
  for (const Json& descriptor : call.input["PolicyArns"].items()) {
    std::string arn = descriptor.str("arn");
    characters += arn.size();
    const bool is_usable = arn.starts_with("arn:aws:iam::aws:policy/") || arn.starts_with("arn:aws:iam::" + std::string(account) + ":policy/");
    if (!is_usable || !call.estate.managed_policies.contains(arn)) return ApiError{"MalformedPolicyDocument", "The policy " + arn + " does not exist in the account"};
    session.policy_arns.push_back(std::move(arn));
  }
  if (session.policy_arns.size() > session_policy_arns_max) return invalid("a session takes at most 10 managed policies");
  if (characters > session_policies_characters_max) return ApiError{"PackedPolicyTooLarge", "The session policies are longer than 2048 characters together"};
  return std::nullopt;
}

ApiResult<Json> assume_role(const Call& call) {
  const std::string role_arn = call.input.str("RoleArn"), name = call.input.str("RoleSessionName");
  const auto stored = call.transaction.get(directory::iam_key(account_in(role_arn), "role", role_arn.substr(role_arn.rfind('/') + 1)));
  const estate::Principal* decided = call.estate.principal(role_arn);
  // The role that was decided about must be the one that is stored now.
  if (stored == nullptr || decided == nullptr || stored->text("Arn") != role_arn || stored->text("RoleId") != decided->unique_id) return std::unexpected(access_denied(call));
  if (call.input.contains("SerialNumber") || call.input.contains("TokenCode")) {
    return api_error("AccessDenied", "MultiFactorAuthentication failed: no device is enabled for this user", 403);
  }
  RW_TRY(const std::int64_t seconds, duration(call, *stored));
  RW_TRY(Carried carried, carried_by(call));

  directory::NewSession session{.principal = {}, .session = {}, .inline_policy = {}, .policy_arns = {}};
  if (auto fault = read_policies(call, decided->account, session)) return std::unexpected(*fault);
  session.principal.type = Type::role_session;
  session.principal.account = decided->account;
  session.principal.role_arn = role_arn;
  session.principal.arn = "arn:aws:sts::" + decided->account + ":assumed-role/" + decided->name + '/' + name;
  session.principal.unique_id = decided->unique_id;
  session.session.name = name;
  session.session.tags = std::move(carried.tags);
  session.session.transitive_tag_keys = std::move(carried.transitive);
  session.session.source_identity = carried.source_identity;
  session.session.issued_ms = text::to_millis(call.now);
  session.session.expires_ms = session.session.issued_ms + seconds * 1000;

  const auto credentials = directory::make_session_token(call.environment, session);
  if (!credentials) return api_error("PackedPolicyTooLarge", credentials.error().message);
  Json output = Json::object({{"Credentials", answer(*credentials, session.session.expires_ms)},
                              {"AssumedRoleUser", Json::object({{"AssumedRoleId", decided->unique_id + ':' + name}, {"Arn", session.principal.arn}})}});
  if (!session.inline_policy.empty() || !session.policy_arns.empty() || !session.session.tags.empty()) {
    output.set("PackedPolicySize", directory::packed_size_percent(credentials->token));
  }
  if (!carried.source_identity.empty()) output.set("SourceIdentity", carried.source_identity);
  return output;
}

}  // namespace ringwall::sts::detail
