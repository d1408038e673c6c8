#include "gateway/authenticate.h"

namespace ringwall::gateway {

using awsapi::CommonError;

std::expected<Credentials, Distrust> Authenticator::credentials_of(const estate::Estate& estate, std::string_view access_key,
                                                                   std::string_view session_token, TimePoint now) {
  const auto unknown = [] {
    return std::unexpected(Distrust{CommonError::unknown_access_key, "The security token included in the request is invalid."});
  };
  if (session_token.empty()) {
    const estate::AccessKey* key = estate.access_key(access_key);
    if (key == nullptr || !key->active) return unknown();
    Credentials credentials{.caller = {.access_key = key->id}, .secret = key->secret};
    credentials.caller.principal = directory::principal_of(estate, key->principal_arn);
    if (credentials.caller.principal.type == policy::Principal::Type::anonymous) return unknown();
    return credentials;
  }
  if (session_token.size() > awsapi::session_token_bytes_max) return unknown();
  auto& opened = sessions_[std::string(session_token)];
  if (opened == nullptr || opened->access_key != access_key || !directory::still_valid(estate, *opened, now)) {
    auto fresh = directory::open_session_token(environment_, estate, session_token, access_key, now);
    if (!fresh) {
      sessions_.erase(std::string(session_token));
      if (fresh.error().kind == Failure::denied) {
        return std::unexpected(Distrust{CommonError::expired_token, "The security token included in the request is expired"});
      }
      return unknown();
    }
    opened = std::make_shared<const directory::OpenedSession>(*std::move(fresh));
  }
  const std::shared_ptr<const directory::OpenedSession> session = opened;
  if (sessions_.size() > sessions_max) sessions_.clear();
  return Credentials{.caller = {.principal = session->principal, .session = session->session, .access_key = session->access_key},
                     .secret = std::shared_ptr<const Secret>(session, &session->secret)};
}

const Secret& Authenticator::signing_key(const Credentials& credentials, const awsapi::Claim& claim) {
  std::string name = claim.access_key + '/' + claim.date + '/' + claim.region + '/' + claim.service;
  if (signing_keys_.size() > signing_keys_max) signing_keys_.clear();
  CachedKey& cached = signing_keys_[std::move(name)];
  if (cached.secret != credentials.secret) {
    cached.key = awsapi::signing_key(*credentials.secret, claim.date, claim.region, claim.service);
    cached.secret = credentials.secret;
  }
  return cached.key;
}

std::expected<service::Caller, Distrust> Authenticator::caller_of(const estate::Estate& estate, const awsapi::Claim& claim,
                                                                  const awsapi::WireRequest& request, TimePoint now) {
  auto credentials = credentials_of(estate, claim.access_key, claim.session_token, now);
  if (!credentials) return std::unexpected(std::move(credentials).error());
  if (auto fault = awsapi::verify(claim, request, signing_key(*credentials, claim), now)) {
    return std::unexpected(Distrust{fault->code == "IncompleteSignature" ? CommonError::incomplete_signature : CommonError::bad_signature,
                                    std::move(fault->message)});
  }
  return std::move(credentials->caller);
}

}  // namespace ringwall::gateway
