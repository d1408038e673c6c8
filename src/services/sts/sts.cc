#include "services/sts/sts.h"

#include "directory/documents.h"
#include "service/authorization_message.h"
#include "services/sts/detail/assume_role.h"
#include "services/sts/detail/federation_token.h"
#include "text/time.h"

namespace ringwall::sts {
namespace {

using service::Access;
using service::api_error;
using service::ApiResult;
using service::Call;
using service::Questions;
using text::Json;
using Type = policy::Principal::Type;

ApiResult<Json> get_caller_identity(const Call& call) {
  const policy::Principal& caller = call.caller.principal;
  std::string user_id = caller.type == Type::root ? caller.account : caller.unique_id;
  if (caller.type == Type::role_session && call.caller.session != nullptr) user_id += ':' + call.caller.session->name;
  if (caller.type == Type::federated && call.caller.session != nullptr) user_id = caller.account + ':' + call.caller.session->name;
  return Json::object({{"UserId", std::move(user_id)}, {"Account", caller.account}, {"Arn", caller.arn}});
}

ApiResult<Json> get_session_token(const Call& call) {
  // AWS answers so to every caller who holds temporary credentials already.
  if (call.caller.session != nullptr || (call.caller.principal.type != Type::user && call.caller.principal.type != Type::root)) {
    return api_error("AccessDenied", "Cannot call GetSessionToken with session credentials", 403);
  }
  if (call.input.contains("SerialNumber") || call.input.contains("TokenCode")) {
    return api_error("AccessDenied", "MultiFactorAuthentication failed: no device is enabled for this user", 403);
  }
  const bool is_root = call.caller.principal.type == Type::root;
  std::int64_t seconds = call.input["DurationSeconds"].as_integer(is_root ? root_session_seconds_max : session_token_seconds_default);
  if (seconds < session_token_seconds_min || seconds > session_token_seconds_max) {
    return api_error("ValidationError", "1 validation error detected: Value '" + std::to_string(seconds) + "' at 'durationSeconds' must be between 900 and 129600", 400);
  }
  if (is_root) seconds = std::min(seconds, root_session_seconds_max);
  directory::NewSession session{.principal = call.caller.principal, .session = {}, .inline_policy = {}, .policy_arns = {}};
  session.session.issued_ms = text::to_millis(call.now);
  session.session.expires_ms = session.session.issued_ms + seconds * 1000;
  const auto credentials = directory::make_session_token(call.environment, session);
  if (!credentials) return api_error("PackedPolicyTooLarge", credentials.error().message);
  return Json::object({{"Credentials", detail::answer(*credentials, session.session.expires_ms)}});
}

ApiResult<Json> get_access_key_info(const Call& call) {
  const std::string id = call.input.str("AccessKeyId");
  const auto key = directory::tables::access_keys.get(call.transaction, id);
  // Temporary keys are not stored, so their account is known to whoever holds the token only.
  if (!key) return api_error("ValidationError", "Access key " + id + " is not known here", 400);
  return Json::object({{"Account", key->account}});
}

ApiResult<Json> decode_authorization_message(const Call& call) {
  const auto decoded = service::decode_authorization_message(call.environment, call.account(), call.input.text("EncodedMessage"));
  if (!decoded) return api_error("InvalidAuthorizationMessageException", "Invalid token: the message was not encoded for this account", 400);
  return Json::object({{"DecodedMessage", *decoded}});
}

}  // namespace

std::vector<service::Operation> operations() {
  return {
      // https://docs.aws.amazon.com/STS: such a URL proves who somebody is, to EKS or Vault.
      {"GetCallerIdentity", Access::read, service::ask_nothing(), get_caller_identity, std::chrono::minutes(15)},
      {"AssumeRole", Access::read, detail::ask_to_assume_role(), detail::assume_role},
      {"GetSessionToken", Access::read, service::ask_nothing(), get_session_token},
      {"DecodeAuthorizationMessage", Access::read, service::ask_on_star("sts:DecodeAuthorizationMessage"), decode_authorization_message},
      {"GetFederationToken", Access::read, detail::ask_for_federation_token(), detail::get_federation_token},
      {"GetAccessKeyInfo", Access::read, service::ask_on_star("sts:GetAccessKeyInfo"), get_access_key_info},
  };
}

service::Service service() { return {*awsapi::builtin_model("sts"), operations()}; }

}  // namespace ringwall::sts
