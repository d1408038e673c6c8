#pragma once
// AWS Signature Version 4: by header, by presigned query, and the database sign-in token.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "awsapi/model.h"
#include "base/bytes.h"
#include "base/ports.h"

namespace ringwall::awsapi {

inline constexpr std::chrono::minutes clock_skew_max{15};
inline constexpr std::chrono::hours presign_lifetime_max{24 * 7};
inline constexpr std::size_t session_token_bytes_max = 8192;
inline constexpr std::chrono::minutes signin_lifetime_max{15};
inline constexpr std::size_t signin_token_bytes_max = 8192;

// What a request says about its signature, before it is believed.
struct Claim {
  std::string access_key;
  std::string date;             // 20260102
  std::string region;
  std::string service;
  TimePoint time;               // X-Amz-Date
  std::optional<std::chrono::seconds> lifetime;  // presigned only
  std::vector<std::string> signed_headers;       // lower case, sorted
  std::string signature;        // 64 hexadecimal digits
  std::string session_token;    // empty if none
};

// Nothing if the request carries no signature at all. Errors: IncompleteSignature (400),
// MissingAuthenticationToken (403), InvalidSignatureException … as AWS words them.
ApiResult<std::optional<Claim>> read_claim(const WireRequest& request);

// What is wrong with a request that can be told from its head, before a byte of its body is taken:
// RequestExpired (skew, lifetime), a scope of another day, host or x-amz-* headers left unsigned, a
// header that says who asks what (or any x-amz-* header) given twice, a signed header that is missing.
std::optional<ApiError> fault_in_head(const Claim& claim, const WireRequest& request, TimePoint now);

// Recomputes the signature, after fault_in_head. Errors besides its own: SignatureDoesNotMatch.
// Constant-time comparison. Caches nothing itself.
// `key` is derived by signing_key, which callers may cache per (secret, date, region, service).
std::optional<ApiError> verify(const Claim& claim, const WireRequest& request, const Secret& key, TimePoint now);
Secret signing_key(const Secret& secret, std::string_view date, std::string_view region, std::string_view service);

// The other side, for tests, the CLI and health checks: the headers to add to a request.
std::vector<std::pair<std::string, std::string>> sign(const WireRequest& request, std::string_view access_key,
                                                      const Secret& secret, std::string_view session_token,
                                                      std::string_view region, std::string_view service, TimePoint now);

// A database sign-in token (`host:port/?Action=connect&DBUser=…&X-Amz-…`), read as a presigned GET
// for service rds-db. Parameter order does not matter.
struct SigninToken {
  std::string host;   // lower case, with port: "db.example:5432"
  std::string user;   // DBUser, case kept
  Claim claim;
};
ApiResult<SigninToken> read_signin_token(std::string_view token);
std::optional<ApiError> verify_signin_token(const SigninToken& token, std::string_view raw, const Secret& key, TimePoint now);
std::string make_signin_token(std::string_view host_and_port, std::string_view user, std::string_view access_key,
                              const Secret& secret, std::string_view session_token, std::string_view region, TimePoint now);

}  // namespace ringwall::awsapi
