#include "gateway/signin.h"

#include "awsapi/sigv4.h"
#include "gateway/decide.h"
#include "text/encode.h"

namespace ringwall::gateway {

audit::Record SigninAuthority::record_of(const SigninTarget& target, std::string_view user) const {
  return {.time = environment_.clock.now(),
          .request_id = uuid(environment_.random),
          .source = "rds-db.amazonaws.com",
          .event = "connect",
          .region = environment_.region,
          .source_address = target.client_address,
          .vpc_id = target.vpc_id,
          .signin = {.instance = target.resource_id,
                     .owner = target.account,
                     .endpoint = target.host + ":" + std::to_string(target.port),
                     .user = std::string(user)}};
}

bool SigninAuthority::note(const SigninTarget& target, const PasswordSignin& signin) {
  audit::Record record = record_of(target, signin.user);
  record.signin.database = signin.database;
  record.signin.method = "password";
  record.signin.tls = signin.tls.empty() ? "none" : signin.tls;
  if (!signin.allowed) {
    record.error_code = "AccessDenied";
    record.error_message = "the database refused the password";
    // Who has no password is a stranger, as below.
    audit_.record_stranger(std::move(record));
    return audit_.healthy();
  }
  return audit_.record(std::move(record));
}

std::optional<std::string> SigninAuthority::refusal(const SigninTarget& target, std::string_view user, std::string_view token) {
  audit::Record record = record_of(target, user);
  record.signin.method = "token";
  record.signin.tls = "required";  // the engine asks of encrypted connections only, and does not say which version
  auto refused = decide(target, user, token, record);
  if (refused) {
    record.error_code = "AccessDenied";
    record.error_message = *refused;
  }
  // A database's clients that nobody vouches for are strangers as well, and may be as many.
  if (refused && record.principal.empty()) {
    audit_.record_stranger(std::move(record));
    return refused;
  }
  if (!audit_.record(std::move(record))) return "the audit log cannot be written";
  return refused;
}

std::optional<std::string> SigninAuthority::decide(const SigninTarget& target, std::string_view user, std::string_view token,
                                                   audit::Record& record) {
  if (!target.takes_tokens) return "IAM database authentication is not enabled for this instance";
  const auto read = awsapi::read_signin_token(token);
  if (!read) return "not a sign-in token: " + read.error().message;
  record.access_key = read->claim.access_key;  // claimed so far: the ARN follows once the signature holds
  const std::string& expected = record.signin.endpoint;
  if (read->host != expected) return "the token is for `" + read->host + "`, not for `" + expected + "`";
  if (read->user != user) return "the token is for the user `" + read->user + "`";
  if (read->claim.service != "rds-db" || read->claim.region != environment_.region) {
    return "the token is scoped to `" + read->claim.service + "` in `" + read->claim.region + "`";
  }
  const TimePoint now = record.time;
  const estate::EstatePtr estate = directory_.current();
  Authenticator authenticator(environment_);
  const auto credentials = authenticator.credentials_of(*estate, read->claim.access_key, read->claim.session_token, now);
  if (!credentials) return credentials.error().message;
  if (auto fault = awsapi::verify_signin_token(*read, token, authenticator.signing_key(*credentials, read->claim), now)) {
    return fault->message;
  }
  record.principal = credentials->caller.principal.arn;
  record.account = credentials->caller.principal.account;

  // AWS leaves the network keys out here; Ringwall knows the client's place, and says it.
  service::NetworkContext network{.vpc_id = target.vpc_id, .vpc_source_ip = target.client_address};
  store::Transaction transaction(environment_.store);
  const text::Json no_input;
  const service::Call call{environment_, *estate, credentials->caller, network, no_input, transaction, now, record.request_id};
  service::Question question{.action = "rds-db:connect",
                             .resource = "arn:aws:rds-db:" + environment_.region + ":" + target.account + ":dbuser:" +
                                         target.resource_id + "/" + std::string(user),
                             .resource_account = target.account};
  question.context.set("aws:SourceVpc", target.vpc_id);
  question.context.set("aws:VpcSourceIp", target.client_address);
  const Case one = case_of(call, {.region = environment_.region}, question);
  authz::Decision decision = authz::authorize(one.request, one.layers);
  record.answers.push_back({question.action, question.resource, decision});
  if (decision.verdict != authz::Verdict::allow) return authz::access_denied_message(one.request, decision);
  return std::nullopt;
}

}  // namespace ringwall::gateway
