#include "services/sts/detail/federation_token.h"

#include <set>

#include "services/sts/detail/assume_role.h"
#include "services/sts/sts.h"
#include "text/encode.h"
#include "text/time.h"

namespace ringwall::sts::detail {
namespace {

using service::api_error;
using service::ApiResult;
using service::Call;
using service::Question;
using service::Questions;
using text::Json;
using Type = policy::Principal::Type;

std::string arn_of(const Call& call) { return "arn:aws:sts::" + call.account() + ":federated-user/" + call.input.str("Name"); }

ApiResult<estate::Tags> tags_in(const Call& call) {
  estate::Tags tags;
  std::set<std::string> keys;
  for (const Json& tag : call.input["Tags"].items()) {
    if (!keys.insert(text::lower(tag.text("Key"))).second) return api_error("InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive.", 400);
    tags.emplace(tag.str("Key"), tag.str("Value"));
  }
  if (const auto fault = service::fault_in(tags)) return api_error("ValidationError", *fault, 400);
  return tags;
}

ApiResult<Questions> questions_of(const Call& call) {
  const std::string_view name = call.input.text("Name");
  if (name.size() < federated_name_characters_min || name.size() > federated_name_characters_max || !is_session_name(name)) {
    return api_error("ValidationError", "1 validation error detected: Value at 'name' failed to satisfy constraint: Member must have 2 to 32 characters and satisfy regular expression pattern: [\\w+=,.@-]*", 400);
  }
  if (call.caller.session != nullptr || (call.caller.principal.type != Type::user && call.caller.principal.type != Type::root)) {
    return api_error("AccessDenied", "Cannot call GetFederationToken with session credentials", 403);
  }
  RW_TRY(const estate::Tags tags, tags_in(call));
  Question question{.action = "sts:GetFederationToken", .resource = arn_of(call), .resource_account = call.account()};
  question.context.set("sts:DurationSeconds", std::to_string(call.input["DurationSeconds"].as_integer(federation_token_seconds_default)));
  service::add_request_tags(question.context, tags);
  Questions questions{.all = {question}};
  if (tags.empty()) return questions;
  question.action = "sts:TagSession";
  questions.all.push_back(std::move(question));
  return questions;
}

}  // namespace

service::Ask ask_for_federation_token() { return questions_of; }

ApiResult<Json> get_federation_token(const Call& call) {
  const policy::Principal& issuer = call.caller.principal;
  std::int64_t seconds = call.input["DurationSeconds"].as_integer(federation_token_seconds_default);
  if (seconds < session_token_seconds_min || seconds > session_token_seconds_max) {
    return api_error("ValidationError", "1 validation error detected: Value '" + std::to_string(seconds) + "' at 'durationSeconds' must be between 900 and 129600", 400);
  }
  if (issuer.type == Type::root) seconds = std::min(seconds, root_session_seconds_max);

  directory::NewSession session{.principal = {}, .session = {}, .inline_policy = {}, .policy_arns = {}};
  if (auto fault = read_policies(call, call.account(), session)) return std::unexpected(*fault);
  RW_TRY(session.session.tags, tags_in(call));
  session.principal.type = Type::federated;
  session.principal.account = call.account();
  session.principal.arn = arn_of(call);
  session.session.name = call.input.str("Name");
  session.session.issuer_arn = issuer.arn;
  session.session.issuer_id = issuer.unique_id;
  session.session.issued_ms = text::to_millis(call.now);
  session.session.expires_ms = session.session.issued_ms + seconds * 1000;
  const auto credentials = directory::make_session_token(call.environment, session);
  if (!credentials) return api_error("PackedPolicyTooLarge", credentials.error().message);
  return Json::object({{"Credentials", answer(*credentials, session.session.expires_ms)},
                       {"FederatedUser", Json::object({{"FederatedUserId", call.account() + ':' + session.session.name}, {"Arn", session.principal.arn}})},
                       {"PackedPolicySize", directory::packed_size_percent(credentials->token)}});
}

}  // namespace ringwall::sts::detail
