#include "gateway/authenticate.h"

#include <optional>

namespace ringwall::gateway {

using awsapi::CommonError;

namespace {

// Whoever a long-lived access key belongs to, if they still exist. An account that has left the
// organisation stands on its own, as on AWS: its users go on, as outsiders.
std::optional<policy::Principal> owner_of(const estate::Estate& estate, const std::string& arn) {
  using Type = policy::Principal::Type;
  if (const estate::Principal* user = estate.principal(arn); user != nullptr) {
    return policy::Principal{.type = Type::user, .arn = user->arn, .account = user->account, .unique_id = user->unique_id};
  }
  // arn:aws:iam::<account>:root
  constexpr std::string_view before = "arn:aws:iam::", after = ":root";
  if (!arn.starts_with(before) || !arn.ends_with(after)) return std::nullopt;
  std::string account = arn.substr(before.size(), arn.size() - before.size() - after.size());
  if (!estate.mine(account)) return std::nullopt;
  return policy::Principal{.type = Type::root, .arn = arn, .account = account, .unique_id = account};
}

Distrust distrust_of(awsapi::ApiError fault) {
  const CommonError kind = fault.code == "IncompleteSignature" ? CommonError::incomplete_signature
                           : fault.code == "RequestExpired"    ? CommonError::request_expired
                                                               : CommonError::bad_signature;
  return {kind, std::move(fault.message)};
}

}  // namespace

std::expected<Credentials, Distrust> Authenticator::credentials_of(const estate::Estate& estate, std::string_view access_key,
                                                                   std::string_view session_token, TimePoint now) {
  const auto unknown = [] {
    return std::unexpected(Distrust{CommonError::unknown_access_key, "The security token included in the request is invalid."});
  };
  if (session_token.empty()) {
    const estate::AccessKey* key = estate.access_key(access_key);
    if (key == nullptr || !key->active) return unknown();
    auto owner = owner_of(estate, key->principal_arn);
    if (!owner) return unknown();
    return Credentials{.caller = {.principal = *std::move(owner), .access_key = key->id}, .secret = key->secret};
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

std::optional<Distrust> Authenticator::fault_in_head(const estate::Estate& estate, const awsapi::Claim& claim,
                                                     const awsapi::WireRequest& head, TimePoint now) {
  auto credentials = credentials_of(estate, claim.access_key, claim.session_token, now);
  if (!credentials) return std::move(credentials).error();
  if (auto fault = awsapi::fault_in_head(claim, head, now)) return distrust_of(*std::move(fault));
  return std::nullopt;
}

std::expected<service::Caller, Distrust> Authenticator::caller_of(const estate::Estate& estate, const awsapi::Claim& claim,
                                                                  const awsapi::WireRequest& request, TimePoint now) {
  auto credentials = credentials_of(estate, claim.access_key, claim.session_token, now);
  if (!credentials) return std::unexpected(std::move(credentials).error());
  if (auto fault = awsapi::verify(claim, request, signing_key(*credentials, claim), now)) {
    return std::unexpected(distrust_of(*std::move(fault)));
  }
  return std::move(credentials->caller);
}

}  // namespace ringwall::gateway
