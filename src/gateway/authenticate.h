#pragma once
// From a claimed signature to a caller: stored access keys and sealed session tokens.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "awsapi/sigv4.h"
#include "directory/session.h"
#include "service/service.h"

namespace ringwall::gateway {

// Why a claim is not believed; the gateway says it in the words of the service asked.
struct Distrust {
  awsapi::CommonError kind;
  std::string message;
};

// Credentials that a claim names, checked for existence, state and expiry, not yet for signature.
struct Credentials {
  service::Caller caller;
  std::shared_ptr<const Secret> secret;
};

// One per thread: it caches opened session tokens and signing keys without locks.
class Authenticator {
 public:
  explicit Authenticator(const service::Environment& environment) : environment_(environment) {}

  // Who signs with this access key (and session token)?
  std::expected<Credentials, Distrust> credentials_of(const estate::Estate& estate, std::string_view access_key,
                                                      std::string_view session_token, TimePoint now);
  // Why this claim cannot verify, whatever the body is: told from the head. Nothing: it might.
  std::optional<Distrust> fault_in_head(const estate::Estate& estate, const awsapi::Claim& claim, const awsapi::WireRequest& head,
                                        TimePoint now);
  // The caller of a request whose claim verifies against those credentials.
  std::expected<service::Caller, Distrust> caller_of(const estate::Estate& estate, const awsapi::Claim& claim,
                                                     const awsapi::WireRequest& request, TimePoint now);
  // The key that signs for a claim's date, region and service; valid until the next call.
  const Secret& signing_key(const Credentials& credentials, const awsapi::Claim& claim);

 private:
  struct CachedKey {
    std::shared_ptr<const Secret> secret;  // what it was derived from: another secret, another key
    Secret key;
  };

  const service::Environment& environment_;
  std::unordered_map<std::string, CachedKey> signing_keys_;
  std::unordered_map<std::string, std::shared_ptr<const directory::OpenedSession>> sessions_;
};

inline constexpr std::size_t signing_keys_max = 4096;  // per thread; past it the cache starts anew
inline constexpr std::size_t sessions_max = 4096;

}  // namespace ringwall::gateway
