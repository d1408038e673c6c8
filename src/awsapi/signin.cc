// The database sign-in token: a presigned GET that is never sent, used as a password.

#include <algorithm>

#include "awsapi/detail/canonical.h"
#include "awsapi/detail/form.h"
#include "awsapi/sigv4.h"
#include "base/check.h"
#include "crypto/crypto.h"
#include "text/encode.h"
#include "text/time.h"

namespace ringwall::awsapi {
namespace {

constexpr std::string_view signin_service = "rds-db";

std::unexpected<ApiError> no_token(std::string message) { return api_error("IncompleteSignature", std::move(message), 400); }

// The GET a token stands for. Views are into `token`.
ApiResult<WireRequest> request_of(std::string_view token) {
  if (token.size() > signin_token_bytes_max) return no_token("The sign-in token is too long.");
  const std::size_t slash = token.find('/');
  if (slash == 0 || slash == std::string_view::npos || !token.substr(slash).starts_with("/?")) {
    return no_token("A sign-in token is 'host:port/?Action=connect&...'.");
  }
  const std::string_view host = token.substr(0, slash);
  const bool plain = std::ranges::all_of(host, [](char c) { return c > ' ' && c < 0x7F && c != '?' && c != '#' && c != '@'; });
  if (!plain || host.find(':') == std::string_view::npos) return no_token("A sign-in token begins with 'host:port'.");
  WireRequest request{"GET", "/", token.substr(slash + 2), {}, {}};
  request.header = [host](std::string_view name) { return name == "host" ? std::optional(host) : std::nullopt; };
  return request;
}

}  // namespace

ApiResult<SigninToken> read_signin_token(std::string_view token) {
  RW_TRY(const WireRequest request, request_of(token));
  const auto parameters = detail::read_form(request);
  if (!parameters) return no_token(parameters.error().message);
  const std::string* action = detail::exact(*parameters, "Action");
  const std::string* user = detail::exact(*parameters, "DBUser");
  if (action == nullptr || *action != "connect") return no_token("A sign-in token's Action is 'connect'.");
  if (user == nullptr || user->empty() || user->find('\0') != std::string::npos) return no_token("A sign-in token names its DBUser.");
  RW_TRY(auto claim, read_claim(request));
  if (!claim) return no_token("The sign-in token carries no signature.");
  if (claim->service != signin_service) return no_token("Credential should be scoped to correct service: 'rds-db'.");
  if (claim->signed_headers != std::vector<std::string>{"host"}) return no_token("A sign-in token signs the header 'host' and no other.");
  if (*claim->lifetime > signin_lifetime_max) return no_token("A sign-in token lives 15 minutes at most.");
  return SigninToken{text::lower(*request.header("host")), *user, *std::move(claim)};
}

std::optional<ApiError> verify_signin_token(const SigninToken& token, std::string_view raw, const Secret& key, TimePoint now) {
  auto request = request_of(raw);
  if (!request) return request.error();
  const std::string as_given(*request->header("host"));
  // botocore signs the host in lower case but prints it as it was given; other signers sign what
  // they print. A host in lower case, which is the rule, is tried once.
  request->header = [&token](std::string_view name) { return name == "host" ? std::optional<std::string_view>(token.host) : std::nullopt; };
  auto fault = verify(token.claim, *request, key, now);
  if (!fault || as_given == token.host) return fault;
  request->header = [&as_given](std::string_view name) { return name == "host" ? std::optional<std::string_view>(as_given) : std::nullopt; };
  return verify(token.claim, *request, key, now);
}

std::string make_signin_token(std::string_view host_and_port, std::string_view user, std::string_view access_key, const Secret& secret,
                              std::string_view session_token, std::string_view region, TimePoint now) {
  const std::string time = text::basic_iso8601(now);
  const std::string_view date = std::string_view(time).substr(0, 8);
  std::string credential(access_key);
  credential.append("/").append(date).append("/").append(region).append("/").append(signin_service).append("/").append(detail::scope_terminator);
  std::string query = "Action=connect&DBUser=" + text::percent_encode(user);
  query.append("&X-Amz-Algorithm=").append(detail::signature_algorithm).append("&X-Amz-Credential=").append(text::percent_encode(credential));
  query.append("&X-Amz-Date=").append(time).append("&X-Amz-Expires=").append(std::to_string(std::chrono::seconds(signin_lifetime_max).count()));
  query.append("&X-Amz-SignedHeaders=host");
  if (!session_token.empty()) query.append("&X-Amz-Security-Token=").append(text::percent_encode(session_token));
  const auto sorted = detail::canonical_query(query);
  RW_CHECK(sorted.has_value());  // every part was encoded just above
  std::string canonical = "GET\n/\n" + *sorted + "\nhost:";
  canonical.append(text::lower(host_and_port)).append("\n\nhost\n").append(crypto::sha256_hex(""));
  const Secret key = signing_key(secret, date, region, signin_service);
  const std::string signature = detail::signature_of({time, date, region, signin_service}, canonical, key);
  return std::string(host_and_port) + "/?" + query + "&X-Amz-Signature=" + signature;
}

}  // namespace ringwall::awsapi
