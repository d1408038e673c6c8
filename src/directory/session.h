#pragma once
// Temporary credentials. A session token is everything the session is, sealed under a key only
// this server can derive; nothing is stored, so nothing has to be looked up or expired.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "estate/estate.h"
#include "service/service.h"

namespace ringwall::directory {

inline constexpr std::size_t session_token_bytes_max = 8192;

// A session to be: whom it is for, and what restricts it.
struct NewSession {
  policy::Principal principal;            // a user, a root, a role session or a federated user
  estate::Session session;                // `policies` is left empty: the two below say them
  std::string inline_policy;              // the Policy parameter's text; empty if none
  std::vector<std::string> policy_arns;
};

struct SessionCredentials {
  std::string access_key;  // ASIA…
  Secret secret;
  std::string token;       // base64
};

// Makes credentials for a session. exhausted: the token would be longer than
// `session_token_bytes_max`; the message says by how much.
Result<SessionCredentials> make_session_token(const service::Environment& environment, const NewSession& session);
// How full a token is, in percent of the most it may hold: PackedPolicySize.
int packed_size_percent(std::string_view token);

// A session as its token describes it, its policies compiled.
struct OpenedSession {
  std::string access_key;
  Secret secret;
  policy::Principal principal;
  std::shared_ptr<const estate::Session> session;  // shared with the calls that are under way
};

// Opens a token that came with `access_key`.
//   denied     the session has expired (ExpiredToken)
//   invalid    not a token of ours, changed on the way, not this access key's, or its user or role
//              is gone or was made anew since (InvalidClientTokenId)
// Compiles the session's policies: keep what is opened, and ask still_valid before each use.
Result<OpenedSession> open_session_token(const service::Environment& environment, const estate::Estate& estate,
                                         std::string_view token, std::string_view access_key, TimePoint now);

// May a session opened before be used for a request now? If not, open it again: it has expired,
// its user or role is gone or another, or a managed policy that restricts it has changed.
bool still_valid(const estate::Estate& estate, const OpenedSession& opened, TimePoint now);

}  // namespace ringwall::directory
